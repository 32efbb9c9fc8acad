//! `alert test`, through the built binary and against a target on the loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use crate::program::{Folder, wirefold};

/// Answers one request with this status, as Slack would. Sends the body of the request to the test.
fn target(status: &'static str) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    let (sender, sent) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody comes");
        let body = answer(stream, status).expect("somebody listens");
        // The test may not read it.
        let _ = sender.send(serde_json::from_slice(&body).unwrap_or_default());
    });
    (format!("http://{address}/services/T0/B0/secret"), sent)
}

/// Reads a request and answers it.
fn answer(stream: TcpStream, status: &str) -> std::io::Result<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(length) = lower.strip_prefix("content-length:") {
            body = vec![0; length.trim().parse().unwrap_or(0)];
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut body)?;
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
    reader.get_mut().write_all(head.as_bytes())?;
    Ok(body)
}

fn settings(url: &str) -> Folder {
    let text = format!(
        "[fetcher]\nallow_private = \"127.0.0.0/8\"\n[[delivery]]\nname = \"desk\"\n\
         kind = \"slack\"\nsecret = \"{url}\"\n"
    );
    Folder::with(&[("wirefold.toml", text.as_bytes())])
}

#[test]
fn a_sample_goes_through_the_real_channel() {
    let (url, sent) = target("200 OK");
    let folder = settings(&url);
    let config = folder.path().join("wirefold.toml");
    let run = wirefold(&["alert", "test", "desk", "--config", config.to_str().unwrap()]).code(0);
    assert_eq!(run.out, "✓ desk (slack) accepted the sample: check that it arrived\n");
    let text = sent.recv().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("*TEST ·"), "{text}");
}

#[test]
fn an_error_is_reported_without_the_secret() {
    let (url, _sent) = target("403 Forbidden");
    let folder = settings(&url);
    let config = folder.path().join("wirefold.toml");
    let config = config.to_str().unwrap();
    let run = wirefold(&["alert", "test", "desk", "--config", config]).code(1);
    assert_eq!(
        run.out,
        "✗ desk (slack) did not accept it: status 403: ok; wirefold would try an alert again\n"
    );
    let gone = wirefold(&["alert", "test", "desk", "--json", "--config", config]).code(1);
    let report: Value = serde_json::from_str(&gone.out).unwrap();
    assert_eq!(report["outcome"], "later");
    assert!(!gone.out.contains("secret") && !gone.out.contains("T0"), "{}", gone.out);
    let typo = wirefold(&["alert", "test", "dask", "--config", config]).code(3);
    assert_eq!(typo.err, "error: no [[delivery]] is named \"dask\"; did you mean `desk`?\n");
}
