//! A small mail server with the parts of RFC 5321 that a receiver needs: EHLO, STARTTLS, AUTH PLAIN, MAIL,
//! RCPT, DATA. It is a stand-in, and stores mails in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};
use url::Url;

pub(crate) const USER: &str = "desk";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// An accepted mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Headers and body, with its lines ended by `\n`.
    pub(crate) data: String,
    pub(crate) over_tls: bool,
    pub(crate) logged_in: bool,
}

impl Mail {
    /// A header, unfolded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\n\n").next().unwrap_or_default().replace("\n ", " ");
        let start = format!("{name}: ");
        head.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
    }
}

#[derive(Default)]
struct Post {
    mails: Vec<Mail>,
    /// Answers to the next mails instead of accepting them.
    answers: VecDeque<String>,
    /// An unknown receiver.
    stranger: Option<String>,
    faults: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    Plain,
    StartTls,
    Tls,
}

#[derive(Clone)]
pub(crate) struct Server {
    post: Arc<Mutex<Post>>,
    security: Security,
    acceptor: TlsAcceptor,
    pub(crate) url: Url,
    /// The authority that signed its certificate.
    pub(crate) certificate: Vec<u8>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Server {
    pub(crate) async fn start(security: Security) -> Self {
        let _ = crypto::ring::default_provider().install_default();
        let own = include_bytes!("../../../../../tests/tls/server.pem");
        let key = include_bytes!("../../../../../tests/tls/server.key");
        let authority = include_bytes!("../../../../../tests/tls/authority.pem");
        let certificate = CertificateDer::from_pem_slice(authority).unwrap().to_vec();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(own).unwrap()],
                PrivateKeyDer::from_pem_slice(key).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if security == Security::Tls { "smtps" } else { "smtp" };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap()).parse().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let server = Self { post: Arc::default(), security, acceptor, url, certificate };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        server
    }

    /// Whether it has no TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.security == Security::Plain
    }

    /// Answers the next mail with this instead.
    pub(crate) fn answer_next(&self, answer: &str) {
        self.post.lock().unwrap().answers.push_back(answer.to_owned());
    }

    /// Refuses this receiver from now on.
    pub(crate) fn refuse(&self, receiver: &str) {
        self.post.lock().unwrap().stranger = Some(receiver.to_owned());
    }

    /// The accepted mails. Fails if a client did not follow the RFC.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let post = self.post.lock().unwrap();
        assert!(post.faults.is_empty(), "{:?}", post.faults);
        post.mails.clone()
    }

    async fn serve(self, stream: tokio::net::TcpStream) {
        let mut mail = Mail { over_tls: self.security == Security::Tls, ..Mail::default() };
        let stream: Box<dyn Stream> = match self.security {
            Security::Tls => match self.acceptor.accept(stream).await {
                Ok(stream) => Box::new(stream),
                // A client that does not trust the certificate closes the connection.
                Err(_) => return,
            },
            _ => Box::new(stream),
        };
        let mut stream = BufReader::new(stream);
        say(&mut stream, "220 post.example ESMTP").await;
        while let Some(line) = hear(&mut stream).await {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            if verb == "STARTTLS" {
                say(&mut stream, "220 go ahead").await;
                let Ok(tls) = self.acceptor.accept(stream.into_inner()).await else { return };
                stream = BufReader::new(Box::new(tls));
                mail.over_tls = true;
                continue;
            }
            if verb == "DATA" {
                say(&mut stream, "354 end with a dot").await;
                mail.data = self.data(&mut stream).await;
                let answer = self.accept(&mail);
                say(&mut stream, &answer).await;
                (mail.from, mail.to, mail.data) = Default::default();
                continue;
            }
            let answer = self.answer(&verb, &line, &mut mail);
            say(&mut stream, &answer).await;
            if verb == "QUIT" {
                return;
            }
        }
    }

    fn answer(&self, verb: &str, line: &str, mail: &mut Mail) -> String {
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match verb {
            "EHLO" => {
                let more = match self.security {
                    Security::StartTls if !mail.over_tls => "250-STARTTLS\r\n",
                    _ => "250-AUTH PLAIN\r\n",
                };
                format!("250-post.example\r\n{more}250 SIZE 1000000")
            }
            "AUTH" => {
                let given = line.split(' ').nth(2).and_then(|it| STANDARD.decode(it).ok());
                let expected = format!("\0{USER}\0{PASSWORD}");
                mail.logged_in = given.is_some_and(|given| given == expected.as_bytes());
                match mail.logged_in {
                    true => "235 welcome".to_owned(),
                    false => format!("535 5.7.8 not you, with {line}"),
                }
            }
            "MAIL" => {
                mail.from = address();
                "250 ok".to_owned()
            }
            "RCPT" => {
                let to = address();
                if self.post.lock().unwrap().stranger.as_ref() == Some(&to) {
                    return "550 5.1.1 no such user".to_owned();
                }
                mail.to.push(to);
                "250 ok".to_owned()
            }
            "RSET" | "NOOP" | "QUIT" => "250 ok".to_owned(),
            _ => "502 no such command".to_owned(),
        }
    }

    async fn data(&self, stream: &mut BufReader<Box<dyn Stream>>) -> String {
        let mut lines = Vec::new();
        while let Some(line) = hear(stream).await {
            if line == "." {
                break;
            }
            let is_odd = |c: char| c.is_control() && c != '\t';
            if line.len() > 998 || !line.is_ascii() || line.contains(is_odd) {
                self.post.lock().unwrap().faults.push(format!("a line that is none: {line:?}"));
            }
            lines.push(line.strip_prefix('.').unwrap_or(&line).to_owned());
        }
        lines.join("\n")
    }

    fn accept(&self, mail: &Mail) -> String {
        let mut post = self.post.lock().unwrap();
        if let Some(answer) = post.answers.pop_front() {
            return answer;
        }
        post.mails.push(mail.clone());
        "250 2.0.0 taken".to_owned()
    }
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, line: &str) {
    // The client may be gone already.
    let _ = stream.write_all(format!("{line}\r\n").as_bytes()).await;
    let _ = stream.flush().await;
}

/// The next line without its end, which is CR LF.
async fn hear(stream: &mut BufReader<Box<dyn Stream>>) -> Option<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.ok().filter(|read| *read > 0)?;
    let line = line.strip_suffix(b"\r\n").unwrap_or(&line);
    Some(String::from_utf8_lossy(line).into_owned())
}
