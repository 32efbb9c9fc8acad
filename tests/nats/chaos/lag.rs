//! Whether any reader lags, according to the server. It uses the server's protocol directly, without the
//! client under test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use wirefold_flow_nats::MARKS;

use super::super::over::{NatsPipeline, USER};
use crate::pipeline::up::now;
use crate::pipeline::{PATIENCE, pause};

/// The readers, each of which marks the last message that it has handled. Each comes after those that write its
/// stream, so once it has no lag, it stays so.
const READERS: [&str; 5] = [
    "WF_FETCHED.enricher",
    "WF_ENRICHED.detector",
    "WF_OUTPUT.gateway",
    "WF_OUTPUT.alerter",
    "WF_ALERTS.alerter",
];

/// Waits for each reader in turn until it does not lag.
#[track_caller]
pub(super) fn until_none(over: &NatsPipeline) {
    let deadline = now().plus(PATIENCE);
    let mut server = Server::connect(over);
    for reader in READERS {
        while let Some(lag) = lag(over, &mut server, reader) {
            assert!(now() < deadline, "{lag}");
            pause();
        }
    }
}

fn lag(over: &NatsPipeline, server: &mut Server, reader: &str) -> Option<String> {
    let (stream, _) = reader.split_once('.').expect("stream and reader");
    let last = &server.ask(&format!("$JS.API.STREAM.INFO.{stream}"))["state"]["last_seq"];
    let mark = over.value(MARKS, reader);
    (last.as_u64() != mark.parse().ok()).then(|| format!("{reader}: at {mark} of {last}"))
}

/// A connection to the server.
struct Server(BufReader<TcpStream>);

impl Server {
    fn connect(over: &NatsPipeline) -> Server {
        let address = over.url.trim_start_matches("nats://");
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("it is not zero");
        let password = &over.password;
        let mut server = Server(BufReader::new(stream));
        let login = format!(r#"{{"verbose":false,"user":"{USER}","pass":"{password}"}}"#);
        server.say(&format!("CONNECT {login}\r\nSUB answers 1\r\n"));
        server
    }

    fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).expect("it hears");
    }

    /// The answer to a request without a body.
    fn ask(&mut self, subject: &str) -> Value {
        self.say(&format!("PUB {subject} answers 0\r\n\r\n"));
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("it answers");
            let length = line.rsplit(' ').next().unwrap_or_default().trim();
            match line.split(' ').next().unwrap_or_default().trim() {
                "PING" => self.say("PONG\r\n"),
                "MSG" => {
                    let length: usize = length.parse().expect("a length");
                    let mut body = vec![0; length + "\r\n".len()];
                    self.0.read_exact(&mut body).expect("the body follows");
                    return serde_json::from_slice(&body).expect("JSON");
                }
                "INFO" => {}
                other => panic!("{other}: {line}"),
            }
        }
    }
}
