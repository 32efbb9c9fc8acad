//! Requests to the ports that the containers publish on loopback.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// How long an answer may take.
const MAX_WAIT: Duration = Duration::from_secs(10);

pub(super) fn get(port: u16, path: &str) -> anyhow::Result<String> {
    ask(port, "GET", path, "", "")
}

pub(super) fn post(port: u16, path: &str, sort: &str, body: &str) -> anyhow::Result<String> {
    let head = format!("Content-Type: {sort}\r\nContent-Length: {}\r\n", body.len());
    ask(port, "POST", path, &head, body)
}

/// One request by HTTP/1.0, so that the answer ends with the connection.
fn ask(port: u16, method: &str, path: &str, head: &str, body: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(MAX_WAIT))?;
    let request = format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n{head}\r\n{body}");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (answered, told) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = answered.split_whitespace().nth(1).unwrap_or_default();
    ensure!(status.starts_with('2'), "{method} {path} is answered {status}: {told}");
    Ok(told.to_owned())
}
