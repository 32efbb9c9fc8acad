//! The key that signs links which work without a login.
//!
//! Comes in: a table of the bus. Goes out: the key, which is generated once. It never shows the key.

use url::Url;
use wirefold_flow::{BusError, KeyValue};
use wirefold_proto::{LINK_KEY, LinkKey};

/// The bytes of a new key.
const KEY: usize = 32;

/// The stored key, or a new one. Several deliveries may generate a key at once: the first stored key counts.
pub(super) async fn stored_or_new(store: &dyn KeyValue) -> Result<LinkKey, BusError> {
    if let Some(key) = stored(store).await? {
        return Ok(key);
    }
    let mut bytes = [0; KEY];
    let no_random =
        |error| BusError::Unavailable(format!("this machine gives no random numbers: {error}"));
    getrandom::fill(&mut bytes).map_err(no_random)?;
    match store.put_if(LINK_KEY, bytes.to_vec().into(), 0).await {
        Ok(_) | Err(BusError::Refused { .. }) => {}
        Err(error) => return Err(error),
    }
    let lost = || BusError::Unavailable("the key of links is not there".to_owned());
    stored(store).await?.ok_or_else(lost)
}

async fn stored(store: &dyn KeyValue) -> Result<Option<LinkKey>, BusError> {
    let value = store.get(LINK_KEY).await?.and_then(|entry| entry.value);
    Ok(value.and_then(|bytes| LinkKey::from_bytes(&bytes)))
}

/// Whether other machines can reach an address. Links to the loopback would not work on a phone.
pub(super) fn is_reachable(url: &Url) -> bool {
    url.host().is_some_and(|host| match host {
        url::Host::Domain(name) => name != "localhost" && !name.ends_with(".localhost"),
        url::Host::Ipv4(address) => !address.is_loopback() && !address.is_unspecified(),
        url::Host::Ipv6(address) => !address.is_loopback() && !address.is_unspecified(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_is_not_within_reach() {
        let check = |host: &str| is_reachable(&format!("http://{host}:8787/wire").parse().unwrap());
        for far in ["news.example", "10.1.2.3", "10.0.0.7", "[fd00::7]"] {
            assert!(check(far), "{far}");
        }
        for near in
            ["localhost", "news.localhost", "127.0.0.1", "127.9.9.9", "0.0.0.0", "[::1]", "[::]"]
        {
            assert!(!check(near), "{near}");
        }
    }
}
