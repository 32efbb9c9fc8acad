//! Resolves names to addresses and checks all of them.
//!
//! Comes in: the name of a host. Goes out: the addresses that may be connected to. An address that was refused is never
//! given out.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use crate::address::Addresses;
use crate::target::Reach;

/// Whoever knows the addresses of names.
pub(crate) trait Lookup: fmt::Debug + Send + Sync {
    /// The addresses of a name, as they are now.
    fn lookup(&self, host: String) -> Looking;
}

/// A look-up under way.
pub(crate) type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// What the system says.
#[derive(Debug)]
pub(crate) struct System;

impl Lookup for System {
    fn lookup(&self, host: String) -> Looking {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
    }
}

/// The resolver of one client.
pub(crate) struct Resolver {
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) reach: Reach,
}

/// Why a name gave no address to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Unresolved {
    /// It has none.
    #[error("no such host")]
    NoSuchHost,
    /// At least one of them is not to be connected to. The host is named, the address is not:
    /// what a private resolver knows is nobody's business.
    #[error("{0} is forbidden")]
    Forbidden(String),
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (addresses, reach) = (self.addresses.clone(), self.reach);
        let looking = self.lookup.lookup(name.as_str().to_owned());
        Box::pin(async move {
            let found = looking.await.map_err(|_| Unresolved::NoSuchHost)?;
            let checked = check(name.as_str(), found, &addresses, reach)?;
            Ok(Box::new(checked.into_iter()) as Addrs)
        })
    }
}

/// All or none: a name with one private address among public ones is an attempt.
pub(crate) fn check(
    host: &str,
    found: Vec<SocketAddr>,
    addresses: &Addresses,
    reach: Reach,
) -> Result<Vec<SocketAddr>, Unresolved> {
    let is_named = addresses.allow_name(host);
    let may_reach = |address: &SocketAddr| match reach {
        _ if is_named => true,
        Reach::Usual => addresses.allow(address.ip()),
        Reach::LetIn => addresses.allow_expressly(address.ip()),
    };
    match found.iter().all(may_reach) {
        _ if found.is_empty() => Err(Unresolved::NoSuchHost),
        true => Ok(found),
        false => Err(Unresolved::Forbidden(host.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(found: &[&str], reach: Reach) -> Result<usize, Unresolved> {
        let addresses =
            Addresses::new(vec!["10.1.0.0/16".parse().unwrap()], &["Nas.Example".to_owned()]);
        let found = found.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0));
        check("wire.example", found.collect(), &addresses, reach).map(|found| found.len())
    }

    #[test]
    fn one_private_answer_spoils_all() {
        let forbidden = Err(Unresolved::Forbidden("wire.example".to_owned()));
        assert_eq!(checked(&["1.1.1.1", "2a00:1450::1"], Reach::Usual), Ok(2));
        assert_eq!(checked(&["1.1.1.1", "127.0.0.1"], Reach::Usual), forbidden);
        assert_eq!(checked(&["1.1.1.1", "::ffff:127.0.0.1"], Reach::Usual), forbidden);
        assert_eq!(checked(&["10.1.0.9"], Reach::Usual), Ok(1));
        assert_eq!(checked(&["10.1.0.9"], Reach::LetIn), Ok(1));
        assert_eq!(checked(&["10.1.0.9", "1.1.1.1"], Reach::LetIn), forbidden);
        let addresses = Addresses::new(Vec::new(), &["Nas.Example".to_owned()]);
        let private = || vec!["192.168.0.2:0".parse().unwrap()];
        assert!(check("nas.example", private(), &addresses, Reach::LetIn).is_ok());
        assert!(check("a.nas.example", private(), &addresses, Reach::LetIn).is_err());
        assert_eq!(checked(&[], Reach::Usual), Err(Unresolved::NoSuchHost));
    }
}
