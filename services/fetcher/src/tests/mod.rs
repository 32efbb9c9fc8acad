//! Whole polls: a real server on loopback, a bus, a clock that the test moves.

mod bench;
mod commands;
mod feeds;
mod hostile;
mod pages;
mod polling;
mod restart;
mod server;
