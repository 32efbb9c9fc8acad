//! The text of an alert: one message for every channel.
//!
//! Comes in: an alert, and the subscriber's time zone. Goes out: a title and lines. The link to the page is
//! the only part with an id of wirefold.
//!
//! The title is the current headline. Then come the sentence of news, why the message comes, the outlets, when the
//! first of them was seen, and one link.

mod template;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wirefold_corrections::without_label;
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Alert, AlertAgency, AlertArticle, AlertFirst, AlertLink, AlertReason, AlertState, ArticleId,
    Confidence, LinkAction, LinkKey, ReasonKind, count,
};

use crate::engine::{left_out, retracts};
use crate::wording::{line, page, shortened};
pub(crate) use template::CompiledTemplates;
pub use template::Templates;

/// The longest title, in characters: phones show no more.
const TITLE: usize = 200;
/// The longest line, in characters.
const LINE: usize = 400;
/// The most outlets that a message names.
const OUTLETS: usize = 3;

/// A message as text and as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// The headline, after a word for the kind of message if it is not simply news.
    pub(crate) title: String,
    /// The lines below it, the most important first.
    pub(crate) lines: Vec<String>,
    /// Title and lines as HTML without styles, scripts or images: for mail and chat.
    pub(crate) html: String,
}

impl Text {
    /// A text of lines without links.
    pub(crate) fn plain(title: String, lines: Vec<String>) -> Self {
        let html = html_of(&title, &lines, None);
        Self { title, lines, html }
    }
}

/// The message about one revision of an alert, by the templates of its delivery if there are some.
pub(crate) fn of(message: &Message<'_>) -> Text {
    let usual = usual(message);
    match message.templates {
        Some(templates) => templates.apply(message, usual),
        None => usual,
    }
}

/// The title and the lines of the message about a revision when it was sent, in UTC, without a link to the page.
#[must_use]
pub fn usual_message(alert: &Alert, subscription: &str) -> (String, Vec<String>) {
    let Text { title, lines, .. } =
        usual(&Message::of(alert, subscription, None, unix_millis(alert.at)));
    (title, lines)
}

fn usual(message: &Message<'_>) -> Text {
    let title = title(message);
    let mut lines = vec![corrections(message.alert), uncorrected(message)];
    lines.extend(statements(message));
    lines.push(why_now(message));
    lines.retain(|line| !line.is_empty());
    let link = link(message);
    let html = html_of(&title, &lines, link.as_ref());
    lines.extend(link.into_iter().map(|link| format!("{}: {}", link.name, link.url)));
    Text { title, lines, html }
}

/// The statements that are new, as their articles have them. Of an alert without news, the first sentence.
fn statements(message: &Message<'_>) -> Vec<String> {
    let alert = message.alert;
    let is_title = |words: &str| words == alert.headline.title;
    let of = |kind| alert.reasons.iter().filter(move |reason| reason.kind == kind);
    let mut stated: Vec<String> = of(ReasonKind::Material)
        .filter(|reason| !is_title(&reason.words))
        .map(|reason| shortened(&line(&by_the_readers_clock(&describe(reason), message)), LINE))
        .collect();
    let has_news = alert.has(ReasonKind::Material) || alert.has(ReasonKind::Correction);
    let lede = alert.headline.lede.as_ref().filter(|_| !has_news);
    stated.extend(lede.map(|said| shortened(&line(said), LINE)));
    stated
}

/// A claim with its times as the reader's clock shows them: `AP 02:42 CET: at least 8 dead`.
fn by_the_readers_clock(words: &str, message: &Message<'_>) -> String {
    let parts = words.split_inclusive(' ').map(|part| {
        let time = part.trim_end_matches(' ').strip_suffix(':');
        match time.and_then(|time| time.parse::<Timestamp>().ok()) {
            Some(at) => format!("{}: ", by_the_clock(at, message.now, &message.zone)),
            None => part.to_owned(),
        }
    });
    parts.collect()
}

/// The corrections, each with its sources.
fn corrections(alert: &Alert) -> String {
    let all = alert.reasons.iter().filter(|reason| reason.kind == ReasonKind::Correction);
    shortened(&line(&all.map(describe).collect::<Vec<_>>().join(" · ")), LINE)
}

/// A link and its label.
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) url: String,
}

fn title(message: &Message<'_>) -> String {
    let alert = message.alert;
    let demo = if message.demo { "DEMO · " } else { "" };
    let sort = sort(alert).map(|sort| format!("{sort} · ")).unwrap_or_default();
    let corrects = alert.has(ReasonKind::Correction);
    let headline = line(&alert.headline.title);
    let headline = if corrects { without_label(&headline).to_owned() } else { headline };
    let headline = if headline.is_empty() { "(no headline)".to_owned() } else { headline };
    shortened(&format!("{demo}{sort}{headline}"), TITLE)
}

