//! A channel to ntfy: one notification for each alert, replaced in place by each revision.
//!
//! Comes in: a message. Goes out: whether the server accepted it. A silent revision never makes a sound.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use wirefold_flow::BoxFuture;
use wirefold_http_client::{Client, Request};
use wirefold_proto::{Alert, Secret, Volume};

use crate::delivery::retry::{hash, of_answer};
use crate::delivery::{Channel, Failure, Notice, NoticeKind, Opening, Sent, Target};
use crate::error::AlerterError;
use crate::text::Message;
use crate::text::MessageLinks;
use crate::text::{self, Text};

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

impl Target for NtfyTarget {
    fn address(&self) -> String {
        self.url.to_string()
    }

    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError> {
        let (client, url, token) = (opening.client()?, self.url.clone(), self.token.clone());
        Ok(Box::new(Ntfy { client, url, token }))
    }
}

struct Ntfy {
    client: Client,
    url: Url,
    token: Option<Secret>,
}

impl Ntfy {
    fn request(&self, message: &Message<'_>) -> Request {
        let alert = message.alert;
        let priority = if alert.volume == Volume::Loud { LOUD } else { SILENT };
        let Text { title, lines, .. } = text::of(message);
        let mut request = Request::post(self.url.clone(), body(&lines))
            .with_header("X-Title", encoded(&title))
            .with_header("X-Priority", priority.to_string())
            .with_header("X-Tags", tags(alert))
            .with_header("X-Sequence-ID", sequence_id(alert));
        if let Some(page) = &message.page {
            request = request.with_header("X-Click", page);
        }
        if let Some(links) = &message.links {
            request = request.with_header("X-Actions", buttons(links));
        }
        self.with_token(request)
    }

    fn with_token(&self, request: Request) -> Request {
        let request = Request { total: TOTAL, ..request };
        match &self.token {
            Some(token) => {
                request.with_header("Authorization", format!("Bearer {}", token.expose()))
            }
            None => request,
        }
    }
}

impl Channel for Ntfy {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let answer = self.client.send(self.request(&message)).await;
            of_answer(answer, message.now).map(|()| None)
        })
    }

    fn send_notice<'a>(&'a self, notice: Notice<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let title: String = notice.title.chars().take(TITLE).collect();
            let text = notice.lines_within(LONGEST_TEXT).join("\n");
            let priority = if notice.is_loud { LOUD } else { SILENT };
            let kind = notice.kind.as_str();
            let tags = match notice.kind {
                NoticeKind::Digest => "newspaper,digest",
                NoticeKind::Health => "warning,health",
            };
            let mut request = Request::post(self.url.clone(), text)
                .with_header("X-Title", encoded(&title))
                .with_header("X-Priority", priority.to_string())
                // A notice with the same id replaces the one before.
                .with_header("X-Sequence-ID", format!("{kind}-{:016x}", hash(notice.id)))
                .with_header("X-Tags", tags);
            if let Some(page) = &notice.page {
                request = request.with_header("X-Click", page);
            }
            of_answer(self.client.send(self.with_token(request)).await, notice.now)
        })
    }
}

/// The lines that fit. ntfy would turn a longer text into a file.
fn body(lines: &[String]) -> String {
    let mut bytes = 0;
    let fits = |line: &&String| {
        bytes += line.len() + 1;
        bytes <= LONGEST_TEXT
    };
    let lines: Vec<&str> = lines.iter().take_while(fits).map(String::as_str).collect();
    lines.join("\n")
}

/// Buttons below the notification. Each carries out its action at once.
fn buttons(links: &MessageLinks) -> String {
    let button = |label, url| format!("http, {label}, {url}, method=POST, clear=true");
    let mute = button("Mute", &links.mute);
    format!("{mute}; {}", button("Only corrections", &links.corrections_only))
}

fn tags(alert: &Alert) -> String {
    format!("newspaper,{}", alert.state.as_str())
}

/// The id of all revisions of an alert, of at most 64 letters, digits and `-`, as ntfy requires.
fn sequence_id(alert: &Alert) -> String {
    format!("{}-{:016x}", alert.target, hash(alert.subscription.as_str()))
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
