//! Reads the data about the article in the JSON-LD of a page (schema.org).

use serde_json::Value;

use super::{body, paywall};
use wirefold_feed::html;

/// Types that are an article.
const ARTICLES: &[&str] = &[
    "AdvertiserContentArticle",
    "AnalysisNewsArticle",
    "Article",
    "AskPublicNewsArticle",
    "BackgroundNewsArticle",
    "BlogPosting",
    "DiscussionForumPosting",
    "LiveBlogPosting",
    "NewsArticle",
    "OpinionNewsArticle",
    "ReportageNewsArticle",
    "Report",
    "ReviewNewsArticle",
    "SatiricalArticle",
    "ScholarlyArticle",
    "SocialMediaPosting",
    "TechArticle",
];

/// The most objects that are examined.
const MOST: usize = 1000;

/// The data about an article.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ArticleData {
    pub(super) headline: Option<String>,
    /// Its `name`, which is often another text.
    pub(super) name: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) published: Option<String>,
    pub(super) language: Option<String>,
    /// The plain text.
    pub(super) body: Option<String>,
    /// Whether it, or a part of it, is not free to everybody.
    pub(super) not_free: bool,
}

/// The data about the first article in the documents.
pub(super) fn article_data(documents: &[String]) -> ArticleData {
    let parsed: Vec<Value> =
        documents.iter().filter_map(|document| serde_json::from_str(bare(document)).ok()).collect();
    let mut waiting: Vec<&Value> = parsed.iter().rev().collect();
    let mut seen = 0;
    while let Some(next) = waiting.pop() {
        seen += 1;
        if seen > MOST {
            break;
        }
        match next {
            Value::Array(list) => waiting.extend(list.iter().rev()),
            Value::Object(_) if is_article(next) => return of(next),
            Value::Object(fields) => {
                let inner = ["@graph", "mainEntity", "mainEntityOfPage"];
                waiting.extend(inner.iter().rev().filter_map(|name| fields.get(*name)));
            }
            _ => {}
        }
    }
    ArticleData::default()
}

/// A document without the CDATA section that old pages wrap around scripts.
fn bare(document: &str) -> &str {
    let document = document.trim().trim_start_matches("//").trim_start();
    let Some(inner) = document.strip_prefix("<![CDATA[") else {
        return document;
    };
    inner.trim_end().strip_suffix("]]>").unwrap_or(inner).trim_end_matches(['/', ' ', '\n']).trim()
}

fn is_article(object: &Value) -> bool {
    let is = |kind: &Value| kind.as_str().is_some_and(|kind| ARTICLES.contains(&kind));
    match &object["@type"] {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

fn of(article: &Value) -> ArticleData {
    let line = |name: &str| {
        let text = article[name].as_str().map(html::loose_to_line);
        text.filter(|text| !text.is_empty())
    };
    let language = article["inLanguage"].as_str().or(article["inLanguage"]["name"].as_str());
    let body = article["articleBody"].as_str().map(body::repaired);
    ArticleData {
        headline: line("headline"),
        name: line("name"),
        authors: names(&article["author"]),
        published: line("datePublished"),
        language: language.map(str::to_owned),
        body: body.filter(|body| !body.is_empty()),
        not_free: paywall::is_in_data(article),
    }
}

/// The names of one or several people, given as texts or objects.
fn names(people: &Value) -> Vec<String> {
    let list = match people {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let name = |person: &Value| {
        let name = person.as_str().or(person["name"].as_str())?;
        let line = html::loose_to_line(name);
        (!line.is_empty() && !line.starts_with("http")).then_some(line)
    };
    list.iter().take(20).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_article_among_other_objects() {
        let documents = [
            "no json".to_owned(),
            r#"//<![CDATA[
                [{"@type":"BreadcrumbList"},{"@graph":[{"@type":"WebPage","name":"no"},
                {"@type":["Thing","NewsArticle"],"headline":"Ferry &amp; fog","author":
                [{"@type":"Person","name":"Ann Lee"},"Bo Ray",{"name":7}],"inLanguage":"en",
                "datePublished":"2026-03-05","articleBody":"One.\n\nTwo."}]}]
                //]]>"#
                .to_owned(),
        ];
        let expected = ArticleData {
            headline: Some("Ferry & fog".to_owned()),
            name: None,
            authors: vec!["Ann Lee".to_owned(), "Bo Ray".to_owned()],
            published: Some("2026-03-05".to_owned()),
            language: Some("en".to_owned()),
            body: Some("One.\n\nTwo.".to_owned()),
            not_free: false,
        };
        assert_eq!(article_data(&documents), expected);
        assert_eq!(article_data(&["{}".to_owned()]), ArticleData::default());
    }
}
