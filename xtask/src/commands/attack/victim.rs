//! The victim: a feed that lists three articles at first and news later, and a comparison of its articles and
//! alerts.

use std::fmt::Write as _;

use serde_json::Value;
use wirefold_proto::{ArticleId, OutputArticle};

use super::loopback::Answer;

/// The number of the victim's articles at its first poll, and of its news. One of the first articles changes
/// later.
pub(super) const ARTICLES: u64 = 3;
/// The number of its alerts after its news: about the news, and about the article that changed.
pub(super) const ALERTS: u64 = ARTICLES + 1;
/// The beginning of each of the victim's titles.
pub(super) const TITLE: &str = "Harbour bulletin";

/// The victim's feed, before or after its news.
pub(super) fn feed(site: &str, has_news: bool) -> Answer {
    let last = if has_news { 2 * ARTICLES } else { ARTICLES };
    let items = (0..last).rev().map(|number| item(site, number, has_news && number == 0));
    rss(&items.collect::<String>())
}

/// The items that the victim will publish as news.
pub(super) fn news(site: &str) -> String {
    (ARTICLES..2 * ARTICLES).map(|number| item(site, number, false)).collect()
}

fn item(site: &str, number: u64, is_changed: bool) -> String {
    let more = if is_changed { " And the mole was mended on Friday evening." } else { "" };
    format!(
        "<item><guid>{site}/{number}</guid><title>{TITLE} {number}</title><link>{site}/{number}\
         </link><description>{}{more}</description></item>",
        text(number)
    )
}

/// A feed with these items.
pub(super) fn rss(items: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>A feed</title>{items}\
         </channel></rss>"
    );
    Answer::ok("application/rss+xml", body)
}

/// A text of 240 generated words, different for each number.
pub(super) fn text(number: u64) -> String {
    let syllables = ["ba", "ke", "lo", "mi", "nu", "ra", "se", "to", "vi", "zu", "fa", "de"];
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut text = String::new();
    for word in 0..240 {
        for _ in 0..3 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = usize::try_from(state >> 33).unwrap_or_default() % syllables.len();
            text += syllables[at];
        }
        text += if word % 12 == 11 { ". " } else { " " };
    }
    text
}

/// The effects on the victim.
#[derive(Debug, Default)]
pub(super) struct VictimEffects {
    /// Its articles with their decisions, and its alerts as they first came.
    said: String,
    alerts: u64,
    /// The seconds until its feed was first polled, and from its news to the last of its alerts.
    pub(super) delay: f64,
}

impl VictimEffects {
    /// Reads the effects from the output and the alerts of a run.
    pub(super) fn of(articles: &[OutputArticle], alerts: &[Value], delay: f64) -> VictimEffects {
        let own: Vec<&OutputArticle> =
            articles.iter().filter(|it| it.article.via.is_none() && is_victims(it)).collect();
        // Ports differ between runs, and ids with them, so articles are named by their pages.
        let page = |article: &OutputArticle| {
            article.article.item_key.rsplit('/').next().unwrap_or_default().to_owned()
        };
        let named = |id: ArticleId| own.iter().find(|it| it.id == id).map(|it| page(it));
        let mut lines: Vec<String> = Vec::new();
        for article in &own {
            let verdict = &article.verdict;
            let groups = [verdict.story.into(), verdict.event.into(), verdict.lead].map(named);
            let class = (verdict.class, verdict.kind);
            lines.push(format!("article {} {class:?} {groups:?}", page(article)));
        }
        for alert in alerts {
            let (title, outlets) = (&alert["headline"]["title"], &alert["outlets"]);
            lines.push(format!("alert {} {title} {outlets}", alert["volume"]));
        }
        lines.sort();
        let said = lines.iter().fold(String::new(), |mut said, line| {
            let _ = writeln!(said, "{line}");
            said
        });
        VictimEffects { said, alerts: alerts.len() as u64, delay }
    }

    /// Whether all its news alerted.
    pub(super) fn is_whole(&self) -> bool {
        self.alerts == ALERTS
    }

    /// The difference from another run: the lines of both.
    pub(super) fn difference(&self, other: &VictimEffects, only_alerts: bool) -> Option<String> {
        let lacks = |this: &VictimEffects, that: &VictimEffects| {
            let counts = |line: &&str| !only_alerts || line.starts_with("alert ");
            let is_missing = |line: &&str| counts(line) && !that.said.lines().any(|it| it == *line);
            this.said.lines().filter(is_missing).collect::<Vec<_>>().join("; ")
        };
        let (missing, instead) = (lacks(other, self), lacks(self, other));
        let is_same = missing.is_empty() && instead.is_empty();
        (!is_same).then(|| format!("[{missing}] became [{instead}]"))
    }
}

fn is_victims(article: &OutputArticle) -> bool {
    is_title(&article.article.title)
}

/// Whether a title is one of the victim's.
pub(super) fn is_title(title: &str) -> bool {
    let number = title.strip_prefix(TITLE).map(|number| number.trim().parse::<u64>());
    number.is_some_and(|number| number.is_ok())
}
