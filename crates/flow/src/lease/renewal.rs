//! The task that renews a lease of ours, or looks whether another left theirs.
//!
//! Comes in: what the user of the lease wants (to lead, to resign, to release), and the key of the lease in a table. Goes
//! out: who leads. It never knows what the leader does.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::{LOOK, LOOKS, Leadership, LeaseConfig, RENEWAL, UNSURE, Wish};
use crate::bus::Entry;
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::loops::{Event, StageContext};

/// An answer that takes longer counts as none.
const ANSWER: Duration = Duration::from_millis(900);
/// Before a renewal that failed is tried again.
const AGAIN: Duration = Duration::from_millis(100);
/// Before who leads without a lease looks whether there can be one.
const WITHOUT: Duration = Duration::from_secs(10);
/// Looks for which who resigned does not ask again.
const RESIGNED: u32 = 40;

pub(super) struct Renewal {
    context: StageContext,
    config: LeaseConfig,
    value: Bytes,
    leadership: watch::Sender<Leadership>,
    wishes: watch::Receiver<Wish>,
    wish: Wish,
    held: Option<OwnLease>,
    /// The revision of another's lease that was found last, and how often again.
    found: (u64, u32),
    /// For so many looks it does not ask for the lease.
    pause: u32,
}

/// A lease of ours.
#[derive(Clone, Copy)]
struct OwnLease {
    revision: u64,
    /// When the last renewal that stands was begun.
    renewed: UnixMillis,
}

/// Whose lease the table has under the key, with its revision.
enum LeaseOwner {
    /// Nobody's.
    Free(u64),
    Ours(u64),
    /// Another's, and its name.
    Others(u64, String),
}

impl Renewal {
    pub(super) fn new(
        context: StageContext,
        config: LeaseConfig,
        leadership: watch::Sender<Leadership>,
        wishes: watch::Receiver<Wish>,
    ) -> Self {
        let value = format!("{} {}", config.holder, config.unique).into();
        let (wish, found) = (Wish::default(), (0, 0));
        Self { context, config, value, leadership, wishes, wish, held: None, found, pause: 0 }
    }

    pub(super) async fn run(mut self) {
        loop {
            let wish = *self.wishes.borrow_and_update();
            let resigned = wish.resigned > self.wish.resigned;
            self.wish = wish;
            if wish.releases {
                break;
            }
            if resigned {
                // Where another holds it, this is all there was to be noticed.
                self.pause = if self.give_back().await { RESIGNED } else { 0 };
                self.tell(Leadership::Follows(None));
            }
            let pause = match self.held {
                Some(held) => self.renew(held).await,
                None => self.look().await,
            };
            let context = self.context.clone();
            tokio::select! {
                biased;
                changed = self.wishes.changed() => if changed.is_err() { break },
                () = context.wait(pause) => {}
            }
        }
        self.give_back().await;
        self.tell(Leadership::Released);
    }

    /// Frees the lease; false if it is another's.
    async fn give_back(&mut self) -> bool {
        let Some(held) = self.held.take() else {
            return *self.leadership.borrow() == Leadership::Leads;
        };
        let LeaseConfig { keys, key, .. } = &self.config;
        let free = keys.put_if(key, Bytes::new(), held.revision);
        // Where it fails otherwise, the others find out by looking.
        !matches!(within(&self.context, ANSWER, free).await, Err(BusError::Refused { .. }))
    }

    /// Renews our lease. Returns how long to wait before the next renewal.
    async fn renew(&mut self, held: OwnLease) -> Duration {
        let begun = self.context.clock.now();
        if begun.since(held.renewed) >= UNSURE {
            self.tell(Leadership::Doubts);
        }
        match self.put(held.revision, self.until_unsure(held)).await {
            Ok(revision) => return self.lead_with(revision, begun),
            Err(BusError::Refused { .. }) => match self
                .lease_in_table(self.until_unsure(held))
                .await
            {
                // The answer to the last one was lost.
                Ok(LeaseOwner::Ours(revision)) => return self.lead_with(revision, begun),
                Ok(LeaseOwner::Others(revision, name)) => {
                    self.held = None;
                    self.found = (revision, 0);
                    self.tell(Leadership::Follows(Some(name)));
                    return LOOK;
                }
                // The table was deleted, or put back to an older copy.
                Ok(LeaseOwner::Free(revision)) => self.held = Some(OwnLease { revision, ..held }),
                Err(_) => {}
            },
            // Nobody else can take it either.
            Err(error) if !error.may_pass() => return RENEWAL,
            Err(_) => {}
        }
        if self.context.clock.now().since(held.renewed) >= UNSURE {
            self.tell(Leadership::Doubts);
        }
        AGAIN
    }

