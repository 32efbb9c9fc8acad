//! The alerter as a whole, on real buses, with real HTTP receivers.

mod commands;
mod crashes;
mod http;
mod life;
mod newsroom;
mod rehearsal;
mod running;
mod sqlite;
mod watching;
