//! One article of the output as alerts see it.

use std::borrow::Cow;

use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AlertArticle, AlertReason, ArticleFetched, EntityKind, GroupBy, Headline, Input, LanguageTag,
    MaterialReason, OutputArticle, ReasonKind, Target,
};
use wirefold_query::{Document, Numbers, Prepared};

/// Where something stands in the output: its place in the order of decisions, and in the stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The sequence in `WF_FETCHED` of the article decided; 0 for commands.
    pub(crate) fetched: u64,
    /// The sequence in `WF_OUTPUT`.
    pub(crate) output: u64,
}

impl Place {
    /// Whether an alert that speaks up to `end` speaks of this. What came late, behind its
    /// place among the decisions, has a later sequence in the output and so is not spoken of.
    pub(crate) fn is_covered_by(self, end: Self) -> bool {
        self.fetched <= end.fetched && self.output <= end.output
    }

    pub(crate) fn min(self, other: Self) -> Self {
        Self { fetched: self.fetched.min(other.fetched), output: self.output.min(other.output) }
    }

    pub(crate) fn max(self, other: Self) -> Self {
        Self { fetched: self.fetched.max(other.fetched), output: self.output.max(other.output) }
    }
}

/// The numbers of an event or story.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) outlets: u32,
    pub(crate) origins: u32,
    pub(crate) copies: u32,
}

impl Tally {
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            outlets: self.outlets.max(other.outlets),
            origins: self.origins.max(other.origins),
            copies: self.copies.max(other.copies),
        }
    }

    pub(crate) fn numbers(self) -> Numbers<'static> {
        Numbers { origins: self.origins, outlets: self.outlets, ages: &[] }
    }
}

/// One article of the output, made ready.
pub(crate) struct Piece {
    pub(crate) place: Place,
    pub(crate) seen: UnixMillis,
    pub(crate) output: OutputArticle,
    pub(crate) prepared: Prepared,
}

impl Piece {
    /// Makes an article ready; `fetched` is its text, where it is still kept.
    pub(crate) fn new(
        sequence: u64,
        output: OutputArticle,
        fetched: Option<&ArticleFetched>,
    ) -> Self {
        let place = Place { fetched: position(&output), output: sequence };
        let prepared = prepared(&output, fetched);
        Self { place, seen: unix_millis(output.article.seen), output, prepared }
    }

    /// Whether it was there before its feed was followed.
    pub(crate) fn is_baseline(&self) -> bool {
        self.output.article.baseline
    }

    /// All that alerts may be about.
    pub(crate) fn targets(&self) -> [Target; 2] {
        [GroupBy::Event, GroupBy::Story].map(|by| self.target(by))
    }

    /// What an alert of this grouping is about.
    pub(crate) fn target(&self, group_by: GroupBy) -> Target {
        match group_by {
            GroupBy::Event => Target::Event(self.output.verdict.event),
            GroupBy::Story => Target::Story(self.output.verdict.story),
        }
    }

    /// The numbers of what it is about. A story has one origin.
    pub(crate) fn tally(&self, target: Target) -> Tally {
        let (event, story) = (&self.output.event_state, &self.output.story_state);
        match target {
            Target::Event(_) => Tally {
                outlets: event.outlets,
                origins: event.origins,
                copies: event.articles.saturating_sub(event.stories),
            },
            Target::Story(_) => Tally {
                outlets: story.outlets,
                origins: 1,
                copies: story.articles.saturating_sub(1),
            },
        }
    }

    pub(crate) fn first_seen(&self, target: Target) -> UnixMillis {
        unix_millis(match target {
            Target::Event(_) => self.output.event_state.first_seen,
            Target::Story(_) => self.output.story_state.first_seen,
        })
    }

    pub(crate) fn article(&self) -> AlertArticle {
        let about = &self.output.article;
        AlertArticle {
            id: self.output.id,
            outlet: about.outlet.clone(),
            via: about.via.clone(),
            title: shortened(&about.title),
            url: about.canonical_url.clone().or_else(|| about.url.clone()),
            seen: about.seen,
        }
    }

