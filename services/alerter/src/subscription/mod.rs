//! A subscription as the alerter uses it: parsed and checked, with all defaults.
//!
//! Comes in: the settings of a subscription. Goes out: rules, or what is wrong. It never sees an article.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Digest, GroupBy, Hold, HoldReason, Interval, QuietHours, SubscriptionId, SubscriptionSettings,
    token,
};
use wirefold_query::{Document, Lists, Numbers, Prepared, Query};

use crate::wording::{is_unfit, suggestion};

/// After this time without news an alert becomes quiet, and one that never opened is dropped.
pub(crate) const QUIET: Duration = Duration::from_hours(24);

/// The deliveries that subscriptions name and that do not exist.
pub(crate) type AbsentDeliveries = BTreeMap<SubscriptionId, Vec<String>>;

/// The key of a subscription's record.
pub(crate) fn record_key(id: &SubscriptionId) -> String {
    format!("subscription.{}", token::escape(id.as_str()))
}

const GROUP_WAIT: Interval = Interval::from_seconds(30);
/// The longest `group_wait`.
const LONGEST_GROUP_WAIT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// The longest name, in characters.
const LONGEST_NAME: usize = 200;
const UPDATE_INTERVAL: Interval = Interval::from_seconds(5 * 60);

/// A subscription in force.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) settings: SubscriptionSettings,
    pub(crate) query: Query,
    pub(crate) on: Triggers,
    pub(crate) group_by: GroupBy,
    pub(crate) group_wait: Duration,
    pub(crate) update_interval: Duration,
    pub(crate) min_outlets: u32,
    pub(crate) min_origins: u32,
    quiet: Option<QuietTime>,
    /// The subscriber's time zone.
    zone: TimeZone,
    break_quiet: Option<Query>,
    /// When an alert is repeated that had no news since it last notified.
    pub(crate) repeat: Option<Duration>,
    pub(crate) mute: Option<Mute>,
    /// When it was last changed, muted or unmuted.
    pub(crate) changed: UnixMillis,
    /// The output sequence after which it applies: earlier articles open no alert.
    pub(crate) since: u64,
}

/// A mute of the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mute {
    /// When it ends; `None` if it has no end.
    pub(crate) until: Option<UnixMillis>,
}

/// The settings with every default filled in, as `sub show` prints them.
pub(crate) fn with_defaults(
    settings: &SubscriptionSettings,
    deliveries: &[String],
) -> SubscriptionSettings {
    let mut filled = settings.clone();
    filled.group_by.get_or_insert(GroupBy::Event);
    filled.group_wait.get_or_insert(GROUP_WAIT);
    filled.update_interval.get_or_insert(UPDATE_INTERVAL);
    if filled.on.is_empty() {
        filled.on = SubscriptionSettings::DEFAULT_ON.map(str::to_owned).to_vec();
    }
    if filled.deliveries.is_empty() {
        filled.deliveries = deliveries.to_vec();
    }
    filled
}

/// Checks settings before they take effect: the query, `on`, quiet hours, and that each named delivery is one
/// of `deliveries`. `lists` are the lists that queries may name.
///
/// # Errors
/// The mistake, for people. It begins with the name of the setting if only one is wrong.
pub fn check(
    settings: &SubscriptionSettings,
    deliveries: &[String],
    lists: &Lists,
) -> Result<(), String> {
    let absent = Rules::read(&with_defaults(settings, &[]), lists)?.absent_deliveries(deliveries);
    absent.into_iter().next().map_or(Ok(()), |(_, problem)| Err(problem))
}

impl Rules {
    /// Parses settings with all defaults, or says what is wrong, for people.
    pub(crate) fn read(settings: &SubscriptionSettings, lists: &Lists) -> Result<Self, String> {
        if let Some((setting, why)) = mistake(settings) {
            return Err(refuse(setting, why));
        }
        let query = read_query("query", &settings.query, lists)?;
        let break_quiet = settings.break_quiet.as_deref();
        let break_quiet = break_quiet.map(|it| read_query("break_quiet", it, lists)).transpose()?;
        let zone = zone(settings)?;
        let quiet = settings.quiet_hours.as_ref().map(QuietTime::read).transpose()?;
        Ok(Self {
            query,
            on: Triggers::read(&settings.on)?,
            group_by: settings.group_by.unwrap_or(GroupBy::Event),
            group_wait: settings.group_wait.unwrap_or(GROUP_WAIT).duration(),
            update_interval: settings.update_interval.unwrap_or(UPDATE_INTERVAL).duration(),
            min_outlets: settings.min_outlets.unwrap_or(1),
            min_origins: settings.min_origins.unwrap_or(0),
            zone,
            quiet,
            break_quiet,
            repeat: settings.repeat_interval.map(Interval::duration),
            mute: None,
            changed: UnixMillis(0),
            since: 0,
            settings: settings.clone(),
        })
    }

