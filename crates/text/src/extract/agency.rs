//! Which agency a text names as its source, and how.
//!
//! An agency is *credited* in a byline, dateline, credit or copyright line, or sign-off. It is
//! *mentioned* if somebody told it something, which only texts of that agency say. Citations ("as
//! the agency reported", "according to", "first reported by") and picture credits do not name the
//! source of a text and give nothing.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::analyse::{Paragraph, Text};
use crate::extract::agency_names::{Form, first_words, forms};
use crate::extract::dateline::{dash_at, is_capital_place, is_place};
use crate::span::Span;
use crate::words::Word;

/// How a text names an agency as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trace {
    /// In its byline, dateline, credit or copyright line.
    Credited,
    /// Somebody "told" the agency.
    Mentioned,
}

/// One place where a text names an agency as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgencyTrace {
    /// The agency's short name: `AP`, `Reuters`, `dpa`.
    pub agency: &'static str,
    /// How it is named.
    pub trace: Trace,
    /// Its position, in bytes of the original. `None` if it comes from a separate byline.
    pub span: Option<Span>,
}

/// The agencies that `text` names as its source, each once, credits before mentions.
#[must_use]
pub fn agencies(text: &Text) -> Vec<AgencyTrace> {
    traces(&lines(text))
}

/// The paragraphs that name an agency, or that are a sign-off of Reuters.
fn lines(text: &Text) -> Vec<Line<'_>> {
    let count = text.paragraphs().len();
    let all = text.paragraphs().iter().enumerate().map(|(index, paragraph)| {
        let place = LinePosition {
            near_top: index < 5,
            near_end: index + 4 >= count,
            is_last: index + 1 == count,
            is_byline: false,
        };
        Line::new(text, paragraph, place)
    });
    all.filter(|line| !line.named().is_empty() || line.is_reuters_sign_off()).collect()
}

