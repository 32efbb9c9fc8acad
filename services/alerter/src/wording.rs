//! Words and links that all messages share.
//!
//! Comes in: alerts and reasons. Goes out: text. It never knows a channel.

use jiff::Timestamp;
use wirefold_proto::{Alert, Target, count};

/// Adds words of queries, each once.
pub(crate) fn add_new<'a>(words: &mut Vec<String>, more: impl IntoIterator<Item = &'a String>) {
    for word in more {
        if !words.contains(word) {
            words.push(word.clone());
        }
    }
}

/// The page of an alert's event or story.
pub(crate) fn page(base: &str, target: Target) -> String {
    let base = base.trim_end_matches('/');
    match target {
        Target::Event(event) => format!("{base}/events/{event}"),
        Target::Story(story) => format!("{base}/stories/{story}"),
    }
}

/// The numbers of an alert, such as `14 outlets · 12 copies folded · 1 version`.
pub(crate) fn numbers(alert: &Alert) -> String {
    let outlets = count(alert.outlets.into(), "outlet", "outlets");
    let copies = match alert.copies {
        0 => String::new(),
        copies => format!(" · {} folded", count(copies.into(), "copy", "copies")),
    };
    let versions = match alert.versions {
        0 => String::new(),
        versions => format!(" · {}", count(versions.into(), "version", "versions")),
    };
    format!("{outlets}{copies}{versions}")
}

/// A time to the minute, such as `2026-11-20 12:52 UTC`.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// At most this many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// At most this many characters, with a mark if something is left out.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let cut = cut(text, most);
    if cut.len() < text.len() { cut + "…" } else { cut }
}

/// A text from a stranger as one line, in which nothing moves a terminal's cursor or ends a header.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|c| if is_unfit(c) { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// Whether it is a control character, or changes the direction of the text around it.
pub(crate) fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The known name that is nearest to a mistyped one, if any is near.
fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&typed, name);
    let (name, distance) =
        known.iter().map(|name| (*name, distance(name))).min_by_key(|(_, d)| *d)?;
    (distance <= 1 + typed.chars().count() / 4).then_some(name)
}

/// `did you mean "listen"?`, or all known names.
#[must_use]
pub fn suggestion(typed: &str, known: &[&str]) -> String {
    match nearest(typed, known) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known are {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_from_elsewhere_stays_a_line() {
        assert_eq!(line(" a\r\nb\u{1b}[2Jc\u{202e}d "), "a  b [2Jc d");
        assert_eq!(count(1, "copy", "copies"), "1 copy");
    }

    #[test]
    fn pages_are_those_of_the_gateway() {
        let event = "e-00000000000000000000000001".parse().expect("an id");
        let expected = "http://127.0.0.1:8787/events/e-00000000000000000000000001";
        assert_eq!(page("http://127.0.0.1:8787/", event), expected);
    }
}
