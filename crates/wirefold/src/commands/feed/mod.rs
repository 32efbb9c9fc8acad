//! `wirefold feed`: the feeds and their state.

mod import;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::json;
use wirefold_feed::{Feed, FeedError, Item};
use wirefold_fetcher::extract::{ExtractError, Extractor, Page, Rule, check_selector};
use wirefold_fetcher::feed_address::{identity, written};
use wirefold_fetcher::opml::OpmlFeed;
use wirefold_fetcher::{Probe, opml};
use wirefold_gateway::shapes::{Accepted, FeedAddition, FeedList, ProbeReport, ProbeRequest};
use wirefold_proto::{
    Command, FeedHealth, FeedId, FeedRecord, FeedSettings, FeedSite, FullText, ItemIdentity,
    ListRecord, Outlet, SiteProof, Teasers,
};

use super::{Session, ask, can_ask, confirm, one_of, with_help};
use crate::client::{Client, ClientError, ClientOptions, Need, block_on, escaped};
use crate::columns::{Cell, Columns};
use crate::exit::{Exit, stop};
use crate::extraction::settings;
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::{clean, count};
use crate::{input, output};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
/// Printed with new feeds, because they are silent at first.
const FIRST_POLL: &str = "the first poll of a feed never alerts: its items are older news, and later articles are compared with them";
/// The path of the feeds in the API.
const PATH: &str = "/api/v1/feeds";
/// The path of probes in the API.
const PROBE: &str = "/api/v1/feeds/probe";

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
    Set(SetArguments),
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
    Import(import::ImportArguments),
    /// Print all feeds as a list (OPML) for feed readers.
    #[command(after_help = "Example:\n  wirefold feed export > feeds.opml")]
    Export,
    /// Print the items of a feed from a file; it makes no request and stores nothing.
    #[command(after_help = "\
Examples:
  wirefold feed parse feed.xml
  wirefold feed parse --json --url https://harbour.example/feed.xml < feed.xml")]
    Parse(ParseArguments),
    /// Print the article of an HTML page: title, byline, time, language, text.
    #[command(after_help = "\
Examples:
  wirefold feed extract page.html
  wirefold feed extract --json --url https://harbour.example/ferry < page.html
  wirefold feed extract --article-selector 'div.story' --remove-selector '.advert' page.html

Exit codes: 0 ok, 1 no page gave an article, 5 some did not.")]
    Extract(ExtractArguments),
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
    /// Its silence is a health condition: your deliveries tell you if nothing new comes for far longer than usual.
    #[arg(long)]
    priority: bool,
    /// The group it is listed under.
    #[arg(long)]
    group: Option<String>,
    /// Whether article pages are fetched; by default `auto`: if the feed gives only teasers and the
    /// site allows it.
    #[arg(long, value_name = "WHEN", value_parser = one_of::<FullText>(with_help(PAGES)))]
    full_text: Option<FullText>,
    /// How to identify its items; by default `auto`: by the id that the feed gives them, until it turns out
    /// to change or to repeat.
    #[arg(long, value_name = "BY", value_parser = one_of::<ItemIdentity>(with_help([
        ("auto", "The id that the feed gives them, until it turns out to change or to repeat"),
        ("guid", "The id that the feed gives them"),
        ("link", "Their link"),
        ("title", "Their title, and the day"),
    ])))]
    identity: Option<ItemIdentity>,
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

/// Whether article pages are fetched for their text.
const PAGES: [(&str, &str); 3] = [
    ("auto", "If the feed gives fewer than 80 words and robots.txt allows it"),
    ("on", "Always, if robots.txt allows it"),
    ("off", "Never"),
];

/// A CSS selector from the command line.
fn selector(text: &str) -> Result<String, String> {
    check_selector(text).map(|()| text.to_owned())
}

/// The value that lets wirefold find the site.
const FOUND: &str = "found";

