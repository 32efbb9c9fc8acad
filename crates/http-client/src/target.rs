//! Checks an address before anything is sent: scheme, user, port, literal host.
//!
//! Comes in: the address of a request or redirect. Goes out: whether it may be reached. It never looks up a name.

use std::net::IpAddr;

use url::{Host, Url};

use crate::address::Addresses;
use crate::error::SendError;

/// The ports of the web. Others are those of other services, which must not be spoken to.
pub const WEB_PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Which addresses the name of a host may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// Public ones and those that are let in.
    Usual,
    /// Only those that are let in: the port is none of the web's.
    LetIn,
}

/// Checks where a request or a redirect leads.
pub(crate) fn check(url: &Url, addresses: &Addresses) -> Result<Reach, SendError> {
    let port = match url.scheme() {
        "http" | "https" => url.port_or_known_default().unwrap_or_default(),
        other => return Err(SendError::refused(format!("the scheme {other}: only http, https"))),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SendError::refused("the address carries a user or a password"));
    }
    let reach = if WEB_PORTS.contains(&port) { Reach::Usual } else { Reach::LetIn };
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) => None,
        None => return Err(SendError::refused("the address names no host")),
    };
    if addresses.allow_host(url) {
        return Ok(Reach::LetIn);
    }
    match (literal, reach) {
        (Some(address), _) if addresses.allow_expressly(address) => Ok(reach),
        (Some(address), _) if !addresses.allow(address) => Err(not_public(&address.to_string())),
        (Some(_), Reach::LetIn) => Err(odd_port(port)),
        (None, Reach::LetIn) if !addresses.allow_some() => Err(odd_port(port)),
        _ => Ok(reach),
    }
}

/// Why a host is not spoken to.
pub(crate) fn not_public(host: &str) -> SendError {
    SendError::refused(format!("{host} is no public address and no network that is let in"))
}

fn odd_port(port: u16) -> SendError {
    SendError::refused(format!("port {port}: only 80, 443, 8080 and 8443 outside networks let in"))
}