/// The word for a message that is not simply news.
fn sort(alert: &Alert) -> Option<&'static str> {
    if alert.has(ReasonKind::Correction) {
        let is_retracted = alert.reasons.iter().any(retracts);
        return Some(if is_retracted { "Retraction" } else { "Correction" });
    }
    if alert.escalated == Some(alert.at) {
        return Some("Not acknowledged");
    }
    if alert.has(ReasonKind::Passing) {
        return Some("In passing");
    }
    (alert.state == AlertState::Quiet).then_some("Quiet")
}

/// The most words that say why a message comes.
const WHY: usize = 8;

/// Why the message comes, the outlets, and when the first of them was seen.
fn why_now(message: &Message<'_>) -> String {
    let alert = message.alert;
    let is_update = alert.has(ReasonKind::Material) || alert.has(ReasonKind::Correction);
    let mut reasons: Vec<String> = Vec::new();
    if is_update && !alert.has(ReasonKind::New) {
        reasons.push(format!("update for {}{}", message.subscription, news_count(alert)));
    }
    for reason in &alert.reasons {
        let is_shown = match reason.kind {
            ReasonKind::Material | ReasonKind::Correction | ReasonKind::Merged => false,
            ReasonKind::Outlets => !is_update,
            _ => true,
        };
        let words = reason.words.as_str();
        let new = words.strip_prefix("new").filter(|_| reason.kind == ReasonKind::New);
        let words = match new {
            Some(rest) => {
                format!("new for {}{rest}{}", message.subscription, matches(&alert.matched))
            }
            None => words.to_owned(),
        };
        let count = |text: &str| text.split_whitespace().count();
        // The names of subscriptions do not count.
        let named = count(message.subscription);
        let said = reasons.iter().map(|text| count(text)).sum::<usize>().saturating_sub(named);
        if is_shown && (reasons.is_empty() || said + count(&words) <= WHY) {
            reasons.push(words);
        }
    }
    let is_shown = |article: &&AlertArticle| article.title == alert.headline.title;
    let shown = alert.articles.iter().rev().find(is_shown);
    if shown.is_some_and(|article| article.headline_only) {
        reasons.push("headline only".to_owned());
    }
    let outlets = outlets(alert);
    let first = alert.first.as_ref().map(AlertFirst::outlet_label);
    // The outlet that is named just before it needs no second name.
    let by = first.filter(|first| !outlets.starts_with(&**first));
    let by = by.map(|by| format!(" at {by}")).unwrap_or_default();
    let at = by_the_clock(alert.first_seen, message.now, &message.zone);
    let ago = ago(message.now.since(unix_millis(alert.first_seen)).as_secs());
    let parts = reasons.into_iter().chain([outlets, format!("first seen {at}{by}, {ago}")]);
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    shortened(&line(&parts.join(" · ")), LINE)
}

/// The number of statements that an update brings: `: 2 new statements`. Empty for a correction, which its title and first line name.
fn news_count(alert: &Alert) -> String {
    let (mut statements, mut figures) = (0, 0);
    for reason in alert.reasons.iter().filter(|reason| reason.kind == ReasonKind::Material) {
        match (left_out(reason), &reason.new) {
            (Some(more), _) => statements += more,
            (None, Some(_)) => figures += 1,
            (None, None) => statements += 1,
        }
    }
    match (figures, statements) {
        (0, 0) => String::new(),
        (0, _) => format!(": {}", count(statements, "new statement", "new statements")),
        (_, 0) => ": a changed figure".to_owned(),
        (_, _) => format!(": a changed figure, {}", count(statements, "statement", "statements")),
    }
}

/// The words of the query that a new event has, the first three: `: matches ferry, quay`.
fn matches(words: &[String]) -> String {
    let few: Vec<&str> = words.iter().take(MATCHES).map(String::as_str).collect();
    if few.is_empty() { String::new() } else { format!(": matches {}", few.join(", ")) }
}

/// The most matching words that a message names.
const MATCHES: usize = 3;

