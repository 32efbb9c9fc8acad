//! The text of an alert: one message for every channel.
//!
//! Comes in: an alert, and the subscriber's time zone. Goes out: a title and lines. The link to the page is
//! the only part with an id of wirefold.
//!
//! The title is the current headline. The first line gives the reasons with their sources. Then come the
//! numbers, the first outlet with the time, the matched words, and links.

mod compiled_templates;
mod html;
mod links;
mod message;
mod template;
mod times;

use std::collections::BTreeMap;

use wirefold_corrections::without_label;
use wirefold_proto::{
    Alert, AlertAgency, AlertArticle, AlertFirst, AlertReason, AlertState, ArticleId, Confidence,
    ReasonKind, Volume,
};

use crate::engine::retracts;
use crate::wording::{line, numbers};

pub(crate) use compiled_templates::CompiledTemplates;
pub use compiled_templates::Templates;
pub(crate) use html::escaped;
pub(crate) use links::MessageLinks;
pub(crate) use message::Message;

/// The longest title, in characters: phones show no more.
const TITLE: usize = 200;
/// The longest line, in characters.
const LINE: usize = 400;
/// The most articles that a message links.
const LINKS: usize = 4;
/// The most matched words in a message.
const MATCHED: usize = 8;

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
        let html = html::of(&title, &lines, &[]);
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

fn usual(message: &Message<'_>) -> Text {
    let title = title(message);
    let mut lines = vec![
        describe_reasons(message),
        uncorrected(message),
        numbers(message.alert),
        seen(message),
    ];
    lines.push(matched(message));
    lines.retain(|line| !line.is_empty());
    let links = links(message);
    let html = html::of(&title, &lines, &links);
    lines.extend(links.into_iter().map(|link| format!("{}: {}", link.name, link.url)));
    Text { title, lines, html }
}

/// A link and its label.
struct Link {
    name: String,
    url: String,
}

fn title(message: &Message<'_>) -> String {
    let alert = message.alert;
    let demo = if message.demo { "DEMO · " } else { "" };
    let sort = sort(alert).map(|sort| format!("{sort} · ")).unwrap_or_default();
    let corrects = alert.reasons.iter().any(|reason| reason.kind == ReasonKind::Correction);
    let headline = line(&alert.headline.title);
    let headline = if corrects { without_label(&headline).to_owned() } else { headline };
    let headline = if headline.is_empty() { "(no headline)".to_owned() } else { headline };
    cut(&format!("{demo}{sort}{headline}"), TITLE)
}

/// The word for a message that is not simply news.
fn sort(alert: &Alert) -> Option<&'static str> {
    let has = |kind| alert.reasons.iter().any(|reason| reason.kind == kind);
    if alert.merged_into.is_some() {
        return Some("Merged");
    }
    if has(ReasonKind::Correction) {
        let is_retracted = alert.reasons.iter().any(retracts);
        return Some(if is_retracted { "Retracted" } else { "Correction" });
    }
    if has(ReasonKind::Passing) {
        return Some("In passing");
    }
    (alert.state == AlertState::Quiet).then_some("Quiet")
}

/// The reasons, the most important first, each with its sources.
fn describe_reasons(message: &Message<'_>) -> String {
    let reasons: Vec<String> =
        message.alert.reasons.iter().map(|reason| in_a_message(reason, message)).collect();
    cut(&line(&reasons.join(" · ")), LINE)
}

