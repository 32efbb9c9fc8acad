//! A subscription as the alerter uses it: parsed and checked, with all defaults.
//!
//! Comes in: the settings of a subscription. Goes out: rules, or what is wrong. It never sees an article.

mod digest_times;
mod quiet_hours;
mod trigger;

use std::time::Duration;

use jiff::tz::TimeZone;
use thiserror::Error;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Digest, GroupBy, Hold, HoldReason, Interval, SubscriptionId, SubscriptionSettings, token,
};
use wirefold_query::{Document, Lists, Numbers, Prepared, Query};

pub(crate) use quiet_hours::QuietTime;
pub(crate) use trigger::Triggers;

/// After this time without news an alert becomes quiet, and one that never opened is dropped.
pub(crate) const QUIET: Duration = Duration::from_hours(24);

/// The key of a subscription's record.
pub(crate) fn record_key(id: &SubscriptionId) -> String {
    format!("subscription.{}", token::escape(id.as_str()))
}

/// The default of `on`.
const ON: [&str; 3] = ["new", "origins+2", "material"];
const GROUP_WAIT: Interval = Interval::from_seconds(30);
/// The longest `group_wait`.
const LONGEST_GROUP_WAIT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// The longest name, in characters.
const LONGEST_NAME: usize = 200;
const UPDATE_INTERVAL: Interval = Interval::from_seconds(15 * 60);

