//! The alerter as a whole, on real buses, with real HTTP receivers.

mod catch_up;
pub(crate) mod channels;
mod commands;
mod crashes;
mod feed_digest;
mod finished_alerts;
mod full_stream;
mod gathered;
mod gone;
mod handling;
mod headline;
mod health;
mod http;
mod life;
mod lives;
pub(crate) mod mail;
mod merges;
mod newsroom;
mod order;
mod passing;
pub(crate) mod receivers;
mod regroup;
mod rehearsal;
mod running;
mod sqlite;
mod standby;
mod watching;
