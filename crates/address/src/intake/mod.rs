//! The only entry for articles: converts a submitted article to an article with outlet, authority,
//! address, key and id.

mod limits;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use url::Url;
use wirefold_feed::html;
use wirefold_proto::{
    AboutArticle, ArticleFetched, ArticleId, ContentHash, DateProblem, FeedId, ItemAddress, Outlet,
    SubmittedArticle, Tag, TextSource,
};
use wirefold_text::normalise;

use crate::authority::{Authority, attributed};
use crate::canonical;
use crate::outlet::outlet_from_name;
pub use limits::item_key;
use limits::{LONGEST_NAME, LONGEST_TEASER, LONGEST_TITLE, LONGEST_URL, cut, cut_text};

/// The way by which an article arrived.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The feed that lists it.
    pub feed: FeedId,
    /// The authority, if the article names no feed with a site.
    pub authority: Authority,
    /// The outlet, if the article names none and has no link.
    pub outlet: Option<Outlet>,
    /// The origin of its text.
    pub text_source: TextSource,
    /// The time at which it was first seen.
    pub seen: Timestamp,
}

/// The reason why a submission was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It has neither text nor title.
    #[error("`text` and `title` are empty")]
    Empty,
    /// Its link is not a web address.
    #[error("`url` {0:?} is not a web address")]
    Url(String),
    /// Its publisher is not a valid name.
    #[error("`outlet` {0:?} is not the name of a publisher")]
    Outlet(String),
}

/// A claimed time further in the future than this is implausible.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(48);
/// The earliest plausible time, shortly before the web began.
const EARLIEST: Timestamp = Timestamp::constant(631_152_000, 0);

/// Converts a submission to an article. The same content at the same address of the same outlet by
/// the same authority always has the same id.
///
/// A [`Refusal`] that names the missing part. Parts that are too long are cut, or left out if a
/// part would be wrong when cut.
pub fn identify(submitted: SubmittedArticle, arrival: &Arrival) -> Result<ArticleFetched, Refusal> {
    let submitted = normalised(submitted, arrival.text_source);
    if submitted.text.is_empty() && submitted.title.as_deref().unwrap_or_default().is_empty() {
        return Err(Refusal::Empty);
    }
    let url = submitted.url.as_deref().map(web_address).transpose()?;
    let named = submitted.feed.as_deref().map(Authority::of_feed);
    let named = named.filter(|authority| matches!(authority, Authority::Site(_)));
    let names_site = named.is_some();
    let authority = named.unwrap_or_else(|| arrival.authority.clone());
    let outlet = attribute(&submitted, url.as_deref(), arrival)?;
    let via = authority.via(&outlet, url.as_deref());
    let title = submitted.title.unwrap_or_default();
    let key = item_key(submitted.id.as_deref(), url.as_deref(), &title, submitted.published);
    // Many feeds may arrive by one way. An item key of another authority must not equal a key of
    // the site's own feed.
    let item_key = match via.as_ref().filter(|_| names_site) {
        Some(via) => item_key(Some(&format!("{via} {key}")), None, "", None),
        None => key,
    };
    let url = url.filter(|url| url.len() <= LONGEST_URL);
    let canonical_url = url.as_deref().and_then(canonical);
    let title = cut(&title, LONGEST_TITLE);
    let (text, truncated) = cut_text(submitted.text);
    let address = match &canonical_url {
        Some(canonical) => ItemAddress::Url(canonical),
        None => ItemAddress::Key(&item_key),
    };
    let content = ContentHash::of(&normalise(&title), &normalise(&text));
    let id = ArticleId::told_by(via.as_ref().unwrap_or(&outlet), &outlet, address, content);
    let authors = submitted.author.iter().chain(&submitted.authors);
    let about = AboutArticle {
        outlet,
        via,
        feeds: vec![arrival.feed.clone()],
        item_key,
        url,
        canonical_url,
        title,
        authors: authors.map(|author| cut(author, LONGEST_NAME)).collect(),
        teaser: submitted.teaser.as_deref().map(|teaser| cut(teaser, LONGEST_TEASER)),
        truncated,
        paywalled: false,
        language_hint: submitted.language,
        published: submitted.published,
        date_problem: date_problem(submitted.published, arrival.seen),
        seen: arrival.seen,
        version_of: None,
        source: submitted.source.as_ref().map(limits::source),
        media: submitted.media.iter().filter_map(limits::medium).collect(),
        baseline: false,
        updates_baseline: false,
        beyond_budget: false,
    };
    let text_source = arrival.text_source;
    Ok(ArticleFetched { schema: Tag::new(), id, article: about, text, text_source })
}

/// Normalises a submission by people and programs as feeds are normalised: titles and names in one
/// line, paragraphs separated by empty lines, and no fields without words.
fn normalised(submitted: SubmittedArticle, text_source: TextSource) -> SubmittedArticle {
    if text_source != TextSource::Given {
        // Items of feeds and texts of pages are already normalised.
        return submitted;
    }
    let line = |text: Option<String>| {
        text.map(|text| html::one_line(&text)).filter(|text| !text.is_empty())
    };
    let authors = submitted.authors.into_iter().filter_map(|author| line(Some(author)));
    SubmittedArticle {
        id: line(submitted.id),
        title: line(submitted.title),
        author: line(submitted.author),
        authors: authors.collect(),
        outlet: submitted.outlet.filter(|name| !name.trim().is_empty()),
        url: submitted.url.filter(|url| !url.trim().is_empty()),
        feed: submitted.feed.filter(|feed| !feed.trim().is_empty()),
        text: html::plain_to_text(&submitted.text),
        ..submitted
    }
}

/// The outlet to which a submission is attributed.
fn attribute(
    submitted: &SubmittedArticle,
    url: Option<&str>,
    arrival: &Arrival,
) -> Result<Outlet, Refusal> {
    if let Some(name) = submitted.outlet.as_deref().filter(|name| outlet_from_name(name).is_none())
    {
        return Err(Refusal::Outlet(cut(name, LONGEST_NAME)));
    }
    let (name, feed) = (submitted.outlet.as_deref(), submitted.feed.as_deref());
    let found = attributed(name, submitted.source.as_ref(), url, feed);
    Ok(found.or_else(|| arrival.outlet.clone()).unwrap_or_else(Outlet::local))
}

fn web_address(text: &str) -> Result<String, Refusal> {
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(String::from).ok_or_else(|| Refusal::Url(cut(text, LONGEST_NAME)))
}

/// The problem of a claimed time. The time itself stays unchanged.
fn date_problem(published: Option<Timestamp>, seen: Timestamp) -> Option<DateProblem> {
    let Some(published) = published else {
        return Some(DateProblem::Missing);
    };
    let is_implausible = published < EARLIEST || published.duration_since(seen) > MAX_AHEAD;
    is_implausible.then_some(DateProblem::Implausible)
}

#[cfg(test)]
mod tests;
