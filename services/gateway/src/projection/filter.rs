//! The query of a list: the filters that events, stories and alerts share, as SQL.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rusqlite::ToSql;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::projection::search;

/// The most articles with the words that one page reads. It is small in tests.
pub(super) const BLOCK: usize = if cfg!(test) { 40 } else { 2_000 };

/// The agency comes from the story's articles: evidence in an article that people took out no longer counts.
macro_rules! story_agency {
    () => {
        "(SELECT agency FROM articles AS said
        WHERE said.story = stories.id AND agency_weight > 0 AND NOT EXISTS (
            SELECT 1 FROM articles AS witness
            WHERE witness.id = said.agency_through AND witness.story <> said.story
                AND (witness.moved OR said.moved))
        ORDER BY agency_weight DESC LIMIT 1)"
    };
}
pub(super) use story_agency;

/// The form of a [`Cursor`].
pub(super) const CURSOR: &str = r"^-?[0-9]{1,18}\.[ -~]{0,200}$";

/// The last row of a page, written as `<milliseconds>.<id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(super) time: i64,
    pub(super) id: String,
}

impl Cursor {
    /// The cursor of a row.
    pub(crate) fn new(time: i64, id: String) -> Self {
        Self { time, id }
    }

    /// A cursor before every row.
    pub(super) fn before_all() -> Self {
        // No id contains a character after `z`.
        Self { time: i64::MAX, id: "~".to_owned() }
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "not a value that a page gave as `next`";
        let (time, id) = text.split_once('.').filter(|(_, id)| id.len() <= 200).ok_or(wrong)?;
        Ok(Self { time: time.parse().map_err(|_| wrong)?, id: id.to_owned() })
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.time, self.id)
    }
}

/// The query of a list of events.
pub(crate) type EventQuery = ListQuery<EventSort>;
/// The query of a list of stories or alerts, which are in the order of time.
pub(crate) type StoryQuery = ListQuery<ByTime>;

/// The query of a list. Empty fields have no effect. An alert is filtered by its event or story.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ListQuery<S: Default> {
    /// The most rows of the page, 1 to 200; 50 by default.
    pub(crate) limit: Option<usize>,
    /// The `next` of the page before.
    #[schemars(with = "Option<String>", regex(pattern = CURSOR))]
    pub(crate) cursor: Option<Cursor>,
    /// Words that one article must have, in any script and without regard to accents and case.
    #[serde(rename = "q")]
    pub(crate) words: Option<String>,
    /// A subscription that has an alert about it.
    #[serde(deserialize_with = "lower_case")]
    pub(crate) subscription: Option<String>,
    /// An outlet of one of its articles.
    #[serde(deserialize_with = "lower_case")]
    pub(crate) outlet: Option<String>,
    /// The language of one of its articles. `en` includes `en-gb`.
    #[serde(alias = "lang", deserialize_with = "lower_case")]
    pub(crate) language: Option<String>,
    /// The agency behind it, such as `AP`.
    pub(crate) agency: Option<String>,
    /// The group of a feed that has one of its articles.
    pub(crate) group: Option<String>,
    /// The earliest time of its last change.
    pub(crate) since: Option<Moment>,
    /// The end of that time, itself not included.
    pub(crate) until: Option<Moment>,
    /// The fewest outlets.
    pub(crate) min_outlets: u32,
    /// The fewest origins of its event.
    pub(crate) min_origins: u32,
    /// The order.
    pub(crate) sort: S,
    /// The feeds of the group, as a JSON list.
    #[serde(skip)]
    pub(crate) feeds: Option<String>,
    /// The marks that one of its stories must have. Only the page filters by them.
    #[serde(skip)]
    pub(crate) marks: Option<MarkFilter>,
}

/// The fields of a list's query that a page or a feed has among others.
pub(crate) const FILTERS: [&str; 12] = [
    "q", "subscription", "outlet", "language", "lang", "agency", "group", "since", "until",
    "min_outlets", "min_origins", "sort",
];

/// Ids, outlets and languages are stored in lower case.
fn lower_case<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(|text| text.to_lowercase()))
}

