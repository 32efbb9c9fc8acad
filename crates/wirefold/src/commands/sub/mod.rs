//! `wirefold sub`: the subscriptions.

mod rehearse;

use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;
use wirefold_address::slug;
use wirefold_alerter::ConfiguredSubscription;
use wirefold_gateway::shapes::{
    Accepted, ArticleAlert, ArticleAlerts, ArticleOutcome, MuteRequest, SubscriptionList,
};
use wirefold_proto::{
    Digest, Escalation, FoundWord, GroupBy, Interval, QuietHours, SubscriptionId,
    SubscriptionRecord, SubscriptionSettings, Tag,
};
use wirefold_query::{Lists, Query};

use super::why::{LIST, id_of};
use super::words::{short, span_above_zero};
use super::{Session, one_of, with_help};
use crate::client::{Client, ClientError, ClientOptions, Need, block_on, escaped};
use crate::columns::{Cell, Columns};
use crate::config::SubscriptionConfig;
use crate::exit::{Exit, Stop, stop};
use crate::global::Global;
use crate::local_time::{self, LocalTime};
use crate::output::{self, clean, count};

const TOLD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
/// The end of a mute that ends it at once.
const UNMUTED: Option<Timestamp> = Some(Timestamp::UNIX_EPOCH);
/// The path of the subscriptions in the API.
const PATH: &str = "/api/v1/subscriptions";

/// Arguments of `sub`.
#[derive(Debug, Args)]
pub(crate) struct SubArguments {
    #[command(flatten)]
    options: ClientOptions,
    #[command(subcommand)]
    command: SubCommand,
}

