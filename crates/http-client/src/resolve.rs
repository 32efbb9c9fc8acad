//! Resolves names of hosts to addresses, and returns only addresses that may be connected to.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use crate::address::Addresses;
use crate::target::Reach;

/// Looks up the addresses of names.
pub(crate) trait Lookup: fmt::Debug + Send + Sync {
    /// The current addresses of a name.
    fn lookup(&self, host: String) -> LookupFuture;
}

/// A look-up in progress.
pub(crate) type LookupFuture = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// The resolver of the operating system.
#[derive(Debug)]
pub(crate) struct System;

impl Lookup for System {
    fn lookup(&self, host: String) -> LookupFuture {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
    }
}

/// The resolver of one client of reqwest.
pub(crate) struct Resolver {
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) reach: Reach,
}

/// Why a name has no address that may be connected to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ResolveError {
    /// It has no address.
    #[error("no such host")]
    NoSuchHost,
    /// At least one of its addresses is forbidden. The error contains the host but not the address, because it must not
    /// reveal what a private resolver knows.
    #[error("{0} is forbidden")]
    Forbidden(String),
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (addresses, reach) = (self.addresses.clone(), self.reach);
        let lookup = self.lookup.lookup(name.as_str().to_owned());
        Box::pin(async move {
            let found = lookup.await.map_err(|_| ResolveError::NoSuchHost)?;
            let checked = check(name.as_str(), found, &addresses, reach)?;
            Ok(Box::new(checked.into_iter()) as Addrs)
        })
    }
}

/// Checks all addresses of a host. If one is forbidden, all are: a private address among public ones is an attempt to
/// reach a private network.
pub(crate) fn check(
    host: &str,
    found: Vec<SocketAddr>,
    addresses: &Addresses,
    reach: Reach,
) -> Result<Vec<SocketAddr>, ResolveError> {
    let is_named = addresses.allow_name(host);
    let may_reach = |address: &SocketAddr| match reach {
        _ if is_named => true,
        Reach::Usual => addresses.allow(address.ip()),
        Reach::AllowedOnly => addresses.allow_by_network(address.ip()),
    };
    match found.iter().all(may_reach) {
        _ if found.is_empty() => Err(ResolveError::NoSuchHost),
        true => Ok(found),
        false => Err(ResolveError::Forbidden(host.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(found: &[&str], reach: Reach) -> Result<usize, ResolveError> {
        let addresses =
            Addresses::new(vec!["10.1.0.0/16".parse().unwrap()], &["Nas.Example".to_owned()]);
        let found = found.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0));
        check("wire.example", found.collect(), &addresses, reach).map(|found| found.len())
    }

    #[test]
    fn one_private_answer_spoils_all() {
        let forbidden = Err(ResolveError::Forbidden("wire.example".to_owned()));
        assert_eq!(checked(&["1.1.1.1", "2a00:1450::1"], Reach::Usual), Ok(2));
        assert_eq!(checked(&["1.1.1.1", "127.0.0.1"], Reach::Usual), forbidden);
        assert_eq!(checked(&["1.1.1.1", "::ffff:127.0.0.1"], Reach::Usual), forbidden);
        assert_eq!(checked(&["10.1.0.9"], Reach::Usual), Ok(1));
        assert_eq!(checked(&["10.1.0.9"], Reach::AllowedOnly), Ok(1));
        assert_eq!(checked(&["10.1.0.9", "1.1.1.1"], Reach::AllowedOnly), forbidden);
        let addresses = Addresses::new(Vec::new(), &["Nas.Example".to_owned()]);
        let private = || vec!["192.168.0.2:0".parse().unwrap()];
        assert!(check("nas.example", private(), &addresses, Reach::AllowedOnly).is_ok());
        assert!(check("a.nas.example", private(), &addresses, Reach::AllowedOnly).is_err());
        assert_eq!(checked(&[], Reach::Usual), Err(ResolveError::NoSuchHost));
    }
}
