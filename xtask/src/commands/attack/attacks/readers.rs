//! Clients of the event stream that do not read.

use std::io::Write as _;
use std::net::TcpStream;

use super::super::scene::Attack;
use crate::running::Running;

pub(super) const ATTACK: Attack = Attack {
    name: "readers",
    aim: "fill the memory, or make others wait, by 100 readers who do not read",
    feeds: |_| Vec::new(),
    connect,
    faults: |running, _| {
        Ok(running.get("/").err().map(|error| format!("{error:#}")).into_iter().collect())
    },
    ..Attack::PLAIN
};

fn connect(running: &Running) -> Vec<TcpStream> {
    let open = |_| {
        let mut stream = TcpStream::connect(&running.page).ok()?;
        let ask = format!("GET /api/v1/stream?after=0 HTTP/1.1\r\nhost: {}\r\n\r\n", running.page);
        stream.write_all(ask.as_bytes()).ok()?;
        Some(stream)
    };
    (0..100).filter_map(open).collect()
}