#[derive(Debug, Subcommand)]
enum SubCommand {
    /// List subscriptions with their queries, alerts, and how many copies they folded.
    #[command(after_help = "Example:\n  wirefold sub ls")]
    Ls,
    /// Show a subscription with every setting in force, defaults too.
    #[command(after_help = "Example:\n  wirefold sub show harbour")]
    Show {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Add a subscription, or change one that you added with this command.
    #[command(after_help = "\
Examples:
  wirefold sub add Harbour --query 'harbour AND (storm OR strike) -football'
  wirefold sub add Kyiv --query 'entity:Zelensky \"peace plan\"' --min-origins 2 --to phone
  wirefold sub add Everything --query '*' --group-wait 0s

The query: words, \"phrases\", prefix*, ~strike (strikes and striking too, by the article's language),
AND OR NOT -, ( ), NEAR/5, fields such as title: entity: outlet: agency: lang:, numbers such as
origins>=2, and @ministers for any line of lists/ministers.txt beside the settings. Chinese, Japanese,
Thai and Korean words are found inside longer ones. All of it: docs/queries.md. An article notifies where its title or lede
matches; a mention further down is silent until another text has one too, unless you ask for
anywhere:harbour. `wirefold sub test QUERY` tries a query first.")]
    Add(Box<AddArguments>),
    /// Remove a subscription; its alerts stay.
    #[command(after_help = "Example:\n  wirefold sub rm harbour")]
    Rm {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Print all subscriptions as `[[subscription]]` tables, for a file of settings or `sub import`.
    #[command(after_help = "Example:\n  wirefold sub export > subscriptions.toml")]
    Export,
    /// Add the subscriptions of a file of `[[subscription]]` tables, or change those you have.
    #[command(after_help = "\
Example:
  wirefold sub import subscriptions.toml

Exit codes: 0 all were added, 2 the file cannot be read, 5 some were refused; the others are added.")]
    Import {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Mute a subscription. After the mute, one message for each alert follows.
    #[command(after_help = "\
Examples:
  wirefold sub mute harbour --for 2h
  wirefold sub mute harbour")]
    Mute {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
        /// For how long, such as 30m, 2h or 7d; by default until `sub unmute`.
        #[arg(long = "for", value_name = "TIME", value_parser = span_above_zero)]
        span: Option<Interval>,
    },
    /// Let a muted subscription send again.
    #[command(after_help = "Example:\n  wirefold sub unmute harbour")]
    Unmute {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Explain why each subscription did or did not alert on an article.
    #[command(after_help = "\
Examples:
  wirefold sub why a-4ktq2v
  wirefold sub why https://harbour.example/storm --sub harbour")]
    Why {
        /// An id, the beginning of one, or a link.
        #[arg(value_name = "ARTICLE")]
        article: String,
        /// Only this subscription: its id or name.
        #[arg(long = "sub", value_name = "ID")]
        subscription: Option<String>,
    },
    /// Show the messages that a subscription or a query would have sent, and how many of them at night.
    #[command(after_help = "\
Examples:
  wirefold sub test 'harbour storm'
  wirefold sub test harbour --last 3d
  wirefold sub test '-football harbour' --hours 72")]
    Test {
        /// The id or name of a subscription, or a query.
        #[arg(value_name = "QUERY|ID", allow_hyphen_values = true)]
        what: String,
        /// How many hours back, at most 720.
        #[arg(long, default_value_t = rehearse::WEEK, value_parser = clap::value_parser!(u32).range(1..=720))]
        hours: u32,
        /// How far back, such as 24h or 7d, at most 30d; instead of `--hours`.
        #[arg(long, value_name = "TIME", conflicts_with = "hours", value_parser = rehearse::hours_of)]
        last: Option<u32>,
    },
}

/// Arguments of `sub add`.
#[derive(Debug, Args)]
struct AddArguments {
    /// Its name; the id is made from it.
    #[arg(value_name = "NAME")]
    name: String,
    /// The query; `*` matches everything.
    #[arg(long, allow_hyphen_values = true)]
    query: String,
    /// Its id; by default made from the name.
    #[arg(long)]
    id: Option<SubscriptionId>,
    /// A delivery of the settings to send to, such as `phone`; repeatable. Without it, `wirefold up` prints
    /// the alerts on its terminal and sends them nowhere else.
    #[arg(long, value_name = "DELIVERY")]
    to: Vec<String>,
    /// The thing that one alert is about: event or story.
    #[arg(long, value_name = "WHAT", value_parser = one_of::<GroupBy>(with_help([
        ("event", "An event: several texts about one happening"),
        ("story", "A story: one text and its copies"),
    ])))]
    group_by: Option<GroupBy>,
    /// The triggers that notify: `new`, `origins+2`, `outlets+5`, `velocity>5/10m`, `material`, `correction`,
    /// `retraction`, `quiet`; repeatable.
    #[arg(long, value_name = "CONDITION")]
    on: Vec<String>,
    /// The fewest outlets before it alerts.
    #[arg(long, value_name = "N")]
    min_outlets: Option<u32>,
    /// The fewest separately written texts (origins) before it alerts.
    #[arg(long, value_name = "N")]
    min_origins: Option<u32>,
    /// How long the first message waits for more, such as 30s.
    #[arg(long, value_name = "TIME")]
    group_wait: Option<Interval>,
    /// The shortest time between two revisions of one alert, such as 15m.
    #[arg(long, value_name = "TIME")]
    update_interval: Option<Interval>,
    /// After this time, send an unchanged alert again, such as 12h; by default never.
    #[arg(long, value_name = "TIME")]
    repeat_interval: Option<Interval>,
    /// Another delivery that gets an alert if nobody acknowledges it in time, such as 'chief after 15m'.
    #[arg(long, value_name = "DELIVERY after TIME")]
    escalation: Option<Escalation>,
    /// The most loud messages a day.
    #[arg(long, value_name = "N")]
    max_per_day: Option<u32>,
    /// Whether the events of its alerts are kept, if `keep.alerts` is set; by default they are.
    #[arg(long, value_name = "BOOL")]
    keep: Option<bool>,
    /// The hours in which nothing is sent, such as 22:00-07:00; then one message for each alert follows.
    #[arg(long, value_name = "FROM-TO", value_parser = quiet_hours)]
    quiet_hours: Option<(String, String)>,
    /// The time zone of the quiet hours and of digests; by default that of this machine.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// The triggers that notify even in quiet hours, such as 'outlets>=10'.
    #[arg(long, value_name = "CONDITION", requires = "quiet_hours")]
    break_quiet: Option<String>,
    /// Another subscription: this one is silent about events of which that one has notified; repeatable.
    #[arg(long, value_name = "ID")]
    inhibited_by: Vec<SubscriptionId>,
    /// Gather messages into one each hour, day or week.
    #[arg(long, value_name = "HOW_OFTEN", conflicts_with = "repeat_interval",
          value_parser = one_of::<Digest>(with_help([
        ("hourly", "At each full hour"),
        ("daily", "At eight each morning"),
        ("weekly", "At eight each Monday"),
    ])))]
    digest: Option<Digest>,
}

