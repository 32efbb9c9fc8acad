//! Lines at the beginning or end of a text that name its source: bylines, credit and copyright
//! lines, sign-offs. Picture credits look similar and do not count.

use super::line::{Line, NamedAgency, is_in};
use crate::span::Span;

/// Openings of bylines and source lines.
const BY: &str = "by von par por di door av af source sources quelle fuente fonte bron источник \
    джерело المصدر";

/// Openings that count only if nothing but the agency follows. Anything may come "from" somewhere.
const FROM: &str = "from via";

/// Words that a line of agencies may contain besides the agencies.
const BESIDE: &str = "the la l le die der el and und y et e en och og staff agencies wires by von \
    par por di door av af source sources quelle fuente fonte bron источник джерело المصدر from via";

/// Words that may stand between "by" or "from" and the agency.
const ARTICLES: &str = "the la l le die der dem el da do de del della von news agency agência \
    agencia agence lagence nachrichtenagentur";

/// Words between two agencies: `with inputs from AFP and PTI`.
const JOINING: &str = "and und y et e en och og";

/// Words that may follow an agency in a byline or credit line: its staff and desks.
const FOLLOWING: &str = "and und y et e en och og in with staff writer writers correspondent \
    correspondents reporter reporters journalist journalists editor news business sports political \
    was were is contributed";

/// A byline has at most this many words.
const LONGEST_BYLINE: usize = 14;

/// Phrases directly before the agencies whose material a text uses.
const MATERIAL_FROM: &[&str] = &[
    "inputs from", "input from", "files from", "material from", "information from", "material von",
    "mitwirkung von", "mit material", "with", "mit", "com informações", "con información", "avec",
];

/// Phrases that begin a credit line.
const REPORTING_BY: &[&str] =
    &["reporting by", "additional reporting by", "with additional reporting by"];

/// Phrases after an agency whose staff helped.
const CONTRIBUTED: &[&str] = &[
    "contributed to this",
    "contributed to the report",
    "contributed to the story",
    "contributed reporting",
    "contributed from",
    "all rights reserved",
];

/// Words for interviews. A line of an interview with an agency may also contain `avec` or `mit`.
const TALKS: &str = "interview entretien entrevista gespräch";

/// Words beside an agency in brackets under a text: `(mit Material von dpa)`.
const IN_BRACKETS: &str = "mit material von with avec com con and und apa dpa afp ap";

/// Brackets around a sign-off.
const OPENING: &[char] = &['(', '[', '（', '【'];
const CLOSING: &[char] = &[')', ']', '）', '】'];

/// A sign-off is looked for within this many bytes on each side of a name.
const WINDOW: usize = 64;