/// Arguments of `feed set`.
#[derive(Debug, Args)]
struct SetArguments {
    /// Its id from `feed ls`, or its address.
    #[arg(value_name = "ID")]
    id: String,
    /// The site; `nobody` for an aggregator; `found` to let wirefold find it.
    #[arg(long, value_name = "SITE")]
    speaks_for: Outlet,
}

/// Runs a `feed` command.
pub(crate) fn run(arguments: &FeedArguments, global: &Global) -> anyhow::Result<Exit> {
    let options = &arguments.options;
    let session = |need| Session::open(options, need, global);
    block_on(async {
        match &arguments.command {
            FeedCommand::Add(wanted) => session(Need::Nothing).await?.add_feed(wanted).await,
            FeedCommand::Import(wanted) => import::run(options, wanted, global).await,
            FeedCommand::Ls { problems } => session(Need::Data).await?.list_feeds(*problems).await,
            FeedCommand::Set(wanted) => session(Need::Data).await?.set_feed(wanted).await,
            FeedCommand::Rm { id } => session(Need::Data).await?.remove_feed(id).await,
            FeedCommand::Retry { id } => session(Need::Data).await?.retry_feed(id).await,
            FeedCommand::Poll { id } => session(Need::Data).await?.poll_feed(id).await,
            FeedCommand::Export => session(Need::Data).await?.export_feeds().await,
            FeedCommand::Test { url } => {
                let client = Client::running_or_temporary(&options.instance).await?;
                Session { client, json: options.json, global }.test_address(url).await
            }
            FeedCommand::Extract(wanted) => extract(wanted, options.json).await,
            FeedCommand::Parse(wanted) => parse(wanted, options.json, global),
        }
    })
}