/// Runs a `sub` command.
pub(crate) fn run(arguments: &SubArguments, global: &Global) -> anyhow::Result<Exit> {
    let options = &arguments.options;
    let adding = matches!(arguments.command, SubCommand::Add(_) | SubCommand::Import { .. });
    let need = if adding { Need::Nothing } else { Need::Data };
    block_on(async {
        if let SubCommand::Add(wanted) = &arguments.command {
            check_query(&wanted.query)?;
        }
        let session = Session::open(options, need, global).await?;
        match &arguments.command {
            SubCommand::Ls => session.list_subscriptions().await,
            SubCommand::Show { id } => {
                let (record, waits) = session.subscription(id).await?;
                let time = LocalTime::system();
                session.show(&record, |it| Ok(fields(it, waits, &time)?.render_plain()))
            }
            SubCommand::Add(wanted) => session.add_subscription(wanted).await,
            SubCommand::Rm { id } => session.remove_subscription(id).await,
            SubCommand::Export => session.export_subscriptions().await,
            SubCommand::Import { file } => session.import_subscriptions(file).await,
            SubCommand::Mute { id, span } => {
                session.mute_subscription(id, span.map(|span| LocalTime::system().in_a(span))).await
            }
            SubCommand::Unmute { id } => session.mute_subscription(id, UNMUTED).await,
            SubCommand::Why { article, subscription } => {
                session.explain_alerts(article, subscription.as_deref()).await
            }
            SubCommand::Test { what, hours, last } => {
                let hours = last.unwrap_or(*hours);
                rehearse::run(&session.client, what, hours, session.json).await
            }
        }
    })
}

