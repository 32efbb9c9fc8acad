//! `wirefold feed`: what is watched, and how it is doing.

mod add;
mod backfill;
mod export;
mod import;
mod list;
mod parse;
mod probe;
mod survey;

use clap::{Args, Subcommand, ValueEnum};
use wirefold_gateway::shapes::{Accepted, FeedList};
use wirefold_proto::{FeedId, FeedRecord, FullText, ItemIdentity, Outlet};

use super::extract::selector;
use crate::cli::Global;
use crate::client::{Asking, Client, ClientError, Need, block_on, escaped};
use crate::exit::{Exit, Stop};
use crate::output;

/// Arguments of `feed`.
#[derive(Debug, Args)]
pub(crate) struct FeedArguments {
    #[command(flatten)]
    asking: Asking,
    #[command(subcommand)]
    command: FeedCommand,
}

#[derive(Debug, Subcommand)]
enum FeedCommand {
    /// Look at an address, and watch the feed there.
    #[command(after_help = "\
Examples:
  wirefold feed add https://harbour.example/feed.xml --group local
  wirefold feed add https://harbour.example/           a page: offers the feeds it names")]
    Add(AddArguments),
    /// List feeds: how they are doing, when they are polled next, which only tease.
    #[command(after_help = "Examples:\n  wirefold feed ls\n  wirefold feed ls --problems")]
    Ls {
        /// Only those that need a look.
        #[arg(long)]
        problems: bool,
    },
    /// Watch a feed no more; its articles stay.
    #[command(after_help = "Example:\n  wirefold feed rm harbour.example")]
    Rm {
        /// Its id from `feed ls`, or its address.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Watch all feeds of a list (OPML), as feed readers export it.
    ///
    /// Folders become groups. Feeds that are known already stay as they are, so that the same list
    /// can be imported again. Each new feed is looked at once, to say how many send only teasers.
    /// A list at an address is fetched once; one that is to be followed stands in `[[opml]]`.
    #[command(after_help = "\
Examples:
  wirefold feed import my.opml --dry-run
  wirefold feed import https://harbour.example/feeds.opml
  wirefold feed import my.opml --full-text auto")]
    Import(ImportArguments),
    /// Read a feed's archive, as far as the feed names one (RFC 5005).
    ///
    /// Older items come in with their own dates: they are compared, and ring nothing. What is known
    /// already is left as it is, so that it can be asked for again. It goes on where it was when
    /// `up` is killed and started again.
    #[command(after_help = "\
Examples:
  wirefold feed backfill harbour.example
  wirefold feed backfill https://harbour.example/feed.xml --pages 200 --items 5000 --no-wait")]
    Backfill(backfill::BackfillArguments),
    /// Print all feeds as a list (OPML) for feed readers.
    #[command(after_help = "Example:\n  wirefold feed export > feeds.opml")]
    Export,
    /// Print the items of a feed from a file; nothing is asked for and nothing is kept.
    ///
    /// With --shape feedparser it reads paths on standard input and prints for each one line of
    /// JSON, {"p": PATH, "ok": true or false, "d": RESULT}, with RESULT as Python's feedparser
    /// gives it. What the file's first comment says after "Header:" counts as an HTTP header.
    #[command(after_help = "\
Examples:
  wirefold feed parse feed.xml
  wirefold feed parse --json --url https://harbour.example/feed.xml < feed.xml
  find feeds -name '*.xml' | wirefold feed parse --shape feedparser")]
    Parse(parse::ParseArguments),
    /// Look at an address and say what it is; nothing is kept.
    #[command(after_help = "Example:\n  wirefold feed test https://harbour.example/feed.xml")]
    Test {
        /// The address of a feed, or of a page that names one.
        #[arg(value_name = "URL")]
        url: String,
    },
}

/// Arguments of `feed add`.
#[derive(Debug, Args)]
struct AddArguments {
    /// The address of a feed, or of a page that names one.
    #[arg(value_name = "URL")]
    url: String,
    /// Its id; else made from the address.
    #[arg(long)]
    id: Option<FeedId>,
    /// Its title; else what the feed says.
    #[arg(long)]
    title: Option<String>,
    /// Its publisher; else the domain of its links.
    #[arg(long)]
    outlet: Option<Outlet>,
    /// The group it is listed under.
    #[arg(long)]
    group: Option<String>,
    /// Whether article pages are fetched; by default `auto`: where the feed only teases and the
    /// site allows it.
    #[arg(long, value_enum, value_name = "WHEN")]
    full_text: Option<Pages>,
    /// What tells its items apart; by default `auto`: the id that the feed gives them, until it
    /// proves to change or to repeat.
    #[arg(long, value_enum, value_name = "BY")]
    identity: Option<Identity>,
    /// Where the article stands on its pages; a page without it is read as usual.
    #[arg(long, value_name = "SELECTOR", value_parser = selector)]
    article: Option<String>,
    /// What on its pages belongs to no article; may stand several times.
    #[arg(long, value_name = "SELECTOR", value_parser = selector)]
    remove: Vec<String>,
    /// Ask nothing, and add it whatever the look at it says.
    #[arg(long)]
    yes: bool,
}

/// Arguments of `feed import`.
#[derive(Debug, Args)]
struct ImportArguments {
    /// The list: a file, - for standard input, or an address.
    #[arg(value_name = "FILE|URL")]
    file: String,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Whether article pages are fetched; else asked once on a terminal, and `auto` elsewhere.
    #[arg(long, value_enum, value_name = "WHEN")]
    full_text: Option<Pages>,
    /// Do not look at the feeds first.
    #[arg(long)]
    no_probe: bool,
}

/// Whether article pages are fetched for their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pages {
    /// Where the feed gives fewer than 80 words and robots.txt allows it.
    Auto,
    /// Always, where robots.txt allows it.
    On,
    /// Never.
    Off,
}

