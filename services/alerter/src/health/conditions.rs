//! Which health conditions are open. Pure.
//!
//! Comes in: facts about the installation. Goes out: conditions. It never looks at anything itself.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_envelope::{CLOCK_TOLERANCE, timestamp};
use wirefold_flow::UnixMillis;
use wirefold_proto::{HealthCondition, HealthKind, SubscriptionId};

use super::facts::{Dead, DeliveryFact, Facts, FeedFact, Fetched, Forged, StreamFill, Unsaved};
use crate::delivery::DeliveryState;
use crate::settings::Space;
use crate::wording::{cut, line, minute, suggestion};

const DAY: Duration = Duration::from_hours(24);
/// A delivery that fails for a shorter time may work again by itself.
const FAILING: Duration = Duration::from_hours(1);
/// The longest time that an article may be fetched and not yet in the output.
const THROUGH: Duration = Duration::from_mins(30);
/// A stream is almost full from the first share on, in percent. Below the second share the condition ends.
const FULL: [u64; 2] = [90, 85];
/// A disk is low below this share and below these bytes. The second value of each ends the condition.
const LOW_PERCENT: [u64; 2] = [10, 12];
const LOW_BYTES: [u64; 2] = [1 << 30, 5 << 28];
/// Fewer decisions than this need no snapshot.
const UNSAVED: u64 = 10_000;
/// The most feeds in a condition.
const FEEDS: usize = 50;
/// The longest quoted reason of a target, in characters.
const WHY: usize = 200;

/// The open conditions, and the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) now: UnixMillis,
    pub(super) open: &'a [HealthCondition],
    /// The last dead letter that was reported.
    pub(super) dead: u64,
}

impl Before<'_> {
    fn get(&self, kind: HealthKind, about: Option<&str>) -> Option<&HealthCondition> {
        self.open.iter().find(|it| it.kind == kind && it.about.as_deref() == about)
    }

    /// A condition that opens now.
    fn condition(
        &self,
        kind: HealthKind,
        about: Option<&str>,
        words: String,
        advice: impl Into<String>,
    ) -> HealthCondition {
        let (since, about) = (timestamp(self.now), about.map(str::to_owned));
        HealthCondition { kind, about, since, words, advice: advice.into() }
    }
}

/// The conditions of these facts, as if they opened now.
pub(super) fn conditions(
    facts: &Facts,
    quiet: Option<Quiet>,
    before: Before<'_>,
) -> Vec<HealthCondition> {
    let mut found = Vec::new();
    found.extend(quiet.map(|quiet| nothing_new(quiet, facts, before)));
    found.extend(facts.space.and_then(|space| disk_low(space, before)));
    found.extend(facts.streams.iter().filter_map(|stream| stream_full(stream, before)));
    found.extend(facts.deliveries.iter().filter_map(|it| delivery(it, before)));
    found.extend(facts.absent.iter().map(|(id, names)| delivery_absent(id, names, facts, before)));
    found.extend(facts.mistake.as_ref().map(|why| settings_mistake(why, before)));
    found.extend(facts.fetched.and_then(|fetched| fetcher_clock(fetched, before)));
    found.extend(facts.fetched.and_then(|fetched| own_clock(fetched, before)));
    found.extend(facts.unsaved.and_then(|unsaved| snapshot_old(unsaved, before)));
    found.extend(set_aside(facts, before));
    found.extend(facts.dead.and_then(|dead| dead_letters(dead, before)));
    found.extend(facts.dead.and_then(|dead| forged_records(dead.forged?, before)));
    found
}

fn nothing_new(quiet: Quiet, facts: &Facts, before: Before<'_>) -> HealthCondition {
    let (lasts, usual) = (describe(quiet.lasts), describe(quiet.usual));
    let words =
        format!("no new article for {lasts}; the longest quiet time of the last week was {usual}");
    let failing = facts.feeds.iter().filter(|feed| feed.is_failing).count();
    let came = |fetched: &Fetched| before.now.since(fetched.stored) + THROUGH < quiet.lasts;
    let advice = if facts.fetched.as_ref().is_some_and(came) {
        "articles are fetched, but none comes out: see the log of detector and enricher".to_owned()
    } else if failing * 2 > facts.feeds.len() {
        let all = facts.feeds.len();
        format!("{failing} of {all} feeds fail: see whether this machine reaches the network")
    } else {
        "see whether feeds can be read: `wirefold feed ls --problems`".to_owned()
    };
    before.condition(HealthKind::NothingNew, None, words, advice)
}

