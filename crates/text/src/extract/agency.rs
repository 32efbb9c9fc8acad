//! Which agency a text names as its source, and how.
//!
//! *Credited*: byline, dateline, credit or copyright line. *Mentioned*: somebody told the agency,
//! which an own text of that agency says. Citations ("as the agency reported", "according to",
//! "first reported by") say nothing about where a text comes from and give none.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::agency_names::AGENCIES;
use crate::analyse::{Paragraph, Text};
use crate::span::Span;

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
    /// Where, in bytes of the original.
    pub span: Span,
}

/// The agencies that `text` names as its source, each once, credits before mentions.
#[must_use]
pub fn agencies(text: &Text) -> Vec<AgencyTrace> {
    let mut traces: Vec<AgencyTrace> = Vec::new();
    let last = text.paragraphs().len();
    for (index, paragraph) in text.paragraphs().iter().enumerate() {
        let place = Place { text, paragraph, near_top: index < 5, near_end: index + 4 >= last };
        if place.is_reuters_sign_off() {
            let span = paragraph.span;
            traces.push(AgencyTrace { agency: "Reuters", trace: Trace::Credited, span });
        }
        for named in place.named() {
            if let Some(trace) = place.trace(&named) {
                let span = named.span(text);
                traces.push(AgencyTrace { agency: named.agency, trace, span });
            }
        }
    }
    traces.sort_by_key(|found| (found.trace, found.span));
    let mut seen = Vec::new();
    traces.retain(|found| {
        let is_first = !seen.contains(&found.agency);
        seen.push(found.agency);
        is_first
    });
    traces
}

/// An agency's name in the text: words `start..end`.
struct Named {
    agency: &'static str,
    start: usize,
    end: usize,
}

impl Named {
    fn span(&self, text: &Text) -> Span {
        let words = text.words();
        Span { start: words[self.start].span.start, end: words[self.end - 1].span.end }
    }
}

/// By the first word of an agency's full name: the words of the name, and the agency.
type Names = HashMap<&'static str, Vec<(Vec<&'static str>, &'static str)>>;

fn by_first_word() -> &'static Names {
    static TABLE: OnceLock<Names> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Names::new();
        for agency in AGENCIES {
            for form in agency.forms {
                let words: Vec<&str> = form.split(' ').collect();
                table.entry(words[0]).or_default().push((words, agency.name));
            }
        }
        // The longest first: "interfax ukraine" before "interfax".
        table
            .values_mut()
            .for_each(|forms| forms.sort_by_key(|(words, _)| usize::MAX - words.len()));
        table
    })
}

/// A paragraph and where it stands.
struct Place<'a> {
    text: &'a Text,
    paragraph: &'a Paragraph,
    near_top: bool,
    near_end: bool,
}

/// Verbs of telling, in normal form; the agency follows within a few words.
const TELLING: &[&str] = &[
    "told",
    "telling",
    "tells",
    "tell",
    "interview",
    "spoke",
    "speaking",
    "sagte",
    "sagten",
    "gegenüber",
    "zei",
    "сказав",
    "сказала",
    "розповів",
    "розповіла",
    "заявив",
    "заявила",
    "сказал",
    "сказала",
    "рассказал",
    "рассказала",
    "заявил",
    "قال",
    "وقال",
    "诉",
];

/// Verbs after which the agency may as well be the one who speaks ("dijo EFE", "a dit l'AFP"): they
/// count only with a preposition.
const TELLING_TO: &[&str] = &[
    "déclaré",
    "dit",
    "indiqué",
    "confié",
    "expliqué",
    "dijo",
    "declaró",
    "explicó",
    "detto",
    "dichiarato",
    "disse",
    "declarou",
    "spiegato",
];

/// The prepositions.
const TO: &[&str] = &["à", "a", "al", "ao", "alla", "all"];

/// Words that may stand between the verb of telling and the agency.
const BETWEEN: &[&str] = &[
    "the",
    "to",
    "with",
    "news",
    "agency",
    "der",
    "die",
    "dem",
    "den",
    "nachrichtenagentur",
    "à",
    "lagence",
    "agence",
    "a",
    "al",
    "ao",
    "la",
    "agencia",
    "agência",
    "all",
    "allagenzia",
    "alla",
    "агентству",
    "агенству",
    "інформагентству",
    "لوكالة",
];

/// Openings of bylines and source lines.
const BY: &[&str] = &[
    "by",
    "von",
    "par",
    "por",
    "di",
    "door",
    "av",
    "af",
    "source",
    "sources",
    "quelle",
    "fuente",
    "fonte",
    "bron",
    "источник",
    "джерело",
    "المصدر",
    "from",
    "via",
];

/// Phrases that make a short paragraph at the end a credit line.
const CREDITS: &[&str] = &[
    "contributed to",
    "contributed",
    "copyright",
    "inputs from",
    "input from",
    "files from",
    "all rights reserved",
    "reporting by",
    "material from",
    "material von",
    "mitwirkung von",
    "with additional reporting",
];

