//! Keeps the polled feeds in step with remote OPML lists.
//!
//! wirefold requests lists like feeds: when they are due, at the pace of their host, with validators, and
//! with the same checks of addresses. It adds feeds that the list names. It removes feeds that came from the
//! list and are no longer in it, unless another list or a file names them. It removes feeds only if the list
//! was read to its end and names feeds. Feeds that somebody added, changed or removed by hand stay as they
//! are for as long as the list names them.
//!
//! The validators of a list are stored after all of its changes are stored. If the process is killed before
//! that, the next one requests the list again in full. Repeated changes have no effect.

mod changes;
mod request;

use std::collections::{BTreeMap, HashMap};

use tokio::task::JoinSet;
use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::ListRecord;

use crate::settings::ConfiguredList;

pub(crate) use changes::{Change, changes};
pub(crate) use request::{ListAnswer, read_list_once};

/// A configured list and its state.
pub(crate) struct List {
    pub(crate) settings: ConfiguredList,
    pub(crate) record: ListRecord,
    /// When it is requested next; `None` while it is being requested.
    pub(crate) due: Option<UnixMillis>,
}

/// All lists.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) lists: BTreeMap<String, List>,
    /// The requests under way.
    pub(crate) requests: JoinSet<(String, ListAnswer)>,
}

impl Lists {
    /// The configured lists with their stored records, and the addresses of stored lists that are no
    /// longer configured.
    pub(crate) fn plan(
        configured: &[ConfiguredList],
        mut remembered: HashMap<String, ListRecord>,
    ) -> (Self, Vec<String>) {
        let mut lists = BTreeMap::new();
        for settings in configured {
            let record = as_configured(settings, remembered.remove(&settings.url));
            let due = Some(record.next_poll.map_or(UnixMillis(0), unix_millis));
            lists.insert(settings.url.clone(), List { settings: settings.clone(), record, due });
        }
        // If a new list replaces another, manual overrides of its feeds still apply.
        let overridden: Vec<String> =
            remembered.values().flat_map(|it| it.manual_overrides.iter().cloned()).collect();
        for list in lists.values_mut().filter(|list| list.record.last_good.is_none()) {
            list.record.manual_overrides.extend(overridden.iter().cloned());
            list.record.manual_overrides.sort_unstable();
            list.record.manual_overrides.dedup();
        }
        let gone = remembered.into_keys().collect();
        (Self { lists, requests: JoinSet::new() }, gone)
    }

    /// The records of lists that have never been read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &ListRecord> {
        self.lists.values().map(|list| &list.record).filter(|record| record.last_good.is_none())
    }

    /// When the next list is due.
    pub(crate) fn next_due(&self) -> Option<UnixMillis> {
        self.lists.values().filter_map(|list| list.due).min()
    }

    pub(crate) fn take_due(&mut self, now: UnixMillis) -> Option<&mut List> {
        let is_due = |list: &&mut List| list.due.is_some_and(|due| due <= now);
        let list = self.lists.values_mut().find(is_due)?;
        list.due = None;
        Some(list)
    }
}

/// The record with the settings of the file. A shorter interval makes it due sooner. A changed
/// `full_text` makes the next request unconditional, so that all feeds are updated.
fn as_configured(settings: &ConfiguredList, before: Option<ListRecord>) -> ListRecord {
    let seconds = u32::try_from(settings.every.as_secs()).unwrap_or(u32::MAX);
    let managed_by = settings.managed_by.clone();
    let fresh = || ListRecord::waiting(&settings.url, managed_by.clone(), seconds);
    let before = before.unwrap_or_else(fresh);
    let is_same = before.full_text == settings.full_text;
    let sooner = before.last_poll.map(|last| last.saturating_add(settings.every));
    let sooner = sooner.and_then(Result::ok);
    let next_poll = match is_same {
        true => before.next_poll.into_iter().chain(sooner).min(),
        false => None,
    };
    ListRecord {
        managed_by: settings.managed_by.clone(),
        full_text: settings.full_text,
        interval_seconds: seconds,
        next_poll,
        etag: before.etag.filter(|_| is_same),
        last_modified: before.last_modified.filter(|_| is_same),
        ..before
    }
}
