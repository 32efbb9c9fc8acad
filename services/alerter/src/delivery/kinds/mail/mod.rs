//! E-mail: one mail for each loud revision. The mails of one alert form a thread.
//!
//! A mail cannot be changed after it is sent, so silent revisions send none. Each attempt has the same
//! `Message-ID`, and most mail stores drop the duplicate.

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::address::Envelope;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, InReplyTo, References,
};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, MultiPartKind, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message as LettreMessage, Tokio1Executor};
use url::Url;
use wirefold_http_client::Client;
use wirefold_proto::Secret;

use crate::delivery::chat::{Hidden, TITLE, cut};
use crate::delivery::links::is_reachable;
use crate::delivery::retry::hash;
use crate::delivery::{Failure, Sent, ToSend};
use crate::text::{Link, Message, Text, escaped};

/// How long one command may take, …
const STEP: Duration = Duration::from_secs(20);
/// … and a whole mail.
const TOTAL: Duration = Duration::from_mins(1);
/// The ports of mail. Other ports are reached only in allowed networks.
const PORTS: [u16; 4] = [25, 465, 587, 2525];
/// The server refused the login, not the mail. The mail is sent again, since the settings may be repaired.
const LOGIN_REFUSED: [&str; 4] = ["530", "534", "535", "538"];

/// An e-mail account: a mail for each loud revision. The mails of one alert form a thread.
#[derive(Debug, Clone)]
pub struct EmailTarget {
    /// The server: `smtps://host[:465]`, or `smtp://host[:587]`.
    pub server: Url,
    /// Whether `smtp://` may continue without TLS. `smtps://` never does.
    pub without_tls: bool,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// The sender, such as `Desk <desk@news.example>`.
    pub from: String,
    /// The receivers, all named in each mail.
    pub to: Vec<String>,
}

impl EmailTarget {
    pub(super) fn check(&self) -> Result<(), String> {
        Settings::read(self).map(drop)
    }

    pub(in crate::delivery) async fn send(&self, client: &Client, message: &ToSend<'_>) -> Sent {
        self.send_with(client, message, &[]).await
    }

    /// Sends a mail. `roots` are trusted certificates in addition to those of the system.
    async fn send_with(
        &self,
        client: &Client,
        message: &ToSend<'_>,
        roots: &[Certificate],
    ) -> Sent {
        let settings = Settings::read(self).map_err(Failure::never)?;
        let mail = compose(message, &settings.from, &settings.to)?;
        let tls = settings.tls(roots).map_err(Failure::later)?;
        Post { client, settings, tls }.send(&mail).await?;
        // The first mail of the thread. All others refer to it.
        let is_first = matches!(message, ToSend::Alert(alert) if alert.target_id.is_none());
        Ok(is_first.then_some(mail.id))
    }
}

/// The way to the mail server, for one mail.
struct Post<'a> {
    client: &'a Client,
    settings: Settings,
    tls: Tls,
}

/// The parsed settings.
struct Settings {
    host: String,
    port: u16,
    /// How TLS is used; `None` if nothing is encrypted.
    secured: Option<Secured>,
    login: Option<(String, Secret)>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

/// TLS from the first byte ([`Tls::Wrapper`]), or after the command `STARTTLS`, without which nothing is sent
/// ([`Tls::Required`]).
type Secured = fn(TlsParameters) -> Tls;

impl Settings {
    /// Parses the settings, or says what is wrong with them.
    fn read(email: &EmailTarget) -> Result<Self, String> {
        let (secured, port) = match (email.server.scheme(), email.without_tls) {
            ("smtps", false) => (Some(Tls::Wrapper as Secured), 465),
            ("smtp", false) => (Some(Tls::Required as Secured), 587),
            ("smtp", true) => (None, 25),
            ("smtps", true) => return Err("smtps:// is TLS from the first byte".to_owned()),
            _ => return Err("a mail server begins with smtps:// or smtp://".to_owned()),
        };
        let host = email.server.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or("the mail server's address names no host")?;
        if email.to.is_empty() {
            return Err("a mail needs somebody to go to".to_owned());
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: email.server.port().unwrap_or(port),
            secured,
            login: email.login.clone(),
            from: mailbox(&email.from)?,
            to: email.to.iter().map(|to| mailbox(to)).collect::<Result<_, _>>()?,
        })
    }

