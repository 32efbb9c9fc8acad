//! How far a stream has been read. A reader detects by it that a stream went back in time.
//!
//! Somebody may restore an older copy of a store, or delete a stream and create it again. Then the
//! last sequence that was read is not used yet, or belongs to another message. With sequences alone,
//! the reader would wait for ever or skip new messages.

use std::fmt::{self, Write as _};

use crate::bus::Bus;
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::message::Stored;

/// A message that has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// Its sequence; 0 if none has been read.
    pub sequence: u64,
    /// When the bus stored it; 0 if unknown.
    pub at: UnixMillis,
    /// Its id; empty if unknown.
    pub id: String,
}

impl From<&Stored> for Position {
    fn from(stored: &Stored) -> Self {
        Self { sequence: stored.sequence, at: stored.at, id: stored.id.clone() }
    }
}

impl Position {
    /// A position with an unknown time and id.
    #[must_use]
    pub fn at_sequence(sequence: u64) -> Self {
        Self { sequence, ..Self::default() }
    }

    /// Reads `sequence/milliseconds/id`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let sequence = parts.next()?.parse().ok()?;
        let at = UnixMillis(parts.next()?.parse().ok()?);
        Some(Self { sequence, at, id: unescaped(parts.next()?)? })
    }

    /// Whether the message may be this one: its time and id are equal, if they are known.
    fn matches(&self, stored: &Stored) -> bool {
        let is_same_time = self.at.0 == 0 || self.at == stored.at;
        let is_same_id = self.id.is_empty() || self.id == stored.id;
        is_same_time && is_same_id
    }
}

/// `sequence/milliseconds/id`. White space in the id is escaped.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/", self.sequence, self.at.0)?;
        for c in self.id.chars() {
            match c {
                '%' | '\u{7f}'.. | '\0'..=' ' => {
                    let mut bytes = [0; 4];
                    for byte in c.encode_utf8(&mut bytes).bytes() {
                        write!(f, "%{byte:02x}")?;
                    }
                }
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).ok()
}

/// A stream that went back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolledBack {
    /// The sequence up to which it had been read.
    pub read: u64,
    /// The last sequence of the stream now.
    pub last: u64,
}

impl RolledBack {
    /// The error about this stream.
    #[must_use]
    pub fn error(self, stream: &str) -> BusError {
        BusError::RolledBack { stream: stream.to_owned(), read: self.read, last: self.last }
    }
}

/// Whether a stream went back in time since it was read up to `read`.
///
/// If the message is still there, the stream did not go back, even if a replica that lags behind
/// reports an earlier end. If the message is no longer stored, only the end of the stream counts.
///
/// # Errors
/// An error of the bus.
pub async fn rolled_back(
    bus: &dyn Bus,
    stream: &str,
    read: &Position,
) -> Result<Option<RolledBack>, BusError> {
    if read.sequence == 0 {
        return Ok(None);
    }
    let is_gone = match bus.get(stream, read.sequence).await {
        Ok(stored) if read.matches(&stored) => return Ok(None),
        Ok(_) | Err(BusError::NotYet { .. }) => false,
        Err(BusError::Gone { .. }) => true,
        Err(error) => return Err(error),
    };
    let last = bus.stream_state(stream).await?.last;
    let is_rolled_back = !is_gone || last < read.sequence;
    Ok(is_rolled_back.then_some(RolledBack { read: read.sequence, last }))
}

/// The sequence after the last message that was stored at this time or before. In a stream that went
/// back in time, the new messages begin there if `at` is the time of the last message read.
///
/// # Errors
/// An error of the bus.
pub async fn first_after(bus: &dyn Bus, stream: &str, at: UnixMillis) -> Result<u64, BusError> {
    let state = bus.stream_state(stream).await?;
    let (mut first, mut end) = (state.first, state.last + 1);
    while first < end {
        let middle = first + (end - first) / 2;
        match bus.get(stream, middle).await {
            Ok(stored) if stored.at > at => end = middle,
            Ok(_) | Err(BusError::Gone { .. }) => first = middle + 1,
            Err(error) => return Err(error),
        }
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_text_with_any_id() {
        for id in ["", "a-1", "a/b c%\u{e4}\n", "%20"] {
            let position = Position { sequence: 7, at: UnixMillis(1_700), id: id.to_owned() };
            let text = position.to_string();
            assert!(!text.contains(char::is_whitespace), "{text}");
            assert_eq!(Position::parse(&text), Some(position));
        }
        assert_eq!(Position::parse("7"), None);
        assert_eq!(Position::parse("7/1/%2"), None);
    }
}
