//! The lines that `up` prints: one for each article, with copies under their story.

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
use crate::recent::RecentNames;

/// The counts since the start, for the summary at the end.
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

    /// Counts an article. A related article may still open an event, for example one that continues an
    /// earlier event.
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

/// The form of the printed lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// Prints a line for each article.
    Lines,
    /// Prints nothing. The articles are still counted.
    Nothing,
}

/// Follows the output and the alerts from now on until `stop`.
pub(super) async fn follow(
    bus: Arc<dyn Bus>,
    tally: Arc<Tally>,
    output: Output,
    stop: CancellationToken,
) -> Result<(), BusError> {
    let from = |stream: &'static str| {
        let bus = bus.clone();
        async move { Ok::<u64, BusError>(bus.stream_state(stream).await?.last + 1) }
    };
    let mut articles = bus.read(OUTPUT.name, OUTPUT.subjects[0], from(OUTPUT.name).await?).await?;
    let mut alerts = bus.read(ALERTS.name, ">", from(ALERTS.name).await?).await?;
    let mut titles = RecentNames::new(MAX_TITLES);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            batch = articles.next(64) => {
                for stored in next_batch(batch, &stop).await? {
                    let Some(class) = class_of(&stored.subject) else { continue };
                    tally.article(class, class == Class::Related && opens_event(&stored));
                    if output == Output::Lines
                        && let Ok(article) = decode::<OutputArticle>(&stored)
                    {
                        output::note(line(&article, &titles));
                        if article.verdict.class != Class::Copy {
                            titles.keep(article.id, output::clean(&article.article.title));
                        }
                    }
                }
            }
            batch = alerts.next(64) => {
                for stored in next_batch(batch, &stop).await? {
                    if let Ok(alert) = serde_json::from_slice::<AlertVolume>(&stored.body) {
                        tally.alert(alert.volume);
                    }
                }
            }
        }
    }
}

/// Waits through an outage of the bus.
async fn next_batch(
    batch: Result<Vec<Stored>, BusError>,
    stop: &CancellationToken,
) -> Result<Vec<Stored>, BusError> {
    match batch {
        Err(error) if error.may_pass() => {
            let _ = tokio::time::timeout(RETRY_PAUSE, stop.cancelled()).await;
            Ok(Vec::new())
        }
        batch => batch,
    }
}

/// The pause after an error of the bus.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// The part of an alert that is counted.
#[derive(Deserialize)]
struct AlertVolume {
    volume: Volume,
}

/// Whether an article is the first of its event.
fn opens_event(stored: &Stored) -> bool {
    serde_json::from_slice::<ArticlePart>(&stored.body).is_ok_and(|it| it.opens_event())
}

/// The part of an article that is counted.
#[derive(Deserialize)]
struct ArticlePart {
    id: ArticleId,
    verdict: VerdictPart,
}

#[derive(Deserialize)]
struct VerdictPart {
    event: EventId,
}

impl ArticlePart {
    /// Whether it is the first article of its event, which then has its id.
    fn opens_event(&self) -> bool {
        self.verdict.event == EventId::from(self.id)
    }
}

/// The class of an article, read from its subject.
fn class_of(subject: &str) -> Option<Class> {
    let class = subject.strip_prefix("wirefold.v1.output.article.")?.split('.').next()?;
    Class::ALL.into_iter().find(|known| known.as_str() == class)
}

/// The number of titles of stories that are remembered. The line of a copy names its story.
const MAX_TITLES: usize = 2_000;

/// The width of the outlet, in columns.
const OUTLET_COLUMNS: usize = 24;
/// The width of the title of a copy's story, in columns.
const TITLE_COLUMNS: usize = 48;

/// One line for an article: its kind, its outlet, and for a copy the share that it has of its story.
fn line(article: &OutputArticle, titles: &RecentNames) -> String {
    let verdict = &article.verdict;
    let outlet = output::clean(&article.article.outlet_label());
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
    let outlet = fit(&outlet, OUTLET_COLUMNS);
    let title = fit(&title, output::width().saturating_sub(OUTLET_COLUMNS + 12).max(20));
    match verdict.class {
        Class::Copy => {
            let of = titles.get(&verdict.lead);
            let of = of.map(|of| format!(" · of “{}”", fit(of, TITLE_COLUMNS).trim_end()));
            let (agency, of) = (agency.unwrap_or_default(), of.unwrap_or_default());
            format!("{what} · {}{agency}{of}", outlet.trim_end())
        }
        _ => format!("{what} {outlet} {}", title.trim_end()),
    }
}

/// The text, padded or cut to this many columns.
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
            serde_json::from_str::<ArticlePart>(&body).expect("both ids are read").opens_event()
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
