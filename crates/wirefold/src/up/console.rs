//! The lines that `up` prints: one for each article, and counts for the summary.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::decode;
use wirefold_flow::{Bus, BusError, Stored};
use wirefold_proto::streams::{ALERTS, OUTPUT};
use wirefold_proto::{ArticleId, Class, EventId, Volume};

use crate::article_lines::ArticleLines;
use crate::output;

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
    let mut lines = ArticleLines::default();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            batch = articles.next(64) => {
                for stored in next_batch(batch, &stop).await? {
                    let Ok(article) = serde_json::from_slice::<Counted>(&stored.body) else {
                        continue;
                    };
                    // The first article of an event gives it its id.
                    let opens_event = article.verdict.event == EventId::from(article.id);
                    tally.article(article.verdict.class, opens_event);
                    // The whole article is large, and only its line needs it.
                    if output == Output::Lines && let Ok(whole) = decode(&stored) {
                        output::note(lines.line(&whole, output::width()));
                    }
                }
            }
            batch = alerts.next(64) => {
                for stored in next_batch(batch, &stop).await? {
                    if let Ok(alert) = serde_json::from_slice::<CountedAlert>(&stored.body) {
                        tally.alert(alert.volume);
                    }
                }
            }
        }
    }
}

/// The parts of an article that are counted.
#[derive(Deserialize)]
struct Counted {
    id: ArticleId,
    verdict: CountedVerdict,
}

#[derive(Deserialize)]
struct CountedVerdict {
    event: EventId,
    class: Class,
}

/// The part of an alert that is counted.
#[derive(Deserialize)]
struct CountedAlert {
    volume: Volume,
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

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
