//! `wirefold feed import`: adds the feeds of a list. It can be repeated.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use futures_util::StreamExt;
use serde::Serialize;
use wirefold_fetcher::feed_address::identity;
use wirefold_fetcher::opml::{Opml, OpmlFeed};
use wirefold_gateway::shapes::{Accepted, FeedAddition};
use wirefold_proto::{FeedId, FeedRecord, FullText, ItemIdentity};

use super::survey::{self, Survey};
use super::{FIRST_POLL, ImportArguments, Pages, feeds, probe};
use crate::client::{Client, ClientError, Need};
use crate::commands::ask::{ask, can_ask};
use crate::commands::print_line;
use crate::config::Instance;
use crate::config::feed_id_of;
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::opml::{self, ListError};
use crate::output::{self, count};

/// The number of feeds that are added at a time. Each waits for the disk.
const AT_ONCE: usize = 16;

/// The outcome for a feed of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Added,
    Known,
    Refused,
}

/// A feed of the list with its outcome.
#[derive(Debug, Serialize)]
struct Imported {
    url: String,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

pub(super) async fn run(
    instance: &Instance,
    wanted: &ImportArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let (list, client) = if is_web(&wanted.file) {
        let client = Client::connect(instance, Need::Nothing).await?;
        (fetch(&client, &wanted.file).await?, client)
    } else {
        (read(Path::new(&wanted.file))?, Client::connect(instance, Need::Nothing).await?)
    };
    let list = feeds_of(list, &wanted.file, global)?;
    let known = feeds(&client).await?;
    let mut watched = Watched::of(&known);
    let (old, mut new): (Vec<OpmlFeed>, Vec<OpmlFeed>) =
        list.into_iter().partition(|feed| watched.name_of(&[identity(&feed.url)]).is_some());
    name(&mut new, &known);
    let of = |feed: OpmlFeed, outcome| Imported { url: feed.url, outcome, why: None };
    let mut done: Vec<Imported> = old.into_iter().map(|it| of(it, Outcome::Known)).collect();
    if wanted.dry_run {
        done.extend(new.into_iter().map(|feed| of(feed, Outcome::Added)));
    } else {
        if !wanted.no_probe && !new.is_empty() {
            let survey = survey::probe_all(&client, &new, global).await;
            let twins = watched.twins(&new, &survey);
            let places: Vec<usize> = twins.iter().map(|(at, _)| *at).collect();
            done.extend(twins.into_iter().map(|(at, name)| Imported {
                url: new[at].url.clone(),
                outcome: Outcome::Known,
                why: Some(format!("already watched as {name}")),
            }));
            let mut at = 0..;
            new.retain(|_| at.next().is_some_and(|at| !places.contains(&at)));
            let survey = survey.without(&places);
            global.note(format_args!("{}", survey.describe()));
            survey.unanswered(&new).iter().for_each(|line| global.note(format_args!("  {line}")));
        }
        let pages = pages(wanted.full_text, new.len(), global)?;
        done.extend(add(&client, new, pages).await?);
    }
    print_result(&client, &done, wanted, json, global)
}

/// Whether a list is at an address and not in a file.
fn is_web(list: &str) -> bool {
    let scheme = list.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| matches!(scheme.as_str(), "http" | "https"))
}

/// Fetches a list from an address, like a feed.
async fn fetch(client: &Client, url: &str) -> anyhow::Result<Opml> {
    let found = probe::fetch_list(client, url).await?;
    let Some(mut list) = found.list else {
        let why = found.problem.unwrap_or_else(|| "nothing there".to_owned());
        let why = format!("{}: {}", output::clean(url), output::clean(&why));
        return Err(Stop::new(Exit::Failure, why).into());
    };
    let claims = leave_out_claims(&mut list);
    if claims > 0 {
        list.notes.push(format!(
            "the list says which site {} for; wirefold ignores this because the list is remote: \
             use `wirefold feed set ID --speaks-for SITE` instead",
            count(claims, "feed speaks", "feeds speak")
        ));
    }
    Ok(list)
}

/// Removes the outlets and sites that a list claims for its feeds. Otherwise the author of the list could
/// give a feed authority for any site. Returns the number of feeds that had such a claim.
fn leave_out_claims(list: &mut Opml) -> usize {
    let claimed = |feed: &mut OpmlFeed| {
        let claims = [feed.outlet.take(), feed.speaks_for.take()];
        claims.iter().any(Option::is_some)
    };
    list.feeds.iter_mut().map(claimed).filter(|is_claimed| *is_claimed).count()
}

