//! Keeps redirects from the ids of merged stories and events, because people go on using these ids.
//!
//! An id of the contract comes in; the story or event that it leads to goes out.

use std::collections::BTreeMap;

use wirefold_dedup as dedup;
use wirefold_dedup::codec::{Encode, Reader, Writer};
use wirefold_proto::{EventId, StoryId};

use crate::packed::{Id, read_id, write_id};

/// Former ids, each with the story or event that it leads to.
#[derive(Debug, Clone, Default)]
pub(super) struct FormerIds {
    pub(super) stories: BTreeMap<StoryId, dedup::StoryId>,
    /// The events that these ids lead to may have been merged again.
    pub(super) events: BTreeMap<EventId, dedup::EventId>,
}

impl FormerIds {
    /// Records that a story was merged into an older one.
    pub(super) fn redirect_story(
        &mut self,
        id: StoryId,
        younger: dedup::StoryId,
        older: dedup::StoryId,
    ) {
        for into in self.stories.values_mut().filter(|into| **into == younger) {
            *into = older;
        }
        self.stories.insert(id, older);
    }

    /// Adds further redirects.
    pub(super) fn append(&mut self, next: Self) {
        self.stories.extend(next.stories);
        self.events.extend(next.events);
    }

    /// Removes the redirects to stories and events that no longer exist.
    pub(super) fn forget(
        &mut self,
        is_story: impl Fn(dedup::StoryId) -> bool,
        is_event: impl Fn(dedup::EventId) -> bool,
    ) {
        self.stories.retain(|_, into| is_story(*into));
        self.events.retain(|_, into| is_event(*into));
    }
}

impl Encode for FormerIds {
    fn write_to(&self, to: &mut Writer<'_>) {
        write_ids(&self.stories, to);
        write_ids(&self.events, to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { stories: read_ids(from)?, events: read_ids(from)? })
    }
}

fn write_ids<I: Id, N: Encode>(ids: &BTreeMap<I, N>, to: &mut Writer<'_>) {
    to.count(ids.len());
    for (id, into) in ids {
        write_id(*id, to);
        into.write_to(to);
    }
}

fn read_ids<I: Id + Ord, N: Encode>(from: &mut Reader<'_>) -> Option<BTreeMap<I, N>> {
    (0..from.count()?).map(|_| Some((read_id(from)?, Encode::read_from(from)?))).collect()
}
