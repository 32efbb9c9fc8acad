//! The second half of a decision: records the article in stories, events and boilerplate.
//!
//! A judged article comes in; its verdict goes out.

use std::cell::LazyCell;

use crate::body::lexicon::{PackedBody, PairFilter};
use crate::body::{Body, WORD_WEIGHT};
use crate::boilerplate::PageHashes;
use crate::codec::bits::Bits;
use crate::compare::align::{Block, CellCount};
use crate::compare::overlap::{Overlap, QUOTATION_WORDS};
use crate::detector::Detector;
use crate::detector::incoming::Incoming;
use crate::detector::reading::{Analysed, EarlierArticle};
use crate::detector::verdict::{Class, Evidence, Verdict};
use crate::event::Joined;
use crate::ids::{DocId, EventId, StoryId};
use crate::judge::material::{Reason, StoryMember, material};
use crate::judge::notes::Notes;
use crate::judge::{CopyKind, Decision, Judgement, Match};
use crate::settings::Switch;
use crate::store::doc::{Doc, Relative};
use crate::store::text_store::StoredParts;
use crate::story::Merge;
use crate::story::agency::{RelatedArticle, inferred_agency, own_agency};

impl Detector {
    /// Records a judged article. Returns its verdict, and the traits that are boilerplate from now
    /// on.
    pub(crate) fn record_article(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        (mut doc, analysed): (Doc, &Analysed),
        (judgement, added): (&Judgement, Added),
        traits: Option<&PageHashes>,
    ) -> (Verdict, Vec<u32>) {
        let comparable = analysed.fingerprint.is_comparable(&self.settings);
        doc.stored = StoredParts::InMemory(Box::new(analysed.pack()));
        doc.add_relatives(&self.kin(judgement));
        (doc.story, doc.joined) = match joined_article(judgement) {
            Some(of) => (self.story_of(of), of),
            None => (self.stories.open(number), number),
        };
        let mut quotations = shared_quotations(judgement);
        let joined = match joined_article(judgement) {
            Some(_) => {
                self.stories.join(doc.story, number);
                Joined::default()
            }
            None => {
                let held = doc.stored.open();
                let new = (analysed, &held.body);
                self.find_event(number, incoming, new, judgement, &mut quotations)
            }
        };
        self.mark_shared_words(&mut doc, judgement);
        let learned = match traits.filter(|_| comparable) {
            Some(traits) => self.learn_boilerplate(number, &doc, traits),
            None => Vec::new(),
        };
        self.add_to_kin_of_earlier(number, &doc, judgement);
        let mut verdict = self.verdict(
            number,
            &doc,
            judgement,
            &joined,
            VerdictInputs {
                comparable,
                simhash: analysed.fingerprint.simhash,
                quotations: count_separate(quotations),
                added,
            },
        );
        self.store_article(number, incoming, doc, analysed);
        verdict.merged_stories = self.link_stories(number, judgement);
        (verdict, learned)
    }

    /// The earlier articles that share a substantial part with the new one.
    fn kin(&self, judgement: &Judgement) -> Vec<Relative> {
        let related = judgement
            .matches
            .iter()
            .filter(|m| m.overlap.larger() >= self.settings.partial_contained);
        related
            .map(|m| Relative {
                doc: m.doc,
                covered: m.overlap.contained,
                shared_words: m.overlap.shared_words,
            })
            .collect()
    }

    /// Adds the new article to the kin of the earlier articles in its own kin.
    fn add_to_kin_of_earlier(&mut self, number: DocId, doc: &Doc, judgement: &Judgement) {
        for found in &judgement.matches {
            let is_kin = doc.relatives().iter().any(|relative| relative.doc == found.doc);
            if let Some(earlier) = self.docs.get_mut(found.doc).filter(|_| is_kin) {
                let covered = found.overlap.containing;
                let shared_words = found.overlap.shared_words;
                earlier.add_relatives(&[Relative { doc: number, covered, shared_words }]);
            }
        }
    }

