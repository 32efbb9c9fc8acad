//! The events of `/api/v1/stream`, read by a client that remembers the last id.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use wirefold_proto::{OutputArticle, decode};

/// An open stream of events.
pub(super) struct Events {
    reader: BufReader<TcpStream>,
    /// The id of the last event.
    pub(super) last: Option<u64>,
}

impl Events {
    pub(super) fn of(stream: TcpStream) -> Events {
        Events { reader: BufReader::new(stream), last: None }
    }

    /// The next article. `None` once the connection is closed.
    pub(super) fn article(&mut self) -> Option<OutputArticle> {
        let (mut id, mut name, mut data) = (None, String::new(), String::new());
        loop {
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                // A line that was cut off at the end is ignored.
                Ok(_) if !line.ends_with('\n') => return None,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no event came: {error}"),
            }
            let line = line.trim_end();
            if let Some(given) = line.strip_prefix("id: ") {
                id = given.parse().ok();
            } else if let Some(given) = line.strip_prefix("event: ") {
                given.clone_into(&mut name);
            } else if let Some(given) = line.strip_prefix("data: ") {
                given.clone_into(&mut data);
            } else if line.is_empty() {
                self.last = id.take().or(self.last);
                if name == "article" {
                    let read = decode(data.as_bytes());
                    return Some(read.unwrap_or_else(|error| panic!("{error}: {data}")));
                }
                (name, data) = (String::new(), String::new());
            }
        }
    }

    /// The next articles. Fails if the stream ends before.
    #[track_caller]
    pub(super) fn articles(&mut self, count: usize) -> Vec<OutputArticle> {
        let more = std::iter::from_fn(|| self.article());
        let articles: Vec<OutputArticle> = more.take(count).collect();
        assert_eq!(articles.len(), count, "the stream ended early");
        articles
    }
}
