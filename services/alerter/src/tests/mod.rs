//! The alerter as a whole, on real buses, with real HTTP receivers.

mod commands;
mod crashes;
mod feed_digest;
mod http;
mod life;
mod merges;
mod newsroom;
mod order;
mod regroup;
mod rehearsal;
mod rest;
mod running;
mod sqlite;
mod watching;
