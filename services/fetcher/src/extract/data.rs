//! The article in the data for machines of a page: JSON-LD with the vocabulary of schema.org.

use serde_json::Value;
use wirefold_feed::html;
use wirefold_text::normalise;

use super::json;

/// The most parts of an article that are examined.
const MOST_PARTS: usize = 100;

/// Whether the JSON-LD of an article says that it, or a part of it, is not free.
fn is_not_free(article: &Value) -> bool {
    let parts = match &article["hasPart"] {
        Value::Array(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut all = std::iter::once(article).chain(parts.iter().take(MOST_PARTS));
    all.any(|part| match &part["isAccessibleForFree"] {
        Value::Bool(is_free) => !is_free,
        Value::String(said) => is_no(said),
        _ => false,
    })
}

/// Whether a text means false: the word in any case, or the address of the value at schema.org.
pub(super) fn is_no(said: &str) -> bool {
    let word = said.trim().rsplit('/').next().unwrap_or_default();
    ["false", "no"].iter().any(|no| word.eq_ignore_ascii_case(no))
}

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

/// An author or a publisher.
#[derive(Debug, PartialEq)]
pub(super) struct Author {
    pub(super) name: String,
    /// Whether the data say that it is a person.
    pub(super) is_person: bool,
}

/// The data about an article.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ArticleData {
    pub(super) headline: Option<String>,
    /// Its `name`, which is often another text.
    pub(super) name: Option<String>,
    pub(super) authors: Vec<Author>,
    /// The name of its publisher.
    pub(super) publisher: Option<String>,
    pub(super) published: Option<String>,
    pub(super) language: Option<String>,
    /// The plain text.
    pub(super) body: Option<String>,
    /// Whether it, or a part of it, is not free to everybody.
    pub(super) not_free: bool,
}

/// How a page names itself, which tells its article from others in its data.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PageNames<'a> {
    /// Its addresses: where it was found, and those that it gives.
    pub(super) addresses: &'a [&'a str],
    /// Its titles, which may have the name of its site too.
    pub(super) titles: &'a [&'a str],
}

impl PageNames<'_> {
    fn has_address(&self, article: &Value) -> bool {
        let page = &article["mainEntityOfPage"];
        let given = [&article["url"], &article["@id"], page, &page["@id"], &page["url"]];
        given.into_iter().filter_map(Value::as_str).any(|given| {
            let given = bare_address(given);
            self.addresses.iter().any(|own| {
                let own = bare_address(own);
                // Without a host, the path decides.
                let path = own.find('/').map_or("", |at| &own[at..]);
                !given.is_empty() && (own == given || path == given)
            })
        })
    }

    /// Whether an article without an address or headline of this page gives those of another one.
    fn is_of_another(&self, article: &Value) -> bool {
        let page = &article["mainEntityOfPage"];
        let given = [&article["url"], page, &page["@id"]];
        let mut given = given.into_iter().filter_map(Value::as_str);
        let has_form = |text: &str| text.contains("://") || text.starts_with('/');
        let is_address = |text: &str| has_form(text) && !bare_address(text).is_empty();
        self.addresses.iter().any(|own| !bare_address(own).is_empty())
            && !self.titles.is_empty()
            && article["headline"].is_string()
            && given.any(is_address)
    }

    fn has_headline(&self, article: &Value) -> bool {
        let given = [&article["headline"], &article["name"]];
        given.into_iter().filter_map(Value::as_str).any(|given| {
            let given = normalise(&html::loose_to_line(given));
            let is_own = |title: &&str| normalise(title).starts_with(&given);
            !given.is_empty() && self.titles.iter().any(is_own)
        })
    }
}

/// An address without the parts in which two forms of it differ. Empty for the front page of a site and for parts of a page.
fn bare_address(address: &str) -> String {
    let plain = address.split(['#', '?']).next().unwrap_or_default().to_lowercase();
    let plain = plain.split_once("//").map_or(plain.as_str(), |(_, rest)| rest);
    let plain = plain.strip_prefix("www.").unwrap_or(plain).trim_end_matches('/');
    if plain.contains('/') { plain.to_owned() } else { String::new() }
}

/// The data about the article of the page: the one with its address, else with its headline, else the
/// first that names no other page.
pub(super) fn article_data(documents: &[String], page: PageNames<'_>) -> ArticleData {
    let parsed: Vec<Value> = documents.iter().flat_map(|document| json::read(document)).collect();
    let mut waiting: Vec<&Value> = parsed.iter().rev().collect();
    let mut articles = Vec::new();
    let mut seen = 0;
    while let Some(next) = waiting.pop() {
        seen += 1;
        if seen > MOST {
            break;
        }
        match next {
            Value::Array(list) => waiting.extend(list.iter().rev()),
            Value::Object(_) if is_article(next) => articles.push(next),
            Value::Object(fields) => {
                let inner = ["@graph", "mainEntity", "mainEntityOfPage"];
                waiting.extend(inner.iter().rev().filter_map(|name| fields.get(*name)));
            }
            _ => {}
        }
    }
    let find = |is: &dyn Fn(&Value) -> bool| articles.iter().find(|article| is(article));
    let own = find(&|article| page.has_address(article))
        .or_else(|| find(&|article| page.has_headline(article)))
        .or_else(|| find(&|article| !page.is_of_another(article)));
    own.map(|article| of(article)).unwrap_or_default()
}

