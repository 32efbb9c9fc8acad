//! `wirefold replay`: judges the stored articles again with another window.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::Serialize;
use wirefold_fold::{Match, Settings};
use wirefold_gateway::shapes::{ArticleDetail, Status};
use wirefold_proto::{Interval, OutputArticle, decode};

use crate::client::{Client, ClientError, ClientOptions, block_on};
use crate::columns::{Cell, Columns};
use crate::commands::print_line;
use crate::config::{Overrides, load_here};
use crate::exit::{Exit, stop};
use crate::fold::Judged;
use crate::global::Global;
use crate::input::{self, FeedSite, Input};
use crate::output;
use crate::output::{clean, count, percent, shorten, thousands, width};
use crate::progress::Progress;

/// Arguments of `replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
wirefold judges the articles twice in the order in which they came in, once with the window in
force and once with that of --set. It shows the differences: folds that appear, vanish, or lead to
another story. It does not repeat splits and merges by people. It writes nothing and sends no alert:
a stored decision never changes, because alerts and ids depend on it.

Articles come from the data folder, through a running `up` or without one; or from --from, which
reads as `fold` does. They take some 4 KB of memory each.

Examples:
  wirefold replay --dry-run --set window=3d
  wirefold replay --dry-run --set window=30d --from articles.jsonl

Exit codes: 0 with or without differences, 2 for an unknown setting, 3 without articles, 5
if some of them could not be used.")]
pub(crate) struct ReplayArguments {
    /// Another window, such as window=3d: the only setting that changes a verdict.
    #[arg(long = "set", value_name = "KEY=VALUE", required = true)]
    set: Vec<String>,
    /// Only say what would change. Required: this release changes no stored decision.
    #[arg(long)]
    dry_run: bool,
    /// Articles from here instead of the data folder: text files, JSON lines, folders, or -.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    from: Vec<PathBuf>,
    /// Only articles seen within this time before the last article, such as 2d.
    #[arg(long, value_name = "TIME")]
    since: Option<Interval>,
    #[command(flatten)]
    options: ClientOptions,
}

/// Judges the articles again and prints the differences.
pub(crate) fn run(arguments: &ReplayArguments, global: &Global) -> anyhow::Result<Exit> {
    if !arguments.dry_run {
        stop!(
            Usage,
            "this release can only show what would change: stored decisions never change, because \
             alerts and ids depend on them; add --dry-run"
        );
    }
    let load = |overrides| load_here(&arguments.options.instance, overrides);
    let then = load(Overrides::of_window(&arguments.set)?)?;
    // These include the warnings about the settings in force.
    then.warnings.iter().for_each(|warning| global.note(format_args!("warning: {warning}")));
    let [now, then] = [load(Overrides::default())?, then].map(|it| it.config.compared());
    let is_same = now == then;
    let mut stored_articles = match arguments.from.is_empty() {
        true => block_on(async { read(&arguments.options.client().await?, global).await })?,
        false => {
            let (articles, problems) = input::read_all(&arguments.from, global)?;
            StoredArticles { articles, problems, without_text: 0 }
        }
    };
    stored_articles.keep_since(arguments.since);
    if stored_articles.articles.is_empty() {
        match arguments.from.is_empty() {
            true => stop!(
                NotFound,
                "no articles with their texts in the data folder: nothing to judge again"
            ),
            false => stop!(NotFound, "no articles to judge again"),
        }
    }
    let judge = |method: Settings, what| {
        let progress = Progress::of_judging(stored_articles.articles.len(), what, global.quiet);
        let judged = Judged::with(stored_articles.articles.iter(), method, &progress);
        progress.end();
        judged
    };
    let now = judge(now, "judging as now");
    let then = judge(then, "judging as then");
    let changes = changes(&stored_articles.articles, &now, &then);
    let of = |what: ChangeKind| changes.iter().filter(|change| change.what == what).count();
    let report = Report {
        set: &arguments.set,
        now: now.sums(),
        then: then.sums(),
        appear: of(ChangeKind::Appears),
        vanish: of(ChangeKind::Vanishes),
        moves: of(ChangeKind::Moves),
        without_text: stored_articles.without_text,
    };
    if arguments.options.json {
        report.print_json(&changes)?;
    } else {
        output::print_styled(&report.describe(&changes)?)?;
    }
    if is_same {
        global.note("note: the settings in force already have these values");
    }
    Ok(if stored_articles.problems > 0 { Exit::Partial } else { Exit::Ok })
}

