//! Notes of corrections and retractions in articles, and the articles that still carry the old words.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wirefold_corrections::{Article, Note as Found, NoteKind, note, trace_corrections};
use wirefold_proto::{
    AlertArticle, AlertReason, ArticleFetched, ArticleId, Class, FigureRole, MaterialReason,
    Materiality, ReasonKind, Target,
};
use wirefold_text::Text;
use wirefold_text::extract::numbers;

use super::Engine;
use super::draft::reason;
use super::figures::{label, role_at};
use super::incoming::IncomingArticle;
use super::live_alert::LiveAlert;

/// A note of a text about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// The outlet retracts the report, in these words.
    Retraction(String),
    Correction(Correction),
}

impl Note {
    /// The note of a text. `names` are those of its outlet and agency.
    pub(super) fn of(title: &str, text: &str, names: &[&str]) -> Option<Self> {
        let found = note(title, text, names)?;
        Some(match found.kind {
            NoteKind::Retraction => Self::Retraction(found.words),
            _ => Self::Correction(Correction::of(found)),
        })
    }

    /// Identifies the note by its kind and words, in every article.
    fn id(&self) -> u64 {
        let (sort, words) = match self {
            Self::Retraction(words) => ("retraction", words),
            Self::Correction(note) => ("correction", &note.words),
        };
        let letters = words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
        let hash = Sha256::new().chain_update(sort).chain_update(letters.collect::<String>());
        hash.finalize().iter().take(8).fold(0, |id, byte| (id << 8) | u64::from(*byte))
    }
}

/// The beginning of the reason for a retraction.
pub(super) const RETRACTED: &str = "retracted by its outlet";
/// Whether a reason reports a retraction.
pub(crate) fn retracts(reason: &AlertReason) -> bool {
    reason.words.starts_with(RETRACTED)
}

/// How many notes of one alert are stored.
const KEPT: usize = 4;

/// The ids of the last notes of an alert; 0 in unused entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notes([u64; KEPT]);

impl Notes {
    pub(super) fn has(self, id: u64) -> bool {
        self.0.contains(&id)
    }

    /// These notes, followed by others.
    pub(crate) fn and(self, others: Self) -> Self {
        others.0.into_iter().filter(|id| *id != 0).fold(self, |mut notes, id| {
            if !notes.has(id) {
                notes.0.rotate_right(1);
                notes.0[0] = id;
            }
            notes
        })
    }

    /// One note.
    pub(super) fn of(note: Option<&Note>) -> Self {
        let mut notes = Self::default();
        notes.0[0] = note.map_or(0, Note::id);
        notes
    }

    /// The id of the last note; 0 if there is none.
    pub(super) fn last(self) -> u64 {
        self.0[0]
    }
}

/// A note that corrects or clarifies a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Correction {
    /// The sentences of the note.
    pub(super) words: String,
    /// Whether it clarifies rather than corrects.
    pub(super) is_clarification: bool,
    /// Whether title or text begins with it. Then the whole article is a correction.
    pub(super) opens: bool,
    /// The wrong figure and the right one.
    pub(super) figure: Option<Corrected>,
}

/// A corrected figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Corrected {
    pub(super) role: FigureRole,
    pub(super) old: String,
    pub(super) new: String,
}

impl Correction {
    /// The note with its figure.
    pub(super) fn of(found: Found) -> Self {
        let figure = figure(&found.whole);
        let is_clarification = found.kind == NoteKind::Clarification;
        Self { words: found.words, is_clarification, opens: found.opens, figure }
    }
}

