//! An observer of the loops, so that tests wait for events and not for time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wirefold_flow::{Event, Observer};

/// Longer than any step here, so that a test without the event fails.
pub(super) const DEADLINE: Duration = Duration::from_mins(3);

struct Watcher(UnboundedSender<String>);

impl Observer for Watcher {
    fn observe(&self, name: &str, event: Event<'_>) {
        let word = match event {
            Event::Done => "done",
            Event::Retried { .. } => "retried",
            Event::Rejected { .. } => "rejected",
            _ => return,
        };
        // At the end of a test, nobody receives any more.
        let _ = self.0.send(format!("{name} {word}"));
    }
}

/// The actions of the loops, such as `alerter-hook retried`.
pub(super) struct Log(UnboundedReceiver<String>);

/// An observer, and the receiver of its events.
pub(super) fn watch() -> (Arc<dyn Observer>, Log) {
    let (sender, receiver) = unbounded_channel();
    (Arc::new(Watcher(sender)), Log(receiver))
}

impl Log {
    /// Waits until this has happened once more.
    pub(super) async fn wait_for(&mut self, wanted: &str) {
        loop {
            let next = tokio::time::timeout(DEADLINE, self.0.recv()).await;
            let seen = next.unwrap_or_else(|_| panic!("waited in vain for {wanted:?}"));
            if seen.as_deref() == Some(wanted) {
                return;
            }
        }
    }
}
