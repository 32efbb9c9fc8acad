//! The state of the detector, and how it decides about an article.
//!
//! An article or a command comes in, in order; its decision goes out. The same inputs in the same
//! order give the same decisions, so a stored decision is replayed by deciding again. This module
//! never reads a stream or a clock.

mod overrides;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;
use wirefold_fold::{
    Class, Detector, DocId, Incoming, Match, OutletId, Prepared, Settings, StoryId, TextFile,
};
use wirefold_proto::{
    AboutArticle, Agency, ArticleEnriched, ArticleId, DecisionId, LEAD_CHARACTERS, LEAD_WORDS,
    Offsets, OutputArticle, StoryChange, Tag, TextPolicy,
};
use wirefold_text::extract::{Trace, dateline};

use crate::agency::{AgencySource, agency};
use crate::decided_ids::DecidedIds;
use crate::groups::{CountedArticle, Groups};
use crate::lead::{Claim, MIN_LEAD_SHARE};
use crate::metrics::EVICTED;
use crate::preparing::{byline, incoming};
use crate::text_file::TextFolder;
use crate::verdict::{VerdictParts, correction, verdict};
use crate::window_article::{WindowArticle, WindowArticles};

/// Seconds in a day. Like `fold`, this state removes old articles once a day.
const DAY: i64 = 24 * 3600;

/// The configuration on which the state depends.
#[derive(Debug, Clone)]
pub(crate) struct DetectorConfig {
    pub(crate) settings: Settings,
    /// The folder of the text store.
    pub(crate) folder: Arc<TextFolder>,
}

/// A decision.
pub(crate) struct DecidedArticle {
    /// The decision, without the article's text.
    pub(crate) record: OutputArticle,
    pub(crate) doc: DocId,
    /// The story of the article after all merges and splits.
    pub(crate) story: StoryId,
}

/// The state of the detector service: everything that decisions depend on.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct DetectorState {
    window: i64,
    detector: Detector,
    window_articles: WindowArticles,
    groups: Groups,
    decided_ids: DecidedIds,
    /// Hashes of the ids of the last commands. A command that comes again is skipped.
    recent_commands: VecDeque<u64>,
    /// Stream time in seconds. It never decreases.
    time: i64,
}

impl DetectorState {
    pub(crate) fn new(config: &DetectorConfig) -> Self {
        let settings = &config.settings;
        Self {
            window: settings.window,
            detector: Detector::new(settings.clone()).with_text_files(Some(config.folder.clone())),
            window_articles: WindowArticles::default(),
            groups: Groups::default(),
            decided_ids: DecidedIds::new(settings.window),
            recent_commands: VecDeque::new(),
            time: 0,
        }
    }

    /// Whether an article has a decision.
    pub(crate) fn is_decided(&self, id: ArticleId) -> bool {
        self.decided_ids.contains(id)
    }

    /// How many articles are in the window.
    pub(crate) fn articles(&self) -> usize {
        self.detector.articles()
    }

    /// The text files by number.
    pub(crate) fn text_files(&self) -> &BTreeMap<u32, Arc<dyn TextFile>> {
        self.detector.text_files()
    }

    /// Records that an article has a decision, without deciding again, because its text is no longer stored.
    pub(crate) fn record_id(&mut self, id: ArticleId, seen: Timestamp) {
        self.advance_time(seen.as_second());
        self.decided_ids.insert(id, self.time);
    }

    /// Takes over the ids and counts of a committed decision, if the replay gave others.
    pub(crate) fn adopt_decision(&mut self, decided: &DecidedArticle, committed: &OutputArticle) {
        self.groups.adopt_decision(decided.story, committed);
    }

