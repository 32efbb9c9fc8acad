//! A target of webhooks, and the settings of a delivery to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use wirefold_proto::{Alert, decode};

use super::PATIENCE;
use super::loopback::{Answer, Loopback, ReceivedRequest};
use super::up::now;

/// The key of the signatures: 32 bytes that are used nowhere else.
pub(super) const SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A target that accepts every message.
pub(super) struct Target {
    server: Loopback,
    /// All received messages.
    pub(super) messages: Vec<Message>,
}

/// A received message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// The header `webhook-id`.
    pub(super) id: String,
    pub(super) alert: Alert,
}

/// The beginning of a message about a condition.
const HEALTH: &[u8] = b"{\"schema\":\"wirefold.health.";

impl Target {
    pub(super) fn open() -> Target {
        let server = Loopback::answering(|_| Answer::status(204));
        Target { server, messages: Vec::new() }
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        self.server.url("/hook")
    }

    /// The settings of a delivery named `desk` to it.
    pub(super) fn delivery(&self) -> String {
        delivery("desk", &self.url())
    }

    /// Waits this long for the next message about an alert.
    pub(super) fn next_within(&mut self, patience: Duration) -> Option<Message> {
        match self.server.asked.recv_timeout(patience) {
            Ok(asked) if asked.body.starts_with(HEALTH) => self.next_within(patience),
            Ok(asked) => {
                self.messages.push(read(&asked));
                self.messages.last().cloned()
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the server is gone"),
        }
    }

    /// Waits for the next message.
    #[track_caller]
    pub(super) fn next(&mut self) -> Message {
        self.next_within(PATIENCE).expect("a message comes")
    }

    /// Reads the messages that have arrived.
    pub(super) fn read_arrived(&mut self) {
        while self.next_within(Duration::ZERO).is_some() {}
    }

    /// Waits for a message for which `wanted` is true, including those that have arrived.
    #[track_caller]
    pub(super) fn wait_for(&mut self, wanted: impl Fn(&Message) -> bool) {
        assert!(self.comes(wanted), "no such message among {} that came", self.messages.len());
    }

    /// Does the same as [`Target::wait_for`], and returns whether such a message came.
    pub(super) fn comes(&mut self, wanted: impl Fn(&Message) -> bool) -> bool {
        let deadline = now().plus(PATIENCE);
        while !self.messages.iter().any(&wanted) {
            if self.next_within(deadline.since(now())).is_none() {
                return false;
            }
        }
        true
    }

    /// The ids of the received alerts.
    pub(super) fn alerts(&self) -> BTreeSet<String> {
        self.messages.iter().map(|message| message.alert.id.to_string()).collect()
    }

    /// Fails if a revision arrived before an earlier one of its alert. Repetitions after a kill are ignored.
    #[track_caller]
    pub(super) fn check_order(&self) {
        let mut newest: BTreeMap<String, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for Message { id, alert } in &self.messages {
            if seen.insert(id.clone()) {
                let before = newest.insert(alert.id.to_string(), alert.revision);
                assert!(before < Some(alert.revision), "{id} came behind revision {before:?}");
            }
        }
    }

    /// Fails if one revision arrived under two ids, or two revisions under one id.
    #[track_caller]
    pub(super) fn check_ids(&self) {
        let mut ids = BTreeMap::new();
        for Message { id, alert } in &self.messages {
            let revision = (alert.id.to_string(), alert.revision);
            let first = ids.entry(revision.clone()).or_insert_with(|| id.clone());
            assert_eq!(first, id, "{revision:?}");
        }
        let distinct: BTreeSet<&String> = ids.values().collect();
        assert_eq!(distinct.len(), ids.len(), "an id for two revisions");
    }
}

/// The settings of a webhook.
pub(super) fn delivery(name: &str, url: &str) -> String {
    format!(
        "[[delivery]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"{url}\"\n\
         secret = [\"{SECRET}\"]\n"
    )
}

fn read(asked: &ReceivedRequest) -> Message {
    let header = |name| asked.headers.get(name).and_then(|value| value.to_str().ok());
    assert!(header("webhook-signature").is_some_and(|given| given.starts_with("v1,")));
    let alert = decode(&asked.body).expect("the body is an alert");
    Message { id: header("webhook-id").expect("it has an id").to_owned(), alert }
}
