//! The lines that `up` shows: one for each article, copies under the story that they fold into.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use unicode_width::UnicodeWidthStr;
use wirefold_envelope::decode;
use wirefold_flow::{Bus, BusError, Stored};
use wirefold_proto::streams::{ALERTS, OUTPUT};
use wirefold_proto::{ArticleId, Class, CopyKind, EventId, OutputArticle, Volume};

use crate::output;
use crate::output::shorten;

/// What went through since the start, for the summary at the end.
#[derive(Debug, Default)]
pub(super) struct Tally {
    articles: AtomicU64,
    stories: AtomicU64,
    events: AtomicU64,
    folded: AtomicU64,
    versions: AtomicU64,
    loud: AtomicU64,
    silent: AtomicU64,
}

impl Tally {
    /// The summary for people.
    pub(super) fn summary(&self) -> String {
        let number = |counter: &AtomicU64| usize::try_from(counter.load(Ordering::Relaxed));
        let count = |counter, one, many| output::count(number(counter).unwrap_or(0), one, many);
        format!(
            "{} → {} → {} · {}, {} folded · {} sent, {} updated silently",
            count(&self.articles, "article", "articles"),
            count(&self.stories, "story", "stories"),
            count(&self.events, "event", "events"),
            count(&self.folded, "copy", "copies"),
            count(&self.versions, "version", "versions"),
            count(&self.loud, "alert", "alerts"),
            count(&self.silent, "time", "times"),
        )
    }

