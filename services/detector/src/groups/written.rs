//! Stories and events as they stand in a snapshot.

use wirefold_dedup::snapshot::{Reader, Writer, Written};

use super::{Event, Groups, Story};
use crate::snapshot::{read_text, read_time, write_text, write_time};

wirefold_dedup::written!(Groups { stories, events, redirects, former });

impl Written for Story {
    fn write_to(&self, to: &mut Writer<'_>) {
        write_text(&self.id, to);
        write_text(&self.lead, to);
        self.lead_fetched.write_to(to);
        (self.is_credited, self.comparable).write_to(to);
        (self.event, self.revision).write_to(to);
        (self.articles, self.last).write_to(to);
        self.outlets.write_to(to);
        write_time(self.first_seen, to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (id, lead) = (read_text(from)?, read_text(from)?);
        let lead_fetched = Written::read_from(from)?;
        let (is_credited, comparable) = Written::read_from(from)?;
        let (event, revision) = Written::read_from(from)?;
        let (articles, last) = Written::read_from(from)?;
        let (outlets, first_seen) = (Written::read_from(from)?, read_time(from)?);
        Some(Self {
            id,
            lead,
            lead_fetched,
            is_credited,
            event,
            revision,
            articles,
            outlets,
            first_seen,
            comparable,
            last,
        })
    }
}

impl Written for Event {
    fn write_to(&self, to: &mut Writer<'_>) {
        write_text(&self.id, to);
        self.stories.write_to(to);
        self.revision.write_to(to);
        write_time(self.first_seen, to);
        self.continues.map(|event| event.to_string()).write_to(to);
        self.ledes.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (id, stories) = (read_text(from)?, Written::read_from(from)?);
        let (revision, first_seen) = (Written::read_from(from)?, read_time(from)?);
        let continues: Option<String> = Written::read_from(from)?;
        let continues = match continues {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        let ledes = Written::read_from(from)?;
        Some(Self { id, stories, revision, first_seen, continues, ledes })
    }
}
