//! Recognises round-ups: texts whose paragraphs report different happenings, such as a morning briefing.
//!
//! Its paragraphs have the headlines of stories of different events, one after another, and these stories have
//! little of its own headline. A report of one happening repeats what its headline says.

use std::collections::{BTreeMap, BTreeSet};

use crate::event_evidence::ComparedStory;
use crate::id_table::IdTable;
use crate::ids::StoryId;
use crate::page::Page;
use crate::signature::{Signature, TERM};

/// A round-up has at least so many paragraphs that report different events …
const PARAGRAPHS: f64 = 3.0;
/// … and they are at least this share of all.
const PARAGRAPH_SHARE: f64 = 0.5;
/// A paragraph reports an event if it has this share of the headline of one of its stories …
const TITLE_SHARE: f64 = 0.3;
/// … and less than this share of the round-up's own headline is in any story of that event.
const OWN_TITLE_SHARE: f64 = 0.25;

/// Whether a text is a round-up, given the stories that it was compared with by their events.
pub(crate) fn is_round_up(
    page: &Page,
    by_event: &BTreeMap<u32, Vec<ComparedStory>>,
    signatures: &IdTable<StoryId, Signature>,
) -> bool {
    let told: Vec<u32> = by_event.values().filter_map(|of| story_of_reported_title(of)).collect();
    let least = (PARAGRAPH_SHARE * page.paragraphs.len() as f64).max(PARAGRAPHS);
    if (told.len() as f64) < least {
        return false;
    }
    let starts = [0].into_iter().chain(page.paragraphs.iter().copied());
    let paragraphs: Vec<Vec<u32>> = starts
        .zip(&page.paragraphs)
        .map(|(start, end)| {
            let terms = page.terms[start as usize..*end as usize].iter();
            let mut terms: Vec<u32> = terms.map(|term| term & TERM).collect();
            terms.sort_unstable();
            terms
        })
        .collect();
    let telling: BTreeSet<usize> = told
        .iter()
        .filter_map(|story| paragraph_of(signatures.get(StoryId(*story))?, &paragraphs))
        .collect();
    telling.len() as f64 >= least
}

/// The paragraph that has most of a headline; `None` if none has enough of it.
fn paragraph_of(story: &Signature, paragraphs: &[Vec<u32>]) -> Option<usize> {
    let share = |terms: &Vec<u32>| story.title().share(|term| terms.binary_search(&term).is_ok());
    let shares = paragraphs.iter().map(share).enumerate();
    let most = shares.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    (most.1 >= TITLE_SHARE).then_some(most.0)
}

/// The story of an event with the largest share of its headline in the new text; `None` if that is too little,
/// or if the event is about the new text's own headline.
fn story_of_reported_title(compared: &[ComparedStory]) -> Option<u32> {
    let own = |it: &ComparedStory| it.evidence.told[0];
    let theirs = |it: &ComparedStory| it.evidence.told[1];
    if compared.iter().any(|it| own(it) >= OWN_TITLE_SHARE) {
        return None;
    }
    let most = compared.iter().max_by(|a, b| theirs(a).total_cmp(&theirs(b)))?;
    (theirs(most) >= TITLE_SHARE).then_some(most.story)
}
