//! How far a stream has been read, so that a stream that went back in time is recognised.
//!
//! Comes in: the last message that was read. Goes out: whether the stream still has it, and from where to go on. It
//! never reads on itself.
//!
//! A store may be put back to an older copy, and a stream deleted and made anew. Then a sequence that had
//! been read is not given yet, or is given to another message: by sequences alone the reader would wait for
//! ever, or pass over what is new.

use std::fmt::{self, Write as _};

use crate::bus::Bus;
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::message::Stored;

/// A message that has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// Its sequence; 0 where none has been read.
    pub sequence: u64,
    /// When the bus stored it; 0 where that is not known.
    pub at: UnixMillis,
    /// Its id; empty where that is not known.
    pub id: String,
}

impl From<&Stored> for Position {
    fn from(stored: &Stored) -> Self {
        Self { sequence: stored.sequence, at: stored.at, id: stored.id.clone() }
    }
}

impl Position {
    /// A sequence of which no more is known.
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

    /// Whether the message may be this one.
    fn is(&self, stored: &Stored) -> bool {
        let is_known = |known: bool, same: bool| !known || same;
        is_known(self.at.0 > 0, self.at == stored.at)
            && is_known(!self.id.is_empty(), self.id == stored.id)
    }
}

/// `sequence/milliseconds/id`, without white space.
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
    let mut pieces = text.split('%');
    bytes.extend(pieces.next()?.bytes());
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
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
    /// The last sequence that it has given now.
    pub last: u64,
}

impl RolledBack {
    /// As an error.
    #[must_use]
    pub fn error(self, stream: &str) -> BusError {
        BusError::RolledBack { stream: stream.to_owned(), read: self.read, last: self.last }
    }
}

/// Whether a stream went back in time since it was read up to here. A message that is kept no longer
/// tells nothing. Where the message stands, nothing went back, whatever a copy that lags behind says of
/// the end.
///
/// # Errors
/// Whatever the bus says.
pub async fn rolled_back(
    bus: &dyn Bus,
    stream: &str,
    read: &Position,
) -> Result<Option<RolledBack>, BusError> {
    if read.sequence == 0 {
        return Ok(None);
    }
    let is_gone = match bus.get(stream, read.sequence).await {
        Ok(stored) if read.is(&stored) => return Ok(None),
        Ok(_) | Err(BusError::NotYet { .. }) => false,
        Err(BusError::Gone { .. }) => true,
        Err(error) => return Err(error),
    };
    let last = bus.stream_state(stream).await?.last;
    let is_so = !is_gone || last < read.sequence;
    Ok(is_so.then_some(RolledBack { read: read.sequence, last }))
}

/// The sequence behind the last message that was stored at this time or before: what a stream that went
/// back has taken since it did, where the last message read of it was stored then.
///
/// # Errors
/// Whatever the bus says.
pub async fn first_after(bus: &dyn Bus, stream: &str, at: UnixMillis) -> Result<u64, BusError> {
    let state = bus.stream_state(stream).await?;
    first_since(bus, stream, state.first, state.last, UnixMillis(at.0 + 1)).await
}

/// Where what was stored since then begins, between these two.
pub(crate) async fn first_since(
    bus: &dyn Bus,
    stream: &str,
    mut first: u64,
    last: u64,
    since: UnixMillis,
) -> Result<u64, BusError> {
    let mut end = last + 1;
    while first < end {
        let middle = first + (end - first) / 2;
        match bus.get(stream, middle).await {
            Ok(stored) if stored.at >= since => end = middle,
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
    fn a_position_comes_back_whatever_the_id() {
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
