//! `wirefold story`: what was folded and why, and manual overrides.

use std::collections::HashSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use axum::http::Method;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};
use wirefold_gateway::shapes::{
    Accepted, ArticleBrief, ArticleDetail, Decided, MovedStory, Story, StoryBrief, StoryPage,
};
use wirefold_proto::{
    Agency, Class, Command, Correction, EventAfter, EventId, Interval, StoryAfter, StoryChange,
    StoryId, Target, text_remarks,
};

use super::{PAGE, Session, page, words};
use crate::client::{Client, ClientError, ClientOptions, Need, block_on, escaped};
use crate::columns::{Cell, Columns};
use crate::commands::handover::beginning;
use crate::commands::words::short;
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::{self, clean, count};

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const COPY: Style = AnsiColor::Green.on_default();

/// Arguments of `story`.
#[derive(Debug, Args)]
pub(crate) struct StoryArguments {
    #[command(flatten)]
    options: ClientOptions,
    #[command(subcommand)]
    command: StoryCommand,
}

/// Which stories to list.
#[derive(Debug, Args)]
struct StoryFilter {
    /// How many at most.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: u32,
    /// Words of which an article has all; the last may be the beginning of one.
    #[arg(long, value_name = "WORDS")]
    query: Option<String>,
    /// An outlet of one of its articles, such as harbour.example.
    #[arg(long, value_name = "OUTLET")]
    outlet: Option<String>,
    /// The language of one of its articles, such as en or pt-br.
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<String>,
    /// Changed in this time, such as 30m, 6h or 2d.
    #[arg(long, value_name = "TIME")]
    since: Option<Interval>,
    /// The fewest outlets.
    #[arg(long, value_name = "N")]
    min_outlets: Option<u32>,
}

impl StoryFilter {
    /// The query part of the address.
    fn query(&self) -> String {
        let since = self.since.map(|span| LocalTime::system().ago(span).to_string());
        let filters = [
            ("q", self.query.clone()),
            ("outlet", self.outlet.clone()),
            ("language", self.lang.clone()),
            ("since", since),
            ("min_outlets", self.min_outlets.map(|least| least.to_string())),
        ];
        let filters = filters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        filters.map(|(name, value)| format!("&{name}={}", escaped(&value))).collect()
    }
}

