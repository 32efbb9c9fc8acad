//! `wirefold feed import`: adds the feeds of a list. It can be repeated.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt;
use serde::Serialize;
use wirefold_fetcher::feed_address::identity;
use wirefold_fetcher::opml::{MOST_BYTES, Opml, OpmlFeed, read as read_list};
use wirefold_fetcher::{ListProbe, Probe};
use wirefold_gateway::shapes::{Accepted, FeedAddition};
use wirefold_proto::{FeedId, FeedRecord, FullText, SiteProof, Teasers};

use super::{FIRST_POLL, PAGES, PATH, feed_list, find, is_feed, leads_to};
use crate::client::{Client, ClientError, ClientOptions, Need};
use crate::commands::{Session, one_of, print_line, with_help};
use crate::commands::{ask, can_ask};
use crate::config::feed_id_of;
use crate::exit::{Exit, Stop, stop};
use crate::global::Global;
use crate::input;
use crate::output::{self, clean, count};
use crate::progress::Progress;

/// Arguments of `feed import`.
#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The list: a file, - for standard input, or an address.
    #[arg(value_name = "FILE|URL")]
    file: String,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Whether article pages are fetched; by default it asks once on a terminal, else `auto`.
    #[arg(long, value_name = "WHEN", value_parser = one_of::<FullText>(with_help(PAGES)))]
    full_text: Option<FullText>,
    /// Do not fetch the feeds first.
    #[arg(long)]
    no_probe: bool,
}

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
    options: &ClientOptions,
    wanted: &ImportArguments,
    global: &Global,
) -> anyhow::Result<Exit> {
    // A file is read before anything is created.
    let read = if is_web(&wanted.file) { None } else { Some(read_file(Path::new(&wanted.file))?) };
    let need = if wanted.dry_run { Need::Preview } else { Need::Nothing };
    let session = Session::open(options, need, global).await?;
    let client = &session.client;
    let list = match read {
        Some(list) => list,
        None => fetch(client, &wanted.file).await?,
    };
    let list = feeds_of(list, &wanted.file, global)?;
    let known = feed_list(client).await?.feeds;
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
            let mut probed = probe_all(client, new, global).await;
            probed.retain(|(feed, found)| {
                let twin = watched.twin(feed, found);
                done.extend(twin.iter().map(|name| Imported {
                    url: feed.url.clone(),
                    outcome: Outcome::Known,
                    why: Some(format!("already watched as {name}")),
                }));
                twin.is_none()
            });
            global.note(describe(&probed));
            unanswered(&probed).iter().for_each(|line| global.note(format_args!("  {line}")));
            new = probed.into_iter().map(|(feed, _)| feed).collect();
        }
        let answered = pages(wanted.full_text, new.len(), global)?;
        let pages = |feed: &OpmlFeed| wanted.full_text.or(feed.full_text).unwrap_or(answered);
        done.extend(add(client, new, pages).await?);
    }
    print_result(&session, &done, wanted)
}

/// Reads a list from a file; `-` is standard input.
///
/// # Errors
/// Exit code 3 if there is no such file, 1 if it cannot be read, 2 if it is not OPML.
fn read_file(path: &Path) -> Result<Opml, Stop> {
    let stop = |exit, why: String| Stop::new(exit, format!("{}: {why}", path.display()));
    let bytes = input::bytes(path, MOST_BYTES + 1).map_err(|error| {
        let is_missing = error.kind() == ErrorKind::NotFound;
        stop(if is_missing { Exit::NotFound } else { Exit::Failure }, error.to_string())
    })?;
    read_list(&bytes).map_err(|error| stop(Exit::Usage, error.to_string()))
}

/// Whether a list is at an address and not in a file.
fn is_web(list: &str) -> bool {
    let scheme = list.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| matches!(scheme.as_str(), "http" | "https"))
}

