//! Keeps redirects from the ids of merged stories and events, because people go on using these ids.
//!
//! An id of the contract comes in; the story or event that it leads to goes out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wirefold_fold as fold;
use wirefold_proto::{EventId, StoryId};

/// An event that had another id, or became part of another event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct FormerEvent {
    /// Its first story. The former id leads to the event that has it now.
    pub(super) owner: fold::StoryId,
    /// Whether the id is of the command that took the event out of another.
    pub(super) is_taken_out: bool,
}

/// Former ids, each with the story or event that it leads to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct FormerIds {
    pub(super) stories: BTreeMap<StoryId, fold::StoryId>,
    pub(super) events: BTreeMap<EventId, FormerEvent>,
}

impl FormerIds {
    /// Records that a story was merged into an older one.
    pub(super) fn redirect_story(
        &mut self,
        id: StoryId,
        younger: fold::StoryId,
        older: fold::StoryId,
    ) {
        for into in self.stories.values_mut().filter(|into| **into == younger) {
            *into = older;
        }
        self.stories.insert(id, older);
    }

    /// Removes and returns the id that an event of these stories had before it became part of another. If there are
    /// several, the one of the earliest story, and not one of a command if there is a choice.
    pub(super) fn take_event(
        &mut self,
        stories: &[fold::StoryId],
    ) -> Option<(EventId, FormerEvent)> {
        let had = self.events.iter().filter(|(_, former)| stories.contains(&former.owner));
        let id = *had.min_by_key(|(_, former)| **former)?.0;
        self.events.remove_entry(&id)
    }
}