#[derive(Debug, Subcommand)]
enum StoryCommand {
    /// List stories, the last changed first.
    #[command(after_help = "\
Examples:
  wirefold story ls
  wirefold story ls --query ferry --since 6h --min-outlets 3
  wirefold story ls --limit 5 --json")]
    Ls(StoryFilter),
    /// Show a story: its articles, the first outlet, and what each copied and changed.
    #[command(after_help = "\
Examples:
  wirefold story show s-4ktq2v
  wirefold story show a-9wbn3e                     the story of an article")]
    Show {
        /// Its id or that of one of its articles, or the beginning of one.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Print the event of a story as it was known at a moment, as one file: HTML, or JSON with --json.
    #[command(after_help = "\
The file has the texts, the evidence, and the alerts, notes and overrides until then. It says what is not of that moment.

Examples:
  wirefold story export e-4ktq2v > ferry.html
  wirefold story export s-4ktq2v --as-of 22:00 --json > ferry.json
  wirefold story export e-4ktq2v --as-of 2026-11-30T22:00:00Z > ferry.html")]
    Export {
        /// The id of an event, of a story or of an article, or the beginning of one.
        #[arg(value_name = "ID")]
        id: String,
        /// The moment: a time of day such as 22:00 (the last one, local time), a span such as 8h (ago), a day in UTC
        /// such as 2026-11-30, or a time such as 2026-11-30T22:00:00Z; by default now.
        #[arg(long, value_name = "TIME")]
        as_of: Option<String>,
    },
    /// Say that articles of a story are a text of their own.
    #[command(after_help = "\
They form their own story, and are never folded back. A later copy joins the story whose text it has.
The id of a story stays with its first article: if you split that one off, the others get a new id.

Example:
  wirefold story split s-4ktq2v a-9wbn3e a-77c0xd")]
    Split {
        /// The story, or the beginning of its id.
        #[arg(value_name = "STORY")]
        story: String,
        /// The articles, or the beginnings of their ids.
        #[arg(value_name = "ARTICLE", required = true)]
        articles: Vec<String>,
    },
    /// Say that two stories, or two events, are one.
    #[command(after_help = "\
The older id stays, whichever you name first. The other one leads to it. wirefold says how to take two events apart again.

Examples:
  wirefold story merge s-4ktq2v s-77c0xd
  wirefold story merge e-4ktq2v e-77c0xd           two events")]
    Merge {
        /// One of them, or the beginning of its id.
        #[arg(value_name = "INTO")]
        into: String,
        /// The other.
        #[arg(value_name = "FROM")]
        from: String,
    },
    /// Make an outlet's article the lead of a story.
    #[command(after_help = "\
wirefold takes the last article that the outlet has in the story now. Later ones do not replace it.

Example:
  wirefold story prefer s-4ktq2v harbour.example")]
    Prefer {
        /// The story, or the beginning of its id.
        #[arg(value_name = "STORY")]
        story: String,
        /// The outlet, as `story show` says it.
        #[arg(value_name = "OUTLET")]
        outlet: String,
    },
    /// Say that stories are about something else than their event: they become an event of their own, or part of another.
    #[command(after_help = "\
The event that they leave keeps its id. Alerts that were sent are corrected in place, without a message. wirefold says
how to take it back.

Examples:
  wirefold story move s-4ktq2v
  wirefold story move s-4ktq2v --into e-77c0xd")]
    Move {
        /// The stories, or the beginnings of their ids.
        #[arg(value_name = "STORY", required = true)]
        stories: Vec<String>,
        /// The event that they belong to, or the beginning of its id.
        #[arg(long, value_name = "EVENT")]
        into: Option<String>,
    },
    /// Say that two articles are not the same text: they are never in one story again.
    #[command(after_help = "\
If they are in one story now, the later one leaves it, with the articles that joined through it. If they are in
two stories of one event, the later story leaves the event.

Example:
  wirefold story not-the-same a-9wbn3e a-77c0xd")]
    NotTheSame {
        /// One of them, or the beginning of its id.
        #[arg(value_name = "ARTICLE")]
        one: String,
        /// The other.
        #[arg(value_name = "ARTICLE")]
        other: String,
    },
}

/// Runs a `story` command.
pub(crate) fn run(arguments: &StoryArguments, global: &Global) -> anyhow::Result<Exit> {
    block_on(async {
        let session = Session::open(&arguments.options, Need::Data, global).await?;
        match &arguments.command {
            StoryCommand::Ls(filters) => session.list_stories(filters).await,
            StoryCommand::Show { id } => {
                let time = LocalTime::system();
                session.show(&find(&session.client, id).await?, |it| Ok(describe(it, &time)?))
            }
            StoryCommand::Export { id, as_of } => session.export(id, as_of.as_deref()).await,
            StoryCommand::Split { story, articles } => {
                let path = format!("stories/{}/split", escaped(story));
                session.decide("`story split`", &path, &json!({"articles": articles})).await
            }
            StoryCommand::Merge { into, from } => {
                let is_event = |id: &str| id.starts_with("e-");
                let what = match (is_event(into), is_event(from)) {
                    (true, true) => "events",
                    (false, false) => "stories",
                    _ => stop!(
                        Usage,
                        "a story and an event cannot be merged: give two stories or two events"
                    ),
                };
                let path = format!("{what}/{}/merge", escaped(into));
                session.decide("`story merge`", &path, &json!({"from": from})).await
            }
            StoryCommand::Prefer { story, outlet } => {
                let path = format!("stories/{}/prefer", escaped(story));
                session.decide("`story prefer`", &path, &json!({"outlet": outlet})).await
            }
            StoryCommand::Move { stories, into } => {
                session.move_stories(stories, into.as_deref()).await
            }
            StoryCommand::NotTheSame { one, other } => {
                let path = format!("articles/{}/not-the-same", escaped(one));
                session.decide("`story not-the-same`", &path, &json!({"other": other})).await
            }
        }
    })
}

impl Session<'_> {
    async fn list_stories(&self, filters: &StoryFilter) -> anyhow::Result<Exit> {
        let query = filters.query();
        let mut known = HashSet::new();
        let rows = |page: StoryPage| {
            let mut fresh = page.stories;
            // A page may repeat a story that was found by a frequent word.
            fresh.retain(|story| known.insert(story.id));
            (fresh, page.next)
        };
        let stories = self.pages("/api/v1/stories", &query, filters.limit, rows).await?;
        let none = match (query.is_empty(), self.client.is_running()) {
            (false, _) => "no story matches: `wirefold story ls` lists all",
            (_, true) => {
                "no stories yet: the next poll of the feeds brings the first (`wirefold feed ls`)"
            }
            _ => "no stories yet: run `wirefold up`",
        };
        self.list("wirefold.cli.story/1", &stories, none, table)
    }

