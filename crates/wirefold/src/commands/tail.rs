//! `wirefold tail`: follows the output, one line for each article.

use std::io::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value};
use wirefold_flow::{Clock, SystemClock};
use wirefold_gateway::shapes::Status;
use wirefold_proto::{
    Alert, Class, Command, CommandOutcome, OutputArticle, OutputCommand, OutputForgotten,
    StoryChange, Volume, decode,
};
use wirefold_query::{Document, Numbers, Prepared, Query};

use super::words;
use crate::article_lines::ArticleLines;
use crate::client::{Client, ClientError, ClientOptions, ServerEvent, block_on};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::{self, clean};

const FAINT: Style = Style::new().dimmed();
const COPY: Style = AnsiColor::Green.on_default();
const LOUD: Style = AnsiColor::Yellow.on_default().bold();

/// Arguments of `tail`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold tail
  wirefold tail --outlet harbour.example --query 'strike OR dock'
  wirefold tail --after 0 --json | jq .verdict.class

It continues without a gap when wirefold restarts. Ctrl-C ends it.")]
pub(crate) struct TailArguments {
    #[command(flatten)]
    options: ClientOptions,
    /// Begin after this sequence of the output stream; by default with the last ten messages.
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// Only articles of this outlet; repeatable. Changes to stories are left out.
    #[arg(long, value_name = "OUTLET")]
    outlet: Vec<String>,
    /// Only articles in this language, such as en; repeatable.
    #[arg(long, value_name = "LANGUAGE")]
    lang: Vec<String>,
    /// Only articles of events with at least this many outlets.
    #[arg(long, value_name = "N", default_value_t = 0)]
    min_outlets: u32,
    /// Only articles that match this query by their title and teaser.
    #[arg(long, value_name = "QUERY")]
    query: Option<String>,
}

/// The number of earlier messages that are shown.
const SHOWN_BEFORE: u64 = 10;
/// The pause before a new attempt to connect.
const WAIT: Duration = Duration::from_secs(1);

/// Follows the output until interrupted.
pub(crate) fn run(arguments: &TailArguments, global: &Global) -> anyhow::Result<Exit> {
    block_on(async {
        let client = arguments.options.client().await?;
        client.must_run("tail")?;
        let after = match arguments.after {
            Some(after) => after,
            None => {
                let status: Status = client.get("/api/v1/status").await?;
                status.sequence.saturating_sub(SHOWN_BEFORE)
            }
        };
        let query = arguments.query.as_deref().map(Query::parse).transpose();
        let query = query.map_err(|why| Stop::new(Exit::Usage, format!("--query: {why}")))?;
        let tail = Tail { lines: Lines::new(LocalTime::system()), wanted: arguments, query };
        tokio::select! {
            followed = follow(&client, after, tail, global) => followed,
            () = output::reader_gone() => Ok(Exit::Ok),
        }
    })
}

async fn follow(
    client: &Client,
    mut after: u64,
    mut tail: Tail<'_>,
    global: &Global,
) -> anyhow::Result<Exit> {
    let mut is_first = true;
    loop {
        match client.events(&format!("/api/v1/stream?after={after}")).await {
            Ok(mut events) => {
                while let Some(event) = events.next().await {
                    tail.print(&event)?;
                    after = event.id.unwrap_or(after);
                }
                global.note("note: the connection ended, trying again");
            }
            Err(error @ (ClientError::Refused(_) | ClientError::Garbled { .. })) => {
                return Err(error.into());
            }
            Err(error) if is_first => return Err(error.into()),
            Err(_) => {}
        }
        is_first = false;
        SystemClock.sleep_until(SystemClock.now().plus(WAIT)).await;
    }
}

struct Tail<'a> {
    lines: Lines,
    wanted: &'a TailArguments,
    query: Option<Query>,
}

impl Tail<'_> {
    /// Whether everything is shown.
    fn is_all(&self) -> bool {
        let TailArguments { outlet, lang, min_outlets, query, .. } = self.wanted;
        outlet.is_empty() && lang.is_empty() && *min_outlets < 2 && query.is_none()
    }

    /// Whether a message is shown. If only some articles are wanted, other messages are not shown.
    fn shows(&self, event: &ServerEvent) -> bool {
        match event.name.as_str() {
            _ if self.is_all() => true,
            "article" => decode(event.data.as_bytes()).is_ok_and(|article| self.has(&article)),
            name => !matches!(name, "forgotten" | "command" | "alert"),
        }
    }

    fn has(&self, output: &OutputArticle) -> bool {
        let about = &output.article;
        let language = output.findings.language.as_ref().map_or("", |found| found.tag.as_str());
        let is_of = |wanted: &String| {
            let more = language.strip_prefix(wanted.as_str());
            more.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let document = || {
            Prepared::new(&Document {
                title: &about.title,
                text: about.teaser.as_deref().unwrap_or_default(),
                outlet: about.outlet.as_str(),
                language,
                ..Document::default()
            })
        };
        let matches = |query: &Query| query.matches(&document(), &Numbers::default()).is_some();
        let TailArguments { outlet, lang, min_outlets, .. } = self.wanted;
        (outlet.is_empty() || outlet.iter().any(|it| *it == about.outlet.as_str()))
            && (lang.is_empty() || lang.iter().any(is_of))
            && output.event_state.outlets >= *min_outlets
            && self.query.as_ref().is_none_or(matches)
    }

    fn print(&mut self, event: &ServerEvent) -> anyhow::Result<()> {
        if !self.shows(event) {
            return Ok(());
        }
        if self.wanted.options.json {
            return print_json(event);
        }
        if let Some(line) = self.lines.line(event) {
            output::print_styled(&line)?;
            anstream::stdout().flush().context(output::STDOUT_FAILED)?;
        }
        Ok(())
    }
}