    /// How long an answer is waited for: a lease that cannot be renewed is told before the others take it.
    fn until_unsure(&self, held: OwnLease) -> Duration {
        let left = held.renewed.plus(UNSURE).since(self.context.clock.now());
        if left.is_zero() { ANSWER } else { left.min(ANSWER) }
    }

    async fn look(&mut self) -> Duration {
        self.pause = self.pause.saturating_sub(1);
        let begun = self.context.clock.now();
        let asks = self.wish.leads && self.pause == 0;
        match self.lease_in_table(ANSWER).await {
            Ok(LeaseOwner::Ours(revision)) => return self.lead_with(revision, begun),
            Ok(LeaseOwner::Free(revision)) if asks => {
                return self.take_lease(revision, begun).await;
            }
            Ok(LeaseOwner::Free(_)) => {}
            Ok(LeaseOwner::Others(revision, name)) => {
                let times = if self.found.0 == revision { self.found.1 + 1 } else { 0 };
                self.found = (revision, times);
                self.tell(Leadership::Follows(Some(name)));
                if asks && times >= LOOKS {
                    return self.take_lease(revision, begun).await;
                }
            }
            Err(error) => return self.lead_without_or_wait(&error),
        }
        LOOK
    }

    async fn take_lease(&mut self, revision: u64, begun: UnixMillis) -> Duration {
        match self.put(revision, ANSWER).await {
            Ok(revision) => self.lead_with(revision, begun),
            Err(error) => self.lead_without_or_wait(&error),
        }
    }

    /// While the bus is away, nobody can renew: looks count from the beginning. Where there can be no lease,
    /// as on a server that an earlier release set up, whoever has seen none leads without.
    fn lead_without_or_wait(&mut self, error: &BusError) -> Duration {
        let may_be_had = error.may_pass() || matches!(error, BusError::Refused { .. });
        let has_seen = self.found.0 > 0;
        self.found.1 = 0;
        if !may_be_had && !has_seen && self.wish.leads && self.pause == 0 {
            if *self.leadership.borrow() != Leadership::Leads {
                self.observe(Event::NoLease(error));
            }
            self.tell(Leadership::Leads);
            return WITHOUT;
        }
        LOOK
    }

    fn lead_with(&mut self, revision: u64, renewed: UnixMillis) -> Duration {
        self.held = Some(OwnLease { revision, renewed });
        self.tell(Leadership::Leads);
        RENEWAL
    }

    async fn put(&self, expected: u64, longest: Duration) -> Result<u64, BusError> {
        let LeaseConfig { keys, key, .. } = &self.config;
        within(&self.context, longest, keys.put_if(key, self.value.clone(), expected)).await
    }

    async fn lease_in_table(&self, longest: Duration) -> Result<LeaseOwner, BusError> {
        let LeaseConfig { keys, key, .. } = &self.config;
        let found = within(&self.context, longest, keys.get(key)).await?;
        Ok(match found {
            Some(Entry { revision, value: Some(value), .. }) => {
                if value == self.value {
                    LeaseOwner::Ours(revision)
                } else if value.is_empty() {
                    LeaseOwner::Free(revision)
                } else {
                    LeaseOwner::Others(revision, holder(&value))
                }
            }
            Some(Entry { value: None, .. }) | None => LeaseOwner::Free(0),
        })
    }

    fn tell(&self, leadership: Leadership) {
        let before = self.leadership.borrow().clone();
        if before == leadership {
            return;
        }
        match (&before, &leadership) {
            (_, Leadership::Follows(Some(leader))) => self.observe(Event::StandingBy { leader }),
            (_, Leadership::Doubts) => self.observe(Event::LeaseInDoubt),
            (Leadership::Doubts, Leadership::Leads) => self.observe(Event::LeaseRenewed),
            (_, Leadership::Leads) if self.held.is_some() => self.observe(Event::LeaseTaken),
            _ => {}
        }
        self.leadership.send_replace(leadership);
    }

    fn observe(&self, event: Event<'_>) {
        self.context.observer.observe(&self.config.name, event);
    }
}

/// Who holds a lease, for people.
fn holder(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.rsplit_once(' ').map_or(&*text, |(holder, _)| holder).to_owned()
}

/// Waits for an answer no longer than that.
async fn within<T>(
    context: &StageContext,
    longest: Duration,
    answering: impl Future<Output = Result<T, BusError>>,
) -> Result<T, BusError> {
    tokio::select! {
        biased;
        answer = answering => answer,
        () = context.wait(longest) => {
            Err(BusError::Unavailable("no answer about a lease in time".to_owned()))
        }
    }
}