    /// The deliveries that they name and that are none of these. The others are sent to.
    pub(crate) fn absent_deliveries(&self, all: &[String]) -> Vec<(String, String)> {
        let known: Vec<&str> = all.iter().map(String::as_str).collect();
        let absent = self.settings.named_deliveries().filter(|name| !all.contains(name));
        let problem =
            |name: &String| format!("no delivery is called {name:?}; {}", suggestion(name, &known));
        absent.map(|name| (name.clone(), problem(name))).collect()
    }

    /// The hold while the subscription is muted.
    pub(crate) fn muted(&self, at: UnixMillis) -> Option<Hold> {
        let mute = self.mute.filter(|mute| mute.until.is_none_or(|until| until > at))?;
        let until = mute.until.map(timestamp);
        Some(Hold { reason: HoldReason::Muted, until })
    }

    /// Why a loud revision at this time is held, and until when. `notified` is the number of loud revisions
    /// today.
    pub(crate) fn hold_of_loud(
        &self,
        at: UnixMillis,
        numbers: &Numbers<'_>,
        notified: u32,
    ) -> Option<Hold> {
        let hold =
            |reason, until: Option<UnixMillis>| Some(Hold { reason, until: until.map(timestamp) });
        if let Some(muted) = self.muted(at) {
            return Some(muted);
        }
        if let Some(digest) = self.settings.digest {
            return hold(HoldReason::Digest, Some(self.digest_after(digest, at)));
        }
        let breaks =
            || self.break_quiet.as_ref().is_some_and(|query| matches_numbers(query, numbers));
        if let Some(quiet) = &self.quiet
            && let Some(until) = quiet.end_after(at, &self.zone)
            && !breaks()
        {
            return hold(HoldReason::QuietHours, Some(until));
        }
        let is_enough = self.settings.max_per_day.is_some_and(|most| notified >= most);
        if is_enough { hold(HoldReason::MaxPerDay, Some(self.day(at).end)) } else { None }
    }

    /// This time, or the end of the quiet hours if it is in them.
    pub(crate) fn awake_at(&self, at: UnixMillis) -> UnixMillis {
        let end = self.quiet.as_ref().and_then(|quiet| quiet.end_after(at, &self.zone));
        end.unwrap_or(at)
    }

    /// The end of this hour, or of the quiet hours if that is in them.
    pub(crate) fn next_hour(&self, at: UnixMillis) -> UnixMillis {
        self.digest_after(Digest::Hourly, at)
    }

    /// When the next digest is due: at the end of quiet hours if it would be in them.
    fn digest_after(&self, digest: Digest, at: UnixMillis) -> UnixMillis {
        let due = next_digest(digest, at, &self.zone);
        self.awake_at(due)
    }

    /// The calendar day of a time, in the subscriber's time zone.
    pub(crate) fn day(&self, at: UnixMillis) -> Day {
        day(at, &self.zone)
    }

    /// Whether it uses velocity.
    pub(crate) fn asks_for_velocity(&self) -> bool {
        self.settings.query.contains("velocity") || !self.on.velocity.is_empty()
    }
}

/// Parses a query of a setting. It must be able to match.
fn read_query(setting: &str, text: &str, lists: &Lists) -> Result<Query, String> {
    let query = Query::parse_with(text, lists).map_err(|why| refuse(setting, why))?;
    let why = "it requires something and its absence, so it never matches: leave one of them out";
    if query.is_contradictory() { Err(refuse(setting, why)) } else { Ok(query) }
}

/// Whether a query about numbers, such as velocity, matches them.
fn matches_numbers(query: &Query, numbers: &Numbers<'_>) -> bool {
    query.matches(&Prepared::new(&Document::default()), numbers).is_some()
}