    /// The share of the new text's counted words that its story does not have yet.
    fn novelty(&self, body: &Body, judgement: &Judgement) -> f64 {
        let of = match judgement.decision {
            Decision::Own => return 1.0,
            Decision::Copy { kind: CopyKind::Exact, .. } => return 0.0,
            Decision::Copy { of, .. } | Decision::Version { of } => of,
        };
        let story = self.story_of(of);
        let mut known = Bits::new(body.len());
        for m in judgement.matches.iter().filter(|m| self.story_of(m.doc) == story) {
            known.extend(&m.overlap.here);
        }
        let counted = body.words.iter().filter(|word| word.is_counted()).count();
        if counted == 0 { 0.0 } else { 1.0 - (known.count() as f64 / counted as f64).min(1.0) }
    }

    /// Finds what an article adds to its story, given the earlier articles that it was judged
    /// against.
    pub(crate) fn compare_with_story(
        &self,
        analysed: &Analysed,
        judgement: &Judgement,
        earlier: &[EarlierArticle<'_>],
    ) -> Added {
        let novelty = self.novelty(&analysed.body, judgement);
        let material = joined_article(judgement).and_then(|of| {
            let story = self.story_of(of);
            let opened = |m: &Match| earlier.iter().find(|article| article.number == m.doc);
            let members = judgement.matches.iter().filter(|m| self.story_of(m.doc) == story);
            let members: Vec<&EarlierArticle<'_>> = members.filter_map(opened).collect();
            let known =
                || members.iter().map(|it| it.story_member()).collect::<Vec<StoryMember<'_>>>();
            let corrects = |notes: &Notes| notes.title.is_correction();
            if corrects(&analysed.notes) && !members.iter().any(|member| corrects(&member.notes)) {
                return Some(Reason::of_correction(&analysed.text, &known()));
            }
            let known = known();
            material(&analysed.text, &known, novelty, &self.settings)
        });
        Added { novelty, material }
    }

    /// Adds the story of a new text to the event that it joins, and its shared quotations to
    /// `quotations`. A digest that holds stories of several events joins none.
    fn find_event(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        (analysed, packed): (&Analysed, &PackedBody),
        judgement: &Judgement,
        quotations: &mut Vec<Block>,
    ) -> Joined {
        let (held, own) = (self.held_events(judgement), StoryId::of(number));
        for holder in &judgement.held_by {
            self.events.exclude(self.story_of(*holder));
            if let Some(holder) = self.docs.get_mut(*holder) {
                holder.add_held(own);
            }
        }
        if held > 1 {
            self.events.add_alone(own, incoming.published);
            return Joined::default();
        }
        let terms = analysed.terms(incoming.title);
        let (docs, lexicon) = (&self.docs, &self.lexicon);
        let (settings, stories) = (&self.settings, &self.stories);
        let quoted = analysed.body.quoted_weight();
        let pairs = LazyCell::new(|| PairFilter::new(packed));
        // Most pairs share no quotation. Two cheap checks avoid unpacking the body of the lead for
        // them.
        let cells = CellCount::default();
        let with_lead = |lead: &Doc| {
            if quoted + lead.quoted < QUOTATION_WORDS * WORD_WEIGHT {
                return Vec::new();
            }
            let opened = lead.stored.open();
            match pairs.may_share_shingle(&opened.body) {
                true => Overlap::quotations(&analysed.body, &lexicon.open(&opened.body), &cells),
                false => Vec::new(),
            }
        };
        let mut shared = |story: StoryId| {
            let known = judgement.matches.iter().find(|m| m.doc == story.first_article());
            let first = || stories.get(story).map(|story| story.first);
            let first = || first().and_then(|first| docs.get(first));
            let blocks = match (known, first()) {
                (Some(known), _) => known.overlap.shared_quotations.clone(),
                (None, Some(lead)) => with_lead(lead),
                (None, None) => Vec::new(),
            };
            quotations.extend(&blocks);
            blocks.len()
        };
        let joined = self.events.add(own, incoming.published, &terms, settings, &mut shared);
        self.work.cells_aligned += cells.count();
        self.work.terms_probed += joined.terms_probed;
        self.work.stories_compared += joined.stories_compared;
        joined
    }

    /// How many events the stories belong to that the new article holds.
    fn held_events(&self, judgement: &Judgement) -> usize {
        let stories = judgement.holds.iter().map(|doc| self.story_of(*doc));
        let mut events: Vec<EventId> =
            stories.filter_map(|story| self.events.event_of(story)).collect();
        events.sort_unstable();
        events.dedup();
        events.len()
    }

    /// Marks in the article and its matches the words that they share, separately for the same
    /// story and for other stories.
    fn mark_shared_words(&mut self, doc: &mut Doc, judgement: &Judgement) {
        let (mut common, mut foreign) = (Bits::default(), Bits::default());
        for Match { doc: other, overlap, .. } in &judgement.matches {
            let same_story = self.story_of(*other) == self.stories.resolve(doc.story);
            let Some(earlier) = self.docs.get_mut(*other) else {
                continue;
            };
            match same_story {
                true => {
                    common.extend(&overlap.here);
                    earlier.mark_common(&overlap.there);
                }
                false => {
                    foreign.extend(&overlap.here);
                    earlier.mark_foreign(&overlap.there);
                }
            }
        }
        doc.mark_common(&common);
        doc.mark_foreign(&foreign);
    }

    /// Links the article's story with the others that it could have joined. Two stories merge if
    /// two independent articles link them, or one article that is most of both.
    fn link_stories(&mut self, number: DocId, judgement: &Judgement) -> Vec<Merge<StoryId>> {
        let story = self.story_of(number);
        let mut merged = Vec::new();
        let bridges = self.settings.is_on(Switch::Bridges);
        let is_one_text = |doc: DocId| {
            judgement.matches.iter().any(|m| m.doc == doc && m.overlap.is_mostly_one_text())
        };
        let is_whole = |doc: DocId| bridges && is_one_text(doc);
        let joins_wholly = joined_article(judgement).is_some_and(is_whole);
        for foldable in &judgement.foldable {
            let other = self.story_of(*foldable);
            if joins_wholly && is_whole(*foldable) {
                merged.extend(self.stories.bridge(story, other));
                continue;
            }
            let kin = self.docs.get(number).map_or(&[][..], Doc::relatives);
            let is_copy = |earlier: DocId| kin.iter().any(|kin| kin.doc == earlier);
            merged.extend(self.stories.link(story, other, number, is_copy));
        }
        merged
    }

    fn verdict(
        &self,
        number: DocId,
        doc: &Doc,
        judgement: &Judgement,
        joined: &Joined,
        inputs: VerdictInputs,
    ) -> Verdict {
        let first = self.stories.get(doc.story).map_or(number, |story| story.first);
        let story = StoryId::of(first);
        let (class, kind) = match judgement.decision {
            Decision::Copy { kind, .. } => (Class::Copy, Some(kind)),
            Decision::Version { .. } => (Class::Version, None),
            Decision::Own if !joined.links.is_empty() || !judgement.held_by.is_empty() => {
                (Class::Related, None)
            }
            Decision::Own => (Class::New, None),
        };
        let mut holds: Vec<StoryId> = judgement
            .holds
            .iter()
            .map(|held| self.story_of(*held))
            .filter(|held| *held != story)
            .collect();
        holds.sort_unstable();
        holds.dedup();
        Verdict {
            doc: number,
            class,
            kind,
            comparable: inputs.comparable,
            story,
            event: self.events.event_of(story).unwrap_or(EventId::of(story)),
            lead: first,
            origin: first,
            matches: evidence(judgement),
            compared: judgement.matches.iter().map(Match::compared).collect(),
            holds,
            shared_quotations: inputs.quotations,
            agency: own_agency(doc.traces())
                .or_else(|| inferred_agency(self.kin_of(doc.relatives()))),
            simhash: inputs.simhash,
            novelty: inputs.added.novelty,
            material: inputs.added.material,
            links: joined.links.clone(),
            merged_stories: Vec::new(),
            merged_events: joined.absorbed.clone(),
            continues: joined.continues,
            regrouped: Vec::new(),
        }
    }

    /// The relatives that contain enough of an article for it to inherit their agency.
    pub(crate) fn kin_of<'a>(
        &'a self,
        kin: &'a [Relative],
    ) -> impl Iterator<Item = RelatedArticle<'a, DocId>> + 'a {
        let settings = &self.settings;
        let covered = kin.iter().filter(|kin| kin.covered >= settings.partial_contained);
        covered.filter_map(|relative| {
            let other = self.docs.get(relative.doc)?;
            Some(RelatedArticle {
                doc: relative.doc,
                traces: other.traces(),
                is_reprint: relative.covered >= settings.reprint_larger,
                shared_words: relative.shared_words,
            })
        })
    }
}