impl Session<'_> {
    async fn list_subscriptions(&self) -> anyhow::Result<Exit> {
        let SubscriptionList { subscriptions: all, waiting, .. } =
            subscriptions(&self.client).await?;
        if self.json {
            all.iter().try_for_each(output::print_json)?;
        } else if all.is_empty() {
            self.note(
                "no subscriptions yet: `wirefold sub add NAME --query QUERY`, or in wirefold.toml",
            );
        } else {
            output::print_styled(&table(&all, local_time::now()).render())?;
            if !waiting.is_empty() {
                let waiting = waiting.join(", ");
                self.note(format_args!("note: waiting for the next `wirefold up`: {waiting}"));
            }
        }
        Ok(Exit::Ok)
    }

    /// A subscription, and whether it waits for the next `up`.
    async fn subscription(&self, id: &str) -> anyhow::Result<(SubscriptionRecord, bool)> {
        let SubscriptionList { subscriptions, waiting, .. } = subscriptions(&self.client).await?;
        let Some(found) = find_subscription(subscriptions, id)? else {
            stop!(NotFound, "no subscription {id}: see `wirefold sub ls`");
        };
        let waits = waiting.iter().any(|one| one == found.subscription.id.as_str());
        Ok((found, waits))
    }

    async fn remove_subscription(&self, named: &str) -> anyhow::Result<Exit> {
        let id = self.subscription(named).await?.0.subscription.id;
        let removed = self.client.delete(&format!("{PATH}/{}", escaped(id.as_str()))).await;
        let accepted: Accepted = removed.map_err(|error| error.see("wirefold sub ls"))?;
        self.answer(&accepted, format_args!("{id} no longer sends alerts{}", self.client.when()))
    }

    async fn mute_subscription(
        &self,
        named: &str,
        until: Option<Timestamp>,
    ) -> anyhow::Result<Exit> {
        let id = self.subscription(named).await?.0.subscription.id;
        let outcome = match until {
            _ if until == UNMUTED => "sends again".to_owned(),
            Some(until) => format!("sends nothing until {}", LocalTime::system().minute(until)),
            None => format!("sends nothing until `wirefold sub unmute {id}`"),
        };
        let path = format!("{PATH}/{}/mute", escaped(id.as_str()));
        let accepted: Accepted = self.client.post(&path, &MuteRequest { until }).await?;
        self.answer(&accepted, format_args!("{id} {outcome}{}", self.client.when()))
    }

    async fn add_subscription(&self, wanted: &AddArguments) -> anyhow::Result<Exit> {
        let settings = settings(wanted)?;
        let accepted: Accepted = self.client.post(PATH, &settings).await?;
        if self.json {
            output::print_json(&accepted)?;
        } else {
            self.describe_added(&settings).await;
        }
        Ok(Exit::Ok)
    }

    async fn describe_added(&self, settings: &SubscriptionSettings) {
        let id = &settings.id;
        let from = if self.client.is_running() { "article" } else { "`wirefold up`" };
        self.note(format_args!("{id} alerts from the next {from} on"));
        for other in inhibitors_not_there(&self.client, settings).await {
            self.note(format_args!(
                "note: there is no subscription {other} yet: it silences {id} once you add it"
            ));
        }
        if settings.deliveries.is_empty() {
            self.note(
                "`wirefold up` prints its alerts on its terminal; --to DELIVERY sends them elsewhere",
            );
        }
        match rehearse::last_week(&self.client, settings.clone()).await {
            Ok(Some(sent)) => self.note(sent.trim_end()),
            Ok(None) if settings.query.trim() == "*" => self.note(
                "broad: `*` matches every article, and each event sends a message; add words, or \
                 --digest",
            ),
            Ok(None) => self.note(format_args!(
                "no article was read in the last 7 days: `wirefold sub test {id}` tries it later"
            )),
            // The subscription is added anyway.
            Err(error) => self.note(format_args!("note: not tried on the last 7 days: {error}")),
        }
    }

    /// Prints all subscriptions as `[[subscription]]` tables.
    async fn export_subscriptions(&self) -> anyhow::Result<Exit> {
        let records = subscriptions(&self.client).await?.subscriptions;
        let subscription: Vec<SubscriptionSettings> =
            records.into_iter().map(|record| record.subscription).collect();
        if self.json {
            subscription.iter().try_for_each(output::print_json)?;
        } else if subscription.is_empty() {
            self.note("note: no subscriptions yet: `wirefold sub add NAME --query Q`");
        } else {
            return output::print(toml::to_string(&Written { subscription })?.as_bytes());
        }
        Ok(Exit::Ok)
    }

    /// Adds the subscriptions of a file, or changes those with the same ids. If one is refused, it prints the
    /// reason and adds the others.
    async fn import_subscriptions(&self, file: &Path) -> anyhow::Result<Exit> {
        let shown = file.display();
        let unusable = |why: String| Stop::new(Exit::Usage, format!("{shown}: {why}"));
        let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
        let read: Read = toml::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        let (mut added, mut refused) = (0, 0);
        for wanted in &read.subscription {
            match self.import_subscription(wanted).await {
                Ok(accepted) if self.json => output::print_json(&accepted)?,
                Ok(_) => added += 1,
                Err(error) => {
                    refused += 1;
                    output::note(format_args!("{shown}: {:?}: {error}", wanted.name));
                }
            }
        }
        if !self.json {
            let added = count(added, "subscription", "subscriptions");
            let when = self.client.when();
            self.note(format_args!("{added} of {shown} added or changed{when}"));
        }
        Ok(if refused > 0 { Exit::Partial } else { Exit::Ok })
    }

    async fn import_subscription(&self, wanted: &SubscriptionConfig) -> anyhow::Result<Accepted> {
        let id = match &wanted.id {
            Some(id) => id.clone(),
            None => slug::of_name(&wanted.name).parse()?,
        };
        Ok(self.client.post(PATH, &wanted.settings(id)).await?)
    }

    async fn explain_alerts(
        &self,
        article: &str,
        subscription: Option<&str>,
    ) -> anyhow::Result<Exit> {
        let id = id_of(&self.client, article).await?;
        let mut path = format!("/api/v1/articles/{}/alerts", escaped(&id));
        if let Some(wanted) = subscription {
            let (record, _) = self.subscription(wanted).await?;
            path.push_str(&format!("?subscription={}", escaped(record.subscription.id.as_str())));
        }
        let found: Result<ArticleAlerts, ClientError> = self.client.get(&path).await;
        self.show(&found.map_err(|error| error.see(LIST))?, |found| {
            let shown = short(found.article);
            let head = clean(&format!("{shown} · {} · {}", found.outlet, found.title));
            let lines: String = match found.subscriptions.is_empty() {
                true => "no subscriptions: `wirefold sub add NAME --query QUERY`\n".to_owned(),
                false => found.subscriptions.iter().map(in_lines).collect(),
            };
            Ok(format!("{head}\n{lines}"))
        })
    }
}

