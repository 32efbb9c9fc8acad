//! Corrections: what an outlet says about its own text, and which articles still have the error.
//!
//! Comes in: an article with a correction, and the texts of the alert. Goes out: the reason for a revision. It never
//! judges who is right.

use wirefold_corrections::{Article, Note as Found, NoteKind, note, trace_corrections};
use wirefold_proto::{AlertArticle, ArticleFetched, ArticleId, Target};
use wirefold_text::Text;
use wirefold_text::extract::numbers;

use super::Engine;
use super::figure_roles::{Role, role_at};
use super::incoming::IncomingArticle;

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
    pub(super) role: Role,
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
    /// Whether it has a note, so that other articles may still have the error.
    pub(crate) fn puts_right(&self) -> bool {
        self.note().is_some() && !self.is_baseline()
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