/// The agencies that lines name as the source, each once, credits before mentions.
fn traces(lines: &[Line<'_>]) -> Vec<AgencyTrace> {
    let mut traces: Vec<AgencyTrace> = Vec::new();
    for line in lines {
        if line.is_reuters_sign_off() {
            let span = Some(line.paragraph.span);
            traces.push(AgencyTrace { agency: "Reuters", trace: Trace::Credited, span });
        }
        for named in line.named() {
            if let Some(trace) = trace(line, named) {
                let span = Some(line.span_of(named));
                traces.push(AgencyTrace { agency: named.agency, trace, span });
            }
        }
    }
    traces.sort_by_key(|found| (found.trace, found.span));
    first_of_each_agency(traces)
}

/// The agencies that a text cites ("according to", "as the agency reported", "he told"), each once,
/// with the position of its first citation. Agencies that the text credits as its source are left
/// out.
#[must_use]
pub fn cited_agencies(text: &Text) -> Vec<(&'static str, Span)> {
    let naming = lines(text);
    let named_as_source = traces(&naming).into_iter();
    let credited = named_as_source.filter(|found| found.trace == Trace::Credited);
    let credited: Vec<&str> = credited.map(|found| found.agency).collect();
    let mut cited: Vec<(&'static str, Span)> = Vec::new();
    for line in &naming {
        for named in line.named() {
            let is_new = !credited.contains(&named.agency)
                && !cited.iter().any(|(agency, _)| *agency == named.agency);
            // `«Интерфакс»` is a name in quotation marks. In quoted speech, words beside the name
            // are quoted too.
            let is_speech = |at: Option<&Word>| at.is_some_and(|word| word.quoted);
            let is_quoted = text.words()[named.start].quoted
                && (is_speech(named.start.checked_sub(1).and_then(|at| text.words().get(at)))
                    || is_speech(text.words().get(named.end)));
            if is_new && !is_quoted && (line.is_mentioned(named) || line.is_cited(named)) {
                cited.push((named.agency, line.span_of(named)));
            }
        }
    }
    cited
}

/// The agencies in a byline that is separate from its text (`Ada Ruiz, AP`, `dpa`), each once, all
/// credited.
#[must_use]
pub fn byline_agencies(byline: &str) -> Vec<AgencyTrace> {
    let text = Text::new(byline);
    let place = LinePosition { near_top: true, near_end: true, is_last: true, is_byline: true };
    let mut traces = Vec::new();
    for paragraph in text.paragraphs() {
        let line = Line::new(&text, paragraph, place);
        let credited = line.named().iter().filter(|named| line.is_on_edge_line(named));
        traces.extend(credited.map(|named| AgencyTrace {
            agency: named.agency,
            trace: Trace::Credited,
            span: None,
        }));
    }
    first_of_each_agency(traces)
}

/// The first trace of each agency.
fn first_of_each_agency(mut traces: Vec<AgencyTrace>) -> Vec<AgencyTrace> {
    let mut seen = HashSet::new();
    traces.retain(|found| seen.insert(found.agency));
    traces
}

fn trace(line: &Line<'_>, named: &NamedAgency) -> Option<Trace> {
    if line.text.words()[named.start].quoted {
        return None;
    }
    let is_credited = line.is_dispatch(named)
        || line.is_on_edge_line(named)
        || line.is_credit(named)
        || line.is_sign_off(named);
    if is_credited {
        return Some(Trace::Credited);
    }
    line.is_mentioned(named).then_some(Trace::Mentioned)
}

/// Words before a cited agency, in normal form. A few other words may stand between.
const BEFORE: &str = "according per via citing cites cited quoting quotes quoted told telling tells \
    laut gegenüber bericht angaben berichtet berichtete meldet meldete zitiert zitierte \
    selon daprès indiqué rapporté cité rapporte citant déclaré confié dépêche \
    según informa informó citado citada citando reporta reportó recoge declaró dijo \
    segundo informou noticiou citada acordo \
    secondo riferisce riporta citata citato citando scrive \
    volgens aldus meldt bericht tegen tegenover \
    według podaje podała podał informuje poinformowała cytowany cytowana donosi \
    enligt rapporterar uppger skriver \
    сообщает сообщил сообщила сообщило сообщили передает передаёт передало передал пишет данным словам ссылкой сообщению \
    сказал сказала рассказал рассказала заявил заявила \
    повідомляє повідомило повідомила передає пише даними посиланням \
    بحسب حسب وبحسب وفقا ووفقا نقلا نقلت ذكرت وذكرت أفادت وأفادت قالت وقالت لوكالة";

/// Words that may stand between such a word and the agency.
const BETWEEN: &str = "to the a by with on of from news agency wire service der die dem den des \
    nachrichtenagentur agentur presseagentur von durch à la le les lagence agence une dune de du par auprès \
    agencia el los por a al en una agência o os da do por à com lagenzia agenzia alla all dalla di il lo \
    het een persbureau nieuwsagentschap agencja agencji agencję za nyhetsbyrån till \
    агентство агентства агентству агентством агентстве со на информагентство информагентству агенція \
    агенції агентством із з وكالة لوكالة الأنباء أنباء عن إلى لما";

/// Words after an agency that reports, at a distance of a few words at most.
const BEHIND: &str = "reported reports report reporting said says writes wrote notes noted cites cited \
    learned learnt quotes quoted \
    zufolge meldet meldete berichtet berichtete schreibt schrieb erfuhr erfahren \
    rapporte rapportait indique écrit précise révèle \
    informa informó reporta reportó señala asegura recoge publicó \
    informou noticiou informa afirma relatou \
    riferisce riporta scrive \
    meldt meldde schrijft bericht berichtte \
    podaje podała podał informuje donosi pisze \
    uppger rapporterar skriver \
    сообщает сообщил сообщила сообщило передает передаёт пишет сообщили \
    повідомляє передає пише повідомило \
    göre bildirdi aktardı duyurdu \
    إن أن";

/// Participles before "by" in a passive: `reported by`, `seen by`, `published by`.
const PASSIVE: &str = "reported quoted cited obtained seen reviewed published interviewed first";

/// For scripts without spaces: words directly before and directly after the name.
const JOINED_BEFORE: &[&str] = &["据", "據", "引述", "引用", "援引", "告诉", "告訴"];
#[rustfmt::skip]
const JOINED_BEHIND: &[&str] = &[
    "报道", "報道", "消息", "援引", "引述", "说",
    "說", "称", "稱", "によると", "によれば", "が伝え", "が報じ", "は伝え", "は報じ", "に対し", 
];
/// The distance in which they are looked for, in characters.
const JOINED_REACH: usize = 10;
/// The greatest distance between the agency and the word that cites it, in words.
const REACH_BEFORE: usize = 5;
const REACH_BEHIND: usize = 3;

impl Line<'_> {
    /// Whether the text says that the agency reports something.
    fn is_cited(&self, named: &NamedAgency) -> bool {
        !named.is_ambiguous
            && !self.is_picture
            && (self.is_cited_before(named) || self.is_cited_behind(named) || self.is_joined(named))
    }

    fn is_cited_before(&self, named: &NamedAgency) -> bool {
        let from = named.start.saturating_sub(REACH_BEFORE).max(self.paragraph.words.start);
        for index in (from..named.start).rev() {
            let Some(word) = self.word(index) else { return false };
            if self.gap(index + 1).contains(['.', '!', '?', '؟', ';']) {
                return false;
            }
            if is_in(BEFORE, word) {
                return true;
            }
            if word == "by" {
                let before = index.checked_sub(1).and_then(|index| self.word(index));
                return before.is_some_and(|before| is_in(PASSIVE, before));
            }
            // Another agency, as in `according to AFP and Reuters`.
            if !is_in(BETWEEN, word)
                && !matches!(word, "and" | "und" | "et" | "y" | "e" | "и")
                && !self.is_named(index)
            {
                return false;
            }
        }
        false
    }

    fn is_cited_behind(&self, named: &NamedAgency) -> bool {
        let to = (named.end + REACH_BEHIND).min(self.paragraph.words.end);
        for index in named.end..to {
            if self.gap(index).contains(['.', '!', '?', '؟', ';', ',', ':', '(']) {
                return false;
            }
            if self.word(index).is_some_and(|word| is_in(BEHIND, word)) {
                return true;
            }
        }
        false
    }

    fn is_joined(&self, named: &NamedAgency) -> bool {
        let (before, behind) =
            (self.before(named, 4 * JOINED_REACH), self.after(named, 4 * JOINED_REACH));
        let is_foreign = |part: &str| !part.is_ascii();
        let near: String = behind.chars().take(JOINED_REACH).collect();
        let clause = near.split(['。', '，', '、', ',', '.']).next().unwrap_or_default();
        (is_foreign(before) && JOINED_BEFORE.iter().any(|cue| before.trim_end().ends_with(cue)))
            || (is_foreign(clause) && JOINED_BEHIND.iter().any(|cue| clause.contains(cue)))
    }
}

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
    fn is_on_edge_line(&self, named: &NamedAgency) -> bool {
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
    fn is_credit(&self, named: &NamedAgency) -> bool {
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
    fn is_sign_off(&self, named: &NamedAgency) -> bool {
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
    fn is_reuters_sign_off(&self) -> bool {
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

/// An agency in a dateline has at most this many words before it.
const FURTHEST: usize = 16;

/// At most this many bytes precede it.
const LONGEST_HEAD: usize = 160;

/// At most this many bytes are read after it.
const LONGEST_TAIL: usize = 80;

/// Brackets that open and close around an agency.
const DISPATCH_OPENING: &[char] = &['(', '[', '（', '【', '［', '〔', '/'];
const DISPATCH_CLOSING: &[char] = &[')', ']', '）', '】', '］', '〕', '/'];

/// A Chinese place has at most this many characters if no date follows it.
const LONGEST_CHINESE_PLACE: usize = 6;

/// Chinese verbs of saying. A line with one of them is a citation.
const SAYING: &[char] = &['报', '報', '说', '說', '称', '稱', '道', '引'];

impl Line<'_> {
    /// Whether the agency is part of a dateline, or is the whole dateline.
    fn is_dispatch(&self, named: &NamedAgency) -> bool {
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
        let Some(place) = head.trim_end().strip_suffix(DISPATCH_OPENING) else { return false };
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
        let Some(inside) = head.strip_prefix(DISPATCH_OPENING) else { return false };
        let place = inside.trim_end_matches(['=', ' ', '\u{3000}', '＝']);
        let is_cased = place.chars().any(|c| c.is_uppercase() || c.is_lowercase());
        let is_small = place.chars().count() <= 40;
        let is_head = if is_cased { is_capital_place(place) } else { is_small };
        tail.trim_start().starts_with(DISPATCH_CLOSING)
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
    let at = tail.find(&DISPATCH_CLOSING[..DISPATCH_CLOSING.len() - 1]);
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
    let opens =
        head.trim_matches(|c: char| c.is_whitespace() || DISPATCH_OPENING.contains(&c)).is_empty();
    let Some((before, behind)) = tail.split_once(['电', '電']) else { return false };
    let is_place_and_date = before.chars().count() <= 16
        && before.chars().all(|c| c.is_alphanumeric() || c.is_whitespace())
        && (before.ends_with('日') || before.chars().count() <= LONGEST_CHINESE_PLACE)
        && !before.contains(SAYING);
    opens && is_place_and_date && !behind.starts_with(char::is_alphanumeric)
}

/// An agency's name in the text, at the words `start..end`.
struct NamedAgency {
    agency: &'static str,
    start: usize,
    end: usize,
    /// Whether this spelling often means something else.
    is_ambiguous: bool,
}

/// The position of a paragraph in its text.
#[derive(Clone, Copy)]
struct LinePosition {
    near_top: bool,
    near_end: bool,
    is_last: bool,
    /// Whether it is a separate byline and not part of the text.
    is_byline: bool,
}

/// A credit line has at most this many words.
const LONGEST_CREDIT: usize = 40;

/// Words of picture credits and captions.
const PICTURE: &str = "photo photos photograph photographs photographer photographers photography \
    getty image images picture pictures pictured handout video foto fotos fotografie \
    photographie bild bilder imagen imagem imágenes immagine фото снимок світлина صورة תמונה 图 圖 \
    사진 फोटो चित्र";

/// A paragraph with the agencies named in it. Properties of the whole line are computed once,
/// because it may have as many names as words.
struct Line<'a> {
    text: &'a Text,
    paragraph: &'a Paragraph,
    place: LinePosition,
    /// Its words in normal form, if it names an agency and is short enough for a credit line.
    short: Option<Vec<&'a str>>,
    /// Whether it is short and credits or describes a picture.
    is_picture: bool,
    /// Whether it ends with a full stop or the like.
    is_sentence: bool,
    named: Vec<NamedAgency>,
}

impl<'a> Line<'a> {
    fn new(text: &'a Text, paragraph: &'a Paragraph, place: LinePosition) -> Line<'a> {
        let named = named_in(text, paragraph);
        let is_short = !named.is_empty() && paragraph.words.len() <= LONGEST_CREDIT;
        let words = || text.words()[paragraph.words.clone()].iter().map(|word| text.normal(word));
        let short: Option<Vec<&str>> = is_short.then(|| words().collect());
        let is_picture = short.iter().flatten().any(|word| is_picture_word(word));
        let raw = paragraph.span.of(text.original());
        let is_sentence = raw.ends_with(['.', '!', '?', '。', '؟', '।']);
        Line { text, paragraph, place, short, is_picture, is_sentence, named }
    }

    /// Every agency named in the paragraph, in order and without overlaps.
    fn named(&self) -> &[NamedAgency] {
        &self.named
    }

    fn raw(&self) -> &'a str {
        self.paragraph.span.of(self.text.original())
    }

    fn is_near_edge(&self) -> bool {
        self.place.near_top || self.place.near_end
    }

    fn span_of(&self, named: &NamedAgency) -> Span {
        let words = self.text.words();
        Span { start: words[named.start].span.start, end: words[named.end - 1].span.end }
    }

    /// The name as printed.
    fn raw_of(&self, named: &NamedAgency) -> &'a str {
        self.span_of(named).of(self.text.original())
    }

    /// The number of bytes between the start of the paragraph and a name.
    fn bytes_before(&self, named: &NamedAgency) -> usize {
        self.span_of(named).start - self.paragraph.span.start
    }

    /// The last `bytes` of the paragraph before a name.
    fn before(&self, named: &NamedAgency, bytes: usize) -> &'a str {
        let (original, end) = (self.text.original(), self.span_of(named).start);
        let from = end.saturating_sub(bytes).max(self.paragraph.span.start);
        Span { start: original.ceil_char_boundary(from), end }.of(original)
    }

    /// The first `bytes` of the paragraph after a name.
    fn after(&self, named: &NamedAgency, bytes: usize) -> &'a str {
        let (original, start) = (self.text.original(), self.span_of(named).end);
        let to = (start + bytes).min(self.paragraph.span.end);
        Span { start, end: original.floor_char_boundary(to) }.of(original)
    }

    /// The characters between a word and the one before it. Empty if both have one span, like the
    /// words of `½`.
    fn gap(&self, index: usize) -> &'a str {
        let words = self.text.words();
        let between = words[index - 1].span.end..words[index].span.start;
        self.text.original().get(between).unwrap_or_default()
    }

    /// The normal form of the word at `index` of the text, if the word is in the paragraph.
    fn word(&self, index: usize) -> Option<&'a str> {
        let inside = self.paragraph.words.contains(&index);
        inside.then(|| self.text.normal(&self.text.words()[index]))
    }

    /// Whether a word is part of the name of an agency.
    fn is_named(&self, index: usize) -> bool {
        self.named_at(index).is_some()
    }

    fn named_at(&self, index: usize) -> Option<&NamedAgency> {
        let next = self.named.partition_point(|named| named.end <= index);
        self.named.get(next).filter(|named| named.start <= index)
    }

    /// Whether the words directly before a name are another name of the same agency: `Agence
    /// France-Presse (AFP)`.
    fn repeats_agency(&self, named: &NamedAgency) -> bool {
        let before = named.start.checked_sub(1).and_then(|index| self.named_at(index));
        before.is_some_and(|other| other.agency == named.agency)
    }

    /// Whether a slash joins a name to something other than an agency: `JIM LUND/AFP`, `Reuters/Ada
    /// Ruiz`, as in picture credits. `dpa/lno` is a desk of the dpa.
    fn is_slashed(&self, named: &NamedAgency) -> bool {
        let before = self.before(named, 8);
        let joined_before = before.ends_with('/')
            && before[..before.len() - 1].ends_with(char::is_alphanumeric)
            && !named.start.checked_sub(1).is_some_and(|index| self.is_named(index));
        let after = self.after(named, 8);
        let joined_after = after
            .strip_prefix('/')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase()))
            && !self.is_named(named.end);
        joined_before || joined_after
    }
}