impl Session<'_> {
    async fn set_feed(&self, wanted: &SetArguments) -> anyhow::Result<Exit> {
        let feed = self.feed(&wanted.id).await?.feed;
        let id = feed.id.clone();
        let speaks_for = Some(wanted.speaks_for.clone()).filter(|site| site.as_str() != FOUND);
        let changed = FeedAddition { speaks_for, ..unchanged(feed) };
        let accepted: Accepted = self.client.post(PATH, &changed).await?;
        let message = match wanted.speaks_for.as_str() {
            FOUND => "wirefold looks again for the site that it speaks for".to_owned(),
            site => format!("speaks for {site}"),
        };
        self.answer(&accepted, format_args!("{id} {message}{}", self.client.when()))
    }

    async fn remove_feed(&self, named: &str) -> anyhow::Result<Exit> {
        let id = self.feed_id(named).await?;
        let removed = self.client.delete(&format!("{PATH}/{}", escaped(&id))).await;
        let accepted: Accepted = removed.map_err(|error| error.see("wirefold feed ls"))?;
        self.answer(&accepted, format_args!("{id} is removed{}", self.client.when()))
    }

    async fn retry_feed(&self, named: &str) -> anyhow::Result<Exit> {
        let record = self.feed(named).await?;
        let id = record.feed.id.clone();
        if record.set_aside.is_none() {
            self.note(format_args!("{id} is not set aside: it is polled as usual"));
            return Ok(Exit::Ok);
        }
        let accepted: Accepted = self.client.post(PATH, &unchanged(record.feed)).await?;
        self.answer(&accepted, format_args!("{id} is polled again{}", self.client.when()))
    }

    async fn poll_feed(&self, named: &str) -> anyhow::Result<Exit> {
        let record = self.feed(named).await?;
        let id = record.feed.id.as_str();
        if record.set_aside.is_some() {
            stop!(Failure, "{id} is set aside: `wirefold feed retry {id}` brings it back");
        }
        let path = format!("{PATH}/{}/poll", escaped(id));
        let accepted: Accepted = self.client.post(&path, &json!({})).await?;
        self.answer(&accepted, format_args!("{id} is polled now{}", self.client.when()))
    }

    async fn export_feeds(&self) -> anyhow::Result<Exit> {
        let feeds = feed_list(&self.client).await?.feeds;
        if feeds.is_empty() {
            self.note("note: no feeds yet: `wirefold feed add URL`");
        }
        if self.json {
            feeds.iter().try_for_each(output::print_json)?;
            return Ok(Exit::Ok);
        }
        let list: Vec<OpmlFeed> = feeds.iter().map(outline).collect();
        output::print(&opml::write("wirefold feeds", &list))
    }

    /// Prints what is at an address. If it is not a feed, the exit code says so.
    async fn test_address(&self, url: &str) -> anyhow::Result<Exit> {
        let request = ProbeRequest { url: url.to_owned(), list: false, here_only: false };
        let report: ProbeReport = self.client.post(PROBE, &request).await?;
        let found: Probe = serde_json::from_value(report.found.clone()).unwrap_or_default();
        self.show(&report, |_| Ok(format!("{}{}", describe(url, &found)?, in_detail(&found)?)))?;
        Ok(if is_feed(&found) { Exit::Ok } else { Exit::Failure })
    }

    /// The id of a feed, given its id or its address.
    async fn feed_id(&self, named: &str) -> anyhow::Result<String> {
        match named.contains("://") {
            true => Ok(self.feed(named).await?.feed.id.to_string()),
            false => Ok(named.to_owned()),
        }
    }

    /// The feed with this id or address.
    async fn feed(&self, named: &str) -> anyhow::Result<FeedRecord> {
        let is_address = named.contains("://");
        let is_named = |known: &FeedRecord| match is_address {
            true => known.feed.url == named,
            false => known.feed.id.as_str() == named,
        };
        match feed_list(&self.client).await?.feeds.into_iter().find(is_named) {
            Some(found) => Ok(found),
            None if is_address => {
                stop!(NotFound, "no feed with the address {named}: see `wirefold feed ls`")
            }
            None => stop!(NotFound, "no feed {named:?}: see `wirefold feed ls`"),
        }
    }

    async fn add_feed(&self, wanted: &AddArguments) -> anyhow::Result<Exit> {
        let known = feed_list(&self.client).await?.feeds;
        if let Some(twin) = wanted.twin(&known, std::slice::from_ref(&wanted.url)) {
            let is_change =
                wanted.has_settings() && written(&twin.feed.url) == written(&wanted.url);
            return match is_change {
                true => self.send_feed(wanted, twin.feed.url.clone(), true).await,
                false => self.print_existing(twin, wanted),
            };
        }
        let Some((url, leads_to)) = self.choose(wanted).await? else {
            self.note("not added");
            return Ok(Exit::Ok);
        };
        let addresses = [std::slice::from_ref(&url), &leads_to].concat();
        match wanted.twin(&known, &addresses) {
            Some(twin) => self.print_existing(twin, wanted),
            None => self.send_feed(wanted, url, false).await,
        }
    }

    /// Prints which feed is already watched.
    fn print_existing(&self, twin: &FeedRecord, wanted: &AddArguments) -> anyhow::Result<Exit> {
        if self.json {
            output::print_json(twin)?;
        }
        let (id, url) = (&twin.feed.id, clean(&twin.feed.url));
        self.note(format_args!("already watched as {id}: {url}"));
        if wanted.has_settings() {
            self.note("nothing has changed: to change it, add that address");
        }
        Ok(Exit::Ok)
    }

    async fn send_feed(
        &self,
        wanted: &AddArguments,
        url: String,
        is_known: bool,
    ) -> anyhow::Result<Exit> {
        let addition = FeedAddition {
            id: wanted.id.clone(),
            url,
            title: wanted.title.clone(),
            outlet: wanted.outlet.clone(),
            speaks_for: wanted.speaks_for.clone(),
            group: wanted.group.clone(),
            priority: wanted.priority,
            full_text: wanted.full_text.unwrap_or_default(),
            identity: wanted.identity.unwrap_or_default(),
            article_selector: wanted.article.clone(),
            remove_selectors: wanted.remove.clone(),
        };
        let accepted: Accepted = self.client.post(PATH, &addition).await?;
        let id = match &accepted.command.command {
            Command::FeedAdd { feed } | Command::FeedChange { feed } => feed.id.to_string(),
            _ => addition.url,
        };
        let (id, when) = (clean(&id), self.client.when());
        self.answer(
            &accepted,
            match is_known {
                false => format!("{id} is watched{when}: `wirefold feed ls`\n{FIRST_POLL}"),
                true => format!("{id} was watched already and is changed{when}"),
            },
        )
    }

    /// The address to watch, and those to which it redirects. `None` if a person declined.
    async fn choose(&self, wanted: &AddArguments) -> anyhow::Result<Option<(String, Vec<String>)>> {
        let as_given = |leads_to| Some((wanted.url.clone(), leads_to));
        let found: Probe = match find(&self.client, &wanted.url, false, false).await {
            Ok(found) => found,
            Err(ClientError::Refused(problem)) if wanted.yes => {
                // A network that is down now may work at the next poll.
                self.note(format_args!("note: not checked: {problem}"));
                return Ok(as_given(Vec::new()));
            }
            Err(error) => return Err(error.into()),
        };
        self.note(describe(&wanted.url, &found)?.trim_end());
        if is_feed(&found) {
            let is_sure = wanted.yes || !can_ask() || confirm("Watch it?")?;
            return Ok(as_given(leads_to(&found)).filter(|_| is_sure));
        }
        Ok(choose_of_page(wanted, &found)?.map(|url| (url, Vec::new())))
    }

    async fn list_feeds(&self, problems: bool) -> anyhow::Result<Exit> {
        let FeedList { feeds: all, mut waiting, lists, .. } = feed_list(&self.client).await?;
        if self.client.is_running() {
            // They wait only for a moment.
            waiting.clear();
        }
        let shown: Vec<&FeedRecord> =
            all.iter().filter(|record| !problems || record.needs_a_look()).collect();
        let ailing = |list: &&ListRecord| list.problem.is_some();
        if self.json {
            shown.iter().try_for_each(output::print_json)?;
            lists.iter().filter(|it| problems && ailing(it)).try_for_each(output::print_json)?;
            return Ok(Exit::Ok);
        }
        let time = LocalTime::system();
        for list in lists.iter().filter(|it| !problems || ailing(it)) {
            self.note(of_list(list, &time));
        }
        if all.is_empty() && lists.is_empty() {
            self.note("no feeds yet: `wirefold feed import FILE.opml` or `wirefold feed add URL`");
            return Ok(Exit::Ok);
        }
        if !shown.is_empty() {
            let shown = match problems {
                true => shown.iter().map(|record| problem_of(record, &time)).collect(),
                false => table(&shown, &waiting, &time).render(),
            };
            output::print_styled(&shown)?;
        }
        self.note(summary(&all));
        if !waiting.is_empty() {
            let wait = count(waiting.len(), "feed waits", "feeds wait");
            self.note(format_args!("note: {wait} for the next `wirefold up`"));
        }
        advice(&all).iter().for_each(|advice| self.note(advice));
        Ok(Exit::Ok)
    }
}