    /// Decides about an article and adds it to the state.
    pub(crate) fn decide_article(
        &mut self,
        enriched: ArticleEnriched,
        prepared: Option<Prepared>,
        decision: DecisionId,
        input: Offsets,
    ) -> DecidedArticle {
        let about = &enriched.article;
        self.advance_time(about.seen.as_second());
        self.decided_ids.insert(enriched.id, self.time);
        let byline = byline(&enriched);
        let judged = self.observe(&enriched, prepared, &byline);
        let counted = CountedArticle {
            id: enriched.id,
            seen: about.seen,
            time: self.time,
            outlet: OutletId::of(about.outlet.as_str()),
            comparable: judged.comparable,
            is_version: judged.class == Class::Version,
            claim: self.claim(about, judged.doc),
        };
        self.window_articles.insert(judged.doc, WindowArticle { counted, byline });
        let (story, mut changes) = (judged.story, self.add_to_groups(&judged, &counted));
        changes.extend(self.choose_lead(&judged, story, &counted));
        let correction = correction(&judged);
        let agency = self.agency(&judged);
        changes.extend(self.credit_change(&judged, story, agency.as_ref()));
        let parts = VerdictParts { story, agency, correction };
        let record = self.record(enriched, &judged, parts, decision, input);
        DecidedArticle { record: OutputArticle { changes, ..record }, doc: judged.doc, story }
    }

    fn observe(
        &mut self,
        enriched: &ArticleEnriched,
        prepared: Option<Prepared>,
        byline: &str,
    ) -> wirefold_fold::Verdict {
        let about = &enriched.article;
        let items = about.item_names(enriched.id);
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let incoming = Incoming {
            items: &items,
            time: self.time,
            published: about.plausible_time().map_or(self.time, Timestamp::as_second),
            ..incoming(enriched, byline)
        };
        let before = self.detector.evicted();
        let judged = match prepared {
            Some(prepared) => self.detector.decide(&incoming, &prepared),
            None => self.detector.observe(&incoming),
        };
        let evicted = self.detector.evicted() - before;
        if evicted > 0 {
            self.forget_evicted(evicted);
        }
        judged
    }

    /// Removes the articles that `fold` evicted, and reports them.
    fn forget_evicted(&mut self, evicted: u64) {
        let detector = &self.detector;
        self.window_articles.retain(|doc, _| detector.has_article(doc));
        self.groups.forget(self.time - self.window, |story| detector.has_story(story));
        EVICTED.add(evicted, &[]);
        let (kept, bytes) = (self.detector.articles(), self.detector.window_bytes());
        warn!(
            evicted,
            kept, bytes, "articles left the window early: it is full; raise retention.max_bytes"
        );
    }

    /// As much of the text of an article in the window as the policy allows.
    pub(crate) fn published_text(&self, doc: DocId, policy: TextPolicy) -> Option<String> {
        let text = self.detector.text(doc)?;
        match policy {
            TextPolicy::None => None,
            TextPolicy::Lead => Some(text.opening(LEAD_WORDS, LEAD_CHARACTERS).to_owned()),
            TextPolicy::Full => Some(text.original().to_owned()),
        }
    }

    /// The evidence that an article is the source of its text.
    fn claim(&self, about: &AboutArticle, doc: DocId) -> Claim {
        let is_outlets_own = about.is_outlets_own();
        let published = about.plausible_time().map(Timestamp::as_second);
        let traces = self.detector.agency_traces(doc);
        Claim {
            is_credited: traces.iter().any(|trace| trace.trace == Trace::Credited),
            has_dateline: self.detector.text(doc).is_some_and(|text| dateline(&text).is_some()),
            published: Claim::plausible_time(published, about.seen.as_second(), is_outlets_own),
            is_outlets_own,
        }
    }

    /// Makes a copy the lead of its story if it has most of the lead's text and stronger evidence.
    fn choose_lead(
        &mut self,
        judged: &wirefold_fold::Verdict,
        story: StoryId,
        counted: &CountedArticle,
    ) -> Option<StoryChange> {
        let lead = self.groups.story(story)?.lead;
        let is_lead =
            |doc| self.window_articles.get(doc).is_some_and(|article| article.counted.id == lead);
        let has_its_text = |of: &Match| of.evidence.containing >= MIN_LEAD_SHARE && is_lead(of.doc);
        let may_lead = judged.class == Class::Copy && judged.matches.iter().any(has_its_text);
        may_lead.then(|| self.groups.update_lead(story, counted)).flatten()
    }

