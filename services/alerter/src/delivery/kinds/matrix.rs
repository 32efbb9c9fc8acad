//! A Matrix room: one message for each alert, replaced in place. A replacement notifies nobody, so a later
//! loud revision also sends a short reply to that message.
//!
//! Client-server API v1.11: `PUT /rooms/{roomId}/send/{eventType}/{txnId}`, `m.replace`. The server drops
//! duplicates by the transaction id, which is the same for each attempt.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use wirefold_flow::{BoxFuture, UnixMillis};
use wirefold_http_client::{Client, Request, Response};
use wirefold_proto::{Published, Secret, Volume};

use crate::delivery::chat::{Hidden, TITLE, accepted, cut, fitting, json as bounded};
use crate::delivery::{Channel, Failure, Opening, Sent, Target, ToSend};
use crate::error::AlerterError;
use crate::text::Message;
use crate::text::{self, Text};

/// An event may have 65,536 bytes, and a replacement contains the text four times.
const LONGEST: usize = 3_000;

/// A Matrix room.
#[derive(Debug, Clone)]
pub struct MatrixTarget {
    /// The homeserver, such as `https://matrix.example`.
    pub url: Url,
    /// An access token.
    pub token: Secret,
    /// The room's id, such as `!abc:matrix.example`.
    pub room: String,
}

impl Target for MatrixTarget {
    fn address(&self) -> String {
        format!("{} {}", self.url, self.room)
    }

    fn check(&self) -> Result<(), String> {
        match self.room.starts_with('!') {
            true => Ok(()),
            false => Err("a room's id begins with `!`; `#name` is only its alias".to_owned()),
        }
    }

    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError> {
        self.check().map_err(|why| opening.refuse(why))?;
        Ok(Box::new(Matrix { client: opening.client()?, target: self.clone() }))
    }
}

struct Matrix {
    client: Client,
    target: MatrixTarget,
}

#[derive(Debug, Deserialize)]
struct Stored {
    event_id: String,
}

impl Matrix {
    /// Sends one event. The server stores one event for each `transaction`.
    async fn put(
        &self,
        transaction: &str,
        event: &Value,
        now: UnixMillis,
    ) -> Result<String, Failure> {
        let MatrixTarget { mut url, token, room } = self.target.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            let parts = ["_matrix", "client", "v3", "rooms", &room, "send", "m.room.message"];
            path.pop_if_empty().extend(parts).push(transaction);
        }
        let mut request = bounded(Request::put(url, event.to_string()));
        request.secrets.add("Authorization", format!("Bearer {}", token.expose()));
        let hidden = Hidden::new([token.expose()]);
        stored(&accepted(self.client.send(request).await, now, &hidden)?)
    }

    async fn deliver(&self, message: &Message<'_>) -> Sent {
        let text = text::of(message);
        let (id, now) = (message.alert.message_id(), message.now);
        let is_loud = message.alert.volume == Volume::Loud;
        let Some(first) = message.target_id else {
            return self.put(&id, &content(kind(is_loud), &text), now).await.map(Some);
        };
        if !message.is_overtaken {
            self.put(&id, &replacement(&text, first), now).await?;
        }
        if is_loud {
            self.put(&format!("{id}.answer"), &answer_to(first, &text), now).await?;
        }
        Ok(None)
    }
}

impl Channel for Matrix {
    fn send<'a>(&'a self, message: ToSend<'a>) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            match &message {
                ToSend::Alert(message) => self.deliver(message).await,
                ToSend::Notice(notice) => {
                    let event = content(kind(notice.is_loud), &message.text(LONGEST));
                    self.put(&notice.id, &event, notice.now).await.map(|_| None)
                }
            }
        })
    }
}

/// The message type. Clients do not notify of a notice.
fn kind(is_loud: bool) -> &'static str {
    if is_loud { "m.text" } else { "m.notice" }
}

/// The id of the event that the server stored.
fn stored(response: &Response) -> Result<String, Failure> {
    let stored: Result<Stored, _> = serde_json::from_slice(&response.body);
    stored.map(|it| it.event_id).map_err(|_| Failure::later("the answer names no event"))
}

fn content(kind: &str, text: &Text) -> Value {
    let title = cut(&text.title, TITLE);
    let lines = fitting(&text.lines, LONGEST);
    let body = format!("{title}\n{}", lines.join("\n"));
    let mut content = json!({ "msgtype": kind, "body": body });
    // If the HTML is too long, the plain text is still sent.
    if text.html.len() <= 3 * LONGEST {
        content["format"] = "org.matrix.custom.html".into();
        content["formatted_body"] = text.html.clone().into();
    }
    content
}

/// An event that replaces an earlier one. Clients that do not know replacements show its own text.
fn replacement(text: &Text, of: &str) -> Value {
    let mut event = content("m.text", text);
    event["m.new_content"] = event.clone();
    event["body"] = format!("* {}", cut(&text.title, TITLE)).into();
    event["m.relates_to"] = json!({ "rel_type": "m.replace", "event_id": of });
    event
}

/// The reply that notifies of a replacement: the headline and the reason.
fn answer_to(first: &str, text: &Text) -> Value {
    let why = text.lines.first().map_or("", String::as_str);
    json!({
        "msgtype": "m.text",
        "body": format!("{}\n{}", cut(&text.title, TITLE), cut(why, TITLE)),
        "m.relates_to": { "m.in_reply_to": { "event_id": first } },
    })
}
