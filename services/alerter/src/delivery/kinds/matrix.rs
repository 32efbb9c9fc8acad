//! A Matrix room: one message for each alert, replaced in place. A replacement notifies nobody, so a later
//! loud revision also sends a short reply to that message.
//!
//! Client-server API v1.11: `PUT /rooms/{roomId}/send/{eventType}/{txnId}`, `m.replace`. The server drops
//! duplicates by the transaction id, which is the same for each attempt.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use wirefold_flow::UnixMillis;
use wirefold_http_client::{Client, Request, Response};
use wirefold_proto::Secret;

use crate::delivery::chat::{Hidden, TITLE, accepted, cut, fitting, json as bounded};
use crate::delivery::{Failure, Sent, ToSend};
use crate::text::Text;

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

#[derive(Debug, Deserialize)]
struct Stored {
    event_id: String,
}

impl MatrixTarget {
    pub(super) fn check(&self) -> Result<(), String> {
        match self.room.starts_with('!') {
            true => Ok(()),
            false => Err("a room's id begins with `!`; `#name` is only its alias".to_owned()),
        }
    }

    /// Sends a message, or replaces the earlier one of its alert.
    pub(in crate::delivery) async fn send(&self, client: &Client, message: &ToSend<'_>) -> Sent {
        let text = message.text(LONGEST);
        let (id, now, is_loud) = (message.id(), message.now(), message.is_loud());
        let Some((first, alert)) = message.earlier() else {
            // Clients do not notify of a notice.
            let kind = if is_loud { "m.text" } else { "m.notice" };
            return self.put(client, &id, &content(kind, &text), now).await.map(Some);
        };
        if !alert.is_overtaken {
            self.put(client, &id, &replacement(&text, first), now).await?;
        }
        if is_loud {
            self.put(client, &format!("{id}.answer"), &answer_to(first, &text), now).await?;
        }
        Ok(None)
    }

    /// Sends one event. The server stores one event for each `transaction`.
    async fn put(
        &self,
        client: &Client,
        transaction: &str,
        event: &Value,
        now: UnixMillis,
    ) -> Result<String, Failure> {
        let MatrixTarget { mut url, token, room } = self.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            let parts = ["_matrix", "client", "v3", "rooms", &room, "send", "m.room.message"];
            path.pop_if_empty().extend(parts).push(transaction);
        }
        let mut request = bounded(Request::put(url, event.to_string()));
        request.secrets.add("Authorization", format!("Bearer {}", token.expose()));
        let hidden = Hidden::new([token.expose()]);
        stored(&accepted(client.send(request).await, now, &hidden)?)
    }
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