/// Values of a verdict that are computed while the article is recorded.
struct VerdictInputs {
    comparable: bool,
    simhash: u64,
    quotations: usize,
    added: Added,
}

/// What an article adds to its story.
pub(crate) struct Added {
    /// The share of its counted words that the story did not have, 0 to 1.
    novelty: f64,
    /// Why it is material, if it is.
    material: Option<Reason>,
}

/// The earlier article through which an article joins a story; `None` for a text of its own.
fn joined_article(judgement: &Judgement) -> Option<DocId> {
    match judgement.decision {
        Decision::Own => None,
        Decision::Copy { of, .. } | Decision::Version { of } => Some(of),
    }
}

fn evidence(judgement: &Judgement) -> Vec<Evidence> {
    let shares_text = |m: &&Match| !m.overlap.passages.is_empty();
    let line = |m: &Match| Evidence {
        doc: m.doc,
        contained: m.overlap.contained,
        containing: m.overlap.containing,
        passages: m.overlap.passages.len(),
        longest: m.overlap.longest,
    };
    judgement.matches.iter().filter(shares_text).map(line).collect()
}

fn shared_quotations(judgement: &Judgement) -> Vec<Block> {
    judgement.matches.iter().flat_map(|m| m.overlap.shared_quotations.clone()).collect()
}