/// The articles that are judged again.
#[derive(Default)]
struct StoredArticles {
    articles: Vec<Input>,
    /// The number of articles whose text is no longer stored.
    without_text: usize,
    problems: usize,
}

impl StoredArticles {
    fn keep_since(&mut self, since: Option<Interval>) {
        let time = |article: &Input| article.seen.or(article.published);
        let last = self.articles.iter().filter_map(time).max();
        if let (Some(since), Some(last)) = (since, last) {
            let first = last.saturating_sub_unsigned(since.duration().as_secs());
            self.articles.retain(|article| time(article).is_some_and(|time| time >= first));
        }
    }
}

/// An article that would be in another story.
#[derive(Debug, Serialize)]
struct Change {
    what: ChangeKind,
    id: String,
    title: String,
    /// The current story, by its first article. Absent if the article opens its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<StoryRef>,
    /// The other story. Absent if the article would open its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<StoryRef>,
    /// Its overlap with the member through which it is folded, now or with the other settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<Shares>,
}

/// The kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum ChangeKind {
    /// Not folded now, but would be.
    Appears,
    /// Folded now, but would not be.
    Vanishes,
    /// Would be folded into another story.
    Moves,
}

/// A story by its first article.
#[derive(Debug, PartialEq, Serialize)]
struct StoryRef {
    story: String,
    title: String,
}

/// The words and shares that an article has in common with another.
#[derive(Debug, Serialize)]
struct Shares {
    with: String,
    contained: f64,
    containing: f64,
    passages: usize,
    longest: u32,
}

/// The sums over all articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Sums {
    articles: usize,
    folded: usize,
    stories: usize,
    events: usize,
}

impl Judged {
    fn sums(&self) -> Sums {
        let distinct = |of: &[usize]| of.iter().collect::<BTreeSet<_>>().len();
        let (articles, stories) = (self.stories.len(), distinct(&self.stories));
        Sums { articles, folded: articles - stories, stories, events: distinct(&self.events) }
    }

    /// The story into which an article is folded. `None` if it opens its own.
    fn folded_into(&self, article: usize) -> Option<usize> {
        Some(self.stories[article]).filter(|story| *story != article)
    }

    /// The strongest match with a member of the article's own story.
    fn strongest(&self, article: usize) -> Option<&Match> {
        let story = self.stories[article];
        let is_member = |found: &&Match| self.stories[found.doc.index()] == story;
        self.verdicts[article].matches.iter().find(is_member)
    }
}

/// The articles that would be folded otherwise: first those that appear, then those that vanish, then those
/// that move, each in order of arrival.
fn changes(articles: &[Input], now: &Judged, then: &Judged) -> Vec<Change> {
    let named = |story: usize| StoryRef {
        story: articles[story].id.clone(),
        title: articles[story].title.clone(),
    };
    let change = |article: usize| {
        let (from, to) = (now.folded_into(article), then.folded_into(article));
        let (what, by) = match (from, to) {
            (None, Some(_)) => (ChangeKind::Appears, then),
            (Some(_), None) => (ChangeKind::Vanishes, now),
            (Some(one), Some(other)) if one != other => (ChangeKind::Moves, then),
            _ => return None,
        };
        let shares = by.strongest(article).map(|found| Shares {
            with: articles[found.doc.index()].id.clone(),
            contained: found.evidence.contained,
            containing: found.evidence.containing,
            passages: found.evidence.passages,
            longest: found.evidence.longest,
        });
        let (id, title) = (articles[article].id.clone(), articles[article].title.clone());
        Some(Change { what, id, title, from: from.map(named), to: to.map(named), shares })
    };
    let mut changes: Vec<Change> = (0..articles.len()).filter_map(change).collect();
    changes.sort_by_key(|found| found.what);
    changes
}

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OTHER: Style = AnsiColor::Yellow.on_default().bold();

