//! wirefold among others on a NATS server: each stage as its own user of the shipped configuration,
//! found, asked and read by the user for programs of others.

pub(super) mod broker;
mod checking;
mod reading;
mod replaying;
mod services;
mod starting;
