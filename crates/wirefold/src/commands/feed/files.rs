//! `wirefold feed parse` and `wirefold feed extract`: the items of feeds and the articles of pages, from files or
//! standard input.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use wirefold_feed::{Feed, FeedError, Item};
use wirefold_fetcher::extract::{ExtractError, Extractor, Page, Rule};

use super::selector;
use crate::exit::{Exit, stop};
use crate::extraction::settings;
use crate::global::Global;
use crate::input;
use crate::output::{self, clean, count};

/// The largest part of a file that is read, in bytes. The extractor has its own limit.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Arguments of `feed parse`.
#[derive(Debug, Args)]
pub(super) struct ParseArguments {
    /// Files with one feed each; without any, or with -, a feed on standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The address that the feed came from, for its relative links.
    #[arg(long, value_name = "URL", default_value = "")]
    url: String,
}

/// Arguments of `feed extract`.
#[derive(Debug, Args)]
pub(super) struct ExtractArguments {
    /// HTML pages; without any, or with -, a page on standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The address that the page came from.
    #[arg(long, value_name = "URL", default_value = "")]
    url: String,
    /// A CSS selector for the element that holds the article, as `article_selector` of a `[[feed]]`.
    /// A page without it is read as usual, and a note names it.
    #[arg(long = "article-selector", alias = "article", value_name = "SELECTOR", value_parser = selector)]
    article: Option<String>,
    /// A CSS selector for elements that belong to no article, as `remove_selectors` of a `[[feed]]`.
    /// Can be given several times.
    #[arg(long = "remove-selector", alias = "remove", value_name = "SELECTOR", value_parser = selector)]
    remove: Vec<String>,
}

/// The files, or standard input if there are none.
fn or_standard_input(files: &[PathBuf]) -> Vec<PathBuf> {
    if files.is_empty() { vec![PathBuf::from("-")] } else { files.to_vec() }
}

/// The exit code if some of the files could not be used.
fn exit_of(failed: usize, files: &[PathBuf]) -> Exit {
    match failed {
        0 => Exit::Ok,
        all if all == files.len() => Exit::Failure,
        _ => Exit::Partial,
    }
}

/// Prints the items of feeds.
pub(super) fn parse(
    arguments: &ParseArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let files = or_standard_input(&arguments.files);
    let mut failed = 0;
    for file in &files {
        let name = file.display();
        let feed = input::bytes(file, MAX_FILE_BYTES).map_err(|error| error.to_string());
        let parse = |bytes: Vec<u8>| wirefold_feed::parse(&bytes, None, &arguments.url);
        match feed.and_then(|bytes| parse(bytes).map_err(|error| clean(&describe(&error)))) {
            Ok(feed) => {
                for problem in &feed.problems {
                    global.note(format_args!("note: {name}: {}", clean(problem)));
                }
                print_feed(&feed, json)?;
            }
            Err(why) => {
                failed += 1;
                output::note(format_args!("error: {name}: {why}"));
            }
        }
    }
    Ok(exit_of(failed, &files))
}

fn describe(error: &FeedError) -> String {
    match error {
        FeedError::NotAFeed { feeds, .. } if !feeds.is_empty() => {
            let feeds: Vec<String> = feeds.iter().map(|feed| clean(feed)).collect();
            format!("{error}; it names: {}", feeds.join(", "))
        }
        _ => error.to_string(),
    }
}

fn print_feed(feed: &Feed, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return feed.items.iter().try_for_each(|item| {
            output::print_json(&json!({
                "schema": "wirefold.item/1",
                "guid": item.guid, "link": item.link, "title": item.title,
                "authors": item.authors, "published": item.published,
                "language": item.language.as_ref().or(feed.language.as_ref()),
                "source": item.source.as_ref().map(|source| &source.name),
                "source_url": item.source.as_ref().and_then(|source| source.url.as_ref()),
                "description": item.teaser, "content": item.text,
            }))
        });
    }
    let items = count(feed.items.len(), "item", "items");
    let title = feed.title.as_deref().map_or_else(|| "(no title)".to_owned(), clean);
    let mut text = format!("{title} · {} · {items}\n", feed.format.as_str());
    for item in &feed.items {
        write_item(&mut text, item)?;
    }
    output::print_styled(&text)
}

