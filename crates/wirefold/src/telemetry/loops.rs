//! Watches the loops of `flow`: counts their events, logs, and remembers when each was last alive.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wirefold_flow::{BusError, Clock, Event, Observer, UnixMillis};

use super::metrics;

/// Counts the events of loops, and remembers when each was last alive and whether its writes are stored.
pub(crate) struct LoopMetrics {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// The state of all loops, by name.
#[derive(Default)]
struct State {
    /// Why nothing is stored, if so.
    outage: Outage,
    last_alive: BTreeMap<String, UnixMillis>,
    /// The streams that went back in time since the process began, in words.
    rollbacks: BTreeMap<String, String>,
    /// The loops that do not lead, with the reason in words.
    standing_by: BTreeMap<String, String>,
}

impl LoopMetrics {
    /// No loop has been seen yet.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// The streams that went back in time since the process began, in words.
    pub(super) fn rollbacks(&self) -> BTreeMap<String, String> {
        self.state().rollbacks.clone()
    }

    /// The loops that do not lead, with the reason in words.
    pub(super) fn standing_by(&self) -> BTreeMap<String, String> {
        self.state().standing_by.clone()
    }

    /// Records that a loop leads, or why it does not.
    fn set_leading(&self, name: &str, why_not: Option<String>) {
        metrics::LEADER.set(if why_not.is_none() { 1.0 } else { 0.0 }, &[label(name)]);
        let mut state = self.state();
        match why_not {
            Some(why) => state.standing_by.insert(name.to_owned(), why),
            None => state.standing_by.remove(name),
        };
    }

    /// Logs the events of a lease that an operator must know.
    fn log_lease(&self, name: &str, event: Event<'_>) {
        match event {
            Event::StandingBy { leader } => {
                tracing::info!(stage = name, leader, "standing by: another leads");
                self.set_leading(name, Some(format!("ready: stands by, {leader} leads")));
            }
            Event::LeaseTaken => {
                tracing::info!(stage = name, "this process now leads");
                self.set_leading(name, None);
            }
            Event::LeaseInDoubt => {
                tracing::warn!(
                    stage = name,
                    "the lease cannot be renewed: until then this process starts no new work"
                );
                self.set_leading(name, Some("waits: its lease cannot be renewed".to_owned()));
            }
            Event::LeaseRenewed => {
                tracing::info!(stage = name, "the lease is renewed");
                self.set_leading(name, None);
            }
            Event::NoLease(error) => tracing::warn!(
                stage = name,
                %error,
                "the server has no lease: run `wirefold setup`, and give the server the current rights. Until then run one process of this stage"
            ),
            _ => {}
        }
    }

    /// Records that a stream went back. Returns false if this loop has reported it before.
    fn record_rollback(&self, name: &str, stream: &str, read: u64, last: u64) -> bool {
        let words =
            format!("went back in time: the {name} had read up to {read}, but it ends at {last}");
        let mut state = self.state();
        let key = format!("{stream} ({name})");
        let told = |said: &String| said.contains(&format!("up to {read},"));
        let is_new = !state.rollbacks.get(&key).is_some_and(told);
        state.rollbacks.insert(key, words);
        is_new
    }

    /// When the loop with this name was last alive. `None` before its first heartbeat.
    #[cfg(test)]
    pub(crate) fn last_alive(&self, name: &str) -> Option<UnixMillis> {
        self.state().last_alive.get(name).copied()
    }

    /// The loops without a heartbeat for longer than this, each with the age of its last one.
    pub(crate) fn without_heartbeat_for(&self, longest: Duration) -> Vec<(String, Duration)> {
        let now = self.clock.now();
        let silences =
            self.state().last_alive.clone().into_iter().map(|(name, at)| (name, now.since(at)));
        silences.filter(|(_, silence)| *silence > longest).collect()
    }

    /// Removes a loop that has ended normally.
    pub(crate) fn ended(&self, name: &str) {
        self.state().last_alive.remove(name);
    }

    /// Records that something was stored, which ends an outage.
    pub(crate) fn stored(&self) {
        if self.state().outage.why.take().is_some() {
            tracing::info!("writes are stored again");
        }
    }

    /// Records that a call failed that may succeed later. It is logged once a minute for all loops together.
    fn note_failure(&self, name: &str, error: &BusError) {
        let now = self.clock.now();
        let Some(failures) = self.state().outage.note_failure(error.to_string(), now) else {
            return;
        };
        match error {
            BusError::DiskFull => tracing::warn!(
                stage = name,
                %error,
                failures,
                "nothing is stored until there is room on the disk of the data folder; trying again"
            ),
            _ if is_gone(error) => tracing::error!(
                stage = name,
                %error,
                failures,
                "a stream is gone: `wirefold setup` creates it again; new messages wait until then"
            ),
            _ => tracing::warn!(stage = name, %error, failures, "the bus failed; trying again"),
        }
    }