/// Fetches a list from an address, like a feed.
async fn fetch(client: &Client, url: &str) -> anyhow::Result<Opml> {
    let found: ListProbe = find(client, url, true, true).await?;
    let Some(mut list) = found.list else {
        let why = found.problem.unwrap_or_else(|| "nothing there".to_owned());
        stop!(Failure, "{}: {}", clean(url), clean(&why));
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

/// The feeds of a list. Prints what was left out or is missing.
fn feeds_of(list: Opml, shown: &str, global: &Global) -> anyhow::Result<Vec<OpmlFeed>> {
    let shown = clean(shown);
    for note in &list.notes {
        global.note(format_args!("note: {shown}: {}", clean(note)));
    }
    if !list.is_whole {
        global.note(format_args!("note: {shown}: it breaks off before its end"));
    }
    if list.feeds.is_empty() {
        stop!(NotFound, "{shown}: no feeds in it");
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

    /// The name of the watched feed, or of an earlier one in the list, to which a feed leads. If there is none,
    /// the feed is watched from now on.
    fn twin(&mut self, feed: &OpmlFeed, found: &Result<Probe, String>) -> Option<String> {
        let mut identities = vec![identity(&feed.url)];
        let leads = found.as_ref().map(leads_to).unwrap_or_default();
        identities.extend(leads.iter().map(|address| identity(address)));
        let twin = self.name_of(&identities).map(str::to_owned);
        if twin.is_none() {
            let name = feed.id.as_ref().unwrap_or(&feed.url);
            self.names.extend(identities.into_iter().map(|one| (one, name.clone())));
        }
        twin
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

/// Whether pages are fetched for feeds of which the list does not say it: as the flag says, or as a person answers.
fn pages(wanted: Option<FullText>, new: usize, global: &Global) -> anyhow::Result<FullText> {
    if wanted.is_some() || new == 0 {
        return Ok(wanted.unwrap_or_default());
    }
    if !can_ask() {
        global.note(
            "note: full_text = auto: the page of an article is fetched where its feed gives fewer \
             than 80 words and robots.txt allows it; --full-text off fetches none",
        );
        return Ok(FullText::Auto);
    }
    output::note(
        "A teaser is too short to be compared: without the pages, two thirds of all reprints stay \
         hidden.\n`auto` fetches the page if a feed gives fewer than 80 words and the site's \
         robots.txt allows it,\nat the site's pace.",
    );
    let answer = ask("Fetch article pages? [Auto/on/off]")?.unwrap_or_default();
    Ok(match answer.as_str() {
        "on" => FullText::On,
        "off" | "n" | "no" => FullText::Off,
        _ => FullText::Auto,
    })
}

async fn add(
    client: &Client,
    new: Vec<OpmlFeed>,
    pages: impl Fn(&OpmlFeed) -> FullText,
) -> Result<Vec<Imported>, ClientError> {
    let additions = new.into_iter().map(|feed| (addition(&feed, pages(&feed)), feed));
    let additions = additions.map(|(addition, feed)| async move {
        let answer: Result<Accepted, ClientError> = client.post(PATH, &addition).await;
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

fn addition(feed: &OpmlFeed, full_text: FullText) -> FeedAddition {
    FeedAddition {
        id: feed.id.as_ref().and_then(|id| id.parse().ok()),
        url: feed.url.clone(),
        title: feed.title.clone(),
        outlet: feed.outlet.as_ref().and_then(|outlet| outlet.parse().ok()),
        speaks_for: feed.speaks_for.as_ref().and_then(|site| site.parse().ok()),
        group: feed.group.clone(),
        full_text,
        ..FeedAddition::default()
    }
}

fn print_result(
    session: &Session<'_>,
    done: &[Imported],
    wanted: &ImportArguments,
) -> anyhow::Result<Exit> {
    let of = |outcome| done.iter().filter(|feed| feed.outcome == outcome).count();
    let (added, known, refused) = (of(Outcome::Added), of(Outcome::Known), of(Outcome::Refused));
    for feed in done {
        if session.json {
            print_line("wirefold.cli.import/1", feed)?;
        } else if let Some(why) = &feed.why {
            let url = clean(&feed.url);
            match feed.outcome {
                Outcome::Refused => output::note(format_args!("error: {url}: {why}")),
                _ => session.note(format_args!("note: {url}: {why}")),
            }
        }
    }
    let would = if wanted.dry_run { "would import" } else { "imported" };
    let mut summary = format!("{would} {}, {known} known already", count(added, "feed", "feeds"));
    if refused > 0 {
        summary.push_str(&format!(", {refused} refused"));
    }
    session.note(summary);
    if added > 0 && wanted.dry_run {
        session.note(
            "--dry-run fetches no feed: the import also knows those that lead to a watched feed",
        );
    }
    if is_web(&wanted.file) && !wanted.dry_run {
        let url = clean(&wanted.file);
        session.note(format_args!(
            "to follow the list from now on, write [[opml]] and url = \"{url}\" into wirefold.toml"
        ));
    }
    if added > 0 && !wanted.dry_run {
        if session.client.is_running() {
            session.note("they are polled now: `wirefold feed ls`");
        } else {
            session.note("they are polled from the next `wirefold up` on");
        }
        session.note(FIRST_POLL);
    }
    Ok(match (refused, added + known) {
        (0, _) => Exit::Ok,
        (_, 0) => Exit::Usage,
        _ => Exit::Partial,
    })
}

/// The number of hosts that are probed at a time, each for one feed at a time.
const HOSTS_AT_ONCE: usize = 16;
/// How long the whole survey may take. A person waits for it.
const DEADLINE: Duration = Duration::from_secs(25);
/// How long one feed may take. The other feeds of its host wait for it.
const FEED_TIMEOUT: Duration = Duration::from_secs(8);

/// The number of feeds without an answer that are named.
const NAMED: usize = 10;

/// A feed of the list with what is at its address, or why that is not a feed.
type Probed = (OpmlFeed, Result<Probe, String>);

/// Probes all feeds until the deadline.
async fn probe_all(client: &Client, feeds: Vec<OpmlFeed>, global: &Global) -> Vec<Probed> {
    let progress = Progress::of_probing(feeds.len(), global.quiet);
    let late = |feed| (feed, Err("no answer in time".to_owned()));
    let probed: RefCell<Vec<Probed>> = RefCell::new(feeds.into_iter().map(late).collect());
    let mut hosts: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (at, (feed, _)) in probed.borrow().iter().enumerate() {
        let host =
            url::Url::parse(&feed.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        hosts.entry(host.unwrap_or_default()).or_default().push((at, feed.url.clone()));
    }
    let of_one_host = |places: Vec<(usize, String)>| {
        let (probed, progress) = (&probed, &progress);
        async move {
            for (at, url) in places {
                let look = find(client, &url, false, true);
                if let Ok(looked) = tokio::time::timeout(FEED_TIMEOUT, look).await {
                    probed.borrow_mut()[at].1 =
                        looked.map_err(|why| why.to_string()).and_then(a_feed);
                }
                progress.one_more();
            }
        }
    };
    let looks = futures_util::stream::iter(hosts.into_values().map(of_one_host));
    let all = looks.buffer_unordered(HOSTS_AT_ONCE).for_each(|()| async {});
    // A feed without a result by then has not answered.
    let _ = tokio::time::timeout(DEADLINE, all).await;
    progress.end();
    probed.into_inner()
}

/// The report if it is a feed, or else the reason.
fn a_feed(found: Probe) -> Result<Probe, String> {
    match is_feed(&found) {
        true => Ok(found),
        false => Err(found.problem.unwrap_or_else(|| "a page, which names feeds".to_owned())),
    }
}

/// The feeds that did not answer with a feed, with the reason: `https://…: no such host`.
fn unanswered(probed: &[Probed]) -> Vec<String> {
    let line = |(feed, found): &Probed| {
        let why = found.as_ref().err()?;
        Some(format!("{}: {}", clean(&feed.url), clean(why)))
    };
    let mut unanswered: Vec<String> = probed.iter().filter_map(line).collect();
    let more = unanswered.len().saturating_sub(NAMED);
    unanswered.truncate(NAMED);
    if more > 0 {
        unanswered.push(format!("{more} more: `wirefold feed ls --problems` after the first poll"));
    }
    unanswered
}

/// `3 of 5 feeds send teasers only (1 did not answer with a feed)`.
fn describe(probed: &[Probed]) -> String {
    let answered: Vec<&Probe> =
        probed.iter().filter_map(|(_, found)| found.as_ref().ok()).collect();
    if answered.is_empty() && !probed.is_empty() {
        return format!("no answer with a feed from {}", count(probed.len(), "feed", "feeds"));
    }
    let teasing = answered.iter().filter(|found| is_teasing(found)).count();
    let all = count(probed.len(), "feed sends", "feeds send");
    let unanswered = match probed.len() - answered.len() {
        0 => String::new(),
        unanswered => format!(" ({unanswered} did not answer with a feed)"),
    };
    format!("{teasing} of {all} teasers only{unanswered}{}", describe_sites(&answered))
}

/// `; 30 from publishers themselves, 4 from aggregators`. Empty if no feed has items.
fn describe_sites(answered: &[&Probe]) -> String {
    let sites = || answered.iter().filter_map(|found| found.site.as_ref());
    let many = sites().filter(|site| site.how == SiteProof::Aggregator).count();
    let unproven = sites().filter(|site| site.how == SiteProof::Unproven).count();
    let own = sites().count() - many - unproven;
    let kinds = [
        (own, "from publishers themselves"),
        (many, "from aggregators"),
        (
            unproven,
            "that list another site's items: their first poll checks whether that site names them",
        ),
    ];
    let words: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if words.is_empty() { String::new() } else { format!("; {}", words.join(", ")) }
}

/// Whether most items of a feed are teasers.
fn is_teasing(found: &Probe) -> bool {
    Teasers { teasers: found.teasers, items: found.items }.is_teasing()
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

    fn found(items: u32, teasers: u32) -> Result<Probe, String> {
        Ok(Probe { items, teasers, ..Probe::default() })
    }

    fn none() -> Result<Probe, String> {
        Err("no such host".to_owned())
    }

    #[test]
    fn teasers_and_missing_answers_are_counted() {
        let of = |found: Vec<Result<Probe, String>>| -> Vec<Probed> {
            found.into_iter().map(|it| (OpmlFeed::default(), it)).collect()
        };
        let probed = of(vec![found(10, 6), none(), found(10, 5), found(0, 0)]);
        assert_eq!(
            describe(&probed),
            "1 of 4 feeds send teasers only (1 did not answer with a feed)"
        );
        assert_eq!(describe(&probed[..1]), "1 of 1 feed sends teasers only");
        let words = describe(&of(vec![none(), none()]));
        assert_eq!(words, "no answer with a feed from 2 feeds");
    }

    #[test]
    fn feeds_without_an_answer_are_named_with_the_reason() {
        let feed = |number: usize| OpmlFeed {
            url: format!("https://a{number}.example/rss"),
            ..OpmlFeed::default()
        };
        let mut probed: Vec<Probed> = (0..13).map(|number| (feed(number), none())).collect();
        probed[0].1 = found(3, 0);
        let unanswered = unanswered(&probed);
        assert_eq!(unanswered[0], "https://a1.example/rss: no such host");
        assert_eq!((unanswered.len(), unanswered[10].starts_with("2 more: ")), (11, true));
    }
}
