//! `wirefold feed extract`: the article of a page, from files or standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use wirefold_fetcher::extract::{ExtractError, Extractor, Page, Rule, check_selector};

use crate::commands::print_line;
use crate::exit::{Exit, Stop};
use crate::extraction::settings;
use crate::output::{self, clean};

/// The largest part of a file that is read, in bytes. The extractor has its own limit.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

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

/// A page as `--json` prints it.
#[derive(Debug, Default, Serialize)]
struct Line<'a> {
    path: String,
    title: Option<&'a str>,
    byline: Option<&'a str>,
    published: Option<Timestamp>,
    language: Option<&'a str>,
    /// Whether the page says that it is not free for everybody.
    paywalled: Option<bool>,
    /// Whether `--article-selector` matches nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    article_selector_unmatched: Option<bool>,
    text: Option<&'a str>,
    /// Why there is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A CSS selector from the command line.
pub(super) fn selector(text: &str) -> Result<String, String> {
    check_selector(text).map(|()| text.to_owned())
}

/// Prints the articles of pages.
pub(super) async fn run(arguments: &ExtractArguments, json: bool) -> anyhow::Result<Exit> {
    let input = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &input } else { arguments.files.as_slice() };
    let settings = settings(1)?;
    let rule = Rule { article: arguments.article.clone(), remove: arguments.remove.clone() };
    let extractor = Extractor::new(settings);
    let mut failed = 0;
    for (at, file) in files.iter().enumerate() {
        let found = extract(&extractor, file, &arguments.url, &rule).await?;
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
            (Ok(page), false) => print(page, at > 0)?,
            (Err(_), false) => {}
        }
    }
    Ok(match failed {
        0 => Exit::Ok,
        all if all == files.len() => Exit::Failure,
        _ => Exit::Partial,
    })
}

/// The article of a file, or the reason why it has none. Fails if no page can be read at all.
async fn extract(
    extractor: &Extractor,
    file: &Path,
    url: &str,
    rule: &Rule,
) -> anyhow::Result<Result<Page, String>> {
    let page = match read(file) {
        Ok(page) => page,
        Err(error) => return Ok(Err(error.to_string())),
    };
    match extractor.extract(page, url, rule).await {
        Ok(page) => Ok(Ok(page)),
        Err(error @ ExtractError::Unavailable(_)) => {
            Err(Stop::new(Exit::Failure, error.to_string()).into())
        }
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn read(file: &Path) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(file)?.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    }
    Ok(bytes.into())
}

fn print_json(file: &Path, found: &Result<Page, String>, has_rule: bool) -> anyhow::Result<()> {
    let path = file.display().to_string();
    let line = match found {
        Ok(page) => Line {
            path,
            title: page.title.as_deref(),
            byline: page.byline.as_deref(),
            published: page.published,
            language: page.language.as_ref().map(|tag| tag.as_str()),
            paywalled: Some(page.paywalled),
            article_selector_unmatched: has_rule.then_some(page.article_missed),
            text: Some(&page.text),
            error: None,
        },
        Err(why) => Line { path, error: Some(why.clone()), ..Line::default() },
    };
    print_line("wirefold.page/1", &line)
}

fn print(page: &Page, is_next: bool) -> anyhow::Result<()> {
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
