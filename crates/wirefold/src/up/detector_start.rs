//! Delays the alerter until the detector has begun.
//!
//! At a start both read their stored state, and on few cores they slow each other down. New articles wait for
//! the detector alone, and the alerter has nothing to do before them. The input is the events of the
//! detector's loop. The wait is short, because a detector without a snapshot takes minutes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{Clock, Event, Observer, StageContext};

/// The longest wait of the alerter.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Whether the detector has begun.
#[derive(Clone)]
pub(super) struct DetectorStart(watch::Sender<bool>);

impl DetectorStart {
    /// `is_here` says whether the detector runs in this process.
    pub(super) fn new(is_here: bool) -> Self {
        Self(watch::Sender::new(!is_here))
    }

    /// The context of the detector, with an observer that notices its start.
    pub(super) fn watched(&self, context: StageContext) -> StageContext {
        let (began, observer) = (self.0.clone(), context.observer);
        StageContext { observer: Arc::new(StartObserver { began, observer }), ..context }
    }

    /// Returns once the detector has begun, or the longest wait is over.
    pub(super) async fn wait(&self, clock: &dyn Clock, stop: &CancellationToken) {
        let mut began = self.0.subscribe();
        tokio::select! {
            _ = began.wait_for(|has_begun| *has_begun) => {}
            () = clock.sleep_until(clock.now().plus(MAX_WAIT)) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Observes the loop of the detector.
struct StartObserver {
    began: watch::Sender<bool>,
    observer: Arc<dyn Observer>,
}

impl Observer for StartObserver {
    fn observe(&self, name: &str, event: Event<'_>) {
        if matches!(event, Event::Alive | Event::StandingBy { .. }) {
            self.began.send_replace(true);
        }
        self.observer.observe(name, event);
    }
}

#[cfg(test)]
mod tests {
    use wirefold_flow::NoObserver;
    use wirefold_flow::sim::VirtualClock;

    use super::*;

    /// Whether a wait has ended.
    async fn is_over(waiting: &mut (impl Future<Output = ()> + Unpin)) -> bool {
        tokio::select! {
            biased;
            () = waiting => true,
            () = tokio::task::yield_now() => false,
        }
    }

    #[tokio::test]
    async fn the_alerter_waits_for_the_detector_but_not_for_long() {
        let (clock, stop) = (VirtualClock::default(), CancellationToken::new());
        let elsewhere = DetectorStart::new(false);
        assert!(is_over(&mut Box::pin(elsewhere.wait(&clock, &stop))).await);
        let start = DetectorStart::new(true);
        let mut long = Box::pin(start.wait(&clock, &stop));
        assert!(!is_over(&mut long).await);
        clock.advance(MAX_WAIT);
        assert!(is_over(&mut long).await);
        let mut waiting = Box::pin(start.wait(&clock, &stop));
        let watching = StartObserver { began: start.0.clone(), observer: Arc::new(NoObserver) };
        watching.observe("detector", Event::TakenOver { epoch: 1 });
        assert!(!is_over(&mut waiting).await);
        watching.observe("detector", Event::Alive);
        assert!(is_over(&mut waiting).await);
        assert!(is_over(&mut Box::pin(start.wait(&clock, &stop))).await);
    }

    #[tokio::test]
    async fn a_wait_ends_when_the_process_stops() {
        let (clock, stop) = (VirtualClock::default(), CancellationToken::new());
        let start = DetectorStart::new(true);
        let mut waiting = Box::pin(start.wait(&clock, &stop));
        assert!(!is_over(&mut waiting).await);
        stop.cancel();
        assert!(is_over(&mut waiting).await);
    }
}