/// The sums of both judgements.
#[derive(Debug, Serialize)]
struct Report<'a> {
    set: &'a [String],
    now: Sums,
    then: Sums,
    appear: usize,
    vanish: usize,
    #[serde(rename = "move")]
    moves: usize,
    without_text: usize,
}

impl Report<'_> {
    /// One line for each change, then the sums.
    fn print_json(&self, changes: &[Change]) -> anyhow::Result<()> {
        for change in changes {
            print_line("wirefold.replay.change/1", change)?;
        }
        print_line("wirefold.replay/1", self)
    }

    /// The report for people.
    fn describe(&self, changes: &[Change]) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        let articles = count(self.now.articles, "article", "articles");
        writeln!(
            out,
            "{STRONG}{articles}{STRONG:#} judged with {}\n",
            clean(&self.set.join(", "))
        )?;
        let mut table = Columns::new(&["", "folded", "stories", "events"]);
        for (name, sums) in [("as it is", self.now), ("as it would be", self.then)] {
            let figures = [sums.folded, sums.stories, sums.events].map(thousands);
            let cells = [name.to_owned()].into_iter().chain(figures).map(Cell::new);
            table.push(cells.collect());
        }
        out.push_str(&table.render());
        if changes.is_empty() {
            writeln!(out, "\nNo fold would change.")?;
        } else {
            let folds = count(self.appear, "fold appears", "folds appear");
            let (vanish, moves) = (thousands(self.vanish), thousands(self.moves));
            writeln!(out, "\n{folds}, {vanish} vanish, {moves} lead to another story")?;
        }
        if self.without_text > 0 {
            let gone = count(self.without_text, "article", "articles");
            writeln!(out, "{FAINT}{gone} left out: the text has expired{FAINT:#}")?;
        }
        let mut before = None;
        for change in changes {
            if before.replace(change.what) != Some(change.what) {
                let (style, title) = match change.what {
                    ChangeKind::Appears => (GOOD, "APPEARS"),
                    ChangeKind::Vanishes => (BAD, "VANISHES"),
                    ChangeKind::Moves => (OTHER, "LEADS TO ANOTHER STORY"),
                };
                writeln!(out, "\n{style}{title}{style:#}")?;
            }
            change.write(&mut out)?;
        }
        Ok(out)
    }
}

impl Change {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let id = clean(&self.id);
        writeln!(out, "  {STRONG}{id}{STRONG:#}  {}", titled(&self.title, id.len()))?;
        for (name, story) in [("from", &self.from), ("to", &self.to)] {
            if let Some(StoryRef { story, title }) = story {
                let story = clean(story);
                let title = titled(title, story.len() + 20);
                writeln!(out, "      {name} the story of {story}  {FAINT}{title}{FAINT:#}")?;
            }
        }
        let Some(Shares { with, contained, containing, passages, longest }) = &self.shares else {
            return Ok(());
        };
        writeln!(
            out,
            "      {FAINT}with {}: contained {}, containing {}, {}, longest run {}{FAINT:#}",
            clean(with),
            percent(*contained),
            percent(*containing),
            count(*passages, "passage", "passages"),
            thousands(*longest as usize),
        )
    }
}

/// A title, cut to the rest of a line.
fn titled(title: &str, used: usize) -> String {
    shorten(&clean(title.trim()), width().saturating_sub(used + 4))
}