    /// Prints an event as it was known at a moment.
    async fn export(&self, id: &str, as_of: Option<&str>) -> anyhow::Result<Exit> {
        let event = match id.starts_with("e-") {
            true => id.to_owned(),
            false => find(&self.client, id).await?.story.event.to_string(),
        };
        let as_of = as_of.map(|given| beginning(given, &LocalTime::system()));
        let query = as_of.map(|time| format!("?as_of={}", escaped(&time))).unwrap_or_default();
        let address = format!("events/{}/export{query}", escaped(&event));
        let address = if self.json { format!("/api/v1/{address}") } else { format!("/{address}") };
        let file = self.client.bytes(Method::GET, &address, None).await;
        output::print(&file.map_err(|error| error.see("wirefold story ls"))?)
    }

    /// Takes stories out of their event, and joins them with another one if that is named.
    async fn move_stories(&self, stories: &[String], into: Option<&str>) -> anyhow::Result<Exit> {
        self.client.must_run("`story move`")?;
        let Some((story, with)) = stories.split_first() else { return Ok(Exit::Ok) };
        let shown = page(&format!("/api/v1/stories/{}", escaped(story)), 1, None);
        let before: Story = self.client.get(&shown).await?;
        let wanted = MovedStory { into: into.map(str::to_owned), with: with.to_vec() };
        let path = format!("/api/v1/stories/{}/move", before.story.id);
        let answer = self.client.post(&path, &serde_json::to_value(wanted)?).await;
        let answer = answer.map_err(|error| error.see("wirefold story ls"))?;
        self.tell(answer, Some(before.story.event))
    }

    /// Sends a manual override to the running pipeline and prints the outcome.
    async fn decide(&self, name: &'static str, path: &str, body: &Value) -> anyhow::Result<Exit> {
        self.client.must_run(name)?;
        let answer = self.client.post(&format!("/api/v1/{path}"), body).await;
        self.tell(answer.map_err(|error| error.see("wirefold story ls"))?, None)
    }

    /// Prints the outcome of an override, and how to take it back. Its stories may have left an event.
    fn tell(&self, answer: Answer, left: Option<EventId>) -> anyhow::Result<Exit> {
        match answer {
            Answer::Decided(decided) => {
                let exit = self.answer(&decided, in_lines(&decided).join("\n"))?;
                if let Some(undo) = undo(&decided, left) {
                    self.note(format_args!("undo: wirefold story {undo}"));
                }
                Ok(exit)
            }
            Answer::Accepted(accepted) => stop!(
                Bus,
                "stored as {}, but not decided on yet: the detector will do so when it runs (`wirefold check --ready`)",
                clean(&accepted.command.id)
            ),
        }
    }
}

fn table(stories: &[StoryBrief]) -> Columns {
    let time = LocalTime::system();
    let mut table = Columns::new(&["id", "changed", "articles", "outlets", "agency", "title"]);
    for story in stories {
        let agency = story.agency.as_ref().map(|agency| agency.name.as_str());
        let articles = match story.copies {
            0 => story.articles.to_string(),
            copies => format!("{} ({copies} folded)", story.articles),
        };
        table.push(vec![
            Cell::new(short(story.id)),
            Cell::faint(time.relative(story.changed)),
            Cell::new(articles),
            Cell::new(story.outlets.to_string()),
            Cell::new(agency.unwrap_or_default()),
            Cell::styled(&story.title, STRONG),
        ]);
    }
    table
}

/// A story with its articles.
fn describe(story: &Story, time: &LocalTime) -> Result<String, std::fmt::Error> {
    let brief = &story.story;
    let mut out = String::new();
    writeln!(out, "{STRONG}{}{STRONG:#}", clean(&brief.title))?;
    let mut about = vec![
        count(brief.articles, "article", "articles"),
        count(brief.outlets, "outlet", "outlets"),
        count(brief.copies, "copy folded", "copies folded"),
    ];
    about.extend((brief.versions > 0).then(|| count(brief.versions, "version", "versions")));
    about.extend(brief.agency.as_ref().map(Agency::describe));
    writeln!(out, "{FAINT}{} · event {}{FAINT:#}", brief.id, brief.event)?;
    writeln!(out, "{}", clean(&about.join(" · ")))?;
    if let Some(first) = story.articles.first() {
        let by = clean(&first.outlet_label());
        writeln!(out, "first seen {} at {by}", time.minute(brief.first_seen))?;
    }
    for article in &story.articles {
        out.push('\n');
        write_article(&mut out, article, &story.articles, time)?;
    }
    Ok(out)
}

