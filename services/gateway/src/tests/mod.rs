//! Tests of the gateway over simulated buses and real files, in process and over real sockets.

mod access;
mod alert_life;
mod alert_numbers;
mod asking;
mod bounded;
mod described;
mod exported;
mod feeds;
mod filters;
mod handling;
mod handover;
mod kept;
mod killed;
mod order;
mod pushing;
mod readers;
mod reading;
mod regroup;
mod report;
mod samples;
mod streaming;
mod subscriptions_page;
mod tables;
mod telling;
mod tokens;
mod world;