/// Reads the articles in the output stream, and each text.
async fn read(client: &Client, global: &Global) -> anyhow::Result<StoredArticles> {
    let outputs = outputs(client).await?;
    if client.is_running() {
        let count = count(outputs.len(), "article", "articles");
        global.note(format_args!("note: asking the running wirefold for {count}"));
    }
    let mut articles_read = StoredArticles::default();
    for output in outputs.into_values() {
        let path = format!("/api/v1/articles/{}", output.id);
        let found: Result<ArticleDetail, ClientError> = client.get(&path).await;
        let text = match found {
            Ok(detail) => detail.output.text.filter(|_| !detail.text_gone),
            Err(ClientError::Refused(problem)) if problem.status == 404 => None,
            Err(error) => return Err(error.into()),
        };
        match text {
            Some(text) => articles_read.articles.push(stored_input(&output, text)),
            None => articles_read.without_text += 1,
        }
    }
    Ok(articles_read)
}

/// The articles in the output stream up to its current end, by their sequence in `WF_FETCHED`, which is the
/// order in which they were judged.
async fn outputs(client: &Client) -> anyhow::Result<BTreeMap<u64, OutputArticle>> {
    let mut outputs = BTreeMap::new();
    let status: Status = client.get("/api/v1/status").await?;
    if status.sequence == 0 {
        return Ok(outputs);
    }
    let mut events = client.events("/api/v1/stream?after=0").await?;
    while let Some(event) = events.next().await {
        if event.name == "article"
            && let Ok(output) = decode::<OutputArticle>(event.data.as_bytes())
        {
            outputs.insert(output.fetched, output);
        }
        if event.id.is_some_and(|id| id >= status.sequence) {
            return Ok(outputs);
        }
    }
    let what = "the connection ended before all articles were read: try again";
    Err(ClientError::Unreachable { place: "/api/v1/stream".to_owned(), why: what.to_owned() }
        .into())
}

/// The input of the detector for an article.
pub(crate) fn stored_input(output: &OutputArticle, text: String) -> Input {
    let about = &output.article;
    Input {
        id: output.id.to_string(),
        text,
        title: about.title.clone(),
        author: about.authors.join(", "),
        outlet: about.site().map(str::to_owned),
        published: about.plausible_time().map(|time| time.as_second()),
        seen: Some(about.seen.as_second()),
        items: about.item_names(output.id),
        page: about.page().map(str::to_owned),
        feed: about
            .via
            .as_ref()
            .map(|via| FeedSite { site: via.to_string(), via: Some(via.to_string()) }),
        ..Input::default()
    }
}

#[cfg(test)]
mod changes_tests {
    use super::*;

    fn article(id: &str, text: &str, day: i64) -> Input {
        let (id, text) = (id.to_owned(), text.to_owned());
        Input { id, text, seen: Some(day * 24 * 3600), ..Input::default() }
    }

    fn generate_words(from: usize, count: usize) -> String {
        (from..from + count).map(|n| format!("word{} ", n * 7919 % 10_007)).collect()
    }

    #[test]
    fn folds_that_appear_and_vanish_are_reported_with_their_numbers() {
        // Two thirds of the second text are in the first.
        let articles = [
            article("a", &generate_words(0, 200), 0),
            article("b", &(generate_words(0, 200) + &generate_words(900, 100)), 3),
        ];
        let judged = |days: i64| {
            let settings = Settings { window: days * 24 * 3600, ..Settings::default() };
            Judged::with(articles.iter(), settings, &Progress::hidden())
        };
        let (long, short) = (judged(7), judged(1));
        let found = changes(&articles, &long, &short);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].what, found[0].id.as_str()), (ChangeKind::Vanishes, "b"));
        assert_eq!(found[0].from.as_ref().map(|named| named.story.as_str()), Some("a"));
        assert!(found[0].to.is_none());
        let shares = found[0].shares.as_ref().expect("they were compared");
        assert!((0.6..0.7).contains(&shares.contained), "{shares:?}");
        assert_eq!(changes(&articles, &short, &long)[0].what, ChangeKind::Appears);
        assert!(changes(&articles, &long, &long).is_empty());
        assert_eq!((long.sums().folded, short.sums().folded), (1, 0));
    }
}
