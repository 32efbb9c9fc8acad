//! The numbers of a story or an event.

use wirefold_proto::{EventState, StoryState};
use wirefold_query::Numbers;

/// The numbers of an event or story.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) outlets: u32,
    pub(crate) origins: u32,
    pub(crate) copies: u32,
    pub(crate) versions: u32,
    pub(crate) stories: u32,
}

impl Tally {
    /// The numbers of an event.
    pub(crate) fn of_event(state: &EventState) -> Self {
        let EventState { outlets, origins, versions, stories, .. } = *state;
        Self { outlets, origins, copies: state.copies(), versions, stories }
    }

    /// The numbers of a story, which has one origin.
    pub(crate) fn of_story(state: &StoryState) -> Self {
        let StoryState { outlets, versions, .. } = *state;
        Self { outlets, origins: 1, copies: state.copies(), versions, stories: 1 }
    }

    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            outlets: self.outlets.max(other.outlets),
            origins: self.origins.max(other.origins),
            copies: self.copies.max(other.copies),
            versions: self.versions.max(other.versions),
            stories: self.stories.max(other.stories),
        }
    }

    /// Whether no number needs a correction. Stories are not compared: alerts of older releases do not have
    /// them, and they never change alone.
    pub(crate) fn says_the_same_as(self, other: Self) -> bool {
        Self { stories: other.stories, ..self } == other
    }

    pub(crate) fn numbers(self) -> Numbers<'static> {
        Numbers { origins: self.origins, outlets: self.outlets, ages: &[] }
    }

    /// This number after people changed the numbers: moved by the same difference, and at most the new total.
    pub(super) fn moved(self, before: Self, now: Self) -> Self {
        let by = |own: u32, was: u32, is: u32| match is.checked_sub(was) {
            Some(more) => own.saturating_add(more),
            None => own.min(is),
        };
        Self {
            outlets: by(self.outlets, before.outlets, now.outlets),
            origins: by(self.origins, before.origins, now.origins),
            copies: by(self.copies, before.copies, now.copies),
            versions: by(self.versions, before.versions, now.versions),
            stories: by(self.stories, before.stories, now.stories),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_move_by_what_people_changed() {
        let of = |outlets, origins, copies| Tally { outlets, origins, copies, ..Tally::default() };
        assert_eq!(of(2, 2, 5).moved(of(3, 3, 5), of(3, 4, 4)), of(2, 3, 4));
        assert_eq!(of(0, 1, 0).moved(of(3, 3, 4), of(3, 1, 4)), of(0, 1, 0));
    }
}