/// A feed with `priority` whose quiet time is too long.
pub(super) fn feed_silent(feed: &FeedFact, quiet: Quiet, before: Before<'_>) -> HealthCondition {
    let id = feed.id.as_str();
    let (lasts, usual) = (describe(quiet.lasts), describe(quiet.usual));
    let words = format!(
        "feed {id} has brought nothing new for {lasts}; its longest quiet time of the last week was {usual}"
    );
    let advice = match feed.is_failing {
        true => "it fails: `wirefold feed ls --problems` says why".to_owned(),
        false => format!("see what it lists now: `wirefold feed poll {id}`"),
    };
    before.condition(HealthKind::FeedSilent, Some(id), words, advice)
}

fn disk_low(space: Space, before: Before<'_>) -> Option<HealthCondition> {
    let kind = HealthKind::DiskLow;
    let place = usize::from(before.get(kind, None).is_some());
    let percent = space.free.saturating_mul(100) / space.total.max(1);
    let is_low = percent < LOW_PERCENT[place] && space.free < LOW_BYTES[place];
    let mebibytes = space.free >> 20;
    let words =
        format!("only {mebibytes} MiB ({percent} %) are free on the disk of the data folder");
    let advice =
        "make room, or lower `retention.max_bytes`: `wirefold check --deep` shows what uses it";
    is_low.then(|| before.condition(kind, None, words, advice))
}

fn stream_full(stream: &StreamFill, before: Before<'_>) -> Option<HealthCondition> {
    let (kind, name) = (HealthKind::StreamFull, stream.name.as_str());
    let place = usize::from(before.get(kind, Some(name)).is_some());
    let percent = stream.bytes.saturating_mul(100) / stream.max_bytes.max(1);
    let words = format!("stream {name} is {percent} % full: its oldest messages are deleted early");
    let advice = "raise `retention.max_bytes`; `wirefold check --deep` shows the growth in a day";
    (percent >= FULL[place]).then(|| before.condition(kind, Some(name), words, advice))
}

fn delivery(delivery: &DeliveryFact, before: Before<'_>) -> Option<HealthCondition> {
    let name = delivery.name.as_str();
    if let Some(why) = &delivery.off {
        let words = format!("delivery {name} is off: {}", line(&cut(why, WHY)));
        let advice = "give it another address in the settings";
        return Some(before.condition(HealthKind::DeliveryOff, Some(name), words, advice));
    }
    let kind = HealthKind::DeliveryFailing;
    let advice = format!("repair its target; `wirefold alert test {name}` tries it");
    match &delivery.state {
        Some(DeliveryState::Failing { since, why }) => {
            let is_long = before.now.since(*since) >= FAILING;
            let since = minute(timestamp(*since));
            let words =
                format!("delivery {name} has failed since {since}: {}", line(&cut(why, WHY)));
            let is_open = is_long || before.get(kind, Some(name)).is_some();
            is_open.then(|| before.condition(kind, Some(name), words, advice))
        }
        // Nothing was sent to it since the start, so an open condition stays open.
        None => before.get(kind, Some(name)).cloned(),
        Some(DeliveryState::Works) => None,
    }
}

fn delivery_absent(
    id: &SubscriptionId,
    names: &[String],
    facts: &Facts,
    before: Before<'_>,
) -> HealthCondition {
    let known: Vec<&str> = facts.deliveries.iter().map(|it| it.name.as_str()).collect();
    let each = names.iter().map(|name| format!("{name:?} ({})", suggestion(name, &known)));
    let absent = each.collect::<Vec<String>>().join(", ");
    let words = format!(
        "subscription {id} names a delivery that does not exist: {absent}; nothing goes there"
    );
    let advice = "correct the name, or add the [[delivery]]: `wirefold check` says where it is";
    before.condition(HealthKind::DeliveryAbsent, Some(id.as_str()), words, advice)
}