/// All feeds and lists, and the ids of those that wait for a command to be carried out.
async fn feed_list(client: &Client) -> Result<FeedList, ClientError> {
    client.get(PATH).await
}

/// The current settings of a feed.
fn unchanged(feed: FeedSettings) -> FeedAddition {
    FeedAddition {
        id: Some(feed.id),
        url: feed.url,
        title: feed.title,
        outlet: feed.outlet,
        speaks_for: feed.speaks_for,
        group: feed.group,
        priority: feed.priority,
        full_text: feed.full_text,
        identity: feed.identity,
        article_selector: feed.article_selector,
        remove_selectors: feed.remove_selectors,
    }
}

impl AddArguments {
    /// The feed that is already watched at one of these addresses. If the command gives an id, the feed
    /// counts as another one.
    fn twin<'a>(&self, known: &'a [FeedRecord], addresses: &[String]) -> Option<&'a FeedRecord> {
        let ours: Vec<String> = addresses.iter().map(|address| identity(address)).collect();
        let is_twin = |record: &&FeedRecord| ours.contains(&identity(&record.feed.url));
        if self.id.is_some() { None } else { known.iter().find(is_twin) }
    }

    /// Whether the command gives more than an address.
    fn has_settings(&self) -> bool {
        let sites = self.outlet.is_some() || self.speaks_for.is_some();
        let texts = [self.title.is_some(), sites, self.group.is_some(), self.priority];
        let of_pages = self.article.is_some() || !self.remove.is_empty();
        let settings_given = [self.full_text.is_some(), self.identity.is_some(), of_pages];
        texts.contains(&true) || settings_given.contains(&true)
    }
}

