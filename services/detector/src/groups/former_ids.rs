//! Keeps redirects from the ids of merged stories and events, because people go on using these ids.
//!
//! An id of the contract comes in; the story or event that it leads to goes out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wirefold_fold as fold;
use wirefold_proto::{EventId, StoryId};

/// Former ids, each with the story or event that it leads to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct FormerIds {
    pub(super) stories: BTreeMap<StoryId, fold::StoryId>,
    /// The events that these ids lead to may have been merged again.
    pub(super) events: BTreeMap<EventId, fold::EventId>,
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

    /// Removes the redirects to stories and events that no longer exist.
    pub(super) fn forget(
        &mut self,
        is_story: impl Fn(fold::StoryId) -> bool,
        is_event: impl Fn(fold::EventId) -> bool,
    ) {
        self.stories.retain(|_, into| is_story(*into));
        self.events.retain(|_, into| is_event(*into));
    }
}
