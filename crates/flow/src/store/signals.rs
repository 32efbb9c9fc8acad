//! Signals that wake the calls waiting for new messages or for room.
//!
//! Each signal wakes only the calls that wait for it, because each of them then asks the bus.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

/// The signals, and those to send after the next commit.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// Messages to read, by stream.
    streams: HashMap<String, Arc<Notify>>,
    /// Room in a stream.
    room: Arc<Notify>,
    /// The signals to send.
    pending: Vec<Arc<Notify>>,
}

impl Signals {
    pub(super) fn of(&mut self, stream: &str) -> Arc<Notify> {
        match self.streams.get(stream) {
            Some(signal) => signal.clone(),
            None => self.streams.entry(stream.to_owned()).or_default().clone(),
        }
    }

    pub(super) fn room(&self) -> Arc<Notify> {
        self.room.clone()
    }

    /// Notes that a stream has messages to read or to deliver.
    pub(super) fn mark_readable(&mut self, stream: &str) {
        let signal = self.of(stream);
        self.add(signal);
    }

    /// Notes that a stream may have room.
    pub(super) fn mark_room(&mut self) {
        self.add(self.room());
    }

    fn add(&mut self, signal: Arc<Notify>) {
        if !self.pending.iter().any(|other| Arc::ptr_eq(other, &signal)) {
            self.pending.push(signal);
        }
    }

    pub(super) fn wake_waiters(&mut self) {
        self.pending.drain(..).for_each(|signal| signal.notify_waiters());
    }

    /// Discards the pending signals, because their changes were undone.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[test]
    fn wakes_only_the_waiters_of_a_change() {
        let mut signals = Signals::default();
        let (alerts, output, room) = (signals.of("ALERTS"), signals.of("OUTPUT"), signals.room());
        let (mut alerts, mut output) = (pin!(alerts.notified()), pin!(output.notified()));
        let mut room = pin!(room.notified());
        signals.mark_readable("OUTPUT");
        assert!(!output.as_mut().enable(), "not before the waiters are woken");
        signals.wake_waiters();
        assert!(output.as_mut().enable());
        assert!(!alerts.as_mut().enable() && !room.as_mut().enable());
        signals.mark_readable("ALERTS");
        signals.clear();
        signals.mark_room();
        signals.wake_waiters();
        assert!(room.as_mut().enable());
        assert!(!alerts.as_mut().enable(), "that was undone");
    }
}
