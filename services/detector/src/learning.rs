//! The state of the detector, and how it learns an article.
//!
//! An article or a command comes in, in order; its decision goes out. The same inputs in the same order give the
//! same decisions, so a stored decision is learnt by deciding again. It never reads a stream or a clock.

mod overrides;
mod parts;
mod regrouping;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use tracing::warn;
use wirefold_dedup::codec::{Reader, Written};
use wirefold_dedup::{
    Class, Detector, DocId, Evidence, Incoming, OutletId, Prepared, Settings, StoryId, TextFile,
};
use wirefold_proto::{
    AboutArticle, Agency, ArticleFetched, ArticleId, ArticleJudged, DecisionId, Materiality,
    Offsets, StoryChange, Tag,
};
use wirefold_text::extract::{Trace, dateline};

use crate::agency::{Witness, agency};
use crate::ahead::{byline, incoming};
use crate::decided_ids::DecidedIds;
use crate::fit::fit;
use crate::groups::{Entering, Groups};
use crate::lead::{Claim, LEAD_SHARE};
use crate::metrics::EVICTED;
use crate::text_file::Folder;
use crate::verdict::{Beside, material, verdict};
use crate::window_article::{WindowArticle, WindowArticles};

pub(crate) use parts::LearningPart;

/// Seconds in a day: the step in which dedup forgets, and so do we.
const DAY: i64 = 24 * 3600;

/// How everything is learnt.
#[derive(Debug, Clone)]
pub(crate) struct DetectorConfig {
    pub(crate) settings: Settings,
    /// Where texts stand outside of memory.
    pub(crate) folder: Arc<Folder>,
}

/// A decision with its bytes.
pub(crate) struct Learnt {
    pub(crate) record: ArticleJudged,
    pub(crate) body: Vec<u8>,
    /// The story that the article is in now.
    pub(crate) story: StoryId,
}

/// What the detector knows.
#[derive(Clone)]
pub(crate) struct Learning {
    window: i64,
    dedup: Detector,
    places: WindowArticles,
    groups: Groups,
    decided_ids: DecidedIds,
    /// Changes that found no room in a decision yet.
    waiting: VecDeque<StoryChange>,
    /// The last commands, by hashes of their ids: one that comes again is not applied again.
    applied: VecDeque<u64>,
    /// Stream time in seconds: never runs back.
    time: i64,
}

impl Learning {
    pub(crate) fn new(ground: &DetectorConfig) -> Self {
        let settings = &ground.settings;
        Self {
            window: settings.window,
            dedup: Detector::new(settings.clone()).with_text_files(Some(ground.folder.clone())),
            places: WindowArticles::default(),
            groups: Groups::default(),
            decided_ids: DecidedIds::new(settings.window),
            waiting: VecDeque::new(),
            applied: VecDeque::new(),
            time: 0,
        }
    }

    /// Whether an article was decided on already.
    pub(crate) fn knows(&self, id: ArticleId) -> bool {
        self.decided_ids.contains(id)
    }

    /// How many articles are in the window.
    pub(crate) fn articles(&self) -> usize {
        self.dedup.articles()
    }

    /// The text files, as a snapshot numbers them.
    pub(crate) fn text_files(&self) -> Vec<Arc<dyn TextFile>> {
        self.dedup.text_files()
    }

    /// Remembers an article whose text is kept no longer.
    pub(crate) fn note(&mut self, id: ArticleId, seen: Timestamp) {
        self.pass_to(seen.as_second());
        self.decided_ids.insert(id, self.time);
    }

    /// Takes over what a decision that stands says, where it is not what was learnt.
    pub(crate) fn adopt(&mut self, learnt: &Learnt, standing: &ArticleJudged) {
        self.groups.adopt(learnt.story, standing);
    }

    /// Decides on an article and learns it.
    pub(crate) fn learn(
        &mut self,
        fetched: &ArticleFetched,
        prepared: Option<Prepared>,
        decision: DecisionId,
        input: Offsets,
    ) -> Learnt {
        let about = &fetched.article;
        self.pass_to(about.seen.as_second());
        self.decided_ids.insert(fetched.id, self.time);
        let byline = byline(fetched);
        let found = self.observe(fetched, prepared, &byline);
        let entering = Entering {
            id: fetched.id,
            fetched: input.fetched,
            seen: about.seen,
            time: self.time,
            outlet: OutletId::of(about.outlet.as_str()),
            comparable: found.comparable,
            is_version: found.class == Class::Version,
            claim: self.claim(about, found.doc),
        };
        self.places.insert(found.doc, WindowArticle { article: entering, byline });
        let (story, mut changes) = self.group(&found, &entering);
        changes.extend(self.regroup(&found, &about.outlet));
        let story = self.dedup.story_with(found.doc).unwrap_or(story);
        changes.extend(self.lead(&found, story, &entering));
        let material = self.material(&found, story);
        let agency = self.agency(&found);
        changes.extend(self.credit(&found, story, agency.as_ref()));
        self.waiting.extend(changes);
        let beside = Beside { story, agency, material };
        let mut record = self.record(fetched, &found, beside, decision, input);
        let body = fit(&mut record, &mut self.waiting);
        Learnt { record, body, story }
    }