/// The form of a file of subscriptions that is written.
#[derive(Serialize)]
struct Written {
    subscription: Vec<SubscriptionSettings>,
}

/// The form of a file of subscriptions that is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(default)]
    subscription: Vec<SubscriptionConfig>,
}

/// All subscriptions, and the ids of those that wait for the next `up`: it reads those of the settings.
async fn subscriptions(client: &Client) -> Result<SubscriptionList, ClientError> {
    let mut list: SubscriptionList = client.get(PATH).await?;
    if client.is_running() {
        // They wait only for a moment.
        list.waiting.clear();
    }
    for ConfiguredSubscription { settings, managed_by } in client.configured.clone() {
        if list.subscriptions.iter().any(|record| record.subscription.id == settings.id) {
            continue;
        }
        list.waiting.push(settings.id.to_string());
        list.subscriptions.push(SubscriptionRecord {
            schema: Tag::new(),
            subscription: settings,
            managed_by: Some(managed_by),
            muted_until: None,
            problem: None,
            alerts: 0,
            copies_folded: 0,
            waiting: Vec::new(),
        });
    }
    Ok(list)
}

/// The subscription with this id, or else the only one with this name in any case.
fn find_subscription(
    all: Vec<SubscriptionRecord>,
    what: &str,
) -> Result<Option<SubscriptionRecord>, Stop> {
    if let Some(place) = all.iter().position(|it| it.subscription.id.as_str() == what) {
        return Ok(all.into_iter().nth(place));
    }
    let name = what.to_lowercase();
    let mut same = all.into_iter().filter(|it| it.subscription.name.to_lowercase() == name);
    match (same.next(), same.next()) {
        (Some(one), Some(other)) => {
            let ids = [one, other].map(|it| it.subscription.id.to_string()).join(" and ");
            stop!(Usage, "several subscriptions are called {what}: name one of {ids}")
        }
        (found, _) => Ok(found),
    }
}

/// The time zone of a digest. Quiet hours have their own.
fn zone_of_digest(wanted: &AddArguments) -> anyhow::Result<Option<String>> {
    match (&wanted.quiet_hours, wanted.digest, &wanted.time_zone) {
        (None, Some(_), zone) => Ok(Some(zone.clone().unwrap_or_else(local_time::zone))),
        (None, None, Some(_)) => {
            stop!(Usage, "--time-zone belongs to --quiet-hours or --digest: give one of them too")
        }
        _ => Ok(None),
    }
}