/// The mistake in a setting.
fn refuse(setting: &str, why: impl std::fmt::Display) -> String {
    format!("{setting}: {why}")
}

const TRIGGERS: &str =
    "expected new, material, correction, retraction, quiet, origins+2, outlets+5 or velocity>5/10m";

/// The first mistake in settings that need not be parsed, with the name of the setting.
fn mistake(settings: &SubscriptionSettings) -> Option<(&'static str, &'static str)> {
    let (is_digest, name) = (settings.digest.is_some(), &settings.name);
    let wait = settings.group_wait.map(Interval::duration);
    let repeat = settings.repeat_interval.map(Interval::duration);
    // It must be due after the first message, and before the alert is over.
    let (to, after) = settings.escalation.as_ref().map(|it| (&it.to, it.after.duration())).unzip();
    #[rustfmt::skip]
    let mistakes = [
        ("max_per_day", settings.max_per_day == Some(0), "0 would send nothing: give 1 or more, or mute the subscription"),
        ("inhibited_by", settings.inhibited_by.contains(&settings.id), "a subscription cannot inhibit itself"),
        // It appears in headers of mails and in lines of terminals.
        ("name", name.chars().any(is_unfit), "it has a control character in it: write it on one line"),
        ("name", name.chars().count() > LONGEST_NAME, "it is longer than 200 characters: give a shorter one"),
        ("escalation", to.is_some_and(|to| settings.deliveries.contains(to)), "its delivery gets the alert anyway: name another"),
        ("escalation", to.is_some() && is_digest, "a digest is not acknowledged: leave one of them out"),
        ("escalation", after == Some(Duration::ZERO), "0 leaves nobody time: give a time such as 15m"),
        ("escalation", after >= Some(QUIET), "an alert is over after 24h without news: use a shorter time"),
        ("group_wait", wait > Some(LONGEST_GROUP_WAIT), "the first message would wait longer than 7d: give less"),
        ("repeat_interval", repeat.is_some() && is_digest, "a digest never repeats an alert: leave one of them out"),
        ("repeat_interval", repeat == Some(Duration::ZERO), "0 would repeat without end: give a time such as 6h"),
        ("repeat_interval", repeat >= Some(QUIET), "an alert is over after 24h without news: use a shorter time"),
    ];
    mistakes.into_iter().find(|(_, is_made, _)| *is_made).map(|(setting, _, why)| (setting, why))
}

/// The changes that notify.
#[derive(Debug, Clone, Default)]
pub(crate) struct Triggers {
    /// The first match.
    pub(crate) new: bool,
    /// Something material, corrections included.
    pub(crate) material: bool,
    /// Only corrections and retractions.
    pub(crate) correction: bool,
    /// Only retractions.
    pub(crate) retraction: bool,
    /// The end of an alert.
    pub(crate) quiet: bool,
    /// This many more origins than in the last loud revision.
    pub(crate) origins: Option<u32>,
    /// This many more outlets than in the last loud revision.
    pub(crate) outlets: Option<u32>,
    velocity: Vec<Query>,
}

impl Triggers {
    pub(crate) fn read(on: &[String]) -> Result<Self, String> {
        let mut triggers = Self::default();
        for word in on {
            match word.starts_with("velocity>") {
                true => triggers
                    .velocity
                    .push(Query::parse(word).map_err(|why| format!("on: {word:?}: {why}"))?),
                false => triggers
                    .add(word)
                    .ok_or_else(|| format!("on: {word:?} is no trigger; {TRIGGERS}"))?,
            }
        }
        Ok(triggers)
    }

    fn add(&mut self, word: &str) -> Option<()> {
        let step = |digits: &str| digits.parse::<u32>().ok().filter(|step| *step > 0);
        match word {
            "new" => self.new = true,
            "material" => self.material = true,
            "correction" => self.correction = true,
            "retraction" => self.retraction = true,
            "quiet" => self.quiet = true,
            _ => match word.split_once('+')? {
                ("origins", digits) => self.origins = Some(step(digits)?),
                ("outlets", digits) => self.outlets = Some(step(digits)?),
                _ => return None,
            },
        }
        Some(())
    }

    /// Whether articles come fast enough to notify.
    pub(crate) fn is_fast(&self, numbers: &Numbers<'_>) -> bool {
        self.velocity.iter().any(|query| matches_numbers(query, numbers))
    }
}