    fn observe(
        &mut self,
        fetched: &ArticleFetched,
        prepared: Option<Prepared>,
        byline: &str,
    ) -> wirefold_dedup::Verdict {
        let about = &fetched.article;
        let items = about.item_names(fetched.id);
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let incoming = Incoming {
            items: &items,
            time: self.time,
            published: about.plausible_time().map_or(self.time, Timestamp::as_second),
            ..incoming(fetched, byline)
        };
        let before = self.dedup.evicted();
        let found = match prepared {
            Some(prepared) => self.dedup.decide(&incoming, prepared),
            None => self.dedup.observe(&incoming),
        };
        let evicted = self.dedup.evicted() - before;
        if evicted > 0 {
            self.follow_eviction(evicted);
        }
        found
    }

    /// Forgets what left the window early, and says so.
    fn follow_eviction(&mut self, evicted: u64) {
        let dedup = &self.dedup;
        self.places.retain(|doc, _| dedup.has_article(doc));
        self.groups.forget(self.time - self.window, |story| dedup.has_story(story));
        EVICTED.add(evicted, &[]);
        let (kept, bytes) = (self.dedup.articles(), self.dedup.window_bytes());
        warn!(
            evicted,
            kept, bytes, "articles left the window early: it is full; raise retention.max_bytes"
        );
    }

    /// What speaks for an article being the source of its text.
    fn claim(&self, about: &AboutArticle, doc: DocId) -> Claim {
        let is_outlets_own = about.is_outlets_own();
        let published = about.plausible_time().map(Timestamp::as_second);
        let traces = self.dedup.agency_traces(doc);
        Claim {
            is_credited: traces.iter().any(|trace| trace.trace == Trace::Credited),
            has_dateline: self.dedup.text(doc).is_some_and(|text| dateline(&text).is_some()),
            published: Claim::believable(published, about.seen.as_second(), is_outlets_own),
            is_outlets_own,
        }
    }

    /// Has a copy stand for its story where it has most of the lead's text and more speaks for it.
    fn lead(
        &mut self,
        found: &wirefold_dedup::Verdict,
        story: StoryId,
        entering: &Entering,
    ) -> Option<StoryChange> {
        let lead = self.groups.story(story)?.lead;
        let is_lead = |doc| self.places.get(doc).is_some_and(|place| place.article.id == lead);
        let has_its_text = |of: &Evidence| of.containing >= LEAD_SHARE && is_lead(of.doc);
        let may_lead = found.class == Class::Copy && found.matches.iter().any(has_its_text);
        may_lead.then(|| self.groups.lead(story, entering)).flatten()
    }

    /// Enters an article into its story and event. The story after all merges, and the merges.
    fn group(
        &mut self,
        found: &wirefold_dedup::Verdict,
        entering: &Entering,
    ) -> (StoryId, Vec<StoryChange>) {
        let link = entering.id;
        let merges = found.merged_events.iter();
        let mut changes: Vec<StoryChange> =
            merges.filter_map(|merge| self.groups.merge_events(*merge, Some(link))).collect();
        if self.groups.story(found.story).is_none() {
            let continues = found.continues.and_then(|event| self.groups.event_id(event));
            self.groups.open(found.story, found.event, entering, continues);
        }
        self.groups.enter(found.story, entering);
        let mut story = found.story;
        for merge in &found.merged_stories {
            changes.extend(self.groups.merge_stories(*merge, Some(link)));
            if story == merge.younger {
                story = merge.older;
            }
        }
        (story, changes)
    }

    /// Whether the article changes what is known of its event, whose ledes learn this one.
    fn material(&mut self, found: &wirefold_dedup::Verdict, story: StoryId) -> Option<Materiality> {
        let event = self.groups.event_of(story);
        let text = self.dedup.text(found.doc)?;
        let news = match found.class {
            Class::Related => self.groups.ledes(event).and_then(|ledes| ledes.news(&text)),
            _ if self.speaks_for_another(found.doc, story) => None,
            _ => material(found),
        };
        if let Some(ledes) = self.groups.ledes_mut(event) {
            ledes.learn(&text);
        }
        news
    }