/// Reads a list from a file.
fn read(file: &Path) -> anyhow::Result<Opml> {
    let shown = file.display();
    opml::read_file(file).map_err(|error| {
        let exit = match &error {
            ListError::Unreadable(io) if io.kind() == std::io::ErrorKind::NotFound => {
                Exit::NotFound
            }
            ListError::Unreadable(_) => Exit::Failure,
            _ => Exit::Usage,
        };
        Stop::new(exit, format!("{shown}: {error}")).into()
    })
}

/// The feeds of a list. Prints what was left out or is missing.
fn feeds_of(list: Opml, shown: &str, global: &Global) -> anyhow::Result<Vec<OpmlFeed>> {
    let shown = output::clean(shown);
    for note in &list.notes {
        global.note(format_args!("note: {shown}: {}", output::clean(note)));
    }
    if !list.is_whole {
        global.note(format_args!("note: {shown}: it breaks off before its end"));
    }
    if list.feeds.is_empty() {
        return Err(Stop::new(Exit::NotFound, format!("{shown}: no feeds in it")).into());
    }
    Ok(list.feeds)
}

/// The feeds that are watched or will be, by their identities.
struct Watched {
    names: HashMap<String, String>,
}

impl Watched {
    fn of(known: &[FeedRecord]) -> Watched {
        let name = |record: &FeedRecord| (identity(&record.feed.url), record.feed.id.to_string());
        Watched { names: known.iter().map(name).collect() }
    }

    fn name_of(&self, identities: &[String]) -> Option<&str> {
        identities.iter().find_map(|one| self.names.get(one)).map(String::as_str)
    }

    /// The feeds that lead to a watched feed, or to an earlier one in the list, each with the name of that
    /// one.
    fn twins(&mut self, new: &[OpmlFeed], survey: &Survey) -> Vec<(usize, String)> {
        let mut twins = Vec::new();
        for (at, feed) in new.iter().enumerate() {
            let mut identities = vec![identity(&feed.url)];
            identities.extend(survey.leads_to(at).iter().map(|address| identity(address)));
            match self.name_of(&identities) {
                Some(name) => twins.push((at, name.to_owned())),
                None => {
                    let name = feed.id.as_ref().unwrap_or(&feed.url);
                    self.names.extend(identities.into_iter().map(|one| (one, name.clone())));
                }
            }
        }
        twins
    }
}

/// Gives each feed a unique id: its own, or one made from its address. The same list gives the same ids, even
/// if no running wirefold knows them yet.
fn name(new: &mut [OpmlFeed], known: &[FeedRecord]) {
    let mut used: HashSet<String> = known.iter().map(|record| record.feed.id.to_string()).collect();
    for feed in new {
        let brought = feed.id.take().filter(|id| id.parse::<FeedId>().is_ok());
        let made = brought.or_else(|| feed_id_of(&feed.url).ok());
        let Some(base) = made else {
            continue;
        };
        let free = (2..).map(|number| format!("{base}-{number}"));
        feed.id = std::iter::once(base.clone()).chain(free).find(|id| !used.contains(id));
        used.extend(feed.id.clone());
    }
}

/// Whether pages are fetched. A flag decides first, then the list itself for its feed, then the answer to the
/// question, then `auto`.
struct Choice {
    choice: Option<FullText>,
    answered: FullText,
}

fn pages(choice: Option<Pages>, new: usize, global: &Global) -> anyhow::Result<Choice> {
    let choice = choice.map(FullText::from);
    if choice.is_some() || new == 0 {
        return Ok(Choice { choice, answered: FullText::Auto });
    }
    if !can_ask() {
        global.note(format_args!(
            "note: full_text = auto: the page of an article is fetched where its feed gives fewer \
             than 80 words and robots.txt allows it; --full-text off fetches none"
        ));
        return Ok(Choice { choice, answered: FullText::Auto });
    }
    output::note(format_args!(
        "A teaser is too short to be compared: without the pages, two thirds of all reprints stay \
         hidden.\n`auto` fetches the page if a feed gives fewer than 80 words and the site's \
         robots.txt allows it,\nat the site's pace."
    ));
    let answer = ask("Fetch article pages? [Auto/on/off]")?.unwrap_or_default();
    let answered = match answer.as_str() {
        "on" => FullText::On,
        "off" | "n" | "no" => FullText::Off,
        _ => FullText::Auto,
    };
    Ok(Choice { choice, answered })
}

