//! The corrections of an event. If one of its articles has a note, all are read again with their texts.
//!
//! Nothing is stored. The answer follows from the output and the stored texts, so a rebuilt projection gives
//! the same answer.

use std::collections::HashMap;

use futures_util::future::try_join_all;
use wirefold_corrections::{Article, Correction, note, trace_corrections};
use wirefold_proto::{
    ArticleFetched, ArticleId, EditorNote, EventId, FoundBy, NoteKind, StoryId, Tag,
};
use wirefold_text::Text;

use crate::AppState;
use crate::refusal::ApiResult;
use crate::shapes::{Carrier, CorrectedPassage, CorrectionRecord, Corrections, StillCarrying};
use crate::statements::InStory;

/// The most articles of an event whose texts are read: first those with a note, then the first seen.
const MOST_TEXTS: usize = 200;
/// The most bytes of one text.
const MOST_BYTES: usize = 64 * 1024;

/// The corrections of an event.
pub(crate) async fn of_event(app: &AppState, event: EventId) -> ApiResult<Corrections> {
    let noted = app.projection.noted(event, MOST_TEXTS).await?;
    let (mut articles, unread_articles) = app.outputs_of_event(noted).await?;
    articles.sort_by_key(|(_, it)| (it.article.seen, it.input.enriched));
    let reads = articles.iter().map(|(_, it)| app.fetched(it.id, it.input.enriched));
    let texts = try_join_all(reads).await?;
    let corrections = app.compute(move || records(&articles, &texts)).await?;
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
        let outlet = article.article.outlet.as_str();
        let agency = article.verdict.agency.as_ref().map(|agency| agency.name.as_str());
        let names = [outlet, agency.unwrap_or_default()];
        watched.push(Article {
            outlet,
            agency,
            story: *stories.entry(*story).or_insert(number),
            version_of: article.article.version_of.and_then(|id| place_of.get(&id).copied()),
            note: fetched
                .as_ref()
                .filter(|_| article.findings.note.is_some())
                .and_then(|it| note(&it.article.title, &it.text, &names)),
            text: fetched.as_ref().map(|it| Text::new(&whole(it))),
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
    let carrier = |at: usize| Carrier::of(&articles[at]);
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