/// The outlets by name: in a first message the first, in others the latest. A new alert says whose text it is; in
/// others the statements name their sources.
fn outlets(alert: &Alert) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut add = |article: &AlertArticle| {
        let agency = article.agency.as_ref().filter(|_| alert.state == AlertState::New);
        let name = format!("{}{}", article.outlet_label(), text_by(agency));
        if names.iter().all(|other| other.split(' ').next() != name.split(' ').next()) {
            names.push(name);
        }
    };
    match alert.revision {
        1 => alert.articles.iter().for_each(&mut add),
        _ => alert.articles.iter().rev().for_each(&mut add),
    }
    let known = names.len().max(alert.outlets as usize);
    names.truncate(OUTLETS);
    match known - names.len() {
        0 => names.join(", "),
        _ if names.is_empty() => "its articles moved to another event".to_owned(),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A reason with its sources.
pub(crate) fn describe(reason: &AlertReason) -> String {
    match reason.sources.is_empty() {
        true => reason.words.clone(),
        false => format!("{} ({})", reason.words, reason.sources.join(", ")),
    }
}

/// The outlets that had the old passage or number when they were last read. They may have corrected it since.
fn uncorrected(message: &Message<'_>) -> String {
    let corrections =
        || message.alert.reasons.iter().filter(|reason| reason.kind == ReasonKind::Correction);
    let carriers: Vec<ArticleId> = corrections().flat_map(|it| &it.carriers).copied().collect();
    let numbers = corrections().find_map(|it| it.old.as_deref().zip(it.new.as_deref()));
    let mut last: BTreeMap<&str, &AlertArticle> = BTreeMap::new();
    for article in &message.alert.articles {
        let known = last.entry(article.outlet.as_str()).or_insert(article);
        if known.seen < article.seen {
            *known = article;
        }
    }
    let mut had: Vec<&AlertArticle> =
        last.into_values().filter(|it| carriers.contains(&it.id)).collect();
    if had.is_empty() {
        return String::new();
    }
    had.sort_by_key(|article| article.seen);
    let one = |article: &&AlertArticle| {
        let time = by_the_clock(article.seen, message.now, &message.zone);
        format!("{} ({time})", article.outlet_label())
    };
    let named: Vec<String> = had.iter().take(OUTLETS).map(one).collect();
    let more = match had.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let what = match (numbers, message.alert.reasons.iter().any(retracts)) {
        (Some((old, _)), _) => old,
        (None, true) => "the report",
        (None, false) => "the old passage",
    };
    shortened(&line(&format!("Had {what} when last read: {}{more}", named.join(", "))), LINE)
}

/// ` (text probably by AP)`; empty where no agency is known.
fn text_by(agency: Option<&AlertAgency>) -> String {
    let Some(agency) = agency else { return String::new() };
    let sure = match agency.confidence {
        Confidence::Certainly => "",
        Confidence::Probably => "probably ",
        Confidence::Possibly => "possibly ",
    };
    format!(" (text {sure}by {})", agency.name)
}

/// The page of the event or story; without one, the latest article.
fn link(message: &Message<'_>) -> Option<Link> {
    if let Some(url) = &message.page {
        return Some(Link { name: "Open".to_owned(), url: url.clone() });
    }
    let latest = message.alert.articles.last()?;
    let url = latest.url.as_deref().filter(|url| is_web(url))?;
    Some(Link { name: line(&latest.outlet_label()), url: line(url) })
}

/// Whether a link may be followed: links come from strangers.
fn is_web(link: &str) -> bool {
    url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Title, lines and link. Every text is escaped: headlines come from strangers.
fn html_of(title: &str, lines: &[String], link: Option<&Link>) -> String {
    let mut html = format!("<p dir=\"auto\"><strong>{}</strong></p>\n", escaped(title));
    for line in lines {
        html.push_str(&format!("<p dir=\"auto\">{}</p>\n", escaped(line)));
    }
    if let Some(Link { name, url }) = link {
        html.push_str(&format!("<p><a href=\"{}\">{}</a></p>\n", escaped(url), escaped(name)));
    }
    html
}

/// A text whose characters cannot begin or end an element, an attribute or an entity.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// How long links work: longer than an alert lives without news.
const WORKS: Duration = Duration::from_hours(24 * 14);

/// The links of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageLinks {
    pub(crate) mute: String,
    pub(crate) corrections_only: String,
    pub(crate) unsubscribe: String,
}

impl MessageLinks {
    /// The links of a revision, the same at each attempt.
    pub(crate) fn of(alert: &Alert, base: &str, key: &LinkKey) -> Self {
        let at = unix_millis(alert.at);
        let expires = timestamp(UnixMillis(at.plus(WORKS).0 / 1_000 * 1_000));
        let link = |action| {
            let link = AlertLink { action, alert: alert.id.clone(), expires };
            format!("{}/links/{}", base.trim_end_matches('/'), link.token(key))
        };
        Self {
            mute: link(LinkAction::Mute),
            corrections_only: link(LinkAction::CorrectionsOnly),
            unsubscribe: link(LinkAction::Unsubscribe),
        }
    }
}

/// One revision that is being sent.
pub(crate) struct Message<'a> {
    pub(crate) alert: &'a Alert,
    /// The subscription's name for people.
    pub(crate) subscription: &'a str,
    /// The page of its event or story.
    pub(crate) page: Option<String>,
    /// The page that manages alerts.
    pub(crate) manage: Option<String>,
    /// The links that mute it without a login, if other machines can reach the page.
    pub(crate) links: Option<MessageLinks>,
    /// Whether this is a demonstration.
    pub(crate) demo: bool,
    /// The time of this attempt.
    pub(crate) now: UnixMillis,
    /// The subscriber's time zone.
    pub(crate) zone: TimeZone,
    /// The id that the target gave to an earlier message of this alert.
    pub(crate) target_id: Option<&'a str>,
    /// Whether the target has accepted a newer revision, which this one must not replace.
    pub(crate) is_overtaken: bool,
    /// The operator's templates.
    pub(crate) templates: Option<&'a CompiledTemplates>,
}