    /// Whether a stranger's feed says of a story's own outlet what this article says: a site's text
    /// is corrected and brought up to date by that site alone.
    fn speaks_for_another(&self, doc: DocId, story: StoryId) -> bool {
        let place = |number: DocId| self.places.get(number).map(|place| place.article);
        let Some(stranger) = place(doc).filter(|article| !article.is_outlets_own()) else {
            return false;
        };
        let mut members = self.dedup.members(story).iter().filter_map(|member| place(*member));
        members.any(|member| member.is_outlets_own() && member.outlet == stranger.outlet)
    }

    fn agency(&self, found: &wirefold_dedup::Verdict) -> Option<Agency> {
        let said = found.agency.as_ref()?;
        let (own, other) =
            (self.dedup.text(found.doc), said.through.map(|doc| self.dedup.text(doc)));
        let witness = |doc: DocId, text| {
            let place = self.places.get(doc)?;
            let traces = self.dedup.agency_traces(doc);
            Some((place.article.id, Witness { text, traces, byline: &place.byline }))
        };
        let (_, own) = witness(found.doc, own.as_deref())?;
        let text = other.as_ref().and_then(|text| text.as_deref());
        Some(agency(said, own, said.through.and_then(|doc| witness(doc, text))))
    }

    /// The change where an agency becomes known by a later article of a story.
    fn credit(
        &mut self,
        found: &wirefold_dedup::Verdict,
        story: StoryId,
        agency: Option<&Agency>,
    ) -> Option<StoryChange> {
        let entry = self.groups.story_mut(story)?;
        let agency = agency.filter(|_| !entry.is_credited)?;
        entry.is_credited = true;
        let is_later = found.doc != found.story.first_article();
        is_later.then(|| StoryChange::Credited { story: entry.id, agency: agency.clone() })
    }

    fn record(
        &self,
        fetched: &ArticleFetched,
        found: &wirefold_dedup::Verdict,
        beside: Beside,
        decision: DecisionId,
        input: Offsets,
    ) -> ArticleJudged {
        const KNOWN: &str = "the article has just been entered";
        let (story, groups) = (beside.story, &self.groups);
        ArticleJudged {
            schema: Tag::new(),
            decision,
            input,
            id: fetched.id,
            seen: fetched.article.seen,
            verdict: verdict(found, groups, &self.places, beside).expect(KNOWN),
            story_state: groups.story_state(story).expect(KNOWN),
            event_state: groups.event_state(groups.event_of(story)).expect(KNOWN),
            lead_fetched: groups.story(story).and_then(|story| story.lead_fetched),
            changes: Vec::new(),
            baseline: fetched.article.baseline,
        }
    }

    /// Moves stream time on; once a day, forgets what dedup is about to forget.
    fn pass_to(&mut self, seen: i64) {
        let before = self.time.div_euclid(DAY);
        self.time = self.time.max(seen);
        if self.time.div_euclid(DAY) > before {
            let oldest = self.time - self.window;
            self.places.retain(|_, place| place.article.time >= oldest);
            self.groups.forget(oldest, |_| true);
        }
    }
}

impl Learning {
    /// Writes it down in one, as snapshots of earlier releases have it.
    #[cfg(test)]
    pub(crate) fn write_to(&self, to: &mut wirefold_dedup::codec::Writer<'_>) {
        self.time.write_to(to);
        self.dedup.write_to(to);
        self.places.write_to(to);
        self.groups.write_to(to);
        self.decided_ids.write_to(to);
        parts::write_changes(&self.waiting, to);
        self.applied.write_to(to);
    }

    /// Reads it back from a snapshot of an earlier release.
    pub(crate) fn read_from(ground: &DetectorConfig, from: &mut Reader<'_>) -> Option<Self> {
        let settings = &ground.settings;
        let time = Written::read_from(from)?;
        let dedup = Detector::read_from(settings.clone(), from)?;
        let dedup = dedup.with_text_files(Some(ground.folder.clone()));
        let places = Written::read_from(from)?;
        let (groups, decided_ids) = (Written::read_from(from)?, Written::read_from(from)?);
        let waiting = parts::read_changes(from)?;
        let applied = Written::read_from(from)?;
        let window = settings.window;
        Some(Self { window, dedup, places, groups, decided_ids, waiting, applied, time })
    }
}
