//! Decodes messages of the output and loads the texts that matching needs.
//!
//! Comes in: messages. Goes out: articles, changes and commands. It never applies them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use wirefold_envelope::{decode, timestamp, unix_millis};
use wirefold_flow::{Bus, BusError, Stored, UnixMillis};
use wirefold_proto::{
    ArticleEnriched, ArticleFetched, ArticleId, Message, OutputArticle, OutputCommand, OutputEpoch,
    OutputForgotten, name_of, streams,
};

use crate::engine::{Engine, IncomingArticle, ReadText, StoredText};
use crate::metrics;

/// One message of the output.
pub(crate) enum Item {
    Article(Box<IncomingArticle>),
    Forgotten(Box<OutputForgotten>),
    Command(Box<OutputCommand>),
    /// A message that this release cannot read.
    Nothing,
}

/// One message and its sequence.
pub(crate) struct LoadedItem {
    pub(crate) output: u64,
    pub(crate) item: Item,
}

impl LoadedItem {
    /// The time of the article or command; `None` if it is unreadable.
    pub(crate) fn time(&self) -> Option<UnixMillis> {
        match &self.item {
            Item::Article(incoming) => Some(incoming.seen),
            Item::Forgotten(forgotten) => Some(unix_millis(forgotten.at)),
            Item::Command(command) => Some(unix_millis(command.command.at)),
            Item::Nothing => None,
        }
    }
}

/// Decodes a batch and loads its texts together. `with_texts` is false if nothing is matched.
pub(crate) async fn load(
    bus: &dyn Bus,
    batch: Vec<Stored>,
    with_texts: bool,
) -> Result<Vec<LoadedItem>, BusError> {
    let read: Vec<(u64, Read)> =
        batch.into_iter().map(|stored| (stored.sequence, read(&stored))).collect();
    let articles = || {
        read.iter().filter_map(|(_, read)| match read {
            Read::Article(article) => Some(article),
            Read::Item(_) => None,
        })
    };
    let wanted: Vec<u64> = match with_texts {
        true => articles().map(|article| article.input.enriched).collect(),
        false => Vec::new(),
    };
    let mut texts = texts(bus, &wanted).await?.into_iter();
    let made = read.into_iter().map(|(output, read)| {
        let item = match read {
            Read::Item(item) => item,
            Read::Article(article) => {
                let text = texts.next().flatten().and_then(|stored| text_of(&article, &stored));
                Item::Article(Box::new(IncomingArticle::new(output, *article, text)))
            }
        };
        LoadedItem { output, item }
    });
    Ok(made.collect())
}

/// A decoded message.
enum Read {
    /// An article that still needs its text.
    Article(Box<OutputArticle>),
    Item(Item),
}

fn read(stored: &Stored) -> Read {
    let name = name_of(&stored.body);
    // The time of the output never runs back, so a wrong clock may not set it later than the broker's.
    let latest = timestamp(stored.at);
    let read = match name.as_deref() {
        Ok(OutputForgotten::NAME) => decode(stored).map(|mut forgotten: OutputForgotten| {
            forgotten.at = forgotten.at.min(latest);
            Read::Item(Item::Forgotten(Box::new(forgotten)))
        }),
        Ok(OutputCommand::NAME) => decode(stored).map(|mut command: OutputCommand| {
            command.command.at = command.command.at.min(latest);
            Read::Item(Item::Command(Box::new(command)))
        }),
        Ok(OutputEpoch::NAME) => Ok(Read::Item(Item::Nothing)),
        _ => decode(stored).map(|mut article: OutputArticle| {
            article.article.seen = article.article.seen.min(latest);
            Read::Article(Box::new(article))
        }),
    };
    read.unwrap_or_else(|error| {
        metrics::UNREADABLE.add(1, &[streams::OUTPUT.name]);
        tracing::warn!(sequence = stored.sequence, ?error, "output left out");
        Read::Item(Item::Nothing)
    })
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
    let mut known = engine.articles_about(&incoming.related(), incoming);
    // Without the article's own text there is nothing to compare.
    if !incoming.is_stored {
        return Ok(());
    }
    let own = read.insert(incoming.text.clone());
    if known.is_empty() {
        return Ok(());
    }
    known.drain(..known.len().saturating_sub(COMPARED));
    let found: Vec<_> = known.iter().map(|article| read.get(article.id)).collect();
    let unread = known.iter().zip(&found).filter(|(_, text)| text.is_none());
    let unread: Vec<u64> = unread.map(|(article, _)| article.enriched).collect();
    let mut stored = texts(bus, &unread).await?.into_iter();
    let mut texts: Vec<StoredText> = Vec::new();
    for (other, kept) in known.into_iter().zip(found) {
        let text = kept.or_else(|| {
            let decoded = stored.next().flatten().and_then(|it| decode(&it).ok());
            let ArticleEnriched { id, article, text, .. } = decoded?;
            let read_again = (id == other.id).then(|| ReadText::new(id, article, text));
            read_again.map(|it| read.insert(Arc::new(it)))
        });
        texts.extend(text.map(|text| (other, text)));
    }
    texts.push((incoming.article(), own));
    incoming.compare(&texts);
    Ok(())
}

/// The texts that were compared last, so that each is read once.
#[derive(Default)]
pub(crate) struct ReadTexts {
    young: HashMap<ArticleId, Arc<ReadText>>,
    /// The texts before, of which those that are used become young again.
    old: HashMap<ArticleId, Arc<ReadText>>,
    /// The bytes of the young ones.
    bytes: usize,
}

/// The most bytes of the young texts. Beyond, they become the old ones, which are dropped.
const KEPT: usize = 4 << 20;

impl ReadTexts {
    fn get(&mut self, id: ArticleId) -> Option<Arc<ReadText>> {
        let young = self.young.get(&id).cloned();
        young.or_else(|| self.old.remove(&id).map(|old| self.insert(old)))
    }

    fn insert(&mut self, text: Arc<ReadText>) -> Arc<ReadText> {
        if self.bytes > KEPT {
            (self.bytes, self.old) = (0, std::mem::take(&mut self.young));
        }
        self.bytes += text.text().len();
        self.young.insert(text.id, text.clone());
        text
    }
}

/// The messages with these texts; `None` if a text is no longer stored. The output has its beginning. Those that
/// a faulty bus does not give are asked for again as long as others come.
async fn texts(bus: &dyn Bus, wanted: &[u64]) -> Result<Vec<Option<Stored>>, BusError> {
    let is_gone = |error: &BusError| {
        matches!(error, BusError::Gone { .. } | BusError::NotYet { .. } | BusError::NoStream(_))
    };
    let mut found: BTreeMap<u64, Option<Stored>> = BTreeMap::new();
    loop {
        let is_missing = |sequence: &u64| !found.contains_key(sequence);
        let missing: Vec<u64> = wanted.iter().copied().filter(is_missing).collect();
        if missing.is_empty() {
            break;
        }
        let answers = match bus.get_each(streams::ENRICHED.name, &missing).await {
            Err(error) if is_gone(&error) => return Ok(Vec::new()),
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
    Ok(wanted.iter().map(|sequence| found.get(sequence).cloned().flatten()).collect())
}

/// The text of the article, if this message has it.
fn text_of(article: &OutputArticle, stored: &Stored) -> Option<ArticleFetched> {
    let enriched: ArticleEnriched = decode(stored).ok()?;
    (enriched.id == article.id).then(|| enriched.into_fetched())
}
