//! The receiver of alerts: a webhook that records what comes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::loopback::{Answer, Loopback};

/// Signs what comes: 32 bytes of a key that nobody uses.
const SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The receiver.
pub(crate) struct Receiver {
    server: Loopback,
    /// The id of the message by which each revision of each alert came first.
    came: BTreeMap<(String, u64), String>,
    /// Revisions that came under a second id: who drops what he knows by id is told twice.
    doubled: BTreeSet<(String, u64)>,
    /// Alerts that came together in one message.
    gathered: BTreeSet<String>,
}

impl Receiver {
    pub(crate) fn open() -> Receiver {
        let server = Loopback::answering(|_| Answer::status(204));
        Receiver {
            server,
            came: BTreeMap::new(),
            doubled: BTreeSet::new(),
            gathered: BTreeSet::new(),
        }
    }

    /// The settings of a subscription to everything that goes here at once.
    pub(crate) fn settings(&self) -> String {
        let url = self.server.url("/hook");
        format!(
            "[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
             [[delivery]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{url}\"\nsecret = [\"{SECRET}\"]\n\
             [[subscription]]\nid = \"all\"\nname = \"All\"\nquery = \"*\"\ndeliveries = [\"desk\"]\n\
             group_wait = \"0s\"\nupdate_interval = \"0s\"\n"
        )
    }

    /// Takes what has come by now.
    pub(crate) fn receive(&mut self) {
        while let Ok(asked) = self.server.asked.try_recv() {
            let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else { continue };
            let id = asked.headers.get("webhook-id").and_then(|it| it.to_str().ok());
            let Some(id) = id else { continue };
            match body["alerts"].as_array() {
                // What comes late comes together.
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
        let first = self.came.entry(revision.clone()).or_insert_with(|| id.to_owned());
        if first != id {
            self.doubled.insert(revision);
        }
    }

    /// The alerts of which anything came.
    pub(crate) fn alerts(&self) -> BTreeSet<String> {
        let alone = self.came.keys().map(|(alert, _)| alert);
        alone.chain(&self.gathered).cloned().collect()
    }

    /// How many revisions came under two ids.
    pub(crate) fn doubled(&self) -> usize {
        self.doubled.len()
    }
}
