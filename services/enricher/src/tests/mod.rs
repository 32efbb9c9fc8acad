//! The enricher on articles and on a bus.

mod bounds;
mod clocks;
mod english;
mod flowing;
mod originals;
mod simulation;
mod stand;
mod suite;
