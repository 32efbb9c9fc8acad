//! `wirefold replay`: judges the stored articles again with other settings.

mod changes;
mod report;
mod stored;

use std::path::PathBuf;

use clap::Args;
use wirefold_dedup::Settings;
use wirefold_proto::Interval;

use crate::client::{ClientOptions, block_on};
use crate::config::{Config, Overrides, load_here};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::input::{self, Input, Reading};
use crate::output;
use crate::progress::Progress;
use changes::{Judged, changes};

pub(crate) use stored::stored_input;

/// Arguments of `replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
wirefold judges the articles twice in the order in which they came in, once with the settings in
force and once with those of --set. It shows the differences: folds that appear, vanish, or lead to
another story. It does not repeat splits and merges by people. It writes nothing and sends no alert:
a stored decision never changes, because alerts and ids depend on it.

Articles come from the data folder, through a running `up` or without one; or from --from, which
reads as `fold` does. They take some 4 KB of memory each.

Examples:
  wirefold replay --dry-run --set reprint_contained=0.4
  wirefold replay --dry-run --set event_similarity=0.35 --set window=3d --since 2d
  wirefold replay --dry-run --set short_text_words=200 --from articles.jsonl

Exit codes: 0 with or without differences, 2 for an unknown setting, 3 without articles, 5
if some of them could not be used.")]
pub(crate) struct ReplayArguments {
    /// Another setting: a key of the table `detector`, or `window`; may be given again.
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

const WHY_DRY: &str = "this release can only show what would change: stored decisions never \
    change, because alerts and ids depend on them; add --dry-run";

/// Judges the articles again and prints the differences.
pub(crate) fn run(arguments: &ReplayArguments, global: &Global) -> anyhow::Result<Exit> {
    if !arguments.dry_run {
        return Err(Stop::new(Exit::Usage, WHY_DRY).into());
    }
    let settings = SettingsPair::read(arguments, global)?;
    let mut stored_articles = if arguments.from.is_empty() {
        block_on(from_store(arguments, global))?
    } else {
        from_files(arguments, global)?
    };
    stored_articles.keep_since(arguments.since);
    if stored_articles.articles.is_empty() {
        let what = match arguments.from.is_empty() {
            true => "no articles with their texts in the data folder: nothing to judge again",
            false => "no articles to judge again",
        };
        return Err(Stop::new(Exit::NotFound, what).into());
    }
    let judge = |method: &Settings, what| {
        let progress = Progress::of_judging(stored_articles.articles.len(), what, global.quiet);
        let judged = Judged::with(&stored_articles.articles, method.clone(), &progress);
        progress.end();
        judged
    };
    let now = judge(&settings.now, "judging as now");
    let then = judge(&settings.then, "judging as then");
    let changes = changes(&stored_articles.articles, &now, &then);
    let report =
        report::Report::new(&arguments.set, &now, &then, &changes, stored_articles.without_text);
    if arguments.options.json {
        report.print_json(&changes)?;
    } else {
        output::print_styled(&report.describe(&changes)?)?;
    }
    if settings.now == settings.then {
        global.note(format_args!("note: the settings in force already have these values"));
    }
    Ok(if stored_articles.problems > 0 { Exit::Partial } else { Exit::Ok })
}

/// The settings in force and the settings to try.
struct SettingsPair {
    now: Settings,
    then: Settings,
}

impl SettingsPair {
    /// Reads both and warns about old names in either.
    fn read(arguments: &ReplayArguments, global: &Global) -> anyhow::Result<SettingsPair> {
        let load = |overrides| load_here(&arguments.options.instance, overrides);
        let method = |config: &Config| config.detector.method(config.window);
        let then = load(Overrides::of_detector(&arguments.set)?)?;
        then.warnings.iter().for_each(|warning| global.note(format_args!("warning: {warning}")));
        let now = load(Overrides::default())?;
        Ok(SettingsPair { now: method(&now.config), then: method(&then.config) })
    }
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

async fn from_store(
    arguments: &ReplayArguments,
    global: &Global,
) -> anyhow::Result<StoredArticles> {
    let client = arguments.options.client().await?;
    stored::read(&client, global).await
}

fn from_files(arguments: &ReplayArguments, global: &Global) -> anyhow::Result<StoredArticles> {
    let mut stored_articles = StoredArticles::default();
    let progress = Progress::of_reading(&arguments.from, false, global.quiet);
    input::read(&arguments.from, &progress, &mut |reading| {
        match reading {
            Reading::Article(article) => stored_articles.articles.push(*article),
            Reading::Note(what) => {
                progress.aside(|| global.note(format_args!("note: {what}")));
            }
            Reading::Warning(what) => {
                progress.aside(|| output::note(format_args!("note: {what}")));
            }
            Reading::Problem(what) | Reading::Missing(what) => {
                stored_articles.problems += 1;
                progress.aside(|| output::note(format_args!("error: {what}")));
            }
        }
        Ok(())
    })?;
    progress.end();
    Ok(stored_articles)
}