impl From<Pages> for FullText {
    fn from(pages: Pages) -> FullText {
        match pages {
            Pages::Auto => FullText::Auto,
            Pages::On => FullText::On,
            Pages::Off => FullText::Off,
        }
    }
}

/// What tells the items of a feed apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Identity {
    /// The id that the feed gives them, until it proves to change or to repeat.
    Auto,
    /// The id that the feed gives them.
    Guid,
    /// Their link.
    Link,
    /// Their title, and the day.
    Title,
}

impl From<Identity> for ItemIdentity {
    fn from(identity: Identity) -> ItemIdentity {
        match identity {
            Identity::Auto => ItemIdentity::Auto,
            Identity::Guid => ItemIdentity::Guid,
            Identity::Link => ItemIdentity::Link,
            Identity::Title => ItemIdentity::Title,
        }
    }
}

/// Runs a `feed` command.
pub(crate) fn run(arguments: &FeedArguments, global: &Global) -> anyhow::Result<Exit> {
    let (place, json) = (&arguments.asking.place, arguments.asking.json);
    block_on(async {
        match &arguments.command {
            FeedCommand::Add(wanted) => {
                let client = Client::connect(place, Need::Nothing).await?;
                add::run(&client, wanted, json, global).await
            }
            FeedCommand::Import(wanted) => import::run(place, wanted, json, global).await,
            FeedCommand::Ls { problems } => {
                let client = Client::connect(place, Need::Data).await?;
                list::run(&client, *problems, json, global).await
            }
            FeedCommand::Rm { id } => {
                let client = Client::connect(place, Need::Data).await?;
                remove(&client, id, json, global).await
            }
            FeedCommand::Backfill(wanted) => {
                let client = Client::connect(place, Need::Data).await?;
                backfill::run(&client, wanted, json, global).await
            }
            FeedCommand::Export => {
                let client = Client::connect(place, Need::Data).await?;
                export::run(&client, json, global).await
            }
            FeedCommand::Test { url } => {
                let client = Client::running_or_apart(place).await?;
                let found = probe::probe(&client, url).await?;
                probe::print(url, &found, json)
            }
            FeedCommand::Parse(wanted) => parse::run(wanted, json, global),
        }
    })
}

/// Every feed that is known.
async fn feeds(client: &Client) -> Result<Vec<FeedRecord>, ClientError> {
    Ok(listed(client).await?.feeds)
}

/// Every feed that is known, and which of them wait for a command to be carried out.
async fn listed(client: &Client) -> Result<FeedList, ClientError> {
    client.get("/api/v1/feeds").await
}

async fn remove(client: &Client, id: &str, json: bool, global: &Global) -> anyhow::Result<Exit> {
    let id = id_of(client, id).await?;
    let removed = client.delete(&format!("/api/v1/feeds/{}", escaped(&id))).await;
    let accepted: Accepted = removed.map_err(|error| error.see("wirefold feed ls"))?;
    if json {
        output::print_json(&accepted)?;
    } else {
        global.note(format_args!("{id} is watched no more{}", when(client)));
    }
    Ok(Exit::Ok)
}

/// The id of a feed that is named by it or by its address.
async fn id_of(client: &Client, named: &str) -> anyhow::Result<String> {
    if !named.contains("://") {
        return Ok(named.to_owned());
    }
    let feeds = feeds(client).await?;
    let Some(found) = feeds.iter().find(|known| known.feed.url == named) else {
        let what = format!("no feed with the address {named}: see `wirefold feed ls`");
        return Err(Stop::new(Exit::NotFound, what).into());
    };
    Ok(found.feed.id.to_string())
}

/// When a command takes effect, as the end of a sentence.
fn when(client: &Client) -> &'static str {
    if client.is_running() { "" } else { ", from the next `wirefold up` on" }
}
