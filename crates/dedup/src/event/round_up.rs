//! Round-ups: texts whose paragraphs tell of several happenings, such as a morning briefing.
//!
//! One is known by its neighbours. A report says again and again what it is about; a round-up has, one
//! paragraph after another, what other texts have in their titles, and nothing of its own title is in
//! them.

use std::collections::BTreeSet;

use super::Events;
use super::event_match::ByEvent;
use super::link::Link;
use crate::body::terms::Terms;
use crate::event::frequencies::Frequencies;
use crate::event::vector::PackedTerms;
use crate::ids::StoryId;

/// A round-up has at least so many paragraphs that each tell of another event, …
const TOLD: f64 = 3.0;
/// … and they are at least this share of all of its paragraphs.
const OF_PARAGRAPHS: f64 = 0.5;
/// A paragraph tells of an event if it has this share of the title of one of its texts, …
const OF_TITLE: f64 = 0.3;
/// … and less than this of the round-up's own title stands in any text of that event.
const OF_OWN_TITLE: f64 = 0.25;

impl Events {
    /// Whether a text tells of several happenings, given its links to stories like it.
    pub(super) fn is_round_up(&self, terms: &Terms, links: &ByEvent) -> bool {
        let told: Vec<StoryId> =
            links.values().filter_map(|links| story_of_told_title(links)).collect();
        let least = (OF_PARAGRAPHS * terms.paragraphs().count() as f64).max(TOLD);
        if (told.len() as f64) < least {
            return false;
        }
        let paragraphs: Vec<Vec<u32>> =
            terms.paragraphs().map(|terms| self.frequencies.places_of(terms)).collect();
        let titles = told.iter().filter_map(|story| self.profiles.get(*story));
        let telling: BTreeSet<usize> =
            titles.filter_map(|story| self.paragraph_of(&story.terms.title, &paragraphs)).collect();
        telling.len() as f64 >= least
    }

    /// The paragraph that tells most of a title, where one tells enough.
    fn paragraph_of(&self, title: &PackedTerms, paragraphs: &[Vec<u32>]) -> Option<usize> {
        let weight = |place| self.frequencies.rarity(place).powi(2);
        let all: f64 = title.iter().map(|(place, _)| weight(place)).sum();
        let in_common = |places: &Vec<u32>| -> f64 {
            let has = |place: &u32| places.binary_search(place).is_ok();
            title.iter().map(|(place, _)| place).filter(has).map(weight).sum()
        };
        let shares = paragraphs.iter().map(in_common).enumerate();
        let most = shares.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        (most.1 > 0.0 && most.1 >= OF_TITLE * all).then_some(most.0)
    }
}

/// The story of an event whose title stands most in the new text, where enough does.
fn story_of_told_title(links: &[Link]) -> Option<StoryId> {
    if links.iter().any(|link| link.told.ours >= OF_OWN_TITLE) {
        return None;
    }
    let most = links.iter().max_by(|a, b| a.told.theirs.total_cmp(&b.told.theirs))?;
    (most.told.theirs >= OF_TITLE).then_some(most.story)
}

impl Frequencies {
    /// The places of those terms that have one, in order.
    fn places_of(&self, terms: &[u64]) -> Vec<u32> {
        let mut places: Vec<u32> = terms.iter().filter_map(|term| self.at(*term)).collect();
        places.sort_unstable();
        places.dedup();
        places
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
    fn a_briefing_belongs_to_no_event_of_its_paragraphs_and_none_joins_it() {
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
    fn a_report_that_mentions_others_is_none() {
        let report = "The dockers of Quayton went on strike, said their head.\n\nThe strike of the \
            dockers began at six in Quayton.\n\nThe baker Tom Lund won a prize for his rye bread, \
            the bridge of Orla has a crack, and dockers strike.\n\nShifts are long, dockers say.";
        let mut events = after_the_news();
        let joined = add(&mut events, 4, ("Dockers of Quayton begin strike", report));
        assert!(!joined.is_round_up);
        assert_eq!(events.event_of(StoryId(4)), Some(EventId(0)));
    }
}