/// A time, or a day: its first moment in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Moment(
    #[schemars(with = "String", extend("anyOf" = [{ "format": "date-time" }, { "format": "date" }]))]
     Timestamp,
);

impl Moment {
    /// The moment this many hours before a time.
    pub(crate) fn hours_before(time: Timestamp, hours: i64) -> Self {
        Self(time.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN))
    }

    pub(crate) fn timestamp(self) -> Timestamp {
        self.0
    }

    fn millis(self) -> i64 {
        self.0.as_millisecond()
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A date is also read from the beginning of a time.
        let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-11-30".len());
        let start = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        let time = start.map(|start| start.timestamp()).or_else(|| text.parse().ok());
        let advice = "write a day such as 2026-11-30 or a time such as 2026-11-30T18:00:00Z";
        time.map(Self).ok_or_else(|| D::Error::custom(advice))
    }
}

/// A filter by the marks of a reader: a condition as SQL, with its values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MarkFilter {
    pub(super) condition: String,
    pub(super) until: i64,
    pub(super) read: String,
    pub(super) unread: String,
    pub(super) starred: String,
}

/// The only order of stories and alerts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ByTime {
    /// By the last change.
    #[default]
    Newest,
}

/// The order of events. Orders other than that of time contain only the events that changed in the two days
/// before the last change. Events with one article come after all others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EventSort {
    /// By the last change.
    #[default]
    Newest,
    /// By the number of outlets.
    Outlets,
    /// By the number of articles in the hour before their last one.
    Velocity,
}

impl EventSort {
    /// The word of it in the page's address; empty if it is the default.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "",
            Self::Outlets => "outlets",
            Self::Velocity => "velocity",
        }
    }

    /// The sort key as SQL: a number, the largest first.
    pub(super) fn key(self) -> String {
        match self {
            Self::Newest => "changed".to_owned(),
            Self::Outlets => format!("(SELECT count(DISTINCT outlet) {})", OF_EVENTS.outlets),
            Self::Velocity => "(SELECT count(*) FROM event_articles AS its
                    WHERE its.event = events.id AND its.seen > events.changed - 3600000)"
                .to_owned(),
        }
    }
}

/// A filtered table: its parts as SQL.
pub(super) struct Filtered {
    /// The outlets of a row.
    outlets: &'static str,
    /// The articles of a row.
    articles: &'static str,
    /// The stories of a row.
    stories: &'static str,
    /// The events of a row.
    events: &'static str,
    /// The alerts of a row that belong to a subscription.
    alerts: &'static str,
}

/// The table of events.
pub(super) const OF_EVENTS: Filtered = Filtered {
    outlets: "FROM event_outlets AS its WHERE its.event = events.key",
    articles: "FROM event_articles AS its WHERE its.event = events.id",
    stories: "FROM stories WHERE stories.event = events.id",
    events: "WHERE true",
    alerts: "(EXISTS (SELECT 1 FROM alerts
            WHERE subscription = :subscription AND target = events.id)
        OR EXISTS (SELECT 1 FROM stories CROSS JOIN alerts
            WHERE stories.event = events.id
            AND subscription = :subscription AND target = stories.id))",
};

/// The table of stories.
pub(super) const OF_STORIES: Filtered = Filtered {
    outlets: "FROM story_outlets AS its WHERE its.story = stories.key",
    articles: "FROM event_articles AS its WHERE its.event = stories.event AND its.story = stories.key",
    stories: "WHERE true",
    events: "FROM events WHERE events.id = stories.event",
    alerts: "EXISTS (SELECT 1 FROM alerts
        WHERE subscription = :subscription AND target IN (stories.id, stories.event))",
};

