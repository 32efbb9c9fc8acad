//! The corrections of an event. If one of its articles has a note, all are read again with their texts.
//!
//! Nothing is stored. The answer follows from the output and the stored texts, so a rebuilt projection gives
//! the same answer.

use std::collections::HashMap;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;
use wirefold_corrections::{Article, Correction, note, trace_corrections};
use wirefold_flow::BusError;
use wirefold_proto::{
    Agency, ArticleFetched, ArticleId, EditorNote, FoundBy, NoteKind, Outlet, StoryId, Tag,
};
use wirefold_text::Text;

use crate::AppState;
use crate::projection::ProjectionError;
use crate::shapes::{Carrier, CorrectedPassage, CorrectionRecord, Corrections, StillCarrying};

/// The most articles of an event whose texts are read: first those with a note, then the first seen.
const MOST_TEXTS: usize = 200;
/// The most bytes of one text.
const MOST_BYTES: usize = 64 * 1024;

/// Why the corrections cannot be computed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorrectionsError {
    /// The projection failed.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The work was dropped because the program ends.
    #[error("the program is ending")]
    Ending,
}

/// The corrections of an event.
pub(crate) async fn of_event(
    app: &AppState,
    event: wirefold_proto::EventId,
) -> Result<Corrections, CorrectionsError> {
    let (mut articles, unread_articles) = app.projection.noted(event, MOST_TEXTS).await?;
    articles.sort_by_key(|(_, it)| (it.article.seen, it.fetched));
    let reads = articles.iter().map(|(_, article)| app.fetched(article.fetched));
    let texts = try_join_all(reads).await?;
    // If the client leaves, the next one may start. The work itself is limited.
    let _turn = app.comparisons.acquire().await.map_err(|_| CorrectionsError::Ending)?;
    let told = tokio::task::spawn_blocking(move || records(&articles, &texts));
    let corrections = told.await.map_err(|_| CorrectionsError::Ending)?;
    Ok(Corrections { schema: Tag::new(), corrections, unread_articles })
}

/// Only the corrections that concern an article of this story.
pub(crate) fn of_story(corrections: Corrections, story: StoryId) -> Corrections {
    let concerns = |record: &CorrectionRecord| {
        record.by.story == story
            || record.corrects.as_ref().is_some_and(|it| it.story == story)
            || record.carried.iter().any(|it| it.carrier.story == story)
    };
    let records = corrections.corrections.into_iter().filter(concerns).collect();
    Corrections { corrections: records, ..corrections }
}

fn records(articles: &[InStory], texts: &[Option<ArticleFetched>]) -> Vec<CorrectionRecord> {
    let place_of: HashMap<ArticleId, usize> =
        articles.iter().enumerate().map(|(at, (_, it))| (it.id, at)).collect();
    let mut stories: HashMap<StoryId, u64> = HashMap::new();
    let mut watched = Vec::with_capacity(articles.len());
    for ((story, article), fetched) in articles.iter().zip(texts) {
        let number = stories.len() as u64;
        // After the stream was created anew, another article may have this sequence.
        let fetched = fetched.as_ref().filter(|it| it.id == article.id);
        let outlet = article.article.outlet.as_str();
        let agency = article.verdict.agency.as_ref().map(|agency| agency.name.as_str());
        let names = [outlet, agency.unwrap_or_default()];
        watched.push(Article {
            outlet,
            agency,
            story: *stories.entry(*story).or_insert(number),
            version_of: article.article.version_of.and_then(|id| place_of.get(&id).copied()),
            note: fetched
                .filter(|_| article.findings.note.is_some())
                .and_then(|it| note(&it.article.title, &it.text, &names)),
            text: fetched.map(|it| Text::new(&whole(it))),
        });
    }
    let found = trace_corrections(&watched);
    found.into_iter().filter_map(|correction| record(articles, correction)).collect()
}

/// Title and text.
fn whole(fetched: &ArticleFetched) -> String {
    let text = &fetched.text;
    let text = text.get(..text.floor_char_boundary(MOST_BYTES)).unwrap_or_default();
    format!("{}\n\n{text}", fetched.article.title)
}

fn record(articles: &[InStory], correction: Correction) -> Option<CorrectionRecord> {
    let carrier = |at: usize| articles[at].1.carrier(articles[at].0);
    let EditorNote { kind, words, .. } = articles[correction.by].1.findings.note.clone()?;
    let passages = correction.passages.into_iter();
    let carried = correction.carried.iter().map(|it| StillCarrying {
        carrier: carrier(it.article),
        url: articles[it.article].1.article.url.clone(),
        after: it.is_later,
    });
    Some(CorrectionRecord {
        kind,
        words,
        by: carrier(correction.by),
        corrects: correction.corrects.map(carrier),
        passages: passages
            .filter(|_| kind != NoteKind::Retraction)
            .map(|passage| CorrectedPassage { old: passage.old, new: passage.new })
            .collect(),
        carried: carried.collect(),
        corrected: correction.corrected.into_iter().map(carrier).collect(),
        how: FoundBy::Rule,
    })
}

impl NotedArticle {
    fn carrier(&self, story: StoryId) -> Carrier {
        let Source { outlet, via, seen, .. } = self.article.clone();
        Carrier { article: self.id, story, outlet, via, seen }
    }
}

/// The parts of an article in the output that corrections need.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NotedArticle {
    pub(crate) id: ArticleId,
    pub(crate) fetched: u64,
    pub(crate) article: Source,
    #[serde(default)]
    pub(crate) verdict: Judged,
    pub(crate) findings: Found,
}

/// Its publisher, and the article that it is a new version of.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Source {
    pub(crate) outlet: Outlet,
    pub(crate) via: Option<Outlet>,
    pub(crate) url: Option<String>,
    pub(crate) seen: Timestamp,
    pub(crate) version_of: Option<ArticleId>,
}

/// The original of its text.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Judged {
    pub(crate) agency: Option<Agency>,
}

/// The note in it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Found {
    pub(crate) note: Option<EditorNote>,
}

/// An article with its current story.
pub(crate) type InStory = (StoryId, NotedArticle);
