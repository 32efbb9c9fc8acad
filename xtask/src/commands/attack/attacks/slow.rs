//! 200 connections to page and API that begin a request and never end it.

use std::io::Write as _;
use std::net::TcpStream;

use super::super::scene::Attack;
use crate::running::Running;

pub(super) const ATTACK: Attack = Attack {
    name: "slow",
    aim: "keep others from page and API by 200 half-open and slow connections",
    feeds: |_| Vec::new(),
    connect,
    faults: |running, _| {
        let mut faults = Vec::new();
        for path in ["/", "/api/v1/status", "/feeds"] {
            if let Err(error) = running.get(path) {
                faults.push(format!("{path}: {error:#}"));
            }
        }
        Ok(faults)
    },
    ..Attack::PLAIN
};

fn connect(running: &Running) -> Vec<TcpStream> {
    let begun = [
        "",
        "GET / HTTP/1.1\r\nhost: loc",
        "POST /api/v1/feeds HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n{",
    ];
    let open = |at: usize| {
        let mut stream = TcpStream::connect(&running.page).ok()?;
        stream.write_all(begun[at % begun.len()].as_bytes()).ok()?;
        Some(stream)
    };
    (0..200).filter_map(open).collect()
}
