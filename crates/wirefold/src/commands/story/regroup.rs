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

/// What is said, and where.
pub(super) struct Word {
    /// As an error names it.
    name: &'static str,
    path: String,
    body: Value,
}

/// What is answered.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Decided(Box<Decided>),
    Accepted(Box<Accepted>),
}

pub(super) fn split(story: &str, articles: &[String]) -> Word {
    let path = format!("/api/v1/stories/{}/split", escaped(story));
    Word { name: "`story split`", path, body: json!({"articles": articles}) }
}

/// Two stories, or two events where both begin so.
pub(super) fn merge(into: &str, from: &str) -> anyhow::Result<Word> {
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
    Ok(Word { name: "`story merge`", path, body: json!({"from": from}) })
}

pub(super) fn prefer(story: &str, outlet: &str) -> Word {
    let path = format!("/api/v1/stories/{}/prefer", escaped(story));
    Word { name: "`story prefer`", path, body: json!({"outlet": outlet}) }
}

pub(super) fn not_the_same(one: &str, other: &str) -> Word {
    let path = format!("/api/v1/articles/{}/not-the-same", escaped(one));
    Word { name: "`story not-the-same`", path, body: json!({"other": other}) }
}

impl Word {
    /// Gives it to the running pipeline, and says what came of it.
    pub(super) async fn give(
        &self,
        client: &Client,
        json: bool,
        global: &Global,
    ) -> anyhow::Result<Exit> {
        client.must_run(self.name)?;
        let answered: Result<Answer, ClientError> = client.post(&self.path, &self.body).await;
        let decided = match answered.map_err(|error| error.see("wirefold story ls"))? {
            Answer::Decided(decided) => decided,
            Answer::Accepted(accepted) => return Err(unheard(&accepted).into()),
        };
        if json {
            output::print_json(&decided)?;
        } else {
            said(&decided).iter().for_each(|line| global.note(format_args!("{line}")));
        }
        Ok(Exit::Ok)
    }
}

/// It is stored and stands, but nobody has decided on it.
fn unheard(accepted: &Accepted) -> Stop {
    let what = format!(
        "stored as {}, but not decided on yet: the detector will do so when it runs (`wirefold healthcheck`)",
        clean(&accepted.command.id)
    );
    Stop::new(Exit::Bus, what)
}

/// What was changed, a line for each change and one for how everything stands.
fn said(decided: &Decided) -> Vec<String> {
    let mut lines: Vec<String> = decided.changes.iter().filter_map(change).collect();
    match &decided.command.command {
        Command::NotTheSame { one, other } => {
            let (one, other) = (short(&one.to_string()), short(&other.to_string()));
            lines.push(format!("{one} and {other} are never in one story from now on"));
        }
        Command::Prefer { .. } if lines.is_empty() => {
            lines.push("it stands for the story already".to_owned());
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
            format!("{} stands for {} now", short(lead), short(story))
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
