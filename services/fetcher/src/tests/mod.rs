//! Whole polls: a real server on loopback, a bus, a clock that the test moves.

mod bad;
mod bench;
mod budgets;
mod commands;
mod feeds;
mod hostile;
mod identity;
mod lists;
mod manners;
mod pages;
mod polling;
mod restart;
mod server;
mod sharing;
mod subjects;
mod suspects;
mod whose;