/// The feed to watch of those that a page names. `None` if a person declined.
fn choose_of_page(wanted: &AddArguments, found: &Probe) -> anyhow::Result<Option<String>> {
    match found.feeds.as_slice() {
        [] if wanted.yes => Ok(Some(wanted.url.clone())),
        [only] if wanted.yes => Ok(Some(only.clone())),
        [only] if can_ask() => Ok(confirm("Watch that feed?")?.then(|| only.clone())),
        [] => stop!(Failure, "not added: no feed was found there; --yes adds it anyway"),
        many if can_ask() => {
            let answer = ask(&format!("Which one? [1-{}, empty: none]", many.len()))?;
            let number = answer.and_then(|answer| answer.parse::<usize>().ok());
            Ok(number.and_then(|number| many.get(number.checked_sub(1)?)).cloned())
        }
        _ => stop!(
            Usage,
            "not added: this is a page, not a feed: give the address of one of its feeds"
        ),
    }
}

fn outline(record: &FeedRecord) -> OpmlFeed {
    let feed = &record.feed;
    OpmlFeed {
        url: feed.url.clone(),
        title: feed.title.clone().or_else(|| record.feed_title.clone()),
        group: feed.group.clone(),
        id: Some(feed.id.to_string()),
        outlet: feed.outlet.as_ref().map(ToString::to_string),
        speaks_for: feed.speaks_for.as_ref().map(ToString::to_string),
        full_text: (feed.full_text != FullText::Auto).then_some(feed.full_text),
    }
}

/// Probes an address: for a list or a feed, only there or also around it.
async fn find<T: DeserializeOwned>(
    client: &Client,
    url: &str,
    list: bool,
    here_only: bool,
) -> Result<T, ClientError> {
    let request = ProbeRequest { url: url.to_owned(), list, here_only };
    let report: ProbeReport = client.post(PROBE, &request).await?;
    serde_json::from_value(report.found).map_err(|why| ClientError::garbled(PROBE, &why))
}

/// Whether a probe found a feed that can be watched.
fn is_feed(found: &Probe) -> bool {
    found.problem.is_none() && found.feeds.is_empty()
}

/// The addresses of the redirects.
fn leads_to(found: &Probe) -> Vec<String> {
    found.redirects.iter().map(|hop| hop.to.clone()).collect()
}

/// The site that a feed speaks for, in a sentence. The first poll also asks the site of its items.
fn describe_site(found: &Probe) -> Option<String> {
    let site = found.site.as_ref()?;
    Some(match (site.how, &site.leading) {
        (SiteProof::Unproven, Some(leading)) => format!(
            "{} of {} items lead to {leading}: the first poll checks whether that site names this \
             feed; if you know it does, add --speaks-for {leading}",
            site.items, site.of
        ),
        _ => site.describe(&FeedId::default()),
    })
}

/// The actions of wirefold for a feed, and a sample item.
fn in_detail(found: &Probe) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    for hop in &found.redirects {
        writeln!(out, "leads to {}", clean(&hop.to))?;
    }
    for would in &found.would {
        writeln!(out, "{}", clean(would))?;
    }
    if let Some(sample) = &found.sample {
        let or_none = |text: &Option<String>| clean(text.as_deref().unwrap_or("none"));
        writeln!(out, "sample: {}", clean(&sample.title))?;
        writeln!(out, "  link       {}", or_none(&sample.link))?;
        writeln!(out, "  published  {}", or_none(&sample.published))?;
        writeln!(out, "  known by   {}", clean(&sample.key))?;
        let words = count(sample.words, "word", "words");
        writeln!(out, "  text       {words}: {}", clean(&sample.start))?;
    }
    Ok(out)
}

