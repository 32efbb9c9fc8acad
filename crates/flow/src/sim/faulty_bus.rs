//! Adds faults to a bus, by odds and a seed: lost answers, delays, and answers of a replica that lags behind. A
//! test can also cut the way to the bus.
//!
//! Only faults that a real bus may have within its promises.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::Random;
use crate::bus::{Bus, Entry, KeyValue, OrderedReader};
use crate::clock::Clock;
use crate::config::{StreamConfig, StreamState};
use crate::error::Answer;
use crate::error::BusError;
use crate::message::{Outgoing, Published, Stored};
use crate::objects::Objects;

/// How often each fault happens, in a thousand calls.
#[derive(Debug, Clone, Copy)]
pub struct Odds {
    /// A call is not carried out, and fails.
    pub refused: u64,
    /// A call is carried out, and its answer is lost.
    pub answer_lost: u64,
    /// The state of a stream, or the value of a key, is an earlier one.
    pub stale: u64,
    /// A call is slow.
    pub slow: u64,
    /// The longest delay.
    pub delay: Duration,
}

impl Odds {
    /// No faults. A test sets the faults that it needs and takes the others from here.
    pub const NONE: Self =
        Self { refused: 0, answer_lost: 0, stale: 0, slow: 0, delay: Duration::ZERO };

    /// Only slow calls, by at most `delay`.
    #[must_use]
    pub const fn slow(slow: u64, delay: Duration) -> Self {
        Self { slow, delay, ..Self::NONE }
    }
}

/// The most messages that a replica which lags behind may lack.
const LAG: u64 = 3;

/// A bus with faults on the way to it.
///
/// While the way is cut, calls wait, as over a network that drops everything. They are carried out once it is
/// healed, unless their futures were dropped. A paused process behaves the same. Objects come all the same.
pub struct FaultyBus {
    bus: Arc<dyn Bus>,
    dice: Dice,
}

/// The source of chance that all parts of one bus share.
#[derive(Clone)]
struct Dice {
    random: Arc<Mutex<Random>>,
    odds: Odds,
    clock: Arc<dyn Clock>,
    is_cut: Arc<watch::Sender<bool>>,
}

impl FaultyBus {
    /// Puts faults on the way to a bus.
    pub fn new(bus: Arc<dyn Bus>, clock: Arc<dyn Clock>, odds: Odds, seed: u64) -> Self {
        let random = Arc::new(Mutex::new(Random::new(seed)));
        Self { bus, dice: Dice { random, odds, clock, is_cut: Arc::default() } }
    }

    /// Lets nothing through from now on.
    pub fn cut(&self) {
        self.dice.is_cut.send_replace(true);
    }

    /// Lets everything through again.
    pub fn heal(&self) {
        self.dice.is_cut.send_replace(false);
    }
}

impl Dice {
    fn with<T>(&self, throw: impl FnOnce(&mut Random) -> T) -> T {
        throw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn happens(&self, in_a_thousand: u64) -> bool {
        self.with(|random| random.happens(in_a_thousand))
    }

    async fn delay(&self) {
        if self.happens(self.odds.slow) {
            self.sleep_randomly().await;
        }
    }

    async fn sleep_randomly(&self) {
        let longest = u64::try_from(self.odds.delay.as_millis()).unwrap_or(u64::MAX);
        let millis = self.with(|random| random.below(longest.max(1)));
        self.clock.sleep_until(self.clock.now().plus(Duration::from_millis(millis))).await;
    }

    async fn healed(&self) {
        // The sender is held, so that this cannot fail.
        let _ = self.is_cut.subscribe().wait_for(|is_cut| !is_cut).await;
    }

    /// Delays a call before and after, and may not carry it out or may lose its answer.
    async fn call_with_faults<T>(&self, call: Answer<'_, T>) -> Result<T, BusError> {
        self.healed().await;
        self.delay().await;
        if self.happens(self.odds.refused) {
            return Err(BusError::Unavailable("simulated: not carried out".to_owned()));
        }
        let answer = call.await;
        self.healed().await;
        let answer = answer?;
        self.delay().await;
        if self.happens(self.odds.answer_lost) {
            return Err(BusError::Unavailable("simulated: the answer is lost".to_owned()));
        }
        Ok(answer)
    }
}

impl Bus for FaultyBus {
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()> {
        self.bus.create_stream(config)
    }

    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState> {
        Box::pin(async move {
            let state = self.dice.call_with_faults(self.bus.stream_state(stream)).await?;
            let most = if self.dice.happens(self.dice.odds.stale) { state.messages } else { 0 };
            let behind = self.dice.with(|random| random.below(most.min(LAG) + 1));
            let (last, messages) = (state.last - behind, state.messages - behind);
            Ok(StreamState { last, messages, ..state })
        })
    }

