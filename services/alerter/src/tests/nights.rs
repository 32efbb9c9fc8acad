//! Nights of news, labelled: `seeds/nights` and `seeds/nights-second` have the articles as feeds bring them, with what an alert must,
//! may and must not tell. Detector, enricher and alerter are the real ones, on a simulated bus and clock. The
//! loud messages stand in `NAME.txt`, the figures in `docs/alerts-measured.md`, beside those of plain alerts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Limits, Sender, create_streams, unix_millis};
use wirefold_flow::sim::{SimBus, SimDisk, VirtualClock};
use wirefold_flow::{Clock as _, StageContext};
use wirefold_proto::{
    AboutArticle, Alert, AlertReason, ArticleFetched, ArticleId, ContentHash, ItemAddress, Outlet,
    ReasonKind, SubscriptionSettings, Tag, TextPolicy, TextSource, Volume,
};
use wirefold_query::{Document, Numbers, Prepared, Query};

use super::running::{Paper, Running, revisions, settings, wait_until_idle};
use crate::engine::RevisionMetadata;

/// Seven nights of one hand: their folder, which also names their table in the measured page.
struct Nights {
    folder: &'static str,
    names: [&'static str; 7],
}

/// Written before the alerter was changed.
const FIRST: Nights = Nights {
    folder: "nights",
    names: ["1-shooting", "2-storm", "3-obits", "4-vote", "5-live", "6-titles", "7-doubt"],
};

/// Written after it, by another hand.
const SECOND: Nights = Nights {
    folder: "nights-second",
    names: ["1-siege", "2-flood", "3-lives", "4-court", "5-ballot", "6-ticker", "7-heads"],
};

/// A line of `NAME.jsonl`: an article or a version.
#[derive(Deserialize)]
struct Line {
    at: Timestamp,
    feed: String,
    item: String,
    outlet: String,
    url: String,
    title: String,
    author: Option<String>,
    published: Option<Timestamp>,
    lang: String,
    text: String,
}

#[derive(Deserialize)]
struct Subscriptions {
    subscription: Vec<SubscriptionSettings>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Must,
    May,
    MustNot,
}

/// A number of a line.
struct Claim {
    line: usize,
    role: String,
    value: String,
    is_true: bool,
}

struct Night {
    name: String,
    lines: Vec<Line>,
    events: Vec<String>,
    wanted: Vec<Wanted>,
    claims: Vec<Claim>,
    subscriptions: Vec<SubscriptionSettings>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip(1);
    rows.map(|row| row.split('\t').map(str::to_owned).collect()).collect()
}

impl Night {
    fn read(folder: &Path, name: &str) -> Self {
        let beside = |end: &str| folder.join(format!("{name}{end}"));
        let lines = std::fs::read_to_string(beside(".jsonl")).unwrap();
        let labels = table(&beside(".labels.tsv"));
        let claims = table(&beside(".claims.tsv")).into_iter().map(|row| Claim {
            line: row[0].parse::<usize>().unwrap() - 1,
            role: row[1].clone(),
            value: row[2].clone(),
            is_true: row[5] == "true",
        });
        let subscriptions = std::fs::read_to_string(beside(".toml")).unwrap();
        Self {
            name: name.to_owned(),
            lines: lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            events: labels.iter().map(|row| row[1].clone()).collect(),
            wanted: labels
                .iter()
                .map(|row| match row[2].as_str() {
                    "must" => Wanted::Must,
                    "may" => Wanted::May,
                    "must not" => Wanted::MustNot,
                    other => panic!("{name}: {other}"),
                })
                .collect(),
            claims: claims.collect(),
            subscriptions: toml::from_str::<Subscriptions>(&subscriptions).unwrap().subscription,
        }
    }

    /// The places of the earlier versions of a line.
    fn before(&self, line: usize) -> impl Iterator<Item = &Line> {
        self.lines[..line].iter().filter(move |other| other.item == self.lines[line].item)
    }

    fn fetched(&self, line: usize, known: &BTreeMap<String, ArticleId>) -> ArticleFetched {
        let it = &self.lines[line];
        let outlet: Outlet = it.outlet.parse().unwrap();
        let content = ContentHash::of(&it.title, &it.text);
        ArticleFetched {
            schema: Tag::new(),
            id: ArticleId::of(&outlet, ItemAddress::Url(&it.url), content),
            article: AboutArticle {
                outlet,
                via: None,
                feeds: vec![it.feed.parse().unwrap()],
                item_key: it.item.clone(),
                url: Some(it.url.clone()),
                canonical_url: Some(it.url.clone()),
                title: it.title.clone(),
                authors: it.author.iter().cloned().collect(),
                teaser: None,
                truncated: false,
                paywalled: false,
                language_hint: Some(it.lang.parse().unwrap()),
                published: it.published,
                date_problem: None,
                seen: it.at,
                version_of: known.get(&it.item).copied(),
                source: None,
                media: Vec::new(),
                baseline: false,
                updates_baseline: false,
                beyond_budget: false,
            },
            text: it.text.clone(),
            text_source: TextSource::Feed,
        }
    }

