//! Headers on the wire: converts wirefold's headers to those of NATS, and back. A caller cannot set a header
//! of the server.
//!
//! The client has headers in a hash map and writes them in any order. So an additional header stores the
//! order, unless it is that of the names.

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use wirefold_flow::{BusError, Headers, Outgoing, UnixMillis};

/// The message's id, which the server remembers for the stream's window.
pub(crate) const ID: &str = "Nats-Msg-Id";
/// The original index of each header in the order of names, separated by dots.
const ORDER: &str = "Wf-Order";
/// When a rewritten message was first stored, in milliseconds since 1970.
pub(crate) const STORED: &str = "Wf-Stored";
/// The prefix of the server's headers.
const SERVERS: &str = "Nats-";

/// The headers of a received message, and the id among them.
pub(crate) struct Received {
    pub(crate) headers: Headers,
    pub(crate) id: Option<String>,
    /// When it was first stored, if it was rewritten since.
    pub(crate) at: Option<UnixMillis>,
}

/// The headers of a message for the wire, with its id.
///
/// # Errors
/// [`BusError::BadName`] for an invalid header or id, such as one with a line break.
pub(crate) fn write(message: &Outgoing) -> Result<HeaderMap, BusError> {
    if message.id.is_empty() {
        return Err(BusError::BadName { what: "message id", name: String::new() });
    }
    let mut map = write_without_id(&message.headers)?;
    map.insert(ID, value("message id", &message.id)?);
    Ok(map)
}

/// The headers for the wire, without an id.
///
/// # Errors
/// [`BusError::BadName`] for an invalid header, such as one with a line break.
pub(crate) fn write_without_id(headers: &Headers) -> Result<HeaderMap, BusError> {
    let mut map = HeaderMap::new();
    let mut by_name: Vec<(usize, (&str, &str))> = headers.iter().enumerate().collect();
    by_name.sort_by_key(|(_, (name, _))| *name);
    for (_, (name, text)) in &by_name {
        let bad = || BusError::BadName { what: "header", name: (*name).to_owned() };
        let header: HeaderName = name.parse().map_err(|_| bad())?;
        let is_reserved = name.starts_with(SERVERS) || [ORDER, STORED].contains(name);
        if is_reserved || name.is_empty() || name.contains(char::is_whitespace) {
            return Err(bad());
        }
        map.append(header, value("header", text)?);
    }
    if !by_name.is_sorted_by_key(|(place, _)| *place) {
        let places: Vec<String> = by_name.iter().map(|(place, _)| place.to_string()).collect();
        map.insert(ORDER, places.join("."));
    }
    Ok(map)
}

fn value(what: &'static str, text: &str) -> Result<HeaderValue, BusError> {
    text.parse().map_err(|_| BusError::BadName { what, name: text.to_owned() })
}

/// The headers of a message that was delivered.
pub(crate) fn read(map: Option<&HeaderMap>) -> Received {
    let pairs = map
        .into_iter()
        .flat_map(HeaderMap::iter)
        .flat_map(|(name, values)| values.iter().map(move |value| (name.as_ref(), value.as_str())));
    from_pairs(pairs.collect())
}

/// The headers of a message from the text that the server stores.
pub(crate) fn parse(stored: &[u8]) -> Received {
    let text = String::from_utf8_lossy(stored);
    let pairs = text.lines().skip(1).filter_map(|line| line.split_once(':'));
    from_pairs(pairs.map(|(name, value)| (name, value.trim())).collect())
}

fn from_pairs(mut pairs: Vec<(&str, &str)>) -> Received {
    let mut id = None;
    let mut at = None;
    let mut order = None;
    pairs.retain(|(name, value)| {
        match *name {
            ID => id = Some((*value).to_owned()),
            ORDER => order = Some(*value),
            STORED => at = value.parse().ok().map(UnixMillis),
            other => return !other.starts_with(SERVERS),
        }
        false
    });
    pairs.sort_by_key(|(name, _)| *name);
    if let Some(places) = order.and_then(|order| parse_order(order, pairs.len())) {
        let mut placed: Vec<_> = places.into_iter().zip(pairs).collect();
        placed.sort_by_key(|(place, _)| *place);
        pairs = placed.into_iter().map(|(_, pair)| pair).collect();
    }
    Received { headers: pairs.into_iter().collect(), id, at }
}

/// The indexes in an order header, if they are those of `count` headers.
fn parse_order(order: &str, count: usize) -> Option<Vec<usize>> {
    let places: Vec<usize> =
        order.split('.').map(|place| place.parse().ok()).collect::<Option<_>>()?;
    let mut sorted = places.clone();
    sorted.sort_unstable();
    sorted.into_iter().eq(0..count).then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(pairs: &[(&str, &str)]) -> Received {
        let headers = pairs.iter().copied().collect();
        read(Some(&write(&Outgoing { headers, ..Outgoing::new("a", "the-id", "") }).unwrap()))
    }

    #[test]
    fn order_and_doubled_names_come_back() {
        for pairs in [
            &[("ce-id", "ä b"), ("Wf-X", ""), ("a", "=")][..],
            &[("b", "1"), ("a", "2"), ("b", "0"), ("B", "3")],
            &[("a", "1"), ("b", "2")],
            &[],
        ] {
            let received = there_and_back(pairs);
            let back: Vec<(&str, &str)> = received.headers.iter().collect();
            assert_eq!(back, pairs);
            assert_eq!(received.id.as_deref(), Some("the-id"));
        }
    }

    #[test]
    fn headers_of_the_server_are_left_out() {
        let stored = b"NATS/1.0\r\nWf-Order: 1.0\r\nb: 2\r\nNats-Stream: S\r\na: 1:2 \r\n\
            Nats-Msg-Id: id\r\n\r\n";
        let received = parse(stored);
        let back: Vec<(&str, &str)> = received.headers.iter().collect();
        assert_eq!(back, [("b", "2"), ("a", "1:2")]);
        assert_eq!(received.id.as_deref(), Some("id"));
    }

    #[test]
    fn the_time_of_a_message_that_was_written_anew_is_none_of_its_headers() {
        let received = parse(b"NATS/1.0\r\nWf-Stored: 1700\r\na: 1\r\n");
        assert_eq!(received.at, Some(UnixMillis(1_700)));
        assert_eq!(received.headers.iter().collect::<Vec<_>>(), [("a", "1")]);
        assert_eq!(parse(b"NATS/1.0\r\nWf-Stored: soon\r\n").at, None);
        let headers = [(STORED, "1")].into_iter().collect();
        assert!(write(&Outgoing { headers, ..Outgoing::new("a", "id", "") }).is_err());
    }

    #[test]
    fn an_order_of_other_headers_is_passed_over() {
        for order in ["0.0", "0.2", "0", "x", "0.1.2"] {
            let text = format!("NATS/1.0\r\nWf-Order: {order}\r\nb: 2\r\na: 1\r\n");
            let received = parse(text.as_bytes());
            let names: Vec<&str> = received.headers.iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["a", "b"], "{order}");
        }
    }

    #[test]
    fn line_breaks_in_headers_are_refused() {
        for (name, text) in [("a", "1\r\nb: 2"), ("a b", ""), ("Nats-Msg-Id", "x"), ("", "x")] {
            let headers = [(name, text)].into_iter().collect();
            assert!(write(&Outgoing { headers, ..Outgoing::new("a", "id", "") }).is_err());
        }
        assert!(write(&Outgoing::new("a", "i\nd", "")).is_err());
        assert!(write(&Outgoing::new("a", "", "")).is_err());
    }
}
