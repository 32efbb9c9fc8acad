//! `wirefold story`: what was folded, and why.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use clap::{Args, Subcommand};
use wirefold_gateway::shapes::{ArticleBrief, ArticleDetail, Story, StoryBrief, StoryPage};
use wirefold_proto::Class;

use super::{PAGE, page, print_line, words};
use crate::cli::Global;
use crate::client::{Asking, Client, ClientError, Need, block_on, escaped};
use crate::columns::{Cell, Columns};
use crate::exit::{Exit, Stop};
use crate::local_time::LocalTime;
use crate::output::{self, clean, count};

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const COPY: Style = AnsiColor::Green.on_default();

/// Arguments of `story`.
#[derive(Debug, Args)]
pub(crate) struct StoryArguments {
    #[command(flatten)]
    asking: Asking,
    #[command(subcommand)]
    command: StoryCommand,
}

#[derive(Debug, Subcommand)]
enum StoryCommand {
    /// List stories, the last changed first.
    #[command(after_help = "Examples:\n  wirefold story ls\n  wirefold story ls --limit 5 --json")]
    Ls {
        /// How many at most.
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: u32,
    },
    /// Show a story: its articles, who came first, what each copied and changed.
    #[command(after_help = "\
Examples:
  wirefold story show s-4ktq2v
  wirefold story show a-9wbn3e                     the story of an article")]
    Show {
        /// Its id or that of one of its articles, or the beginning of one.
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// Runs a `story` command.
pub(crate) fn run(arguments: &StoryArguments, global: &Global) -> anyhow::Result<Exit> {
    block_on(async {
        let client = Client::connect(&arguments.asking.place, Need::Data).await?;
        let view = View { json: arguments.asking.json, time: LocalTime::system() };
        match &arguments.command {
            StoryCommand::Ls { limit } => view.list(&client, *limit, global).await,
            StoryCommand::Show { id } => view.show(&client, id).await,
        }
    })
}

struct View {
    json: bool,
    time: LocalTime,
}

impl View {
    async fn list(&self, client: &Client, limit: u32, global: &Global) -> anyhow::Result<Exit> {
        let stories = stories(client, limit).await?;
        if self.json {
            stories.iter().try_for_each(|story| print_line("wirefold.cli.story/1", story))?;
            return Ok(Exit::Ok);
        }
        if stories.is_empty() {
            let next = if client.is_running() {
                "the first come with the next poll of the feeds (`wirefold feed ls`)"
            } else {
                "run `wirefold up`"
            };
            global.note(format_args!("no stories yet: {next}"));
            return Ok(Exit::Ok);
        }
        output::print_styled(&self.table(&stories).render())?;
        Ok(Exit::Ok)
    }

    fn table(&self, stories: &[StoryBrief]) -> Columns {
        let mut table = Columns::new(&["id", "changed", "articles", "outlets", "agency", "title"]);
        for story in stories {
            let agency = story.agency.as_ref().map(|agency| agency.name.as_str());
            let articles = match story.copies {
                0 => story.articles.to_string(),
                copies => format!("{} ({copies} folded)", story.articles),
            };
            table.push(vec![
                Cell::new(words::short(&story.id.to_string())),
                Cell::faint(self.time.relative(story.changed)),
                Cell::new(articles),
                Cell::new(story.outlets.to_string()),
                Cell::new(agency.unwrap_or_default()),
                Cell::styled(&story.title, STRONG),
            ]);
        }
        table
    }

    async fn show(&self, client: &Client, id: &str) -> anyhow::Result<Exit> {
        let story = find(client, id).await?;
        if self.json {
            output::print_json(&story)?;
        } else {
            output::print_styled(&self.story(&story)?)?;
        }
        Ok(Exit::Ok)
    }

    fn story(&self, story: &Story) -> Result<String, std::fmt::Error> {
        let brief = &story.story;
        let mut out = String::new();
        writeln!(out, "{STRONG}{}{STRONG:#}", clean(&brief.title))?;
        let mut about = vec![
            count(brief.articles as usize, "article", "articles"),
            count(brief.outlets as usize, "outlet", "outlets"),
            count(brief.copies as usize, "copy folded", "copies folded"),
        ];
        about.extend(brief.agency.as_ref().map(words::agency));
        writeln!(out, "{FAINT}{} · event {}{FAINT:#}", brief.id, brief.event)?;
        writeln!(out, "{}", clean(&about.join(" · ")))?;
        if let Some(first) = story.articles.first() {
            let by = clean(first.outlet.as_str());
            writeln!(out, "first seen {} at {by}", self.time.minute(brief.first_seen))?;
        }
        for article in &story.articles {
            out.push('\n');
            self.article(&mut out, article, &story.articles)?;
        }
        Ok(out)
    }

    fn article(
        &self,
        out: &mut String,
        article: &ArticleBrief,
        all: &[ArticleBrief],
    ) -> std::fmt::Result {
        let is_folded = matches!(article.class, Class::Copy | Class::Version);
        let (indent, mark) = if is_folded { ("  ", "↳ ") } else { ("", "") };
        let (outlet, title) = (clean(article.outlet.as_str()), clean(&article.title));
        writeln!(
            out,
            "{indent}{mark}{COPY}{outlet}{COPY:#}  {title}  {FAINT}{}{FAINT:#}",
            words::short(&article.id.to_string())
        )?;
        let mut remarks = vec![words::class(article.class, article.kind).to_owned()];
        remarks.extend(words::contained(article, all).filter(|_| is_folded));
        remarks.extend(article.agency.as_ref().map(words::agency));
        remarks.extend(article.material.as_ref().map(words::change));
        if !article.comparable {
            remarks.push("too short to compare".to_owned());
        }
        let remarks = clean(&remarks.join(" · "));
        writeln!(out, "{indent}  {FAINT}{} · {remarks}{FAINT:#}", self.time.minute(article.seen))?;
        if let Some(url) = &article.url {
            writeln!(out, "{indent}  {FAINT}{}{FAINT:#}", clean(url))?;
        }
        Ok(())
    }
}

/// The story of this id, else that of the article of this id.
async fn find(client: &Client, id: &str) -> anyhow::Result<Story> {
    let story = |of: &str| format!("/api/v1/stories/{}", escaped(of));
    if !id.starts_with("a-") {
        match client.get(&story(id)).await {
            Err(ClientError::Refused(problem)) if problem.status == 404 => {}
            answer => return Ok(answer?),
        }
    }
    let article = client.get::<ArticleDetail>(&format!("/api/v1/articles/{}", escaped(id))).await;
    match article {
        Ok(article) => Ok(client.get(&story(&article.story.to_string())).await?),
        Err(ClientError::Refused(problem)) if problem.status == 404 => {
            let what = format!(
                "no story or article {:?}: `wirefold story ls` lists stories, and `story show` \
                 their articles",
                clean(id)
            );
            Err(Stop::new(Exit::NotFound, what).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The stories that changed last, at most so many.
async fn stories(client: &Client, limit: u32) -> anyhow::Result<Vec<StoryBrief>> {
    let mut stories: Vec<StoryBrief> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let wanted = limit.saturating_sub(u32::try_from(stories.len()).unwrap_or(u32::MAX));
        let path = page("/api/v1/stories", wanted.min(PAGE), cursor.as_deref());
        if wanted == 0 {
            return Ok(stories);
        }
        let found: StoryPage = client.get(&path).await?;
        stories.extend(found.stories);
        match found.next {
            Some(next) => cursor = Some(next),
            None => return Ok(stories),
        }
    }
}
