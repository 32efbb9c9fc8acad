//! Decodes messages of the output and loads the texts that matching needs.
//!
//! Comes in: messages. Goes out: articles, changes and commands. It never applies them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use wirefold_envelope::{decode_output, timestamp, unix_millis};
use wirefold_flow::{Bus, BusError, Stored, UnixMillis};
use wirefold_proto::{
    ArticleId, EnrichedText, LanguageTag, Output, OutputCommand, OutputForgotten, streams,
};

use crate::engine::{Engine, IncomingArticle, ReadText, StoredText};
use crate::metrics;

/// A message of the output that concerns alerts.
pub(crate) enum Item {
    Article(Box<IncomingArticle>),
    Forgotten(OutputForgotten),
    Command(Box<OutputCommand>),
}

/// One message and its sequence.
pub(crate) struct LoadedItem {
    pub(crate) output: u64,
    pub(crate) item: Item,
}

impl LoadedItem {
    /// The time of the article or command.
    pub(crate) fn time(&self) -> UnixMillis {
        match &self.item {
            Item::Article(incoming) => incoming.seen,
            Item::Forgotten(forgotten) => unix_millis(forgotten.at),
            Item::Command(command) => unix_millis(command.command.at),
        }
    }
}

/// Decodes a batch and loads its texts together. `with_texts` is false if nothing is matched.
pub(crate) async fn load(
    bus: &dyn Bus,
    batch: &[Stored],
    with_texts: bool,
) -> Result<Vec<LoadedItem>, BusError> {
    let read: Vec<(u64, Output)> =
        batch.iter().filter_map(|stored| Some((stored.sequence, read(stored)?))).collect();
    let wanted = read.iter().filter_map(|(_, output)| match output {
        Output::Article(article) if with_texts => Some(article.input.enriched),
        _ => None,
    });
    let texts = texts(bus, &wanted.collect::<Vec<u64>>()).await?;
    let loaded = read.into_iter().filter_map(|(sequence, output)| {
        let item = match output {
            Output::Article(article) => {
                let stored = texts.get(&article.input.enriched).and_then(Option::as_ref);
                let text = stored.and_then(|stored| text_of(article.id, stored));
                Item::Article(Box::new(IncomingArticle::new(sequence, *article, text)))
            }
            Output::Forgotten(forgotten) => Item::Forgotten(forgotten),
            Output::Command(command) => Item::Command(command),
            Output::Epoch(_) => return None,
        };
        Some(LoadedItem { output: sequence, item })
    });
    Ok(loaded.collect())
}

/// Decodes a message; none if this release cannot read it.
fn read(stored: &Stored) -> Option<Output> {
    let read = decode_output(stored).inspect_err(|error| {
        metrics::UNREADABLE.add(1, &[streams::OUTPUT.name]);
        tracing::warn!(sequence = stored.sequence, ?error, "output left out");
    });
    let mut output = read.ok()?;
    // The time of the output never runs back, so a wrong clock may not set it later than the broker's.
    let latest = timestamp(stored.at);
    match &mut output {
        Output::Article(it) => it.article.seen = it.article.seen.min(latest),
        Output::Forgotten(it) => it.at = it.at.min(latest),
        Output::Command(it) => it.command.at = it.command.at.min(latest),
        Output::Epoch(_) => {}
    }
    Some(output)
}

/// The most earlier articles that one is compared with: those of two alerts.
const COMPARED: usize = 40;

/// Compares an article with the earlier ones in its alerts: what it states that they do not, and which of them
/// still have what it corrects.
pub(crate) async fn compare(
    bus: &dyn Bus,
    engine: &Engine,
    read: &mut ReadTexts,
    incoming: &mut IncomingArticle,
) -> Result<(), BusError> {
    // Without the article's own text there is nothing to compare.
    if !incoming.is_stored {
        return Ok(());
    }
    let own = read.insert(incoming.text.clone());
    let known = engine.last_articles_about(&incoming.related(), incoming, COMPARED);
    if known.is_empty() {
        return Ok(());
    }
    let found: Vec<_> = known.iter().map(|article| read.get(article.id)).collect();
    let unread = known.iter().zip(&found).filter(|(_, text)| text.is_none());
    let unread: Vec<u64> = unread.map(|(article, _)| article.enriched).collect();
    let stored = texts(bus, &unread).await?;
    let mut texts: Vec<StoredText> = Vec::new();
    for (other, kept) in known.into_iter().zip(found) {
        let text = kept.or_else(|| {
            let read_again = text_of(other.id, stored.get(&other.enriched)?.as_ref()?)?;
            Some(read.insert(Arc::new(read_again)))
        });
        texts.extend(text.map(|text| (other, text)));
    }
    texts.push((incoming.article().clone(), own));
    incoming.compare(&texts);
    Ok(())
}

/// The texts that were compared last, so that most are read once.
#[derive(Default)]
pub(crate) struct ReadTexts {
    recent: HashMap<ArticleId, Arc<ReadText>>,
    /// Those before. Of them, those that are not compared again are dropped next.
    earlier: HashMap<ArticleId, Arc<ReadText>>,
    /// The bytes of the recent ones.
    bytes: usize,
}

/// The most bytes of the recent texts.
const RECENT: usize = 8 << 20;

impl ReadTexts {
    fn get(&mut self, id: ArticleId) -> Option<Arc<ReadText>> {
        let recent = self.recent.get(&id).cloned();
        recent.or_else(|| self.earlier.remove(&id).map(|text| self.insert(text)))
    }

    fn insert(&mut self, text: Arc<ReadText>) -> Arc<ReadText> {
        if self.bytes > RECENT {
            self.earlier = std::mem::take(&mut self.recent);
            self.bytes = 0;
        }
        self.bytes += text.text().len();
        self.recent.insert(text.id, text.clone());
        text
    }
}

/// The messages with these texts; `None` if a text is no longer stored. The output has its beginning. Those that
/// a faulty bus does not give are asked for again as long as others come.
async fn texts(bus: &dyn Bus, wanted: &[u64]) -> Result<BTreeMap<u64, Option<Stored>>, BusError> {
    let is_gone = |error: &BusError| {
        matches!(error, BusError::Gone { .. } | BusError::NotYet { .. } | BusError::NoStream(_))
    };
    let mut found: BTreeMap<u64, Option<Stored>> = BTreeMap::new();
    loop {
        let mut missing = wanted.to_vec();
        missing.retain(|sequence| !found.contains_key(sequence));
        if missing.is_empty() {
            return Ok(found);
        }
        let answers = match bus.get_each(streams::ENRICHED.name, &missing).await {
            Err(error) if is_gone(&error) => return Ok(found),
            answers => answers?,
        };
        let before = found.len();
        let mut failed = None;
        for (sequence, answer) in missing.into_iter().zip(answers) {
            match answer {
                Ok(stored) => drop(found.insert(sequence, Some(stored))),
                Err(error) if is_gone(&error) => drop(found.insert(sequence, None)),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed.filter(|_| found.len() == before) {
            return Err(error);
        }
    }
}

/// The text of the article, if this message has it.
fn text_of(wanted: ArticleId, stored: &Stored) -> Option<ReadText> {
    let read = EnrichedText::decode(&stored.body).filter(|read| read.id == wanted)?;
    let language = read.language().cloned().unwrap_or_else(LanguageTag::unknown);
    Some(ReadText::new(wanted, read.article, read.text, language))
}
