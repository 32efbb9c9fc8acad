//! The HTTP client of all services: it connects only to public addresses and to those that the operator allows, and limits
//! the size and the time of each response.
//!
//! It is the only crate that uses `reqwest`. It caches nothing, retries nothing, and keeps cookies only
//! from redirect to redirect of one request.
//!
//! The addresses of feeds, pages and webhook targets come from strangers. So every address is checked *after* its name is
//! resolved and before it is connected to: the resolver only returns checked addresses, literal addresses and every
//! redirect are checked here, and proxies from the environment are ignored. This crate follows redirects itself, so that
//! it knows their chain, and neither secrets nor bodies are sent to another origin. Bodies are counted while they are
//! received and while they are decoded, and dropped at their limit. One deadline applies to the whole request.

mod address;
mod body;
mod client;
mod connections;
mod cookies;
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
pub use exchange::{Redirect, Request, Response, SecretHeaders};
pub use target::WEB_PORTS;