impl Line<'_> {
    /// Whether the line is near the beginning or end of the text and is only a byline or a source.
    pub(super) fn is_on_edge_line(&self, named: &NamedAgency) -> bool {
        self.is_near_edge()
            && !self.is_picture
            && (self.is_alone(named) || self.is_in_byline(named))
    }

    /// Whether the line names agencies and nothing else.
    fn is_alone(&self, named: &NamedAgency) -> bool {
        let Some(words) = self.short.as_ref().filter(|words| words.len() <= LONGEST_BYLINE) else {
            return false;
        };
        let start = self.paragraph.words.start;
        let is_beside = |word: &str| match named.is_ambiguous {
            true => is_in(BY, word),
            false => is_in(BESIDE, word) || word.bytes().all(|byte| byte.is_ascii_digit()),
        };
        words.iter().enumerate().all(|(at, word)| self.is_named(start + at) || is_beside(word))
    }

    /// Whether the line is a byline and the agency has one of its usual positions: last, first, or
    /// after a mark or "of".
    fn is_in_byline(&self, named: &NamedAgency) -> bool {
        let Some(words) = self.short.as_ref().filter(|words| words.len() <= LONGEST_BYLINE) else {
            return false;
        };
        if named.is_ambiguous || (self.is_sentence && !self.place.is_byline) {
            return false;
        }
        let first = words.first().copied().unwrap_or_default();
        let offset = named.start - self.paragraph.words.start;
        let is_last = named.end == self.paragraph.words.end;
        let skipped = words.iter().skip(1).take_while(|word| is_in(ARTICLES, word)).count();
        if is_in(FROM, first) {
            return is_last && offset == 1 + skipped;
        }
        let opens = self.place.is_byline || (is_in(BY, first) && self.has_author());
        let is_first = offset == 0 || (is_in(BY, first) && offset == 1 + skipped);
        let previous = named.start.checked_sub(1).and_then(|index| self.word(index));
        let is_set_off = previous.is_some_and(|word| is_in("of for", word))
            || self.before(named, 8).trim_end().ends_with([',', '/', '|', '-', '–', '—'])
            || (previous == Some("the") && self.before(named, 8).ends_with(", the "));
        opens
            && (is_last
                || (is_first && self.is_followed(named))
                || (is_set_off && self.may_go_on(named)))
    }

    /// Whether a name, an agency, or an article before an agency follows "by".
    fn has_author(&self) -> bool {
        let start = self.paragraph.words.start;
        let Some(second) = self.text.words().get(start + 1) else { return false };
        let printed = second.span.of(self.text.original());
        self.is_named(start + 1)
            || (is_in(ARTICLES, self.text.normal(second)) && self.is_named(start + 2))
            || !printed.starts_with(char::is_lowercase)
    }

    /// Whether the line ends after the agency, or continues with a mark or with its staff.
    fn is_followed(&self, named: &NamedAgency) -> bool {
        let next = self.word(named.end);
        let rest = self.after(named, 8).trim_start();
        next.is_none_or(|word| is_in(FOLLOWING, word))
            || rest.starts_with([',', ';', '/', '|', '–', '—', '-', ')', ']', '.'])
    }

    /// The same as [`Line::is_followed`], or the line continues with a capital: `Ada Ruiz, AP Chess
    /// Writer`.
    fn may_go_on(&self, named: &NamedAgency) -> bool {
        let next = self.text.words().get(named.end);
        self.is_followed(named) || next.is_some_and(|word| word.capital)
    }

    /// Whether the line credits the agency for material in the text, or for the text.
    pub(super) fn is_credit(&self, named: &NamedAgency) -> bool {
        let Some(words) = self.short.as_ref() else { return false };
        if !self.is_near_edge() || self.is_picture || self.is_slashed(named) {
            return false;
        }
        let offset = named.start - self.paragraph.words.start;
        if named.is_ambiguous {
            return self.is_right_behind_copyright(words, offset);
        }
        let contributed = |from: usize| starts_with_any(&words[from..], CONTRIBUTED).is_some();
        let behind = named.end - self.paragraph.words.start;
        let helped = (behind..words.len()).any(contributed)
            || (words.last() == Some(&"contributed") && behind < words.len());
        let reported = starts_with_any(words, REPORTING_BY).is_some_and(|length| length <= offset);
        self.place.near_end && (helped || self.is_copyright_line(words, offset))
            || (reported && self.is_followed(named))
            || (self.is_material(words, offset) && self.is_followed(named))
    }

    /// Whether "with material from" or the like precedes the agency, directly or before a list of
    /// agencies that leads to it.
    fn is_material(&self, words: &[&str], offset: usize) -> bool {
        let start = self.paragraph.words.start;
        let leads = |at: usize| {
            self.is_named(start + at) || is_in(ARTICLES, words[at]) || is_in(JOINING, words[at])
        };
        let mut from = offset;
        while from > 0 && leads(from - 1) {
            from -= 1;
        }
        let ends = |phrase: &&&str| ends_with(&words[..from], phrase);
        match MATERIAL_FROM.iter().find(ends) {
            Some(&("avec" | "mit")) => self.is_outlet_with(from - 1),
            Some(&"with") => from == 1 && !self.is_sentence && words.len() <= 8,
            found => found.is_some(),
        }
    }

    /// Whether a short line has only an outlet's name before "avec" or "mit": `Le Monde avec AFP`.
    fn is_outlet_with(&self, count: usize) -> bool {
        let words = &self.text.words()[self.paragraph.words.clone()];
        let mut before = words.iter().take(count);
        !self.is_sentence
            && words.len() <= 8
            && before.all(|word| word.capital && !is_in(TALKS, self.text.normal(word)))
    }

    /// Whether the line is a copyright line: it has the sign, or "copyright" before a year or the
    /// agency.
    fn is_copyright_line(&self, words: &[&str], offset: usize) -> bool {
        let is_year = |word: &&str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
        let at = words.iter().position(|word| *word == "copyright");
        let has_copyright_word = at.is_some_and(|at| {
            let next = words.get(at + 1);
            let skipped = usize::from(next == Some(&"the"));
            next.is_some_and(is_year) || offset == at + 1 + skipped
        });
        has_copyright_word || self.raw().contains('©') || self.raw().starts_with("(c)")
    }

    /// Whether nothing but a year stands between `©` and the name.
    fn is_right_behind_copyright(&self, words: &[&str], offset: usize) -> bool {
        let years = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
        words[..offset].iter().all(years) && self.raw().starts_with('©')
    }

    /// Whether the paragraph ends with the agency: in brackets, or without brackets at the very end
    /// of the text.
    pub(super) fn is_sign_off(&self, named: &NamedAgency) -> bool {
        if !self.place.near_end || self.is_picture || self.is_slashed(named) {
            return false;
        }
        // Two capitals after a full stop may also be the state at the end of an address.
        let is_state = named.is_ambiguous && self.raw_of(named).len() <= 2;
        let before = self.before(named, WINDOW).trim_end();
        let is_bare = self.place.is_last
            && named.end == self.paragraph.words.end
            && !is_state
            && ends_sentence(before.trim_end_matches([' ', '—', '–', '-', '/']));
        is_bare || self.is_bracketed_end(named, before)
    }

    /// Whether the paragraph ends with a bracket that has the agency and little else.
    fn is_bracketed_end(&self, named: &NamedAgency, before: &str) -> bool {
        let after = self.after(named, WINDOW);
        let (Some(open), Some(close)) = (before.rfind(OPENING), after.find(CLOSING)) else {
            return false;
        };
        let beside = before[open..].trim_start_matches(OPENING).to_lowercase();
        let desk = after[..close].split_whitespace().count();
        let rest = Span { start: self.span_of(named).end + close, end: self.paragraph.span.end };
        let ends_paragraph = rest.end - rest.start <= 16
            && !rest.of(self.text.original()).contains(char::is_alphanumeric);
        if !beside.split([' ', '/']).all(|word| is_in(IN_BRACKETS, word) || word.is_empty())
            || desk > 4
            || !ends_paragraph
        {
            return false;
        }
        let text_before = before[..open].trim_end();
        let is_own_line = text_before.is_empty() && self.bytes_before(named) < WINDOW;
        let is_plain = self.place.is_last && !named.is_ambiguous && self.raw_of(named).len() > 2;
        ends_sentence(text_before) || is_own_line || (is_plain && !self.repeats_agency(named))
    }

    /// `(Reporting by …; Editing by …)`, which Reuters prints under its texts.
    pub(super) fn is_reuters_sign_off(&self) -> bool {
        self.place.near_end
            && self.paragraph.words.len() <= 60
            && self.raw().starts_with(['(', 'R'])
            && self.raw().contains("Reporting by")
            && self.raw().contains("diting by")
    }
}

/// Whether `text` ends like a sentence or a quotation.
fn ends_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', '…', '”', '"', '»', '。', '।'])
}

/// The number of words of the first phrase that `words` begins with.
fn starts_with_any(words: &[&str], phrases: &[&str]) -> Option<usize> {
    let begins = |phrase: &&&str| {
        let count = phrase.split(' ').count();
        words.len() >= count && phrase.split(' ').eq(words[..count].iter().copied())
    };
    phrases.iter().find(begins).map(|phrase| phrase.split(' ').count())
}

fn ends_with(words: &[&str], phrase: &str) -> bool {
    let count = phrase.split(' ').count();
    words.len() >= count && phrase.split(' ').eq(words[words.len() - count..].iter().copied())
}
