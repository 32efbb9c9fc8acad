//! Subscriptions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{Digest, GroupBy, Interval, SubscriptionId, SubscriptionSettings};

use super::quiet::{QuietConfig, ZoneName};

/// A query that alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionConfig {
    /// Its name for people.
    pub(crate) name: String,
    /// Its name in commands and addresses: lower-case letters, digits, `.`, `-`, `_`. Default: made of the
    /// name. A subscription with another id is another subscription.
    pub(crate) id: Option<SubscriptionId>,
    /// The query: words, `"phrases"`, `prefix*`, `~strike`, `@list`, AND, OR, NOT, parentheses, fields such
    /// as `title:` and `entity:`; `*` matches everything.
    pub(crate) query: String,
    /// The thing that one alert is about: an `event` or a `story`. Default: an event.
    pub(crate) group_by: Option<GroupBy>,
    /// The triggers that notify, such as `new`, `origins+2`, `velocity>5/10m`, `material`, `correction`,
    /// `retraction`, `quiet`. Default: `["new", "origins+2", "material"]`.
    #[serde(default)]
    pub(crate) on: Vec<String>,
    /// Outlets needed before it notifies.
    pub(crate) min_outlets: Option<u32>,
    /// Separately written texts needed before it notifies.
    pub(crate) min_origins: Option<u32>,
    /// How long the first message waits for more articles. Default: `30s`.
    pub(crate) group_wait: Option<Interval>,
    /// The shortest time between two messages about one event. Default: `15m`.
    pub(crate) update_interval: Option<Interval>,
    /// When an unchanged alert is sent again. Default: never.
    pub(crate) repeat_interval: Option<Interval>,
    /// When messages are held.
    pub(crate) quiet_hours: Option<QuietConfig>,
    /// The time zone of its digests and days, such as `Europe/Berlin`. Default: that of the quiet hours, or
    /// UTC without them.
    pub(crate) time_zone: Option<ZoneName>,
    /// The condition that notifies even in quiet hours, such as `outlets>=10`.
    pub(crate) break_quiet: Option<String>,
    /// The most loud messages a day. Further ones are held.
    pub(crate) max_per_day: Option<u32>,
    /// Ids of subscriptions. If one of them has notified of the same event or story, this one is silent.
    #[serde(default)]
    pub(crate) inhibited_by: Vec<SubscriptionId>,
    /// Collects messages: `hourly`, `daily` or `weekly`.
    pub(crate) digest: Option<Digest>,
    /// The names of its deliveries. Default: it is printed.
    #[serde(default)]
    pub(crate) deliveries: Vec<String>,
}

impl SubscriptionConfig {
    /// As it is on the wire, under this id.
    pub(crate) fn settings(&self, id: SubscriptionId) -> SubscriptionSettings {
        SubscriptionSettings {
            id,
            name: self.name.clone(),
            query: self.query.clone(),
            group_by: self.group_by,
            on: self.on.clone(),
            min_outlets: self.min_outlets,
            min_origins: self.min_origins,
            group_wait: self.group_wait,
            update_interval: self.update_interval,
            repeat_interval: self.repeat_interval,
            quiet_hours: self.quiet_hours.as_ref().map(QuietConfig::settings),
            time_zone: self.time_zone.as_ref().map(|zone| zone.name().to_owned()),
            break_quiet: self.break_quiet.clone(),
            max_per_day: self.max_per_day,
            inhibited_by: self.inhibited_by.clone(),
            digest: self.digest,
            deliveries: self.deliveries.clone(),
        }
    }
}