fn is_article(object: &Value) -> bool {
    // `https://schema.org/NewsArticle`
    let is = |kind: &Value| {
        let name = kind.as_str().and_then(|kind| kind.rsplit(['/', ':', '#']).next());
        name.is_some_and(|name| ARTICLES.iter().any(|it| it.eq_ignore_ascii_case(name)))
    };
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
    let body = article["articleBody"].as_str().map(repaired);
    ArticleData {
        headline: line("headline"),
        name: line("name"),
        authors: names(&article["author"]),
        publisher: names(&article["publisher"]).into_iter().next().map(|it| it.name),
        published: line("datePublished"),
        language: language.map(str::to_owned),
        body: body.filter(|body| !body.is_empty()),
        not_free: is_not_free(article),
    }
}

/// The names of one or several people, given as texts or objects.
fn names(people: &Value) -> Vec<Author> {
    let list = match people {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let name = |person: &Value| {
        // Some programs put the person into its own name.
        let inner = [person, &person["name"], &person["name"]["name"]];
        let name = inner.into_iter().find_map(Value::as_str)?;
        let line = html::loose_to_line(name);
        let is_person = person["@type"] == "Person";
        let is_name = !line.is_empty() && !line.starts_with("http");
        is_name.then_some(Author { name: line, is_person })
    };
    list.iter().take(20).filter_map(name).collect()
}

/// If this many words in a row equal the first words, a copy of the text may begin there.
const BEGINNING: usize = 8;
/// With this many such beginnings the text has a refrain and is not a copy.
const MOST_COPIES: usize = 4;
/// The share of the words of the second copy that must equal those of the first.
const MOSTLY: f64 = 0.9;

/// The plain text, once.
fn repaired(body: &str) -> String {
    // Tags that were escaped twice become markup only in the second pass.
    let plain = html::loose_to_text(&html::loose_to_text(body));
    let end = end_of_first(&plain).unwrap_or(plain.len());
    plain[..end].trim_end().to_owned()
}

/// The end of the first copy, if the rest is another copy. That may be cut.
fn end_of_first(text: &str) -> Option<usize> {
    let mut end = 0;
    let parts = text.split_inclusive(char::is_whitespace).map(|part| {
        end += part.len();
        (end - part.len(), part.trim_end())
    });
    let words: Vec<(usize, &str)> = parts.filter(|(_, word)| !word.is_empty()).collect();
    let beginning = words.get(..BEGINNING)?;
    let is_same = |one: &[(usize, &str)], other: &[(usize, &str)]| {
        let same = one.iter().zip(other).filter(|(a, b)| a.1 == b.1).count();
        same as f64 >= one.len().min(other.len()) as f64 * MOSTLY
    };
    let begins = |place: &usize| words[*place..].iter().zip(beginning).all(|(a, b)| a.1 == b.1);
    let places = 1..words.len().saturating_sub(BEGINNING - 1);
    let mut beginnings = places.filter(begins).take(MOST_COPIES).collect::<Vec<_>>().into_iter();
    if beginnings.len() == MOST_COPIES {
        return None;
    }
    // The second copy may be cut, and so shorter.
    let from = words.len() * 2 / 5;
    let second =
        beginnings.find(|place| *place >= from && is_same(&words[..*place], &words[*place..]))?;
    Some(words[second].0)
}

#[cfg(test)]
mod data_tests {
    use super::*;

    #[test]
    fn finds_the_article_among_other_objects() {
        let documents = [
            "no json".to_owned(),
            r#"//<![CDATA[
                [{"@type":"BreadcrumbList"},{"@graph":[{"@type":"WebPage","name":"no"},
                {"@type":["Thing","NewsArticle"],"headline":"Ferry &amp; fog","author":
                [{"@type":"Person","name":"Ann Lee"},"Bo Ray",{"name":7},
                {"@type":"Person","name":{"@type":"Person","name":"Cy Orr"}}],"inLanguage":"en",
                "datePublished":"2026-03-05","articleBody":"One.\n\nTwo."}]}]
                //]]>"#
                .to_owned(),
        ];
        let expected = ArticleData {
            headline: Some("Ferry & fog".to_owned()),
            name: None,
            authors: vec![
                Author { name: "Ann Lee".to_owned(), is_person: true },
                Author { name: "Bo Ray".to_owned(), is_person: false },
                Author { name: "Cy Orr".to_owned(), is_person: true },
            ],
            publisher: None,
            published: Some("2026-03-05".to_owned()),
            language: Some("en".to_owned()),
            body: Some("One.\n\nTwo.".to_owned()),
            not_free: false,
        };
        assert_eq!(article_data(&documents, PageNames::default()), expected);
        assert_eq!(article_data(&["{}".to_owned()], PageNames::default()), ArticleData::default());
    }

    #[test]
    fn of_several_articles_the_one_of_this_page_counts() {
        let check = |fields: [&str; 2], address: &str, title: &str, expected: &str| {
            let document = |inside: &str| format!(r#"{{"@type":"Article",{inside}}}"#);
            let names = PageNames { addresses: &[address], titles: &[title] };
            let found = article_data(&fields.map(document), names);
            assert_eq!(found.headline.as_deref(), Some(expected), "{fields:?}");
        };
        let (other, own) =
            (r#""headline":"Other","url":"https://a.example/other""#, r#""headline":"Own""#);
        let page = "https://a.example/own?x=1";
        check([other, r#""headline":"Own","url":"http://www.a.example/own/""#], page, "", "Own");
        check(
            [other, r#""headline":"Own","mainEntityOfPage":{"@id":"https://a.example/own"}"#],
            page,
            "",
            "Own",
        );
        check(
            [other, r#""headline":"Own","mainEntityOfPage":"https://a.example/own""#],
            page,
            "",
            "Own",
        );
        for address in ["/own/", "//a.example/own", "HTTPS://WWW.A.Example/own"] {
            let it = format!(r#""headline":"It","url":"{address}""#);
            check([other, &it], page, "", "It");
        }
        let own_kind = r#""headline":"Own","@type":"newsarticle""#;
        check([other, own_kind], page, "Own", "Own");
        check([other, own], page, "Own | The Ledger", "Own");
        check(
            [r#""headline":"A","url":"https://a.example/""#, r#""headline":"B""#],
            page,
            "C",
            "A",
        );
        let alone = [format!(r#"{{"@type":"Article",{other}}}"#)];
        let names = PageNames { addresses: &[page], titles: &["Own"] };
        assert_eq!(article_data(&alone, names).headline, None);
        let typed = r#"{"@type":"https://schema.org/NewsArticle","headline":"Own"}"#.to_owned();
        assert!(article_data(&[typed], PageNames::default()).headline.is_some());
    }

    #[test]
    fn reads_from_json_ld_that_an_article_is_not_free() {
        let check = |json: &str, expected: bool| {
            let article: Value = serde_json::from_str(json).unwrap();
            assert_eq!(is_not_free(&article), expected, "{json}");
        };
        check("{}", false);
        check(r#"{"isAccessibleForFree":false}"#, true);
        check(r#"{"isAccessibleForFree":true}"#, false);
        for no in ["False", "false", " FALSE ", "http://schema.org/False", "No"] {
            check(&format!(r#"{{"isAccessibleForFree":"{no}"}}"#), true);
        }
        for yes in ["True", "https://schema.org/True", "yes", "", "0", "falsehood"] {
            check(&format!(r#"{{"isAccessibleForFree":"{yes}"}}"#), false);
        }
        check(r#"{"isAccessibleForFree":null}"#, false);
        check(r#"{"isAccessibleForFree":{"x":false}}"#, false);
        check(
            r#"{"isAccessibleForFree":true,"hasPart":{"@type":"WebPageElement",
               "isAccessibleForFree":"False","cssSelector":".paid"}}"#,
            true,
        );
        check(r#"{"hasPart":[{"isAccessibleForFree":true},{"isAccessibleForFree":false}]}"#, true);
        check(r#"{"hasPart":[{"isAccessibleForFree":true},7,"x"]}"#, false);
    }
}

#[cfg(test)]
mod body_tests {
    use super::*;

    const TEXT: &str = "The ferry to Ness left four hours late on Thursday. Fog had closed the harbour \
        since dawn, and two pilots had refused to board.";

    #[test]
    fn removes_a_second_copy_of_the_text() {
        assert_eq!(repaired(&format!("{TEXT} {TEXT}")), TEXT);
        assert_eq!(repaired(&format!("{TEXT}\n\n{TEXT}")), TEXT);
        assert_eq!(repaired(TEXT), TEXT);
        let refrain =
            format!("{TEXT} Later that day: The ferry to Ness left once more, in clear sight.");
        assert_eq!(repaired(&refrain), refrain);
        assert_eq!(repaired(""), "");
    }

    #[test]
    fn escaped_tags_are_markup() {
        let escaped = "&lt;p&gt;One &amp;amp; two.&lt;/p&gt;&lt;p&gt;Three.&lt;/p&gt;";
        assert_eq!(repaired(escaped), "One & two.\n\nThree.");
        assert_eq!(repaired("<p>One.</p>"), "One.");
        assert_eq!(repaired("5 &lt; 7 &amp; more"), "5 < 7 & more");
    }
}
