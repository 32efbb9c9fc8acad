//! Changes of events after their stories were added: merges, splits, and stories that left the window.

use crate::event::Events;
use crate::event_evidence::EventEvidence;
use crate::ids::{EventId, Merge, StoryId};
use crate::signature::{Lookup, Signature};

impl Events {
    /// Removes a story that became a part of an older one. An event without another story is removed.
    pub(crate) fn merge_story(&mut self, older: u32, younger: u32) {
        self.signatures.remove(StoryId(younger));
        self.groups.leave(younger);
        // Both were in the window, but the older one may be a story that was never added.
        if !self.groups.contains(older) {
            self.groups.put(&[older], older);
        }
    }

    /// Puts a story that was divided from another one into the same event.
    pub(crate) fn split_story(&mut self, story: u32, from: u32, signature: Signature, first: u32) {
        self.groups.leave(story);
        self.groups.put(&[story], self.of(from));
        self.make_findable(story, &signature, signature.keys(), first);
        self.signatures.insert(StoryId(story), signature);
    }

    /// Makes two events one because people say so.
    pub(crate) fn merge_by_override(
        &mut self,
        one: EventId,
        other: EventId,
    ) -> Option<Merge<EventId>> {
        let merge = self.merge(one, other)?;
        self.apart.allow_together(&self.groups.docs(merge.older.0));
        Some(merge)
    }

    /// Makes two events one, whatever their times: the one with the lower number. `None` if they are one or one
    /// is unknown.
    pub(crate) fn merge(&mut self, one: EventId, other: EventId) -> Option<Merge<EventId>> {
        let (older, younger) = (one.min(other), one.max(other));
        if older == younger || !self.groups.has(older.0) || !self.groups.has(younger.0) {
            return None;
        }
        self.groups.merge(older.0, younger.0);
        Some(Merge { older, younger })
    }

    /// Moves stories of one event into an event of their own, with the number of the first of them. The two do
    /// not become one through a later story. Does nothing if no other story would be left.
    pub(crate) fn divide(&mut self, leaving: &[StoryId]) {
        let Some(into) = leaving.iter().map(|story| story.0).min() else { return };
        let from = self.of(into);
        let leaves = |story: &u32| leaving.contains(&StoryId(*story));
        if from == into || self.groups.members(from).iter().all(leaves) {
            return;
        }
        for story in leaving {
            self.groups.leave(story.0);
            self.groups.put(&[story.0], into);
        }
        self.apart.keep_apart(self.groups.docs(from), self.groups.docs(into));
    }

    /// Whether people divided two events.
    pub(crate) fn are_apart(&self, one: u32, other: u32) -> bool {
        self.apart.divides(&self.groups, one, other)
    }

    /// Lets no later story join through a story that turned out to be a digest.
    pub(crate) fn exclude(&mut self, story: u32) {
        self.signatures.remove(StoryId(story));
    }

    /// Whether later stories may join through a story.
    pub(crate) fn has(&self, story: u32) -> bool {
        self.signatures.contains(StoryId(story))
    }

    /// The measures of two stories; `None` if one is unknown.
    pub(crate) fn between(&self, new: u32, old: u32) -> Option<EventEvidence> {
        let (new, old) = (self.signatures.get(StoryId(new))?, self.signatures.get(StoryId(old))?);
        Some(EventEvidence::between(&Lookup::new(new), old))
    }

    /// Forgets stories.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        self.signatures.retain(|story, _| !is_gone(story.0));
        self.groups.forget(&is_gone);
        self.apart.forget(|doc| is_gone(doc.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Joined;
    use crate::headline::Headline;
    use crate::page::{Page, counted};
    use crate::rarity::Rarity;
    use wirefold_text::Text;

    const STRIKE: &str = "In Quayton the dockers of Ada Ruiz went on strike against Port Orla.";
    const AGAIN: &str =
        "A strike by dockers closed Port Orla in Quayton, said their head Ada Ruiz.";
    const OTHER: &str =
        "In Vennby the bakers of Tom Lund won a prize for the bread of Mill Hollow.";

    fn titled(title: &str, text: &str, hours: i64, rarity: &Rarity) -> (Signature, Page) {
        let text = Text::new(text);
        let page = Page::of(&text);
        let (counted, title) = (counted(&page.terms), Headline::new(&Text::new(title)));
        (Signature::new(&text, &page, &counted, &title, hours * 3600, rarity), page)
    }

    fn add(events: &mut Events, story: u32, hours: i64, text: &str) -> Joined {
        let (signature, page) = titled("", text, hours, &Rarity::default());
        events.add(story, signature, &page, 0)
    }

    #[test]
    fn reports_in_own_words_about_one_happening_join() {
        let mut events = Events::default();
        for (story, text) in [STRIKE, AGAIN, OTHER].iter().enumerate() {
            add(&mut events, story as u32, story as i64, text);
        }
        assert_eq!([0, 1, 2].map(|story| events.of(story)), [0, 0, 2]);
    }

    #[test]
    fn a_story_that_comes_too_late_continues_the_event() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        let late = add(&mut events, 1, 80, AGAIN);
        assert_eq!((late.continues, events.of(1)), (Some(EventId(0)), 1));
    }

    #[test]
    fn an_event_spans_four_days_at_most() {
        let mut events = Events::default();
        for story in 0..6 {
            add(&mut events, story, 20 * i64::from(story), STRIKE);
        }
        assert_eq!(events.groups.members(0), [0, 1, 2, 3, 4]);
        assert_eq!(events.of(5), 5);
    }

    #[test]
    fn one_similar_story_among_strangers_draws_nothing_into_their_event() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        for (story, number) in (1..4).zip(["seven", "eleven", "thirteen"]) {
            let text = format!("{OTHER} Page {number} of the {number}gazette says so.");
            add(&mut events, story, 0, &text);
            events.merge_by_override(EventId(0), EventId(events.of(story)));
        }
        let still = "Port Orla lay still as dockers laid down their work for better pay.";
        add(&mut events, 4, 1, still);
        assert_eq!(events.of(4), 4, "three quarters of the event are about bread");
        add(&mut events, 5, 1, still);
        assert_eq!(events.of(5), 4);
    }