/// The figure that a note corrects. The first sentence must say what was counted and the wrong number, the
/// second the right number and nothing else that is counted. None if there are more numbers.
fn figure(words: &str) -> Option<Corrected> {
    let text = Text::new(words);
    let all = numbers(&text, 0..text.words().len());
    let [old, new] = all.as_slice() else { return None };
    let sentences = text.sentences();
    let first = sentences.first()?.span;
    if !first.contains(old.span.start) || first.contains(new.span.start) {
        return None;
    }
    let original = text.original();
    let role = role_at(original, old.span, 0..new.span.start)?;
    let other = role_at(original, new.span, old.span.end..original.len());
    let is_same = other.is_none_or(|other| other == role);
    let are_counts = [old, new].iter().all(|it| it.value.parse::<u64>().is_ok());
    let (old, new) = (old.value.clone(), new.value.clone());
    (is_same && are_counts && old != new).then_some(Corrected { role, old, new })
}

impl IncomingArticle {
    /// The note, if it is about the report itself: the article is a later version, it begins with its note,
    /// or the detector found a correction.
    pub(super) fn note(&self) -> Option<&Note> {
        let verdict = &self.output.verdict;
        let note = self.note.as_ref().filter(|_| verdict.holds.len() <= 1)?;
        let concerns = match note {
            Note::Retraction(_) => true,
            Note::Correction(note) => {
                note.opens || verdict.class == Class::Version || self.correction().is_some()
            }
        };
        concerns.then_some(note)
    }

    /// The id of its note, as an alert stores it.
    pub(super) fn notes(&self) -> Notes {
        Notes::of(self.note())
    }

    /// The correction that the detector found.
    fn correction(&self) -> Option<&Materiality> {
        let found = self.output.verdict.material.as_ref()?;
        let is_one = found.material && found.reason == MaterialReason::Correction;
        (is_one && self.output.verdict.comparable).then_some(found)
    }

    /// The reason for a correction or retraction, with the words of the note.
    pub(super) fn put_right(&self) -> Option<AlertReason> {
        let sources = vec![self.source()];
        let note = match self.note() {
            Some(Note::Retraction(words)) => {
                let words = with_quotation(RETRACTED, words);
                let carriers = self.carriers.clone();
                let reason = reason(ReasonKind::Correction, words);
                return Some(AlertReason { sources, carriers, ..reason });
            }
            Some(Note::Correction(note)) => Some(note),
            None if self.correction().is_some() => None,
            None => return None,
        };
        let figure = note.and_then(|note| note.figure.as_ref());
        let detail = self.correction().and_then(|found| found.detail.as_deref());
        let (old, new) = match figure {
            Some(figure) => (Some(figure.old.as_str()), Some(figure.new.as_str())),
            None => detail.and_then(|both| both.split_once(" → ")).unzip(),
        };
        let change = match figure {
            Some(it) => {
                let of_dead = it.role == FigureRole::Killed;
                let what = if of_dead { "death toll" } else { label(it.role) };
                Some(format!("{what} {} → {}", it.old, it.new))
            }
            None => detail.map(str::to_owned),
        };
        let sort = match note {
            Some(note) if note.is_clarification => "clarification",
            _ => "correction",
        };
        let what = change.map_or_else(|| sort.to_owned(), |it| format!("{sort}: {it}"));
        let words = with_quotation(&what, note.map_or("", |note| note.words.as_str()));
        let (old, new) = (old.map(str::to_owned), new.map(str::to_owned));
        let carriers = self.carriers.clone();
        let reason = reason(ReasonKind::Correction, words);
        Some(AlertReason { sources, old, new, carriers, ..reason })
    }

    /// Whether it has a note, so that other articles may still have the error.
    pub(crate) fn puts_right(&self) -> bool {
        self.note().is_some() && !self.is_baseline()
    }
}

fn with_quotation(what: &str, words: &str) -> String {
    match words.is_empty() {
        true => what.to_owned(),
        false => format!("{what}: \u{201c}{words}\u{201d}"),
    }
}

impl LiveAlert {
    /// Whether the alert has reported the note of this article, or is about to.
    pub(super) fn has_told_note_of(&self, incoming: &IncomingArticle) -> bool {
        let id = incoming.notes().last();
        let is_coming = || self.news.iter().any(|news| news.notes.has(id));
        id != 0 && (self.notes.has(id) || is_coming())
    }
}

