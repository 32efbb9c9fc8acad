//! Articles in the JSON of `POST /articles`, from a message.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use wirefold_feed::html;
use wirefold_proto::{ArticleFetched, FeedId, Outlet, TextSource};

use crate::article::{self, Draft};
use crate::feed::Item;

/// The most articles of one message.
const MOST: usize = 1_000;
/// The most bytes of an id.
const LONGEST_ID: usize = 1_000;

/// One article, as `POST /articles` takes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    id: Option<String>,
    text: String,
    title: Option<String>,
    author: Option<String>,
    outlet: Option<String>,
    url: Option<String>,
    published: Option<Timestamp>,
}

/// The articles of a message: one object, or an array of them. The error says what keeps it from
/// being that; then nothing of it is taken.
pub(super) fn read(
    body: &[u8],
    feed: &FeedId,
    outlet: Option<&Outlet>,
    seen: Timestamp,
) -> Result<Vec<ArticleFetched>, String> {
    let no_json = |error: serde_json::Error| format!("no article in JSON: {error}");
    let is_array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let parts: Vec<Box<RawValue>> = match is_array {
        true => serde_json::from_slice(body).map_err(no_json)?,
        false => vec![serde_json::from_slice(body).map_err(no_json)?],
    };
    if parts.len() > MOST {
        return Err(format!("more than {MOST} articles in one message"));
    }
    let about = |number: usize, why: String| match is_array {
        true => format!("article {}: {why}", number + 1),
        false => why,
    };
    let one = |(number, part): (usize, &RawValue)| {
        let given = serde_json::from_str(part.get()).map_err(|error| about(number, no_json(error)));
        article(given?, feed, outlet, seen).map_err(|why| about(number, why))
    };
    parts.iter().map(|part| &**part).enumerate().map(one).collect()
}

fn article(
    given: Given,
    feed: &FeedId,
    outlet: Option<&Outlet>,
    seen: Timestamp,
) -> Result<ArticleFetched, String> {
    if given.text.trim().is_empty() {
        return Err("`text` is empty".to_owned());
    }
    let link = match given.url.filter(|url| !url.trim().is_empty()) {
        None => None,
        Some(url) => {
            Some(web_address(&url).ok_or_else(|| format!("`url` {url:?}: no web address"))?)
        }
    };
    let id = given.id.map(|id| html::one_line(&id)).filter(|id| !id.is_empty());
    if id.as_ref().is_some_and(|id| id.len() > LONGEST_ID) {
        return Err(format!("`id` is over {LONGEST_ID} bytes"));
    }
    let named = match given.outlet.filter(|name| !name.trim().is_empty()) {
        None => None,
        Some(name) => {
            let unfit = format!("`outlet` {name:?}: no name of a publisher");
            Some(article::named(&name).ok_or(unfit)?)
        }
    };
    let item = Item {
        guid: id,
        title: html::one_line(&given.title.unwrap_or_default()),
        authors: given.author.iter().map(|author| html::one_line(author)).collect(),
        published: given.published,
        link,
        ..Item::default()
    };
    let by_link = || article::outlet_of(item.link.as_deref(), "", None);
    let publisher = named.unwrap_or_else(|| match (by_link(), outlet) {
        (site, Some(outlet)) if site.is_local() => outlet.clone(),
        (site, _) => site,
    });
    Ok(article::fetched(Draft {
        feed: feed.clone(),
        outlet: publisher,
        item: &item,
        text: given.text,
        text_from: TextSource::Given,
        paywalled: false,
        seen,
        baseline: false,
        version_of: None,
    }))
}

fn web_address(text: &str) -> Option<String> {
    let url = url::Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(body: &str) -> Result<Vec<ArticleFetched>, String> {
        let outlet = "wire".parse().ok();
        let seen = "2026-03-01T12:00:00Z".parse().unwrap();
        read(body.as_bytes(), &"desk".parse().unwrap(), outlet.as_ref(), seen)
    }

    #[test]
    fn a_message_is_one_article_or_several() {
        let one = taken(
            r#" {"id":"7","text":"One.\n\nTwo.","title":" A\nb ","author":"Ann",
                "url":"https://www.harbour.example/x?utm_source=a","published":"2026-03-01T10:00:00Z"}"#,
        );
        let one = &one.unwrap()[0];
        assert_eq!((one.article.title.as_str(), one.text.as_str()), ("A b", "One.\n\nTwo."));
        assert_eq!(one.article.outlet.as_str(), "harbour.example");
        assert_eq!(one.article.canonical_url.as_deref(), Some("https://harbour.example/x"));
        assert_eq!((one.article.item_key.as_str(), one.article.baseline), ("7", false));
        let two = taken(r#"[{"text":"A."},{"text":"B.","outlet":"The Ledger"}]"#).unwrap();
        let outlets: Vec<&str> = two.iter().map(|it| it.article.outlet.as_str()).collect();
        assert_eq!(outlets, ["wire", "the ledger"]);
        assert!(taken("[]").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_article_is_said() {
        for (body, why) in [
            ("", "no article in JSON: EOF"),
            ("oops", "no article in JSON: expected value"),
            ("{}", "missing field `text`"),
            (r#"{"text":" "}"#, "`text` is empty"),
            (r#"{"text":"a","extra":1}"#, "unknown field `extra`"),
            (r#"{"text":"a","url":"javascript:1"}"#, "`url` \"javascript:1\": no web address"),
            (r#"{"text":"a","published":"yesterday"}"#, "no article in JSON"),
            (r#"[{"text":"a"},{"text":""}]"#, "article 2: `text` is empty"),
            (r#"{"text":"a"} {"text":"b"}"#, "trailing characters"),
        ] {
            let said = taken(body).unwrap_err();
            assert!(said.contains(why), "{said} for {body}");
        }
        let long = format!(r#"{{"text":"a","id":"{}"}}"#, "x".repeat(2_000));
        assert!(taken(&long).unwrap_err().contains("`id`"));
        assert!(taken("\u{feff}{\"text\":\"a\"}").is_err());
    }
}
