//! The end of a decision about a story: records the article in stories and boilerplate, and gives its
//! verdict.
//!
//! A judged article comes in; its verdict goes out.

use crate::body::Body;
use crate::boilerplate::PageHashes;
use crate::codec::bits::Bits;
use crate::detector::Detector;
use crate::detector::events::ArticleEvent;
use crate::detector::incoming::Incoming;
use crate::detector::reading::{Analysed, EarlierArticle};
use crate::detector::verdict::{Class, Evidence, Verdict};
use crate::ids::{DocId, EventId, StoryId};
use crate::judge::material::{Reason, StoryMember, material};
use crate::judge::notes::Notes;
use crate::judge::{CopyKind, Decision, Judgement, Match};
use crate::settings::Ablation;
use crate::store::doc::{Doc, Relative};
use crate::store::text_store::StoredParts;
use crate::story::Merge;
use crate::story::agency::{RelatedArticle, inferred_agency, own_agency};

impl Detector {
    /// Records a judged article: puts it into its story, learns its boilerplate and stores it. Returns
    /// the page hashes that are boilerplate from now on.
    pub(crate) fn record_article(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        (mut doc, analysed): (Doc, &Analysed),
        judgement: &Judgement,
        traits: Option<&PageHashes>,
    ) -> Vec<u32> {
        let comparable = analysed.fingerprint.is_comparable(&self.settings);
        doc.stored = StoredParts::InMemory(Box::new(analysed.pack()));
        doc.add_relatives(&self.kin(judgement));
        (doc.story, doc.joined) = match judgement.decision.joined() {
            Some(of) => {
                let story = self.story_of(of);
                self.stories.join(story, number);
                (story, of)
            }
            None => (self.stories.open(number), number),
        };
        self.mark_shared_words(&mut doc, judgement);
        let learned = match traits.filter(|_| comparable) {
            Some(traits) => self.learn_boilerplate(number, &doc, traits),
            None => Vec::new(),
        };
        self.add_to_kin_of_earlier(number, &doc, judgement);
        self.store_article(number, incoming, doc, analysed);
        learned
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
        let material = judgement.decision.joined().and_then(|of| {
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
    pub(crate) fn link_stories(
        &mut self,
        number: DocId,
        judgement: &Judgement,
    ) -> Vec<Merge<StoryId>> {
        let story = self.story_of(number);
        let mut merged = Vec::new();
        let bridges = self.settings.is_on(Ablation::Bridges);
        let is_one_text = |doc: DocId| {
            judgement.matches.iter().any(|m| m.doc == doc && m.overlap.is_mostly_one_text())
        };
        let is_whole = |doc: DocId| bridges && is_one_text(doc);
        let joins_wholly = judgement.decision.joined().is_some_and(is_whole);
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

    /// The verdict on an article that was recorded and whose event was found.
    pub(crate) fn verdict(
        &self,
        number: DocId,
        analysed: &Analysed,
        judgement: &Judgement,
        added: Added,
        ArticleEvent { joined, quotations }: ArticleEvent,
    ) -> Verdict {
        let doc = self.docs.get(number);
        let first = self.stories.get(self.story_of(number)).map_or(number, |story| story.first);
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
            comparable: analysed.fingerprint.is_comparable(&self.settings),
            story,
            event: self.events.event_of(story).unwrap_or(EventId::of(story)),
            lead: first,
            origin: first,
            matches: evidence(judgement),
            compared: judgement.matches.iter().map(Match::compared).collect(),
            holds,
            shared_quotations: quotations,
            agency: doc.and_then(|doc| {
                own_agency(doc.traces()).or_else(|| inferred_agency(self.kin_of(doc.relatives())))
            }),
            simhash: analysed.fingerprint.simhash,
            novelty: added.novelty,
            material: added.material,
            links: joined.links,
            merged_stories: Vec::new(),
            merged_events: joined.absorbed,
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

/// The part of an article that its story did not have.
pub(crate) struct Added {
    /// The share of its counted words that the story did not have, 0 to 1.
    novelty: f64,
    /// Why it is material, if it is.
    material: Option<Reason>,
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
