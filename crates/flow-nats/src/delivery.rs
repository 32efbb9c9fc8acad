//! Parses a delivery from the message that the server sent. The reply subject of the message has the
//! sequence and the attempt.

use async_nats::Message;
use wirefold_flow::{Stored, UnixMillis};

use crate::headers;
use crate::lookup::stored;

/// A delivered message.
pub(crate) struct ParsedDelivery {
    pub(crate) stored: Stored,
    /// How often it has been delivered, this time included.
    pub(crate) attempt: u32,
    /// The subject on which to acknowledge it.
    pub(crate) ack: String,
}

/// The parts of the subject of an acknowledgement.
struct AckSubject<'a> {
    stream: &'a str,
    attempt: u32,
    sequence: u64,
    at: UnixMillis,
}

/// Parses `$JS.ACK.<stream>.<reader>.<attempt>.<sequence>.<number>.<time>.<pending>`. The newer form has
/// domain and account after `ACK`.
fn parse_ack_subject(ack: &str) -> Option<AckSubject<'_>> {
    let tokens: Vec<&str> = ack.strip_prefix("$JS.ACK.")?.split('.').collect();
    let rest = match tokens.len() {
        7 => &tokens[..],
        9.. => &tokens[2..],
        _ => return None,
    };
    let nanos: u64 = rest[5].parse().ok()?;
    Some(AckSubject {
        stream: rest[0],
        attempt: rest[2].parse().ok()?,
        sequence: rest[3].parse().ok()?,
        at: UnixMillis(nanos / 1_000_000),
    })
}

/// The delivery; `None` if the message is not one.
pub(crate) fn parse_delivery(message: Message) -> Option<ParsedDelivery> {
    let ack = message.reply?.to_string();
    let AckSubject { stream, attempt, sequence, at } = parse_ack_subject(&ack)?;
    let received = headers::read(message.headers.as_ref());
    let subject = message.subject.to_string();
    let stored = stored(stream, sequence, at, subject, received, message.payload);
    Some(ParsedDelivery { stored, attempt, ack })
}

#[cfg(test)]
mod tests {
    use super::parse_ack_subject;

    #[test]
    fn both_forms_of_an_ack_are_read() {
        for ack in [
            "$JS.ACK.WORK.reader.3.100.7.1790230470084404000.42",
            "$JS.ACK._.hash.WORK.reader.3.100.7.1790230470084404000.42",
            "$JS.ACK.hub.hash.WORK.reader.3.100.7.1790230470084404000.42.token",
        ] {
            let parsed = parse_ack_subject(ack).unwrap();
            let numbers = (parsed.attempt, parsed.sequence, parsed.at.0);
            assert_eq!((parsed.stream, numbers), ("WORK", (3, 100, 1_790_230_470_084)), "{ack}");
        }
        for none in ["_INBOX.a", "$JS.ACK.WORK.reader.1", "$JS.ACK.WORK.reader.x.1.1.1.1"] {
            assert!(parse_ack_subject(none).is_none(), "{none}");
        }
    }
}