/// Parsed quiet hours.
#[derive(Debug, Clone)]
pub(crate) struct QuietTime {
    from: Time,
    to: Time,
}

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    /// When it begins.
    pub(crate) start: UnixMillis,
    /// When the next begins.
    pub(crate) end: UnixMillis,
}

impl QuietTime {
    fn read(hours: &QuietHours) -> Result<Self, String> {
        let time = |text: &str| {
            let refuse =
                || refuse("quiet_hours", format!("{text:?} is not a time such as \"22:00\""));
            text.parse::<Time>().map_err(|_| refuse())
        };
        let (from, to) = (time(&hours.from)?, time(&hours.to)?);
        if from == to {
            let what = "give two times, or mute the subscription";
            return Err(format!("quiet_hours: they begin and end at {:?}: {what}", hours.from));
        }
        Ok(Self { from, to })
    }

    /// The end of the quiet hours that contain this time; `None` if it is outside.
    fn end_after(&self, at: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
        let local = timestamp(at).to_zoned(zone.clone());
        let time = local.time();
        let is_over_midnight = self.to <= self.from;
        let is_quiet = match is_over_midnight {
            true => time >= self.from || time < self.to,
            false => time >= self.from && time < self.to,
        };
        let ends_tomorrow = is_over_midnight && time >= self.from;
        let day = if ends_tomorrow { local.date().tomorrow().ok()? } else { local.date() };
        let end = day.to_datetime(self.to).to_zoned(zone.clone()).ok()?;
        is_quiet.then(|| unix_millis(end.timestamp()))
    }
}

/// The subscriber's time zone: that of the quiet hours or as set, else UTC.
fn zone(settings: &SubscriptionSettings) -> Result<TimeZone, String> {
    let own = settings.time_zone.as_deref();
    let (setting, name) = match &settings.quiet_hours {
        Some(hours) => ("quiet_hours", &*hours.time_zone),
        None => ("time_zone", own.unwrap_or("UTC")),
    };
    let zone = TimeZone::get(name).map_err(|_| {
        let expected = "expected one such as \"Europe/Berlin\"";
        refuse(setting, format!("no time zone {name:?} is known here; {expected}"))
    })?;
    match own.filter(|own| *own != name) {
        Some(own) => Err(refuse(
            "time_zone",
            format!("{own:?} is not {name:?} of the quiet hours: leave it out"),
        )),
        None => Ok(zone),
    }
}

/// The day that contains a time.
pub(crate) fn day(at: UnixMillis, zone: &TimeZone) -> Day {
    let local = timestamp(at).to_zoned(zone.clone());
    let start = local.start_of_day().unwrap_or(local);
    // Only the last day of the calendar has no next day.
    let end = start.tomorrow().map_or(Timestamp::MAX, |next| next.timestamp());
    Day { start: unix_millis(start.timestamp()), end: unix_millis(end) }
}

/// The hour of daily and weekly digests: before work.
const HOUR: i8 = 8;
/// The day of weekly digests.
const DAY: Weekday = Weekday::Monday;

/// The next_digest time after this one at which a digest is due.
pub(super) fn next_digest(digest: Digest, at: UnixMillis, zone: &TimeZone) -> UnixMillis {
    let local = timestamp(at).to_zoned(zone.clone());
    let due = match digest {
        Digest::Hourly => hour_after(&local),
        Digest::Daily => (0..=1).find_map(|days| on(&local, days)),
        Digest::Weekly => (0..=7).find_map(|days| {
            let is_day = |due: &Zoned| due.date().weekday() == DAY;
            on(&local, days).filter(is_day)
        }),
    };
    // Only the last days of the calendar have no later ones.
    due.map_or(at, |due| unix_millis(due.timestamp()))
}

fn hour_after(local: &Zoned) -> Option<Zoned> {
    let begun = local.with().minute(0).second(0).subsec_nanosecond(0).build().ok()?;
    begun.checked_add(Span::new().hours(1)).ok()
}

