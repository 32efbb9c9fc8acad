//! Telegram's Bot API: one message for each alert, edited in place. An edit notifies nobody, so a later loud
//! revision also sends a short reply to that message.
//!
//! <https://core.telegram.org/bots/api>: `sendMessage`, `editMessageText`, `parameters.retry_after`.
//! The API does not drop duplicates: if an answer is lost, the message comes twice.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use wirefold_flow::{BoxFuture, UnixMillis};
use wirefold_http_client::{Client, Request, Response, SendError};
use wirefold_proto::{Secret, Volume};

use crate::delivery::chat::{Hidden, TITLE, accepted, cut, fitting, json as bounded};
use crate::delivery::{Channel, Failure, Opening, Sent, Target, ToSend};
use crate::error::AlerterError;
use crate::text::Message;
use crate::text::{self, Text, escaped};

/// The API accepts 4,096 characters after entities are parsed.
const LONGEST: usize = 3_900;
/// The longest wait that an answer may ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// A chat of Telegram.
#[derive(Debug, Clone)]
pub struct TelegramTarget {
    /// The Bot API, such as `https://api.telegram.org`.
    pub url: Url,
    /// The bot's token.
    pub token: Secret,
    /// The chat: its number, or `@name` of a public channel.
    pub chat: String,
}

impl Target for TelegramTarget {
    fn address(&self) -> String {
        format!("{} {}", self.url, self.chat)
    }

    fn check(&self) -> Result<(), String> {
        check(&self.token)
    }

    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError> {
        self.check().map_err(|why| opening.refuse(why))?;
        Ok(Box::new(Telegram { client: opening.client()?, target: self.clone() }))
    }
}

struct Telegram {
    client: Client,
    target: TelegramTarget,
}

/// An answer of the API.
#[derive(Debug, Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    description: String,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

impl Telegram {
    async fn call(&self, method: &str, mut body: Value, now: UnixMillis) -> Result<Value, Failure> {
        let TelegramTarget { mut url, token, chat } = self.target.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&format!("bot{}", token.expose())).push(method);
        }
        body["chat_id"] = chat.into();
        let answer = self.client.send(bounded(Request::post(url, body.to_string()))).await;
        of_api(answer, now, &Hidden::new([token.expose()]))
    }

    async fn post(&self, html: &str, more: Value, now: UnixMillis) -> Sent {
        let mut body = body_of(html);
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        let sent = self.call("sendMessage", body, now).await?;
        let id = sent["message_id"].as_i64();
        let id = id.ok_or_else(|| Failure::later("the answer names no message"))?;
        Ok(Some(id.to_string()))
    }

    async fn edit(&self, id: i64, html: &str, message: &Message<'_>) -> Result<(), Failure> {
        let mut body = body_of(html);
        body["message_id"] = id.into();
        if let Some(buttons) = buttons(message) {
            body["reply_markup"] = buttons;
        }
        match self.call("editMessageText", body, message.now).await {
            // The message has this text already. Only these words of the error say so.
            Err(Failure::Never { why }) if why.contains("message is not modified") => Ok(()),
            other => other.map(drop),
        }
    }

    async fn deliver(&self, message: &Message<'_>) -> Sent {
        let text = text::of(message);
        let (html, now) = (html_of(&text), message.now);
        let is_loud = message.alert.volume == Volume::Loud;
        let Some(id) = message.target_id.and_then(|target_id| target_id.parse::<i64>().ok()) else {
            return self.post(&html, first(message), now).await;
        };
        if !message.is_overtaken {
            match self.edit(id, &html, message).await {
                // The message was deleted, or is too old to be edited.
                Err(Failure::Never { .. }) => {
                    return self.post(&html, first(message), now).await;
                }
                edited => edited?,
            }
        }
        if is_loud {
            let answers = json!({ "message_id": id, "allow_sending_without_reply": true });
            self.post(&brief(&text), json!({ "reply_parameters": answers }), now).await?;
        }
        Ok(None)
    }
}

