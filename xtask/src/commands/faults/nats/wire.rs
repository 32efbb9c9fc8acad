//! A connection of an operator to a NATS server, in the lines of its protocol. It does not use the client of
//! wirefold.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

/// An answer that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where answers come.
const INBOX: &str = "_INBOX_operator.answer";

/// The connection.
pub(super) struct Wire {
    stream: BufReader<TcpStream>,
    /// What the server said of itself.
    pub(super) server: Value,
}

impl Wire {
    /// Connects to a server that runs.
    pub(super) fn open(address: &str, user: &str, password: &str) -> anyhow::Result<Wire> {
        let stream = TcpStream::connect(address).with_context(|| format!("operator: {address}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
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

    /// Asks JetStream.
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

    /// Asks JetStream for something that must be done.
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
