//! `feeds`: their state, and commands about them.

use std::sync::Arc;

use axum::Json;
use url::{ParseError, Url};
use wirefold_address::slug;
use wirefold_proto::{Command, FeedId, FeedRecord, FeedSettings, Tag};

use crate::api::request::{JsonBody, Path};
use crate::api::{Answer, Api, ApiResult, Refusal, refuse_managed};
use crate::shapes::{Accepted, FeedAddition, FeedList, NoFields, ProbeReport, ProbeRequest};
use crate::state::Registry;

/// The most bytes of a feed's id.
const ID_BYTES: usize = 100;

pub(super) async fn list(api: Api) -> Answer<FeedList> {
    let (feeds, waiting) = Arc::unwrap_or_clone(api.app.feeds().await?).into_parts();
    let lists = api.app.lists().await?;
    Ok(Json(FeedList { schema: Tag::new(), feeds, waiting, lists }))
}

pub(super) async fn add(api: Api, JsonBody(added): JsonBody<FeedAddition>) -> ApiResult<Accepted> {
    check_address(&added.url)?;
    let known = api.app.feeds().await?;
    let here = known.records().find(|record| match &added.id {
        Some(id) => record.feed.id == *id,
        None => record.feed.url == added.url,
    });
    let id = match (added.id, here) {
        (Some(id), _) => id,
        (None, Some(record)) => record.feed.id.clone(),
        (None, None) => new_id(&added.url, &known)?,
    };
    let feed = FeedSettings {
        id,
        url: added.url,
        title: added.title,
        outlet: added.outlet,
        speaks_for: added.speaks_for,
        group: added.group,
        priority: added.priority,
        full_text: added.full_text,
        identity: added.identity,
        article_selector: added.article_selector,
        remove_selectors: added.remove_selectors,
        // Only a file gives a timeout.
        timeout_seconds: here.and_then(|record| record.feed.timeout_seconds),
    };
    // A feed that was set aside is polled again with the settings it has, whoever manages them.
    if let Some(record) = here
        && !(record.set_aside.is_some() && record.feed == feed)
    {
        refuse_managed(record.managed_by.as_deref(), "feed", &record.feed.id)?;
    }
    let command = match here {
        Some(_) => Command::FeedChange { feed },
        None => Command::FeedAdd { feed },
    };
    api.command(command).await
}

pub(super) async fn remove(api: Api, Path(id): Path<String>) -> ApiResult<Accepted> {
    let record = feed_of(&api, &id).await?;
    refuse_managed(record.managed_by.as_deref(), "feed", &record.feed.id)?;
    api.command(Command::FeedRemove { feed: record.feed.id }).await
}

/// Orders a poll of a feed.
pub(super) async fn poll(
    api: Api,
    Path(id): Path<String>,
    JsonBody(NoFields {}): JsonBody<NoFields>,
) -> ApiResult<Accepted> {
    let record = feed_of(&api, &id).await?;
    api.command(Command::FeedPoll { feed: record.feed.id }).await
}

pub(super) async fn probe(api: Api, JsonBody(it): JsonBody<ProbeRequest>) -> Answer<ProbeReport> {
    check_address(&it.url)?;
    // An address that does not answer must not delay the end of the process.
    let found = tokio::select! {
        found = api.app.settings.probe.probe(it) => found.map_err(Refusal::unprocessable)?,
        () = api.app.closing.cancelled() => return Err(Refusal::busy("wirefold is being stopped")),
    };
    Ok(Json(ProbeReport { schema: Tag::new(), found }))
}

async fn feed_of(api: &Api, id: &str) -> ApiResult<FeedRecord> {
    let record = api.app.feed(id).await?;
    record.ok_or_else(|| Refusal::not_found(format!("no feed {id:?}")))
}

/// Allows only web addresses: files and folders are named in the settings, never through the API. Everybody
/// with read access sees the addresses of feeds, so an address may not contain a password.
fn check_address(text: &str) -> ApiResult<()> {
    let refuse = |why: &str| Refusal::unprocessable(format!("`url` {text:?}: {why}"));
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase => refuse("write https:// before it"),
        _ => refuse(&error.to_string()),
    })?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    if !is_web {
        return Err(refuse("neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let why = "`url`: everybody who reads feeds would see a user or password in it; name them in [[access]]";
        return Err(Refusal::unprocessable(why));
    }
    // The URL standard removes them, but the stored and displayed text has them.
    match text.contains(char::is_control) {
        true => Err(refuse("it contains control characters")),
        false => Ok(()),
    }
}

/// A slug of host, path and query that no feed has yet, such as `harbour-example-news`.
fn new_id(url: &str, known: &Registry<FeedRecord>) -> ApiResult<FeedId> {
    let base = Url::parse(url).map(|url| slug::of_address(&url)).unwrap_or_default();
    // A number has room behind it.
    let base = base.get(..ID_BYTES - 4).unwrap_or(&base).trim_end_matches('-');
    let names = std::iter::once(base.to_owned()).chain((2..1000).map(|n| format!("{base}-{n}")));
    let ids = names.filter_map(|name| name.parse::<FeedId>().ok());
    let mut free = ids.filter(|id| known.records().all(|record| record.feed.id != *id));
    free.next().ok_or_else(|| Refusal::unprocessable("`id` is needed: none can be made of `url`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_addresses() {
        let cases = [
            ("https://www.harbour.example/feed.xml", "harbour-example-feed-xml"),
            ("https://harbour.example/", "harbour-example"),
            ("http://127.0.0.1:9000/a//b/?x=1", "127-0-0-1-9000-a-b-x-1"),
            ("https://news.example/%C3%BC/Feed", "news-example-c3-bc-feed"),
            ("http://[::1]:80/f", "1-f"),
        ];
        for (url, expected) in cases {
            assert_eq!(new_id(url, &Registry::default()).unwrap().as_str(), expected, "{url}");
        }
        let long = format!("https://harbour.example/{}", "a".repeat(300));
        assert!(new_id(&long, &Registry::default()).is_ok());
    }

    #[test]
    fn only_the_web() {
        assert!(check_address("https://harbour.example/feed").is_ok());
        for bad in [
            "",
            "harbour",
            "file:///etc/passwd",
            "ftp://harbour.example",
            "javascript:1",
            "https://desk:secret@harbour.example/feed",
            "https://desk@harbour.example/feed",
            "https://harbour.example/\r\nHost: other.example",
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }
}