/// The page that manages alerts.
pub(crate) fn manage(base: &str) -> String {
    format!("{}/alerts", base.trim_end_matches('/'))
}

impl<'a> Message<'a> {
    /// The first message about an alert, in UTC. `base` is the address of the page.
    pub(crate) fn of(
        alert: &'a Alert,
        subscription: &'a str,
        base: Option<&str>,
        now: UnixMillis,
    ) -> Self {
        Self {
            alert,
            subscription,
            page: base.map(|base| page(base, alert.target)),
            manage: base.map(manage),
            links: None,
            demo: false,
            now,
            zone: TimeZone::UTC,
            target_id: None,
            is_overtaken: false,
            templates: None,
        }
    }
}

/// `14:02 CET`, with the day if it is not today.
fn by_the_clock(at: Timestamp, now: UnixMillis, zone: &TimeZone) -> String {
    let (local, today) = (at.to_zoned(zone.clone()), timestamp(now).to_zoned(zone.clone()));
    let format = if local.date() == today.date() { "%H:%M %Z" } else { "%a %-d %b %H:%M %Z" };
    local.strftime(format).to_string()
}

/// The age, rounded: `34 minutes ago`, `1 h 45 min ago`, `3 days ago`.
fn ago(seconds: u64) -> String {
    let rounded = |unit: u64| (seconds + unit / 2) / unit;
    let minutes = rounded(60);
    let age = match minutes {
        _ if seconds < 60 => return "just now".to_owned(),
        ..60 => count(minutes, "minute", "minutes"),
        60..600 if minutes % 60 > 0 => format!("{} h {} min", minutes / 60, minutes % 60),
        60..2_880 => count(rounded(3_600), "hour", "hours"),
        _ => count(rounded(86_400), "day", "days"),
    };
    format!("{age} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_elsewhere_is_markup() {
        let link = Link { name: "<b>".to_owned(), url: "https://a.example/?a=\"&b".to_owned() };
        assert_eq!(
            html_of("<script>", &["a & b".to_owned()], Some(&link)),
            "<p dir=\"auto\"><strong>&lt;script&gt;</strong></p>\n\
             <p dir=\"auto\">a &amp; b</p>\n\
             <p><a href=\"https://a.example/?a=&quot;&amp;b\">&lt;b&gt;</a></p>\n"
        );
    }
}

#[cfg(test)]
mod times_tests {
    use super::*;

    fn check(at: &str, now: &str, zone: &str, expected: &str) {
        let zone = TimeZone::get(zone).unwrap();
        let [at, now] = [at, now].map(|time| time.parse::<Timestamp>().unwrap());
        let now = unix_millis(now);
        let ago = ago(now.since(unix_millis(at)).as_secs());
        assert_eq!(format!("{}, {ago}", by_the_clock(at, now, &zone)), expected);
    }

    #[test]
    fn a_time_is_the_subscribers() {
        let (at, berlin) = ("2026-03-02T12:02:00Z", "Europe/Berlin");
        check(at, "2026-03-02T12:02:10Z", "UTC", "12:02 UTC, just now");
        check(at, "2026-03-02T12:14:00Z", berlin, "13:02 CET, 12 minutes ago");
        check(at, "2026-03-02T13:46:50Z", "UTC", "12:02 UTC, 1 h 45 min ago");
        check(at, "2026-03-02T14:02:00Z", "UTC", "12:02 UTC, 2 hours ago");
        check(at, "2026-03-02T13:01:40Z", "UTC", "12:02 UTC, 1 hour ago");
        check(at, "2026-03-02T23:40:00Z", berlin, "Mon 2 Mar 13:02 CET, 12 hours ago");
        check(at, "2026-03-05T12:02:00Z", "UTC", "Mon 2 Mar 12:02 UTC, 3 days ago");
        // After a clock was set back, the time is not shown as in the future.
        check(at, "2026-03-02T12:00:00Z", "UTC", "12:02 UTC, just now");
    }
}