    /// Adds an article to its story and event, after the merges that it caused. Returns these.
    fn add_to_groups(
        &mut self,
        judged: &wirefold_fold::Verdict,
        counted: &CountedArticle,
    ) -> Vec<StoryChange> {
        let merges = judged.merged_events.iter();
        let mut changes: Vec<StoryChange> =
            merges.filter_map(|merge| self.groups.merge_events(*merge, Some(counted.id))).collect();
        for merge in &judged.merged_stories {
            changes.extend(self.groups.merge_stories(*merge, Some(counted.id)));
        }
        if self.groups.story(judged.story).is_none() {
            let continues = judged.continues.and_then(|event| self.groups.event_id(event));
            self.groups.open_story(judged.story, judged.event, counted, continues);
        }
        self.groups.count_article(judged.story, counted);
        changes
    }

    fn agency(&self, judged: &wirefold_fold::Verdict) -> Option<Agency> {
        let said = judged.agency.as_ref()?;
        let (own, other) =
            (self.detector.text(judged.doc), said.through.map(|doc| self.detector.text(doc)));
        let source = |doc: DocId, text| {
            let article = self.window_articles.get(doc)?;
            let traces = self.detector.agency_traces(doc);
            Some((article.counted.id, AgencySource { text, traces, byline: &article.byline }))
        };
        let (_, own) = source(judged.doc, own.as_deref())?;
        let text = other.as_ref().and_then(|text| text.as_deref());
        Some(agency(said, own, said.through.and_then(|doc| source(doc, text))))
    }

    /// The change to report if a later article of a story reveals the agency behind it.
    fn credit_change(
        &mut self,
        judged: &wirefold_fold::Verdict,
        story: StoryId,
        agency: Option<&Agency>,
    ) -> Option<StoryChange> {
        let entry = self.groups.story_mut(story)?;
        let agency = agency.filter(|_| !entry.is_credited)?;
        entry.is_credited = true;
        let is_later = judged.doc != judged.story.first_article();
        is_later.then(|| StoryChange::Credited { story: entry.id, agency: agency.clone() })
    }

    fn record(
        &self,
        enriched: ArticleEnriched,
        judged: &wirefold_fold::Verdict,
        parts: VerdictParts,
        decision: DecisionId,
        input: Offsets,
    ) -> OutputArticle {
        const KNOWN: &str = "the article has just been entered";
        let (story, groups) = (parts.story, &self.groups);
        let ArticleEnriched { id, mut article, made_title, findings, .. } = enriched;
        if let Some(title) = made_title {
            article.title = title;
        }
        OutputArticle {
            schema: Tag::new(),
            id,
            decision,
            input,
            article,
            text_policy: TextPolicy::None,
            text: None,
            findings,
            verdict: verdict(judged, groups, &self.window_articles, parts).expect(KNOWN),
            story_state: groups.story_state(story).expect(KNOWN),
            event_state: groups.event_state(groups.event_of(story)).expect(KNOWN),
            changes: Vec::new(),
        }
    }

    /// Advances stream time. Once a day, removes the articles that `fold` is about to remove.
    fn advance_time(&mut self, seen: i64) {
        let before = self.time.div_euclid(DAY);
        self.time = self.time.max(seen);
        if self.time.div_euclid(DAY) > before {
            let oldest = self.time - self.window;
            self.window_articles.retain(|_, article| article.counted.time >= oldest);
            self.groups.forget(oldest, |_| true);
        }
    }
}

impl DetectorState {
    /// Makes a state that was just read from a snapshot whole: with the settings, and with the files of its texts.
    pub(crate) fn reopen(
        &mut self,
        config: &DetectorConfig,
        files: BTreeMap<u32, Arc<dyn TextFile>>,
    ) {
        let empty = Detector::new(config.settings.clone());
        let read = std::mem::replace(&mut self.detector, empty);
        self.detector = read.reopened(config.settings.clone(), Some(config.folder.clone()), files);
    }
}