fn settings_mistake(why: &str, before: Before<'_>) -> HealthCondition {
    let why = line(&cut(why, WHY));
    let words = format!("the settings have a mistake, so those before stay in force: {why}");
    let advice = "correct the file: `wirefold check` says where the mistake is";
    before.condition(HealthKind::SettingsMistake, None, words, advice)
}

fn fetcher_clock(fetched: Fetched, before: Before<'_>) -> Option<HealthCondition> {
    let Fetched { seen, sent, stored } = fetched;
    let ahead = sent.unwrap_or(seen).since(stored);
    // An article without a sending time may have waited.
    let behind = sent.map_or(Duration::ZERO, |sent| stored.since(sent));
    let (by, where_to) = if ahead > behind { (ahead, "ahead of") } else { (behind, "behind") };
    let words = format!("the clock of the fetcher is {} {where_to} the bus", describe(by));
    let advice = "set the clock of its machine; until then wirefold corrects the times";
    let condition = || before.condition(HealthKind::ClockOff, Some("fetcher"), words, advice);
    (by > CLOCK_TOLERANCE).then(condition)
}

fn own_clock(fetched: Fetched, before: Before<'_>) -> Option<HealthCondition> {
    let behind = fetched.stored.since(before.now);
    let words = format!(
        "the newest article was stored {} from now: the clock of the alerter is behind, or the clock of the \
         bus was ahead",
        describe(behind)
    );
    let advice = "set the clocks of the machines";
    let condition = || before.condition(HealthKind::ClockOff, Some("alerter"), words, advice);
    (behind > CLOCK_TOLERANCE).then(condition)
}

fn snapshot_old(unsaved: Unsaved, before: Before<'_>) -> Option<HealthCondition> {
    let age = before.now.since(unsaved.since);
    let many = unsaved.decisions > UNSAVED.max(unsaved.stored / 2);
    let decisions = unsaved.decisions;
    let words = format!(
        "the detector has written no snapshot for {}: a start reads {decisions} decisions again",
        describe(age)
    );
    let advice = "see its log for the reason";
    (many && age > DAY).then(|| before.condition(HealthKind::SnapshotOld, None, words, advice))
}

fn set_aside<'a>(
    facts: &'a Facts,
    before: Before<'a>,
) -> impl Iterator<Item = HealthCondition> + 'a {
    let feeds = facts.feeds.iter().filter_map(move |feed| {
        let id = feed.id.as_str();
        let words = format!("feed {id} is set aside: wirefold crashed twice while it read it");
        let advice = format!("`wirefold feed retry {id}` brings it back");
        let condition = before.condition(HealthKind::FeedSetAside, Some(id), words, advice);
        Some(HealthCondition { since: feed.set_aside?, ..condition })
    });
    feeds.take(FEEDS)
}

/// Dead letters are reported once. The condition ends a day after the last one.
fn dead_letters(dead: Dead, before: Before<'_>) -> Option<HealthCondition> {
    let kind = HealthKind::DeadLetters;
    let count = dead.last.checked_sub(before.dead).filter(|count| *count > 0)?;
    let is_new = dead.at.is_some_and(|at| before.now.since(at) < DAY);
    let (messages, went) = if count == 1 { ("message", "goes") } else { ("messages", "go") };
    let words = format!("{count} {messages} could not be handled and {went} to the dead letters");
    let advice = "`wirefold dead ls` says which and why, `wirefold dead replay` tries one again";
    (is_new || before.get(kind, None).is_none())
        .then(|| before.condition(kind, None, words, advice))
}

/// The condition lasts a day.
fn forged_records(forged: Forged, before: Before<'_>) -> Option<HealthCondition> {
    let sequence = forged.sequence;
    let words = format!(
        "the server stored a decision that no detector wrote (WF_OUTPUT/{sequence}); wirefold skipped it"
    );
    let advice = "the sender has a login there: make new passwords with `wirefold setup --passwords`; \
                  `wirefold dead ls` names the record";
    let is_new = before.now.since(forged.at) < DAY;
    is_new.then(|| before.condition(HealthKind::ForgedRecords, None, words, advice))
}

