//! For how long an answer is fresh. RFC 9111, sections 4.2.1 and 5.2.2.

use std::time::Duration;

use jiff::Timestamp;
use wirefold_feed::dates::{self, Context};
use wirefold_http_client::Response;

/// A longer lifetime is a setting for images and is ignored.
const MAX_FRESHNESS: Duration = Duration::from_hours(24);

/// For how long the answer is fresh; `None` if it has no lifetime or an implausible one.
pub(super) fn fresh_for(answer: &Response, now: Timestamp) -> Option<Duration> {
    let stated = max_age(answer).or_else(|| expires_in(answer, now))?;
    let age = answer.header("age").and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    let left = stated.saturating_sub(Duration::from_secs(age));
    (!left.is_zero() && stated <= MAX_FRESHNESS).then_some(left)
}

/// Whether the answer's validators can be used: those of servers that send `Expires: 0` are made up.
pub(super) fn has_validators(answer: &Response) -> bool {
    answer.header("expires").is_none_or(|expires| expires.trim() != "0")
}

/// The lifetime in `Cache-Control`. `Some` also if it is zero: then `Expires` does not count.
fn max_age(answer: &Response) -> Option<Duration> {
    let control = answer.header("cache-control")?;
    let mut age = None;
    for directive in control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return Some(Duration::ZERO),
            "max-age" => age = value.trim().trim_matches('"').parse().ok().map(Duration::from_secs),
            _ => {}
        }
    }
    age
}

fn expires_in(answer: &Response, now: Timestamp) -> Option<Duration> {
    let at = dates::read(answer.header("expires")?, Context::default())?;
    let sent =
        answer.header("date").and_then(|date| dates::read(date, Context::default())).unwrap_or(now);
    Duration::try_from(at.duration_since(sent)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: (&str, &str) = ("expires", "Sun, 01 Mar 2026 13:00:00 GMT");

    type Headers = &'static [(&'static str, &'static str)];

    fn answer(headers: &[(&str, &str)]) -> Response {
        Response {
            status: 200,
            asked: "http://a.example/".parse().unwrap(),
            url: "http://a.example/".parse().unwrap(),
            redirects: Vec::new(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: bytes::Bytes::new(),
        }
    }

    #[test]
    fn reads_freshness_and_ignores_implausible_values() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let cases: [(Headers, Option<u64>); 11] = [
            (&[], None),
            (&[("cache-control", "public, max-age=1800")], Some(1800)),
            (&[("cache-control", "Max-Age=\"60\"")], Some(60)),
            (&[("cache-control", "max-age=1800"), ("age", "1700")], Some(100)),
            (&[("cache-control", "max-age=1800"), ("age", "9000")], None),
            (&[("cache-control", "max-age=2592000")], None),
            (&[("cache-control", "max-age=1800, no-cache"), LATER], None),
            (&[LATER], Some(3600)),
            (&[LATER, ("date", "Sun, 01 Mar 2026 12:30:00 GMT")], Some(1800)),
            (&[("expires", "Thu, 19 Nov 1981 08:52:00 GMT")], None),
            (&[("expires", "-1")], None),
        ];
        for (headers, seconds) in cases {
            let found = fresh_for(&answer(headers), now);
            assert_eq!(found, seconds.map(Duration::from_secs), "{headers:?}");
        }
        assert!(has_validators(&answer(&[LATER])));
        assert!(!has_validators(&answer(&[("expires", "0")])));
    }
}
