//! Stand-ins for services over HTTP: each checks method, address, login and body, and answers as its
//! documentation says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;
use wirefold_proto::Secret;

use crate::kinds::{AppriseTarget, DeliveryTarget, MatrixTarget, SlackTarget, TelegramTarget};

/// The secret of each service.
pub(crate) const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Slack,
    Telegram,
    Matrix,
    Apprise,
}

/// The answer to the next request in place of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Refused permanently, with the whole request repeated in the answer.
    Refused,
    /// Too many requests: seven seconds.
    Busy,
    /// 200, and the page of a portal.
    Garbage,
}

/// A message as people see it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) text: String,
    /// Whether it notified anybody.
    pub(crate) has_notified: bool,
    /// How often it was edited.
    pub(crate) edits: u32,
}

#[derive(Default)]
struct Room {
    seen: Vec<Seen>,
    transactions: BTreeMap<String, usize>,
    next: VecDeque<Next>,
    faults: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Target {
    service: Service,
    room: Arc<Mutex<Room>>,
    base: Url,
}

impl Target {
    pub(crate) async fn start(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let target = Self { service, room: Arc::default(), base };
        let router = Router::new().fallback(receive).with_state(target.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        target
    }

    /// A delivery to this service.
    pub(crate) fn kind(&self) -> DeliveryTarget {
        let (url, token) = (self.base.clone(), Secret::new(TOKEN));
        match self.service {
            Service::Slack => {
                let path = format!("services/T0/B0/{TOKEN}");
                DeliveryTarget::Slack(SlackTarget { url: Secret::new(url.join(&path).unwrap()) })
            }
            Service::Telegram => DeliveryTarget::Telegram(TelegramTarget {
                url,
                token,
                chat: "-1001234567890".to_owned(),
            }),
            Service::Matrix => DeliveryTarget::Matrix(MatrixTarget {
                url,
                token,
                room: "!abc:matrix.example".to_owned(),
            }),
            Service::Apprise => {
                let url = url.join("notify/desk").unwrap();
                DeliveryTarget::Apprise(AppriseTarget { url, token: Some(token) })
            }
        }
    }

    pub(crate) fn answer_next(&self, next: Next) {
        self.room.lock().unwrap().next.push_back(next);
    }

    /// The messages of the service. Fails if a request was not as the documentation says.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let room = self.room.lock().unwrap();
        assert!(room.faults.is_empty(), "{:?}: {:?}", self.service, room.faults);
        room.seen.clone()
    }
}

struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Value,
}

async fn receive(
    State(target): State<Target>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let said = format!("{uri} {headers:?} {}", String::from_utf8_lossy(&body));
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let call = Call { method, path: uri.path().to_owned(), headers, body };
    let mut room = target.room.lock().unwrap();
    let next = room.next.pop_front();
    if let Some(next) = next {
        return instead(target.service, next, &said);
    }
    let answered = match target.service {
        Service::Slack => slack(&mut room, &call),
        Service::Telegram => telegram(&mut room, &call),
        Service::Matrix => matrix(&mut room, &call),
        Service::Apprise => apprise(&mut room, &call),
    };
    answered.unwrap_or_else(|fault| {
        room.faults.push(fault.clone());
        (StatusCode::INTERNAL_SERVER_ERROR, fault).into_response()
    })
}

fn instead(service: Service, next: Next, said: &str) -> Response {
    let status = match next {
        Next::Refused => StatusCode::BAD_REQUEST,
        Next::Busy => StatusCode::TOO_MANY_REQUESTS,
        Next::Garbage => StatusCode::OK,
    };
    match (next, service) {
        (Next::Garbage, _) => (status, "<html>Log in to the network</html>").into_response(),
        (Next::Busy, Service::Telegram) => {
            let body = json!({
                "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 7",
                "parameters": { "retry_after": 7 },
            });
            (status, body.to_string()).into_response()
        }
        (Next::Busy, _) => (status, [("retry-after", "7")], "rate_limited").into_response(),
        (Next::Refused, Service::Telegram) => {
            let body = json!({ "ok": false, "error_code": 400, "description": said });
            (status, body.to_string()).into_response()
        }
        (Next::Refused, _) => (status, said.to_owned()).into_response(),
    }
}

type Answered = Result<Response, String>;

fn expect(is_so: bool, what: impl Into<String>) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what.into()) }
}

fn text<'a>(call: &'a Call, pointer: &str) -> Result<&'a str, String> {
    let found = call.body.pointer(pointer).and_then(Value::as_str);
    let found = found.ok_or_else(|| format!("no {pointer} in {}", call.body))?;
    let is_odd = |c: char| c.is_control() && c != '\n';
    expect(!found.contains(is_odd) && !found.contains('\u{202e}'), format!("{found:?}"))?;
    Ok(found)
}

fn is_json(call: &Call) -> Result<(), String> {
    let kind = call.headers.get("content-type").map(|it| it.to_str().unwrap_or_default());
    expect(kind == Some("application/json"), format!("content-type {kind:?}"))
}

fn has_bearer(call: &Call) -> Result<(), String> {
    let given = call.headers.get("authorization").map(|it| it.to_str().unwrap_or_default());
    expect(given == Some(&format!("Bearer {TOKEN}")), "the token")
}

/// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>; and the 2,000 characters of
/// Discord.
fn slack(room: &mut Room, call: &Call) -> Answered {
    is_json(call)?;
    expect(call.method == Method::POST, "POST")?;
    expect(call.path == format!("/services/T0/B0/{TOKEN}"), &call.path)?;
    let text = text(call, "/text")?;
    expect(text.chars().count() <= 2_000, "longer than Discord takes")?;
    expect(
        !text.contains('<') && !text.contains('>'),
        "the characters that Slack requires to be escaped",
    )?;
    room.seen.push(Seen { text: text.to_owned(), has_notified: true, edits: 0 });
    Ok("ok".into_response())
}

/// <https://github.com/caronc/apprise-api>: `/notify/{KEY}` with `title`, `body`, `type`, `format`.
fn apprise(room: &mut Room, call: &Call) -> Answered {
    is_json(call)?;
    has_bearer(call)?;
    expect(call.method == Method::POST && call.path == "/notify/desk", &call.path)?;
    let (title, body) = (text(call, "/title")?, text(call, "/body")?);
    expect(text(call, "/type")? == "info" && text(call, "/format")? == "text", "type")?;
    expect(!body.is_empty() && !title.contains('\n'), "title and body")?;
    room.seen.push(Seen { text: format!("{title}\n{body}"), has_notified: true, edits: 0 });
    Ok("[]".into_response())
}

/// <https://core.telegram.org/bots/api#sendmessage>, `#editmessagetext`.
fn telegram(room: &mut Room, call: &Call) -> Answered {
    is_json(call)?;
    expect(text(call, "/chat_id")? == "-1001234567890", "the chat")?;
    let html = text(call, "/text")?;
    expect(text(call, "/parse_mode")? == "HTML", "the parse mode")?;
    let bare = html.replace("<b>", "").replace("</b>", "");
    expect(!bare.contains('<') && !bare.contains('>'), "tags that nobody opened")?;
    // Lengths are those after entities are parsed, in UTF-16 units.
    let bare = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"]
        .iter()
        .fold(bare, |it, entity| it.replace(entity, "_"));
    expect(bare.encode_utf16().count() <= 4_096, "message is too long")?;
    let number = match call.path.strip_prefix(&format!("/bot{TOKEN}/")) {
        Some("sendMessage") => {
            let is_quiet = call.body["disable_notification"] == true;
            room.seen.push(Seen { text: html.to_owned(), has_notified: !is_quiet, edits: 0 });
            room.seen.len()
        }
        Some("editMessageText") => {
            let number = call.body["message_id"].as_u64().ok_or("a message id is a number")?;
            let number = usize::try_from(number).unwrap();
            let message = number.checked_sub(1).and_then(|at| room.seen.get_mut(at));
            let Some(message) = message else {
                return Ok(refused("Bad Request: message to edit not found"));
            };
            if message.text == html {
                return Ok(refused("Bad Request: message is not modified: the same"));
            }
            message.text = html.to_owned();
            message.edits += 1;
            number
        }
        other => return Err(format!("no such method: {other:?}")),
    };
    let result = json!({ "message_id": number, "text": html });
    Ok(json!({ "ok": true, "result": result }).to_string().into_response())
}

fn refused(description: &str) -> Response {
    let body = json!({ "ok": false, "error_code": 400, "description": description });
    (StatusCode::BAD_REQUEST, body.to_string()).into_response()
}

/// Client-server API v1.11, "PUT /rooms/{roomId}/send/{eventType}/{txnId}", "Event replacements".
fn matrix(room: &mut Room, call: &Call) -> Answered {
    is_json(call)?;
    has_bearer(call)?;
    expect(call.method == Method::PUT, "PUT")?;
    let path = "/_matrix/client/v3/rooms/!abc:matrix.example/send/m.room.message/";
    let transaction = call.path.strip_prefix(path).ok_or(&call.path)?;
    expect(!transaction.is_empty() && !transaction.contains('/'), "the transaction")?;
    expect(call.body.to_string().len() < 65_536, "M_TOO_LARGE")?;
    let (kind, body) = (text(call, "/msgtype")?, text(call, "/body")?);
    let event = |at: usize| json!({ "event_id": format!("$event-{at}:matrix.example") });
    if let Some(at) = room.transactions.get(transaction) {
        return Ok(event(*at).to_string().into_response());
    }
    let relation = &call.body["m.relates_to"];
    if relation["rel_type"] == "m.replace" {
        let replaced = relation["event_id"].as_str().unwrap_or_default();
        let at = (0..room.seen.len()).find(|at| event(*at)["event_id"] == replaced);
        let at = at.ok_or("it replaces what is not there")?;
        let new = text(call, "/m.new_content/body")?;
        expect(call.body["m.new_content"]["msgtype"] == kind, "the new content's type")?;
        (room.seen[at].text, room.seen[at].edits) = (new.to_owned(), room.seen[at].edits + 1);
    } else {
        let has_notified = kind == "m.text";
        room.seen.push(Seen { text: body.to_owned(), has_notified, edits: 0 });
    }
    let at = room.seen.len() - 1;
    room.transactions.insert(transaction.to_owned(), at);
    Ok(event(at).to_string().into_response())
}
