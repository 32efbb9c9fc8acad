//! A pushed article as it goes to `WF_FETCHED`.

use jiff::Timestamp;
use url::Url;
use wirefold_proto::{
    AboutArticle, ArticleFetched, ArticleId, ContentHash, DateDoubt, FeedId, ItemAddress,
    MAX_TEXT_BYTES, Outlet, Tag, TextSource,
};
use wirefold_text::normalise;

use super::{Handled, Refusal};
use crate::shapes::PushedText;

/// The most bytes of a title, an author, an id.
const MOST_BYTES: usize = 1_000;
/// The most bytes of a link.
const URL_BYTES: usize = 4_000;
/// A claimed time may be so far ahead of ours, in seconds.
const AHEAD: i64 = 24 * 3_600;
/// Nothing was published on the web before 1990.
const BEFORE_THE_WEB: i64 = 631_152_000;

/// The article, with an id that depends on what was pushed and on nothing else.
pub(super) fn article(pushed: PushedText, seen: Timestamp) -> Handled<ArticleFetched> {
    if pushed.text.trim().is_empty() {
        return Err(Refusal::bad_request("`text` is empty"));
    }
    let url = pushed.url.as_deref().map(read_url).transpose()?;
    let canonical_url = url.as_ref().and_then(|url| wirefold_address::canonical(url.as_str()));
    let title = plain("title", pushed.title.as_deref().unwrap_or_default(), MOST_BYTES)?;
    let given = pushed.id.map(|id| plain("id", &id, MOST_BYTES)).transpose()?;
    let item_key = given
        .filter(|id| !id.is_empty())
        .or_else(|| canonical_url.clone())
        .unwrap_or_else(|| title.clone());
    let outlet = outlet_of(pushed.outlet.as_deref(), url.as_ref())?;
    let truncated = pushed.text.len() > MAX_TEXT_BYTES;
    let text = cut(pushed.text);
    let address = match &canonical_url {
        Some(canonical) => ItemAddress::Url(canonical),
        None => ItemAddress::Key(&item_key),
    };
    let content = ContentHash::of(&normalise(&title), &normalise(&text));
    let id = ArticleId::of(&outlet, address, content);
    let author = pushed.author.map(|author| plain("author", &author, MOST_BYTES)).transpose()?;
    let article = AboutArticle {
        outlet,
        feeds: vec![FeedId::push()],
        item_key,
        url: url.map(String::from),
        canonical_url,
        title,
        authors: author.into_iter().filter(|author| !author.is_empty()).collect(),
        teaser: None,
        truncated,
        paywalled: false,
        language_hint: None,
        published: pushed.published,
        date_doubt: doubt(pushed.published, seen),
        seen,
        version_of: None,
        source: None,
        media: Vec::new(),
        baseline: false,
    };
    Ok(ArticleFetched { schema: Tag::new(), id, article, text, text_from: TextSource::Given })
}

fn doubt(published: Option<Timestamp>, seen: Timestamp) -> Option<DateDoubt> {
    let Some(published) = published else {
        return Some(DateDoubt::Missing);
    };
    let (claimed, now) = (published.as_second(), seen.as_second());
    (claimed > now + AHEAD || claimed < BEFORE_THE_WEB).then_some(DateDoubt::Absurd)
}

/// One line of text without control characters.
fn plain(what: &str, text: &str, most: usize) -> Handled<String> {
    if text.len() > most {
        return Err(Refusal::bad_request(format!("`{what}` is over {most} bytes")));
    }
    let spaced = text.replace(|c: char| c.is_control(), " ");
    Ok(spaced.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// As much of the text as an article carries.
fn cut(mut text: String) -> String {
    let mut end = text.len().min(MAX_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

fn read_url(text: &str) -> Handled<Url> {
    let broken = |why: String| Refusal::bad_request(format!("`url`: {why}"));
    if text.len() > URL_BYTES {
        return Err(broken(format!("over {URL_BYTES} bytes")));
    }
    let url = Url::parse(text).map_err(|error| broken(error.to_string()))?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    is_web.then_some(url).ok_or_else(|| broken("neither http nor https".to_owned()))
}

fn outlet_of(given: Option<&str>, url: Option<&Url>) -> Handled<Outlet> {
    let name = match (given.map(str::trim).filter(|name| !name.is_empty()), url) {
        (Some(name), _) => name.to_lowercase(),
        (None, Some(url)) => domain_of(url),
        (None, None) => "push".to_owned(),
    };
    name.parse().map_err(|error| Refusal::bad_request(format!("`outlet`: {error}")))
}

/// The registrable domain, else the host.
fn domain_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    psl::domain_str(host).unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(text: &str, url: Option<&str>) -> ArticleFetched {
        let pushed = PushedText {
            text: text.to_owned(),
            url: url.map(str::to_owned),
            ..PushedText::default()
        };
        article(pushed, "2026-03-01T12:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn tracking_and_fragments_do_not_tell_articles_apart() {
        let links = [
            "https://www.harbour.example/ferry?id=7",
            "https://www.harbour.example/ferry?id=7#top",
            "https://www.harbour.example/ferry?utm_source=mail&id=7&fbclid=x",
        ];
        let [one, two, three] = links.map(|link| pushed("The ferry sails.", Some(link)));
        assert_eq!((one.id, one.id), (two.id, three.id));
        let page = "https://harbour.example/ferry?id=7";
        assert_eq!(three.article.canonical_url.as_deref(), Some(page));
        assert_eq!(one.article.outlet.as_str(), "harbour.example");
        let other = pushed("The ferry sails.", Some("https://www.harbour.example/ferry?id=8"));
        assert_ne!(one.id, other.id);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = pushed(&"ä ".repeat(MAX_TEXT_BYTES), None);
        assert!(long.article.truncated && long.text.len() <= MAX_TEXT_BYTES);
        assert!(long.text.len() > MAX_TEXT_BYTES - 4);
    }

    #[test]
    fn the_id_does_not_depend_on_the_time() {
        let text = PushedText { text: "The ferry sails.".to_owned(), ..PushedText::default() };
        let at = |time: &str| article(text.clone(), time.parse().unwrap()).unwrap().id;
        assert_eq!(at("2026-03-01T12:00:00Z"), at("2026-04-02T13:00:00Z"));
    }

    #[test]
    fn nonsense_is_refused() {
        let seen: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let good = PushedText { text: "Words.".to_owned(), ..PushedText::default() };
        let bad = [
            PushedText { text: "  ".to_owned(), ..good.clone() },
            PushedText { url: Some("javascript:alert(1)".to_owned()), ..good.clone() },
            PushedText { title: Some("t".repeat(2_000)), ..good.clone() },
            PushedText { outlet: Some("a/b".to_owned()), ..good },
        ];
        for text in bad {
            assert_eq!(article(text, seen).unwrap_err().status(), 400);
        }
    }
}
