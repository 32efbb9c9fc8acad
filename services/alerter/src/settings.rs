//! What the alerter is told when it starts.

use std::fmt;

use ipnet::IpNet;
use url::Url;
use wirefold_proto::SubscriptionSettings;

/// Everything the alerter is told.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The subscriptions that files define; others come as commands.
    pub subscriptions: Vec<ConfiguredSubscription>,
    /// Where messages go.
    pub deliveries: Vec<Delivery>,
    /// Private networks that webhooks may reach.
    pub allow: Vec<IpNet>,
    /// The address of the page, such as `http://127.0.0.1:8787`, for links.
    pub page: Option<String>,
    /// Whether this is a demonstration; every message then says so.
    pub demo: bool,
}

/// A subscription that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredSubscription {
    /// The subscription.
    pub settings: SubscriptionSettings,
    /// The file and line, such as `wirefold.toml:14`.
    pub managed_by: String,
}

/// A place that messages go to.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its name, by which subscriptions name it: letters, digits, `-` and `_`.
    pub name: String,
    /// What it is.
    pub kind: DeliveryKind,
    /// Whether it is told once a week what is wrong with feeds.
    pub feed_digest: bool,
}

/// What a delivery is.
#[derive(Debug, Clone)]
pub enum DeliveryKind {
    /// The terminal: a block of text for each revision.
    Stdout,
    /// An HTTP POST signed as Standard Webhooks says.
    Webhook {
        /// Where to.
        url: Url,
        /// `whsec_…` secrets; several while one replaces the other. None: unsigned.
        secrets: Vec<Secret>,
        /// Headers besides.
        headers: Vec<Header>,
    },
    /// A topic of an ntfy server.
    Ntfy {
        /// The topic's address, such as `https://ntfy.example/desk`.
        url: Url,
        /// An access token.
        token: Option<Secret>,
        /// The priority of loud revisions, from 1 to 5. Silent ones have 2: no sound.
        priority: u8,
    },
}

/// A header of a webhook.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value, which may be a secret.
    pub value: Secret,
}

/// A text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whoever sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_to_nobody() {
        let secret = Secret::new("whsec_aGFyYm91cg==");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.reveal(), "whsec_aGFyYm91cg==");
    }
}
