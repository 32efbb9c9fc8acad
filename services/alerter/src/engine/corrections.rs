//! Corrections: what an outlet says about its own text, and which articles still have the error.
//!
//! Comes in: an article with a correction, and the texts of the alert. Goes out: the reason for a revision. It never
//! judges who is right.

use wirefold_corrections::{Article, note, trace_corrections};
use wirefold_proto::{
    AlertArticle, AlertReason, ArticleFetched, ArticleId, Class, MaterialReason, Materiality,
    ReasonKind, Target,
};
use wirefold_text::Text;

use super::Engine;
use super::incoming::IncomingArticle;
use super::life::Life;
use super::notes::{Note, Notes, RETRACTED};
use super::reasons::reason;

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

    /// Whether it corrects something.
    pub(super) fn corrects(&self) -> bool {
        self.correction().is_some() || matches!(self.note(), Some(Note::Correction(_)))
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
            Some(it) => Some(format!("{} {} → {}", it.role.label(), it.old, it.new)),
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

impl Life {
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