/// A few lines for people.
fn describe(url: &str, found: &Probe) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    if is_feed(found) {
        let title = found.title.as_deref().unwrap_or("(no title)");
        writeln!(out, "{}", clean(title))?;
        let items = count(found.items, "item", "items");
        let teasers = match found.teasers {
            0 => "all with their text".to_owned(),
            all if all == found.items => "all of them teasers of fewer than 80 words".to_owned(),
            some => format!("{some} of them teasers of fewer than 80 words"),
        };
        writeln!(out, "{items}, {teasers}")?;
        if let Some(whose) = describe_site(found) {
            writeln!(out, "{}", clean(&whose))?;
        }
        for newest in found.newest.iter().take(3) {
            writeln!(out, "  {}", clean(newest))?;
        }
        return Ok(out);
    }
    if let Some(problem) = &found.problem {
        writeln!(out, "{}: {}", clean(url), clean(problem))?;
    }
    if !found.feeds.is_empty() {
        writeln!(out, "its site has {}:", count(found.feeds.len(), "feed", "feeds"))?;
        for feed in &found.feeds {
            writeln!(out, "  {}", clean(feed))?;
        }
    }
    Ok(out)
}

/// The table of feeds. For those in `waiting`, the next `up` carries out a command.
fn table(records: &[&FeedRecord], waiting: &[String], time: &LocalTime) -> Columns {
    let mut table = Columns::new(&[
        "id", "health", "next poll", "articles", "speaks for", "group", "title or problem",
    ]);
    for record in records {
        let style = if record.needs_a_look() { BAD } else { GOOD };
        let waits = waiting.iter().any(|id| id == record.feed.id.as_str());
        let next = if waits { "at the next `up`".to_owned() } else { next_poll(record, time) };
        let title = record.feed.title.as_ref().or(record.feed_title.as_ref());
        let title = title.unwrap_or(&record.feed.url);
        // The column shows the problem in full; the id identifies the feed.
        let wrong = record.describe();
        let title = if wrong.is_empty() { title.clone() } else { wrong };
        table.push(vec![
            Cell::new(record.feed.id.as_str()),
            Cell::styled(health(record, time), style),
            Cell::faint(next),
            Cell::new(record.articles.to_string()),
            Cell::faint(speaks_for(record)),
            Cell::faint(record.feed.group.as_deref().unwrap_or_default()),
            Cell::new(title),
        ]);
    }
    table
}

/// The site that the feed speaks for: as found at a poll, or before the first poll as set by hand.
fn speaks_for(record: &FeedRecord) -> String {
    let configured = || record.feed.speaks_for.as_ref().map(ToString::to_string);
    record.site.as_ref().map(FeedSite::in_short).or_else(configured).unwrap_or_default()
}

/// The problems of a feed in full, because a column would cut them: its last error, then each finding by its
/// name.
fn problem_of(record: &FeedRecord, time: &LocalTime) -> String {
    let (health, next) = (health(record, time), next_poll(record, time));
    let findings = record.describe_findings();
    let findings = findings.map(|(finding, words)| format!("{}: {words}", finding.name()));
    let lines = record.problem.clone().into_iter().chain(findings);
    let lines: String = lines.map(|line| format!("    {}\n", clean(&line))).collect();
    format!("{}  {BAD}{health}{BAD:#} · next poll {next}\n{lines}", record.feed.id)
}

fn next_poll(record: &FeedRecord, time: &LocalTime) -> String {
    match (record.health, record.next_poll) {
        (FeedHealth::Gone, _) => "never".to_owned(),
        _ if record.set_aside.is_some() => "set aside".to_owned(),
        (_, Some(at)) => time.relative(at),
        (_, None) => "soon".to_owned(),
    }
}

