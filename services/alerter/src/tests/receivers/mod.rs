//! Stand-ins for the services that deliveries go to, on the loopback. They follow the public documentation of
//! each and check their requests; they are not the services.

pub(crate) mod chat;
pub(crate) mod smtp;
