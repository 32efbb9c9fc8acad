//! All events in parts that are written and read by themselves: the large tables are divided.
//!
//! Events come in and their parts go out, and the other way round. It never looks into a part.

use rustc_hash::FxHashMap;

use crate::codec::numbered::Numbered;
use crate::codec::{written, written_variants};
use crate::event::chunked_rows::ChunkedRows;
use crate::event::frequencies::Frequencies;
use crate::event::quoted::Quoted;
use crate::event::{Event, Events, Profile};
use crate::ids::{EventId, StoryId};

/// A part of all events.
#[derive(Debug, Clone)]
pub(crate) struct EventsPart(Table);

/// A small table, or some rows of a large one.
#[derive(Debug, Clone)]
enum Table {
    Frequencies(Box<Frequencies>),
    Profiles(Numbered<StoryId, Profile>),
    Events(Numbered<EventId, Event>),
    Redirects(FxHashMap<EventId, EventId>),
    ByTerm(ChunkedRows),
    Quoted(Quoted),
}

written_variants!(Table {
    0 => Frequencies,
    1 => Profiles,
    2 => Events,
    3 => Redirects,
    4 => ByTerm,
    5 => Quoted,
});

impl Events {
    /// Divides them into parts, for [`Events::add_part`] to put together again, in this order.
    pub(crate) fn into_parts(self) -> Vec<EventsPart> {
        let mut tables = vec![Table::Frequencies(Box::new(self.frequencies))];
        tables.extend(self.profiles.divide().into_iter().map(Table::Profiles));
        tables.extend(self.by_term.divide().into_iter().map(Table::ByTerm));
        tables.extend(self.events.divide().into_iter().map(Table::Events));
        tables.push(Table::Redirects(self.redirects));
        tables.extend(self.quoted.divide().map(Table::Quoted));
        tables.into_iter().map(EventsPart).collect()
    }

    /// Adds a part; `None` where it does not follow those before it.
    pub(crate) fn add_part(&mut self, part: EventsPart) -> Option<()> {
        match part.0 {
            Table::Frequencies(frequencies) => self.frequencies = *frequencies,
            Table::Profiles(profiles) => self.profiles.append(profiles)?,
            Table::Events(events) => self.events.append(events)?,
            Table::Redirects(redirects) => self.redirects = redirects,
            Table::ByTerm(rows) => self.by_term.append(rows),
            Table::Quoted(quoted) => self.quoted.append(quoted),
        }
        Some(())
    }
}

written!(EventsPart { 0 });