/// How many separate stretches of the new text the blocks cover. Blocks that overlap count once.
fn count_separate(mut blocks: Vec<Block>) -> usize {
    blocks.sort_unstable_by_key(|block| (block.here, block.len));
    let mut count = 0;
    let mut end = 0;
    for block in blocks {
        if count == 0 || block.here >= end {
            count += 1;
        }
        end = end.max(block.here + block.len);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    const HOUR: i64 = 3_600;
    const QUOTATION: &str = "“We shall keep every gate shut until the last crew is paid.”";

    /// Sentences of words that no text of another seed has.
    fn own_words(seed: u32, words: u32) -> String {
        let word = |at: u32| if at % 12 == 11 { ".".to_owned() } else { format!(" q{seed}x{at}") };
        (0..words).map(word).collect()
    }

    fn observe(detector: &mut Detector, seed: u32, hours: i64, text: &str) -> Verdict {
        let (time, item) = (hours * HOUR, format!("item {seed}"));
        let title = own_words(seed + 1_000, 6);
        detector.observe(&Incoming {
            items: &[&item],
            title: &title,
            text,
            time,
            published: time,
            ..Incoming::default()
        })
    }

    fn with_quotation(seed: u32) -> String {
        format!("{} {QUOTATION}{}", own_words(seed, 40), own_words(seed + 500, 80))
    }

    #[test]
    fn stories_with_nothing_but_a_quotation_in_common_are_one_event_for_hours_and_not_for_days() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, 0, 0, &with_quotation(0));
        observe(&mut detector, 1, 0, &own_words(1, 120));
        let next_day = observe(&mut detector.clone(), 2, 28, &with_quotation(2));
        assert_eq!(
            (next_day.event, next_day.story, next_day.shared_quotations),
            (EventId(0), StoryId(2), 1)
        );
        assert!(next_day.links[0].in_openings, "{:?}", next_day.links);
        let days_later = observe(&mut detector, 3, 5 * 24, &with_quotation(3));
        assert_eq!((days_later.event, days_later.class), (EventId(2), Class::New));
    }

    #[test]
    fn a_quotation_outside_the_opening_joins_no_event() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, 0, 0, &with_quotation(0));
        let late = format!("{} {QUOTATION}", own_words(1, 400));
        assert_eq!(observe(&mut detector, 1, 1, &late).event, EventId(1));
    }

    #[test]
    fn a_phrase_that_many_stories_quote_makes_no_event() {
        let mut detector = Detector::new(Settings::default());
        let mut events = Vec::new();
        for seed in 0..12 {
            events.push(observe(&mut detector, seed, 1, &with_quotation(seed)).event);
        }
        assert_eq!(events[..8], [EventId(0); 8]);
        assert_eq!(events[8..], [8, 9, 10, 11].map(EventId), "it stands in eight stories by now");
    }
}
