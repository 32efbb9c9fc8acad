//! Composes a mail: its headers, and its text as plain text and as HTML.
//!
//! Comes in: a message. Goes out: the mail. It never sends.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message as Mail;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, InReplyTo, References,
};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, MultiPartKind, SinglePart};
use url::Url;
use wirefold_flow::UnixMillis;
use wirefold_proto::Published;

use crate::delivery::chat::{TITLE, cut, text_of};
use crate::delivery::retry::hash;
use crate::delivery::{Failure, Notice};
use crate::text::Message;
use crate::text::{self, Text, escaped};

/// The most bytes of a digest.
const LONGEST: usize = 50_000;

/// A mail, ready to be sent.
#[derive(Debug)]
pub(super) struct Composed {
    /// Its `Message-ID`, with brackets.
    pub(super) id: String,
    pub(super) bytes: Vec<u8>,
}

/// An action that the reader starts by following a link.
struct Offer {
    words: &'static str,
    url: String,
}

/// The mail of a revision.
pub(super) fn of_alert(
    message: &Message<'_>,
    from: &Mailbox,
    to: &[Mailbox],
) -> Result<Composed, Failure> {
    let id = message_id(&message.alert.message_id(), from);
    let mut builder = head(&id, message.now, from, to);
    if let Some(first) = message.target_id {
        builder = builder
            .header(InReplyTo::from(first.to_owned()))
            .header(References::from(first.to_owned()));
    }
    let text = text::of(message);
    composed(id, unsubscribing(builder, message), &text, &offers(message))
}

/// The mail of a digest of feeds.
pub(super) fn of_notice(
    notice: &Notice<'_>,
    from: &Mailbox,
    to: &[Mailbox],
) -> Result<Composed, Failure> {
    let id = message_id(notice.id, from);
    let builder = head(&id, notice.now, from, to);
    composed(id, builder, &text_of(notice, LONGEST), &[])
}

/// The headers for unsubscribing: in one step if the page is reachable by TLS (RFC 8058), otherwise on the
/// page (RFC 2369).
fn unsubscribing(builder: MessageBuilder, message: &Message<'_>) -> MessageBuilder {
    let own = message.links.as_ref().map(|links| &links.unsubscribe);
    let Some(url) = own.or(message.manage.as_ref()).and_then(|url| Url::parse(url).ok()) else {
        return builder;
    };
    let header = |name, value| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    let builder = builder.raw_header(header("List-Unsubscribe", format!("<{url}>")));
    if own.is_none() || url.scheme() != "https" {
        return builder;
    }
    let at_once = "List-Unsubscribe=One-Click".to_owned();
    builder.raw_header(header("List-Unsubscribe-Post", at_once))
}

/// The actions that the reader can choose from, with their links.
fn offers(message: &Message<'_>) -> Vec<Offer> {
    let mut offers = Vec::new();
    if let Some(links) = &message.links {
        offers.push(Offer { words: "Mute this alert", url: links.mute.clone() });
        let url = links.corrections_only.clone();
        offers.push(Offer { words: "Only corrections of it", url });
    }
    offers.extend(message.manage.clone().map(|url| Offer { words: "See to your alerts", url }));
    offers
}

fn head(id: &str, now: UnixMillis, from: &Mailbox, to: &[Mailbox]) -> MessageBuilder {
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let builder = Mail::builder()
        .from(from.clone())
        .date(UNIX_EPOCH + Duration::from_millis(now.0))
        .message_id(Some(id.to_owned()))
        // Keeps automatic replies away (RFC 3834).
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
    to.iter().cloned().fold(builder, MessageBuilder::to)
}

fn composed(
    id: String,
    builder: MessageBuilder,
    text: &Text,
    offers: &[Offer],
) -> Result<Composed, Failure> {
    let (plain, html) = (plain(text, offers), html(text, offers));
    // A boundary with `=_` cannot stand in quoted-printable text (RFC 2045, section 6.7).
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("=_{:016x}", hash(&id)))
        .singlepart(part(ContentType::TEXT_PLAIN, plain))
        .singlepart(part(ContentType::TEXT_HTML, html));
    let mail = builder.subject(cut(&text.title, TITLE)).multipart(parts);
    let mail = mail.map_err(|error| Failure::never(error.to_string()))?;
    Ok(Composed { id, bytes: mail.formatted() })
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(body)
}

fn plain(text: &Text, offers: &[Offer]) -> String {
    let mut body = format!("{}\n\n{}\n", text.title, text.lines.join("\n"));
    if !offers.is_empty() {
        body.push_str("\n-- \n");
    }
    for Offer { words, url } in offers {
        body.push_str(&format!("{words}: {url}\n"));
    }
    body
}

fn html(text: &Text, offers: &[Offer]) -> String {
    let link = |Offer { words, url }: &Offer| format!("<a href=\"{}\">{words}</a>", escaped(url));
    let links: Vec<String> = offers.iter().map(link).collect();
    let below = (!links.is_empty()).then(|| format!("<p>{}</p>", links.join(" · ")));
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body>{}{}</body></html>",
        text.html,
        below.unwrap_or_default()
    )
}

/// The `Message-ID`, the same for each attempt: letters, digits, `.` and `-`, at the sender's domain.
fn message_id(id: &str, from: &Mailbox) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '.' };
    let id: String = id.chars().map(plain).collect();
    let domain = from.email.domain();
    let domain = if domain.is_ascii() { domain } else { "wirefold.invalid" };
    format!("<{id}@{domain}>")
}
