//! The stories that a reader has read or starred, on the page and in reader apps.

use std::collections::BTreeSet;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use wirefold_flow::BusError;
use wirefold_proto::{StoryId, streams, token};

use crate::AppState;
use crate::projection::{MarkFilter, Opening, number_of};
use crate::refusal::{ApiResult, Refusal};
use crate::tokens::Holder;

/// The holders of a token, or the user whom a proxy names. They share their marks, and their commands carry the name.
/// Without tokens everybody is one reader.
#[derive(Debug, Clone)]
pub(crate) struct Reader(Option<String>);

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

impl Reader {
    /// The reader who sends a request.
    pub(crate) fn of(request: &Extensions) -> Self {
        Self(request.get::<Holder>().and_then(|Holder(name)| name.clone()))
    }

    /// Their name; `None` if there are no tokens.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(crate) async fn marks(&self, app: &AppState) -> ApiResult<Marks> {
        Ok(self.marks_with_revision(app).await?.0)
    }

    /// The marks, and the revision of their entry.
    async fn marks_with_revision(&self, app: &AppState) -> ApiResult<(Marks, u64)> {
        let entry = app.bus.key_value(streams::READING.name)?.get(&self.key()).await?;
        let revision = entry.as_ref().map_or(0, |entry| entry.revision);
        let marks = entry.and_then(|entry| serde_json::from_slice(&entry.value?).ok());
        Ok((marks.unwrap_or_default(), revision))
    }

    /// Changes the marks.
    pub(crate) async fn change(&self, app: &AppState, how: impl Fn(&mut Marks)) -> ApiResult<()> {
        let keys = app.bus.key_value(streams::READING.name)?;
        loop {
            let (before, revision) = self.marks_with_revision(app).await?;
            let mut marks = before.clone();
            how(&mut marks);
            if marks.are_many() || marks.are_many_starred() {
                marks.drop_old(&app.projection.openings(Vec::new(), marks.starred()).await?);
            }
            if marks.are_many_starred() {
                let why = format!("{MOST_STARRED} stories are starred: take a star away first");
                return Err(Refusal::unprocessable(why));
            }
            if marks == before {
                return Ok(());
            }
            let value = serde_json::to_vec(&marks).unwrap_or_default();
            match keys.put_if(&self.key(), value.into(), revision).await {
                // Another request of the reader changed them in between.
                Err(BusError::Refused { .. }) => {}
                stored => return Ok(stored.map(drop)?),
            }
        }
    }

    /// The key of the marks in `wf_reading`.
    fn key(&self) -> String {
        self.name().map_or_else(|| "open".to_owned(), |it| format!("token.{}", token::escape(it)))
    }
}

/// The marks are stored as one value: with more than these, those of old stories are dropped.
const MOST: usize = 12_000;
/// The most starred stories.
const MOST_STARRED: usize = 1_000;

/// The marks of a reader: `wf_reading`, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Marks {
    /// All stories that came until then are read, in milliseconds.
    read_until: i64,
    /// The read ones that came later.
    read: BTreeSet<u64>,
    /// Those that came until then and are unread again.
    unread: BTreeSet<u64>,
    starred: BTreeSet<StoryId>,
}

impl Marks {
    pub(crate) fn is_read(&self, row: &Opening) -> bool {
        let number = number_of(row.story);
        let is_later = row.arrived > self.read_until;
        if is_later { self.read.contains(&number) } else { !self.unread.contains(&number) }
    }

    pub(crate) fn is_starred(&self, story: StoryId) -> bool {
        self.starred.contains(&story)
    }

    pub(crate) fn starred(&self) -> Vec<StoryId> {
        self.starred.iter().copied().collect()
    }

    /// The filter of events with an unread story. It agrees with [`Self::is_read`].
    pub(crate) fn filter_unread(&self) -> MarkFilter {
        MarkFilter::unread(self.read_until, &self.read, &self.unread)
    }

    /// The filter of events with a starred story.
    pub(crate) fn filter_starred(&self) -> MarkFilter {
        MarkFilter::starred(&self.starred)
    }

    pub(crate) fn set_read(&mut self, row: &Opening, is_read: bool) {
        let is_later = row.arrived > self.read_until;
        let exceptions = if is_later { &mut self.read } else { &mut self.unread };
        set(exceptions, number_of(row.story), is_read == is_later);
    }

    pub(crate) fn set_starred(&mut self, row: &Opening, is_starred: bool) {
        set(&mut self.starred, row.story, is_starred);
    }

    pub(crate) fn read_all_until(&mut self, until: i64) {
        // The unread ones came before.
        if until >= self.read_until {
            self.read_until = until;
            self.unread.clear();
        }
    }

    fn are_many(&self) -> bool {
        self.read.len() + self.unread.len() > MOST
    }

    fn are_many_starred(&self) -> bool {
        self.starred.len() > MOST_STARRED
    }

    /// Drops marks of stories that are not among these, if there are many. Stories that came before these are read
    /// from then on.
    fn drop_old(&mut self, rows: &[Opening]) {
        if self.are_many() {
            let is_new = |row: &&Opening| !self.is_starred(row.story);
            let oldest = rows.iter().filter(is_new).map(|row| row.arrived).min();
            self.read_until = oldest.map_or(0, |oldest| oldest - 1).max(self.read_until);
            let numbers: BTreeSet<u64> = rows.iter().map(|row| number_of(row.story)).collect();
            self.read.retain(|number| numbers.contains(number));
            self.unread.retain(|number| numbers.contains(number));
        }
        if self.are_many_starred() {
            let stories: BTreeSet<StoryId> = rows.iter().map(|row| row.story).collect();
            self.starred.retain(|story| stories.contains(story));
        }
    }
}

fn set<T: Ord>(of: &mut BTreeSet<T>, it: T, is_in: bool) {
    let _ = if is_in { of.insert(it) } else { of.remove(&it) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64) -> Opening {
        let story = StoryId::from_number(u128::from(number) << 65);
        Opening { key: 0, story, arrived: i64::try_from(number).unwrap(), feed: None }
    }

    #[test]
    fn a_mark_holds_whether_all_before_it_is_read_or_not() {
        let mut marks = Marks::default();
        marks.set_read(&row(7), true);
        marks.read_all_until(5);
        marks.set_read(&row(3), false);
        let is_read = |of: &Marks| [1, 3, 5, 6, 7].map(|it| of.is_read(&row(it)));
        assert_eq!(is_read(&marks), [true, false, true, false, true]);
        marks.set_read(&row(3), true);
        marks.set_read(&row(7), false);
        assert_eq!(is_read(&marks), [true, true, true, false, false]);
        assert_eq!(marks, Marks { read_until: 5, ..Marks::default() });
    }

    #[test]
    fn marks_of_old_stories_are_dropped_when_there_are_too_many() {
        let mut marks = Marks::default();
        let rows: Vec<_> = (1..=MOST as u64 + 1).map(row).collect();
        rows.iter().for_each(|row| marks.set_read(row, true));
        rows.iter().for_each(|row| marks.set_starred(row, true));
        let mut unstarred = Marks { starred: BTreeSet::new(), ..marks.clone() };
        marks.drop_old(&rows[..2]);
        assert_eq!((marks.read.len(), marks.starred.len()), (2, 2));
        unstarred.drop_old(&rows[4..6]);
        let is_read = [3, 4, 5, 6, 7].map(|it| unstarred.is_read(&row(it)));
        assert_eq!(is_read, [true, true, true, true, false], "the older ones stay read");
    }
}
