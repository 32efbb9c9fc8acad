//! `wirefold feed`: the feeds and their state.

mod add;
mod backfill;
mod export;
mod extract;
mod import;
mod list;
mod parse;
mod poll;
mod probe;
mod retry;
mod set;
mod survey;

use clap::{Args, Subcommand, ValueEnum};
use wirefold_gateway::shapes::{Accepted, FeedList};
use wirefold_proto::{FeedId, FeedRecord, FullText, ItemIdentity, Outlet};

use crate::client::{Client, ClientError, ClientOptions, Need, block_on, escaped};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use extract::selector;

/// Printed with new feeds, because they are silent at first.
const FIRST_POLL: &str = "the first poll of a feed never alerts: its items are older news, and later articles are compared with them";

/// Arguments of `feed`.
#[derive(Debug, Args)]
pub(crate) struct FeedArguments {
    #[command(flatten)]
    options: ClientOptions,
    #[command(subcommand)]
    command: FeedCommand,
}

#[derive(Debug, Subcommand)]
enum FeedCommand {
    /// Add the feed at an address.
    #[command(after_help = "\
Examples:
  wirefold feed add https://harbour.example/feed.xml --group local
  wirefold feed add https://harbour.example/           a page: offers the feeds it names")]
    Add(AddArguments),
    /// List feeds with their health, the time of the next poll, and how many items are only teasers.
    #[command(after_help = "Examples:\n  wirefold feed ls\n  wirefold feed ls --problems")]
    Ls {
        /// Only feeds with problems.
        #[arg(long)]
        problems: bool,
    },
    /// Set the site that a feed speaks for.
    ///
    /// Versions and history of the items belong to that site. wirefold finds it at the first poll: the
    /// domain of the address, or the site that the items lead to, if the pages of that site name the
    /// feed. `feed ls` shows it.
    #[command(after_help = "\
Examples:
  wirefold feed set harbour --speaks-for harbour.example
  wirefold feed set planet --speaks-for nobody         an aggregator
  wirefold feed set harbour --speaks-for found         as wirefold finds it")]
    Set(set::SetArguments),
    /// Remove a feed; its articles stay.
    #[command(after_help = "Example:\n  wirefold feed rm harbour.example")]
    Rm {
        /// Its id from `feed ls`, or its address.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Poll a feed again that was set aside.
    ///
    /// wirefold sets a feed aside if it crashed twice while it read the feed, the second time this feed
    /// alone. `feed ls --problems` names such feeds.
    #[command(after_help = "Example:\n  wirefold feed retry harbour.example")]
    Retry {
        /// Its id from `feed ls`, or its address.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Poll a feed now, whenever its next poll is due.
    #[command(after_help = "Example:\n  wirefold feed poll harbour.example")]
    Poll {
        /// Its id from `feed ls`, or its address.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Add all feeds of a list (OPML), as feed readers export it.
    ///
    /// Folders become groups. Feeds that you have already stay as they are, so you can import the same
    /// list again. wirefold fetches each new feed once, to say how many give only teasers. It fetches
    /// a list at an address once; to stay in step with a list, use `[[opml]]` in the settings.
    #[command(after_help = "\
Examples:
  wirefold feed import my.opml --dry-run
  wirefold feed import https://harbour.example/feeds.opml
  wirefold feed import my.opml --full-text auto")]
    Import(ImportArguments),
    /// Read a feed's archive, as far as the feed names one (RFC 5005).
    ///
    /// Older items keep their own dates. They are compared with the others but never alert. Items
    /// that are stored already stay as they are, so you can run it again. After a restart of `up` it
    /// continues where it stopped.
    #[command(after_help = "\
Examples:
  wirefold feed backfill harbour.example
  wirefold feed backfill https://harbour.example/feed.xml --pages 200 --items 5000 --no-wait")]
    Backfill(backfill::BackfillArguments),
    /// Print all feeds as a list (OPML) for feed readers.
    #[command(after_help = "Example:\n  wirefold feed export > feeds.opml")]
    Export,
    /// Print the items of a feed from a file; it makes no request and stores nothing.
    #[command(after_help = "\
Examples:
  wirefold feed parse feed.xml
  wirefold feed parse --json --url https://harbour.example/feed.xml < feed.xml")]
    Parse(parse::ParseArguments),
    /// Print the article of an HTML page: title, byline, time, language, text.
    #[command(after_help = "\
Examples:
  wirefold feed extract page.html
  wirefold feed extract --json --url https://harbour.example/ferry < page.html
  wirefold feed extract --article-selector 'div.story' --remove-selector '.advert' page.html

Exit codes: 0 ok, 1 no page gave an article, 5 some did not.")]
    Extract(extract::ExtractArguments),
    /// Fetch an address and say what it is; it stores nothing.
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
    /// Its id; by default wirefold makes one from the address.
    #[arg(long)]
    id: Option<FeedId>,
    /// Its title; by default the one that the feed gives.
    #[arg(long)]
    title: Option<String>,
    /// Its publisher; by default the domain of its links.
    #[arg(long)]
    outlet: Option<Outlet>,
    /// The site that it speaks for, `nobody` for an aggregator; by default wirefold finds it at the first poll.
    #[arg(long, value_name = "SITE")]
    speaks_for: Option<Outlet>,
    /// The group it is listed under.
    #[arg(long)]
    group: Option<String>,
    /// Whether article pages are fetched; by default `auto`: if the feed gives only teasers and the
    /// site allows it.
    #[arg(long, value_enum, value_name = "WHEN")]
    full_text: Option<Pages>,
    /// How to identify its items; by default `auto`: by the id that the feed gives them, until it turns out
    /// to change or to repeat.
    #[arg(long, value_enum, value_name = "BY")]
    identity: Option<Identity>,
    /// A CSS selector for the element that holds the article. A page without it is read as usual.
    #[arg(long = "article-selector", alias = "article", value_name = "SELECTOR", value_parser = selector)]
    article: Option<String>,
    /// A CSS selector for elements that belong to no article. Can be given several times.
    #[arg(long = "remove-selector", alias = "remove", value_name = "SELECTOR", value_parser = selector)]
    remove: Vec<String>,
    /// Add it without questions, whatever its address returns.
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
    /// Whether article pages are fetched; by default it asks once on a terminal, else `auto`.
    #[arg(long, value_enum, value_name = "WHEN")]
    full_text: Option<Pages>,
    /// Do not fetch the feeds first.
    #[arg(long)]
    no_probe: bool,
}

/// Whether article pages are fetched for their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pages {
    /// If the feed gives fewer than 80 words and robots.txt allows it.
    Auto,
    /// Always, if robots.txt allows it.
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

/// How the items of a feed are identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Identity {
    /// The id that the feed gives them, until it turns out to change or to repeat.
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
    let options = &arguments.options;
    let (place, json) = (&options.instance, options.json);
    block_on(async {
        match &arguments.command {
            FeedCommand::Add(wanted) => {
                add::run(&Client::connect(place, Need::Nothing).await?, wanted, json, global).await
            }
            FeedCommand::Import(wanted) => import::run(place, wanted, json, global).await,
            FeedCommand::Ls { problems } => {
                list::run(&options.client().await?, *problems, json, global).await
            }
            FeedCommand::Set(wanted) => {
                set::run(&options.client().await?, wanted, json, global).await
            }
            FeedCommand::Rm { id } => remove(&options.client().await?, id, json, global).await,
            FeedCommand::Retry { id } => {
                retry::run(&options.client().await?, id, json, global).await
            }
            FeedCommand::Poll { id } => poll::run(&options.client().await?, id, json, global).await,
            FeedCommand::Backfill(wanted) => {
                backfill::run(&options.client().await?, wanted, json, global).await
            }
            FeedCommand::Export => export::run(&options.client().await?, json, global).await,
            FeedCommand::Test { url } => {
                let client = Client::running_or_temporary(place).await?;
                let found = probe::probe(&client, url).await?;
                probe::print(url, &found, json)
            }
            FeedCommand::Extract(wanted) => extract::run(wanted, json).await,
            FeedCommand::Parse(wanted) => parse::run(wanted, json, global),
        }
    })
}

/// All feeds.
async fn feeds(client: &Client) -> Result<Vec<FeedRecord>, ClientError> {
    Ok(feed_list(client).await?.feeds)
}

/// All feeds, and the ids of those that wait for a command to be carried out.
async fn feed_list(client: &Client) -> Result<FeedList, ClientError> {
    client.get("/api/v1/feeds").await
}

async fn remove(client: &Client, id: &str, json: bool, global: &Global) -> anyhow::Result<Exit> {
    let id = id_of(client, id).await?;
    let removed = client.delete(&format!("/api/v1/feeds/{}", escaped(&id))).await;
    let accepted: Accepted = removed.map_err(|error| error.see("wirefold feed ls"))?;
    global.answer(json, &accepted, format_args!("{id} is removed{}", client.when()))
}

/// The id of a feed, given its id or its address.
async fn id_of(client: &Client, named: &str) -> anyhow::Result<String> {
    if !named.contains("://") {
        return Ok(named.to_owned());
    }
    Ok(record_of(client, named).await?.feed.id.to_string())
}

/// The feed with this id or address.
async fn record_of(client: &Client, named: &str) -> anyhow::Result<FeedRecord> {
    let is_address = named.contains("://");
    let is_named = |known: &FeedRecord| match is_address {
        true => known.feed.url == named,
        false => known.feed.id.as_str() == named,
    };
    let found = feeds(client).await?.into_iter().find(is_named);
    found.ok_or_else(|| {
        let what = match is_address {
            true => format!("no feed with the address {named}: see `wirefold feed ls`"),
            false => format!("no feed {named:?}: see `wirefold feed ls`"),
        };
        Stop::new(Exit::NotFound, what).into()
    })
}
