//! Messages of the output, decoded, with the texts that matching needs.

use futures_util::future::try_join_all;
use wirefold_envelope::{Part, Stand, decode, timestamp, unix_millis};
use wirefold_flow::{Bus, BusError, Stored, UnixMillis};
use wirefold_proto::{
    ArticleFetched, ArticleId, Input, Message, OutputArticle, OutputCommand, OutputStory, name_of,
    streams,
};

use crate::engine::{OutputPosition, Piece, position};
use crate::metrics;

/// One message of the output.
pub(crate) enum Item {
    Article(Box<Piece>),
    Change(Box<OutputStory>),
    Command(Box<OutputCommand>),
    /// Nothing that this release can read.
    Unreadable,
}

/// One message and its sequence.
pub(crate) struct LoadedItem {
    pub(crate) output: u64,
    pub(crate) item: Item,
}

impl LoadedItem {
    /// Where it stands among the others; none where it has nothing to say.
    pub(crate) fn stand(&self) -> Option<Stand> {
        let fetched = self.place().fetched;
        Some(match &self.item {
            Item::Article(piece) => {
                let OutputArticle { decision, judged, changes, .. } = piece.output;
                Stand { decision, judged, fetched, part: Part::Article { changes } }
            }
            Item::Change(story) => {
                let OutputStory { decision, judged, index, .. } = **story;
                Stand { decision, judged, fetched, part: Part::Change { index } }
            }
            Item::Command(command) => {
                let OutputCommand { decision, judged, .. } = **command;
                Stand { decision, judged, fetched, part: Part::Command }
            }
            Item::Unreadable => return None,
        })
    }

    /// When it was seen or done; none where it has nothing to say.
    pub(crate) fn time(&self) -> Option<UnixMillis> {
        match &self.item {
            Item::Article(piece) => Some(piece.seen),
            Item::Change(story) => Some(unix_millis(story.at)),
            Item::Command(command) => Some(unix_millis(command.command.at)),
            Item::Unreadable => None,
        }
    }

    /// Its place.
    pub(crate) fn place(&self) -> OutputPosition {
        match &self.item {
            Item::Article(piece) => piece.place,
            Item::Change(story) => place_of(story, self.output),
            Item::Command(command) => {
                OutputPosition { fetched: command.fetched, output: self.output }
            }
            Item::Unreadable => OutputPosition { fetched: 0, output: self.output },
        }
    }
}

/// Where a change stands: one of a command right behind the articles before that.
pub(crate) fn place_of(story: &OutputStory, output: u64) -> OutputPosition {
    let fetched = match story.decision.input {
        Input::Article(sequence) => sequence,
        Input::Command(_) | Input::Epoch => story.fetched,
    };
    OutputPosition { fetched, output }
}

/// Decodes a batch and fetches its texts at once; `with_texts` is false where nothing is matched.
pub(crate) async fn load(
    bus: &dyn Bus,
    batch: Vec<Stored>,
    with_texts: bool,
) -> Result<Vec<LoadedItem>, BusError> {
    try_join_all(batch.into_iter().map(|stored| load_one(bus, stored, with_texts))).await
}

async fn load_one(bus: &dyn Bus, stored: Stored, with_text: bool) -> Result<LoadedItem, BusError> {
    let output = stored.sequence;
    let name = name_of(&stored.body);
    // Time comes from the output and never runs back: no clock of others may take it beyond the broker's.
    let latest = timestamp(stored.at);
    let item = match name.as_deref() {
        Ok(OutputStory::NAME) => decode(&stored).map(|mut story: OutputStory| {
            story.at = story.at.min(latest);
            Item::Change(Box::new(story))
        }),
        Ok(OutputCommand::NAME) => decode(&stored).map(|mut command: OutputCommand| {
            command.command.at = command.command.at.min(latest);
            Item::Command(Box::new(command))
        }),
        _ => match decode::<OutputArticle>(&stored) {
            Ok(mut article) => {
                article.article.seen = article.article.seen.min(latest);
                let text = if with_text { text_of(bus, &article).await? } else { None };
                Ok(Item::Article(Box::new(Piece::new(output, article, text.as_ref()))))
            }
            Err(error) => Err(error),
        },
    };
    let item = item.unwrap_or_else(|error| {
        metrics::UNREADABLE.add(1, &[streams::OUTPUT.name]);
        tracing::warn!(sequence = output, ?error, "output left out");
        Item::Unreadable
    });
    Ok(LoadedItem { output, item })
}

/// The article's text; none where it is kept no longer, and then its lead has to do.
async fn text_of(
    bus: &dyn Bus,
    article: &OutputArticle,
) -> Result<Option<ArticleFetched>, BusError> {
    let sequence = if article.fetched > 0 { article.fetched } else { position(article) };
    fetched(bus, sequence, article.id).await
}

/// An article with its text; none where it is kept no longer.
pub(super) async fn fetched(
    bus: &dyn Bus,
    sequence: u64,
    id: ArticleId,
) -> Result<Option<ArticleFetched>, BusError> {
    match bus.get(streams::FETCHED.name, sequence).await {
        Ok(stored) => Ok(decode(&stored).ok().filter(|text: &ArticleFetched| text.id == id)),
        Err(BusError::Gone { .. } | BusError::NotYet { .. } | BusError::NoStream(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
