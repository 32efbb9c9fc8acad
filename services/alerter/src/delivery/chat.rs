//! Functions that all chat services share: their answers, and the length of a message.
//!
//! Comes in: an answer or a long text. Goes out: what to do, or a text that fits. It never shows a token.

use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_http_client::{Request, Response, SendError};

use super::message::Failure;
use super::retry::of_answer;
use crate::wording::line;

/// How long one attempt may take.
pub(super) const TOTAL: Duration = Duration::from_secs(20);
/// The most bytes that are read of an answer.
const ANSWER: u64 = 64 * 1024;
/// The longest title, in UTF-16 units.
pub(super) const TITLE: usize = 300;
/// The longest quoted part of a refusal, in characters.
const WORDS: usize = 200;

/// A request with a JSON body and the bounds of a chat message.
pub(super) fn json(request: Request) -> Request {
    Request { max_body: ANSWER, total: TOTAL, ..request }
        .with_header("content-type", "application/json")
}

/// The meaning of an answer. 2xx: accepted. 400, 413 and 422: this message will never be accepted. Any other
/// answer may be repaired at the target or in the settings, so the message is sent again.
pub(super) fn accepted(
    answer: Result<Response, SendError>,
    now: UnixMillis,
    hidden: &Hidden,
) -> Result<Response, Failure> {
    let response = match answer {
        Ok(response) => response,
        Err(error) => return Err(Failure::later(hidden.excerpt(&error.to_string()))),
    };
    let status = response.status;
    let why = match status {
        429 => "status 429: too many messages".to_owned(),
        _ => format!("status {status}: {}", answer_excerpt(&response, hidden)),
    };
    match of_answer(Ok(response.clone()), now) {
        Err(Failure::Later { .. }) if matches!(status, 400 | 413 | 422) => Err(Failure::never(why)),
        Err(Failure::Later { after, .. }) => Err(Failure::Later { after, why }),
        other => other.map(|_| response),
    }
}

/// The first words of an answer, as one line.
pub(super) fn answer_excerpt(response: &Response, hidden: &Hidden) -> String {
    hidden.excerpt(&String::from_utf8_lossy(&response.body))
}

/// Secrets that a target may repeat, and that must not be shown.
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    pub(super) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        Self(texts.map(str::to_owned).collect())
    }

    /// The first words of a text, as one line and without secrets. Secrets are removed before the text is
    /// cut, so that no half of one remains.
    pub(super) fn excerpt(&self, text: &str) -> String {
        let hide = |left: String, secret: &String| left.replace(secret, "…");
        cut(&line(&self.0.iter().fold(text.to_owned(), hide)), WORDS)
    }
}

/// The length of a text in UTF-16 units, which Telegram counts. Other services count fewer.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// At most this many units, with a mark where the text is cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let mut left = most.saturating_sub(1);
    let fits = |character: &char| {
        let is_room = character.len_utf16() <= left;
        left = left.saturating_sub(character.len_utf16());
        is_room
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// The lines that fit into this many units. A line that does not fit is left out as a whole, because half a
/// link is useless.
pub(super) fn fitting(lines: &[String], most: usize) -> Vec<&str> {
    let mut left = most;
    let mut taken = Vec::new();
    for line in lines {
        let needed = length(line) + 1;
        if needed <= left {
            left -= needed;
            taken.push(line.as_str());
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("Häfen", 5), "Häfen");
        assert_eq!(cut("Häfen zu", 6), "Häfen…");
        assert_eq!(cut("", 3), "");
        assert_eq!(
            (cut("🔥🔥🔥", 6), cut("🔥🔥🔥", 5), cut("🔥🔥", 2)),
            ("🔥🔥🔥".into(), "🔥🔥…".into(), "…".into())
        );
    }

    #[test]
    fn lines_are_kept_whole() {
        let lines = ["a".repeat(5), "b".repeat(50), "c".repeat(3)];
        assert_eq!(fitting(&lines, 10), [&lines[0], &lines[2]]);
    }

    #[test]
    fn a_secret_that_a_target_repeats_is_not_shown() {
        let hidden = Hidden::new(["1:abc", ""]);
        assert_eq!(hidden.excerpt("no\nbot 1:abc"), "no bot …");
        let long = format!("{}1:abc", "x".repeat(WORDS - 2));
        assert!(!hidden.excerpt(&long).contains('1'));
    }
}