fn body_of(html: &str) -> Value {
    json!({ "text": html, "parse_mode": "HTML", "link_preview_options": { "is_disabled": true } })
}

/// Whether a new message makes a sound.
fn sound(is_loud: bool) -> Value {
    json!({ "disable_notification": !is_loud })
}

/// The fields of an alert's first message other than its text: whether it makes a sound, and buttons.
fn first(message: &Message<'_>) -> Value {
    let mut more = sound(message.alert.volume == Volume::Loud);
    if let Some(buttons) = buttons(message) {
        more["reply_markup"] = buttons;
    }
    more
}

/// Buttons below a message. They open pages that ask for confirmation.
fn buttons(message: &Message<'_>) -> Option<Value> {
    let links = message.links.as_ref()?;
    let button = |text: &str, url: &str| json!({ "text": text, "url": url });
    let corrections = button("Only corrections", &links.corrections_only);
    Some(json!({ "inline_keyboard": [[button("Mute", &links.mute), corrections]] }))
}

impl Channel for Telegram {
    fn send<'a>(&'a self, message: ToSend<'a>) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            match &message {
                ToSend::Alert(message) => self.deliver(message).await,
                ToSend::Notice(notice) => {
                    let html = html_of(&message.text(LONGEST - TITLE));
                    self.post(&html, sound(notice.is_loud), notice.now).await.map(|_| None)
                }
            }
        })
    }
}

/// Whether the text can be a token. It becomes a part of an address.
fn check(token: &Secret) -> Result<(), String> {
    let (bot, key) = token.expose().split_once(':').unwrap_or_default();
    let is_key = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let is_bot = !bot.is_empty() && bot.bytes().all(|byte| byte.is_ascii_digit());
    match is_bot && !key.is_empty() && key.chars().all(is_key) {
        true => Ok(()),
        false => Err("a token of Telegram is a number, `:` and letters".to_owned()),
    }
}

/// The result of a call. The body has the reason of a refusal and the time to wait.
fn of_api(
    given: Result<Response, SendError>,
    now: UnixMillis,
    hidden: &Hidden,
) -> Result<Value, Failure> {
    let (status, answer) = match &given {
        Ok(response) => (response.status, serde_json::from_slice::<Answer>(&response.body).ok()),
        Err(_) => (0, None),
    };
    let said = answer.as_ref().map(|answer| hidden.excerpt(&answer.description));
    let why = format!("status {status}: {}", said.unwrap_or_default());
    match (accepted(given, now, hidden), answer) {
        (Ok(_), Some(answer)) if answer.ok => Ok(answer.result),
        (Ok(_), _) => Err(Failure::later("the answer is not one of the Bot API")),
        (Err(Failure::Never { .. }), Some(_)) => Err(Failure::never(why)),
        (Err(Failure::Later { after, .. }), Some(answer)) => {
            let asked = answer.parameters.retry_after.map(Duration::from_secs);
            let asked = asked.map(|wait| wait.clamp(Duration::from_secs(1), LONGEST_WAIT));
            Err(Failure::Later { after: asked.or(after), why })
        }
        (Err(failure), _) => Err(failure),
    }
}

/// The text with the few tags that the API knows.
fn html_of(text: &Text) -> String {
    let title = escaped(&cut(&text.title, TITLE));
    let lines = fitting(&text.lines, LONGEST - TITLE);
    let lines: Vec<String> = lines.into_iter().map(escaped).collect();
    format!("<b>{title}</b>\n{}", lines.join("\n"))
}

/// The reply that notifies of an edit: the headline and the reason.
fn brief(text: &Text) -> String {
    let why = text.lines.first().map_or("", String::as_str);
    format!("<b>{}</b>\n{}", escaped(&cut(&text.title, TITLE)), escaped(&cut(why, TITLE)))
}