fn in_a_message(reason: &AlertReason, message: &Message<'_>) -> String {
    let words = describe(reason);
    match words.strip_prefix("new").filter(|_| reason.kind == ReasonKind::New) {
        Some(rest) => format!("new for {}{rest}", message.subscription),
        None => words,
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
    if carriers.is_empty() && numbers.is_none() {
        return String::new();
    }
    let mut last: BTreeMap<&str, &AlertArticle> = BTreeMap::new();
    for article in &message.alert.articles {
        let known = last.entry(article.outlet.as_str()).or_insert(article);
        if known.seen < article.seen {
            *known = article;
        }
    }
    // An article with both numbers reports the correction.
    let says = |article: &AlertArticle, number| article.figures.iter().any(|it| it == number);
    let has_old = |article: &AlertArticle| {
        numbers.is_some_and(|(old, new)| says(article, old) && !says(article, new))
    };
    let mut had: Vec<&AlertArticle> =
        last.into_values().filter(|it| has_old(it) || carriers.contains(&it.id)).collect();
    if had.is_empty() {
        return String::new();
    }
    had.sort_by_key(|article| article.seen);
    let one = |article: &&AlertArticle| {
        let time = times::by_the_clock(article.seen, message.now, &message.zone);
        format!("{} ({time})", article.outlet_label())
    };
    let named: Vec<String> = had.iter().take(LINKS).map(one).collect();
    let more = match had.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let what = match (numbers, message.alert.reasons.iter().any(retracts)) {
        (Some((old, _)), _) => old,
        (None, true) => "the report",
        (None, false) => "the old passage",
    };
    cut(&line(&format!("Had {what} when last read: {}{more}", named.join(", "))), LINE)
}

/// The first outlet, with the time.
fn seen(message: &Message<'_>) -> String {
    let alert = message.alert;
    let time = times::describe(alert.first_seen, message.now, &message.zone);
    let who = alert.first.as_ref().map(|first| format!("{}, ", line(&in_full(first))));
    format!("First seen here: {}{time}", who.unwrap_or_default())
}

/// `harborledger.example (text probably by AP)`.
fn in_full(first: &AlertFirst) -> String {
    let outlet = first.outlet_label();
    format!("{outlet}{}", text_by(first.agency.as_ref()))
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

fn matched(message: &Message<'_>) -> String {
    let alert = message.alert;
    if alert.matched.is_empty() {
        return String::new();
    }
    let words: Vec<&str> = alert.matched.iter().take(MATCHED).map(String::as_str).collect();
    let more = match alert.matched.len().saturating_sub(MATCHED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    // A first line with the reason `new` names the subscription.
    let is_named = alert.reasons.iter().any(|reason| reason.kind == ReasonKind::New);
    let name = if is_named { String::new() } else { format!(" · {}", message.subscription) };
    cut(&line(&format!("Matched {}{more}{name}", words.join(", "))), LINE)
}

/// The page of the event or story, and then outlets. For a loud revision: the latest ones, and the lead. If
/// an outlet has several articles, the link goes to the lead in the first message, and to its latest article
/// in later ones.
fn links(message: &Message<'_>) -> Vec<Link> {
    let page = message.page.iter().map(|url| Link { name: "Open".to_owned(), url: url.clone() });
    let most = if message.alert.volume == Volume::Loud { LINKS } else { 1 };
    let articles = message.alert.articles.as_slice();
    let is_first = message.alert.state == AlertState::New;
    let mut each_outlet: Vec<&AlertArticle> = Vec::new();
    for article in articles {
        match each_outlet.iter().position(|other| other.outlet == article.outlet) {
            Some(_) if is_first => continue,
            // The later article takes its place.
            Some(earlier) => drop(each_outlet.remove(earlier)),
            None => {}
        }
        each_outlet.push(article);
    }
    let link = |article: &&AlertArticle| {
        let url = article.url.as_deref().filter(|url| is_web(url))?;
        let name = format!("{}{}", article.outlet_label(), text_by(article.agency.as_ref()));
        Some(Link { name: line(&name), url: line(url) })
    };
    // The first message is about the lead, later ones are about the latest articles.
    let mut order: Vec<&AlertArticle> = each_outlet.iter().rev().copied().collect();
    if is_first && !order.is_empty() {
        order.rotate_right(1);
    }
    page.chain(order.iter().filter_map(link).take(most)).collect()
}

/// Whether a link may be followed: links come from strangers.
fn is_web(link: &str) -> bool {
    url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// At most this many characters, with a mark if something is left out.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
    }
}
