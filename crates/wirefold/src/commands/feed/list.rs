//! `wirefold feed ls`.

use anstyle::{AnsiColor, Style};
use wirefold_gateway::shapes::FeedList;
use wirefold_proto::{FeedHealth, FeedRecord, FeedSite, FullText, ListRecord, Teasers};

use super::feed_list;
use crate::client::Client;
use crate::columns::{Cell, Columns};
use crate::exit::Exit;
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::{self, count};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

pub(super) async fn run(
    client: &Client,
    problems: bool,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let FeedList { feeds: all, mut waiting, lists, .. } = feed_list(client).await?;
    if client.is_running() {
        // They wait only for a moment.
        waiting.clear();
    }
    let shown: Vec<&FeedRecord> =
        all.iter().filter(|record| !problems || record.needs_a_look()).collect();
    if json {
        shown.iter().try_for_each(output::print_json)?;
        if problems {
            let ailing = lists.iter().filter(|list| list.problem.is_some());
            ailing.into_iter().try_for_each(output::print_json)?;
        }
        return Ok(Exit::Ok);
    }
    let time = LocalTime::system();
    for list in lists.iter().filter(|list| !problems || list.problem.is_some()) {
        global.note(format_args!("{}", of_list(list, &time)));
    }
    if all.is_empty() && lists.is_empty() {
        global.note(format_args!(
            "no feeds yet: `wirefold feed import FILE.opml` or `wirefold feed add URL`"
        ));
        return Ok(Exit::Ok);
    }
    if !shown.is_empty() {
        let shown = match problems {
            true => shown.iter().map(|record| problem_of(record, &time)).collect(),
            false => table(&shown, &waiting, &time).render(),
        };
        output::print_styled(&shown)?;
    }
    global.note(format_args!("{}", summary(&all)));
    if !waiting.is_empty() {
        let wait = count(waiting.len(), "feed waits", "feeds wait");
        global.note(format_args!("note: {wait} for the next `wirefold up`"));
    }
    if let Some(advice) = advice(&all) {
        global.note(format_args!("{advice}"));
    }
    Ok(Exit::Ok)
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
    let lines: String = lines.map(|line| format!("    {}\n", output::clean(&line))).collect();
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
    let url = output::clean(&list.url);
    let since = list.failing_since.map(|at| format!(" since {}", time.relative(at)));
    match (&list.problem, list.last_good) {
        (Some(problem), _) => {
            let since = since.unwrap_or_default();
            format!("list {url}: failing{since}: {}", output::clean(problem))
        }
        (None, Some(at)) => {
            let feeds = count(list.feeds as usize, "feed", "feeds");
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
