//! Subjects and filters, with the wildcards of NATS: `*` is one token, a last `>` one or more.

use crate::BusError;

/// Whether the filter matches the subject.
#[must_use]
pub fn matches(filter: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    for part in filter.split('.') {
        let Some(token) = tokens.next() else {
            return false;
        };
        match part {
            ">" => return true,
            "*" => {}
            plain if plain != token => return false,
            _ => {}
        }
    }
    tokens.next().is_none()
}

/// # Errors
/// [`BusError::BadName`] for a subject with a wildcard, an empty token, a space or a control.
pub fn check_subject(subject: &str) -> Result<(), BusError> {
    let plain = |token: &str| is_token(token) && !token.contains(['*', '>']);
    fault("subject", subject, subject.split('.').all(plain))
}

/// # Errors
/// [`BusError::BadName`] for an empty token, a wildcard within a token, a `>` before the end.
pub fn check_filter(filter: &str) -> Result<(), BusError> {
    let last = filter.split('.').count() - 1;
    let good = |(place, token): (usize, &str)| match token {
        "*" => true,
        ">" => place == last,
        plain => is_token(plain) && !plain.contains(['*', '>']),
    };
    fault("filter", filter, filter.split('.').enumerate().all(good))
}

/// # Errors
/// [`BusError::BadName`] for a name of a stream, durable or bucket that NATS would not accept.
pub fn check_name(what: &'static str, name: &str) -> Result<(), BusError> {
    fault(what, name, is_token(name) && !name.contains(['*', '>', '.', '/', '\\']))
}

fn is_token(token: &str) -> bool {
    !token.is_empty() && !token.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn fault(what: &'static str, name: &str, good: bool) -> Result<(), BusError> {
    if good { Ok(()) } else { Err(BusError::BadName { what, name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_nats() {
        let cases = [
            ("a.b", "a.b", true),
            ("a.b", "a.b.c", false),
            ("a.b.c", "a.b", false),
            ("a.*", "a.b", true),
            ("a.*", "a", false),
            ("a.*", "a.b.c", false),
            ("*.b", "a.b", true),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
            (">", "a", true),
        ];
        for (filter, subject, expected) in cases {
            assert_eq!(matches(filter, subject), expected, "{filter} {subject}");
        }
    }

    #[test]
    fn names_are_checked() {
        for bad in ["", "a..b", "a.*", "a.>", "a b", "a.\n"] {
            assert!(check_subject(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "a.>.b", "a.b*", "."] {
            assert!(check_filter(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "a.b", "a/b", "a b"] {
            assert!(check_name("stream", bad).is_err(), "{bad:?}");
        }
        for good in ["a.*.c", "a.>", ">", "a.b"] {
            assert!(check_filter(good).is_ok(), "{good:?}");
        }
    }
}