    /// The title and sentences of a line that are new in its item, as a message may quote them.
    fn says(&self, line: usize) -> Vec<String> {
        let it = &self.lines[line];
        let known = |said: &String| {
            self.before(line).any(|other| {
                spaced(&other.title).contains(said.as_str())
                    || spaced(&other.text).contains(said.as_str())
            })
        };
        // A message shows these labels in its own way.
        let unlabelled = |said: &str| match said.split_once(": ") {
            Some((label, rest)) if label == label.to_uppercase() => spaced(rest),
            _ => spaced(wirefold_corrections::without_label(said)),
        };
        let title = unlabelled(&it.title);
        let text = wirefold_text::Text::new(&it.text);
        let sentences = text.sentences().into_iter().map(|found| {
            let whole = unlabelled(&text.original()[found.span.start..found.span.end]);
            whole.chars().take(60).collect::<String>()
        });
        let sentences = sentences.filter(|said| said.chars().count() > 25);
        std::iter::once(title).chain(sentences).filter(|said| !known(said)).collect()
    }
}

/// The text on one line.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A loud message.
struct Sent {
    at: Timestamp,
    alert: Alert,
    /// The subscriptions that it tells.
    subscriptions: Vec<String>,
    text: String,
}

/// The clock moves by these steps.
const STEP: Duration = Duration::from_secs(5);

/// Plays a night until an hour after its last line.
async fn play(night: &Night, step: Duration) -> Vec<Sent> {
    let clock = VirtualClock::default();
    let ahead = unix_millis(night.lines[0].at).since(clock.now());
    clock.advance(ahead);
    let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
    create_streams(&*bus, &Limits::default()).await.unwrap();
    let context = StageContext::new(bus.clone(), Arc::new(clock.clone()));
    let (stop, paper) = (CancellationToken::new(), Arc::new(Paper::default()));
    let detector = wirefold_detector::Settings {
        fold: Default::default(),
        writer: "detector-1".to_owned(),
        release: "0.0.0".to_owned(),
        text_policy: TextPolicy::Lead,
        snapshot_after: 0,
        texts: None,
    };
    let detecting = tokio::spawn(wirefold_detector::run(
        context.clone(),
        detector,
        wirefold_flow::Lease::alone(),
        stop.clone(),
    ));
    let enriching = wirefold_enricher::Settings {
        writer: "enricher-1".to_owned(),
        release: "0.0.0".to_owned(),
    };
    let alone = wirefold_flow::Lease::alone();
    let enriching =
        tokio::spawn(wirefold_enricher::run(context.clone(), enriching, alone, stop.clone()));
    let running = Running::start(&context, &settings(night.subscriptions.clone()), &paper);
    let mut known = BTreeMap::new();
    for (place, line) in night.lines.iter().enumerate() {
        pass_until(&clock, line.at, step).await;
        let fetched = night.fetched(place, &known);
        known.insert(line.item.clone(), fetched.id);
        let sender = Sender { source: "/wirefold/fetcher" };
        bus.publish(sender.outgoing(&fetched, line.at).unwrap()).await.unwrap();
        wait_until_idle().await;
    }
    let last = night.lines.last().unwrap().at;
    pass_until(&clock, last + Duration::from_hours(1), step).await;
    stop.cancel();
    running.stop().await;
    detecting.await.unwrap().unwrap();
    enriching.await.unwrap().unwrap();
    let is_sent = |(alert, metadata): &(Alert, RevisionMetadata)| {
        alert.volume == Volume::Loud && alert.held.is_none() && metadata.told_by.is_none()
    };
    let loud = revisions(&*bus).await.into_iter().filter(is_sent);
    let blocks = paper.blocks().into_iter().filter(|block| block.starts_with("ALERT LOUD"));
    let sent = loud.zip(blocks).map(|((alert, metadata), text)| {
        let all = std::iter::once(&alert.subscription).chain(metadata.also.keys());
        let subscriptions = all.map(ToString::to_string).collect();
        Sent { at: alert.at, subscriptions, alert, text }
    });
    sent.collect()
}

async fn pass_until(clock: &VirtualClock, at: Timestamp, step: Duration) {
    let end = unix_millis(at);
    while clock.now() < end {
        let left = end.since(clock.now());
        clock.advance(left.min(step));
        wait_until_idle().await;
    }
}

/// The figures of one way to alert on a night.
#[derive(Default)]
struct Figures {
    musts: usize,
    told: usize,
    may: usize,
    must_not: usize,
    loud: usize,
    /// Events with at least one loud message.
    events: usize,
    named: usize,
    right: usize,
    wrong: usize,
    delays: Vec<u64>,
    missed: Vec<usize>,
    /// Loud messages that tell nothing that must or may be told: their number and headline.
    false_loud: Vec<String>,
}

/// One loud message: when, for which subscription and event, and the lines that it tells.
struct Told {
    at: Timestamp,
    subscriptions: Vec<String>,
    event: String,
    lines: Vec<usize>,
    words: String,
}

fn judge(night: &Night, all: &[Told]) -> Figures {
    let mut figures = Figures { loud: all.len(), ..Figures::default() };
    let mut known: BTreeSet<(&str, usize)> = BTreeSet::new();
    let mut events = BTreeSet::new();
    for told in all {
        events.insert(told.event.as_str());
        let mut is_fresh = |line: &&usize| {
            let new =
                told.subscriptions.iter().filter(|name| known.insert((name.as_str(), **line)));
            new.count() > 0
        };
        let fresh = told.lines.iter().filter(|line| is_fresh(line));
        let fresh: Vec<Wanted> = fresh.map(|line| night.wanted[*line]).collect();
        match () {
            () if fresh.contains(&Wanted::Must) => {}
            () if fresh.contains(&Wanted::May) => figures.may += 1,
            () => {
                figures.must_not += 1;
                figures.false_loud.push(format!("{} {}", told.at, told.words));
            }
        }
    }
    figures.events = events.len();
    for line in (0..night.lines.len()).filter(|line| night.wanted[*line] == Wanted::Must) {
        figures.musts += 1;
        match all.iter().find(|told| told.lines.contains(&line)) {
            Some(told) => {
                figures.told += 1;
                let delay = told.at.as_second() - night.lines[line].at.as_second();
                figures.delays.push(u64::try_from(delay).unwrap());
            }
            None => figures.missed.push(line + 1),
        }
    }
    figures.delays.sort_unstable();
    figures
}

/// The lines that a message tells: those that came before it and of which it quotes something.
fn told_of(night: &Night, sent: &Sent) -> Told {
    let text = spaced(&sent.text);
    let came = (0..night.lines.len()).filter(|line| night.lines[*line].at <= sent.at);
    let lines: Vec<usize> =
        came.filter(|line| night.says(*line).iter().any(|said| text.contains(&**said))).collect();
    let event = lines.iter().rev().map(|line| &night.events[*line]).find(|event| *event != "-");
    Told {
        at: sent.at,
        subscriptions: sent.subscriptions.clone(),
        event: event.cloned().unwrap_or_else(|| sent.alert.target.to_string()),
        lines,
        words: sent.text.lines().skip(1).take(3).map(str::trim).collect::<Vec<_>>().join(" | "),
    }
}

fn role(words: &str) -> &'static str {
    let roles = [
        ("dead", ["death toll", "dead", "killed", "deaths"]),
        ("injured", ["injured", "hurt", "wounded", "injuries"]),
        ("missing", ["missing", "missing", "missing", "missing"]),
        ("arrested", ["arrest", "arrest", "detained", "arrest"]),
        ("evacuated", ["evacuated", "evacuated", "evacuated", "evacuated"]),
    ];
    let found = roles.iter().find(|(_, all)| all.iter().any(|word| words.contains(word)));
    found.map_or("-", |(role, _)| role)
}