fn is_picture_word(word: &str) -> bool {
    static WORDS: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| PICTURE.split_ascii_whitespace().collect());
    WORDS.contains(word)
}

/// Whether `word` is in a list of words separated by spaces.
fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

fn named_in(text: &Text, paragraph: &Paragraph) -> Vec<NamedAgency> {
    let first_words = first_words();
    let may_begin = |word: &Word| first_words.may_contain(text.normal_bytes(word));
    let mut found = Vec::new();
    let Range { mut start, end: limit } = paragraph.words;
    while let Some(skipped) = text.words()[start..limit].iter().position(may_begin) {
        start += skipped;
        let Some(Form { agency, words, is_ambiguous, .. }) = form_at(text, start, limit) else {
            start += 1;
            continue;
        };
        let end = start + words.len();
        found.push(NamedAgency { agency, start, end, is_ambiguous: *is_ambiguous });
        start = end;
    }
    found
}

fn form_at(text: &Text, start: usize, limit: usize) -> Option<&'static Form> {
    let words = &text.words()[start..limit];
    forms(text.normal(words.first()?)).iter().find(|form| {
        let Some(here) = words.get(..form.words.len()) else { return false };
        let raw = Span { start: here[0].span.start, end: here[here.len() - 1].span.end };
        here.iter().zip(&form.words).all(|(word, part)| text.normal(word) == part)
            && form.spelling.is_none_or(|spelling| spelling == raw.of(text.original()))
    })
}

