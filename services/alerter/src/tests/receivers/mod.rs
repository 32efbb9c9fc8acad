//! Stand-ins for the services that deliveries go to, on the loopback. They are written from the public
//! documentation of each, and check what they are sent; they are not the services.

pub(crate) mod chat;
pub(crate) mod smtp;
