//! `compare`: compares two stored articles or two given texts.

use std::ops::Range;

use axum::Json;
use schemars::JsonSchema;
use serde::Deserialize;
use wirefold_fold::{
    Block, Change, Changes, Class, CopyKind, Described, Incoming, Passage, Verdict,
};
use wirefold_proto::{
    ArticleFetched, ArticleId, Containment, EventId, MAX_TEXT_BYTES, StoryId, Tag,
};
use wirefold_text::Sentence;

use crate::api::request::{JsonBody, Query};
use crate::api::{Answer, Api, ApiResult, Refusal};
use crate::shapes::{
    ChangeWord, Changed, CompareRequest, ComparedText, Comparison, GivenText, Relation,
    SentenceChange, SharedPassage, TextRange,
};
use crate::state::AppState;
use crate::text::{AnalysedText, TextComparison};

/// The most bytes of a request: two texts, escaped as JSON.
const MOST: usize = 4 * MAX_TEXT_BYTES;

/// Two articles: ids, prefixes of ids, or links.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareQuery {
    /// The earlier article: its id or the first digits of it, its link, or a story, of which it is the lead.
    #[schemars(length(min = 8))]
    a: String,
    /// The later article.
    #[schemars(length(min = 8))]
    b: String,
}

/// An article with its text, story and event.
struct Stored {
    side: Side,
    story: StoryId,
    event: EventId,
}

pub(super) async fn stored(api: Api, Query(query): Query<CompareQuery>) -> Answer<Comparison> {
    let of = |field: &'static str| move |refusal: Refusal| refusal.about_field(field);
    let a = api.app.side(&query.a).await.map_err(of("a"))?;
    let b = api.app.side(&query.b).await.map_err(of("b"))?;
    let relation = Relation::of(a.story == b.story, a.event == b.event);
    let comparison = api.app.compare(a.side, b.side).await?;
    Ok(Json(Comparison { stored: Some(relation), ..comparison }))
}

pub(super) async fn given(
    api: Api,
    JsonBody(asked): JsonBody<CompareRequest, MOST>,
) -> Answer<Comparison> {
    api.app.compare_given(asked).await.map(Json)
}

fn side_of(name: &str, given: GivenText) -> ApiResult<Side> {
    match given.text.len() > MAX_TEXT_BYTES {
        true => Err(Refusal::too_large(format!("`{name}.text` is over {MAX_TEXT_BYTES} bytes"))),
        false => Ok(Side::given(given)),
    }
}

impl AppState {
    /// Compares two given texts.
    pub(crate) async fn compare_given(&self, asked: CompareRequest) -> ApiResult<Comparison> {
        self.compare(side_of("a", asked.a)?, side_of("b", asked.b)?).await
    }

    async fn side(&self, given: &str) -> ApiResult<Stored> {
        let id = if given.contains("://") {
            let articles = self.projection.articles_at(given.to_owned()).await?;
            let newest = articles.first().map(|article| article.id);
            newest.ok_or_else(|| Refusal::not_found(format!("no article at {given:?}")))?
        } else if given.starts_with("s-") {
            self.story_brief(self.resolve_id(given).await?).await?.lead
        } else {
            self.resolve_id(given).await?
        };
        let detail = self.article_detail(id).await?;
        let fetched = self.fetched(id, detail.output.input.enriched).await?;
        let gone = || Refusal::gone(format!("the text of {id} has expired"));
        let side = Side::stored(fetched.ok_or_else(gone)?);
        Ok(Stored { side, story: detail.story, event: detail.event })
    }

    async fn compare(&self, a: Side, b: Side) -> ApiResult<Comparison> {
        let done = self.compute(move || compare(&a, &b)).await?;
        done.ok_or_else(|| Refusal::failed("the detector gave no verdict"))
    }
}

/// Compares the two texts as if they came one after the other; `None` if the detector fails.
pub(super) fn compare(a: &Side, b: &Side) -> Option<Comparison> {
    let items = [a.items("a"), b.items("b")];
    let (earlier, later) = (a.described(&items[0]), b.described(&items[1]));
    let found = TextComparison::new(&earlier, &later)?;
    let (relation, overlap) = (found.relation(), &found.overlap);
    let is_close = relation == Relation::SameStory || !overlap.passages.is_empty();
    let quotation = |block: &Block| shared(&found, &Passage { blocks: vec![*block] });
    let verdict = &found.explanation.later;
    Some(Comparison {
        schema: Tag::new(),
        a: described(a, &found.earlier, &found.explanation.earlier),
        b: described(b, &found.later, verdict),
        relation,
        stored: None,
        kind: (verdict.class == Class::Copy).then_some(verdict.kind).flatten().map(kind),
        grounds: found.explanation.grounds.name().to_owned(),
        probability: share(found.explanation.probability),
        words: format!("{}{}", describe(relation), found.words()),
        contained: share(overlap.contained),
        containing: share(overlap.containing),
        longest: overlap.longest,
        simhash_distance: found.simhash_distance(),
        passages: overlap.passages.iter().map(|passage| shared(&found, passage)).collect(),
        shared_quotations: overlap.shared_quotations.iter().map(quotation).collect(),
        changes: is_close.then(|| changed(&found)),
    })
}