impl Place<'_> {
    fn words(&self) -> impl Iterator<Item = &str> {
        self.text.words()[self.paragraph.words.clone()].iter().map(|word| self.text.normal(word))
    }

    /// Every agency named in the paragraph.
    fn named(&self) -> Vec<Named> {
        let mut found = Vec::new();
        let mut start = self.paragraph.words.start;
        while start < self.paragraph.words.end {
            match self.full_name_at(start).or_else(|| self.code_at(start)) {
                Some(named) => {
                    start = named.end;
                    found.push(named);
                }
                None => start += 1,
            }
        }
        found
    }

    fn full_name_at(&self, start: usize) -> Option<Named> {
        let words = &self.text.words()[start..self.paragraph.words.end];
        let forms = by_first_word().get(self.text.normal(words.first()?))?;
        let is_here = |form: &[&str]| {
            form.len() <= words.len()
                && form.iter().zip(words).all(|(part, word)| self.text.normal(word) == *part)
        };
        let (form, agency) = forms.iter().find(|(form, _)| is_here(form))?;
        Some(Named { agency, start, end: start + form.len() })
    }

    fn code_at(&self, start: usize) -> Option<Named> {
        let raw = self.text.words()[start].span.of(self.text.original());
        if raw.len() > 12 {
            return None;
        }
        let agency = AGENCIES.iter().find(|agency| agency.codes.contains(&raw))?;
        Some(Named { agency: agency.name, start, end: start + 1 })
    }

    fn trace(&self, named: &Named) -> Option<Trace> {
        let quoted = self.text.words()[named.start].quoted;
        if !quoted && self.is_credited(named) {
            return Some(Trace::Credited);
        }
        (!quoted && self.is_told(named)).then_some(Trace::Mentioned)
    }

    fn is_credited(&self, named: &Named) -> bool {
        let count = self.paragraph.words.len();
        let offset = named.start - self.paragraph.words.start;
        let first = self.words().next().unwrap_or_default();
        let in_brackets = self.is_in_brackets(named);
        let is_alone = count <= named.end - named.start + 2;
        let is_edge = self.near_top || self.near_end;
        let is_set_off = in_brackets && self.is_after_place(named) || self.is_slashed(named);
        let is_dateline = self.near_top && offset <= 10 && is_set_off;
        let is_sign_off = self.near_end && in_brackets && offset + 6 >= count;
        let is_by_line = is_edge && count <= 14 && BY.contains(&first);
        let is_credit_line =
            count <= 40 && self.near_end && (self.says_credit() || self.raw().contains('©'));
        is_dateline
            || is_sign_off
            || is_by_line
            || (is_alone && is_edge)
            || is_credit_line
            || self.is_chinese_dateline(named)
    }

    /// Whether the paragraph holds a phrase of credit lines.
    fn says_credit(&self) -> bool {
        let words: Vec<&str> = self.words().collect();
        let line = format!(" {} ", words.join(" "));
        CREDITS.iter().any(|phrase| line.contains(&format!(" {phrase} ")))
    }

    /// Whether a dash follows the bracket, or only words in capitals, or none, stand before it: a
    /// dateline, and not `Harrisburg (PA)`.
    fn is_after_place(&self, named: &Named) -> bool {
        let span = named.span(self.text);
        let original = self.text.original();
        let rest = original[span.end..].trim_start_matches([')', ']', '）', '】', ' ']);
        let before = &original[self.paragraph.span.start..span.start];
        rest.starts_with(['—', '–', '―', '-', '－']) || !before.chars().any(char::is_lowercase)
    }

    fn raw(&self) -> &str {
        self.paragraph.span.of(self.text.original())
    }

    fn is_in_brackets(&self, named: &Named) -> bool {
        let span = named.span(self.text);
        let original = self.text.original();
        let before = original[..span.start].chars().next_back();
        let after = original[span.end..].trim_start().chars().next();
        before.is_some_and(|c| "([（【/".contains(c))
            && after.is_some_and(|c| ")]）】,/;".contains(c))
    }

    /// `BERLIN/dpa –` and `dpa/Berlin`.
    fn is_slashed(&self, named: &Named) -> bool {
        let span = named.span(self.text);
        let original = self.text.original();
        original[..span.start].ends_with('/') || original[span.end..].starts_with('/')
    }

    /// `新华社基辅3月5日电`: agency, place, date and the character for a dispatch.
    fn is_chinese_dateline(&self, named: &Named) -> bool {
        let words = &self.text.words()[named.end..self.paragraph.words.end];
        let before =
            named.start.checked_sub(1).map(|index| self.text.normal(&self.text.words()[index]));
        self.near_top
            && before != Some("据")
            && words.iter().take(16).any(|word| matches!(self.text.normal(word), "电" | "電"))
    }

    fn is_told(&self, named: &Named) -> bool {
        let from = named.start.saturating_sub(4).max(self.paragraph.words.start);
        let before: Vec<&str> = self.text.words()[from..named.start]
            .iter()
            .rev()
            .map(|word| self.text.normal(word))
            .collect();
        let Some(at) = before.iter().position(|word| !BETWEEN.contains(word)) else { return false };
        let itself = self.text.normal(&self.text.words()[named.start]);
        let with_to =
            before[..at].iter().any(|word| TO.contains(word)) || itself.starts_with("all");
        TELLING.contains(&before[at]) || (with_to && TELLING_TO.contains(&before[at]))
    }

    /// `(Reporting by …; Editing by …)`, which Reuters prints under its texts.
    fn is_reuters_sign_off(&self) -> bool {
        self.near_end
            && self.paragraph.words.len() <= 60
            && self.raw().trim_start().starts_with(['(', 'R'])
            && self.raw().contains("Reporting by")
            && self.raw().contains("diting by")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Trace::{Credited, Mentioned};

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
    fn citations_give_none() {
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
}