/// Prints the message unchanged on one line, with its sequence in the stream.
fn print_json(event: &ServerEvent) -> anyhow::Result<()> {
    let Ok(mut body) = serde_json::from_str::<Map<String, Value>>(&event.data) else {
        return Ok(());
    };
    if let Some(id) = event.id {
        body.insert("sequence".to_owned(), id.into());
    }
    output::print_json(&body)?;
    std::io::stdout().flush().context(output::STDOUT_FAILED)
}

/// Formats messages as lines.
struct Lines {
    time: LocalTime,
    articles: ArticleLines,
}

impl Lines {
    fn new(time: LocalTime) -> Lines {
        Lines { time, articles: ArticleLines::default() }
    }

    fn line(&mut self, event: &ServerEvent) -> Option<String> {
        let body = event.data.as_bytes();
        match event.name.as_str() {
            "article" => decode(body).ok().map(|article| self.article(&article)),
            "forgotten" => {
                decode(body).ok().map(|it: OutputForgotten| self.changes(it.at, &it.changes))
            }
            "command" => decode(body).ok().map(|command| self.command(&command)),
            "alert" => decode(body).ok().map(|alert| self.alert(&alert)),
            "reset" => Some(format!(
                "{FAINT}· the stream begins again: only new messages follow{FAINT:#}\n"
            )),
            "gap" => Some(format!("{FAINT}· earlier messages have expired{FAINT:#}\n")),
            _ => None,
        }
    }

    fn article(&mut self, article: &OutputArticle) -> String {
        let at = self.time.clock(article.article.seen);
        let line = self.articles.line(article, output::width().saturating_sub(at.len() + 2));
        let style = if article.verdict.class == Class::Copy { COPY } else { Style::new() };
        let changes = self.changes(article.article.seen, &article.changes);
        format!("{FAINT}{at}{FAINT:#}  {style}{line}{style:#}\n{changes}")
    }

    fn changes(&self, at: Timestamp, changes: &[StoryChange]) -> String {
        let at = self.time.clock(at);
        let words = changes.iter().filter_map(words::story_change);
        words.map(|what| format!("{FAINT}{at}    · {what}{FAINT:#}\n")).collect()
    }

    /// The changes that a command caused, and its outcome as far as they do not say it.
    fn command(&self, told: &OutputCommand) -> String {
        let changes = self.changes(told.command.at, &told.changes);
        let what = match (&told.outcome, &told.command.command) {
            (CommandOutcome::Refused { reason }, _) => {
                format!("not done as {} said: {}", clean(&told.command.by), clean(reason))
            }
            (CommandOutcome::Applied, Command::NotTheSame { one, other }) => {
                let (one, other) = (words::short(one), words::short(other));
                format!("{one} and {other} are marked as not the same")
            }
            (CommandOutcome::Applied, _) => return changes,
        };
        let at = self.time.clock(told.command.at);
        format!("{changes}{FAINT}{at}    · {what}{FAINT:#}\n")
    }

    fn alert(&self, alert: &Alert) -> String {
        let at = self.time.clock(alert.at);
        let reasons: Vec<&str> = alert.reasons.iter().map(|it| it.words.as_str()).collect();
        let mark = match alert.volume {
            Volume::Loud => "ALERT",
            Volume::Silent => "alert",
        };
        let style = if alert.volume == Volume::Loud { LOUD } else { FAINT };
        format!(
            "{FAINT}{at}{FAINT:#}  {style}{mark}{style:#} {}: {}  {FAINT}{}{FAINT:#}\n",
            clean(alert.subscription.as_str()),
            clean(&alert.headline.title),
            clean(&reasons.join(", "))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        Lines::new(LocalTime::fixed("2026-03-01T12:00:00Z".parse().unwrap()))
    }

    fn plain(line: &str) -> String {
        anstream::adapter::strip_str(line).to_string()
    }

    fn event(name: &str, body: &Value) -> ServerEvent {
        ServerEvent { id: Some(1), name: name.to_owned(), data: body.to_string() }
    }

    #[test]
    fn a_command_is_shown_by_its_changes_or_its_outcome() {
        let refused =
            include_str!("../../../../proto/samples/wirefold.output.command.3.refused.json");
        let applied = include_str!("../../../../proto/samples/wirefold.output.command.3.json");
        let [refused, applied] =
            [refused, applied].map(|sample| event("command", &sample.parse().unwrap()));
        let line = plain(&lines().line(&refused).unwrap());
        assert!(line.contains("· not done as desk said: no such story in the window"), "{line}");
        let change = plain(&lines().line(&applied).unwrap());
        assert!(change.lines().count() == 1 && change.contains("left"), "{change}");
    }

    #[test]
    fn other_events_are_ignored() {
        let mut lines = lines();
        for name in ["article", "forgotten", "command", "alert", "", "other"] {
            assert_eq!(lines.line(&event(name, &Value::Null)), None);
        }
    }
}
