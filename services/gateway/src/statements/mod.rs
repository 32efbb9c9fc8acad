//! The statements of an event: each quotation with its wordings and carriers, each figure with its values,
//! each name with its spellings.
//!
//! The input is articles with the findings of the enricher, the first seen first. The output is
//! [`QuotationRecord`]s, [`FigureRecord`]s and `NameRecord`s. They follow from the articles alone, so a
//! rebuilt projection gives the same. Nothing here knows how articles were folded: a story counts as one
//! separately written text.

mod figures;
mod names;
mod quotations;
mod wording;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use wirefold_proto::{
    ArticleId, CitedAgency, Entity, Figure, Language, LanguageTag, Outlet, Quotation, StoryId, Tag,
};

use crate::shapes::{Carrier, CitedAgencyRecord, FigureRecord, QuotationRecord, Statements};

/// The most articles of one event that are read.
pub(crate) const MOST_ARTICLES: usize = 1_000;
/// The most carriers that are named.
const MOST_CARRIERS: usize = 50;

/// The fields of an output article that are read here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SayingArticle {
    id: ArticleId,
    article: Source,
    #[serde(default)]
    verdict: Judged,
    findings: Found,
}

/// The field of the verdict that marks a digest.
#[derive(Debug, Clone, Default, Deserialize)]
struct Judged {
    #[serde(default)]
    holds: Vec<StoryId>,
}

/// Its outlet, and when it was seen.
#[derive(Debug, Clone, Deserialize)]
struct Source {
    outlet: Outlet,
    via: Option<Outlet>,
    seen: Timestamp,
}

/// The findings of the enricher.
#[derive(Debug, Clone, Default, Deserialize)]
struct Found {
    language: Option<Language>,
    #[serde(default)]
    entities: Vec<Entity>,
    #[serde(default)]
    quotations: Vec<Quotation>,
    #[serde(default)]
    numbers: Vec<Figure>,
    #[serde(default)]
    cited_agencies: Vec<CitedAgency>,
}

/// An article with the story that it is in now.
pub(crate) type InStory = (StoryId, SayingArticle);

/// The statements of these articles, the first seen first. `unread` is the number of articles beyond the
/// limit.
pub(crate) fn statements(articles: &[InStory], unread: u32) -> Statements {
    let (quotations, more_quotations) = quotations::records(articles);
    let figures = figures::records(articles);
    let (names, more_names) = names::records(articles);
    Statements {
        schema: Tag::new(),
        quotations,
        more_quotations,
        figures,
        names,
        more_names,
        cited_agencies: cited(articles),
        unread_articles: unread,
    }
}

/// The agencies that texts cite, the most cited first.
fn cited(articles: &[InStory]) -> Vec<CitedAgencyRecord> {
    let mut by_name: BTreeMap<&str, Vec<&InStory>> = BTreeMap::new();
    for article in articles {
        for cited in &article.1.findings.cited_agencies {
            by_name.entry(&cited.name).or_default().push(article);
        }
    }
    let record = |(name, of): (&str, Vec<&InStory>)| {
        let (outlets, texts) = outlets_and_texts(of.iter().copied());
        let carriers = of.iter().take(MOST_CARRIERS).map(|(story, it)| it.carrier(*story));
        CitedAgencyRecord { name: name.to_owned(), outlets, texts, carriers: carriers.collect() }
    };
    let mut records: Vec<CitedAgencyRecord> = by_name.into_iter().map(record).collect();
    records.sort_by_key(|one| (Reverse(one.texts), Reverse(one.outlets)));
    records
}

/// The statements that an article of this story carries.
pub(crate) fn of_story(statements: Statements, story: StoryId) -> Statements {
    let is_in = |carrier: &Carrier| carrier.story == story;
    let has_quotation =
        |record: &QuotationRecord| record.wordings.iter().any(|it| it.carriers.iter().any(is_in));
    let has_figure =
        |record: &FigureRecord| record.values.iter().any(|it| it.carriers.iter().any(is_in));
    let has_cited = |record: &CitedAgencyRecord| record.carriers.iter().any(is_in);
    Statements {
        cited_agencies: statements.cited_agencies.into_iter().filter(has_cited).collect(),
        quotations: statements.quotations.into_iter().filter(has_quotation).collect(),
        figures: statements.figures.into_iter().filter(has_figure).collect(),
        names: statements.names.into_iter().filter(|it| it.stories.contains(&story)).collect(),
        ..statements
    }
}

impl SayingArticle {
    fn carrier(&self, story: StoryId) -> Carrier {
        let Source { outlet, via, seen } = self.article.clone();
        Carrier { article: self.id, story, outlet, via, seen }
    }

    fn language(&self) -> LanguageTag {
        let found = self.findings.language.as_ref();
        found.map_or_else(LanguageTag::unknown, |language| language.tag.clone())
    }
}

/// The numbers of outlets and of stories of these articles.
fn outlets_and_texts<'a>(articles: impl Iterator<Item = &'a InStory> + Clone) -> (u32, u32) {
    let outlets = articles.clone().map(|(_, it)| (&it.article.outlet, &it.article.via));
    let outlets = outlets.collect::<std::collections::BTreeSet<_>>().len();
    let texts = articles.map(|(story, _)| story).collect::<std::collections::BTreeSet<_>>().len();
    let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
    (count(outlets), count(texts))
}

#[cfg(test)]
mod tests;