fn write_article(
    out: &mut String,
    article: &ArticleBrief,
    all: &[ArticleBrief],
    time: &LocalTime,
) -> std::fmt::Result {
    // If an article was split off by hand, its verdict still says copy; as the first of its own story it
    // is not.
    let is_first = StoryId::from(article.id) == article.story;
    let is_folded = matches!(article.class, Class::Copy | Class::Version) && !is_first;
    let (indent, mark) = if is_folded { ("  ", "↳ ") } else { ("", "") };
    let (outlet, title) = (clean(&article.outlet_label()), clean(&article.title));
    writeln!(
        out,
        "{indent}{mark}{COPY}{outlet}{COPY:#}  {title}  {FAINT}{}{FAINT:#}",
        short(article.id)
    )?;
    let mut remarks = vec![article.class.describe(article.kind).to_owned()];
    remarks.extend(words::contained(article, all).filter(|_| is_folded));
    remarks.extend(article.agency.as_ref().map(Agency::describe));
    remarks.extend(article.correction.as_ref().map(Correction::describe));
    let of_text = text_remarks(article.comparable, article.paywalled);
    remarks.extend(of_text.into_iter().map(str::to_owned));
    let remarks = clean(&remarks.join(" · "));
    writeln!(out, "{indent}  {FAINT}{} · {remarks}{FAINT:#}", time.minute(article.seen))?;
    if let Some(url) = &article.url {
        writeln!(out, "{indent}  {FAINT}{}{FAINT:#}", clean(url))?;
    }
    Ok(())
}

/// The story with this id, or else the story of the article with this id.
async fn find(client: &Client, id: &str) -> anyhow::Result<Story> {
    if !id.starts_with("a-") {
        match whole(client, id).await {
            Err(ClientError::Refused(problem)) if problem.status == 404 => {}
            answer => return Ok(answer?),
        }
    }
    let article = client.get::<ArticleDetail>(&format!("/api/v1/articles/{}", escaped(id))).await;
    match article {
        Ok(article) => Ok(whole(client, &article.story.to_string()).await?),
        Err(ClientError::Refused(problem)) if problem.status == 404 => {
            let id = clean(id);
            stop!(
                NotFound,
                "no story or article {id:?}: `wirefold story ls` lists stories, and `story show` \
                 their articles"
            )
        }
        Err(error) => Err(error.into()),
    }
}

/// The story with all its articles, page after page.
async fn whole(client: &Client, id: &str) -> Result<Story, ClientError> {
    let path = format!("/api/v1/stories/{}", escaped(id));
    let mut story: Story = client.get(&page(&path, PAGE, None)).await?;
    while let Some(next) = story.next.take() {
        let more: Story = client.get(&page(&path, PAGE, Some(&next))).await?;
        story.articles.extend(more.articles);
        story.next = more.next;
    }
    Ok(story)
}

/// The answer of the API.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Decided(Box<Decided>),
    Accepted(Box<Accepted>),
}

/// The changes, one on a line, and a line for each resulting story or event.
fn in_lines(decided: &Decided) -> Vec<String> {
    let mut lines: Vec<String> = decided.changes.iter().filter_map(words::story_change).collect();
    match &decided.command.command {
        Command::NotTheSame { one, other } => {
            let (one, other) = (short(one), short(other));
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

/// The command that takes an override back, for those that one command can.
fn undo(decided: &Decided, left: Option<EventId>) -> Option<String> {
    // A merge would say the opposite of the two articles, not take this back.
    if matches!(decided.command.command, Command::NotTheSame { .. }) {
        return None;
    }
    if let [StoryChange::Split { from, into, .. }, ..] = decided.changes[..] {
        return Some(format!("merge {from} {into}"));
    }
    match (&decided.command.command, &decided.events[..]) {
        (Command::Merge { into: Target::Event(_), .. }, [joined])
            if !decided.stories.is_empty() =>
        {
            let stories = decided.stories.iter().map(|it| it.story.to_string());
            let stories = stories.collect::<Vec<_>>().join(" ");
            // An event that moved as a whole is no more, or has the other's stories.
            let is_gone = |event: EventId| matches!(decided.changes[..], [StoryChange::Merged { from, .. }] if from == Target::Event(event));
            let left = left.filter(|left| *left != joined.event && !is_gone(*left));
            let back = left.map(|left| format!(" --into {left}"));
            Some(format!("move {stories}{}", back.unwrap_or_default()))
        }
        (Command::Move { .. }, [one, other]) => {
            Some(format!("merge {} {}", one.event, other.event))
        }
        _ => None,
    }
}

fn story(after: &StoryAfter) -> String {
    let articles = count(after.state.articles, "article", "articles");
    let outlets = count(after.state.outlets, "outlet", "outlets");
    format!("{}: {articles} at {outlets}", after.story)
}

fn event(after: &EventAfter) -> String {
    let state = &after.state;
    let stories = count(state.stories, "story", "stories");
    let texts = count(state.origins, "text", "texts");
    let articles = count(state.articles, "article", "articles");
    format!("{}: {stories}, {articles}, {texts} found", after.event)
}
