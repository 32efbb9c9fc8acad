//! Ids and their first digits, looked up.

use wirefold_proto::{ArticleId, EventId, StoryId};

use super::{Handled, Refusal};
use crate::inner::Inner;
use crate::projection::{Kind, Meaning};

/// The article that an id, or the first digits of one, means.
pub(crate) async fn article(inner: &Inner, given: &str) -> Handled<ArticleId> {
    found(inner, Kind::Article, "article", given).await
}

/// The story, as it is called now.
pub(crate) async fn story(inner: &Inner, given: &str) -> Handled<StoryId> {
    found(inner, Kind::Story, "story", given).await
}

/// The event, as it is called now.
pub(super) async fn event(inner: &Inner, given: &str) -> Handled<EventId> {
    found(inner, Kind::Event, "event", given).await
}

async fn found<T: std::str::FromStr>(
    inner: &Inner,
    kind: Kind,
    what: &str,
    given: &str,
) -> Handled<T> {
    let unknown = || Refusal::not_found(format!("no {what} {given:?}"));
    match inner.projection.meaning(kind, given.to_owned()).await? {
        Meaning::One(id) => id.parse().map_err(|_| unknown()),
        Meaning::Many(candidates) => Err(Refusal::ambiguous(given, candidates)),
        Meaning::Nothing => Err(unknown()),
        Meaning::TooShort => {
            Err(Refusal::bad_request(format!("{given:?} is too short: an id or 6 of its digits")))
        }
    }
}
