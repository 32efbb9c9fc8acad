//! Links in a message that mute its alert, or its subscription, without a login.
//!
//! Comes in: the key of links, and an alert. Goes out: signed links. It never carries them out.

use std::time::Duration;

use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertLink, LinkAction, LinkKey};

/// How long links work: longer than an alert lives without news.
const WORKS: Duration = Duration::from_hours(24 * 14);

/// The links of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageLinks {
    pub(crate) mute: String,
    pub(crate) corrections_only: String,
    pub(crate) unsubscribe: String,
}

impl MessageLinks {
    /// The links of a revision, the same at each attempt.
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