/// The hour of digests this many days later, if that is still to come.
fn on(local: &Zoned, days: i64) -> Option<Zoned> {
    let date: Date = local.date().checked_add(Span::new().days(days)).ok()?;
    let due = date.at(HOUR, 0, 0, 0).to_zoned(local.time_zone().clone()).ok()?;
    (due > *local).then_some(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_are_read_and_unknown_ones_refused() {
        let words = ["new", "material", "correction", "retraction", "quiet"];
        let on = words.into_iter().chain(["origins+2", "outlets+5", "velocity>5/10m"]);
        let on: Vec<String> = on.map(str::to_owned).collect();
        let triggers = Triggers::read(&on).expect("all of them are known");
        assert!(triggers.new && triggers.material && !triggers.velocity.is_empty());
        assert!(triggers.correction && triggers.retraction && triggers.quiet);
        assert_eq!((triggers.origins, triggers.outlets), (Some(2), Some(5)));
        for bad in [
            "", "old", "origins+", "origins+0", "origins-2", "velocity", "velocity>5/0m",
            "copies+2",
        ] {
            assert!(Triggers::read(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}

#[cfg(test)]
mod quiet_hours_tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        unix_millis(text.parse().expect("a time"))
    }

    fn hours(from: &str, to: &str) -> Result<QuietTime, String> {
        let (from, to, time_zone) = (from.to_owned(), to.to_owned(), "UTC".to_owned());
        QuietTime::read(&QuietHours { from, to, time_zone })
    }

    #[test]
    fn quiet_hours_end_in_the_morning() {
        let night = hours("22:00", "07:00").expect("good");
        let end = |of: &QuietTime, time: &str| of.end_after(at(time), &TimeZone::UTC);
        let morning = Some(at("2026-03-02T07:00:00Z"));
        assert_eq!(end(&night, "2026-03-01T21:59:59Z"), None);
        assert_eq!(end(&night, "2026-03-01T22:00:00Z"), morning);
        assert_eq!(end(&night, "2026-03-02T06:59:59Z"), morning);
        assert_eq!(end(&night, "2026-03-02T07:00:00Z"), None);
        let noon = hours("12:00", "13:00").expect("good");
        assert_eq!(end(&noon, "2026-03-01T12:30:00Z"), Some(at("2026-03-01T13:00:00Z")));
        assert_eq!(end(&noon, "2026-03-01T13:30:00Z"), None);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let day = day(at("2026-03-01T12:30:00Z"), &TimeZone::UTC);
        assert_eq!((day.start, day.end), (at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z")));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(hours("25:00", "07:00").is_err());
        assert!(hours("22:00", "").is_err());
        let none = hours("22:00", "22:00").expect_err("no time at all");
        assert!(none.contains("begin and end at \"22:00\""), "{none}");
        let mut settings = SubscriptionSettings::new("all".parse().expect("an id"), "All", "*");
        let (from, to) = ("22:00".to_owned(), "07:00".to_owned());
        let time_zone = "Harbour/Nowhere".to_owned();
        settings.quiet_hours = Some(QuietHours { from, to, time_zone });
        let problem = zone(&settings).expect_err("no such zone");
        assert!(problem.starts_with("quiet_hours: no time zone \"Harbour/Nowhere\""), "{problem}");
    }
}

#[cfg(test)]
mod digest_times_tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        unix_millis(text.parse().expect("a time"))
    }

    #[test]
    fn a_digest_is_due_at_the_next_hour_day_or_monday_where_the_subscriber_lives() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let kolkata = TimeZone::get("Asia/Kolkata").expect("a zone");
        let utc = TimeZone::UTC;
        for (digest, zone, from, due) in [
            (Digest::Hourly, &utc, "2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z"),
            (Digest::Hourly, &utc, "2026-03-02T07:59:59Z", "2026-03-02T08:00:00Z"),
            (Digest::Hourly, &kolkata, "2026-03-02T07:00:00Z", "2026-03-02T07:30:00Z"),
            (Digest::Daily, &utc, "2026-03-02T07:59:59Z", "2026-03-02T08:00:00Z"),
            (Digest::Daily, &utc, "2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z"),
            (Digest::Daily, &berlin, "2026-03-02T07:30:00Z", "2026-03-03T07:00:00Z"),
            // Summer time begins in between.
            (Digest::Daily, &berlin, "2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"),
            (Digest::Weekly, &utc, "2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z"),
            (Digest::Weekly, &utc, "2026-03-02T08:00:00Z", "2026-03-09T08:00:00Z"),
        ] {
            assert_eq!(next_digest(digest, at(from), zone), at(due), "{digest:?} behind {from}");
        }
    }
}