/// Whether a number that a message states as a figure is true at its time.
fn is_true(night: &Night, told: &Told, reason: &AlertReason, value: &str) -> bool {
    let came = |line: usize| night.lines[line].at <= told.at && night.events[line] == told.event;
    let role = role(&reason.words);
    let claims = night.claims.iter().filter(|it| came(it.line) && it.role == role);
    let claims: Vec<_> = claims.filter(|it| it.value == value).collect();
    let last = claims.iter().map(|it| it.line).max();
    claims.iter().any(|it| Some(it.line) == last && it.is_true)
}

fn ours(night: &Night, sent: &[Sent]) -> Figures {
    let told: Vec<Told> = sent.iter().map(|message| told_of(night, message)).collect();
    let mut figures = judge(night, &told);
    for (message, tells) in sent.iter().zip(&told) {
        for reason in &message.alert.reasons {
            figures.named += usize::from(reason.words.starts_with("now names"));
            if reason.kind == ReasonKind::Correction {
                continue;
            }
            let Some(new) = &reason.new else { continue };
            match is_true(night, tells, reason, new) {
                true => figures.right += 1,
                false => {
                    figures.wrong += 1;
                    figures.false_loud.push(format!("false figure: {}", reason.words));
                }
            }
        }
    }
    figures
}

