//! The one entrance for articles: a submitted article comes in, an article with outlet, authority,
//! address, key and id goes out.

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
use crate::outlet::named;
pub use limits::item_key;
use limits::{LONGEST_NAME, LONGEST_TEASER, LONGEST_TITLE, LONGEST_URL, cut, cut_text};

/// How an article came in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The feed that it is listed under.
    pub feed: FeedId,
    /// Who vouches for what it says of itself, where it names no feed with a site.
    pub authority: Authority,
    /// The publisher of what names none and has no link.
    pub outlet: Option<Outlet>,
    /// Where its text comes from.
    pub text_source: TextSource,
    /// When it was first seen here.
    pub seen: Timestamp,
}

/// Why what was given is no article.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is nothing to read in it.
    #[error("`text` and `title` are empty")]
    Empty,
    /// Its link leads nowhere on the web.
    #[error("`url` {0:?} is not a web address")]
    Url(String),
    /// Its publisher has no name.
    #[error("`outlet` {0:?} is not the name of a publisher")]
    Outlet(String),
}

/// A claimed time that lies further ahead than this is implausible.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);
/// The year in which the web began, less a little: no article is older.
const EARLIEST: Timestamp = Timestamp::constant(631_152_000, 0);

/// An article with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// The article.
    pub article: ArticleFetched,
    /// Where a stranger says so: its id by the rule before authority, where whose text it is said to be
    /// was all that counted. Articles of that time stand under it.
    pub former_id: Option<ArticleId>,
}

/// The article of what was given. The same content at the same address of the same outlet by the same
/// authority has the same id, whenever, however and however often it comes in.
///
/// # Errors
/// A [`Refusal`] that says what is missing. What is too long is cut, or left out where it would be
/// another thing when cut.
pub fn identify(given: SubmittedArticle, arrival: &Arrival) -> Result<Identified, Refusal> {
    let given = tidied(given, arrival.text_source);
    if given.text.is_empty() && given.title.as_deref().unwrap_or_default().is_empty() {
        return Err(Refusal::Empty);
    }
    let url = given.url.as_deref().map(web_address).transpose()?;
    let named = given.feed.as_deref().map(Authority::of_feed);
    let named = named.filter(|authority| matches!(authority, Authority::Site(_)));
    let names_site = named.is_some();
    let authority = named.unwrap_or_else(|| arrival.authority.clone());
    let outlet = attribute(&given, url.as_deref(), arrival)?;
    let via = authority.via(&outlet, url.as_deref());
    let title = given.title.unwrap_or_default();
    let key = item_key(given.id.as_deref(), url.as_deref(), &title, given.published);
    // Many feeds come in by one way: what a stranger's calls an item is not what the site's own calls so.
    let item_key = match via.as_ref().filter(|_| names_site) {
        Some(via) => item_key(Some(&format!("{via} {key}")), None, "", None),
        None => key,
    };
    let url = url.filter(|url| url.len() <= LONGEST_URL);
    let canonical_url = url.as_deref().and_then(canonical);
    let title = cut(&title, LONGEST_TITLE);
    let (text, truncated) = cut_text(given.text);
    let address = match &canonical_url {
        Some(canonical) => ItemAddress::Url(canonical),
        None => ItemAddress::Key(&item_key),
    };
    let content = ContentHash::of(&normalise(&title), &normalise(&text));
    let former_id = via.is_some().then(|| ArticleId::of(&outlet, address, content));
    let id = ArticleId::told_by(via.as_ref().unwrap_or(&outlet), &outlet, address, content);
    let authors = given.author.iter().chain(&given.authors);
    let about = AboutArticle {
        outlet,
        via,
        feeds: vec![arrival.feed.clone()],
        item_key,
        url,
        canonical_url,
        title,
        authors: authors.map(|author| cut(author, LONGEST_NAME)).collect(),
        teaser: given.teaser.as_deref().map(|teaser| cut(teaser, LONGEST_TEASER)),
        truncated,
        paywalled: false,
        language_hint: given.language,
        published: given.published,
        date_problem: date_problem(given.published, arrival.seen),
        seen: arrival.seen,
        version_of: None,
        source: given.source.as_ref().map(limits::source),
        media: given.media.iter().filter_map(limits::medium).collect(),
        baseline: false,
        updates_baseline: false,
        beyond_budget: false,
    };
    let text_source = arrival.text_source;
    let article = ArticleFetched { schema: Tag::new(), id, article: about, text, text_source };
    Ok(Identified { article, former_id })
}

/// What people and programs give, as feeds are read: one line where one is meant, paragraphs parted
/// by empty lines, and nothing where there are no words.
fn tidied(given: SubmittedArticle, text_source: TextSource) -> SubmittedArticle {
    if text_source != TextSource::Given {
        // A feed's items and the text of pages are read that way.
        return given;
    }
    let line = |text: Option<String>| {
        text.map(|text| html::one_line(&text)).filter(|text| !text.is_empty())
    };
    let authors = given.authors.into_iter().filter_map(|author| line(Some(author)));
    SubmittedArticle {
        id: line(given.id),
        title: line(given.title),
        author: line(given.author),
        authors: authors.collect(),
        outlet: given.outlet.filter(|name| !name.trim().is_empty()),
        url: given.url.filter(|url| !url.trim().is_empty()),
        feed: given.feed.filter(|feed| !feed.trim().is_empty()),
        text: html::plain_to_text(&given.text),
        ..given
    }
}

/// Whose text it is said to be.
fn attribute(
    given: &SubmittedArticle,
    url: Option<&str>,
    arrival: &Arrival,
) -> Result<Outlet, Refusal> {
    if let Some(name) = given.outlet.as_deref().filter(|name| named(name).is_none()) {
        return Err(Refusal::Outlet(cut(name, LONGEST_NAME)));
    }
    let (name, feed) = (given.outlet.as_deref(), given.feed.as_deref());
    let found = attributed(name, given.source.as_ref(), url, feed);
    Ok(found.or_else(|| arrival.outlet.clone()).unwrap_or_else(Outlet::local))
}

fn web_address(text: &str) -> Result<String, Refusal> {
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(String::from).ok_or_else(|| Refusal::Url(cut(text, LONGEST_NAME)))
}

/// What is wrong with a claimed time. The time itself stays what is claimed.
fn date_problem(published: Option<Timestamp>, seen: Timestamp) -> Option<DateProblem> {
    let Some(published) = published else {
        return Some(DateProblem::Missing);
    };
    let is_implausible = published < EARLIEST || published.duration_since(seen) > AHEAD;
    is_implausible.then_some(DateProblem::Implausible)
}

#[cfg(test)]
mod tests;
