//! Facts about the installation: from the bus, from the deliveries, and from the disk.
//!
//! Comes in: the bus, the states of the deliveries, and the disk. Goes out: facts. It never judges them.
//!
//! Facts that the user of a NATS server may not read are missing, and so are those of missing stores.

use std::collections::BTreeMap;

use jiff::Timestamp;
use wirefold_envelope::{Limits, decode, sent_at, stream_configs, unix_millis};
use wirefold_flow::{Bus, BusError, UnixMillis};
use wirefold_proto::{
    ArticleFetched, DeadCause, DeadLetter, FeedHealth, FeedId, FeedRecord, streams,
};

use crate::delivery::DeliveryState;
use crate::settings::Space;
use crate::subscription::AbsentDeliveries;

/// The subjects of articles in the output.
const ARTICLES: &str = "wirefold.v1.output.article.>";
/// The most dead letters that are read, the newest first.
const LETTERS: u64 = 64;

/// The facts of one look.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// The sequence of the newest article in the output.
    pub(super) newest: Option<u64>,
    /// The newest article that was fetched.
    pub(super) fetched: Option<Fetched>,
    pub(super) streams: Vec<StreamFill>,
    pub(super) unsaved: Option<Unsaved>,
    pub(super) dead: Option<Dead>,
    pub(super) feeds: Vec<FeedFact>,
    pub(super) deliveries: Vec<DeliveryFact>,
    pub(super) absent: AbsentDeliveries,
    pub(super) mistake: Option<String>,
    pub(super) space: Option<Space>,
}

/// The newest fetched article, with the times of the fetcher's and the broker's clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fetched {
    pub(super) seen: UnixMillis,
    /// When it was sent, if the message says so.
    pub(super) sent: Option<UnixMillis>,
    pub(super) stored: UnixMillis,
}

/// The size of a stream and its limit.
#[derive(Debug, Clone)]
pub(super) struct StreamFill {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) max_bytes: u64,
}

/// The decisions that are not in any snapshot of the detector.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unsaved {
    pub(super) decisions: u64,
    /// All stored decisions.
    pub(super) stored: u64,
    /// When the oldest of them was stored.
    pub(super) since: UnixMillis,
}

/// The newest dead letter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dead {
    pub(super) last: u64,
    pub(super) at: Option<UnixMillis>,
    /// The newest letter about a record that its writer did not write.
    pub(super) forged: Option<Forged>,
}

/// A record that its writer did not write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forged {
    pub(super) sequence: u64,
    pub(super) at: UnixMillis,
}

/// The dead letters that were read so far.
#[derive(Debug, Default)]
pub(super) struct Letters {
    read: u64,
    forged: Option<Forged>,
}

impl Letters {
    async fn look(&mut self, bus: &dyn Bus) -> Result<Dead, BusError> {
        let state = bus.stream_state(streams::DEAD.name).await?;
        let newest = bus.last(streams::DEAD.name, ">").await?;
        if state.last < self.read {
            // The stream was created again.
            *self = Self::default();
        }
        let first = state.first.max(self.read + 1).max(state.last.saturating_sub(LETTERS - 1));
        for sequence in first..=state.last {
            let stored = match bus.get(streams::DEAD.name, sequence).await {
                Ok(stored) => stored,
                Err(BusError::Gone { .. } | BusError::NotYet { .. }) => continue,
                Err(error) => return Err(error),
            };
            let letter: Option<DeadLetter> = wirefold_proto::decode(&stored.body).ok();
            if let Some(letter) = letter.filter(|letter| letter.cause == DeadCause::Forged) {
                self.forged = Some(Forged { sequence: letter.sequence, at: stored.at });
            }
        }
        self.read = state.last;
        let at = newest.map(|stored| stored.at);
        Ok(Dead { last: state.last, at, forged: self.forged })
    }
}

/// The facts about a delivery.
#[derive(Debug, Clone)]
pub(super) struct DeliveryFact {
    pub(super) name: String,
    /// Why the delivery is off.
    pub(super) off: Option<String>,
    /// The result of the last attempt.
    pub(super) state: Option<DeliveryState>,
}

