//! E-mail: one mail for each loud revision. The mails of one alert form a thread.
//!
//! A mail cannot be changed after it is sent, so silent revisions send none. Each attempt has the same
//! `Message-ID`, and most mail stores drop the duplicate.

mod compose;

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, Error};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use url::Url;
use wirefold_flow::BoxFuture;
use wirefold_http_client::Client;

use crate::delivery::chat::Hidden;
use crate::delivery::{Channel, Failure, Notice, Opening, Sent, Target};
use crate::error::AlerterError;
use crate::text::Message;
use compose::Composed;
use wirefold_proto::Secret;

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

impl Target for EmailTarget {
    fn check(&self) -> Result<(), String> {
        Settings::read(self).map(drop)
    }

    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError> {
        let client = opening.client()?;
        let channel = Mail::with_roots(client, self, Vec::new());
        Ok(Box::new(channel.map_err(|why| opening.refuse(why))?))
    }
}

struct Mail {
    client: Client,
    settings: Settings,
    /// Trusted certificates in addition to those of the system.
    roots: Vec<Certificate>,
    /// Built once, since reading the certificates takes time.
    tls: OnceLock<Result<TlsParameters, String>>,
}

/// The parsed settings.
struct Settings {
    host: String,
    port: u16,
    security: Security,
    login: Option<(String, Secret)>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after the command `STARTTLS`. Without TLS nothing is sent.
    StartTls,
    None,
}

impl Settings {
    /// Parses the settings, or says what is wrong with them.
    fn read(email: &EmailTarget) -> Result<Self, String> {
        let (security, port) = match (email.server.scheme(), email.without_tls) {
            ("smtps", false) => (Security::Tls, 465),
            ("smtp", false) => (Security::StartTls, 587),
            ("smtp", true) => (Security::None, 25),
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
            security,
            login: email.login.clone(),
            from: mailbox(&email.from)?,
            to: email.to.iter().map(|to| mailbox(to)).collect::<Result<_, _>>()?,
        })
    }
}

impl Mail {
    fn with_roots(
        client: Client,
        email: &EmailTarget,
        roots: Vec<Certificate>,
    ) -> Result<Self, String> {
        let settings = Settings::read(email)?;
        Ok(Self { client, settings, roots, tls: OnceLock::new() })
    }

    async fn post(&self, mail: &Composed) -> Result<(), Failure> {
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
            let sent = self.transport(*address)?.send_raw(&envelope, &mail.bytes).await;
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
    fn transport(
        &self,
        address: SocketAddr,
    ) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
        // The method is called dangerous because it does not turn TLS on. The code below does.
        let server = address.ip().to_string();
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server);
        let builder = builder.port(address.port()).timeout(Some(STEP)).tls(self.tls()?);
        Ok(self.with_login(builder).build())
    }

    fn with_login(&self, builder: AsyncSmtpTransportBuilder) -> AsyncSmtpTransportBuilder {
        match &self.settings.login {
            Some((user, password)) => {
                builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()))
            }
            None => builder,
        }
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

    /// The certificate is checked against the host name, not against the address.
    fn tls(&self) -> Result<Tls, Failure> {
        if self.settings.security == Security::None {
            return Ok(Tls::None);
        }
        let made = self.tls.get_or_init(|| {
            let roots = self.roots.iter().cloned();
            let builder = TlsParameters::builder(self.settings.host.clone());
            let builder = roots.fold(builder, |it, root| it.add_root_certificate(root));
            builder.build_rustls().map_err(|error| error.to_string())
        });
        let parameters = made.clone().map_err(Failure::later)?;
        Ok(match self.settings.security {
            Security::Tls => Tls::Wrapper(parameters),
            _ => Tls::Required(parameters),
        })
    }
}

impl Channel for Mail {
    fn kind(&self) -> &'static str {
        "email"
    }

    fn takes_silent(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let mail = compose::of_alert(&message, &self.settings.from, &self.settings.to)?;
            self.post(&mail).await?;
            // The first mail of the thread. All others refer to it.
            Ok(message.target_id.is_none().then_some(mail.id))
        })
    }

    fn send_notice<'a>(&'a self, notice: Notice<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let mail = compose::of_notice(&notice, &self.settings.from, &self.settings.to)?;
            self.post(&mail).await
        })
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

#[cfg(test)]
mod tests;
