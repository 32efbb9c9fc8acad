//! `wirefold sub add`.

use clap::{Args, ValueEnum};
use wirefold_gateway::shapes::{Accepted, SubscriptionList};
use wirefold_proto::{Digest, GroupBy, Interval, QuietHours, SubscriptionId, SubscriptionSettings};

use super::super::alert_test::not_there;
use super::{query, rehearse, subscriptions};
use crate::client::{Client, Need};
use crate::config::{Config, Instance, Loaded, Overrides, load_here};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::local_time;
use crate::output;

/// Arguments of `sub add`.
#[derive(Debug, Args)]
pub(super) struct AddArguments {
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
    #[arg(long, value_enum, value_name = "WHAT")]
    group_by: Option<Group>,
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
    /// The most loud messages a day.
    #[arg(long, value_name = "N")]
    max_per_day: Option<u32>,
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
    #[arg(long, value_enum, value_name = "HOW_OFTEN", conflicts_with = "repeat_interval")]
    digest: Option<HowOften>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// An event: several texts about one happening.
    Event,
    /// A story: one text and its copies.
    Story,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HowOften {
    /// At each full hour.
    Hourly,
    /// At eight each morning.
    Daily,
    /// At eight each Monday.
    Weekly,
}

/// The time zone of a digest. Quiet hours have their own.
fn zone_of_digest(wanted: &AddArguments) -> anyhow::Result<Option<String>> {
    match (&wanted.quiet_hours, wanted.digest, &wanted.time_zone) {
        (None, Some(_), zone) => Ok(Some(zone.clone().unwrap_or_else(local_time::zone))),
        (None, None, Some(_)) => {
            let what = "--time-zone belongs to --quiet-hours or --digest: give one of them too";
            Err(Stop::new(Exit::Usage, what.to_owned()).into())
        }
        _ => Ok(None),
    }
}

/// Reads `22:00-07:00`. The alerter checks the times.
fn quiet_hours(text: &str) -> Result<(String, String), &'static str> {
    let times = text.split_once('-').ok_or("expected two times such as 22:00-07:00")?;
    Ok((times.0.trim().to_owned(), times.1.trim().to_owned()))
}

/// Runs `sub add`.
pub(super) async fn run(
    instance: &Instance,
    wanted: &AddArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    query::check(&wanted.query)?;
    let settings = settings(wanted)?;
    let client = Client::connect(instance, Need::Nothing).await?;
    // A running `up` refuses them itself, with the settings that it has read.
    if !client.is_running() {
        let Loaded { config, .. } = load_here(instance, Overrides::default())?;
        for name in unknown_deliveries(&config, &settings) {
            global.note(format_args!(
                "note: {} sends nothing there: {}",
                settings.id,
                not_there(&config, name)
            ));
        }
    }
    add(&client, &settings, json, global).await
}

/// The requested deliveries that the settings do not have.
fn unknown_deliveries<'a>(config: &Config, wanted: &'a SubscriptionSettings) -> Vec<&'a str> {
    let is_known = |name: &&String| config.delivery.iter().any(|it| it.name == **name);
    wanted.deliveries.iter().filter(|name| !is_known(name)).map(String::as_str).collect()
}

async fn add(
    client: &Client,
    settings: &SubscriptionSettings,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let accepted: Accepted = client.post("/api/v1/subscriptions", settings).await?;
    if json {
        output::print_json(&accepted)?;
    } else {
        let id = &settings.id;
        let from = if client.is_running() { "article" } else { "`wirefold up`" };
        global.note(format_args!("{id} alerts from the next {from} on"));
        for other in inhibitors_not_there(client, settings).await {
            global.note(format_args!(
                "note: there is no subscription {other} yet: it silences {id} once you add it"
            ));
        }
        if settings.deliveries.is_empty() {
            global.note(format_args!(
                "`wirefold up` prints its alerts on its terminal; --to DELIVERY sends them elsewhere"
            ));
        }
        match rehearse::last_day(client, settings.clone()).await {
            Ok(Some(sent)) => global.note(format_args!("{}", sent.trim_end())),
            Ok(None) if settings.query.trim() == "*" => global.note(format_args!(
                "broad: `*` matches every article, and each event sends a message; add words, or \
                 --digest"
            )),
            Ok(None) => global.note(format_args!(
                "no article was read in the last 24 h: `wirefold sub test {id}` tries it later"
            )),
            // The subscription is added anyway.
            Err(error) => global.note(format_args!("note: not tried on the last 24 h: {error}")),
        }
    }
    Ok(Exit::Ok)
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
    let id = match &wanted.id {
        Some(id) => id.clone(),
        None => SubscriptionId::from_name(&wanted.name).ok_or_else(|| {
            let what = format!("no id can be made from {:?}: give --id", wanted.name);
            Stop::new(Exit::Usage, what)
        })?,
    };
    Ok(SubscriptionSettings {
        group_by: wanted.group_by.map(|group| match group {
            Group::Event => GroupBy::Event,
            Group::Story => GroupBy::Story,
        }),
        on: wanted.on.clone(),
        min_outlets: wanted.min_outlets,
        min_origins: wanted.min_origins,
        group_wait: wanted.group_wait,
        update_interval: wanted.update_interval,
        repeat_interval: wanted.repeat_interval,
        max_per_day: wanted.max_per_day,
        quiet_hours: wanted.quiet_hours.clone().map(|(from, to)| QuietHours {
            from,
            to,
            time_zone: wanted.time_zone.clone().unwrap_or_else(local_time::zone),
        }),
        time_zone: zone_of_digest(wanted)?,
        break_quiet: wanted.break_quiet.clone(),
        inhibited_by: wanted.inhibited_by.clone(),
        digest: wanted.digest.map(|digest| match digest {
            HowOften::Hourly => Digest::Hourly,
            HowOften::Daily => Digest::Daily,
            HowOften::Weekly => Digest::Weekly,
        }),
        deliveries: wanted.to.clone(),
        ..SubscriptionSettings::new(id, &wanted.name, &wanted.query)
    })
}
