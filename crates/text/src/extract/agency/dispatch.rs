//! Datelines that name an agency, in the forms of many countries.

use super::line::{Line, NamedAgency};
use crate::extract::dateline::{dash_at, is_capital_place, is_place};

/// An agency in a dateline has at most this many words before it.
const FURTHEST: usize = 16;

/// At most this many bytes precede it.
const LONGEST_HEAD: usize = 160;

/// At most this many bytes are read after it.
const LONGEST_TAIL: usize = 80;

/// Brackets that open and close around an agency.
const OPENING: &[char] = &['(', '[', '（', '【', '［', '〔', '/'];
const CLOSING: &[char] = &[')', ']', '）', '】', '］', '〕', '/'];

/// A Chinese place has at most this many characters if no date follows it.
const LONGEST_CHINESE_PLACE: usize = 6;

/// Chinese verbs of saying. A line with one of them is a citation.
const SAYING: &[char] = &['报', '報', '说', '說', '称', '稱', '道', '引'];

impl Line<'_> {
    /// Whether the agency is part of a dateline, or is the whole dateline.
    pub(super) fn is_dispatch(&self, named: &NamedAgency) -> bool {
        let offset = named.start - self.paragraph.words.start;
        if !self.place.near_top || offset > FURTHEST || self.bytes_before(named) > LONGEST_HEAD {
            return false;
        }
        let head = self.before(named, LONGEST_HEAD);
        let tail = self.after(named, LONGEST_TAIL);
        self.is_bracketed(named, head, tail)
            || self.is_in_opening_bracket(named, head, tail)
            || (!named.is_ambiguous
                && (is_joined_to_place(head, tail)
                    || self.is_before_dash(named, head, tail)
                    || is_behind_date(head, tail)
                    || is_chinese_dispatch(head, tail)))
    }

    /// `QUAYTON (AP) —`, `(AP) The`, `МОСКВА, 5 марта. /ТАСС/.`, `بيروت (أ ف ب)`.
    fn is_bracketed(&self, named: &NamedAgency, head: &str, tail: &str) -> bool {
        let Some(place) = head.trim_end().strip_suffix(OPENING) else { return false };
        let is_slash = head.trim_end().ends_with('/');
        let Some(close) = closing(tail) else { return false };
        let is_joined = is_slash && !(place.is_empty() || place.ends_with(' '));
        if is_joined || self.repeats_agency(named) {
            return false;
        }
        let has_dash = starts_with_dash(&tail[close..]);
        // `(Adds details) LONDON (Reuters) -`
        let place = place.rsplit_once(')').map_or(place, |(_, place)| place).trim();
        if place.is_empty() {
            return has_dash || !named.is_ambiguous;
        }
        let has_date = place.contains(',') && place.contains(|c: char| c.is_ascii_digit());
        let is_marked = has_dash || is_slash || has_date;
        let is_cased = place.chars().any(|c| c.is_uppercase() || c.is_lowercase());
        let is_small = place.split_whitespace().count() <= 6 && place.chars().count() <= 40;
        let in_capitals = !place.chars().any(char::is_lowercase);
        is_capital_place(place)
            || (is_cased && in_capitals && !named.is_ambiguous)
            || (is_cased && is_place(place) && is_marked && !named.is_ambiguous)
            || (!is_cased && is_small && place.contains(char::is_alphabetic))
    }

    /// `【ワシントン共同】`, `（서울=연합뉴스）`: the paragraph begins with the bracket, and the agency ends the
    /// bracket.
    fn is_in_opening_bracket(&self, named: &NamedAgency, head: &str, tail: &str) -> bool {
        let Some(inside) = head.strip_prefix(OPENING) else { return false };
        let place = inside.trim_end_matches(['=', ' ', '\u{3000}', '＝']);
        let is_cased = place.chars().any(|c| c.is_uppercase() || c.is_lowercase());
        let is_small = place.chars().count() <= 40;
        let is_head = if is_cased { is_capital_place(place) } else { is_small };
        tail.trim_start().starts_with(CLOSING)
            && !place.is_empty()
            && !place.contains(['/', '。', '，', ')', ']', '）', '】', '］'])
            && is_head
            && !self.repeats_agency(named)
    }

    /// `Москва. 5 марта. INTERFAX.RU - Порт`, `AP — The port`: the agency in capitals and a dash.
    fn is_before_dash(&self, named: &NamedAgency, head: &str, tail: &str) -> bool {
        if self.raw_of(named).chars().any(char::is_lowercase) || !starts_with_dash(tail) {
            return false;
        }
        let head = head.trim_end();
        let behind = tail.trim_start().trim_start_matches(|c: char| !c.is_alphanumeric());
        match head.strip_suffix(['.', ',', ':']) {
            Some(place) => is_place(place),
            None => head.is_empty() && !behind.starts_with(char::is_lowercase),
        }
    }
}