/// A plain alert for each article with the words, or for the first of each event.
fn plain(night: &Night, once: bool) -> Figures {
    let mut all = Vec::new();
    for subscription in &night.subscriptions {
        let query = Query::parse(&subscription.query).unwrap();
        let mut events = BTreeSet::new();
        for (place, line) in night.lines.iter().enumerate() {
            let text = Document { title: &line.title, text: &line.text, ..Document::default() };
            let numbers = Numbers { origins: 1, outlets: 1, ages: &[] };
            if query.matches(&Prepared::new(&text), &numbers).is_none() {
                continue;
            }
            let event = match night.events[place].as_str() {
                "-" => place.to_string(),
                event => event.to_owned(),
            };
            if events.insert(event.clone()) || !once {
                let (subscriptions, words) =
                    (vec![subscription.id.to_string()], line.title.clone());
                all.push(Told { at: line.at, subscriptions, event, lines: vec![place], words });
            }
        }
    }
    all.sort_by_key(|told| told.at);
    judge(night, &all)
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.musts += other.musts;
        self.told += other.told;
        self.may += other.may;
        self.must_not += other.must_not;
        self.loud += other.loud;
        self.events += other.events;
        self.named += other.named;
        self.right += other.right;
        self.wrong += other.wrong;
        self.delays.extend(&other.delays);
        self.delays.sort_unstable();
    }

    fn row(&self, night: &str, way: &str) -> String {
        let at = |share: usize| self.delays.get(self.delays.len() * share / 100);
        let seconds = |share| at(share).map_or("-".to_owned(), |it| format!("{it} s"));
        let tenths = (self.loud * 10 + self.events / 2).checked_div(self.events).unwrap_or(0);
        format!(
            "| {night} | {way} | {} of {} | {} | {} | {} | {}.{} | {} | {} | {} | {} |",
            self.told,
            self.musts,
            self.may,
            self.must_not,
            self.loud,
            tenths / 10,
            tenths % 10,
            if way == WAYS[0] { self.right.to_string() } else { "-".to_owned() },
            if way == WAYS[0] { (self.wrong + self.named).to_string() } else { "-".to_owned() },
            seconds(50),
            seconds(90),
        )
    }
}

/// The ways to alert.
const WAYS: [&str; 3] = ["wirefold", "each article", "each event"];
/// A line of a night that a test makes.
fn line(at: &str, item: &str, title: &str, text: &str) -> Line {
    Line {
        at: at.parse().unwrap(),
        feed: "wire".to_owned(),
        item: item.to_owned(),
        outlet: format!("{item}.example"),
        url: format!("https://{item}.example/1"),
        title: title.to_owned(),
        author: None,
        published: None,
        lang: "en".to_owned(),
        text: text.to_owned(),
    }
}

/// The loud messages of these lines for subscriptions with these queries, each of which has a delivery of its own.
async fn sent(lines: Vec<Line>, queries: &[&str]) -> Vec<Sent> {
    let subscription = |query: &&str| {
        let id = query.to_lowercase().parse().unwrap();
        SubscriptionSettings::new(id, *query, *query)
    };
    let subscriptions = queries.iter().map(subscription).collect();
    let (events, wanted, claims) = Default::default();
    play(&Night { name: "made".to_owned(), lines, events, wanted, claims, subscriptions }, STEP)
        .await
}

#[tokio::test(start_paused = true)]
async fn a_correction_states_its_numbers_once() {
    let first = "DORNBY (AP) — At least eight people were killed when a bus left the road near Dornby on \
                 Friday, police said. The road is closed, and cranes are on their way from Orm.";
    let right = "DORNBY (AP) — Seven people were killed when a bus left the road near Dornby on Friday, \
                 police said. The road is closed, and cranes are on their way from Orm.\n\nCorrection: An \
                 earlier version of this article said that eight people were killed. The number is seven.";
    let lines = vec![
        line("2026-11-01T10:00:00Z", "bus", "Eight killed near Dornby", first),
        line("2026-11-01T10:20:00Z", "bus", "Seven killed near Dornby", right),
    ];
    let sent = sent(lines, &["bus"]).await;
    let reasons: Vec<_> = sent.iter().flat_map(|it| &it.alert.reasons).collect();
    let kinds: Vec<ReasonKind> = reasons.iter().map(|reason| reason.kind).collect();
    assert_eq!(kinds, [ReasonKind::New, ReasonKind::Correction], "{reasons:#?}");
    assert_eq!(reasons[1].carriers, [], "its outlet has corrected it");
}

#[tokio::test(start_paused = true)]
async fn a_retraction_names_only_outlets_with_its_figure() {
    let fire = |count: &str, why: &str| {
        format!("{count} people were killed in a fire at the cannery of Morvik on Friday, {why}.")
    };
    let back =
        "We withdraw our report that nine people were killed in a fire at the cannery of Morvik.";
    let lines = vec![
        line(
            "2026-11-01T10:00:00Z",
            "pell",
            "Two killed in Morvik cannery",
            &fire("Two", "a nurse said"),
        ),
        line(
            "2026-11-01T10:10:00Z",
            "quay",
            "Nine killed in Morvik cannery",
            &fire("Nine", "as gates were shut"),
        ),
        line(
            "2026-11-01T10:20:00Z",
            "orm",
            "Nine dead in Morvik",
            &fire("Nine", "the owner said by phone"),
        ),
        line(
            "2026-11-01T10:30:00Z",
            "quay",
            "Retraction: Morvik cannery",
            &format!("Retraction: {back}"),
        ),
    ];
    let sent = sent(lines, &["Morvik"]).await;
    let reasons =
        sent.iter().flat_map(|it| it.alert.reasons.iter().map(|reason| (&it.alert, reason)));
    let named: Vec<Vec<&str>> = reasons
        .filter(|(_, reason)| reason.kind == ReasonKind::Correction)
        .map(|(alert, reason)| {
            let had = alert.articles.iter().filter(|it| reason.carriers.contains(&it.id));
            had.map(|it| it.outlet.as_str()).collect()
        })
        .collect();
    assert_eq!(named, [["orm.example"]]);
}