/// `good, 3 min ago`, `good, only teasers`, `failing 3 times`.
fn health(record: &FeedRecord, time: &LocalTime) -> String {
    match record.health {
        FeedHealth::Waiting => "not polled yet".to_owned(),
        FeedHealth::Good => {
            let last = record.last_good.map(|at| format!(", {}", time.relative(at)));
            let teases = record.teasers.is_some_and(Teasers::is_teasing);
            format!("good{}{}", last.unwrap_or_default(), if teases { ", teases" } else { "" })
        }
        FeedHealth::Failing => {
            let times = match record.failures {
                0 | 1 => "failing".to_owned(),
                many => format!("failing {many} times in a row"),
            };
            let since = record.failing_since.filter(|_| record.failures > 1);
            let since = since.map(|at| format!(", since {}", time.relative(at)));
            format!("{times}{}", since.unwrap_or_default())
        }
        FeedHealth::Gone => "gone for good".to_owned(),
    }
}

/// `list https://…: 34 feeds, read 5 min ago` or what is wrong with it.
fn of_list(list: &ListRecord, time: &LocalTime) -> String {
    let url = clean(&list.url);
    let since = list.failing_since.map(|at| format!(" since {}", time.relative(at)));
    match (&list.problem, list.last_good) {
        (Some(problem), _) => {
            let since = since.unwrap_or_default();
            format!("list {url}: failing{since}: {}", clean(problem))
        }
        (None, Some(at)) => {
            let feeds = count(list.feeds, "feed", "feeds");
            format!("list {url}: {feeds}, read {}", time.relative(at))
        }
        (None, None) => format!("list {url}: not read yet"),
    }
}

/// `200 feeds: 190 good, 10 failing; 164 of 200 feeds send teasers`.
fn summary(all: &[FeedRecord]) -> String {
    let of = |health| all.iter().filter(|record| record.health == health).count();
    let sorts = [
        (of(FeedHealth::Good), "good"),
        (of(FeedHealth::Failing), "failing"),
        (of(FeedHealth::Gone), "gone"),
        (of(FeedHealth::Waiting), "not polled yet"),
    ];
    let parts: Vec<String> =
        sorts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let feeds = count(all.len(), "feed", "feeds");
    let known: Vec<(&FeedRecord, Teasers)> =
        all.iter().filter_map(|record| Some((record, record.teasers?))).collect();
    let teasing: Vec<&FeedRecord> =
        known.iter().filter(|(_, teasers)| teasers.is_teasing()).map(|(feed, _)| *feed).collect();
    let teasers = match (teasing.as_slice(), known.len()) {
        (_, 0) | ([], 1) => String::new(),
        ([only], _) => format!("; {} sends teasers", only.feed.id),
        (many, known) => format!("; {} of {known} feeds send teasers", many.len()),
    };
    format!("{feeds}: {}{teasers}", parts.join(", "))
}

/// Advice about feeds that have only teasers and whose pages are not fetched.
fn advice(all: &[FeedRecord]) -> Option<String> {
    let teases = |record: &&FeedRecord| {
        record.teasers.is_some_and(Teasers::is_teasing) && record.feed.full_text == FullText::Off
    };
    let off = all.iter().filter(teases).count();
    (off > 0).then(|| {
        format!(
            "{} and full text is off for them: teasers are too short to be compared, so that \
             their copies do not fold. `wirefold feed add URL --full-text auto` fetches the pages",
            count(off, "feed only teases", "feeds only tease"),
        )
    })
}

// `wirefold feed parse` and `wirefold feed extract`: the items of feeds and the articles of pages, from files or
// standard input.

/// The largest part of a file that is read, in bytes. The extractor has its own limit.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Arguments of `feed parse`.
#[derive(Debug, Args)]
struct ParseArguments {
    /// Files with one feed each; without any, or with -, a feed on standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The address that the feed came from, for its relative links.
    #[arg(long, value_name = "URL", default_value = "")]
    url: String,
}