/// Verbs of telling, in normal form. The agency follows within a few words.
const TELLING: &str = "told telling tells tell interview spoke speaking sagte sagten gegenüber zei \
    сказав сказала розповів розповіла заявив заявила сказал рассказал рассказала заявил 诉";

/// Verbs whose subject may be the agency itself ("dijo EFE", "a dit l'AFP"). They count only with a
/// preposition.
const TELLING_TO: &str = "déclaré dit indiqué confié expliqué dijo declaró explicó detto \
    dichiarato disse declarou spiegato قال وقال قالت وقالت صرح وصرح أضاف وأضاف أكد أبلغ אמר אמרה \
    אמרו מסר";

/// The prepositions, and names with a prefixed preposition.
const TO: &str = "à a al ao alla all لوكالة لرويترز לרויטרס";

/// Words that may stand between the verb of telling and the agency.
const IN_MENTIONS: &str = "the to with news agency der die dem den nachrichtenagentur à lagence \
    agence a al ao la agencia agência all allagenzia alla агентству агенству інформагентству \
    لوكالة";

/// Words that make what follows a citation: "according to".
const CITING: &str = "وفقا وفق طبقا تبعا نقلا";

/// The greatest distance between the verb and a preposition that introduces the listener, in words.
const FURTHEST_VERB: usize = 8;

