//! `wirefold feed parse`: the items of a feed, from files or standard input.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use wirefold_feed::{Feed, FeedError, Item};
use wirefold_proto::LanguageTag;

use crate::commands::print_line;
use crate::exit::Exit;
use crate::global::Global;
use crate::output::{self, clean, count};

/// The largest part of a file that is read, in bytes.
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

/// Prints the items of feeds.
pub(super) fn run(arguments: &ParseArguments, json: bool, global: &Global) -> anyhow::Result<Exit> {
    let input = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &input } else { arguments.files.as_slice() };
    let mut failed = 0;
    for file in files {
        let name = file.display();
        let message = match read(file) {
            Ok(bytes) => wirefold_feed::parse(&bytes, None, &arguments.url),
            Err(error) => {
                failed += 1;
                output::note(format_args!("error: {name}: {error}"));
                continue;
            }
        };
        match message {
            Ok(feed) => {
                for problem in &feed.problems {
                    global.note(format_args!("note: {name}: {}", clean(problem)));
                }
                print(&feed, json)?;
            }
            Err(error) => {
                failed += 1;
                output::note(format_args!("error: {name}: {}", clean(&describe(&error))));
            }
        }
    }
    Ok(match failed {
        0 => Exit::Ok,
        all if all == files.len() => Exit::Failure,
        _ => Exit::Partial,
    })
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(file)?.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
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

/// An item as `--json` prints it.
#[derive(Debug, Serialize)]
struct Line<'a> {
    guid: Option<&'a str>,
    link: Option<&'a str>,
    title: &'a str,
    authors: &'a [String],
    published: Option<Timestamp>,
    language: Option<&'a str>,
    source: Option<&'a str>,
    source_url: Option<&'a str>,
    description: Option<&'a str>,
    content: Option<&'a str>,
}

fn print(feed: &Feed, json: bool) -> anyhow::Result<()> {
    if json {
        for item in &feed.items {
            print_line("wirefold.item/1", &line(feed, item))?;
        }
        return Ok(());
    }
    let items = count(feed.items.len(), "item", "items");
    let title = feed.title.as_deref().map_or_else(|| "(no title)".to_owned(), clean);
    let mut text = format!("{title} · {} · {items}\n", feed.format.as_str());
    for item in &feed.items {
        write_item(&mut text, item)?;
    }
    output::print_styled(&text)
}

fn line<'a>(feed: &'a Feed, item: &'a Item) -> Line<'a> {
    Line {
        guid: item.guid.as_deref(),
        link: item.link.as_deref(),
        title: &item.title,
        authors: &item.authors,
        published: item.published,
        language: item.language.as_ref().or(feed.language.as_ref()).map(LanguageTag::as_str),
        source: item.source.as_ref().map(|source| source.name.as_str()),
        source_url: item.source.as_ref().and_then(|source| source.url.as_deref()),
        description: item.teaser.as_deref(),
        content: item.text.as_deref(),
    }
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
