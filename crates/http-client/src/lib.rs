//! The HTTP client of all services: it connects to public addresses only, with caps and time limits.
//!
//! Comes in: requests, with bounds, and the networks that the operator allows. Goes out: answers, or errors that say what
//! to do. It is the only crate that names `reqwest`. It knows no feeds, caches nothing, keeps no cookies and tries
//! nothing twice.
//!
//! Feeds, pages and webhook targets are named by strangers, so every address is checked *after* a
//! name is resolved and before it is connected to: the resolver answers with checked addresses
//! only, literal addresses and every redirect are checked here, and no proxy of the environment
//! comes between. Redirects are followed by us, so that their chain is seen and neither secrets
//! nor bodies cross to another origin. Bodies are counted as they come and as they are decoded, and dropped at
//! their cap; one deadline stands over everything.

mod address;
mod body;
mod client;
mod connections;
mod encoding;
mod error;
mod exchange;
mod redirect;
mod resolve;
mod target;
#[cfg(test)]
mod tests;

pub use client::{Client, Settings};
pub use error::{ClientError, SendError};
pub use exchange::{Method, Redirect, Request, Response, Secrets};
pub use target::WEB_PORTS;