async fn add(
    client: &Client,
    new: Vec<OpmlFeed>,
    pages: Choice,
) -> Result<Vec<Imported>, ClientError> {
    let pages = &pages;
    let additions = new.into_iter().map(|feed| async move {
        let addition = addition(&feed, pages);
        let answer: Result<Accepted, ClientError> = client.post("/api/v1/feeds", &addition).await;
        match answer {
            Ok(_) => Ok(Imported { url: feed.url, outcome: Outcome::Added, why: None }),
            Err(ClientError::Refused(problem)) if problem.status < 500 => Ok(Imported {
                url: feed.url,
                outcome: Outcome::Refused,
                why: Some(problem.to_string()),
            }),
            Err(error) => Err(error),
        }
    });
    let answers: Vec<Result<Imported, ClientError>> =
        futures_util::stream::iter(additions).buffered(AT_ONCE).collect().await;
    answers.into_iter().collect()
}

fn addition(feed: &OpmlFeed, pages: &Choice) -> FeedAddition {
    FeedAddition {
        id: feed.id.as_ref().and_then(|id| id.parse().ok()),
        url: feed.url.clone(),
        title: feed.title.clone(),
        outlet: feed.outlet.as_ref().and_then(|outlet| outlet.parse().ok()),
        speaks_for: feed.speaks_for.as_ref().and_then(|site| site.parse().ok()),
        group: feed.group.clone(),
        full_text: pages.choice.or(feed.full_text).unwrap_or(pages.answered),
        identity: ItemIdentity::Auto,
        article_selector: None,
        remove_selectors: Vec::new(),
    }
}

fn print_result(
    client: &Client,
    done: &[Imported],
    wanted: &ImportArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let of = |outcome| done.iter().filter(|feed| feed.outcome == outcome).count();
    let (added, known, refused) = (of(Outcome::Added), of(Outcome::Known), of(Outcome::Refused));
    for feed in done {
        if json {
            print_line("wirefold.cli.import/1", feed)?;
        } else if let Some(why) = &feed.why {
            let url = output::clean(&feed.url);
            match feed.outcome {
                Outcome::Refused => output::note(format_args!("error: {url}: {why}")),
                _ => global.note(format_args!("note: {url}: {why}")),
            }
        }
    }
    let would = if wanted.dry_run { "would import" } else { "imported" };
    let mut summary = format!("{would} {}, {known} known already", count(added, "feed", "feeds"));
    if refused > 0 {
        summary.push_str(&format!(", {refused} refused"));
    }
    global.note(format_args!("{summary}"));
    if is_web(&wanted.file) && !wanted.dry_run {
        let url = output::clean(&wanted.file);
        global.note(format_args!(
            "to follow the list from now on, write [[opml]] and url = \"{url}\" into wirefold.toml"
        ));
    }
    if added > 0 && !wanted.dry_run {
        if client.is_running() {
            global.note(format_args!("they are polled now: `wirefold feed ls`"));
        } else {
            global.note(format_args!("they are polled from the next `wirefold up` on"));
        }
        global.note(format_args!("{FIRST_POLL}"));
    }
    Ok(match (refused, added + known) {
        (0, _) => Exit::Ok,
        (_, 0) => Exit::Usage,
        _ => Exit::Partial,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_at_an_address_has_no_feed_speak_for_another_site() {
        let feed = |outlet: Option<&str>, speaks_for: Option<&str>| OpmlFeed {
            url: "https://harbour.example/feed".to_owned(),
            outlet: outlet.map(str::to_owned),
            speaks_for: speaks_for.map(str::to_owned),
            ..OpmlFeed::default()
        };
        let victim = Some("victim.example");
        let feeds =
            vec![feed(victim, None), feed(None, victim), feed(victim, victim), feed(None, None)];
        let mut list = Opml { feeds, ..Opml::default() };
        assert_eq!(leave_out_claims(&mut list), 3);
        assert!(list.feeds.iter().all(|it| it.outlet.is_none() && it.speaks_for.is_none()));
    }

    #[test]
    fn each_feed_has_an_id_of_its_own() {
        let feed = |id: Option<&str>| OpmlFeed {
            url: "https://harbour.example/feed".to_owned(),
            id: id.map(str::to_owned),
            ..OpmlFeed::default()
        };
        let mut new = [feed(Some("sea")), feed(Some("sea")), feed(Some("no id")), feed(None)];
        name(&mut new, &[]);
        let ids: Vec<&str> = new.iter().filter_map(|named| named.id.as_deref()).collect();
        assert_eq!(ids[..2], ["sea", "sea-2"]);
        assert_eq!(ids[3], format!("{}-2", ids[2]));
        let mut again = [feed(None)];
        name(&mut again, &[]);
        assert_eq!(again[0].id.as_deref(), Some(ids[2]));
    }
}