/// Reads `22:00-07:00`. The alerter checks the times.
fn quiet_hours(text: &str) -> Result<(String, String), &'static str> {
    let times = text.split_once('-').ok_or("expected two times such as 22:00-07:00")?;
    Ok((times.0.trim().to_owned(), times.1.trim().to_owned()))
}

/// Notes inhibitors that do not exist. They may be added later.
async fn inhibitors_not_there(
    client: &Client,
    settings: &SubscriptionSettings,
) -> Vec<SubscriptionId> {
    if settings.inhibited_by.is_empty() {
        return Vec::new();
    }
    // The subscription is added anyway.
    let Ok(SubscriptionList { subscriptions, .. }) = subscriptions(client).await else {
        return Vec::new();
    };
    let is_there = |id: &&SubscriptionId| subscriptions.iter().any(|it| it.subscription.id == **id);
    settings.inhibited_by.iter().filter(|id| !is_there(id)).cloned().collect()
}

fn settings(wanted: &AddArguments) -> anyhow::Result<SubscriptionSettings> {
    let id = wanted.id.clone().or_else(|| SubscriptionId::from_name(&wanted.name));
    let Some(id) = id else {
        stop!(Usage, "no id can be made from {:?}: give --id", wanted.name);
    };
    Ok(SubscriptionSettings {
        group_by: wanted.group_by,
        on: wanted.on.clone(),
        min_outlets: wanted.min_outlets,
        min_origins: wanted.min_origins,
        group_wait: wanted.group_wait,
        update_interval: wanted.update_interval,
        repeat_interval: wanted.repeat_interval,
        escalation: wanted.escalation.clone(),
        max_per_day: wanted.max_per_day,
        quiet_hours: wanted.quiet_hours.clone().map(|(from, to)| QuietHours {
            from,
            to,
            time_zone: wanted.time_zone.clone().unwrap_or_else(local_time::zone),
        }),
        time_zone: zone_of_digest(wanted)?,
        break_quiet: wanted.break_quiet.clone(),
        inhibited_by: wanted.inhibited_by.clone(),
        digest: wanted.digest,
        keep: wanted.keep,
        deliveries: wanted.to.clone(),
        ..SubscriptionSettings::new(id, &wanted.name, &wanted.query)
    })
}

fn table(all: &[SubscriptionRecord], now: Timestamp) -> Columns {
    let mut table = Columns::new(&["id", "alerts", "copies folded", "goes to", "from", "query"]);
    for record in all {
        let settings = &record.subscription;
        let to = match settings.deliveries.as_slice() {
            // As the alerter fills it in.
            [] => "stdout".to_owned(),
            some => some.join(", "),
        };
        let to = match record.muted_until {
            Some(until) if until == Timestamp::MAX => format!("{to} (muted)"),
            Some(until) if until > now => {
                format!("{to} (muted until {})", LocalTime::system().minute(until))
            }
            _ => to,
        };
        let query = match &record.problem {
            Some(problem) => Cell::styled(format!("{}: {problem}", settings.query), BAD),
            None => Cell::new(&settings.query),
        };
        table.push(vec![
            Cell::new(settings.id.as_str()),
            Cell::new(record.alerts.to_string()),
            Cell::new(record.copies_folded.to_string()),
            Cell::new(to),
            Cell::faint(record.managed_by.as_deref().unwrap_or("command")),
            query,
        ]);
    }
    table
}

/// Fails if a query cannot be parsed, and points at the column.
fn check_query(query: &str) -> anyhow::Result<()> {
    // The running wirefold has its own lists, so names of lists are not checked here.
    let Err(error) = Query::parse_with(query, &Lists::accepting_any_name()) else { return Ok(()) };
    let pointed = point(query, error.column);
    stop!(Usage, "the query cannot be read\n{pointed}\n{}", clean(&error.to_string()))
}

