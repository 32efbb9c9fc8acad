//! A real server with TLS, and HTTP/2, HTTP/1.1, or something that is neither.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::Response;
use h2::{Reason, RecvStream, server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The fault in the server's HTTP/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breakage {
    Nothing,
    /// It negotiates HTTP/2 and answers in HTTP/1.1.
    SpeaksOne,
    /// It negotiates HTTP/2 and closes the connection.
    HangsUp,
    /// It ends the stream without an answer.
    Resets(Reason),
    /// It ends the stream in the middle of a body.
    CutsBody,
}

/// A server, the certificate to trust, and its requests.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) certificate: reqwest::Certificate,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Offers these versions of HTTP, the best first. `/moved` redirects to `to`.
    pub(super) async fn start(versions: &[&str], breakage: Breakage, to: &str) -> Self {
        let own = include_bytes!("../../../../tests/tls/server.pem");
        let own = CertificateDer::from_pem_slice(own).unwrap();
        let key = include_bytes!("../../../../tests/tls/server.key");
        let key = PrivateKeyDer::from_pem_slice(key).unwrap();
        let authority = include_bytes!("../../../../tests/tls/authority.pem");
        // Sets the process's default provider like the client; the same one wins.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ServerConfig::builder().with_no_client_auth();
        let mut config = config.with_single_cert(vec![own], key).unwrap();
        config.alpn_protocols = versions.iter().map(|it| it.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let served = Served { heard: heard.clone(), to: to.to_owned(), breakage };
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (acceptor, served) = (acceptor.clone(), served.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(connection).await {
                        served.speak(stream).await;
                    }
                });
            }
        });
        let certificate = reqwest::Certificate::from_pem(authority).unwrap();
        Self { address, certificate, heard }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// The requests so far, each with its version.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

type Stream = tokio_rustls::server::TlsStream<TcpStream>;

#[derive(Clone)]
struct Served {
    heard: Arc<Mutex<Vec<String>>>,
    to: String,
    breakage: Breakage,
}

impl Served {
    async fn speak(&self, mut stream: Stream) {
        let is_two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        match self.breakage {
            _ if !is_two => self.speak_one(stream).await,
            Breakage::HangsUp => self.note("h2", ""),
            Breakage::SpeaksOne => {
                self.note("h2", "");
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none").await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
            _ => self.speak_two(stream).await,
        }
    }

    fn note(&self, version: &str, path: &str) {
        self.heard.lock().unwrap().push(format!("{version} {path}").trim_end().to_owned());
    }

    async fn speak_one(&self, mut stream: Stream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap_or_default();
        let secret = if head.contains("authorization:") { " with a secret" } else { "" };
        self.note("http/1.1", &format!("{path}{secret}"));
        let answer = match path {
            "/moved" => format!("301 Moved\r\nLocation: {}\r\nContent-Length: 0", self.to),
            _ => "200 OK\r\nContent-Length: 3".to_owned(),
        };
        let body = if path == "/moved" { "" } else { "one" };
        let answer = format!("HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n{body}");
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }

    async fn speak_two(&self, stream: Stream) {
        let Ok(mut connection) = server::handshake(stream).await else { return };
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            let path = request.uri().path().to_owned();
            self.note("h2", &path);
            let _: RecvStream = request.into_body();
            if let Breakage::Resets(reason) = self.breakage {
                respond.send_reset(reason);
                continue;
            }
            let mut head = Response::builder().status(200);
            if path == "/moved" {
                head = head.status(301).header("location", &self.to);
            }
            let Ok(mut body) = respond.send_response(head.body(()).unwrap(), false) else {
                continue;
            };
            let is_whole = self.breakage != Breakage::CutsBody;
            let _ = body.send_data(Bytes::from_static(b"two"), is_whole);
            if !is_whole {
                body.send_reset(Reason::INTERNAL_ERROR);
            }
        }
    }
}