const HOUR: Duration = Duration::from_hours(1);
/// The rhythm is learned for this long before a quiet time counts as too long.
const LEARNING: Duration = Duration::from_hours(48);
/// The number of days stored: each weekday, and one more to compare a weekend with the one before.
const DAYS: u64 = 8;
/// A shorter quiet time is never too long.
const SHORTEST: Duration = Duration::from_hours(6);
/// After a longer break between two looks, the process was down or the machine slept. That time does not
/// count.
const BREAK: Duration = Duration::from_mins(30);

/// When articles came, as far as it was observed. All times are of this machine's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rhythm {
    /// When the first article was seen.
    begun: Option<u64>,
    /// The sequence of the newest article.
    newest: u64,
    /// When the newest article was first seen, or when observation began again.
    quiet_since: u64,
    /// The time of the last look.
    looked: u64,
    /// Whether the quiet time is too long. It stays so until an article comes.
    #[serde(default)]
    is_too_quiet: bool,
    /// The longest quiet time of each day, in milliseconds.
    longest: BTreeMap<u64, u64>,
}

/// A quiet time that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quiet {
    /// How long it is.
    pub(super) lasts: Duration,
    /// The longest usual quiet time.
    pub(super) usual: Duration,
}

impl Rhythm {
    /// Takes the sequence of the newest article; `None` if there is no article yet. Returns the quiet time if
    /// it is too long.
    pub(super) fn look(&mut self, newest: Option<u64>, now: UnixMillis) -> Option<Quiet> {
        let newest = newest?;
        let Some(begun) = self.begun else {
            *self = Self { begun: Some(now.0), newest, ..Self::default() };
            (self.quiet_since, self.looked) = (now.0, now.0);
            return None;
        };
        let was_away = now.since(UnixMillis(self.looked)) > BREAK;
        self.looked = now.0;
        if was_away && !self.is_too_quiet {
            self.quiet_since = now.0;
        }
        if newest != self.newest {
            self.learn(now);
            (self.newest, self.quiet_since, self.is_too_quiet) = (newest, now.0, false);
            return None;
        }
        let quiet = Quiet { lasts: self.quiet_time(now), usual: self.usual() };
        let has_learned = now.since(UnixMillis(begun)) >= LEARNING && !self.longest.is_empty();
        self.is_too_quiet |= has_learned && quiet.lasts > too_long(quiet.usual);
        self.is_too_quiet.then_some(quiet)
    }

    fn quiet_time(&self, now: UnixMillis) -> Duration {
        now.since(UnixMillis(self.quiet_since))
    }

    fn learn(&mut self, now: UnixMillis) {
        let lasted = u64::try_from(self.quiet_time(now).as_millis()).unwrap_or(u64::MAX);
        let today = Duration::from_millis(now.0).as_secs() / DAY.as_secs();
        let longest = self.longest.entry(today).or_default();
        *longest = lasted.max(*longest);
        self.longest.retain(|day, _| *day + DAYS > today);
    }

    fn usual(&self) -> Duration {
        Duration::from_millis(self.longest.values().copied().max().unwrap_or(0))
    }
}

/// Twice the usual time, but at most a day more, so that an outage of days does not hide the next one.
fn too_long(usual: Duration) -> Duration {
    (usual + usual.min(DAY)).max(SHORTEST)
}

