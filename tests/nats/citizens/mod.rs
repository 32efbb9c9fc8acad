//! wirefold among other programs on a NATS server: each stage runs as its own user of the shipped
//! configuration, and other programs find, use and read it as the user `reader`.

pub(super) mod broker;
mod checking;
mod reading;
mod replaying;
mod services;
mod starting;
