//! Compares one detector with a writer whose documents are on shards, article by article.

use anyhow::ensure;
use std::path::Path;
use std::sync::Arc;

use wirefold_dedup::codec::Writer;
use wirefold_dedup::{Detector, Preparer, Settings, Shards};

use super::bus::{BusShards, Exchange};
use crate::commands::bench::detect::Article;
use crate::generator::{self, Generator};
use crate::machine::ThreadWatch;

/// The times of an article.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// The processor time of preparing it, in microseconds.
    pub(super) prepare: f64,
    /// The processor time of deciding with all documents in memory.
    pub(super) alone: f64,
    /// The processor time of the writer with documents on shards, without the shards and the bus.
    pub(super) writer: f64,
    pub(super) exchanges: Vec<Exchange>,
}

/// The results of a comparison.
#[derive(Debug)]
pub(super) struct ComparisonResults {
    pub(super) samples: Vec<Sample>,
    pub(super) copies: usize,
    /// The number of articles of each shard.
    pub(super) articles: Vec<usize>,
    /// The bytes of the indexes of all shards, of their texts, and of the writer's snapshot.
    pub(super) index: usize,
    pub(super) texts: usize,
    pub(super) writer: usize,
}

/// Judges articles twice and fails at the first verdict that is not the same byte for byte.
pub(super) fn compare(
    folder: &Path,
    news: generator::Settings,
    (articles, shards): (usize, usize),
    apart: i64,
) -> anyhow::Result<ComparisonResults> {
    let bus = Arc::new(BusShards::start(folder, shards)?);
    let compared = judge_twice(&bus, bus.clone(), news, (articles, apart))?;
    if let Some(mut bus) = Arc::into_inner(bus) {
        bus.stop();
    }
    Ok(compared)
}

/// The same over shards that are reached in another way.
pub(super) fn judge_twice(
    bus: &BusShards,
    reached: Arc<dyn Shards>,
    news: generator::Settings,
    (articles, apart): (usize, i64),
) -> anyhow::Result<ComparisonResults> {
    let settings = Settings::default();
    let (mut preparer, generator) = (Preparer::default(), Generator::new(news));
    let mut alone = Detector::new(settings.clone());
    let mut writer = Detector::new(settings.clone()).on_shards(reached);
    let (mut samples, mut copies) = (Vec::with_capacity(articles), 0);
    for made in generator.articles().take(articles) {
        let time = apart * i64::try_from(made.number)? / 1_000;
        let article = Article::new(made, time);
        let items = [article.url.as_str()];
        let incoming = article.incoming(&items);
        let (prepared, prepare) = timed(|| preparer.prepare(&incoming, &settings));
        let again = prepared.clone();
        let (expected, of_one) = timed(|| alone.decide(&incoming, prepared));
        let (found, of_writer) = timed(|| writer.decide(&incoming, again));
        let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
        let number = article.number;
        ensure!(
            expected == found,
            "article {number} with its documents on shards:\n{found}\nin one detector:\n{expected}"
        );
        copies += usize::from(found.contains("class: Copy"));
        let exchanges = bus.take_exchanges();
        samples.push(Sample { prepare, alone: of_one, writer: of_writer, exchanges });
    }
    ensure!(alone.work() == writer.work(), "{:?} is not {:?}", writer.work(), alone.work());
    let (kept, index, texts) = bus.kept();
    Ok(ComparisonResults {
        samples,
        copies,
        articles: kept,
        index,
        texts,
        writer: snapshot(&writer),
    })
}

/// Does some work and returns its processor time in microseconds.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let watch = ThreadWatch::start();
    let done = work();
    (done, watch.micros())
}

/// The bytes of a snapshot.
fn snapshot(detector: &Detector) -> usize {
    let mut bytes = 0;
    let mut give = |piece: Vec<u8>| bytes += piece.len();
    let mut writer = Writer::new(&mut give);
    detector.write_to(&mut writer);
    writer.finish();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::bench::detect::NEWS;

    /// The size of hostile articles in bytes. The set spans eight days, so that a day leaves the window.
    const LIMIT: usize = 20_000;
    const ARTICLES: usize = 3_000;
    const APART: i64 = 8 * 86_400 * 1_000 / 3_000;

    fn news() -> generator::Settings {
        generator::Settings { limit: LIMIT, ..NEWS }
    }

    #[test]
    fn two_shards_over_the_bus_give_the_verdicts_of_one_detector() {
        let folder = tempfile::tempdir().unwrap();
        let compared = compare(folder.path(), news(), (ARTICLES, 2), APART).unwrap();
        assert!(compared.copies > 300, "{}", compared.copies);
        assert!(
            compared.articles.iter().all(|kept| *kept > ARTICLES / 3),
            "{:?}",
            compared.articles
        );
        let count = |name: &str| {
            let exchanges = compared.samples.iter().flat_map(|sample| &sample.exchanges);
            exchanges.filter(|exchange| exchange.name == name).count()
        };
        assert_eq!((count("look-up"), count("insert")), (2 * ARTICLES, ARTICLES));
        assert!(count("read") > 0, "some texts stood on shards alone");
    }

    /// Shards of which the second loses its answers.
    #[derive(Debug)]
    struct LossyShards(Arc<BusShards>);

    impl Shards for LossyShards {
        fn count(&self) -> u32 {
            self.0.count()
        }

        fn ask(&self, questions: Vec<(u32, Vec<u8>)>) -> Vec<Vec<u8>> {
            let concerns = |(shard, asked): &(u32, Vec<u8>)| {
                *shard == 1 && wirefold_dedup::Shard::kind_of(asked) == Some("look-up")
            };
            let lost: Vec<bool> = questions.iter().map(concerns).collect();
            let answers = self.0.ask(questions).into_iter().zip(lost);
            // No day, and so no article.
            answers.map(|(answer, is_lost)| if is_lost { vec![0] } else { answer }).collect()
        }

        fn give_up(&self, shard: u32) -> ! {
            self.0.give_up(shard)
        }
    }

    #[test]
    fn a_shard_whose_answers_are_dropped_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let bus = Arc::new(BusShards::start(folder.path(), 2).unwrap());
        let deaf = Arc::new(LossyShards(bus.clone()));
        let error = judge_twice(&bus, deaf, news(), (400, APART)).unwrap_err().to_string();
        assert!(error.contains("with its documents on shards"), "{error}");
    }
}