    /// The certificate is checked against the host name, not against the address.
    fn tls(&self, roots: &[Certificate]) -> Result<Tls, String> {
        let Some(secured) = self.secured else { return Ok(Tls::None) };
        let builder = TlsParameters::builder(self.host.clone());
        let builder = roots.iter().cloned().fold(builder, |it, root| it.add_root_certificate(root));
        builder.build_rustls().map(secured).map_err(|error| error.to_string())
    }
}

impl Post<'_> {
    async fn send(&self, mail: &Composed) -> Result<(), Failure> {
        let posted = tokio::time::timeout(TOTAL, self.post_to_all(mail)).await;
        posted.unwrap_or_else(|_| {
            Err(Failure::later(format!("the mail server takes longer than {TOTAL:?}")))
        })
    }

    /// Sends to all receivers at once. If the server refuses one of several for good, the others get the mail
    /// one by one.
    async fn post_to_all(&self, mail: &Composed) -> Result<(), Failure> {
        let addresses = self.addresses().await?;
        let refused = match self.post_to(&addresses, &self.settings.to, mail).await {
            Err(Failure::Never { why }) if self.settings.to.len() > 1 => why,
            other => return other,
        };
        let mut taken = 0;
        for to in &self.settings.to {
            match self.post_to(&addresses, std::slice::from_ref(to), mail).await {
                Ok(()) => taken += 1,
                Err(Failure::Never { why }) => {
                    tracing::warn!(to = %to.email, why, "mail to one of several refused for good");
                }
                Err(later) => return Err(later),
            }
        }
        if taken == 0 { Err(Failure::never(refused)) } else { Ok(()) }
    }

    async fn post_to(
        &self,
        addresses: &[SocketAddr],
        to: &[Mailbox],
        mail: &Composed,
    ) -> Result<(), Failure> {
        let to = to.iter().map(|mailbox| mailbox.email.clone()).collect();
        let envelope = Envelope::new(Some(self.settings.from.email.clone()), to);
        let envelope = envelope.map_err(|error| Failure::never(error.to_string()))?;
        let mut failure = Failure::later("no such host");
        for address in addresses {
            let sent = self.transport(*address).send_raw(&envelope, &mail.bytes).await;
            let Err(error) = sent else {
                return Ok(());
            };
            failure = failure_of(&error, &self.hidden());
            if has_answered(&error) {
                break;
            }
        }
        Err(failure)
    }

    /// The addresses of the server that the HTTP client allows.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        let found = self.client.resolve(&self.settings.host, self.settings.port, &PORTS).await;
        found.map_err(|error| Failure::later(error.to_string()))
    }

    /// A connection to the server, at one of its addresses.
    fn transport(&self, address: SocketAddr) -> AsyncSmtpTransport<Tokio1Executor> {
        // The method is called dangerous because it does not turn TLS on. The code below does.
        let server = address.ip().to_string();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
            .port(address.port())
            .timeout(Some(STEP))
            .tls(self.tls.clone());
        if let Some((user, password)) = &self.settings.login {
            let password = password.expose().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        builder.build()
    }

    /// The password in all encodings in which it is sent.
    fn hidden(&self) -> Hidden {
        let Some((user, password)) = &self.settings.login else {
            return Hidden::new([]);
        };
        let password = password.expose();
        let plain = STANDARD.encode(format!("\0{user}\0{password}"));
        Hidden::new([password, &plain, &STANDARD.encode(password)])
    }
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    let refused = || format!("{text:?} is not a mail address such as \"Desk <desk@news.example>\"");
    text.trim().parse().map_err(|_| refused())
}

/// Whether the server answered. Then another of its addresses would give the same answer.
fn has_answered(error: &Error) -> bool {
    let is_answer = error.is_response() || error.is_transient() || error.is_permanent();
    is_answer || error.is_client() || error.is_tls()
}

