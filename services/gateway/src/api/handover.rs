//! `handover`: the alerts and commands since a time, for the next shift.

use axum::Json;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use wirefold_envelope::timestamp;
use wirefold_flow::Stored;
use wirefold_proto::{Command, ControlCommand, EventId, StoryId, Tag, Target, decode, streams};

use crate::AppState;
use crate::api::request::Query;
use crate::api::{Answer, Api, ApiResult};
use crate::projection::{Moment, Paging, StoryQuery};
use crate::shapes::{AlertRow, CommandRow, Handover};

/// The usual length of a shift.
const HOURS: i64 = 8;
/// The most alerts, and the most commands.
const MOST: usize = if cfg!(test) { 3 } else { 1_000 };
/// Commands or alerts in one read.
const AT_ONCE: usize = if cfg!(test) { 2 } else { 200 };

/// The query of a hand-over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandoverQuery {
    /// The beginning; absent: eight hours ago.
    since: Option<Moment>,
}

pub(super) async fn get(
    api: Api,
    Query(HandoverQuery { since }): Query<HandoverQuery>,
) -> Answer<Handover> {
    read(&api.app, since).await.map(Json)
}

/// Reads the hand-over since a moment, by default since eight hours ago.
pub(crate) async fn read(app: &AppState, since: Option<Moment>) -> ApiResult<Handover> {
    let until = app.now();
    let since = since.unwrap_or_else(|| Moment::hours_before(until, HOURS));
    let (alerts, has_more_alerts) = alerts_since(app, since).await?;
    let since = since.timestamp();
    let (commands, has_more_commands) = commands(app, since, |_, _| true).await?;
    let has_notified = |row: &AlertRow| row.revisions.iter().any(|it| it.notified());
    let was_held = |row: &AlertRow| row.revisions.iter().any(|it| it.held);
    let is_held =
        |row: &&AlertRow| row.alert.held.is_some() || (was_held(row) && !has_notified(row));
    let held = alerts.iter().filter(is_held).cloned().collect();
    let notified = alerts.into_iter().filter(has_notified).collect();
    let has_more = has_more_alerts || has_more_commands;
    Ok(Handover { schema: Tag::new(), since, until, notified, held, commands, has_more })
}

/// The newest alerts that changed since a moment, each with its revisions since then, and whether there are more.
async fn alerts_since(app: &AppState, since: Moment) -> ApiResult<(Vec<AlertRow>, bool)> {
    let mut alerts: Vec<AlertRow> = Vec::new();
    let mut cursor = None;
    loop {
        let query = StoryQuery { since: Some(since), ..StoryQuery::default() };
        let paging = Paging::new(Some(AT_ONCE.min(MOST - alerts.len())), cursor);
        let mut page = app.projection.alerts(paging, query).await?;
        app.show_handled(&mut page).await?;
        for row in &mut page.alerts {
            row.revisions.retain(|revision| revision.at >= since.timestamp());
        }
        alerts.append(&mut page.alerts);
        cursor = page.next.and_then(|next| next.parse().ok());
        if cursor.is_none() || alerts.len() >= MOST {
            return Ok((alerts, cursor.is_some()));
        }
    }
}

/// The newest commands since a time that are wanted, the last first, and whether there are more. Those about feeds are
/// left out. The others come with the event or story that they are about.
pub(super) async fn commands(
    app: &AppState,
    since: Timestamp,
    is_wanted: impl Fn(&ControlCommand, Option<Target>) -> bool,
) -> ApiResult<(Vec<CommandRow>, bool)> {
    let (commands, has_more) = newest(app, since, is_wanted).await?;
    let mut rows = Vec::with_capacity(commands.len());
    for command in commands {
        rows.push(describe(app, command).await?);
    }
    Ok((rows, has_more))
}

