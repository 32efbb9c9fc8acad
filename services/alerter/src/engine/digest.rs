//! The revisions in each digest. The last revision names all of them.
//!
//! Comes in: the lives of alerts. Goes out: the parts of a digest. It never sends.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use wirefold_envelope::unix_millis;
use wirefold_proto::{Alert, AlertId, DigestPart, InDigest, SubscriptionId};

use super::Engine;
use super::life::Life;

/// The most revisions that a digest names: messages have a limit, and a digest shows a hundred alerts.
const NAMED: usize = 5_000;

/// Digests whose last revision is still to come, by subscription and due time.
#[derive(Debug, Default)]
pub(super) struct OpenDigests(BTreeMap<(SubscriptionId, Timestamp), Parts>);

/// The revisions of one digest so far.
#[derive(Debug, Default)]
struct Parts {
    /// The first revisions, in the order of publication.
    named: Vec<DigestPart>,
    /// All revisions, since one may be accepted twice.
    all: HashSet<(AlertId, u64)>,
}

impl Parts {
    fn insert(&mut self, part: DigestPart) {
        let is_new = self.all.insert((part.alert.clone(), part.revision));
        if is_new && self.named.len() < NAMED {
            self.named.push(part);
        }
    }
}

impl OpenDigests {
    /// Accepts a revision that is in the stream.
    pub(super) fn accept(&mut self, alert: &Alert) {
        let Some(digest) = &alert.digest else {
            return;
        };
        let key = (alert.subscription.clone(), digest.due);
        if digest.all.is_empty() {
            self.0.entry(key).or_default().insert(part(alert));
        } else {
            self.0.remove(&key);
        }
    }

    /// The complete digest, which ends with this revision.
    fn complete(&self, alert: &Alert, due: Timestamp) -> InDigest {
        let before = self.0.get(&(alert.subscription.clone(), due));
        let mut all = before.map(|parts| parts.named.clone()).unwrap_or_default();
        let count = before.map_or(0, |parts| parts.all.len()) + 1;
        if all.len() < NAMED {
            all.push(part(alert));
        }
        let more = u32::try_from(count - all.len()).unwrap_or(u32::MAX);
        InDigest { due, all, more }
    }
}

fn part(alert: &Alert) -> DigestPart {
    DigestPart { alert: alert.id.clone(), revision: alert.revision }
}

impl Engine {
    /// Lets the last revision in a digest name all revisions in it.
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
        alert.digest = Some(self.open_digests.complete(alert, due));
    }
}

#[cfg(test)]
mod tests {
    use wirefold_flow::UnixMillis;
    use wirefold_proto::{EventId, Target};

    use super::*;

    #[test]
    fn a_digest_of_very_many_alerts_names_the_first_and_counts_the_others() {
        let due = Timestamp::UNIX_EPOCH;
        let subscription: SubscriptionId = "harbour".parse().unwrap();
        let part = |number: usize| DigestPart {
            alert: AlertId {
                subscription: "harbour".parse().unwrap(),
                target: Target::Event(EventId::from_number(number as u128)),
            },
            revision: 1,
        };
        let mut open_digests = OpenDigests::default();
        let parts = open_digests.0.entry((subscription.clone(), due)).or_default();
        // The alerter accepts each revision twice: when it publishes it, and when it reads it back.
        for number in (0..NAMED + 10).chain(0..NAMED + 10) {
            parts.insert(part(number));
        }
        let mut last = crate::sample::sample("phone", UnixMillis(0)).unwrap();
        last.subscription = subscription;
        let digest = open_digests.complete(&last, due);
        assert_eq!((digest.all.len(), digest.more), (NAMED, 11));
        assert_eq!(digest.all[NAMED - 1], part(NAMED - 1));
        last.digest = Some(digest);
        assert!(wirefold_proto::encode(&last).is_ok(), "it fits into a message");
    }
}