fn described(side: &Side, read: &AnalysedText, verdict: &Verdict) -> ComparedText {
    ComparedText {
        id: side.id,
        title: side.title.clone(),
        outlet: side.outlet.clone(),
        words: narrow(read.text.words().len()),
        length: narrow(side.text.chars().count()),
        comparable: verdict.comparable,
    }
}

/// The relation in words, which stands before the evidence.
fn describe(relation: Relation) -> &'static str {
    match relation {
        Relation::SameStory => "",
        Relation::SameEvent => "two texts about one happening, not one story: ",
        Relation::Unrelated => "not one story: ",
    }
}

fn kind(kind: CopyKind) -> wirefold_proto::CopyKind {
    match kind {
        CopyKind::Exact => wirefold_proto::CopyKind::Exact,
        CopyKind::Reprint => wirefold_proto::CopyKind::Reprint,
        CopyKind::Partial => wirefold_proto::CopyKind::Partial,
    }
}

fn share(share: f64) -> Containment {
    Containment::new(share.clamp(0.0, 1.0)).unwrap_or_default()
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn shared(found: &TextComparison, passage: &Passage) -> SharedPassage {
    SharedPassage {
        a: text_range(&found.earlier, &passage.there()),
        b: text_range(&found.later, &passage.here()),
        words: passage.blocks.iter().map(|block| block.len).sum(),
        edits: narrow(passage.blocks.len().saturating_sub(1)),
    }
}

/// A range of the body's words as a range of the text.
fn text_range(of: &AnalysedText, words: &Range<usize>) -> TextRange {
    let stretch = of.stretch(words);
    let points = of.text.code_points(stretch);
    TextRange {
        start: narrow(points.start),
        end: narrow(points.end),
        text: stretch.of(of.text.original()).to_owned(),
    }
}

fn changed(found: &TextComparison) -> Changed {
    let changes = found.changes();
    let count = changes.count();
    let sentences = changes.changes.iter().filter_map(|change| sentence(found, &changes, *change));
    Changed {
        kept: narrow(count.kept),
        reworded: narrow(count.reworded),
        moved: narrow(count.moved),
        added: narrow(count.added),
        dropped: narrow(count.dropped),
        sentences: sentences.collect(),
    }
}

fn sentence(found: &TextComparison, changes: &Changes, change: Change) -> Option<SentenceChange> {
    use ChangeWord::{Added, Dropped, Moved, MovedAndReworded, Reworded};
    let (word, old, new) = match change {
        Change::Kept { .. } => return None,
        Change::Reworded { old, new, moved: false } => (Reworded, Some(old), Some(new)),
        Change::Reworded { old, new, moved: true } => (MovedAndReworded, Some(old), Some(new)),
        Change::Moved { old, new } => (Moved, Some(old), Some(new)),
        Change::Added { new } => (Added, None, Some(new)),
        Change::Dropped { old } => (Dropped, Some(old), None),
    };
    let words = |of: &AnalysedText, sentences: &[Sentence], at: Option<usize>| {
        at.map(|at| sentences[at].span.of(of.text.original()).to_owned())
    };
    let number = |at: usize| narrow(at + 1);
    Some(SentenceChange {
        change: word,
        a: old.map(number),
        b: new.map(number),
        old: words(&found.earlier, &changes.old, old),
        new: words(&found.later, &changes.new, new),
    })
}

/// One of two compared articles.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    pub(super) id: Option<ArticleId>,
    pub(super) title: Option<String>,
    pub(super) outlet: Option<String>,
    pub(super) text: String,
    /// The names of its item.
    items: Vec<String>,
    /// The outlet as the detector uses it; `None` if it has no site.
    site: Option<String>,
    via: Option<String>,
    page: Option<String>,
    byline: String,
    seen: Option<i64>,
    published: Option<i64>,
}

impl Side {
    /// A stored article, as the detector got it.
    pub(super) fn stored(fetched: ArticleFetched) -> Side {
        let about = &fetched.article;
        let seen = about.seen.as_second();
        let published = about.plausible_time().map_or(seen, |time| time.as_second());
        Side {
            id: Some(fetched.id),
            title: Some(about.title.clone()),
            outlet: Some(about.outlet.to_string()),
            items: about.item_names(fetched.id),
            site: about.site().map(str::to_owned),
            via: about.via.as_ref().map(ToString::to_string),
            page: about.page().map(str::to_owned),
            byline: about.authors.join(", "),
            seen: Some(seen),
            published: Some(published),
            text: fetched.text,
        }
    }

    /// A text given in the request.
    pub(super) fn given(given: GivenText) -> Side {
        let published = given.published.map(|time| time.as_second());
        Side {
            title: given.title,
            site: given.outlet.clone().filter(|outlet| !outlet.trim().is_empty()),
            outlet: given.outlet,
            items: given.url.iter().cloned().collect(),
            page: given.url,
            seen: published,
            published,
            text: given.text,
            ..Side::default()
        }
    }