impl Line<'_> {
    /// Whether somebody told the agency.
    fn is_mentioned(&self, named: &NamedAgency) -> bool {
        if named.is_ambiguous {
            return false;
        }
        let itself = self.word(named.start).unwrap_or_default();
        let mut with_to = is_in(TO, itself) || itself.starts_with("all");
        let from = named.start.saturating_sub(4).max(self.paragraph.words.start);
        let words = (from..named.start).rev();
        for index in words {
            let Some(word) = self.word(index) else { return false };
            with_to |= is_in(TO, word);
            if !is_in(IN_MENTIONS, word) {
                let tells = is_in(TELLING, word) || (with_to && is_in(TELLING_TO, word));
                return tells || (with_to && self.follows_telling_verb(index));
            }
        }
        false
    }

    /// Whether a verb of telling precedes word `last` in the same sentence, with the speaker
    /// between: `dijo el alcalde a EFE`, `وقال الوزير لرويترز`.
    fn follows_telling_verb(&self, last: usize) -> bool {
        if self.word(last).is_some_and(|word| is_in(CITING, word)) {
            return false;
        }
        let from = last.saturating_sub(FURTHEST_VERB).max(self.paragraph.words.start);
        for index in (from..=last).rev() {
            if self.gap(index + 1).contains(['.', '!', '?', '؟', ':']) {
                return false;
            }
            let word = self.word(index).unwrap_or_default();
            if is_in(TELLING_TO, word) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Trace::{Credited, Mentioned};

    /// `½` opens up into two words in one place.
    #[test]
    fn a_fraction_beside_an_agency_is_read() {
        for text in ["AFP ½ said so", "according to ½ AFP", "he told ½ of AFP", "AFP said ½"] {
            let _ = cited_agencies(&Text::new(text));
        }
    }

    fn check(original: &str, expected: &[(&str, Trace)]) {
        let text = Text::new(original);
        let found: Vec<(&str, Trace)> =
            agencies(&text).iter().map(|found| (found.agency, found.trace)).collect();
        assert_eq!(found, expected, "{original:?}");
    }

    #[test]
    fn credits() {
        check("QUAYTON (AP) — The port closed.\nMore text.", &[("AP", Credited)]);
        check("QUAYTON, March 3 (Reuters) - The port closed.", &[("Reuters", Credited)]);
        check("Berlin/dpa – Der Hafen ist zu.", &[("dpa", Credited)]);
        check("By Ada Ruiz, Associated Press\nThe port closed.", &[("AP", Credited)]);
        check("The port closed.\n© 2026 AFP", &[("AFP", Credited)]);
        check(
            "The port closed.\nAssociated Press writer Ada Ruiz contributed.",
            &[("AP", Credited)],
        );
        check(
            "The port closed.\n(Reporting by A. Ruiz; Editing by B. Lund)",
            &[("Reuters", Credited)],
        );
        check("新华社港城3月5日电 港口关闭。", &[("Xinhua", Credited)]);
    }

    #[test]
    fn mentions() {
        check("A person told The Associated Press that it closed.", &[("AP", Mentioned)]);
        check("It closed, an official said, telling AP more.", &[("AP", Mentioned)]);
        check("« C'est fini », a-t-il déclaré à l'AFP.", &[("AFP", Mentioned)]);
        check("El puerto cerró, dijo a EFE el alcalde.", &[("EFE", Mentioned)]);
        check("他告诉路透社，港口关闭。", &[("Reuters", Mentioned)]);
        check("Er sagte der Nachrichtenagentur dpa nichts.", &[("dpa", Mentioned)]);
        check(
            "(AP) The port.\nShe told Reuters it closed.",
            &[("AP", Credited), ("Reuters", Mentioned)],
        );
    }

    #[test]
    fn citations_are_not_sources() {
        check("Human rights groups told nobody. Reuters has seen the files.", &[]);
        check("In Harrisburg (PA) on Monday the port closed for good after a storm.", &[]);
        check("El puerto cerró, dijo EFE en su crónica de ayer sobre la huelga.", &[]);
        check("Le port est fermé, a dit l'AFP dans une longue dépêche hier soir.", &[]);
        check("The plan was first reported by Reuters, and it said so again in a long text.", &[]);
        check("The Associated Press reported on Thursday that the port had closed for good.", &[]);
        check("According to AFP the port closed on Thursday after a strike of many weeks.", &[]);
        check("据新华社报道，港口关闭。", &[]);
        check("We read the AP style book in school, as everyone did in those years.", &[]);
    }

    #[test]
    fn citations_give_the_cited_agency() {
        for (text, agency) in [
            ("The port closed, according to the AFP news agency.", "AFP"),
            ("According to the Associated Press, the port closed.", "AP"),
            ("The plan was first reported by Reuters, and nobody denied it.", "Reuters"),
            ("Reuters reported on Monday that the port had closed.", "Reuters"),
            ("The harbour master told The Associated Press that it closed.", "AP"),
            ("Der Hafen ist laut dpa geschlossen.", "dpa"),
            ("Wie die Nachrichtenagentur dpa meldet, ist der Hafen zu.", "dpa"),
            ("Le port est fermé, selon l'AFP.", "AFP"),
            ("El puerto está cerrado, según EFE, desde el lunes.", "EFE"),
            ("El puerto cerró, informó la agencia EFE.", "EFE"),
            ("O porto fechou, segundo a agência Lusa.", "Lusa"),
            ("Il porto è chiuso, riferisce l'agenzia ANSA.", "ANSA"),
            ("De haven is dicht, meldt persbureau ANP.", "ANP"),
            ("Port jest zamknięty, podała PAP w poniedziałek.", "PAP"),
            ("Hamnen är stängd, enligt nyhetsbyrån TASS.", "TASS"),
            ("Порт закрыт, сообщает ТАСС.", "TASS"),
            ("Об этом пишет «Интерфакс» со ссылкой на РИА Новости.", "Interfax"),
            ("Порт закрито, повідомляє Укрінформ.", "Ukrinform"),
            ("وقال الوزير وفقا لرويترز إن الميناء مغلق.", "Reuters"),
            ("据新华社报道，港口关闭。", "Xinhua"),
            ("路透社周三报道称，港口将扩建。", "Reuters"),
            ("新華社によると、港は閉まった。", "Xinhua"),
            ("Liman kapandı, Reuters haber ajansına göre.", "Reuters"),
        ] {
            let found: Vec<&str> =
                cited_agencies(&Text::new(text)).iter().map(|(named, _)| *named).collect();
            assert_eq!(found.first(), Some(&agency), "{text}: {found:?}");
        }
        for text in [
            "QUAYTON (AP) — The port closed, as AP reported on Monday.",
            "The port closed. Photo: Ada Ruiz/AFP via Getty Images",
            "We read the AP style book in school, as everyone did in those years.",
            "The office of Reuters stands in the harbour.",
            "“According to AFP it closed,” he said.",
            "He lives in Erie, PA, according to the police.",
        ] {
            assert_eq!(cited_agencies(&Text::new(text)), [], "{text}");
        }
    }

    #[test]
    fn lines_that_only_look_like_credits_are_not_sources() {
        let body = "The port closed on Thursday after a long strike of the pilots ended.";
        let lines = [
            "By taking AP classes in the summer term",
            "By late Monday Reuters had closed its office",
            "By Monday, Reuters had closed its office.",
            "From Reuters to CNN and back",
            "From Erie, PA to Pittsburgh",
            "Students may send material from AP courses to the office.",
            "Copyright law in PA and elsewhere",
            "Copyright law, says the AP guide",
            "Anadolu Efes",
            "Lusa is a town",
            "Belga Images",
            "The PA",
            "Photo: Ada Ruiz /AFP via Getty Images",
            "JIM LUND/AFP/Getty",
            "Ada Ruiz/Reuters",
            "(Photo by Ada Ruiz/AFP)",
            "Bild: dpa",
            "© AFP/Ada Ruiz",
            "Interview mit Reuters",
            "The party met in Harrisburg (PA).",
            "They read the Associated Press (AP) in school.",
            "The TT races and the CP line ran past AA",
        ];
        for line in lines {
            check(&format!("{line}\n{body}\n{body}"), &[]);
            check(&format!("{body}\n{body}\n{line}"), &[]);
        }
        check("路透社周三报道称，国家电网将扩建港口。", &[]);
        check("法新社说，戛纳电影节开幕。", &[]);
        check("新华社记者在港口看到电。", &[]);
        check("In May the news agency (AP) — as everyone knew — closed.", &[]);
        check("قالت رويترز إن الميناء مغلق منذ أمس بعد إضراب طويل.", &[]);
        check("وقال الوزير وفقا لرويترز إن الميناء مغلق.", &[]);
        check("Er las eine Batterie (AA) und ging nach Hause in die Stadt.", &[]);
    }

    #[test]
    fn datelines_of_many_houses() {
        for (line, agency) in [
            ("(Bloomberg) -- The port closed.", "Bloomberg"),
            ("ANKARA (AA) The port closed.", "Anadolu"),
            ("STOCKHOLM (TT) – Hamnen stängde.", "TT"),
            ("OTTAWA (CP) — The port closed.", "CP"),
            ("QUAYTON, March 5 (Reuter) - The port closed.", "Reuters"),
            ("Madrid, 5 mar (EFE).- El puerto cerró.", "EFE"),
            ("МОСКВА, 5 мар — РИА Новости. Порт закрыт.", "RIA Novosti"),
            ("5 мар — РИА Новости.", "RIA Novosti"),
            ("МОСКВА, 5 марта. /ТАСС/. Порт закрыт.", "TASS"),
            ("Москва. 5 марта. INTERFAX.RU - Порт закрыт.", "Interfax"),
            ("INTERFAX.RU - Порт закрыт.", "Interfax"),
            ("Київ. 5 березня. УНІАН. Порт закрито.", "UNIAN"),
            ("New Delhi, Mar 5 (PTI) The port closed.", "PTI"),
            ("(Adds details) LONDON, March 5 (Reuters) - The port closed.", "Reuters"),
            ("Berlin (dpa/lno) - Der Hafen ist zu.", "dpa"),
            ("dpa/Berlin – Der Hafen ist zu.", "dpa"),
            ("بيروت (أ ف ب) - الميناء مغلق.", "AFP"),
            ("חיפה (רויטרס) הנמל נסגר.", "Reuters"),
            ("नयी दिल्ली, पांच मार्च (भाषा) बंदरगाह बंद है।", "PTI"),
            ("【ワシントン共同】港は閉まった。", "Kyodo"),
            ("【ロンドン時事】港は閉まった。", "Jiji"),
            ("［東京　５日　ロイター］港は閉まった。", "Reuters"),
            ("(서울=연합뉴스) 항구가 닫혔다.", "Yonhap"),
            ("[서울=뉴시스] 항구가 닫혔다.", "Newsis"),
            ("新华社北京3月5日电（记者某某）港口关闭。", "Xinhua"),
            ("中新社香港3月5日电 港口关闭。", "China News Service"),
            ("新华社基辅电：港口关闭。", "Xinhua"),
        ] {
            check(line, &[(agency, Credited)]);
        }
    }

    #[test]
    fn credit_lines_and_sign_offs_of_many_houses() {
        let body = "The port closed on Thursday after a long strike of the pilots ended.";
        for (line, agency) in [
            ("©2026 Bloomberg L.P.", "Bloomberg"),
            ("(TT)", "TT"),
            ("TT", "TT"),
            ("(CP)", "CP"),
            ("By PA", "PA Media"),
            ("(أ ف ب)", "AFP"),
            ("(רויטרס)", "Reuters"),
            ("(रॉयटर्स)", "Reuters"),
            ("(भाषा)", "PTI"),
            ("(पीटीआई)", "PTI"),
            ("(รอยเตอร์)", "Reuters"),
            ("Le Monde avec AFP", "AFP"),
            ("Com informações da agência Reuters", "Reuters"),
            ("Reuter", "Reuters"),
            ("REUTER", "Reuters"),
            ("He left. REUTER", "Reuters"),
            ("“He left,” they said. — AFP", "AFP"),
            ("Information from The Associated Press was used in this report.", "AP"),
            ("dpa-infocom, dpa:260305-930-1234/1", "dpa"),
            ("© dpa-infocom, dpa:260305-930-1234/1", "dpa"),
            ("Copyright 2026 The Associated Press. All rights reserved.", "AP"),
            ("Der Hafen ist zu (dpa).", "dpa"),
            ("Der Hafen ist zu. (dpa/lno)", "dpa"),
            ("With inputs from PTI", "PTI"),
            ("With AFP", "AFP"),
            ("Mit Material der dpa", "dpa"),
            ("By Ada Ruiz of Reuters in Quayton", "Reuters"),
            ("By The Associated Press", "AP"),
            ("By Reuters Staff", "Reuters"),
            ("Source: dpa", "dpa"),
            ("From AFP", "AFP"),
            ("— The Associated Press", "AP"),
        ] {
            check(&format!("{body}\n{line}"), &[(agency, Credited)]);
        }
        let both = [("AFP", Credited), ("PTI", Credited)];
        check(&format!("{body}\nWith inputs from AFP and PTI"), &both);
    }

    #[test]
    fn mentions_with_the_teller_between() {
        check("وقال الوزير لرويترز إن الميناء مغلق.", &[("Reuters", Mentioned)]);
        check("El puerto cerró, dijo el alcalde a EFE.", &[("EFE", Mentioned)]);
        check("He told the crowd a Reuters story was wrong and that all was well.", &[]);
    }

    #[test]
    fn bylines_given_apart() {
        let check = |byline: &str, expected: &[&str]| {
            let found = byline_agencies(byline);
            let names: Vec<&str> = found.iter().map(|trace| trace.agency).collect();
            assert_eq!(names, expected, "{byline:?}");
            assert!(found.iter().all(|trace| trace.span.is_none()));
        };
        check("Ada Ruiz, AP", &["AP"]);
        check("ada ruiz, associated press", &["AP"]);
        check("Reuters Staff", &["Reuters"]);
        check("TT", &["TT"]);
        check("By AFP", &["AFP"]);
        check("AFP/Reuters", &["AFP", "Reuters"]);
        check("Ada Ruiz | dpa", &["dpa"]);
        check("Ada Ruiz", &[]);
        check("Erie, PA", &[]);
        check("", &[]);
    }

    #[test]
    fn many_names_are_read_in_one_pass() {
        // A pass over the paragraph for each name would take hours.
        for part in ["(AP) ", "AP, ", "/AP/", "©Reuters ", "told AP ", "avec AFP ", "(TT)", "[AFP"]
        {
            let text = Text::new(&part.repeat(1_000_000 / part.len()));
            assert!(agencies(&text).len() <= 1, "{part:?}");
        }
    }
}