/// Why settings are not valid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Problem {
    #[error("query: {0}")]
    Query(wirefold_query::ParseError),
    #[error("break_quiet: {0}")]
    BreakQuiet(wirefold_query::ParseError),
    #[error(
        "on: {0:?} is no trigger; expected new, material, correction, retraction, quiet, \
         origins+2, outlets+5 or velocity>5/10m"
    )]
    On(String),
    #[error("on: {0:?}: {1}")]
    OnVelocity(String, wirefold_query::ParseError),
    #[error(
        "{0}: it requires something and its absence, so it never matches: leave one of them out"
    )]
    Contradictory(&'static str),
    #[error("name: {0}")]
    Name(&'static str),
    #[error("group_wait: the first message would wait longer than 7d: give less")]
    GroupWait,
    #[error("time_zone: {0}")]
    TimeZone(String),
    #[error("quiet_hours: {0}")]
    QuietHours(String),
    #[error("repeat_interval: {0}")]
    Repeat(&'static str),
    #[error("max_per_day: 0 would send nothing: give 1 or more, or mute the subscription")]
    MaxPerDay,
    #[error("inhibited_by: a subscription cannot inhibit itself")]
    InhibitedByItself,
    #[error("no delivery is called {0:?}; a new one counts from the next start of wirefold")]
    NoDelivery(String),
}

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
    pub(crate) max_per_day: Option<u32>,
    /// When an alert is repeated that had no news since it last notified.
    pub(crate) repeat: Option<Duration>,
    digest: Option<Digest>,
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
        filled.on = ON.map(str::to_owned).to_vec();
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
    let rules = Rules::read(&with_defaults(settings, &[]), lists);
    let rules = rules.and_then(|rules| rules.with_deliveries_of(deliveries));
    rules.map(drop).map_err(|problem| problem.to_string())
}

impl Rules {
    /// Parses settings with all defaults.
    pub(crate) fn read(settings: &SubscriptionSettings, lists: &Lists) -> Result<Self, Problem> {
        if settings.max_per_day == Some(0) {
            return Err(Problem::MaxPerDay);
        }
        if settings.inhibited_by.contains(&settings.id) {
            return Err(Problem::InhibitedByItself);
        }
        check_name(&settings.name)?;
        if settings.group_wait.is_some_and(|wait| wait.duration() > LONGEST_GROUP_WAIT) {
            return Err(Problem::GroupWait);
        }
        let query = Query::parse_with(&settings.query, lists).map_err(Problem::Query)?;
        let break_quiet = settings.break_quiet.as_deref();
        let break_quiet = break_quiet.map(|text| Query::parse_with(text, lists)).transpose();
        let break_quiet = break_quiet.map_err(Problem::BreakQuiet)?;
        if query.is_contradictory() {
            return Err(Problem::Contradictory("query"));
        }
        if break_quiet.as_ref().is_some_and(Query::is_contradictory) {
            return Err(Problem::Contradictory("break_quiet"));
        }
        let quiet = settings.quiet_hours.as_ref().map(QuietTime::read).transpose()?;
        Ok(Self {
            query,
            on: Triggers::read(&settings.on)?,
            group_by: settings.group_by.unwrap_or(GroupBy::Event),
            group_wait: settings.group_wait.unwrap_or(GROUP_WAIT).duration(),
            update_interval: settings.update_interval.unwrap_or(UPDATE_INTERVAL).duration(),
            min_outlets: settings.min_outlets.unwrap_or(1),
            min_origins: settings.min_origins.unwrap_or(0),
            zone: quiet_hours::zone(settings)?,
            quiet,
            break_quiet,
            max_per_day: settings.max_per_day,
            repeat: repeat(settings)?,
            digest: settings.digest,
            mute: None,
            changed: UnixMillis(0),
            since: 0,
            settings: settings.clone(),
        })
    }

    /// The same rules, if every delivery that they name is one of these.
    pub(crate) fn with_deliveries_of(self, all: &[String]) -> Result<Self, Problem> {
        let mut named = self.settings.deliveries.iter();
        match named.find(|name| !all.contains(name)) {
            Some(stranger) => Err(Problem::NoDelivery(stranger.clone())),
            None => Ok(self),
        }
    }

    /// The same rules with this mute and start.
    pub(crate) fn with_mute(self, mute: Option<Mute>, changed: UnixMillis, since: u64) -> Self {
        Self { mute, changed, since, ..self }
    }

    /// The hold while the subscription is muted.
    pub(crate) fn muted(&self, at: UnixMillis) -> Option<Hold> {
        let mute = self.mute.filter(|mute| mute.until.is_none_or(|until| until > at))?;
        let until = mute.until.map(wirefold_envelope::timestamp);
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
        let hold = |reason, until: Option<UnixMillis>| {
            Some(Hold { reason, until: until.map(wirefold_envelope::timestamp) })
        };
        if let Some(muted) = self.muted(at) {
            return Some(muted);
        }
        if let Some(digest) = self.digest {
            return hold(HoldReason::Digest, Some(self.digest_after(digest, at)));
        }
        let breaks = || {
            let nothing = Prepared::new(&Document::default());
            let query = self.break_quiet.as_ref();
            query.is_some_and(|query| query.matches(&nothing, numbers).is_some())
        };
        if let Some(quiet) = &self.quiet
            && let Some(until) = quiet.end_after(at)
            && !breaks()
        {
            return hold(HoldReason::QuietHours, Some(until));
        }
        let is_enough = self.max_per_day.is_some_and(|most| notified >= most);
        if is_enough { hold(HoldReason::MaxPerDay, Some(self.day(at).end)) } else { None }
    }

    /// This time, or the end of the quiet hours if it is in them.
    pub(crate) fn awake_at(&self, at: UnixMillis) -> UnixMillis {
        self.quiet.as_ref().and_then(|quiet| quiet.end_after(at)).unwrap_or(at)
    }

    /// Whether it sends only digests.
    pub(crate) fn has_digest(&self) -> bool {
        self.digest.is_some()
    }

    /// The end of this hour, or of the quiet hours if that is in them.
    pub(crate) fn next_hour(&self, at: UnixMillis) -> UnixMillis {
        self.digest_after(Digest::Hourly, at)
    }

    /// When the next digest is due: at the end of quiet hours if it would be in them.
    fn digest_after(&self, digest: Digest, at: UnixMillis) -> UnixMillis {
        let due = digest_times::next(digest, at, &self.zone);
        self.awake_at(due)
    }

    /// The calendar day of a time, in the subscriber's time zone.
    pub(crate) fn day(&self, at: UnixMillis) -> quiet_hours::Day {
        quiet_hours::day(at, &self.zone)
    }

    /// Whether it uses velocity.
    pub(crate) fn asks_for_velocity(&self) -> bool {
        self.settings.query.contains("velocity") || self.on.asks_for_velocity()
    }
}

/// The name appears in headers of mails and in lines of terminals.
fn check_name(name: &str) -> Result<(), Problem> {
    if name.chars().any(crate::wording::is_unfit) {
        return Err(Problem::Name("it has a control character in it: write it on one line"));
    }
    match name.chars().count() > LONGEST_NAME {
        true => Err(Problem::Name("it is longer than 200 characters: give a shorter one")),
        false => Ok(()),
    }
}

/// When an alert is repeated; `None` if never.
fn repeat(settings: &SubscriptionSettings) -> Result<Option<Duration>, Problem> {
    let Some(repeat) = settings.repeat_interval.map(Interval::duration) else {
        return Ok(None);
    };
    if settings.digest.is_some() {
        return Err(Problem::Repeat("a digest never repeats an alert: leave one of them out"));
    }
    if repeat.is_zero() {
        return Err(Problem::Repeat("0 would repeat without end: give a time such as 6h"));
    }
    if repeat >= QUIET {
        return Err(Problem::Repeat("an alert is over after 24h without news: use a shorter time"));
    }
    Ok(Some(repeat))
}
