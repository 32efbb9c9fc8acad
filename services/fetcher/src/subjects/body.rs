//! Reads the body of a message: articles in the JSON of `POST /articles`.

use serde_json::value::RawValue;
use wirefold_address::{Arrival, identify};
use wirefold_proto::{ArticleFetched, SubmittedArticle};

/// The most articles of one message.
const MOST: usize = 1_000;

/// The articles of a message: one object, or an array of them. If one is invalid, none is used. The
/// error is for people.
pub(super) fn read(body: &[u8], arrival: &Arrival) -> Result<Vec<ArticleFetched>, String> {
    let no_json = |error: serde_json::Error| format!("not an article in JSON: {error}");
    let is_array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let parts: Vec<Box<RawValue>> = match is_array {
        true => serde_json::from_slice(body).map_err(no_json)?,
        false => vec![serde_json::from_slice(body).map_err(no_json)?],
    };
    if parts.len() > MOST {
        return Err(format!("more than {MOST} articles in one message"));
    }
    let describe = |number: usize, why: String| match is_array {
        true => format!("article {}: {why}", number + 1),
        false => why,
    };
    let one = |(number, part): (usize, &RawValue)| {
        let submitted: SubmittedArticle =
            serde_json::from_str(part.get()).map_err(|error| describe(number, no_json(error)))?;
        let identified =
            identify(submitted, arrival).map_err(|why| describe(number, why.to_string()));
        Ok(identified?.article)
    };
    parts.iter().map(|part| &**part).enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use wirefold_address::Authority;
    use wirefold_proto::TextSource;

    use super::*;

    fn articles_in(body: &str) -> Result<Vec<ArticleFetched>, String> {
        let arrival = Arrival {
            feed: "desk".parse().unwrap(),
            authority: Authority::Operator,
            outlet: "wire".parse().ok(),
            text_source: TextSource::Given,
            seen: "2026-03-01T12:00:00Z".parse().unwrap(),
        };
        read(body.as_bytes(), &arrival)
    }

    #[test]
    fn a_message_is_one_article_or_several() {
        let one = articles_in(
            r#" {"id":"7","text":"One.\n\nTwo.","title":" A\nb ","author":"Ann",
                "url":"https://www.harbour.example/x?utm_source=a","published":"2026-03-01T10:00:00Z"}"#,
        );
        let one = &one.unwrap()[0];
        assert_eq!((one.article.title.as_str(), one.text.as_str()), ("A b", "One.\n\nTwo."));
        assert_eq!(one.article.outlet.as_str(), "harbour.example");
        assert_eq!(one.article.canonical_url.as_deref(), Some("https://harbour.example/x"));
        assert_eq!((one.article.item_key.as_str(), one.article.baseline), ("7", false));
        let two = articles_in(r#"[{"text":"A."},{"text":"B.","outlet":"The Ledger"}]"#).unwrap();
        let outlets: Vec<&str> = two.iter().map(|it| it.article.outlet.as_str()).collect();
        assert_eq!(outlets, ["wire", "the ledger"]);
        assert!(articles_in("[]").unwrap().is_empty());
        let via = r#"{"text":"A.","url":"https://harbour.example/a","feed":"planet.example"}"#;
        let via = &articles_in(via).unwrap()[0];
        assert_eq!(via.article.outlet_label(), "harbour.example via planet.example");
    }

    #[test]
    fn reports_why_a_message_has_no_articles() {
        for (body, why) in [
            ("", "not an article in JSON: EOF"),
            ("oops", "not an article in JSON: expected value"),
            ("{}", "missing field `text`"),
            (r#"{"text":" "}"#, "`text` and `title` are empty"),
            (r#"{"text":"a","extra":1}"#, "unknown field `extra`"),
            (r#"{"text":"a","url":"javascript:1"}"#, "`url` \"javascript:1\" is not a web address"),
            (r#"{"text":"a","published":"yesterday"}"#, "not an article in JSON"),
            (r#"[{"text":"a"},{"text":""}]"#, "article 2: `text` and `title` are empty"),
            (r#"{"text":"a"} {"text":"b"}"#, "trailing characters"),
        ] {
            let error = articles_in(body).unwrap_err();
            assert!(error.contains(why), "{error} for {body}");
        }
        assert!(articles_in("\u{feff}{\"text\":\"a\"}").is_err());
    }
}
