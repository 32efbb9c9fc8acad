//! Divides all events into parts that a snapshot writes and reads separately, and joins them again.
//! It divides the large tables.

use crate::codec::id_table::IdTable;
use crate::codec::{written, written_variants};
use crate::event::chunked_rows::ChunkedRows;
use crate::event::frequencies::Frequencies;
use crate::event::quoted::QuotationIndex;
use crate::event::{Event, Events, Profile};
use crate::ids::{EventId, Redirects, StoryId};
use crate::story::not_the_same::NotTheSame;

/// A part of all events.
#[derive(Debug, Clone)]
pub(crate) struct EventsPart(Table);

/// A whole small table, or some rows of a large one.
#[derive(Debug, Clone)]
enum Table {
    Frequencies(Box<Frequencies>),
    Profiles(IdTable<StoryId, Profile>),
    Events(IdTable<EventId, Event>),
    Redirects(Redirects<EventId>),
    ByTerm(ChunkedRows),
    QuotationIndex(QuotationIndex),
    Apart(NotTheSame),
}

written_variants!(Table {
    0 => Frequencies,
    1 => Profiles,
    2 => Events,
    3 => Redirects,
    4 => ByTerm,
    5 => QuotationIndex,
    6 => Apart,
});

impl Events {
    /// Divides the events into parts. [`Events::add_part`] joins them again, in the same order.
    pub(crate) fn into_parts(self) -> Vec<EventsPart> {
        let mut tables = vec![Table::Frequencies(Box::new(self.frequencies))];
        tables.extend(self.profiles.divide().into_iter().map(Table::Profiles));
        tables.extend(self.by_term.divide().into_iter().map(Table::ByTerm));
        tables.extend(self.events.divide().into_iter().map(Table::Events));
        tables.push(Table::Redirects(self.redirects));
        tables.extend(self.quoted.divide().map(Table::QuotationIndex));
        tables.push(Table::Apart(self.apart));
        tables.into_iter().map(EventsPart).collect()
    }

    /// Adds the next part. `None` if it does not follow the parts before it.
    pub(crate) fn add_part(&mut self, part: EventsPart) -> Option<()> {
        match part.0 {
            Table::Frequencies(frequencies) => self.frequencies = *frequencies,
            Table::Profiles(profiles) => self.profiles.append(profiles)?,
            Table::Events(events) => self.events.append(events)?,
            Table::Redirects(redirects) => self.redirects = redirects,
            Table::ByTerm(rows) => self.by_term.append(rows),
            Table::QuotationIndex(quoted) => self.quoted.append(quoted),
            Table::Apart(apart) => self.apart = apart,
        }
        Some(())
    }
}

written!(EventsPart { 0 });
