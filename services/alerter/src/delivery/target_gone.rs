//! Remembers, also over restarts, that a target has answered 410: it is gone for good.
//!
//! Comes in: the answer of a target. Goes out: why nothing more is sent to it. It never asks the target.
//!
//! The mark has a hash of the target's address, so a delivery with another address sends again. After a
//! week the target is asked once more, since some servers answer 410 by mistake.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;
use wirefold_flow::{BusError, KeyValue, UnixMillis};

use super::kinds::DeliveryTarget;

/// How long a mark counts.
const HOLDS: Duration = Duration::from_hours(7 * 24);

/// Why nothing more is sent to a delivery, where its target is gone.
pub(crate) struct TargetGone {
    delivery: String,
    target: String,
    keys: Arc<dyn KeyValue>,
    why: OnceLock<String>,
    /// Whether the mark of an earlier run has been read.
    is_read: OnceCell<()>,
}

impl TargetGone {
    pub(crate) fn new(delivery: &str, sends_to: &DeliveryTarget, keys: Arc<dyn KeyValue>) -> Self {
        let target = Sha256::digest(sends_to.as_target().address());
        let target = target.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let (delivery, why) = (delivery.to_owned(), OnceLock::new());
        Self { delivery, target, keys, why, is_read: OnceCell::new() }
    }

    /// Why nothing is sent; an earlier run may have set the mark.
    pub(super) async fn why(&self, now: UnixMillis) -> Result<Option<&str>, BusError> {
        self.is_read.get_or_try_init(|| self.read(now)).await?;
        Ok(self.why.get().map(String::as_str))
    }

    /// Marks the target: nothing more is sent to it.
    pub(crate) async fn set(&self, why: &str, now: UnixMillis) -> Result<(), BusError> {
        let mark = format!("{} {} {why}", self.target, now.0);
        self.keys.put(&self.key(), mark.into()).await?;
        if self.why.set(why.to_owned()).is_ok() {
            let delivery = &self.delivery;
            tracing::warn!(delivery, why, "delivery is off: give it another address");
        }
        Ok(())
    }

    /// Why nothing is sent, as the mark says now.
    pub(crate) async fn marked(&self, now: UnixMillis) -> Result<Option<String>, BusError> {
        let entry = self.keys.get(&self.key()).await?;
        let value = entry.and_then(|entry| entry.value);
        let told = value.as_deref().and_then(|value| std::str::from_utf8(value).ok());
        let mark = told.and_then(parts);
        let holds = mark.filter(|(target, at, _)| *target == self.target && now < at.plus(HOLDS));
        Ok(holds.map(|(_, _, why)| why.to_owned()))
    }

    async fn read(&self, now: UnixMillis) -> Result<(), BusError> {
        if let Some(why) = self.marked(now).await? {
            let delivery = &self.delivery;
            tracing::warn!(delivery, why, "delivery is still off: give it another address");
            self.why.get_or_init(|| why);
        }
        Ok(())
    }

    fn key(&self) -> String {
        format!("{}.gone", self.delivery)
    }
}

/// The target, the time and the reason in a mark.
fn parts(mark: &str) -> Option<(&str, UnixMillis, &str)> {
    let (target, rest) = mark.split_once(' ')?;
    let (at, why) = rest.split_once(' ')?;
    Some((target, UnixMillis(at.parse().ok()?), why))
}
