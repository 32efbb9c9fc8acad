//! Messages of the output, decoded, with the texts that matching needs.

use futures_util::future::try_join_all;
use wirefold_envelope::{Part, decode};
use wirefold_flow::{Bus, BusError, Stored};
use wirefold_proto::{
    ArticleFetched, DecisionId, Input, Message, OutputArticle, OutputStory, name_of, streams,
};

use crate::engine::{Piece, Place, position};
use crate::metrics;

/// One message of the output.
pub(crate) enum Item {
    Article(Box<Piece>),
    Change(Box<OutputStory>),
    /// Nothing that this release can read.
    Unreadable,
}

/// One message and its sequence.
pub(crate) struct LoadedItem {
    pub(crate) output: u64,
    pub(crate) item: Item,
}

impl LoadedItem {
    /// By which it has its place among the others, where that stands, and what it is of it; none
    /// where it has nothing to say.
    pub(crate) fn decision(&self) -> Option<(DecisionId, u64, Part)> {
        match &self.item {
            Item::Article(piece) => {
                let OutputArticle { decision, judged, changes, .. } = piece.output;
                Some((decision, judged, Part::Article { changes }))
            }
            Item::Change(story) => {
                Some((story.decision, story.judged, Part::Change { index: story.index }))
            }
            Item::Unreadable => None,
        }
    }

    /// Its place.
    pub(crate) fn place(&self) -> Place {
        match &self.item {
            Item::Article(piece) => piece.place,
            Item::Change(story) => place_of(story, self.output),
            Item::Unreadable => Place { fetched: 0, output: self.output },
        }
    }
}

/// Where a change stands.
pub(crate) fn place_of(story: &OutputStory, output: u64) -> Place {
    let fetched = match story.decision.input {
        Input::Article(sequence) => sequence,
        Input::Command(_) | Input::Epoch => 0,
    };
    Place { fetched, output }
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
    let is_change = name_of(&stored.body).is_ok_and(|name| name == OutputStory::NAME);
    let item = match is_change {
        true => decode::<OutputStory>(&stored).map(|story| Item::Change(Box::new(story))),
        false => match decode::<OutputArticle>(&stored) {
            Ok(article) => {
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
    match bus.get(streams::FETCHED.name, sequence).await {
        Ok(stored) => {
            Ok(decode(&stored).ok().filter(|text: &ArticleFetched| text.id == article.id))
        }
        Err(BusError::Gone { .. } | BusError::NotYet { .. } | BusError::NoStream(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