/// Arguments of `feed extract`.
#[derive(Debug, Args)]
struct ExtractArguments {
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
fn parse(arguments: &ParseArguments, json: bool, global: &Global) -> anyhow::Result<Exit> {
    let files = or_standard_input(&arguments.files);
    let mut failed = 0;
    for file in &files {
        let name = file.display();
        let feed = input::bytes(file, MAX_FILE_BYTES).map_err(|error| error.to_string());
        let parse = |bytes: Vec<u8>| wirefold_feed::parse(&bytes, None, &arguments.url);
        match feed
            .and_then(|bytes| parse(bytes).map_err(|error| clean(&describe_feed_error(&error))))
        {
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

fn describe_feed_error(error: &FeedError) -> String {
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
async fn extract(arguments: &ExtractArguments, json: bool) -> anyhow::Result<Exit> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_proto::{FeedFinding, decode};

    fn record(change: impl FnOnce(&mut FeedRecord)) -> FeedRecord {
        let sample = include_bytes!("../../../../../proto/samples/wirefold.feed.2.json");
        let mut record: FeedRecord = decode(sample).unwrap();
        record.health = FeedHealth::Good;
        record.problem = None;
        record.failing_since = None;
        record.findings = Vec::new();
        record.feed.full_text = FullText::Auto;
        record.teasers = Some(Teasers { teasers: 9, items: 10 });
        change(&mut record);
        record
    }

    #[test]
    fn the_summary_counts_feeds_that_tease() {
        let full = |record: &mut FeedRecord| {
            record.teasers = Some(Teasers { teasers: 1, items: 10 });
        };
        let waiting = |record: &mut FeedRecord| {
            record.health = FeedHealth::Waiting;
            record.teasers = None;
        };
        let all = [record(|_| {}), record(full), record(waiting)];
        let id = &all[0].feed.id;
        let one = format!("3 feeds: 2 good, 1 not polled yet; {id} sends teasers");
        assert_eq!(summary(&all), one);
        assert_eq!(
            summary(&[record(|_| {}), record(|_| {}), record(full)]),
            "3 feeds: 3 good; 2 of 3 feeds send teasers"
        );
        assert_eq!(summary(&[record(full)]), "1 feed: 1 good");
        assert_eq!(advice(&all), None);
        let off = [record(|record| record.feed.full_text = FullText::Off)];
        assert!(advice(&off).unwrap().starts_with("1 feed only teases"));
    }

    #[test]
    fn feeds_with_problems_give_the_reason() {
        let failing = record(|record| {
            record.health = FeedHealth::Failing;
            record.failures = 3;
            record.problem = Some("HTTP 503".to_owned());
        });
        assert!(failing.needs_a_look() && !record(|_| {}).needs_a_look());
        let silent = record(|record| {
            record.findings = vec![FeedFinding::Silent, FeedFinding::Duplicate];
            record.duplicate_of = "twin".parse().ok();
        });
        assert!(silent.needs_a_look());
        let words = silent.describe();
        assert!(words.starts_with("silent for far longer"), "{words}");
        assert!(words.contains("the same address as twin"), "{words}");
        let time = LocalTime::fixed("2026-03-01T12:00:00Z".parse().unwrap());
        let shown = table(&[&failing], &[], &time).render();
        assert!(
            shown.contains("failing 3 times in a row") && shown.contains("HTTP 503"),
            "{shown}"
        );
        let problem = problem_of(&failing, &time);
        assert!(problem.starts_with("harbour-news  "), "{problem}");
        assert!(problem.ends_with("next poll in 30 min\n    HTTP 503\n"), "{problem}");
        let dead = record(|record| {
            record.health = FeedHealth::Failing;
            record.problem = Some("HTTP 404".to_owned());
            record.findings = vec![FeedFinding::Dead, FeedFinding::Duplicate];
            record.duplicate_of = "twin".parse().ok();
        });
        let lines = problem_of(&dead, &time);
        assert!(lines.contains("\n    HTTP 404\n    dead: given up"), "{lines}");
        assert!(lines.contains("\n    duplicate: the same address as twin"), "{lines}");
        let waits = table(&[&failing], &[failing.feed.id.to_string()], &time).render();
        assert!(waits.contains("at the next `up`"), "{waits}");
    }
}