/// The number of characters that are shown before and after the caret.
const AROUND: usize = 60;

/// The query, and under it a caret at the column, counted in characters from 1.
fn point(query: &str, column: usize) -> String {
    let at = column.saturating_sub(1);
    let from = at.saturating_sub(AROUND);
    let shown = |range: std::ops::Range<usize>| {
        let part: String = query.chars().skip(range.start).take(range.len()).collect();
        clean(&part)
    };
    let before = shown(from..at);
    let lead = if from > 0 { "…" } else { "" };
    let caret = " ".repeat(before.width() + lead.width());
    format!("  {lead}{before}{}\n  {caret}^", shown(at..at + AROUND))
}

/// The settings in the order in which `sub show` prints them, with the defaults of the alerter. Others are only
/// printed if they are set.
const SETTINGS: [(&str, Option<&str>); 19] = [
    ("id", None),
    ("name", None),
    ("query", None),
    ("group_by", Some("event")),
    ("on", Some("new, material")),
    ("min_outlets", Some("1")),
    ("min_origins", Some("1")),
    ("group_wait", Some("30s")),
    ("update_interval", Some("5m")),
    ("repeat_interval", Some("never")),
    ("escalation", Some("none")),
    ("quiet_hours", Some("none")),
    ("time_zone", None),
    ("break_quiet", None),
    ("inhibited_by", None),
    ("max_per_day", Some("no limit")),
    ("digest", None),
    ("keep", None),
    ("deliveries", Some("stdout")),
];

/// A setting for people. `None` if it has no value.
fn describe_setting(setting: &Value) -> Option<String> {
    match setting {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) if parts.is_empty() => None,
        Value::Array(parts) => {
            Some(parts.iter().filter_map(describe_setting).collect::<Vec<_>>().join(", "))
        }
        Value::Object(hours) => {
            let [from, to, zone] = ["from", "to", "time_zone"].map(|it| hours.get(it)?.as_str());
            Some(format!("{} to {} {}", from?, to?, zone?))
        }
        other => Some(other.to_string()),
    }
}

/// The fields of a subscription. If it `waits`, the next `up` carries out the command.
fn fields(record: &SubscriptionRecord, waits: bool, time: &LocalTime) -> anyhow::Result<Columns> {
    let settings = serde_json::to_value(&record.subscription)?;
    let mut table = Columns::new(&["", ""]);
    let mut line = |name: &str, value: String| {
        table.push(vec![Cell::faint(name), Cell::new(value)]);
    };
    for (name, default) in SETTINGS {
        let value = describe_setting(&settings[name]).or_else(|| default.map(str::to_owned));
        value.into_iter().for_each(|value| line(name, value));
        if name == "query" {
            record.problem.iter().for_each(|problem| line("problem", problem.clone()));
            if waits {
                line("alerts", "from the next `wirefold up` on".to_owned());
            }
        }
    }
    if let Some(until) = record.muted_until {
        let is_for_ever = until == Timestamp::MAX;
        let until = if is_for_ever { "somebody unmutes it".to_owned() } else { time.minute(until) };
        line("muted until", until);
    }
    line("managed by", record.managed_by.clone().unwrap_or_else(|| "command".to_owned()));
    line("alerts", format!("{}, {} copies folded into them", record.alerts, record.copies_folded));
    Ok(table)
}

/// `harbour  notified · port (title)`, and the reasons below it.
fn in_lines(it: &ArticleAlert) -> String {
    let outcome = describe_outcome(it.outcome);
    let style = match it.outcome {
        ArticleOutcome::Notified => TOLD,
        ArticleOutcome::Problem => BAD,
        _ => Style::new(),
    };
    let found = match describe_match(it) {
        none if none.is_empty() => none,
        some => format!(" · {}", clean(&some)),
    };
    let id = it.subscription.as_str();
    format!("\n{id}  {style}{outcome}{style:#}{found}\n    {}\n", clean(&it.why))
}

