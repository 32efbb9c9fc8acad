//! Writes and reads stories and events as bytes of a snapshot.

use wirefold_dedup::codec::{Encode, Reader, Writer};
use wirefold_proto::EventId;

use super::{Event, Groups, Story};
use crate::packed::{Id as _, read_id, read_time, write_id, write_time};

wirefold_dedup::written!(Groups { stories, events, redirects, former_ids });

impl Groups {
    /// Divides the tables into parts by number; [`Groups::append`] puts them together again.
    pub(crate) fn divide(self) -> Vec<Self> {
        let stories = self.stories.divide().into_iter();
        let stories = stories.map(|stories| Self { stories, ..Self::default() });
        let events = self.events.divide().into_iter();
        let events = events.map(|events| Self { events, ..Self::default() });
        let rest =
            Self { redirects: self.redirects, former_ids: self.former_ids, ..Self::default() };
        stories.chain(events).chain([rest]).collect()
    }

    /// Appends the next part; `None` if it does not follow the parts before.
    pub(crate) fn append(&mut self, next: Self) -> Option<()> {
        self.redirects.append(next.redirects);
        self.former_ids.append(next.former_ids);
        self.stories.append(next.stories)?;
        self.events.append(next.events)
    }
}

impl Encode for Story {
    fn write_to(&self, to: &mut Writer<'_>) {
        write_id(self.id, to);
        write_id(self.lead, to);
        self.lead_fetched.write_to(to);
        (self.claim, self.is_preferred).write_to(to);
        (self.is_credited, self.comparable).write_to(to);
        (self.event, self.revision).write_to(to);
        (self.articles, self.last).write_to(to);
        self.versions.write_to(to);
        self.outlets.write_to(to);
        write_time(self.first_seen, to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (id, lead) = (read_id(from)?, read_id(from)?);
        let lead_fetched = Encode::read_from(from)?;
        let (claim, is_preferred) = Encode::read_from(from)?;
        let (is_credited, comparable) = Encode::read_from(from)?;
        let (event, revision) = Encode::read_from(from)?;
        let (articles, last) = Encode::read_from(from)?;
        let versions = Encode::read_from(from)?;
        let (outlets, first_seen) = (Encode::read_from(from)?, read_time(from)?);
        Some(Self {
            id,
            lead,
            lead_fetched,
            claim,
            is_preferred,
            is_credited,
            event,
            revision,
            articles,
            versions,
            outlets,
            first_seen,
            comparable,
            last,
        })
    }
}

impl Encode for Event {
    fn write_to(&self, to: &mut Writer<'_>) {
        write_id(self.id, to);
        self.stories.write_to(to);
        self.revision.write_to(to);
        write_time(self.first_seen, to);
        self.continues.map(EventId::number).write_to(to);
        self.ledes.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (id, stories) = (read_id(from)?, Encode::read_from(from)?);
        let (revision, first_seen) = (Encode::read_from(from)?, read_time(from)?);
        let continues = Option::<u128>::read_from(from)?.map(EventId::with);
        let ledes = Encode::read_from(from)?;
        Some(Self { id, stories, revision, first_seen, continues, ledes })
    }
}
