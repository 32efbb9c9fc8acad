//! The receiver of alerts: a webhook that records them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::loopback::{Answer, Loopback};

/// The key of the signatures: 32 bytes that are used nowhere else.
const SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The receiver.
pub(super) struct Receiver {
    server: Loopback,
    /// The id of the message with which each revision of each alert came first.
    first_ids: BTreeMap<(String, u64), String>,
    /// Revisions that came again with another id. A receiver that drops duplicates by id would show them
    /// twice.
    doubled: BTreeSet<(String, u64)>,
    /// Alerts that came with others in one message.
    gathered: BTreeSet<String>,
}

impl Receiver {
    pub(super) fn open() -> Receiver {
        let server = Loopback::answering(|_| Answer::status(204));
        Receiver {
            server,
            first_ids: BTreeMap::new(),
            doubled: BTreeSet::new(),
            gathered: BTreeSet::new(),
        }
    }

    /// The settings of a subscription to everything with this receiver as delivery.
    pub(super) fn settings(&self) -> String {
        let url = self.server.url("/hook");
        format!(
            "[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
             [[delivery]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{url}\"\nsecret = [\"{SECRET}\"]\n\
             [[subscription]]\nid = \"all\"\nname = \"All\"\nquery = \"*\"\ndeliveries = [\"desk\"]\n\
             group_wait = \"0s\"\nupdate_interval = \"0s\"\n"
        )
    }

    /// Reads the messages that have arrived.
    pub(super) fn receive(&mut self) {
        while let Ok(asked) = self.server.asked.try_recv() {
            let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else { continue };
            let id = asked.headers.get("webhook-id").and_then(|it| it.to_str().ok());
            let Some(id) = id else { continue };
            match body["alerts"].as_array() {
                // Late alerts come together.
                Some(alerts) => {
                    let named = alerts.iter().filter_map(|alert| alert["id"].as_str());
                    self.gathered.extend(named.map(str::to_owned));
                }
                None => self.note(id, &body),
            }
        }
    }

    fn note(&mut self, id: &str, alert: &Value) {
        let (Some(name), Some(revision)) = (alert["id"].as_str(), alert["revision"].as_u64())
        else {
            return;
        };
        let revision = (name.to_owned(), revision);
        let first = self.first_ids.entry(revision.clone()).or_insert_with(|| id.to_owned());
        if first != id {
            self.doubled.insert(revision);
        }
    }

    /// The alerts of which a revision came.
    pub(super) fn alerts(&self) -> BTreeSet<String> {
        let alone = self.first_ids.keys().map(|(alert, _)| alert);
        alone.chain(&self.gathered).cloned().collect()
    }

    /// The number of revisions that came under two ids.
    pub(super) fn doubled(&self) -> usize {
        self.doubled.len()
    }
}