    pub(crate) fn headline(&self) -> Headline {
        let language = self.output.findings.language.as_ref().map(|found| found.tag.clone());
        Headline {
            title: shortened(&self.output.article.title),
            language: language.unwrap_or_else(LanguageTag::unknown),
        }
    }

    /// Why it changes what is known. A text too short to be compared is never the reason.
    pub(crate) fn material(&self) -> Option<AlertReason> {
        let found = self.output.verdict.material.as_ref();
        let found = found.filter(|found| found.material && self.output.verdict.comparable)?;
        let detail = found.detail.as_deref().map(|detail| format!(": {detail}"));
        let detail = detail.unwrap_or_default();
        let (kind, words) = match found.reason {
            MaterialReason::NewNumber => (ReasonKind::Material, "new number in the lede"),
            MaterialReason::NewName => (ReasonKind::Material, "new name in the lede"),
            MaterialReason::NewAct => (ReasonKind::Material, "new act in the lede"),
            MaterialReason::LedeRewritten => (ReasonKind::Material, "lede rewritten"),
            MaterialReason::FollowUp => (ReasonKind::Material, "follow-up, mostly new text"),
            MaterialReason::Correction => (ReasonKind::Correction, "correction"),
            MaterialReason::Cosmetic => return None,
        };
        Some(AlertReason { kind, words: format!("{words}{detail}") })
    }
}

/// The longest title in an alert, in characters: feeds are strangers.
const TITLE: usize = 500;

fn shortened(title: &str) -> String {
    match title.char_indices().nth(TITLE) {
        None => title.to_owned(),
        Some((end, _)) => format!("{}…", &title[..end]),
    }
}

/// The place of an article in the order of the decisions.
pub(crate) fn position(output: &OutputArticle) -> u64 {
    match output.decision.input {
        Input::Article(sequence) => sequence,
        Input::Command(_) | Input::Epoch => output.fetched,
    }
}

fn prepared(output: &OutputArticle, fetched: Option<&ArticleFetched>) -> Prepared {
    let about = &output.article;
    let teaser = about.teaser.as_deref().unwrap_or_default();
    let given = || [teaser, output.text.as_deref().unwrap_or_default()].join("\n\n");
    let text = fetched.filter(|fetched| !fetched.text.is_empty());
    let text = text.map_or_else(|| Cow::Owned(given()), |full| Cow::Borrowed(&*full.text));
    let url = about.canonical_url.as_deref().or(about.url.as_deref());
    let url = url.and_then(|url| url::Url::parse(url).ok());
    let feeds: Vec<&str> = about.feeds.iter().map(|feed| feed.as_str()).collect();
    let findings = &output.findings;
    let keys = |places_only: bool| -> Vec<&str> {
        let wanted = findings.entities.iter();
        let wanted = wanted.filter(|found| !places_only || found.kind == EntityKind::Place);
        wanted.map(|found| found.key.as_str()).collect()
    };
    let dateline = findings.dateline.as_ref().and_then(|found| found.place.as_deref());
    let dateline = dateline.map(wirefold_text::extract::name_key).unwrap_or_default();
    let mut places = keys(true);
    places.extend((!dateline.is_empty()).then_some(dateline.as_str()));
    let topics = findings.topics.iter();
    let topics: Vec<&str> = topics.flat_map(|found| [found.code.as_str(), &found.name]).collect();
    Prepared::new(&Document {
        title: &about.title,
        text: &text,
        outlet: about.outlet.as_str(),
        site: url.as_ref().and_then(url::Url::host_str).unwrap_or_default(),
        agency: output.verdict.agency.as_ref().map_or("", |agency| &agency.name),
        language: findings.language.as_ref().map_or("", |found| found.tag.as_str()),
        class: output.verdict.class.as_str(),
        feeds: &feeds,
        entities: &keys(false),
        places: &places,
        topics: &topics,
    })
}