#[tokio::test(start_paused = true)]
async fn a_second_correction_is_told_although_the_first_stands_above_it() {
    let text = |worth: &str, clerk: &str, notes: &str| {
        format!(
            "The mayor of Ostrey, Peter Hallam, resigned on Sunday over a tram contract worth {worth} million \
             euros, the city council said.\n\nCouncil clerk {clerk} Dressler said that he had handed in the letter \
             at 8 a.m. and left by a side door. Deputy mayor Hugo Lindqvist will run the city until spring.{notes}"
        )
    };
    let title = "Mayor of Ostrey resigns over tram contract";
    let first = "\n\nCorrection: An earlier version of this article gave the value of the contract as 84 million \
                 euros. It is 48 million.";
    let both = format!(
        "{first}\n\nCorrection: An earlier version of this article named the clerk Amy Dressler. She is Anne Dressler."
    );
    let lines = vec![
        line("2026-11-01T10:00:00Z", "post", title, &text("84", "Amy", "")),
        line("2026-11-01T10:20:00Z", "post", title, &text("48", "Amy", first)),
        line(
            "2026-11-01T10:40:00Z",
            "post",
            title,
            &text("48", "Amy", &format!(" Trams run.{first}")),
        ),
        line("2026-11-01T11:00:00Z", "post", title, &text("48", "Anne", &both)),
    ];
    let sent = sent(lines, &["mayor"]).await;
    let reasons = sent.iter().flat_map(|it| &it.alert.reasons);
    let corrections = reasons.filter(|reason| reason.kind == ReasonKind::Correction);
    let words: Vec<&str> = corrections.map(|reason| reason.words.as_str()).collect();
    assert_eq!(words.len(), 2, "{words:#?}");
    assert!(words[0].contains("48 million") && words[1].contains("Anne Dressler"), "{words:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_retraction_names_the_report_and_not_the_first_retraction() {
    let report = "The zoo in Pellham sold four lions to a travelling circus, according to papers seen by the \
                  Pellham Star. The animals left by night in two lorries, a guard said.";
    let back = "Retraction: The Pellham Star withdraws its report that the zoo in Pellham sold four lions to a \
                travelling circus. The papers were not genuine.";
    let again = back.replace("its report", "its second report");
    let report =
        line("2026-11-01T10:00:00Z", "star", "Zoo in Pellham sells lions to circus", report);
    let notice = |at: &str, name: &str, title: &str, text: &str| {
        let url = format!("https://star.example/{name}");
        Line { item: name.to_owned(), url, ..line(at, "star", title, text) }
    };
    let lines = vec![
        report,
        notice("2026-11-01T10:20:00Z", "b", "Retraction: Zoo in Pellham lions report", back),
        notice("2026-11-01T10:40:00Z", "c", "Retraction: Zoo in Pellham lions", &again),
    ];
    let sent = sent(lines, &["zoo"]).await;
    let named = "retracted by its outlet, “Zoo in Pellham sells lions to circus”";
    let texts: Vec<&str> = sent.iter().map(|it| it.text.as_str()).collect();
    assert!(texts.len() == 3 && texts[1..].iter().all(|text| text.contains(named)), "{texts:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_item_of_an_aggregator_has_its_title_alone() {
    let said = "Volcano erupts in Santa Lumea, residents flee ash";
    let title = format!("{said} - NBC News");
    for text in [format!("{said} NBC News"), said.to_owned()] {
        let item = line("2026-11-01T10:00:00Z", "nbc", &title, &text);
        let sent = sent(vec![item], &["volcano"]).await;
        assert!(sent[0].text.contains("headline only"), "{}", sent[0].text);
        assert_eq!(sent[0].text.matches("erupts").count(), 1, "{}", sent[0].text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_message_quotes_no_version_that_a_later_one_replaced() {
    let fire = "A fire broke out at the paint factory of Ostrand on Friday morning, and smoke drifts over the \
                canal quarter, where the streets are closed to cars.";
    let dead = |who: &str| format!("{who} killed in Ostrand, the fire brigade said. {fire}");
    let (two, one) = (dead("Two people were"), dead("One person was"));
    let lines = vec![
        line("2026-11-01T10:00:00Z", "post", "Fire at paint factory in Ostrand", fire),
        line("2026-11-01T10:00:10Z", "post", "Two dead in Ostrand factory fire", &two),
        line("2026-11-01T10:00:20Z", "post", "One dead in Ostrand factory fire", &one),
    ];
    let sent = sent(lines, &["fire"]).await;
    assert_eq!(sent.len(), 1);
    let text = &sent[0].text;
    assert_eq!(sent[0].alert.headline.title, "One dead in Ostrand factory fire", "{text}");
    assert!(text.contains("One person was killed") && !text.contains("Two "), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_retraction_notifies_once_each_subscription_that_told_it() {
    let report = "Transport Minister Barr resigned on Wednesday night over the tram deaths in Oakum, people in \
                  her office told the Lantern. She had been in office for two years.";
    let retraction = "Lantern reported on Wednesday night that Transport Minister Barr had resigned. That is \
                      wrong, and we withdraw the report.";
    let lines = vec![
        line(
            "2026-11-01T20:00:00Z",
            "lantern",
            "Transport Minister Barr resigns over tram deaths",
            report,
        ),
        line("2026-11-01T20:04:00Z", "radio", "Minister Barr quits over Oakum tram deaths", ""),
        line("2026-11-01T20:09:00Z", "star", "Oakum school opens after repairs", ""),
        line(
            "2026-11-01T20:20:00Z",
            "lantern",
            "Retraction: Transport Minister Barr has not resigned",
            retraction,
        ),
    ];
    let sent = sent(lines, &["minister", "quits", "school"]).await;
    let retracted = sent.iter().filter(|it| it.alert.reasons.iter().any(crate::engine::retracts));
    let mut told: Vec<&str> =
        retracted.flat_map(|it| it.subscriptions.iter().map(String::as_str)).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        ["minister", "quits"],
        "{:#?}",
        sent.iter().map(|it| &it.text).collect::<Vec<_>>()
    );
}

#[tokio::test(start_paused = true)]
async fn a_first_message_tells_the_decisive_turn_that_came_while_it_waited() {
    let fire = "A fire broke out at the paint factory of Ostrand on Friday morning, and smoke drifts over the \
                canal quarter, where the streets are closed to cars.";
    let dead = format!("Two people were killed in Ostrand, the fire brigade said. {fire}");
    let lines = vec![
        line("2026-11-01T10:00:00Z", "post", "Fire at paint factory in Ostrand", fire),
        line("2026-11-01T10:00:20Z", "post", "Two dead in Ostrand factory fire", &dead),
    ];
    let sent = sent(lines, &["fire"]).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].alert.headline.title, "Two dead in Ostrand factory fire");
    assert!(sent[0].text.contains("Two people were killed in Ostrand"), "{}", sent[0].text);
}

#[tokio::test(start_paused = true)]
async fn an_agency_says_only_what_stands_below_its_credit() {
    let wire = "KELL (AP) — Three people were killed when a bus left the road near Kell on Monday, police said. The \
                bus had come from the coast, and its driver was new to the road above the river.";
    let own = "Nine people were killed in the bus crash near Kell, the sheriff told the Herald on Monday. The bus had \
               come from the coast, he said.\n\nThe Associated Press contributed to this report.";
    let lines = vec![
        line("2026-11-01T10:00:00Z", "post", "Three killed in bus crash near Kell", wire),
        line("2026-11-01T10:10:00Z", "herald", "Nine killed in bus crash near Kell", own),
    ];
    let sent = sent(lines, &["bus"]).await;
    let text = &sent[1].text;
    assert!(text.contains("(herald.example)") && !text.contains("(AP"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_retraction_names_no_outlet_that_had_only_the_rest_of_the_report() {
    let blast = "Two workers were killed by an explosion in the flour mill of Kell on Friday, and the roof of the mill \
                 fell into the river, the fire brigade said.";
    let report =
        format!("Mayor Ilka Vasko died of a heart attack at the mill in Kell, aides said. {blast}");
    let retraction = "Retraction: The Post reported on Friday that Mayor Ilka Vasko had died of a heart attack at the \
                      mill. That is wrong. The mayor is well. We have withdrawn the report.";
    let denial = "The town hall of Kell denies that Mayor Ilka Vasko is dead.";
    let died =
        "The mayor of Kell, Ilka Vasko, died on Friday after an explosion in the flour mill.";
    let lines = vec![
        line(
            "2026-11-01T10:00:00Z",
            "post",
            "Kell mayor Ilka Vasko dies after mill blast",
            &report,
        ),
        line("2026-11-01T10:02:00Z", "east", "Explosion in flour mill of Kell kills two", blast),
        line(
            "2026-11-01T10:04:00Z",
            "west",
            "Kell town hall denies that Ilka Vasko is dead",
            denial,
        ),
        line("2026-11-01T10:06:00Z", "north", "Kell mayor Ilka Vasko is dead", died),
        line(
            "2026-11-01T10:30:00Z",
            "post",
            "Retraction: Kell mayor Ilka Vasko is alive",
            retraction,
        ),
    ];
    let sent = sent(lines, &["kell"]).await;
    let text = &sent.last().expect("a message").text;
    let named = text.lines().find(|line| line.contains("when last read")).unwrap_or_default();
    assert!(named.contains("north.example"), "{text}");
    assert!(!named.contains("east.example") && !named.contains("west.example"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_first_message_has_the_first_headline_beside_a_decisive_one_of_another_outlet() {
    let fire = "A fire broke out at the paint factory of Ostrand on Friday morning, and smoke drifts over the \
                canal quarter, where the streets are closed to cars.";
    let dead = "Two people were killed in the fire at the paint factory in Ostrand, a doctor said on Friday.";
    let lines = vec![
        line("2026-11-01T10:00:00Z", "post", "Fire at paint factory in Ostrand", fire),
        line("2026-11-01T10:00:20Z", "herald", "Two dead in Ostrand paint factory fire", dead),
    ];
    let sent = sent(lines, &["fire"]).await;
    assert_eq!(sent.len(), 1);
    for said in ["Two dead in Ostrand paint factory fire", "Fire at paint factory in Ostrand"] {
        assert!(sent[0].text.contains(said), "{}", sent[0].text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_message_tells_the_deaths_under_a_later_headline_too() {
    let dead = "Eight people were killed when the paint factory of Ostrand burned on Friday morning, the fire \
                brigade said, and smoke drifts over the canal quarter, where the streets are closed to cars.";
    let held = format!(
        "Police arrested a foreman of the paint factory in Ostrand on Friday morning. {dead}"
    );
    let lines = vec![
        line("2026-11-01T10:00:00Z", "post", "Fire at paint factory in Ostrand", dead),
        line("2026-11-01T10:00:20Z", "post", "Foreman arrested after Ostrand factory fire", &held),
    ];
    let sent = sent(lines, &["fire"]).await;
    assert_eq!(sent.len(), 1);
    let text = &sent[0].text;
    assert!(
        text.contains("Foreman arrested") && text.contains("Eight people were killed"),
        "{text}"
    );
}

/// Real news that a measurement plays: `../shared/suites` has pages with their words exchanged.
const REAL: &str = "../shared/suites/real-shape/docs.jsonl";
/// Broad queries of words that stand there as they were.
const BROAD: [(&str, &str); 5] = [
    ("police", "police OR arrested OR charged"),
    ("harm", "killed OR dead OR died OR injured"),
    ("fire", "fire OR shooting OR attack"),
    ("vote", "election OR government"),
    ("court", "court OR judge OR trial"),
];

/// A page of the real news.
#[derive(Deserialize)]
struct Page {
    published: Timestamp,
    outlet: String,
    url: String,
    title: String,
    text: String,
}

/// Real news as a night without labels; `None` if it is not there.
fn real_news() -> Option<Night> {
    let pages = std::fs::read_to_string(root().join(REAL)).ok()?;
    let pages = pages.lines().map(|page| serde_json::from_str(page).unwrap());
    // The simulated clock begins later than these pages.
    let later = jiff::SignedDuration::from_hours(24 * 365 * 12);
    let lines = pages.map(|Page { published, outlet, url, title, text }| Line {
        at: published + later,
        feed: outlet.split('.').next().unwrap_or_default().to_owned(),
        item: url.clone(),
        author: None,
        published: Some(published + later),
        lang: "en".to_owned(),
        outlet,
        url,
        title,
        text,
    });
    let subscriptions = BROAD.map(|(id, query)| SubscriptionSettings {
        deliveries: vec!["stdout".to_owned()],
        ..SubscriptionSettings::new(id.parse().unwrap(), id, query)
    });
    let mut lines: Vec<Line> = lines.collect();
    lines.sort_by_key(|line| line.at);
    let (events, wanted, claims) = Default::default();
    Some(Night {
        name: "real".to_owned(),
        lines,
        events,
        wanted,
        claims,
        subscriptions: subscriptions.into(),
    })
}

#[tokio::test(start_paused = true)]
async fn real_news_has_few_loud_messages_and_states_figures_that_stand_below() {
    #[expect(clippy::disallowed_methods, reason = "a test is told how to run by its environment")]
    let is_wanted = std::env::var_os("WIREFOLD_REAL_NEWS").is_some();
    let Some(night) = is_wanted.then(real_news).flatten() else { return };
    let sent = play(&night, Duration::from_secs(30)).await;
    let alerted: BTreeSet<_> = sent.iter().map(|message| message.alert.target).collect();
    let reasons = || sent.iter().flat_map(|message| &message.alert.reasons);
    let figures = reasons().filter(|it| it.kind != ReasonKind::Correction && it.new.is_some());
    let named = reasons().filter(|it| it.words.starts_with("now names"));
    for message in &sent {
        eprintln!("--- {}\n{}", message.at, message.text);
    }
    eprintln!(
        "{} pages: {} loud, {} alerted events, {} figures stated, {} names called new",
        night.lines.len(),
        sent.len(),
        alerted.len(),
        figures.count(),
        named.count(),
    );
}

const HEAD: &str = "| night | alert | musts told | loud: may | loud: must not | loud | loud an event | \
                    figures true | statements false | delay, median | delay, p90 |\n\
                    |---|---|---|---|---|---|---|---|---|---|---|";

#[tokio::test(start_paused = true)]
async fn every_night_sends_what_stands_beside_it() {
    check(&FIRST).await;
}

#[tokio::test(start_paused = true)]
async fn every_second_night_sends_what_stands_beside_it() {
    check(&SECOND).await;
}

/// The figures of a night for each way to alert, and its loud messages. Prints what was missed and what was false.
async fn measured(night: &Night) -> ([Figures; 3], String) {
    let sent = play(night, STEP).await;
    let all = [ours(night, &sent), plain(night, false), plain(night, true)];
    for line in &all[0].missed {
        let row = (&night.lines[line - 1].title, night.lines[line - 1].text.chars().take(160));
        eprintln!("{}: missed {line}: {} | {}", night.name, row.0, row.1.collect::<String>());
    }
    for loud in &all[0].false_loud {
        eprintln!("{}: must not: {loud}", night.name);
    }
    let texts =
        sent.iter().map(|it| format!("--- {}\n{}\n", it.at.strftime("%a %H:%M:%S UTC"), it.text));
    (all, texts.collect::<Vec<_>>().join("\n"))
}

/// The sums of the nights of a folder for each way to alert.
async fn sums_of(folder: &Path) -> [Figures; 3] {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let nights = files.filter(|path| path.extension().is_some_and(|it| it == "jsonl"));
    let mut sums: [Figures; 3] = Default::default();
    for path in nights.collect::<BTreeSet<_>>() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (all, _) = measured(&Night::read(folder, name)).await;
        sums.iter_mut().zip(&all).for_each(|(sum, figures)| sum.add(figures));
    }
    sums
}

/// `WIREFOLD_NIGHTS=DIR`: plays nights of the same form that are not in the repository, and prints their figures.
#[tokio::test(start_paused = true)]
async fn other_nights_are_measured_where_their_folder_is_named() {
    #[expect(clippy::disallowed_methods, reason = "a test is told how to run by its environment")]
    let Some(folder) = std::env::var_os("WIREFOLD_NIGHTS").map(PathBuf::from) else { return };
    let sums = sums_of(&folder).await;
    sums.iter().zip(WAYS).for_each(|(sum, way)| eprintln!("{}", sum.row("all", way)));
}

#[tokio::test(start_paused = true)]
async fn the_nights_of_seven_more_hands_have_the_figures_of_the_measured_page() {
    let mut hands = Vec::new();
    for hand in ["a", "b", "c", "d", "e", "f", "g"] {
        hands.push((hand, sums_of(&root().join("seeds/nights-more").join(hand)).await));
    }
    expect_files(vec![in_measured_page("nights-more", &hands)]);
}

/// The measured page with the table of a folder: a row for each of its parts and each way to alert, and their sums.
fn in_measured_page(folder: &str, parts: &[(&str, [Figures; 3])]) -> (String, String) {
    let (mut rows, mut sums) = (vec![HEAD.to_owned()], <[Figures; 3]>::default());
    for (part, all) in parts {
        rows.extend(all.iter().zip(WAYS).map(|(figures, way)| figures.row(part, way)));
        sums.iter_mut().zip(all).for_each(|(sum, figures)| sum.add(figures));
    }
    rows.extend(sums.iter().zip(WAYS).map(|(sum, way)| sum.row("all", way)));
    let begin = format!("<!-- {folder}: written by the test `nights` -->");
    let end = format!("<!-- end of {folder} -->");
    let page = std::fs::read_to_string(root().join(MEASURED)).unwrap();
    let (head, rest) = page.split_once(&begin).unwrap();
    let (_, tail) = rest.split_once(&end).unwrap();
    let rows = rows.join("\n");
    eprintln!("{rows}");
    (MEASURED.to_owned(), format!("{head}{begin}\n\n{rows}\n\n{end}{tail}"))
}

const MEASURED: &str = "docs/alerts-measured.md";

/// Compares files with what they must be, or writes them with `WIREFOLD_BLESS`.
fn expect_files(files: Vec<(String, String)>) {
    #[expect(clippy::disallowed_methods, reason = "a test is told how to run by its environment")]
    let bless = std::env::var_os("WIREFOLD_BLESS").is_some();
    for (path, now) in files {
        let path = root().join(path);
        if bless {
            std::fs::write(&path, &now).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(now == expected, "{}: run with WIREFOLD_BLESS=1 and read it", path.display());
    }
}

async fn check(Nights { folder, names }: &Nights) {
    let (mut nights, mut files) = (Vec::new(), Vec::new());
    for name in names {
        let (all, texts) = measured(&Night::read(&root().join("seeds").join(folder), name)).await;
        nights.push((*name, all));
        files.push((format!("seeds/{folder}/{name}.txt"), texts));
    }
    files.push(in_measured_page(folder, &nights));
    expect_files(files);
}
