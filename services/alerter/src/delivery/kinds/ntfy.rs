//! A channel to ntfy: one notification for each alert, replaced in place by each revision.
//!
//! Comes in: a message. Goes out: whether the server accepted it. A silent revision never makes a sound.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use wirefold_http_client::{Client, Request};
use wirefold_proto::{Alert, Secret};

use crate::delivery::retry::{hash, of_answer};
use crate::delivery::{NoticeKind, Sent, ToSend, fitting_bytes};
use crate::text::{self, MessageLinks};

/// How long one attempt may take.
const TOTAL: Duration = Duration::from_secs(20);
/// With sound and vibration.
const LOUD: u8 = 4;
/// No sound and no vibration.
const SILENT: u8 = 2;
/// The longest title, in characters: phones show no more.
const TITLE: usize = 200;
/// The longest text in bytes. ntfy turns longer texts into attached files.
const LONGEST_TEXT: usize = 3_500;

/// A topic of an ntfy server.
#[derive(Debug, Clone)]
pub struct NtfyTarget {
    /// The topic's address, such as `https://ntfy.example/desk`.
    pub url: Url,
    /// An access token.
    pub token: Option<Secret>,
}

impl NtfyTarget {
    pub(in crate::delivery) async fn send(&self, client: &Client, message: &ToSend<'_>) -> Sent {
        of_answer(client.send(self.request(message)).await, message.now())
    }

    fn request(&self, message: &ToSend<'_>) -> Request {
        let (title, lines, page, tags, sequence) = match message {
            ToSend::Alert(message) => {
                let Alert { state, target, subscription, .. } = message.alert;
                let tags = format!("newspaper,{}", state.as_str());
                // All revisions of an alert have one id, of at most 64 letters, digits and `-`, as ntfy requires.
                let id = format!("{target}-{:016x}", hash(subscription.as_str()));
                let text::Text { title, lines, .. } = text::of(message);
                // ntfy would turn a longer text into a file.
                let lines = fitting_bytes(&lines, LONGEST_TEXT).cloned().collect();
                (title, lines, &message.page, tags, id)
            }
            ToSend::Notice(notice) => {
                let kind = notice.kind.as_str();
                let sort = if notice.kind == NoticeKind::Health { "warning" } else { "newspaper" };
                // A notice with the same id replaces the one before.
                let id = format!("{kind}-{:016x}", hash(&notice.id));
                let title = notice.title.chars().take(TITLE).collect();
                let lines = notice.lines_within(LONGEST_TEXT);
                (title, lines, &notice.page, format!("{sort},{kind}"), id)
            }
        };
        let priority = if message.is_loud() { LOUD } else { SILENT };
        let mut request = Request::post(self.url.clone(), lines.join("\n"))
            .with_header("X-Title", encoded(&title))
            .with_header("X-Priority", priority.to_string())
            .with_header("X-Tags", tags)
            .with_header("X-Sequence-ID", sequence);
        if let Some(page) = page {
            request = request.with_header("X-Click", page);
        }
        if let Some(links) = message.links() {
            request = request.with_header("X-Actions", buttons(links));
        }
        if let Some(token) = &self.token {
            request = request.with_header("Authorization", format!("Bearer {}", token.expose()));
        }
        Request { total: TOTAL, ..request }
    }
}

/// Buttons below the notification. Each carries out its action at once.
fn buttons(links: &MessageLinks) -> String {
    let button = |label, url| format!("http, {label}, {url}, method=POST, clear=true");
    let mute = button("Mute", &links.mute);
    format!("{mute}; {}", button("Only corrections", &links.corrections_only))
}

/// A header value. Text other than ASCII is encoded by RFC 2047, which ntfy decodes.
fn encoded(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_owned(),
        false => format!("=?UTF-8?B?{}?=", STANDARD.encode(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_any_script_fit_into_a_header() {
        assert_eq!(encoded("Port strike"), "Port strike");
        assert_eq!(encoded("Häfen"), "=?UTF-8?B?SMOkZmVu?=");
    }
}