    fn publish(&self, message: Outgoing) -> Answer<'_, Published> {
        Box::pin(self.dice.call_with_faults(self.bus.publish(message)))
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        Box::pin(self.dice.call_with_faults(self.bus.publish_if_last(message, expected)))
    }

    fn append<'a>(
        &'a self,
        stream: &'a str,
        after: u64,
        mut messages: Vec<Outgoing>,
    ) -> Answer<'a, u64> {
        Box::pin(async move {
            // Part of a batch may be stored when the rest is lost.
            let cut = self.dice.with(|random| random.below(messages.len() as u64 + 1));
            if self.dice.happens(self.dice.odds.answer_lost) {
                messages.truncate(usize::try_from(cut).unwrap_or(0));
                self.bus.append(stream, after, messages).await?;
                return Err(BusError::Unavailable("simulated: part of it is lost".to_owned()));
            }
            self.dice.call_with_faults(self.bus.append(stream, after, messages)).await
        })
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let reading = self.bus.read(stream, filter, from);
        Box::pin(async move {
            let reader = self.dice.call_with_faults(reading).await?;
            Ok(Box::new(FaultyReader { reader, dice: self.dice.clone() }) as Box<_>)
        })
    }

    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()> {
        Box::pin(self.dice.call_with_faults(self.bus.mark_read(stream, reader, through)))
    }

    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored> {
        Box::pin(self.dice.call_with_faults(self.bus.get(stream, sequence)))
    }

    fn get_each<'a>(
        &'a self,
        stream: &'a str,
        sequences: &'a [u64],
    ) -> Answer<'a, Vec<Result<Stored, BusError>>> {
        Box::pin(async move {
            let call = self.bus.get_each(stream, sequences);
            let mut answers = self.dice.call_with_faults(call).await?;
            if !answers.is_empty() && self.dice.happens(self.dice.odds.refused) {
                let at = self.dice.with(|random| random.below(answers.len() as u64));
                let lost = "simulated: one of several is not read".to_owned();
                answers[usize::try_from(at).unwrap_or(0)] = Err(BusError::Unavailable(lost));
            }
            Ok(answers)
        })
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        Box::pin(self.dice.call_with_faults(self.bus.last(stream, filter)))
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        let (keys, dice) = (self.bus.key_value(bucket)?, self.dice.clone());
        Ok(Arc::new(FaultyKeys { keys, dice, last_read: Mutex::default() }))
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.bus.objects(store)
    }
}

struct FaultyReader {
    reader: Box<dyn OrderedReader>,
    dice: Dice,
}

impl OrderedReader for FaultyReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            // Nothing is read while the way is cut, so no message is lost if this future is dropped.
            self.dice.healed().await;
            let fewer = self.dice.with(|random| random.below(max as u64)) + 1;
            self.reader.next(usize::try_from(fewer).unwrap_or(max)).await
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            self.dice.healed().await;
            self.reader.ready(max).await
        })
    }
}

/// A bucket with faults.
struct FaultyKeys {
    keys: Arc<dyn KeyValue>,
    dice: Dice,
    /// The last answer for each key.
    last_read: Mutex<BTreeMap<String, Option<Entry>>>,
}

impl KeyValue for FaultyKeys {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        Box::pin(async move {
            let entry = self.dice.call_with_faults(self.keys.get(key)).await?;
            let before = {
                let mut last_read = self.last_read.lock().unwrap_or_else(PoisonError::into_inner);
                last_read.insert(key.to_owned(), entry.clone())
            };
            let is_stale = self.dice.happens(self.dice.odds.stale);
            Ok(before.filter(|_| is_stale).unwrap_or(entry))
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
        Box::pin(self.dice.call_with_faults(self.keys.put(key, value)))
    }

    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
        Box::pin(self.dice.call_with_faults(self.keys.put_if(key, value, expected)))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
        Box::pin(self.dice.call_with_faults(self.keys.delete(key)))
    }

    fn changes<'a>(&'a self, names: &'a [&'a str], after: u64) -> Answer<'a, Vec<Entry>> {
        Box::pin(self.dice.call_with_faults(self.keys.changes(names, after)))
    }
}
