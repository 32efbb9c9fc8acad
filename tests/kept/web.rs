//! The feeds and lists of a stored version at its end, through a proxy on loopback.

use std::collections::BTreeMap;

use super::Version;
use crate::pipeline::PATIENCE;
use crate::pipeline::loopback::{Answer, Loopback};
use crate::pipeline::up::{Up, now};

/// The number of requests for an address after which its first response has been handled.
const TWICE: usize = 2;

/// The proxy.
pub(super) struct Web(Loopback);

impl Web {
    /// Responds as the version's feeds and lists did.
    #[track_caller]
    pub(super) fn of(version: &Version) -> Web {
        let kept: BTreeMap<String, (String, String)> =
            serde_json::from_str(&version.text("web.json.zst")).expect("answers by address");
        Web(Loopback::answering(move |asked| {
            let url = format!("http://{}{}", asked.host, asked.path);
            match kept.get(&url) {
                Some((kind, body)) => {
                    let headers = vec![("content-type", kind.clone())];
                    Answer::With(200, headers, body.clone().into_bytes())
                }
                None => Answer::status(404),
            }
        }))
    }

    pub(super) fn address(&self) -> String {
        self.0.address.to_string()
    }

    /// Waits until each of these feeds was requested twice. Then the first response has been handled.
    #[track_caller]
    pub(super) fn until_read<'a>(&self, feeds: impl Iterator<Item = &'a String>, up: &Up) {
        let mut lacking: BTreeMap<&str, usize> = feeds.map(|it| (it.as_str(), TWICE)).collect();
        let deadline = now().plus(PATIENCE);
        while !lacking.is_empty() {
            let asked = self.0.asked.recv_timeout(deadline.since(now()));
            let asked = asked.unwrap_or_else(|why| panic!("{why}: {lacking:?}\n{}", up.output()));
            let url = format!("http://{}{}", asked.host, asked.path);
            if let Some(times) = lacking.get_mut(url.as_str()) {
                *times -= 1;
            }
            lacking.retain(|_, times| *times > 0);
        }
    }
}
