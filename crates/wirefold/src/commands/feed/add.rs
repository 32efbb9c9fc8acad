//! `wirefold feed add`.

use wirefold_fetcher::feed_address::{identity, written};
use wirefold_gateway::shapes::{Accepted, FeedAddition};
use wirefold_proto::{Command, FeedRecord, FullText, ItemIdentity};

use super::probe::{self, Found};
use super::{AddArguments, FIRST_POLL, feeds};
use crate::client::{Client, ClientError};
use crate::commands::ask::{ask, can_ask, confirm};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::output::{self, clean};

/// The decision after probing an address.
enum Choice {
    /// Watch this address. Redirects lead from it to the others.
    Add { url: String, leads_to: Vec<String> },
    /// A person declined.
    Cancel,
}

pub(super) async fn run(
    client: &Client,
    wanted: &AddArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let known = feeds(client).await?;
    if let Some(twin) = wanted.twin(&known, std::slice::from_ref(&wanted.url)) {
        let is_change = wanted.has_settings() && written(&twin.feed.url) == written(&wanted.url);
        return match is_change {
            true => {
                add(client, wanted, twin.feed.url.clone(), Outcome::Changed, json, global).await
            }
            false => print_existing(twin, wanted, json, global),
        };
    }
    let (url, leads_to) = match choose(client, wanted, global).await? {
        Choice::Add { url, leads_to } => (url, leads_to),
        Choice::Cancel => {
            global.note(format_args!("not added"));
            return Ok(Exit::Ok);
        }
    };
    let addresses = [std::slice::from_ref(&url), &leads_to].concat();
    if let Some(twin) = wanted.twin(&known, &addresses) {
        return print_existing(twin, wanted, json, global);
    }
    add(client, wanted, url, Outcome::Added, json, global).await
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
        let texts = [self.title.is_some(), sites, self.group.is_some()];
        let of_pages = self.article.is_some() || !self.remove.is_empty();
        let settings_given = [self.full_text.is_some(), self.identity.is_some(), of_pages];
        [texts, settings_given].concat().contains(&true)
    }
}

/// Prints which feed is already watched.
fn print_existing(
    twin: &FeedRecord,
    wanted: &AddArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let (id, url) = (&twin.feed.id, clean(&twin.feed.url));
    if json {
        output::print_json(twin)?;
    }
    global.note(format_args!("already watched as {id}: {url}"));
    if wanted.has_settings() {
        global.note(format_args!("nothing has changed: to change it, add that address"));
    }
    Ok(Exit::Ok)
}

/// The outcome of a stored command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Added,
    Changed,
}

async fn add(
    client: &Client,
    wanted: &AddArguments,
    url: String,
    outcome: Outcome,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let addition = FeedAddition {
        id: wanted.id.clone(),
        url,
        title: wanted.title.clone(),
        outlet: wanted.outlet.clone(),
        speaks_for: wanted.speaks_for.clone(),
        group: wanted.group.clone(),
        full_text: wanted.full_text.map_or(FullText::Auto, FullText::from),
        identity: wanted.identity.map_or(ItemIdentity::Auto, ItemIdentity::from),
        article_selector: wanted.article.clone(),
        remove_selectors: wanted.remove.clone(),
    };
    let accepted: Accepted = client.post("/api/v1/feeds", &addition).await?;
    if json {
        output::print_json(&accepted)?;
    } else {
        let id = match &accepted.command.command {
            Command::FeedAdd { feed } | Command::FeedChange { feed } => feed.id.to_string(),
            _ => addition.url.clone(),
        };
        let (id, when) = (clean(&id), client.when());
        let settings_given = match outcome {
            Outcome::Added => format!("{id} is watched{when}: `wirefold feed ls`"),
            Outcome::Changed => format!("{id} was watched already and is changed{when}"),
        };
        global.note(format_args!("{settings_given}"));
        if outcome == Outcome::Added {
            global.note(format_args!("{FIRST_POLL}"));
        }
    }
    Ok(Exit::Ok)
}

async fn choose(client: &Client, wanted: &AddArguments, global: &Global) -> anyhow::Result<Choice> {
    let as_given = |leads_to| Choice::Add { url: wanted.url.clone(), leads_to };
    let found = match probe::find_feeds(client, &wanted.url).await {
        Ok(found) => found,
        Err(ClientError::Refused(problem)) if wanted.yes => {
            // A network that is down now may work at the next poll.
            global.note(format_args!("note: not checked: {problem}"));
            return Ok(as_given(Vec::new()));
        }
        Err(error) => return Err(error.into()),
    };
    global.note(format_args!("{}", probe::describe(&wanted.url, &found).trim_end()));
    if found.is_feed() {
        let is_sure = wanted.yes || !can_ask() || confirm("Watch it?")?;
        return Ok(if is_sure { as_given(found.leads_to()) } else { Choice::Cancel });
    }
    not_a_feed(wanted, &found)
}

/// The message for a page that is not a feed, with the feeds that it names.
fn not_a_feed(wanted: &AddArguments, found: &Found) -> anyhow::Result<Choice> {
    let add = |url: &String| Choice::Add { url: url.clone(), leads_to: Vec::new() };
    match found.feeds.as_slice() {
        [] if wanted.yes => Ok(add(&wanted.url)),
        [only] if wanted.yes => Ok(add(only)),
        [only] if can_ask() => {
            let is_sure = confirm("Watch that feed?")?;
            Ok(if is_sure { add(only) } else { Choice::Cancel })
        }
        [] => {
            let what = "not added: no feed was found there; --yes adds it anyway";
            Err(Stop::new(Exit::Failure, what).into())
        }
        many if can_ask() => {
            let answer = ask(&format!("Which one? [1-{}, empty: none]", many.len()))?;
            let number = answer.and_then(|answer| answer.parse::<usize>().ok());
            let chosen = number.and_then(|number| many.get(number.checked_sub(1)?));
            Ok(chosen.map_or(Choice::Cancel, add))
        }
        _ => {
            let what =
                "not added: this is a page, not a feed: give the address of one of its feeds";
            Err(Stop::new(Exit::Usage, what).into())
        }
    }
}
