//! Messages: what is published, what stands in a stream, the headers of both.

use bytes::Bytes;

use crate::clock::UnixMillis;

/// Names and values that travel with a body. Names are compared without case; order is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value under this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Puts a value in the place of all under this name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value.into()));
    }

    /// All names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// A message to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to: dot-separated tokens without wildcards.
    pub subject: String,
    /// The same however often the message is published; never empty.
    pub id: String,
    /// What travels with the body.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

impl Outgoing {
    /// A message without headers.
    pub fn new(subject: impl Into<String>, id: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { subject: subject.into(), id: id.into(), headers: Headers::new(), body: body.into() }
    }

    /// What counts against a stream's bounds, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        size(&self.subject, &self.id, &self.headers, &self.body)
    }
}

/// A message as it stands in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The stream.
    pub stream: String,
    /// Its place there, from 1; never given twice.
    pub sequence: u64,
    /// When the bus stored it.
    pub at: UnixMillis,
    /// Its subject.
    pub subject: String,
    /// Its id.
    pub id: String,
    /// Its headers.
    pub headers: Headers,
    /// Its body.
    pub body: Bytes,
}

impl Stored {
    /// What counts against a stream's bounds, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        size(&self.subject, &self.id, &self.headers, &self.body)
    }

    /// `stream/sequence`, as the header [`REFERENCE`] names a message.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}/{}", self.stream, self.sequence)
    }
}

fn size(subject: &str, id: &str, headers: &Headers, body: &Bytes) -> u64 {
    let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    (subject.len() + id.len() + headers + body.len()) as u64
}

/// The header that names another message, as `stream/sequence`; the stage loop fetches it.
pub const REFERENCE: &str = "Wf-Ref";

/// Reads `stream/sequence`.
#[must_use]
pub fn parse_reference(text: &str) -> Option<(&str, u64)> {
    let (stream, sequence) = text.rsplit_once('/')?;
    let sequence = sequence.parse().ok().filter(|sequence| *sequence > 0)?;
    (!stream.is_empty()).then_some((stream, sequence))
}

/// What became of a publish: either way the message is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Stored now, under this sequence.
    New(u64),
    /// The id was stored within the window already, under this sequence.
    Duplicate(u64),
}

impl Published {
    /// Where the message stands.
    #[must_use]
    pub fn sequence(self) -> u64 {
        match self {
            Self::New(sequence) | Self::Duplicate(sequence) => sequence,
        }
    }
}
