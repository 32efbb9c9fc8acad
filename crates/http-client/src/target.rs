//! Checks the address of a request or redirect before anything is sent: its scheme, user, port and literal host.

use std::net::IpAddr;

use url::{Host, Url};

use crate::address::Addresses;
use crate::error::SendError;

/// The ports of the web. Other ports belong to other services, which must not be contacted.
pub const WEB_PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Which addresses a request may connect to, depending on its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// Public ones and those that the operator allows.
    Usual,
    /// Only those that the operator allows, because the port is not one of the web.
    AllowedOnly,
}

/// Checks the address of a request or redirect.
pub(crate) fn check(url: &Url, addresses: &Addresses) -> Result<Reach, SendError> {
    let port = match url.scheme() {
        "http" | "https" => url.port_or_known_default().unwrap_or_default(),
        other => return Err(SendError::refused(format!("the scheme {other}: only http, https"))),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SendError::refused("the address carries a user or a password"));
    }
    let reach = if WEB_PORTS.contains(&port) { Reach::Usual } else { Reach::AllowedOnly };
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) => None,
        None => return Err(SendError::refused("the address names no host")),
    };
    if addresses.allow_host(url) {
        return Ok(Reach::AllowedOnly);
    }
    match (literal, reach) {
        (Some(address), _) if addresses.allow_by_network(address) => Ok(reach),
        (Some(address), _) if !addresses.allow(address) => Err(not_public(&address.to_string())),
        (Some(_), Reach::AllowedOnly) => Err(odd_port(port)),
        (None, Reach::AllowedOnly) if !addresses.allow_networks() => Err(odd_port(port)),
        _ => Ok(reach),
    }
}

/// The error for a host that is not public.
pub(crate) fn not_public(host: &str) -> SendError {
    SendError::refused(format!("{host} is not in a public or allowed network"))
}

fn odd_port(port: u16) -> SendError {
    SendError::refused(format!(
        "port {port}: only 80, 443, 8080 and 8443 are allowed outside allowed networks"
    ))
}
