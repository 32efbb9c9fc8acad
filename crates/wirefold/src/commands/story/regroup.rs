//! Manual overrides of stories: `story split`, `merge`, `prefer`, `not-the-same`. Each waits for its outcome.

use serde::Deserialize;
use serde_json::{Value, json};
use wirefold_gateway::shapes::{Accepted, Decided};
use wirefold_proto::{Command, EventAfter, StoryAfter, StoryChange};

use crate::client::{Client, ClientError, escaped};
use crate::commands::words::short;
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::output::{self, clean, count};

/// A request for a manual override, and its path.
pub(super) struct OverrideRequest {
    /// Its name in error messages.
    name: &'static str,
    path: String,
    body: Value,
}

/// The answer of the API.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Decided(Box<Decided>),
    Accepted(Box<Accepted>),
}

pub(super) fn split(story: &str, articles: &[String]) -> OverrideRequest {
    let path = format!("/api/v1/stories/{}/split", escaped(story));
    OverrideRequest { name: "`story split`", path, body: json!({"articles": articles}) }
}

/// Merges two stories, or two events if both ids are those of events.
pub(super) fn merge(into: &str, from: &str) -> anyhow::Result<OverrideRequest> {
    let is_event = |id: &str| id.starts_with("e-");
    let what = match (is_event(into), is_event(from)) {
        (true, true) => "events",
        (false, false) => "stories",
        _ => {
            let what = "a story and an event cannot be merged: give two stories or two events";
            return Err(Stop::new(Exit::Usage, what).into());
        }
    };
    let path = format!("/api/v1/{what}/{}/merge", escaped(into));
    Ok(OverrideRequest { name: "`story merge`", path, body: json!({"from": from}) })
}

pub(super) fn prefer(story: &str, outlet: &str) -> OverrideRequest {
    let path = format!("/api/v1/stories/{}/prefer", escaped(story));
    OverrideRequest { name: "`story prefer`", path, body: json!({"outlet": outlet}) }
}

pub(super) fn not_the_same(one: &str, other: &str) -> OverrideRequest {
    let path = format!("/api/v1/articles/{}/not-the-same", escaped(one));
    OverrideRequest { name: "`story not-the-same`", path, body: json!({"other": other}) }
}

impl OverrideRequest {
    /// Sends it to the running pipeline and prints the outcome.
    pub(super) async fn send(
        &self,
        client: &Client,
        json: bool,
        global: &Global,
    ) -> anyhow::Result<Exit> {
        client.must_run(self.name)?;
        let answered: Result<Answer, ClientError> = client.post(&self.path, &self.body).await;
        let decided = match answered.map_err(|error| error.see("wirefold story ls"))? {
            Answer::Decided(decided) => decided,
            Answer::Accepted(accepted) => return Err(not_decided(&accepted).into()),
        };
        if json {
            output::print_json(&decided)?;
        } else {
            in_lines(&decided).iter().for_each(|line| global.note(format_args!("{line}")));
        }
        Ok(Exit::Ok)
    }
}

/// The error if the override is stored, but the detector has not decided about it yet.
fn not_decided(accepted: &Accepted) -> Stop {
    let what = format!(
        "stored as {}, but not decided on yet: the detector will do so when it runs (`wirefold check --ready`)",
        clean(&accepted.command.id)
    );
    Stop::new(Exit::Bus, what)
}

/// The changes, one on a line, and a line for each resulting story or event.
fn in_lines(decided: &Decided) -> Vec<String> {
    let mut lines: Vec<String> = decided.changes.iter().filter_map(change).collect();
    match &decided.command.command {
        Command::NotTheSame { one, other } => {
            let (one, other) = (short(&one.to_string()), short(&other.to_string()));
            lines.push(format!("{one} and {other} are never in one story from now on"));
        }
        Command::Prefer { .. } if lines.is_empty() => {
            lines.push("it leads the story already".to_owned());
        }
        _ => {}
    }
    lines.extend(decided.stories.iter().map(story));
    lines.extend(decided.events.iter().map(event));
    lines
}

fn change(change: &StoryChange) -> Option<String> {
    let short = |id: &dyn std::fmt::Display| short(&id.to_string());
    Some(match change {
        StoryChange::Split { from, into, articles }
        | StoryChange::Regrouped { from, into, articles, .. } => {
            let moved = count(articles.len(), "article", "articles");
            format!("{moved} left {} for {}", short(from), short(into))
        }
        StoryChange::Merged { from, into, .. } => {
            format!("{} is part of {} now", short(from), short(into))
        }
        StoryChange::Preferred { story, lead } | StoryChange::Lead { story, lead, .. } => {
            format!("{} leads {} now", short(lead), short(story))
        }
        StoryChange::Credited { .. } | StoryChange::Quiet { .. } => return None,
    })
}

fn story(after: &StoryAfter) -> String {
    let articles = count(after.state.articles as usize, "article", "articles");
    let outlets = count(after.state.outlets as usize, "outlet", "outlets");
    format!("{}: {articles} at {outlets}", after.story)
}

fn event(after: &EventAfter) -> String {
    let state = &after.state;
    let stories = count(state.stories as usize, "story", "stories");
    let origins = count(state.origins as usize, "origin", "origins");
    let articles = count(state.articles as usize, "article", "articles");
    format!("{}: {stories}, {articles}, at most {origins}", after.event)
}