    #[test]
    fn the_threshold_rises_if_several_events_are_similar() {
        const VOTE: &str = "The council voted on Monday for a new town hall and a new school.";
        let mut events = Events::default();
        add(&mut events, 0, 0, VOTE);
        let later = "The council waits for a new school, said its new head.";
        let mut first = events.clone();
        add(&mut first, 4, 1, later);
        assert_eq!(first.of(4), 4, "two stories do not show what else is like it");
        for story in 10..50 {
            events.signatures.insert(StoryId(story), Signature::default());
        }
        let mut alone = events.clone();
        add(&mut alone, 4, 1, later);
        assert_eq!(alone.of(4), 0, "nothing else is like it");
        for story in 1..4 {
            let (signature, _) = titled("", VOTE, 0, &Rarity::default());
            events.make_findable(story, &signature, signature.keys(), 0);
            events.signatures.insert(StoryId(story), signature);
            events.groups.put(&[story], story);
        }
        add(&mut events, 4, 1, later);
        assert_eq!(events.of(4), 4, "councils vote everywhere");
    }

    #[test]
    fn divided_events_stay_apart_until_people_merge_them() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        add(&mut events, 1, 1, AGAIN);
        events.divide(&[StoryId(1)]);
        assert_eq!(events.of(1), 1);
        let like_both = add(&mut events, 2, 2, &format!("{STRIKE} {AGAIN}"));
        assert!(like_both.merged.is_empty() && events.of(0) != events.of(1), "{like_both:?}");
        events.merge_by_override(EventId(0), EventId(1)).unwrap();
        assert_eq!(events.of(1), 0);
        assert!(events.apart.is_empty(), "people's latest word");
        events.divide(&[StoryId(0)]);
        assert_eq!(events.of(0), 0, "the first story keeps the number");
    }

    #[test]
    fn a_story_that_fits_two_events_makes_them_one() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        add(&mut events, 1, 1, OTHER);
        let both = add(&mut events, 2, 2, &format!("{STRIKE} {OTHER}"));
        assert_eq!(both.merged, [Merge { older: EventId(0), younger: EventId(1) }]);
        assert_eq!(events.of(1), 0);
    }

    #[test]
    fn a_divided_story_stays_in_the_event_and_a_merged_one_leaves_its_own() {
        let mut events = Events::default();
        for (story, text) in
            ["A ferry sank.", "Bees sang at noon.", "Snow fell."].iter().enumerate()
        {
            add(&mut events, story as u32, 0, text);
        }
        let (signature, _) = titled("", "Bees sang.", 0, &Rarity::default());
        events.split_story(7, 1, signature, 0);
        assert_eq!(events.of(7), 1);
        events.merge_story(0, 2);
        assert_eq!(events.merge(EventId(0), EventId(2)), None);
        events.forget(|story| story == 1);
        assert_eq!((events.of(7), events.groups.members(1)), (1, &[7][..]));
    }

    const NEWS: [(&str, &str); 4] = [
        ("Dockers strike in Quayton", "The dockers of Quayton went on strike for shorter shifts."),
        ("Lund wins prize for rye bread", "The baker Tom Lund won a prize for his rye bread."),
        ("Orla bridge closed by crack", "A crack closed the bridge of Orla until repairs end."),
        ("Vennby library opens at night", "The library of Vennby opens at night from winter on."),
    ];

    fn after_the_news(then: &[(&str, &str)]) -> Events {
        let mut events = Events::default();
        for (story, (title, text)) in NEWS.iter().chain(then).enumerate() {
            let (signature, page) = titled(title, text, story as i64, &Rarity::default());
            events.add(story as u32, signature, &page, 0);
        }
        events
    }

    #[test]
    fn a_briefing_belongs_to_no_event_of_its_paragraphs_and_no_story_joins_it() {
        let text = "Quayton wakes to a strike of its dockers.\n\nThere is a prize for rye bread, \
            and Tom Lund won it.\n\nThe bridge of Orla stays closed: a crack.\n\nAnd now the weather.";
        let later = ("Quayton dockers end strike", "The dockers of Quayton ended their strike.");
        let events = after_the_news(&[("The morning in brief", text), later]);
        assert_eq!([4, 5].map(|story| events.of(story)), [4, 0]);
    }

    #[test]
    fn a_report_that_mentions_other_happenings_is_not_a_round_up() {
        let report = "The dockers of Quayton went on strike, said their head.\n\nThe strike of the \
            dockers began at six in Quayton.\n\nThe baker Tom Lund won a prize for his rye bread, \
            the bridge of Orla has a crack, and dockers strike.\n\nShifts are long, dockers say.";
        assert_eq!(after_the_news(&[("Dockers of Quayton begin strike", report)]).of(4), 0);
    }
}
