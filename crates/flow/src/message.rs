//! Messages to publish, messages stored in a stream, and the headers of both.

use std::fmt;

use bytes::Bytes;

use crate::clock::UnixMillis;

/// Names and values that travel with a body. Names are compared without case. Order is preserved.
///
/// They are one block of bytes: each name and value follows its length in four bytes, little-endian.
/// A clone copies nothing, and a bus can store the block as it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Bytes);

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Headers from their packed bytes; `None` if those are damaged.
    #[must_use]
    pub fn from_packed(packed: Bytes) -> Option<Self> {
        let mut rest = &packed[..];
        while !rest.is_empty() {
            let (_name, after) = next_text(rest)?;
            (_, rest) = next_text(after)?;
        }
        Some(Self(packed))
    }

    /// The packed bytes.
    #[must_use]
    pub fn packed(&self) -> &Bytes {
        &self.0
    }

    /// The first value under this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Replaces all values under this name by one.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let others = self.iter().filter(|(given, _)| !given.eq_ignore_ascii_case(name));
        let value = value.into();
        *self = others.chain([(name, value.as_str())]).collect();
    }

    /// All names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (name, after) = next_text(rest)?;
            let (value, after) = next_text(after)?;
            rest = after;
            Some((name, value))
        })
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut packed = Vec::with_capacity(512);
        for (name, value) in pairs {
            for text in [name.as_ref(), value.as_ref()] {
                let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                packed.extend(length.to_le_bytes());
                packed.extend(&text.as_bytes()[..length as usize]);
            }
        }
        Self(Bytes::copy_from_slice(&packed))
    }
}

/// The text at the beginning, and the rest.
fn next_text(packed: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = packed.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((str::from_utf8(text).ok()?, rest))
}

/// A message to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The subject: dot-separated tokens without wildcards.
    pub subject: String,
    /// The id, never empty. It is the same however often the message is published.
    pub id: String,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

impl Outgoing {
    /// A message without headers.
    pub fn new(subject: impl Into<String>, id: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { subject: subject.into(), id: id.into(), headers: Headers::new(), body: body.into() }
    }

    /// The bytes that count against a stream's bounds.
    #[must_use]
    pub fn size(&self) -> u64 {
        size(&self.subject, &self.id, &self.headers, &self.body)
    }
}

/// A message that is stored in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The stream.
    pub stream: String,
    /// Its sequence there, from 1. A stream never uses a sequence twice.
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
    /// The bytes that count against a stream's bounds.
    #[must_use]
    pub fn size(&self) -> u64 {
        size(&self.subject, &self.id, &self.headers, &self.body)
    }

    /// `stream/sequence`: the form in which headers name a message.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}/{}", self.stream, self.sequence)
    }
}

fn size(subject: &str, id: &str, headers: &Headers, body: &Bytes) -> u64 {
    let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    (subject.len() + id.len() + headers + body.len()) as u64
}

/// Reads `stream/sequence`.
#[must_use]
pub fn parse_reference(text: &str) -> Option<(&str, u64)> {
    let (stream, sequence) = text.rsplit_once('/')?;
    let sequence = sequence.parse().ok().filter(|sequence| *sequence > 0)?;
    (!stream.is_empty()).then_some((stream, sequence))
}

/// The result of a publish. In both cases the message is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Stored now, under this sequence.
    New(u64),
    /// The id had been stored within the window already, under this sequence.
    Duplicate(u64),
}

impl Published {
    /// The sequence of the message.
    #[must_use]
    pub fn sequence(self) -> u64 {
        match self {
            Self::New(sequence) | Self::Duplicate(sequence) => sequence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_packing_and_damage_is_detected() {
        let headers: Headers = [("a", "ä"), ("", ""), ("b", "=\n")].into_iter().collect();
        let packed = headers.packed().clone();
        assert_eq!(Headers::from_packed(packed.clone()), Some(headers));
        for end in 1..packed.len() {
            let whole = [0, 11, 19].contains(&end);
            assert_eq!(Headers::from_packed(packed.slice(..end)).is_some(), whole, "{end}");
        }
        assert_eq!(Headers::from_packed(Bytes::new()), Some(Headers::new()));
    }

    #[test]
    fn set_replaces_all_values_of_a_name() {
        let mut headers: Headers = [("One", "1"), ("two", "2"), ("one", "3")].into_iter().collect();
        assert_eq!(headers.get("ONE"), Some("1"));
        headers.set("oNe", "4");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("two", "2"), ("oNe", "4")]);
    }
}
