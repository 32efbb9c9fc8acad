//! Wakes those who wait.
//!
//! Comes in: what has changed. Goes out: a signal for those who wait for that, and for nobody else, because each that
//! is woken asks the bus. It never says what has changed.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

/// What others may be waiting for, and what of it has come since they were last told.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// Something to read, by stream.
    streams: HashMap<String, Arc<Notify>>,
    /// Room in a stream.
    room: Arc<Notify>,
    come: Vec<Arc<Notify>>,
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

    /// There is something to read in a stream, or to be delivered.
    pub(super) fn stir(&mut self, stream: &str) {
        let signal = self.of(stream);
        self.note(signal);
    }

    /// There may be room in a stream.
    pub(super) fn free(&mut self) {
        self.note(self.room());
    }

    fn note(&mut self, signal: Arc<Notify>) {
        if !self.come.iter().any(|other| Arc::ptr_eq(other, &signal)) {
            self.come.push(signal);
        }
    }

    pub(super) fn tell(&mut self) {
        self.come.drain(..).for_each(|signal| signal.notify_waiters());
    }

    /// What came was undone.
    pub(super) fn forget(&mut self) {
        self.come.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[test]
    fn only_those_are_woken_for_whom_something_came() {
        let mut signals = Signals::default();
        let (alerts, output, room) = (signals.of("ALERTS"), signals.of("OUTPUT"), signals.room());
        let (mut alerts, mut output) = (pin!(alerts.notified()), pin!(output.notified()));
        let mut room = pin!(room.notified());
        signals.stir("OUTPUT");
        assert!(!output.as_mut().enable(), "not before it is told");
        signals.tell();
        assert!(output.as_mut().enable());
        assert!(!alerts.as_mut().enable() && !room.as_mut().enable());
        signals.stir("ALERTS");
        signals.forget();
        signals.free();
        signals.tell();
        assert!(room.as_mut().enable());
        assert!(!alerts.as_mut().enable(), "that was undone");
    }
}