/// The end of the bracket around the agency. Other agencies or a desk may follow inside the
/// bracket.
fn closing(tail: &str) -> Option<usize> {
    let at = tail.find(&CLOSING[..CLOSING.len() - 1]);
    let inside = &tail[..at.unwrap_or(0)];
    let is_list = inside.is_empty()
        || (inside.trim_start().starts_with([',', '/', ';'])
            && inside.split_whitespace().count() <= 5);
    let bracket =
        at.filter(|_| is_list).and_then(|at| Some(at + tail[at..].chars().next()?.len_utf8()));
    bracket.or_else(|| tail.starts_with('/').then_some(1))
}

/// Whether a dash follows, directly or after a space, a dot or a colon: `(EFE).-`, `(CNN) --`.
fn starts_with_dash(tail: &str) -> bool {
    let before = tail.len() - tail.trim_start_matches([' ', '\u{a0}', '.', ':']).len();
    dash_at(tail, before).is_some()
        || tail[before..].starts_with(['-', '='])
        || tail[before..].starts_with("_ ")
}

/// `Berlin/dpa –` and `dpa/Berlin –`.
fn is_joined_to_place(head: &str, tail: &str) -> bool {
    let behind = head.strip_suffix('/').is_some_and(is_place) && starts_with_dash(tail);
    let before = head.is_empty()
        && tail.strip_prefix('/').is_some_and(|rest| {
            let end = rest.find([' ', '\u{a0}']).unwrap_or(rest.len());
            is_place(&rest[..end]) && starts_with_dash(&rest[end..])
        });
    behind || before
}

/// `МОСКВА, 5 мар — РИА Новости.` and `Київ. 5 березня. УНІАН.`: a date or a place in capitals,
/// the agency, a full stop.
fn is_behind_date(head: &str, tail: &str) -> bool {
    let Some(place) = head.trim_end().strip_suffix(['—', '–', '-', '.']) else { return false };
    let place = place.trim();
    let is_date = place.split_whitespace().count() <= 4
        && place.starts_with(|c: char| c.is_ascii_digit() || c.is_uppercase())
        && place.chars().any(|c| c.is_ascii_digit());
    tail.starts_with('.') && (is_date || is_capital_place(place))
}

/// `新华社基辅3月5日电`: agency, place, date and the character for a dispatch. No verb and no mark stands
/// between them, and no word follows.
fn is_chinese_dispatch(head: &str, tail: &str) -> bool {
    let opens = head.trim_matches(|c: char| c.is_whitespace() || OPENING.contains(&c)).is_empty();
    let Some((before, behind)) = tail.split_once(['电', '電']) else { return false };
    let is_place_and_date = before.chars().count() <= 16
        && before.chars().all(|c| c.is_alphanumeric() || c.is_whitespace())
        && (before.ends_with('日') || before.chars().count() <= LONGEST_CHINESE_PLACE)
        && !before.contains(SAYING);
    opens && is_place_and_date && !behind.starts_with(char::is_alphanumeric)
}