impl Engine {
    /// The articles in the alerts about these targets, the first seen first.
    pub(crate) fn articles_about(
        &self,
        targets: &[Target],
        incoming: &IncomingArticle,
    ) -> Vec<AlertArticle> {
        let mut found: Vec<AlertArticle> = Vec::new();
        for target in targets {
            for subscription in self.by_target.get(target).into_iter().flatten() {
                let alert =
                    wirefold_proto::AlertId { subscription: subscription.clone(), target: *target };
                let life = self.lives.get(&self.routed(alert, incoming.place));
                let shown = life.and_then(|life| life.shown.as_ref()).map(|shown| &shown.articles);
                let news = life.iter().flat_map(|life| &life.news).flat_map(|news| &news.articles);
                for article in shown.into_iter().flatten().chain(news) {
                    if article.id != incoming.output.id
                        && found.iter().all(|it| it.id != article.id)
                    {
                        found.push(article.clone());
                    }
                }
            }
        }
        found.sort_by_key(|article| (article.seen, article.id));
        found
    }
}

/// Which of these articles still have the error that the last one corrects. Each comes with its text.
pub(crate) fn find_uncorrected(articles: &[(AlertArticle, ArticleFetched)]) -> Vec<ArticleId> {
    let place_of = |id: ArticleId| articles.iter().position(|(other, _)| other.id == id);
    let read = |(article, fetched): &'_ (AlertArticle, ArticleFetched)| {
        let about = &fetched.article;
        let agency = article.agency.as_ref().map_or("", |agency| &agency.name);
        let text = format!("{}\n\n{}", about.title, fetched.text);
        let note = note(&about.title, &fetched.text, &[about.outlet.as_str(), agency]);
        (note, Text::new(&text), about.version_of.and_then(place_of))
    };
    let watched: Vec<Article<'_>> = articles
        .iter()
        .map(|both| {
            let (note, text, version_of) = read(both);
            let agency = both.0.agency.as_ref().map(|agency| agency.name.as_str());
            let outlet = both.0.outlet.as_str();
            Article { outlet, agency, story: 0, version_of, note, text: Some(text) }
        })
        .collect();
    let Some(last) = articles.len().checked_sub(1) else { return Vec::new() };
    let correction = trace_corrections(&watched).into_iter().find(|it| it.by == last);
    let carried = correction.into_iter().flat_map(|it| it.carried);
    carried.map(|it| articles[it.article].0.id).collect()
}

#[cfg(test)]
mod tests {
    use wirefold_proto::ReasonKind;

    use super::*;

    #[test]
    fn a_retraction_is_recognised_by_its_words() {
        let reason = |words: &str| AlertReason {
            kind: ReasonKind::Correction,
            words: words.to_owned(),
            sources: Vec::new(),
            old: None,
            new: None,
            carriers: Vec::new(),
        };
        assert!(retracts(&reason("retracted by its outlet: “a”")));
        assert!(!retracts(&reason("corrected: “a”")));
    }

    #[test]
    fn the_last_notes_are_kept() {
        let notes = (1..=5).fold(Notes::default(), |notes, id| notes.and(Notes([id, 0, 0, 0])));
        assert_eq!(notes, Notes([5, 4, 3, 2]));
        assert_eq!(notes.and(notes), notes);
    }
}

#[cfg(test)]
mod correction_tests {
    use super::*;

    #[test]
    fn only_a_figure_of_the_same_role_is_put_right() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = figure(text);
            let found = found.as_ref().map(|it| (it.old.as_str(), it.new.as_str()));
            assert_eq!(found, expected, "{text}");
        };
        let both = Some(("11", "9"));
        check("This article said earlier that 11 people died. The correct number is 9.", both);
        check("Eleven people were said to be dead. Nine people died.", both);
        check("It said that 11 people died. It was on Road 9, and 4 were hurt.", None);
        check("It said that 11 people died. In all, 9 were injured.", None);
        check("It gave the wrong Road, 11. The bus left Road 9.", None);
    }
}