/// The facts about a feed.
#[derive(Debug, Clone)]
pub(super) struct FeedFact {
    pub(super) id: FeedId,
    pub(super) set_aside: Option<Timestamp>,
    pub(super) is_failing: bool,
    /// When a feed with `priority` last brought something new.
    pub(super) last_new: Option<Timestamp>,
}

/// The feeds according to their records. Only changed records are read again.
#[derive(Debug, Default)]
pub(super) struct Feeds {
    by_key: BTreeMap<String, FeedFact>,
    revision: u64,
}

impl Feeds {
    async fn read(&mut self, bus: &dyn Bus) -> Result<Vec<FeedFact>, BusError> {
        for entry in bus.key_value(streams::FEEDS.name)?.changes(&["feed"], self.revision).await? {
            self.revision = entry.revision;
            let value = entry.value.as_ref();
            match value.and_then(|value| wirefold_proto::decode::<FeedRecord>(value).ok()) {
                Some(record) => drop(self.by_key.insert(entry.key, FeedFact::of(record))),
                None => drop(self.by_key.remove(&entry.key)),
            }
        }
        Ok(self.by_key.values().cloned().collect())
    }
}

impl FeedFact {
    fn of(record: FeedRecord) -> Self {
        let is_failing = matches!(record.health, FeedHealth::Failing | FeedHealth::Gone);
        let last_new = record.last_new.filter(|_| record.feed.priority);
        Self { id: record.feed.id, set_aside: record.set_aside, is_failing, last_new }
    }
}

/// Collects the facts from the bus.
pub(super) async fn of_bus(
    bus: &dyn Bus,
    limits: &Limits,
    feeds: &mut Feeds,
    letters: &mut Letters,
) -> Result<Facts, BusError> {
    let newest = allowed(bus.last(streams::OUTPUT.name, ARTICLES).await)?.flatten();
    let fetched = allowed(bus.last(streams::FETCHED.name, ">").await)?.flatten();
    let fetched = fetched.and_then(|stored| {
        let article: ArticleFetched = decode(&stored).ok()?;
        let (seen, sent) = (unix_millis(article.article.seen), sent_at(&stored));
        Some(Fetched { seen, sent, stored: stored.at })
    });
    let mut fills = Vec::new();
    for config in stream_configs(limits) {
        if let Some(state) = allowed(bus.stream_state(&config.name).await)? {
            let (name, bytes) = (config.name, state.bytes);
            fills.push(StreamFill { name, bytes, max_bytes: config.max_bytes });
        }
    }
    Ok(Facts {
        newest: newest.map(|stored| stored.sequence),
        fetched,
        streams: fills,
        unsaved: allowed(unsaved(bus).await)?.flatten(),
        dead: allowed(letters.look(bus).await)?,
        feeds: feeds.read(bus).await?,
        ..Facts::default()
    })
}

/// Turns a missing right or store into no answer. Other errors stay errors.
fn allowed<T>(answer: Result<T, BusError>) -> Result<Option<T>, BusError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(BusError::NotAllowed { .. } | BusError::NoStream(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn unsaved(bus: &dyn Bus) -> Result<Option<Unsaved>, BusError> {
    let output = bus.stream_state(streams::OUTPUT.name).await?;
    let names = bus.objects(streams::SNAPSHOTS.name)?.names().await?;
    let of_name = |name: &String| name.strip_prefix(streams::SNAPSHOT)?.parse::<u64>().ok();
    // A snapshot behind the last decision belongs to streams that were deleted.
    let last = names.iter().filter_map(of_name).filter(|it| *it <= output.last).max();
    let first = last.unwrap_or(0).saturating_add(1).max(output.first);
    if first > output.last {
        return Ok(None);
    }
    let since = match bus.get(streams::OUTPUT.name, first).await {
        Ok(stored) => stored.at,
        // The stream has just dropped it.
        Err(BusError::Gone { .. } | BusError::NotYet { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(Unsaved { decisions: output.last + 1 - first, stored: output.messages, since }))
}