/// `9 hours`, `3 days`.
pub(super) fn describe(span: Duration) -> String {
    let (count, unit) = match span {
        span if span < HOUR => (span.as_secs() / 60, "minute"),
        span if span < DAY * 2 => (span.as_secs() / HOUR.as_secs(), "hour"),
        span => (span.as_secs() / DAY.as_secs(), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    /// The conditions of these facts: the kind and the subject.
    fn found(facts: &Facts, open: &[HealthCondition]) -> Vec<(HealthKind, Option<String>)> {
        let found = conditions(facts, None, Before { now: NOW, open, dead: 0 });
        found.into_iter().map(|it| (it.kind, it.about)).collect()
    }

    fn opened(kind: HealthKind, about: Option<&str>) -> HealthCondition {
        let before = Before { now: NOW, open: &[], dead: 0 };
        before.condition(kind, about, String::new(), "")
    }

    #[test]
    fn without_measurements_there_is_no_condition() {
        assert_eq!(found(&Facts::default(), &[]), []);
    }

    #[test]
    fn a_stream_is_full_from_ninety_percent_until_below_eighty_five() {
        let fill = |percent: u64| Facts {
            streams: vec![StreamFill {
                name: "WF_ALERTS".to_owned(),
                bytes: percent * 10,
                max_bytes: 1_000,
            }],
            ..Facts::default()
        };
        let full = [(HealthKind::StreamFull, Some("WF_ALERTS".to_owned()))];
        assert_eq!(found(&fill(89), &[]), []);
        assert_eq!(found(&fill(90), &[]), full);
        let open = [opened(HealthKind::StreamFull, Some("WF_ALERTS"))];
        assert_eq!(found(&fill(85), &open), full);
        assert_eq!(found(&fill(84), &open), []);
    }

    #[test]
    fn a_disk_is_low_where_both_share_and_bytes_are() {
        let disk = |free, total| Facts { space: Some(Space { free, total }), ..Facts::default() };
        let gibibyte = 1_u64 << 30;
        assert_eq!(found(&disk(gibibyte * 2, gibibyte * 100), &[]), [], "2 GiB are enough");
        assert_eq!(found(&disk(gibibyte / 2, gibibyte * 4), &[]), [], "12 % are enough");
        let low = [(HealthKind::DiskLow, None)];
        assert_eq!(found(&disk(gibibyte - 1, gibibyte * 100), &[]), low);
        let open = [opened(HealthKind::DiskLow, None)];
        assert_eq!(found(&disk(gibibyte, gibibyte * 100), &open), low);
        assert_eq!(found(&disk(gibibyte * 2, gibibyte * 100), &open), []);
    }

    #[test]
    fn clocks_that_differ_by_minutes_are_told() {
        let of = |seen: i64, sent: Option<i64>, stored: i64| {
            let at = |minutes: i64| UnixMillis(NOW.0.saturating_add_signed(minutes * 60_000));
            let fetched = Fetched { seen: at(seen), sent: sent.map(at), stored: at(stored) };
            found(&Facts { fetched: Some(fetched), ..Facts::default() }, &[])
        };
        let off = |whose: &str| [(HealthKind::ClockOff, Some(whose.to_owned()))];
        assert_eq!(of(0, None, -4), []);
        assert_eq!(of(-60, None, -1), [], "an article may have waited");
        assert_eq!(of(0, None, -10), off("fetcher"));
        assert_eq!(of(10, None, 10), off("alerter"));
        assert_eq!(of(-120, Some(-4), -1), [], "it was seen long before, and sent just now");
        assert_eq!(of(-120, Some(-61), -1), off("fetcher"));
        assert_eq!(of(-120, Some(-1), -61), off("fetcher"));
    }

    #[test]
    fn a_snapshot_is_old_after_a_day_with_many_decisions() {
        let unsaved = |decisions, stored, age| {
            let since = NOW.minus(age);
            let unsaved = Some(Unsaved { decisions, stored, since });
            found(&Facts { unsaved, ..Facts::default() }, &[])
        };
        let old = [(HealthKind::SnapshotOld, None)];
        assert_eq!(unsaved(UNSAVED, UNSAVED, DAY * 7), [], "few decisions need none");
        assert_eq!(unsaved(20_000, 100_000, DAY * 7), [], "the next one is not due yet");
        assert_eq!(unsaved(60_000, 100_000, DAY / 2), []);
        assert_eq!(unsaved(60_000, 100_000, DAY * 2), old);
    }

    #[test]
    fn the_advice_says_where_articles_get_stuck() {
        let quiet = Quiet { lasts: DAY, usual: FAILING };
        let advice = |facts: &Facts| {
            let before = Before { now: NOW, open: &[], dead: 0 };
            conditions(facts, Some(quiet), before).remove(0).advice
        };
        assert!(advice(&Facts::default()).starts_with("see whether feeds can be read"));
        let fetched =
            Some(Fetched { seen: NOW.minus(FAILING), sent: None, stored: NOW.minus(FAILING) });
        let stuck = advice(&Facts { fetched, ..Facts::default() });
        assert!(stuck.starts_with("articles are fetched, but none comes out"), "{stuck}");
    }
}

#[cfg(test)]
mod rhythm_tests {
    use super::*;

    const LOOK: Duration = Duration::from_mins(5);

    /// A machine that gets articles, with a look every five minutes.
    struct Machine {
        rhythm: Rhythm,
        now: UnixMillis,
        newest: Option<u64>,
    }

    impl Machine {
        fn new() -> Self {
            let now = UnixMillis(1_800_000_000_000);
            Self { rhythm: Rhythm::default(), now, newest: None }
        }

        fn article(&mut self) -> &mut Self {
            self.newest = Some(self.newest.unwrap_or(0) + 1);
            self
        }

        /// No article for this span. Returns after how long that was too long.
        fn nothing_for(&mut self, span: Duration) -> Option<Duration> {
            let began = self.now;
            let mut too_long = None;
            while self.now.since(began) < span {
                self.now = self.now.plus(LOOK);
                let found = self.rhythm.look(self.newest, self.now);
                too_long = too_long.or(found.map(|_| self.now.since(began)));
            }
            too_long
        }

        /// Articles every two hours for a week.
        fn with_a_week(mut self) -> Self {
            for _ in 0..7 * 12 {
                assert_eq!(self.article().nothing_for(HOUR * 2), None);
            }
            self
        }
    }

    #[test]
    fn a_fresh_installation_is_never_too_quiet() {
        assert_eq!(Machine::new().nothing_for(DAY * 30), None);
        let mut young = Machine::new();
        young.article().nothing_for(HOUR);
        young.article();
        assert_eq!(young.nothing_for(HOUR * 46), None);
    }

    #[test]
    fn far_longer_than_usual_is_too_long_and_ends_with_an_article() {
        let mut machine = Machine::new().with_a_week();
        let after = machine.article().nothing_for(HOUR * 12);
        assert!(after.is_some_and(|it| it > SHORTEST && it <= SHORTEST + LOOK * 2), "{after:?}");
        assert!(machine.rhythm.is_too_quiet);
        machine.article().nothing_for(LOOK);
        assert!(!machine.rhythm.is_too_quiet);
    }

    #[test]
    fn nights_and_weekends_are_learned() {
        let mut nightly = Machine::new().with_a_week();
        nightly.article().nothing_for(HOUR * 11);
        assert_eq!(nightly.article().nothing_for(HOUR * 21), None);
        let mut weekly = Machine::new().with_a_week();
        assert!(weekly.article().nothing_for(HOUR * 60).is_some());
        for _ in 0..5 * 12 {
            weekly.article().nothing_for(HOUR * 2);
        }
        assert_eq!(weekly.article().nothing_for(HOUR * 60), None, "the second weekend");
        assert!(weekly.nothing_for(HOUR * 25).is_some());
    }

    #[test]
    fn time_without_checks_does_not_count_and_ends_nothing() {
        let mut machine = Machine::new().with_a_week();
        machine.article().nothing_for(HOUR);
        machine.now = machine.now.plus(DAY * 3);
        assert_eq!(machine.nothing_for(HOUR * 5), None);
        assert!(machine.nothing_for(HOUR * 2).is_some());
        machine.now = machine.now.plus(DAY);
        machine.nothing_for(LOOK);
        assert!(machine.rhythm.is_too_quiet, "a restart is no article");
    }

    #[test]
    fn spans_read_well() {
        let words = [LOOK, HOUR, HOUR * 47, DAY * 3].map(describe);
        assert_eq!(words, ["5 minutes", "1 hour", "47 hours", "3 days"]);
    }
}
