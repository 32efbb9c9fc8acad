//! The lines that `up` prints: one for each article, and counts for the summary.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::decode;
use wirefold_flow::{Bus, BusError, Stored};
use wirefold_proto::streams::{ALERTS, OUTPUT};
use wirefold_proto::{ArticleId, Class, EventId, Volume};

use crate::article_lines::ArticleLines;
use crate::output::{self, count};

/// The counts since the start, for the summary at the end.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    articles: u64,
    stories: u64,
    events: u64,
    folded: u64,
    versions: u64,
    loud: u64,
    silent: u64,
}

impl Tally {
    /// The summary for people.
    pub(super) fn summary(&self) -> String {
        let counts = self.counts();
        format!(
            "{} → {} → {} · {}, {} folded · {} sent, {} updated silently",
            count(counts.articles, "article", "articles"),
            count(counts.stories, "story", "stories"),
            count(counts.events, "event", "events"),
            count(counts.folded, "copy", "copies"),
            count(counts.versions, "version", "versions"),
            count(counts.loud, "alert", "alerts"),
            count(counts.silent, "time", "times"),
        )
    }

    /// Counts an article. A related article may still open an event, for example one that continues an
    /// earlier event.
    fn article(&self, class: Class, opens_event: bool) {
        let mut counts = self.counts();
        counts.articles += 1;
        match class {
            Class::Copy => counts.folded += 1,
            Class::Version => counts.versions += 1,
            Class::New | Class::Related => {
                counts.stories += 1;
                counts.events += u64::from(class == Class::New || opens_event);
            }
        }
    }

    fn alert(&self, volume: Volume) {
        match volume {
            Volume::Loud => self.counts().loud += 1,
            Volume::Silent => self.counts().silent += 1,
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows the output and the alerts from now on until `stop`. Counts them, and prints a line for each article if it
/// `is_shown`.
pub(super) async fn follow(
    bus: Arc<dyn Bus>,
    tally: Arc<Tally>,
    is_shown: bool,
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
                    if is_shown && let Ok(whole) = decode(&stored) {
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