    /// Sets the ages of heartbeats. If several loops have one label, the oldest counts.
    pub(super) fn set_ages(&self) {
        let mut longest: BTreeMap<&'static str, Duration> = BTreeMap::new();
        for (name, silence) in self.without_heartbeat_for(Duration::ZERO) {
            let label = longest.entry(label(&name)).or_default();
            *label = silence.max(*label);
        }
        for (label, silence) in longest {
            metrics::HEARTBEAT_AGE.set(silence.as_secs_f64(), &[label]);
        }
    }

    fn is_alive(&self, name: &str) {
        let now = self.clock.now();
        if self.state().last_alive.insert(name.to_owned(), now).is_none() {
            register_counters(label(name));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Registers every counter of a loop at its first heartbeat. Otherwise the first increase would be invisible,
/// and "none so far" would look like "not counted".
fn register_counters(label: &'static str) {
    for counter in metrics::COUNTERS_OF_LOOPS {
        counter.add(0, &[label]);
    }
}

/// The label under which a loop is counted. The list is closed, because people choose the names of
/// deliveries.
fn label(name: &str) -> &'static str {
    match name {
        "fetcher" => "fetcher",
        "detector" => "detector",
        "enricher" => "enricher",
        "alerter" => "alerter",
        "gateway" => "gateway",
        _ if name.starts_with("alerter-") => "delivery",
        _ => "other",
    }
}

impl wirefold_gateway::Condition for LoopMetrics {
    fn problem(&self) -> Option<String> {
        self.state().outage.why.clone()
    }
}

/// Whether a stream was deleted, or has not been made yet.
fn is_gone(error: &BusError) -> bool {
    matches!(error, BusError::NoStream(_) | BusError::NoStreamFor(_))
}

impl Observer for LoopMetrics {
    fn observe(&self, name: &str, event: Event<'_>) {
        let labels = [label(name)];
        match event {
            Event::Alive => {}
            Event::Done => metrics::DONE.add(1, &labels),
            Event::Retried { why } => {
                metrics::RETRIED.add(1, &labels);
                tracing::debug!(stage = name, why, "a message is tried again later");
            }
            Event::Rejected { why } => {
                metrics::REJECTED.add(1, &labels);
                tracing::warn!(stage = name, why, "a message went to the dead letters");
            }
            Event::Struck { id, strikes } => {
                metrics::STRUCK.add(1, &labels);
                let what = "the process ended several times while it handled this message: it is tried \
                            alone, and becomes a dead letter if the process ends three times";
                tracing::warn!(stage = name, message = id, strikes, "{what}");
            }
            Event::BusFailed(error) => {
                metrics::BUS_FAILURES.add(1, &labels);
                match error.may_pass() || is_gone(error) {
                    true => self.note_failure(name, error),
                    false => tracing::error!(stage = name, %error, "the bus failed permanently"),
                }
                // A loop that only fails is not alive.
                return;
            }
            Event::TakenOver { epoch } => {
                metrics::TAKEOVERS.add(1, &labels);
                tracing::info!(stage = name, epoch, "took over the stream");
                self.set_leading(name, None);
            }
            Event::StandingBy { .. }
            | Event::LeaseTaken
            | Event::LeaseInDoubt
            | Event::LeaseRenewed
            | Event::NoLease(_) => self.log_lease(name, event),
            Event::Gap { stream, expected, found } => {
                metrics::GAPS.add(1, &labels);
                tracing::error!(stage = name, stream, expected, found, "messages are missing");
            }
            Event::RolledBack { stream, read, last } => {
                // Logged once: the loop reads the stream again and gets the same event.
                if !self.record_rollback(name, stream, read, last) {
                    self.is_alive(name);
                    return;
                }
                metrics::ROLLBACKS.add(1, &labels);
                let what = "a stream went back in time, such as after an older copy of its store was \
                            restored: later messages may be gone. The loop reads the stream again and drops \
                            duplicates; `wirefold setup` creates what is missing";
                tracing::error!(stage = name, stream, read, last, "{what}");
            }
            other => tracing::debug!(stage = name, event = ?other, "something happened in a loop"),
        }
        self.is_alive(name);
    }
}

// Reports that the disk does not store new data.
//
// A full disk fails every loop that writes, and each tries again by itself. It is one problem, so one log
// line a minute reports it for all loops.

/// The shortest time between two log lines.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// The last failure, until something is stored again.
#[derive(Debug, Default)]
struct Outage {
    why: Option<String>,
    reported: Option<UnixMillis>,
    failures: u64,
}

impl Outage {
    /// Records a failure. If it is time for a log line, returns the number of failures since the last line,
    /// including this one.
    fn note_failure(&mut self, why: String, now: UnixMillis) -> Option<u64> {
        self.why = Some(why);
        self.failures += 1;
        if self.reported.is_some_and(|reported| now.since(reported) < BETWEEN_LINES) {
            return None;
        }
        self.reported = Some(now);
        Some(std::mem::take(&mut self.failures))
    }
}

#[cfg(test)]
mod tests {
    use wirefold_flow::sim::VirtualClock;

    use super::super::recorder;
    use super::*;

    #[test]
    fn events_are_counted_by_loop_and_show_life() {
        let clock = Arc::new(VirtualClock::default());
        let (recorder, telemetry) = recorder(clock).unwrap();
        let loops = telemetry.loops.clone();
        let rendered = ::metrics::with_local_recorder(&recorder, || {
            loops.observe("detector", Event::Done);
            loops.observe("detector", Event::Done);
            loops.observe("alerter-phone", Event::Retried { why: "no answer" });
            loops.observe("detector", Event::Gap { stream: "S", expected: 2, found: 4 });
            loops.observe("gateway", Event::RolledBack { stream: "S", read: 9, last: 4 });
            telemetry.render()
        });
        for line in [
            "wirefold_loop_done_total{loop=\"detector\"} 2",
            "wirefold_loop_retried_total{loop=\"delivery\"} 1",
            "wirefold_loop_gaps_total{loop=\"detector\"} 1",
            "wirefold_loop_rollbacks_total{loop=\"gateway\"} 1",
        ] {
            assert!(rendered.contains(line), "{line}\n{rendered}");
        }
    }

    #[test]
    fn a_live_loop_shows_counters_at_zero() {
        let clock = Arc::new(VirtualClock::default());
        let (recorder, telemetry) = recorder(clock).unwrap();
        let rendered = ::metrics::with_local_recorder(&recorder, || {
            telemetry.loops.observe("gateway", Event::Alive);
            telemetry.render()
        });
        for counter in metrics::COUNTERS_OF_LOOPS {
            let line = format!("{}{{loop=\"gateway\"}} 0\n", counter.name);
            assert!(rendered.contains(&line), "{line}{rendered}");
        }
    }

    #[test]
    fn a_standby_does_not_lead_until_it_takes_over() {
        let clock = Arc::new(VirtualClock::default());
        let (recorder, telemetry) = recorder(clock).unwrap();
        let loops = telemetry.loops.clone();
        ::metrics::with_local_recorder(&recorder, || {
            let says = |event: Event<'_>, leads: u8| {
                loops.observe("detector", event);
                let line = format!("wirefold_loop_leader{{loop=\"detector\"}} {leads}\n");
                let rendered = telemetry.render();
                assert!(rendered.contains(&line), "{event:?}: {line}{rendered}");
            };
            says(Event::StandingBy { leader: "detector-1 (7 on desk)" }, 0);
            let words = "ready: stands by, detector-1 (7 on desk) leads";
            assert_eq!(loops.standing_by()["detector"], words);
            says(Event::TakenOver { epoch: 2 }, 1);
            assert!(loops.standing_by().is_empty());
            says(Event::LeaseInDoubt, 0);
            says(Event::LeaseRenewed, 1);
        });
    }

    #[test]
    fn silence_is_noticed_and_a_failing_bus_is_no_sign_of_life() {
        let clock = Arc::new(VirtualClock::default());
        let loops = LoopMetrics::new(clock.clone());
        assert_eq!(loops.last_alive("detector"), None);
        loops.observe("detector", Event::Alive);
        loops.observe("enricher", Event::Alive);
        clock.advance(Duration::from_secs(40));
        loops.observe("enricher", Event::Alive);
        loops.observe("detector", Event::BusFailed(&BusError::NoStream("S".to_owned())));
        let silent = loops.without_heartbeat_for(Duration::from_secs(30));
        assert_eq!(silent, [("detector".to_owned(), Duration::from_secs(40))]);
        assert_eq!(loops.last_alive("enricher"), Some(clock.now()));
        loops.ended("detector");
        assert!(loops.without_heartbeat_for(Duration::from_secs(30)).is_empty());
    }
}

#[cfg(test)]
mod outage_tests {
    use super::*;

    #[test]
    fn failures_of_all_loops_are_reported_once_a_minute() {
        let mut outage = Outage::default();
        let mut fail = |seconds: u64| {
            outage.note_failure("the disk is full".to_owned(), UnixMillis(seconds * 1_000))
        };
        assert_eq!(fail(100), Some(1));
        assert_eq!((fail(101), fail(159)), (None, None));
        assert_eq!(fail(160), Some(3));
        // Space that comes and goes does not cause more lines.
        assert_eq!(outage.why.take().as_deref(), Some("the disk is full"));
        assert_eq!(outage.note_failure("the disk is full".to_owned(), UnixMillis(170_000)), None);
    }
}
