//! Server-sent events as the API sends them: <https://html.spec.whatwg.org/#server-sent-events>.

use axum::body::Body;
use http_body_util::BodyExt;

/// The largest event in bytes: a message of the bus with its frame.
const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ServerEvent {
    /// The sequence in the stream, if the event has one.
    pub(crate) id: Option<u64>,
    /// The type: `article`, `story`, `alert`.
    pub(crate) name: String,
    /// The body.
    pub(crate) data: String,
}

/// The events of one connection.
pub(crate) struct ServerEvents {
    body: Body,
    buffer: Vec<u8>,
    /// The number of bytes of the buffer that were returned as lines.
    returned: usize,
    /// The number of bytes that were searched for the end of a line.
    searched: usize,
    event: ServerEvent,
}

impl ServerEvents {
    /// The events in the body of an answer.
    pub(crate) fn of(body: Body) -> ServerEvents {
        ServerEvents {
            body,
            buffer: Vec::new(),
            returned: 0,
            searched: 0,
            event: ServerEvent::default(),
        }
    }

    /// The next event. `None` if the connection ended or sent something else.
    pub(crate) async fn next(&mut self) -> Option<ServerEvent> {
        loop {
            while let Some(line) = self.line() {
                if line.is_empty() {
                    let event = std::mem::take(&mut self.event);
                    // Without data it is not an event, but its sequence still counts.
                    if !event.data.is_empty() || event.id.is_some() {
                        return Some(event);
                    }
                } else {
                    self.read_field(&line);
                }
            }
            self.drop_returned();
            if self.buffer.len() + self.event.data.len() > MAX_EVENT_BYTES {
                return None;
            }
            let frame = self.body.frame().await?.ok()?;
            if let Ok(bytes) = frame.into_data() {
                self.buffer.extend_from_slice(&bytes);
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        let fresh = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(end) = fresh.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + end;
        let line = self.buffer.get(self.returned..end).unwrap_or_default();
        let line = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        (self.returned, self.searched) = (end + 1, end + 1);
        Some(line)
    }

    /// Removes the lines that were returned, before more is added.
    fn drop_returned(&mut self) {
        self.buffer.drain(..self.returned);
        self.searched -= self.returned;
        self.returned = 0;
    }

    fn read_field(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.event.id = value.parse().ok(),
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &str) -> Vec<ServerEvent> {
        let mut events = ServerEvents::of(Body::from(text.to_owned()));
        let mut found = Vec::new();
        while let Some(event) = events.next().await {
            found.push(event);
        }
        found
    }

    #[tokio::test]
    async fn events_are_read_and_comments_passed_over() {
        let text = ": hello\n\nid: 7\nevent: article\ndata: {\"a\":\ndata: 1}\n\n:\n\r\n\
            event: alert\r\ndata:x\r\n\r\nid: 9\n\nid: 10\nevent: story\ndata: cut off";
        let event = |id, name: &str, data: &str| ServerEvent {
            id,
            name: name.to_owned(),
            data: data.to_owned(),
        };
        let expected = [
            event(Some(7), "article", "{\"a\":\n1}"),
            event(None, "alert", "x"),
            event(Some(9), "", ""),
        ];
        assert_eq!(all(text).await, expected);
    }

    #[tokio::test]
    async fn an_endless_event_ends_the_connection() {
        assert!(
            all(&"data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(150_000)).await.is_empty()
        );
        assert!(all(&"a".repeat(MAX_EVENT_BYTES + 1)).await.is_empty());
    }
}