/// The same as they are stored, with their words.
pub(crate) async fn newest(
    app: &AppState,
    since: Timestamp,
    is_wanted: impl Fn(&ControlCommand, Option<Target>) -> bool,
) -> ApiResult<(Vec<(ControlCommand, Worded)>, bool)> {
    let stream = streams::CONTROL.name;
    let state = app.bus.stream_state(stream).await?;
    let mut sequences: Vec<u64> = (state.first..=state.last).collect();
    let mut commands = Vec::new();
    while !sequences.is_empty() {
        let some = sequences.split_off(sequences.len().saturating_sub(AT_ONCE));
        let stored = app.stored_each(stream, &some).await?;
        let recent = |it: &&Stored| timestamp(it.at) >= since;
        let newest_first = || stored.iter().rev().flatten();
        for message in newest_first().filter(recent) {
            // Commands of later versions are skipped.
            let Ok(command) = decode::<ControlCommand>(&message.body) else { continue };
            if let Some(worded) = words(&command).filter(|(_, about)| is_wanted(&command, *about)) {
                commands.push((command, worded));
            }
        }
        if commands.len() > MOST || newest_first().any(|it| !recent(&it)) {
            break;
        }
    }
    let has_more = commands.len() > MOST;
    commands.truncate(MOST);
    Ok((commands, has_more))
}

async fn describe(
    app: &AppState,
    (command, (words, target)): (ControlCommand, Worded),
) -> ApiResult<CommandRow> {
    let title = match target {
        Some(Target::Story(story)) => {
            let known = app.resolve_id::<StoryId>(&story.to_string()).await;
            let story = app.projection.story_brief(known.unwrap_or(story)).await?;
            story.map(|story| story.title)
        }
        Some(Target::Event(event)) => {
            let known = app.resolve_id::<EventId>(&event.to_string()).await;
            let event = app.projection.event(known.unwrap_or(event), Paging::first(1)).await?;
            event.map(|event| event.event.title)
        }
        None => None,
    };
    let until = match command.command {
        Command::SubscriptionMute { until, .. } | Command::AlertMute { until, .. } => until,
        _ => None,
    };
    let until = until.filter(|until| *until > command.at);
    let outcome = app.projection.command(command.id.clone()).await?.map(|done| done.outcome);
    Ok(CommandRow { command, words, until, target, title, outcome })
}

/// The request in a command, and its event or story.
pub(crate) type Worded = (String, Option<Target>);

/// A command in words; `None` if it is about a feed.
fn words(given: &ControlCommand) -> Option<Worded> {
    let unmutes = |until: &Option<Timestamp>| until.is_some_and(|until| until <= given.at);
    let sort = |of: &Target| if matches!(of, Target::Event(_)) { "event" } else { "story" };
    let about = match &given.command {
        Command::Split { story, .. }
        | Command::Prefer { story, .. }
        | Command::Move { story, .. } => Some(Target::Story(*story)),
        Command::Merge { into, .. } => Some(*into),
        Command::AlertMute { alert, .. } => Some(alert.target),
        Command::AlertAcknowledge { of, .. } => Some(*of),
        _ => None,
    };
    let words = match &given.command {
        Command::Split { articles, .. } => match articles.len() {
            1 => "Take an article out of the story".to_owned(),
            many => format!("Take {many} articles out of the story"),
        },
        Command::Merge { into, .. } => format!("Merge another {} into this one", sort(into)),
        Command::Prefer { outlet, .. } => format!("Let the article of {outlet} lead the story"),
        Command::Move { .. } => "Take the story out of its event".to_owned(),
        Command::NotTheSame { one, other } => {
            format!("Say that {one} and {other} are not one text")
        }
        Command::SubscriptionPut { subscription } => {
            format!("Save the subscription {}", subscription.name)
        }
        Command::SubscriptionRemove { subscription } => {
            format!("Remove the subscription {subscription}")
        }
        Command::SubscriptionMute { subscription, until } => {
            let verb = if unmutes(until) { "Unmute" } else { "Mute" };
            format!("{verb} the subscription {subscription}")
        }
        Command::AlertMute { alert, until, except_corrections } => {
            let verb = match (unmutes(until), except_corrections) {
                (true, _) => "Unmute the alert",
                (false, true) => "Mute the alert except corrections",
                (false, false) => "Mute the alert",
            };
            format!("{verb} of {}", alert.subscription)
        }
        Command::AlertAcknowledge { of, note, release } => {
            let verb = if *release { "Release" } else { "Acknowledge" };
            let note = note.as_ref().map(|note| format!(" with the note “{note}”"));
            format!("{verb} the {}{}", sort(of), note.unwrap_or_default())
        }
        Command::FeedAdd { .. }
        | Command::FeedChange { .. }
        | Command::FeedRemove { .. }
        | Command::FeedPoll { .. } => return None,
    };
    Some((words, about))
}
