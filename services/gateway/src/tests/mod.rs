//! The gateway over simulated buses and real files, asked in process and over real sockets.

mod access;
mod asking;
mod feeds;
mod killed;
mod order;
mod pushing;
mod regroup;
mod samples;
mod streaming;
mod tables;
mod telling;
mod world;
