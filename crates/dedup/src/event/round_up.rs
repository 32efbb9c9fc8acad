//! Recognises round-ups: texts whose paragraphs report different happenings, such as a morning
//! briefing.
//!
//! A round-up is recognised by the stories that are similar to it. Its paragraphs have the titles
//! of stories of different events, one after another, and these stories have little of the
//! round-up's own title. A report of one happening repeats what its title says.

use std::collections::BTreeSet;

use super::Events;
use super::event_match::ByEvent;
use super::link::Link;
use crate::body::terms::Terms;
use crate::event::frequencies::Frequencies;
use crate::event::packed_terms::PackedTerms;
use crate::ids::StoryId;

/// The number of paragraphs of a round-up that report different events, at least …
const MIN_PARAGRAPHS: f64 = 3.0;
/// … and the share of all its paragraphs that they are, at least.
const MIN_PARAGRAPH_SHARE: f64 = 0.5;
/// A paragraph reports an event if it has this share of the title of one of its stories …
const MIN_TITLE_SHARE: f64 = 0.3;
/// … and less than this share of the round-up's own title is in any story of that event.
const MAX_OWN_TITLE_SHARE: f64 = 0.25;

impl Events {
    /// Whether a text is a round-up, given its links to similar stories.
    pub(super) fn is_round_up(&self, terms: &Terms, links: &ByEvent) -> bool {
        let told: Vec<StoryId> =
            links.values().filter_map(|links| story_of_reported_title(links)).collect();
        let least = (MIN_PARAGRAPH_SHARE * terms.paragraphs().count() as f64).max(MIN_PARAGRAPHS);
        if (told.len() as f64) < least {
            return false;
        }
        let paragraphs: Vec<Vec<u32>> =
            terms.paragraphs().map(|terms| self.frequencies.ids_of(terms)).collect();
        let titles = told.iter().filter_map(|story| self.profiles.get(*story));
        let telling: BTreeSet<usize> =
            titles.filter_map(|story| self.paragraph_of(&story.terms.title, &paragraphs)).collect();
        telling.len() as f64 >= least
    }

    /// The number of the paragraph that has most of a title. `None` if no paragraph has enough of
    /// it.
    fn paragraph_of(&self, title: &PackedTerms, paragraphs: &[Vec<u32>]) -> Option<usize> {
        let weight = |id| self.frequencies.rarity(id).powi(2);
        let all: f64 = title.iter().map(|(id, _)| weight(id)).sum();
        let in_common = |ids: &Vec<u32>| -> f64 {
            let has = |id: &u32| ids.binary_search(id).is_ok();
            title.iter().map(|(id, _)| id).filter(has).map(weight).sum()
        };
        let shares = paragraphs.iter().map(in_common).enumerate();
        let most = shares.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        (most.1 > 0.0 && most.1 >= MIN_TITLE_SHARE * all).then_some(most.0)
    }
}

/// The story of an event with the largest share of its title in the new text. `None` if that is too
/// little, or if the event is about the new text's own title.
fn story_of_reported_title(links: &[Link]) -> Option<StoryId> {
    if links.iter().any(|link| link.title_coverage.new_in_earlier >= MAX_OWN_TITLE_SHARE) {
        return None;
    }
    let most = links.iter().max_by(|a, b| {
        a.title_coverage.earlier_in_new.total_cmp(&b.title_coverage.earlier_in_new)
    })?;
    (most.title_coverage.earlier_in_new >= MIN_TITLE_SHARE).then_some(most.story)
}

impl Frequencies {
    /// The ids of the terms that have one, in order.
    fn ids_of(&self, terms: &[u64]) -> Vec<u32> {
        let mut ids: Vec<u32> = terms.iter().filter_map(|term| self.id_of(*term)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

#[cfg(test)]
mod tests {
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;
    use crate::event::Joined;
    use crate::ids::EventId;
    use crate::settings::Settings;

    const NEWS: [(&str, &str); 4] = [
        ("Dockers strike in Quayton", "The dockers of Quayton went on strike for shorter shifts."),
        ("Lund wins prize for rye bread", "The baker Tom Lund won a prize for his rye bread."),
        ("Orla bridge closed by crack", "A crack closed the bridge of Orla until repairs end."),
        ("Vennby library opens at night", "The library of Vennby opens at night from winter on."),
    ];

    fn add(events: &mut Events, story: u32, (title, text): (&str, &str)) -> Joined {
        let text = Text::new(text);
        let terms = Terms::new(&text, &Body::new(&text), title);
        events.add(
            StoryId(story),
            3_600 * i64::from(story),
            &terms,
            &Settings::default(),
            &mut |_| 0,
        )
    }

    fn after_the_news() -> Events {
        let mut events = Events::default();
        for (story, news) in (0..).zip(NEWS) {
            assert!(!add(&mut events, story, news).is_round_up);
        }
        events
    }

    #[test]
    fn a_briefing_belongs_to_no_event_of_its_paragraphs_and_no_story_joins_it() {
        let text = "Quayton wakes to a strike of its dockers.\n\nThere is a prize for rye bread, \
            and Tom Lund won it.\n\nThe bridge of Orla stays closed: a crack.\n\nAnd now the weather.";
        let mut events = after_the_news();
        assert!(add(&mut events, 4, ("The morning in brief", text)).is_round_up);
        assert_eq!(events.event_of(StoryId(4)), Some(EventId(4)));
        let later = ("Quayton dockers end strike", "The dockers of Quayton ended their strike.");
        add(&mut events, 5, later);
        assert_eq!(events.event_of(StoryId(5)), Some(EventId(0)));
    }

    #[test]
    fn a_report_that_mentions_other_happenings_is_not_a_round_up() {
        let report = "The dockers of Quayton went on strike, said their head.\n\nThe strike of the \
            dockers began at six in Quayton.\n\nThe baker Tom Lund won a prize for his rye bread, \
            the bridge of Orla has a crack, and dockers strike.\n\nShifts are long, dockers say.";
        let mut events = after_the_news();
        let joined = add(&mut events, 4, ("Dockers of Quayton begin strike", report));
        assert!(!joined.is_round_up);
        assert_eq!(events.event_of(StoryId(4)), Some(EventId(0)));
    }
}