    /// The names of its item. An article without one is an item of its own.
    pub(super) fn items<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        [name].into_iter().chain(self.items.iter().map(String::as_str)).collect()
    }

    /// The article in the detector's form.
    pub(super) fn described<'a>(&'a self, items: &'a [&'a str]) -> Described<'a> {
        let incoming = Incoming {
            items,
            outlet: self.site.as_deref(),
            via: self.via.as_deref(),
            page: self.page.as_deref(),
            title: self.title.as_deref().unwrap_or_default(),
            byline: &self.byline,
            text: &self.text,
            ..Incoming::default()
        };
        Described { incoming, seen: self.seen, published: self.published }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::GivenText;

    const TEXT: &str = "The ferry to Sandholm sails again after two days in port — the storm had \
        closed the whole coast. Twenty-eight passengers boarded the first boat on Sunday morning, \
        among them a choir on its way home. The captain said that the sea was calm by dawn and \
        that no damage was found on the hull. Tickets bought for the cancelled days stay valid \
        until the end of the month, the owner told the passengers at the quay.";

    fn side(text: &str) -> Side {
        given(text, None, None)
    }

    fn given(text: &str, title: Option<&str>, outlet: Option<&str>) -> Side {
        Side::given(GivenText {
            text: text.to_owned(),
            title: title.map(str::to_owned),
            outlet: outlet.map(str::to_owned),
            url: None,
            published: None,
        })
    }

    #[test]
    fn a_reprint_is_shown_with_its_places_in_code_points() {
        let later = format!("Ünïcödé léde wörds stand here first. {TEXT}");
        let found = compare(&side(TEXT), &side(&later)).unwrap();
        assert_eq!(found.relation, Relation::SameStory);
        assert_eq!(found.passages.len(), 1);
        let passage = &found.passages[0];
        for (place, text) in [(&passage.a, TEXT), (&passage.b, later.as_str())] {
            let cut: String = text
                .chars()
                .skip(place.start as usize)
                .take((place.end - place.start) as usize)
                .collect();
            assert_eq!(cut, place.text);
        }
        let changes = found.changes.unwrap();
        assert_eq!((changes.kept, changes.added), (4, 1));
        assert_eq!(changes.sentences[0].change, ChangeWord::Added);
    }

    #[test]
    fn pages_of_one_outlet_are_judged_by_its_rules() {
        let own = |name: &str| {
            let sentence = |at: usize| format!("{name}{at} {name}x{at} {name}y{at} ");
            (0..12).map(sentence).collect::<String>()
        };
        let page = |title: &str, outlet: &str| {
            let text = format!("{}.\n\n{TEXT}", own(&title.to_lowercase()));
            given(&text, Some(title), Some(outlet))
        };
        let here = page("Library", "a.example");
        let chrome = compare(&here, &page("Budget", "a.example")).unwrap();
        assert_ne!(chrome.relation, Relation::SameStory, "{}", chrome.words);
        assert_eq!(chrome.grounds, "unlikely");
        let copied = compare(&here, &page("Library", "b.example")).unwrap();
        assert_eq!(copied.relation, Relation::SameStory, "{}", copied.words);
    }

    #[test]
    fn strangers_are_not_set_side_by_side() {
        let other = "Parliament debated the budget until midnight and adjourned without a vote, \
            although all four parties had promised to finish before the summer recess began. The \
            minister of finance refused to answer questions about the new tax on fuel, and the \
            speaker closed the session early because too few members were left in the room.";
        let found = compare(&side(TEXT), &side(other)).unwrap();
        assert_eq!((found.relation, found.changes), (Relation::Unrelated, None));
        assert!(found.contained.get() < 0.05);
    }

    #[test]
    fn texts_that_no_newsroom_sends_fold_with_nothing_and_are_told_why() {
        let backwards: Vec<&str> = TEXT.split(' ').rev().collect();
        let quoted = format!("“{}”", backwards.join(" "));
        let chrome = "Read more\nAdvertisement\nShare on Facebook";
        for text in ["", " \n\t", "\u{200f}\u{200e}", "7 11 13", chrome, &quoted] {
            let found = compare(&side(text), &side(TEXT)).unwrap();
            assert_ne!(found.relation, Relation::SameStory, "{text}");
            assert!(found.words.contains("p = 0.0"), "{}", found.words);
        }
        let paragraphs = |name: &str| (0..10_000).map(|at| format!("{name}{at}.\n\n")).collect();
        let (one, other): (String, String) = (paragraphs("p"), paragraphs("q"));
        let found = compare(&side(&one), &side(&other)).unwrap();
        assert_eq!(found.relation, Relation::Unrelated);
    }

    #[test]
    fn empty_texts_do_no_harm() {
        let found = compare(&side(""), &side("")).unwrap();
        assert!(found.passages.is_empty() && !found.a.comparable);
    }
}