/// 5xx is final, unless the server refused the login.
fn failure_of(error: &Error, hidden: &Hidden) -> Failure {
    let why = hidden.excerpt(&error.to_string());
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    match error.is_permanent() && !LOGIN_REFUSED.contains(&code.as_str()) {
        true => Failure::never(why),
        false => Failure::later(why),
    }
}

/// The most bytes of a digest.
const LONGEST: usize = 50_000;

/// A mail, ready to be sent.
#[derive(Debug)]
struct Composed {
    /// Its `Message-ID`, with brackets.
    id: String,
    bytes: Vec<u8>,
}

/// The mail of a message.
fn compose(message: &ToSend<'_>, from: &Mailbox, to: &[Mailbox]) -> Result<Composed, Failure> {
    let id = message_id(&message.id(), from);
    let builder = LettreMessage::builder()
        .from(from.clone())
        .date(UNIX_EPOCH + Duration::from_millis(message.now().0))
        .message_id(Some(id.clone()))
        // Keeps automatic replies away (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()));
    let mut builder = to.iter().cloned().fold(builder, MessageBuilder::to);
    let mut links = Vec::new();
    if let ToSend::Alert(alert) = message {
        if let Some(first) = alert.target_id {
            builder = builder
                .header(InReplyTo::from(first.to_owned()))
                .header(References::from(first.to_owned()));
        }
        builder = unsubscribing(builder, alert);
        links = offers(alert);
    }
    let text = message.text(LONGEST);
    // A boundary with `=_` cannot stand in quoted-printable text (RFC 2045, section 6.7).
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("=_{:016x}", hash(&id)))
        .singlepart(part(ContentType::TEXT_PLAIN, plain(&text, &links)))
        .singlepart(part(ContentType::TEXT_HTML, html(&text, &links)));
    let mail = builder.subject(cut(&text.title, TITLE)).multipart(parts);
    let mail = mail.map_err(|error| Failure::never(error.to_string()))?;
    Ok(Composed { id, bytes: mail.formatted() })
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// The headers for unsubscribing: in one step if the page is reachable by TLS (RFC 8058), otherwise on the
/// page (RFC 2369). None if the page is open only to its own machine, where no mail program looks.
fn unsubscribing(builder: MessageBuilder, message: &Message<'_>) -> MessageBuilder {
    let own = message.links.as_ref().map(|links| &links.unsubscribe);
    let url = own.or(message.manage.as_ref()).and_then(|url| Url::parse(url).ok());
    let Some(url) = url.filter(is_reachable) else {
        return builder;
    };
    let builder = builder.raw_header(header("List-Unsubscribe", format!("<{url}>")));
    if own.is_none() || url.scheme() != "https" {
        return builder;
    }
    let at_once = "List-Unsubscribe=One-Click".to_owned();
    builder.raw_header(header("List-Unsubscribe-Post", at_once))
}

/// The links to the actions that the reader can choose from.
fn offers(message: &Message<'_>) -> Vec<Link> {
    let links = message.links.as_ref();
    let offers = [
        ("Mute this alert", links.map(|links| &links.mute)),
        ("Only corrections of it", links.map(|links| &links.corrections_only)),
        ("See to your alerts", message.manage.as_ref()),
    ];
    let link = |(name, url): (&str, Option<&String>)| {
        Some(Link { name: name.to_owned(), url: url?.clone() })
    };
    offers.into_iter().filter_map(link).collect()
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(body)
}

fn plain(text: &Text, offers: &[Link]) -> String {
    let mut body = format!("{}\n\n{}\n", text.title, text.lines.join("\n"));
    if !offers.is_empty() {
        body.push_str("\n-- \n");
    }
    for Link { name, url } in offers {
        body.push_str(&format!("{name}: {url}\n"));
    }
    body
}

fn html(text: &Text, offers: &[Link]) -> String {
    let link = |Link { name, url }: &Link| format!("<a href=\"{}\">{name}</a>", escaped(url));
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