fn write_item(text: &mut String, item: &Item) -> std::fmt::Result {
    let when = item.published.map_or_else(|| "no date".to_owned(), |time| time.to_string());
    let title = if item.title.is_empty() { "(no title)" } else { &item.title };
    writeln!(text, "\n{when:<20}  {}", clean(title))?;
    let mut about: Vec<String> = Vec::new();
    if !item.authors.is_empty() {
        about.push(format!("by {}", clean(&item.authors.join(", "))));
    }
    if let Some(source) = &item.source {
        let name = if source.name.is_empty() { source.url.as_deref() } else { Some(&*source.name) };
        about.extend(name.map(|name| format!("from {}", clean(name))));
    }
    let given = [&item.text, &item.teaser].into_iter().flatten();
    let words = given.map(|it| it.split_whitespace().count()).max().unwrap_or(0);
    about.push(count(words, "word", "words"));
    let indent = " ".repeat(22);
    writeln!(text, "{indent}{}", about.join(" · "))?;
    match &item.link {
        Some(link) => writeln!(text, "{indent}{}", clean(link)),
        None => Ok(()),
    }
}

/// Prints the articles of pages.
pub(super) async fn extract(arguments: &ExtractArguments, json: bool) -> anyhow::Result<Exit> {
    let files = or_standard_input(&arguments.files);
    let rule = Rule { article: arguments.article.clone(), remove: arguments.remove.clone() };
    let extractor = Extractor::new(settings(1)?);
    let mut failed = 0;
    for (at, file) in files.iter().enumerate() {
        let found = article(&extractor, file, &arguments.url, &rule).await?;
        match &found {
            Err(why) => {
                failed += 1;
                output::note(format_args!("error: {}: {why}", file.display()));
            }
            Ok(page) if page.article_missed => {
                let file = file.display();
                output::note(format_args!(
                    "note: {file}: --article-selector finds nothing: read as usual"
                ));
            }
            Ok(_) => {}
        }
        match (&found, json) {
            (found, true) => print_json(file, found, rule.article.is_some())?,
            (Ok(page), false) => print_page(page, at > 0)?,
            (Err(_), false) => {}
        }
    }
    Ok(exit_of(failed, &files))
}

/// The article of a file, or the reason why it has none. Fails if no page can be read at all.
async fn article(
    extractor: &Extractor,
    file: &Path,
    url: &str,
    rule: &Rule,
) -> anyhow::Result<Result<Page, String>> {
    let page = match input::bytes(file, MAX_FILE_BYTES) {
        Ok(page) => page,
        Err(error) => return Ok(Err(error.to_string())),
    };
    match extractor.extract(page.into(), url, rule).await {
        Err(error @ ExtractError::Unavailable(_)) => stop!(Failure, "{error}"),
        page => Ok(page.map_err(|error| error.to_string())),
    }
}

/// Prints a page. `null` in every field and an error if it has no article.
fn print_json(file: &Path, found: &Result<Page, String>, has_rule: bool) -> anyhow::Result<()> {
    let page = found.as_ref().ok();
    let mut line = json!({
        "schema": "wirefold.page/1",
        "path": file.display().to_string(),
        "title": page.map(|it| &it.title), "byline": page.map(|it| &it.byline),
        "published": page.map(|it| it.published), "language": page.map(|it| &it.language),
        // Whether the page says that it is not free for everybody.
        "paywalled": page.map(|it| it.paywalled),
    });
    if let Some(page) = page.filter(|_| has_rule) {
        line["article_selector_unmatched"] = page.article_missed.into();
    }
    line["text"] = json!(page.map(|it| &it.text));
    if let Err(why) = found {
        line["error"] = why.as_str().into();
    }
    output::print_json(&line)
}

fn print_page(page: &Page, is_next: bool) -> anyhow::Result<()> {
    let title = page.title.as_deref().map_or_else(|| "(no title)".to_owned(), clean);
    let about = [
        page.byline.as_deref().map(clean),
        page.published.map(|time| time.to_string()),
        page.language.as_ref().map(ToString::to_string),
        page.paywalled.then(|| "not free".to_owned()),
    ];
    let about: Vec<String> = about.into_iter().flatten().collect();
    let lines = page.text.lines().map(clean).collect::<Vec<_>>().join("\n");
    let before = if is_next { "\n\n" } else { "" };
    output::print_styled(&format!("{before}{title}\n{}\n\n{lines}\n", about.join(" · ")))
}
