//! Telegram's Bot API: one message for each alert, edited in place. An edit notifies nobody, so a later loud
//! revision also sends a short reply to that message.
//!
//! <https://core.telegram.org/bots/api>: `sendMessage`, `editMessageText`, `parameters.retry_after`.
//! The API does not drop duplicates: if an answer is lost, the message comes twice.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use wirefold_flow::UnixMillis;
use wirefold_http_client::{Client, Request, Response, SendError};
use wirefold_proto::Secret;

use crate::delivery::chat::{Hidden, TITLE, accepted, cut, fitting, json as bounded};
use crate::delivery::{Failure, Sent, ToSend};
use crate::text::{Text, escaped};

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

impl TelegramTarget {
    /// Whether the token can be one. It becomes a part of an address.
    pub(super) fn check(&self) -> Result<(), String> {
        let (bot, key) = self.token.expose().split_once(':').unwrap_or_default();
        let is_key = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let is_bot = !bot.is_empty() && bot.bytes().all(|byte| byte.is_ascii_digit());
        match is_bot && !key.is_empty() && key.chars().all(is_key) {
            true => Ok(()),
            false => Err("a token of Telegram is a number, `:` and letters".to_owned()),
        }
    }

    /// Sends a message, or edits the earlier one of its alert.
    pub(in crate::delivery) async fn send(&self, client: &Client, message: &ToSend<'_>) -> Sent {
        let text = message.text(LONGEST - TITLE);
        let (html, is_loud) = (html_of(&text), message.is_loud());
        let bot = Bot { target: self, client, now: message.now() };
        let buttons = buttons(message);
        let first = with_buttons(json!({ "disable_notification": !is_loud }), buttons.clone());
        let earlier = message.earlier().and_then(|(id, it)| Some((id.parse::<i64>().ok()?, it)));
        let Some((id, alert)) = earlier else {
            return bot.post(&html, first).await;
        };
        if !alert.is_overtaken {
            match bot.edit(&html, with_buttons(json!({ "message_id": id }), buttons)).await {
                // The message was deleted, or is too old to be edited.
                Err(Failure::Never { .. }) => return bot.post(&html, first).await,
                edited => edited?,
            }
        }
        if is_loud {
            let answers = json!({ "message_id": id, "allow_sending_without_reply": true });
            bot.post(&brief(&text), json!({ "reply_parameters": answers })).await?;
        }
        Ok(None)
    }
}

/// The bot, for one message.
struct Bot<'a> {
    target: &'a TelegramTarget,
    client: &'a Client,
    now: UnixMillis,
}

impl Bot<'_> {
    /// Calls a method with a text and these fields.
    async fn call(&self, method: &str, html: &str, mut body: Value) -> Result<Value, Failure> {
        let TelegramTarget { mut url, token, chat } = self.target.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&format!("bot{}", token.expose())).push(method);
        }
        body["chat_id"] = chat.into();
        body["text"] = html.into();
        body["parse_mode"] = "HTML".into();
        body["link_preview_options"] = json!({ "is_disabled": true });
        let answer = self.client.send(bounded(Request::post(url, body.to_string()))).await;
        of_api(answer, self.now, &Hidden::new([token.expose()]))
    }

    async fn post(&self, html: &str, body: Value) -> Sent {
        let sent = self.call("sendMessage", html, body).await?;
        let id = sent["message_id"].as_i64();
        let id = id.ok_or_else(|| Failure::later("the answer names no message"))?;
        Ok(Some(id.to_string()))
    }

    async fn edit(&self, html: &str, body: Value) -> Result<(), Failure> {
        match self.call("editMessageText", html, body).await {
            // The message has this text already. Only these words of the error say so.
            Err(Failure::Never { why }) if why.contains("message is not modified") => Ok(()),
            other => other.map(drop),
        }
    }
}

fn with_buttons(mut body: Value, buttons: Option<Value>) -> Value {
    if let Some(buttons) = buttons {
        body["reply_markup"] = buttons;
    }
    body
}

/// Buttons below a message. They open pages that ask for confirmation.
fn buttons(message: &ToSend<'_>) -> Option<Value> {
    let links = message.links()?;
    let button = |text: &str, url: &str| json!({ "text": text, "url": url });
    let corrections = button("Only corrections", &links.corrections_only);
    Some(json!({ "inline_keyboard": [[button("Mute", &links.mute), corrections]] }))
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
