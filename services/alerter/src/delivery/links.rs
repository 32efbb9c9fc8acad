//! Links in a message that mute its alert, or its subscription, without a login.

use std::time::Duration;

use tokio::sync::OnceCell;
use url::Url;
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, KeyValue, UnixMillis};
use wirefold_proto::{Alert, AlertLink, LINK_KEY, LinkAction, LinkKey};

/// How long links work: longer than an alert goes on without news, and no longer than a mail is looked for.
const WORKS: Duration = Duration::from_hours(24 * 14);
/// The bytes of a new key.
const KEY: usize = 32;

/// The links of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageLinks {
    pub(crate) mute: String,
    pub(crate) corrections_only: String,
    pub(crate) unsubscribe: String,
}

impl MessageLinks {
    /// The links of a revision: the same at each attempt.
    pub(crate) fn of(alert: &Alert, base: &str, key: &LinkKey) -> Self {
        let at = wirefold_envelope::unix_millis(alert.at);
        let expires = timestamp(UnixMillis(at.plus(WORKS).0 / 1_000 * 1_000));
        let link = |action| {
            let link = AlertLink { action, alert: alert.id.clone(), expires };
            format!("{}/links/{}", base.trim_end_matches('/'), link.token(key))
        };
        Self {
            mute: link(LinkAction::Mute),
            corrections_only: link(LinkAction::CorrectionsOnly),
            unsubscribe: link(LinkAction::Unsubscribe),
        }
    }
}

/// The key, read or made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Keys(OnceCell<LinkKey>);

impl Keys {
    pub(super) async fn get(&self, store: &dyn KeyValue) -> Result<&LinkKey, BusError> {
        self.0.get_or_try_init(|| stored_or_new(store)).await
    }
}

/// Several deliveries may ask at once: the first one's key stands.
async fn stored_or_new(store: &dyn KeyValue) -> Result<LinkKey, BusError> {
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

/// Whether others than this machine reach an address: links to the loopback would be dead on a phone.
pub(super) fn is_reachable(base: &str) -> bool {
    let url = Url::parse(base).ok();
    let host = url.as_ref().and_then(Url::host);
    host.is_some_and(|host| match host {
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
        for far in ["https://news.example", "http://10.1.2.3:8787/wire", "http://[fd00::1]"] {
            assert!(is_reachable(far), "{far}");
        }
        for near in ["http://127.0.0.1:8787", "http://localhost", "http://[::1]:8787", "no address"]
        {
            assert!(!is_reachable(near), "{near}");
        }
    }
}
