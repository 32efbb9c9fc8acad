//! The enricher on articles and on a bus.

mod flowing;
mod originals;
mod simulation;
mod stand;
mod suite;
