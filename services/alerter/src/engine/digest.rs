//! Which alerts are in one digest, so that the last of them names all.
//!
//! Comes in: the lives of alerts. Goes out: the parts of a digest. It never sends.

use std::collections::BTreeMap;

use jiff::Timestamp;
use wirefold_envelope::unix_millis;
use wirefold_proto::{Alert, DigestPart, SubscriptionId};

use super::Engine;
use super::life::Life;

/// Revisions in digests whose last one is still to come, by subscription and the time that they are due.
#[derive(Debug, Default)]
pub(super) struct Gathered(BTreeMap<(SubscriptionId, Timestamp), Vec<DigestPart>>);

impl Gathered {
    /// Takes in a revision that stands in the stream.
    pub(super) fn accept(&mut self, alert: &Alert) {
        let Some(digest) = &alert.digest else {
            return;
        };
        let key = (alert.subscription.clone(), digest.due);
        if digest.all.is_empty() {
            let parts = self.0.entry(key).or_default();
            let part = part(alert);
            if !parts.contains(&part) {
                parts.push(part);
            }
        } else {
            self.0.remove(&key);
        }
    }
}

fn part(alert: &Alert) -> DigestPart {
    DigestPart { alert: alert.id.clone(), revision: alert.revision }
}

impl Engine {
    /// Has the last revision in a digest name all that are in it.
    pub(super) fn complete_digest(&self, alert: &mut Alert) {
        let Some(due) = alert.digest.as_ref().map(|digest| digest.due) else {
            return;
        };
        let is_to_come =
            |life: &Life| life.closing.is_none() && life.in_digest() == Some(unix_millis(due));
        let limit = unix_millis(due);
        let until = self.due.iter().take_while(|(at, _)| *at <= limit);
        let mut others =
            until.filter(|(_, id)| id.subscription == alert.subscription && *id != alert.id);
        if others.any(|(_, id)| self.lives.get(id).is_some_and(is_to_come)) {
            return;
        }
        let before = self.gathered.0.get(&(alert.subscription.clone(), due));
        let mut all = before.cloned().unwrap_or_default();
        all.push(part(alert));
        if let Some(digest) = &mut alert.digest {
            digest.all = all;
        }
    }
}