    /// Counts an article. One that is related to others may open an event of its own all the same, such as one that
    /// continues an earlier event.
    fn article(&self, class: Class, opens_event: bool) {
        let counters: &[&AtomicU64] = match class {
            Class::Copy => &[&self.folded],
            Class::Version => &[&self.versions],
            Class::New => &[&self.stories, &self.events],
            Class::Related if opens_event => &[&self.stories, &self.events],
            Class::Related => &[&self.stories],
        };
        for counter in counters.iter().chain([&&self.articles]) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn alert(&self, volume: Volume) {
        let counter = match volume {
            Volume::Loud => &self.loud,
            Volume::Silent => &self.silent,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Showing {
    /// A line for each article.
    Lines,
    /// Nothing; it counts all the same.
    Nothing,
}

/// Follows the output and the alerts from now on until told to stop.
pub(super) async fn follow(
    bus: Arc<dyn Bus>,
    tally: Arc<Tally>,
    showing: Showing,
    stop: CancellationToken,
) -> Result<(), BusError> {
    let from = |stream: &'static str| {
        let bus = bus.clone();
        async move { Ok::<u64, BusError>(bus.stream_state(stream).await?.last + 1) }
    };
    let mut articles = bus.read(OUTPUT.name, OUTPUT.subjects[0], from(OUTPUT.name).await?).await?;
    let mut alerts = bus.read(ALERTS.name, ">", from(ALERTS.name).await?).await?;
    let mut leads = Leads::default();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            batch = articles.next(64) => {
                for stored in waited_out(batch, &stop).await? {
                    let Some(class) = class_of(&stored.subject) else { continue };
                    tally.article(class, class == Class::Related && opens_event(&stored));
                    if showing == Showing::Lines
                        && let Ok(article) = decode::<OutputArticle>(&stored)
                    {
                        output::note(format_args!("{}", line(&article, &leads)));
                        leads.keep(&article);
                    }
                }
            }
            batch = alerts.next(64) => {
                for stored in waited_out(batch, &stop).await? {
                    if let Ok(alert) = serde_json::from_slice::<Heard>(&stored.body) {
                        tally.alert(alert.volume);
                    }
                }
            }
        }
    }
}

/// A bus that is away for a while is waited for.
async fn waited_out(
    batch: Result<Vec<Stored>, BusError>,
    stop: &CancellationToken,
) -> Result<Vec<Stored>, BusError> {
    match batch {
        Err(error) if error.may_pass() => {
            let _ = tokio::time::timeout(AWAY, stop.cancelled()).await;
            Ok(Vec::new())
        }
        batch => batch,
    }
}

/// How long is waited where the bus is away.
const AWAY: Duration = Duration::from_millis(200);

/// All that is counted of an alert.
#[derive(Deserialize)]
struct Heard {
    volume: Volume,
}

/// Whether an article is the first of its event.
fn opens_event(stored: &Stored) -> bool {
    serde_json::from_slice::<Judged>(&stored.body).is_ok_and(|it| it.opens_event())
}

/// All that is counted of an article.
#[derive(Deserialize)]
struct Judged {
    id: ArticleId,
    verdict: Grouped,
}

#[derive(Deserialize)]
struct Grouped {
    event: EventId,
}

impl Judged {
    /// Whether it is the first article of its event, which then has its id.
    fn opens_event(&self) -> bool {
        self.verdict.event == EventId::from(self.id)
    }
}

/// The class of an article, which its subject tells.
fn class_of(subject: &str) -> Option<Class> {
    let class = subject.strip_prefix("wirefold.v1.output.article.")?.split('.').next()?;
    Class::ALL.into_iter().find(|known| known.as_str() == class)
}

/// The titles of the stories shown last, so that a copy can say what it is one of.
#[derive(Debug, Default)]
struct Leads {
    titles: HashMap<ArticleId, String>,
    order: VecDeque<ArticleId>,
}

/// Titles kept.
const LEADS: usize = 2_000;

impl Leads {
    fn keep(&mut self, article: &OutputArticle) {
        if article.verdict.class == Class::Copy || self.titles.contains_key(&article.id) {
            return;
        }
        self.titles.insert(article.id, output::clean(&article.article.title));
        self.order.push_back(article.id);
        if self.order.len() > LEADS
            && let Some(oldest) = self.order.pop_front()
        {
            self.titles.remove(&oldest);
        }
    }
}

/// Columns for the outlet's name.
const OUTLET: usize = 24;
/// Columns for the title of what a copy is one of.
const LEAD: usize = 48;

/// One line for an article: what it is, whose, and for a copy what share of it is the other's.
fn line(article: &OutputArticle, leads: &Leads) -> String {
    let verdict = &article.verdict;
    let outlet = output::clean(&article.article.outlet_in_words());
    let title = output::clean(&article.article.title);
    let share = verdict.matches.first().map(|found| output::percent(found.contained.get()));
    let share = share.unwrap_or_default();
    let agency = verdict.agency.as_ref().map(|agency| format!(" · {}", agency.name));
    let what = match (verdict.class, verdict.kind) {
        (Class::New, _) => "new    ".to_owned(),
        (Class::Related, _) => "related".to_owned(),
        (Class::Version, _) => "version".to_owned(),
        (Class::Copy, Some(CopyKind::Exact)) => "  ↳ copy, word for word".to_owned(),
        (Class::Copy, _) => format!("  ↳ copy, {share}"),
    };
    let outlet = fit(&outlet, OUTLET);
    let title = fit(&title, output::width().saturating_sub(OUTLET + 12).max(20));
    match verdict.class {
        Class::Copy => {
            let of = leads.titles.get(&verdict.lead);
            let of = of.map(|of| format!(" · of “{}”", fit(of, LEAD).trim_end()));
            let (agency, of) = (agency.unwrap_or_default(), of.unwrap_or_default());
            format!("{what} · {}{agency}{of}", outlet.trim_end())
        }
        _ => format!("{what} {outlet} {}", title.trim_end()),
    }
}

/// The text in exactly so many columns.
fn fit(text: &str, columns: usize) -> String {
    let shown = if text.width() > columns { shorten(text, columns) } else { text.to_owned() };
    let gap = " ".repeat(columns.saturating_sub(shown.width()));
    shown + &gap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_tells_the_class() {
        let language = "pt-br".parse().unwrap();
        for class in Class::ALL {
            let subject = wirefold_proto::Subject::output_article(class, &language);
            assert_eq!(class_of(subject.as_str()), Some(class));
        }
        assert_eq!(class_of("wirefold.v1.output.story.merged"), None);
    }

    #[test]
    fn an_article_may_continue_an_event_and_open_its_own() {
        let tally = Tally::default();
        for (class, opens_event) in
            [(Class::New, false), (Class::Related, false), (Class::Related, true)]
        {
            tally.article(class, opens_event);
        }
        assert!(
            tally.summary().starts_with("3 articles → 3 stories → 2 events"),
            "{}",
            tally.summary()
        );
        let of = |event: &str| {
            let id = "30t2qq5j3my6pprpsvw5v6m793";
            let body = format!("{{\"id\":\"a-{id}\",\"verdict\":{{\"event\":\"e-{event}\"}}}}");
            serde_json::from_str::<Judged>(&body).expect("both ids are read").opens_event()
        };
        assert!(of("30t2qq5j3my6pprpsvw5v6m793"));
        assert!(!of("7c8mc87hjq6vcng6rprf9n5cc9"));
    }

    #[test]
    fn texts_are_fitted_by_their_width() {
        assert_eq!(fit("harbour.example", 8), "harbour…");
        assert_eq!(fit("abc", 5), "abc  ");
        assert_eq!(fit("江海报江海报", 7), "江海报…");
    }
}
