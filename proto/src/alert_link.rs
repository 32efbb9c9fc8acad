//! Links in messages that act on one alert without a login. Everybody who has the message may use them.
//!
//! A token is `base64url(action.expires.alert)` and, behind a dot, the first 16 bytes of its HMAC-SHA256 (RFC
//! 2104) under a key that only alerter and gateway read. It contains nothing that the message does not. It
//! can be used once, until it expires.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use thiserror::Error;

use crate::ids::AlertId;
use crate::string_form::words;

/// The key of the [`LinkKey`] in `wf_subscriptions`.
pub const LINK_KEY: &str = "links.key";
/// The bytes of a key.
const KEY: usize = 32;
/// The bytes of a signature: nobody can guess 128 bits.
const SIGNATURE: usize = 16;
/// The longest token, in bytes.
const LONGEST: usize = 1_024;

/// The action of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkAction {
    /// Mutes the alert.
    Mute,
    /// Mutes it except for corrections and retractions.
    CorrectionsOnly,
    /// Mutes the whole subscription until it is unmuted.
    Unsubscribe,
}

words!(LinkAction: Mute = "mute", CorrectionsOnly = "corrections", Unsubscribe = "unsubscribe");

/// The action of a link, its alert, and when it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertLink {
    /// The action.
    pub action: LinkAction,
    /// The alert.
    pub alert: AlertId,
    /// When it stops working; whole seconds.
    pub expires: Timestamp,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkError {
    /// It was not signed here, or was changed.
    #[error("this is not a link of wirefold, or a part of it is missing")]
    Unknown,
    /// It has expired.
    #[error("this link has expired")]
    Expired,
}

/// The key that signs links.
#[derive(Clone)]
pub struct LinkKey(Hmac<Sha256>);

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

impl LinkKey {
    /// The key of these bytes; `None` if there are too few.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= KEY).then(|| Hmac::new_from_slice(bytes).ok().map(Self))?
    }

    fn over(&self, payload: &str) -> Hmac<Sha256> {
        self.0.clone().chain_update(payload)
    }
}

impl AlertLink {
    /// The token. It needs no escapes in an address.
    #[must_use]
    pub fn token(&self, key: &LinkKey) -> String {
        let Self { action, alert, expires } = self;
        let payload = format!("{}.{}.{alert}", action.as_str(), expires.as_second());
        let payload = BASE64.encode(payload);
        let signature = &key.over(&payload).finalize().into_bytes()[..SIGNATURE];
        let signature = BASE64.encode(signature);
        format!("{payload}.{signature}")
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// If it was not signed with this key, or has expired.
    pub fn read(token: &str, key: &LinkKey, now: Timestamp) -> Result<Self, LinkError> {
        let token = Some(token).filter(|token| token.len() <= LONGEST);
        let (payload, signature) =
            token.and_then(|token| token.split_once('.')).ok_or(LinkError::Unknown)?;
        let given = BASE64.decode(signature).map_err(|_| LinkError::Unknown)?;
        // The library would also accept a shorter one.
        if given.len() != SIGNATURE || key.over(payload).verify_truncated_left(&given).is_err() {
            return Err(LinkError::Unknown);
        }
        let link = Self::read_payload(payload).ok_or(LinkError::Unknown)?;
        if link.expires <= now { Err(LinkError::Expired) } else { Ok(link) }
    }

    fn read_payload(payload: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64.decode(payload).ok()?).ok()?;
        let mut parts = text.splitn(3, '.');
        let action = LinkAction::from_word(parts.next()?)?;
        let expires = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
        let alert = parts.next()?.parse().ok()?;
        Some(Self { action, alert, expires })
    }
}

/// The beginning of the ids of commands from a link.
pub(crate) const LINK_COMMAND: &str = "link-";

/// The id of a link's command, the same each time the link is used.
#[must_use]
pub fn link_command_id(token: &str) -> String {
    let signature = token.rsplit_once('.').map_or("", |(_, signature)| signature);
    format!("{LINK_COMMAND}{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fill: u8) -> LinkKey {
        LinkKey::from_bytes(&[fill; KEY]).unwrap()
    }

    fn link() -> AlertLink {
        AlertLink {
            action: LinkAction::CorrectionsOnly,
            alert: "island.ferries:e-4t21bmkkybngq0fnv40tbrc7v2".parse().unwrap(),
            expires: "2026-03-08T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_token_says_what_was_signed_until_it_expires() {
        let token = link().token(&key(1));
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{token}");
        let read = |now: &str| AlertLink::read(&token, &key(1), now.parse().unwrap());
        assert_eq!(read("2026-03-07T23:59:59Z"), Ok(link()));
        assert_eq!(read("2026-03-08T00:00:00Z"), Err(LinkError::Expired));
        assert_eq!(link_command_id(&token), link_command_id(&link().token(&key(1))));
    }

    #[test]
    fn links_signed_elsewhere_are_refused() {
        let token = link().token(&key(1));
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        let other = AlertLink { action: LinkAction::Mute, ..link() }.token(&key(1));
        let (payload, _) = other.split_once('.').unwrap();
        let (_, signature) = token.split_once('.').unwrap();
        let mixed = format!("{payload}.{signature}");
        let long = "a".repeat(LONGEST + 1);
        for wrong in [&*mixed, "", ".", "a.b", payload, &token[..token.len() - 1], &*long] {
            let read = AlertLink::read(wrong, &key(1), now);
            assert_eq!(read, Err(LinkError::Unknown), "{wrong}");
        }
        assert_eq!(AlertLink::read(&token, &key(2), now), Err(LinkError::Unknown));
        assert!(LinkKey::from_bytes(&[1; KEY - 1]).is_none());
        assert_eq!(format!("{:?}", key(1)), "LinkKey(…)");
    }
}
