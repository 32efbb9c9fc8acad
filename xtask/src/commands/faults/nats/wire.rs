//! A connection of an operator to a NATS server, in the text of its protocol. It does not use wirefold's
//! client.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

/// A later answer never comes.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// The subject of answers.
const INBOX: &str = "_INBOX_operator.answer";

/// The connection.
pub(super) struct Wire {
    stream: BufReader<TcpStream>,
    /// The server's information about itself.
    pub(super) server: Value,
}

impl Wire {
    /// Connects to a running server.
    pub(super) fn open(address: &str, user: &str, password: &str) -> anyhow::Result<Wire> {
        let stream = TcpStream::connect(address).with_context(|| format!("operator: {address}"))?;
        stream.set_read_timeout(Some(MAX_WAIT))?;
        let mut wire = Wire { stream: BufReader::new(stream), server: Value::Null };
        let greeting = wire.line()?;
        let told = greeting.strip_prefix("INFO ").context("no server of NATS")?;
        wire.server = serde_json::from_str(told)?;
        let login = json!({ "user": user, "pass": password, "verbose": false, "name": "operator" });
        wire.send(&format!("CONNECT {login}\r\nSUB {INBOX} 1\r\nPING\r\n"))?;
        loop {
            let line = wire.line()?;
            if line == "PONG" {
                return Ok(wire);
            }
            if line.starts_with("-ERR") {
                bail!("{line}");
            }
        }
    }

    /// Sends a request to JetStream.
    pub(super) fn ask(&mut self, what: &str, body: &str) -> anyhow::Result<Value> {
        let length = body.len();
        self.send(&format!("PUB $JS.API.{what} {INBOX} {length}\r\n{body}\r\n"))?;
        loop {
            let line = self.line()?;
            match line.split(' ').next() {
                Some("PING") => self.send("PONG\r\n")?,
                Some("MSG") => {
                    let bytes: usize = line.rsplit(' ').next().unwrap_or_default().parse()?;
                    let mut answer = vec![0; bytes + 2];
                    self.stream.read_exact(&mut answer)?;
                    return Ok(serde_json::from_slice(&answer[..bytes])?);
                }
                Some("-ERR") => bail!("{what}: {line}"),
                _ => {}
            }
        }
    }

    /// Sends a request to JetStream that must succeed.
    pub(super) fn order(&mut self, what: &str, body: &str) -> anyhow::Result<Value> {
        let answer = self.ask(what, body)?;
        match answer.get("error") {
            Some(error) => bail!("{what}: {error}"),
            None => Ok(answer),
        }
    }

    fn send(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.stream.get_mut().write_all(text.as_bytes())?)
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("the server closed the operator's connection");
        }
        Ok(line.trim_end().to_owned())
    }
}
