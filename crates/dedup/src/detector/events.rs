//! The second step of a decision: finds the event of a new story.
//!
//! An article that is judged and recorded comes in; the event that its story joins goes out. It decides
//! nothing about the story.

use std::cell::LazyCell;

use crate::body::WORD_WEIGHT;
use crate::body::lexicon::PairFilter;
use crate::compare::align::{Block, CellCount, Shingled};
use crate::compare::overlap::Overlap;
use crate::compare::passage::QUOTATION_WORDS;
use crate::detector::Detector;
use crate::detector::incoming::Incoming;
use crate::detector::reading::Analysed;
use crate::event::Joined;
use crate::ids::{DocId, EventId, StoryId};
use crate::judge::Judgement;
use crate::store::doc::Doc;

/// The event of an article.
pub(crate) struct ArticleEvent {
    /// How its story joined the event.
    pub(crate) joined: Joined,
    /// How many quotations it shares with other stories.
    pub(crate) quotations: usize,
}

impl Detector {
    /// Finds the event of an article that was recorded. An article that joined a story has the
    /// event of the story.
    pub(crate) fn find_event(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        analysed: &Analysed,
        judgement: &Judgement,
    ) -> ArticleEvent {
        let mut quotations = shared_quotations(judgement);
        let joined = match judgement.decision.joined() {
            Some(_) => Joined::default(),
            None => self.join_event(number, incoming, analysed, judgement, &mut quotations),
        };
        ArticleEvent { joined, quotations: count_separate(quotations) }
    }

    /// Adds the story of a new text to the event that it joins, and its shared quotations to
    /// `quotations`. A digest that holds stories of several events joins none.
    fn join_event(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        analysed: &Analysed,
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
        let own_pairs = || docs.get(number).map(|doc| PairFilter::new(&doc.stored.open().body));
        let pairs = LazyCell::new(own_pairs);
        // Most pairs share no quotation. Two cheap checks avoid unpacking the body of the lead for
        // them.
        let cells = CellCount::default();
        let own_body = Shingled::new(&analysed.body);
        let with_lead = |lead: &Doc| {
            if quoted + lead.quoted < QUOTATION_WORDS * WORD_WEIGHT {
                return Vec::new();
            }
            let opened = lead.stored.open();
            match pairs.as_ref().is_some_and(|pairs| pairs.may_share_shingle(&opened.body)) {
                true => Overlap::quotations(&own_body, &lexicon.open(&opened.body), &cells),
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
    use crate::detector::verdict::{Class, Verdict};
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