impl<S: Default + PartialEq> ListQuery<S> {
    /// The filters that are set, as fields of an address.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        let number = |number: u32| (number > 0).then(|| number.to_string());
        let fields = [
            ("q", self.words.clone()),
            ("subscription", self.subscription.clone()),
            ("outlet", self.outlet.clone()),
            ("language", self.language.clone()),
            ("agency", self.agency.clone()),
            ("group", self.group.clone()),
            ("since", self.since.map(|since| since.to_string())),
            ("until", self.until.map(|until| until.to_string())),
            ("min_outlets", number(self.min_outlets)),
            ("min_origins", number(self.min_origins)),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The typed words for FTS5; `None` if they are blank.
    pub(super) fn typed(&self) -> Option<String> {
        let words = self.words.as_ref().filter(|words| !words.trim().is_empty());
        words.map(|words| search::all_of(words))
    }

    /// The conditions on rows of a table except words and times. Empty fields give no condition.
    pub(super) fn conditions(&self, of: &Filtered) -> String {
        let Filtered { outlets, articles, stories, events, alerts } = of;
        let outlet = format!("EXISTS (SELECT 1 {outlets} AND outlet = :outlet)");
        let language = format!(
            "EXISTS (SELECT 1 {outlets} AND (language = :language
                OR substr(language, 1, length(:language) + 1) = :language || '-'))"
        );
        let min_outlets = format!("(SELECT count(DISTINCT outlet) {outlets}) >= :min_outlets");
        let min_origins = format!("EXISTS (SELECT 1 {events} AND origins >= :min_origins)");
        let agency = format!(
            "EXISTS (SELECT 1 {stories}
                AND json_extract({}, '$.name') = :agency COLLATE NOCASE)",
            story_agency!()
        );
        let feeds = format!(
            "EXISTS (SELECT 1 {articles} AND EXISTS (SELECT 1 FROM article_feeds AS fed
                WHERE fed.article = its.article
                AND +fed.feed IN (SELECT value FROM json_each(:feeds))))"
        );
        let marks = self.marks.as_ref().map_or("", |marks| &marks.condition);
        let conditions = [
            (self.marks.is_some(), marks),
            (self.subscription.is_some(), alerts),
            (self.outlet.is_some(), &outlet),
            (self.language.is_some(), &language),
            (self.min_outlets > 1, &min_outlets),
            (self.min_origins > 0, &min_origins),
            (self.agency.is_some(), &agency),
            (self.feeds.is_some(), &feeds),
        ];
        let given = conditions.into_iter().filter(|(is_given, _)| *is_given);
        given.map(|(_, condition)| format!(" AND {condition}")).collect()
    }

    /// The condition on the time in a column.
    pub(super) fn times(&self, column: &str) -> String {
        let since = self.since.map(|since| format!(" AND {column} >= {}", since.millis()));
        let until = self.until.map(|until| format!(" AND {column} < {}", until.millis()));
        since.into_iter().chain(until).collect()
    }

    /// The values of the conditions.
    pub(super) fn values<'a>(
        &'a self,
        marks: &'a MarkFilter,
    ) -> [(&'static str, &'a dyn ToSql); 11] {
        [
            (":subscription", &self.subscription),
            (":outlet", &self.outlet),
            (":language", &self.language),
            (":agency", &self.agency),
            (":feeds", &self.feeds),
            (":min_outlets", &self.min_outlets),
            (":min_origins", &self.min_origins),
            (":until", &marks.until),
            (":read", &marks.read),
            (":unread", &marks.unread),
            (":starred", &marks.starred),
        ]
    }
}

impl StoryQuery {
    /// The conditions that the event or story of an alert has an article of `:block` and passes the filters.
    pub(super) fn conditions_on_alerts(&self) -> String {
        let of_target = Self { subscription: None, ..self.clone() };
        let with_words = self.typed().map(|_| {
            " AND target IN (
                    WITH found AS MATERIALIZED (
                        SELECT its.event, its.story FROM event_articles AS its
                        WHERE its.article IN (SELECT value FROM json_each(:block)))
                    SELECT event FROM found
                    UNION ALL SELECT stories.id FROM found JOIN stories ON stories.key = found.story)"
                .to_owned()
        });
        let [event, story] = [OF_EVENTS, OF_STORIES].map(|of| of_target.conditions(&of));
        let others = (!event.is_empty()).then(|| {
            format!(
                " AND (EXISTS (SELECT 1 FROM events WHERE events.id = target{event})
                OR EXISTS (SELECT 1 FROM stories WHERE stories.id = target{story}))"
            )
        });
        with_words.into_iter().chain(others).collect()
    }
}