fn describe_outcome(outcome: ArticleOutcome) -> &'static str {
    match outcome {
        ArticleOutcome::Notified => "notified",
        ArticleOutcome::Silent => "silent",
        ArticleOutcome::Held => "held",
        ArticleOutcome::Counted => "counted",
        ArticleOutcome::NoAlert => "no alert",
        ArticleOutcome::NoMatch => "no match",
        ArticleOutcome::Baseline => "baseline",
        ArticleOutcome::Problem => "problem",
    }
}

/// `port (title), strike (text); only in passing`.
fn describe_match(it: &ArticleAlert) -> String {
    let word = |found: &FoundWord| format!("{} ({})", found.word, found.place);
    let words: Vec<String> = it.found.iter().map(word).collect();
    let passing = if it.in_passing { "; only in passing" } else { "" };
    format!("{}{passing}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_proto::decode;

    #[test]
    fn a_muted_subscription_is_told() {
        let sample = include_bytes!("../../../../../proto/samples/wirefold.subscription.2.json");
        let mut record: SubscriptionRecord = decode(sample).unwrap();
        let mut shown = |until: Option<Timestamp>| {
            record.muted_until = until;
            let now = "2026-03-01T12:00:00Z".parse().unwrap();
            let table = table(std::slice::from_ref(&record), now).render_plain();
            anstream::adapter::strip_str(&table).to_string()
        };
        assert!(shown(Some(Timestamp::MAX)).contains(" (muted)"));
        assert!(shown(Some("2026-03-01T13:00:00Z".parse().unwrap())).contains(" (muted until "));
        assert!(!shown(Some("2026-03-01T11:00:00Z".parse().unwrap())).contains("muted"));
        assert!(!shown(None).contains("muted"));
    }

    #[test]
    fn the_caret_is_under_the_column() {
        assert_eq!(point("port AND", 9), "  port AND\n          ^");
        assert_eq!(point("泽连 )", 4), "  泽连 )\n       ^");
        let long = format!("{} )", "word ".repeat(100));
        let pointed = point(&long, 502);
        let lines: Vec<&str> = pointed.lines().collect();
        assert_eq!(
            lines[0].chars().position(|c| c == ')'),
            lines[1].chars().position(|c| c == '^')
        );
    }

    #[test]
    fn a_query_that_cannot_be_parsed_is_wrong_usage() {
        let error = check_query("port AND").unwrap_err();
        assert_eq!(crate::client::exit_of(&error), Exit::Usage);
        let message = error.to_string();
        assert!(message.contains("\n          ^\ncolumn 9: expected"), "{message}");
        assert!(check_query("port OR harbour").is_ok());
    }

    #[test]
    fn defaults_are_told() {
        let sample = include_bytes!("../../../../../proto/samples/wirefold.subscription.2.json");
        let mut record: SubscriptionRecord = decode(sample).unwrap();
        record.subscription.on.clear();
        record.subscription.group_wait = None;
        record.subscription.repeat_interval = None;
        record.muted_until = Some(Timestamp::MAX);
        record.managed_by = Some("wirefold.toml:14".to_owned());
        let time = LocalTime::fixed("2026-03-01T12:00:00Z".parse().unwrap());
        let shown =
            anstream::adapter::strip_str(&fields(&record, true, &time).unwrap().render_plain())
                .to_string();
        let line = |name: &str| {
            let line = shown.lines().find(|line| line.starts_with(name)).unwrap_or(&shown);
            line[name.len()..].trim().to_owned()
        };
        assert_eq!(line("on "), "new, material");
        assert_eq!(line("on "), SubscriptionSettings::DEFAULT_ON.join(", "));
        assert_eq!(line("group_wait"), "30s");
        assert_eq!(line("repeat_interval"), "never");
        assert_eq!(line("muted until"), "somebody unmutes it");
        assert_eq!(line("managed by"), "wirefold.toml:14");
        assert_eq!(line("alerts"), "from the next `wirefold up` on");
    }
}
