//! Extracts the article of a page. Runs in the child process.

use serde_json::Value;
use trafilatura::dom::Document;
use trafilatura::{HtmlDateMode, Options, extract_document};
use wirefold_feed::dates::Context;
use wirefold_feed::html::Head;
use wirefold_feed::{dates, decode, html, language_tag};
use wirefold_proto::MAX_TEXT_BYTES;
use wirefold_text::normalise;

use super::restore::Pieces;
use super::tidy::tidy;
use super::{Page, Rule, rule};

/// The body in the page's data is used if it has at least this share of the length of the extracted
/// text.
const LONG_ENOUGH: f64 = 0.7;

/// The fewest characters of an article in Chinese, Japanese or Korean. Other scripts need 250.
const ENOUGH_IN_DENSE_SCRIPTS: usize = 100;

/// Names of meta elements with the time of publication, the most reliable first.
const DATES: &[&str] = &[
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date.published",
    "parsely-pub-date",
    "sailthru.date",
    "publishdate",
    "publish-date",
    "pubdate",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "date",
];

/// Names of meta elements with the author.
const AUTHORS: &[&str] =
    &["author", "article:author", "byl", "parsely-author", "dc.creator", "sailthru.author"];

/// The most bytes of a text that the child returns: a little more than an article can have, so that
/// the parent notices the cut.
const LONGEST_TEXT: usize = MAX_TEXT_BYTES + 16;

/// Extracts the article of a page, by the feed's rule if it has one. Returns `None` if there is no text.
pub(super) fn extract(bytes: &[u8], url: &str, rule: &Rule) -> Option<Page> {
    let page = decode::decode(bytes, None);
    let head = html::head_of(&page);
    let article_data = article_data(&head.data);
    let language = head.language.as_deref().or(article_data.language.as_deref());
    let time = |date: &str| dates::read(date, Context::of(language));
    let first_meta = |names: &[&str]| names.iter().find_map(|name| head.meta(name));
    // The data for machines is nearly always right, the dates found in the text less often.
    let dates = [article_data.published.as_deref(), first_meta(DATES), head.time.as_deref()];
    let published = dates.into_iter().flatten().find_map(time);
    let ruled = rule::apply_rule(rule, &page);
    // If the rule removed something, the body in the data may still have it and is not used.
    let body = article_data.body.as_deref().filter(|_| ruled.rest.is_none());
    let found = extract_with_library(
        ruled.rest.as_deref().unwrap_or(&page),
        url,
        language,
        published.is_some(),
    );
    let title = title_of(&head, &article_data).or(found.title);
    let whole = ruled.text.or_else(|| text_of(found.text, body))?;
    let mut text = without_headline(whole, title.as_deref().unwrap_or_default());
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    Some(Page {
        title,
        byline: byline_of(&article_data, first_meta(AUTHORS)).or(found.byline),
        published: published.or(found.date.as_deref().and_then(time)),
        language: language.and_then(language_tag),
        text,
        noarchive: head.has_meta(&["robots", "googlebot"], "noarchive"),
        reserved: head.has_meta(&["tdm-reservation"], "1"),
        paywalled: article_data.not_free || is_in_head(&head),
        article_missed: ruled.is_missed,
    })
}

/// The result of the extraction library.
#[derive(Debug, Default)]
struct LibraryResult {
    text: String,
    title: Option<String>,
    byline: Option<String>,
    date: Option<String>,
}

fn extract_with_library(
    page: &str,
    url: &str,
    language: Option<&str>,
    is_dated: bool,
) -> LibraryResult {
    let mut options = Options::default().with_fallback(true).with_exclude_comments(true);
    // The library counts characters, of which some scripts need fewer.
    let is_dense = language.is_some_and(|tag| {
        ["ja", "ko", "zh"].iter().any(|dense| tag.to_ascii_lowercase().starts_with(dense))
    });
    if is_dense {
        options.config = options.config.with_min_extracted_size(ENOUGH_IN_DENSE_SCRIPTS);
    }
    if is_dated {
        // Searching the text for a date is slow.
        options.html_date_mode = HtmlDateMode::Disabled;
    }
    options.original_url = url.parse().ok();
    let mut document = Document::parse(page);
    tidy(&mut document);
    let pieces = Pieces::of(&document);
    let Ok(result) = extract_document(document, &options) else {
        return LibraryResult::default();
    };
    let line = |text: &str| Some(html::one_line(text)).filter(|line| !line.is_empty());
    let text = html::to_text(&result.content_html);
    LibraryResult {
        text: pieces.restored(text, &result.metadata.title),
        title: line(&result.metadata.title),
        byline: line(&result.metadata.author),
        date: result.metadata.date.map(|date| date.to_string()),
    }
}

/// The body in the page's data if it is about as long as the extracted text, else the extracted text.
fn text_of(found: String, body: Option<&str>) -> Option<String> {
    let length = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let (extracted, in_data) = (length(&found), body.map_or(0, length));
    let is_long = in_data as f64 >= LONG_ENOUGH * extracted as f64;
    // A body without line breaks has lost its paragraphs, which the reading of quotations needs.
    let is_flat = body.is_some_and(|body| !body.contains('\n')) && found.contains("\n\n");
    let text = match body {
        Some(body) if is_long && !(is_flat && extracted as f64 >= LONG_ENOUGH * in_data as f64) => {
            body.to_owned()
        }
        _ => found,
    };
    (extracted.max(in_data) > 0).then_some(text)
}

/// The text without the headline above it, unless there is nothing else.
fn without_headline(text: String, title: &str) -> String {
    // A short title may still be followed by the name of its site.
    let parts = [" | ", " - ", " – ", " — "].map(|mark| title.split(mark).next());
    let is_title = |line: &str| {
        let line = normalise(line);
        let mut titles = parts.into_iter().flatten().chain([title]);
        titles.any(|one| normalise(one) == line)
    };
    match text.split_once("\n\n") {
        Some((first, rest)) if is_title(first) => rest.to_owned(),
        // A short article may follow its headline without a space.
        _ => match text.strip_prefix(title) {
            Some(rest) if !title.is_empty() && rest.starts_with(char::is_uppercase) => {
                rest.to_owned()
            }
            _ => text,
        },
    }
}

/// Names of meta elements with the title, the most specific to the article first.
const TITLES: &[&str] = &[
    "dc:title",
    "dc.title",
    "dcterm:title",
    "dcterms.title",
    "og:title",
    "weibo:article:title",
    "weibo:webpage:title",
    "title",
    "twitter:title",
    "parsely-title",
];

fn title_of(head: &Head, article_data: &ArticleData) -> Option<String> {
    let whole = head.title.as_deref().unwrap_or_default();
    // `name` is the headline on some pages, and the name of the site on others.
    let is_shown =
        |title: &&String| whole.contains(title.as_str()) && title.len() * 2 > whole.len();
    let shown = [&article_data.headline, &article_data.name].into_iter().flatten().find(is_shown);
    let from_data =
        shown.or(article_data.headline.as_ref()).or(article_data.name.as_ref()).cloned();
    let meta = TITLES.iter().find_map(|name| head.meta(name)).map(html::one_line);
    from_data.or(meta).or_else(|| Some(of_page(whole)).filter(|title| !title.is_empty()))
}

fn byline_of(article_data: &ArticleData, meta: Option<&str>) -> Option<String> {
    if !article_data.authors.is_empty() {
        return Some(article_data.authors.join(", "));
    }
    meta.map(html::one_line).filter(|name| !name.starts_with("http"))
}

/// Signs between the headline and the names of section and site.
const SIGNS: &[char] = &['|', '-', '–', '—', '\\', '/', '>', '»'];

/// The title without its last part. If little else is left, without its first part. If the rest is too
/// short, the whole title.
pub(super) fn of_page(title: &str) -> String {
    let whole = title.trim();
    let parts: Vec<(usize, char)> = whole
        .char_indices()
        .filter(|(at, sign)| SIGNS.contains(sign) && stands_free(whole, *at, *sign))
        .collect();
    let (Some((first, sign)), Some((last, _))) = (parts.first(), parts.last()) else {
        return whole.to_owned();
    };
    let before = whole[..*last].trim();
    let cut =
        if count_words(before) < 3 { whole[first + sign.len_utf8()..].trim() } else { before };
    let is_path = parts.iter().any(|(_, one)| matches!(one, '\\' | '/' | '>' | '»'));
    let of_whole = count_words(&whole.replace(SIGNS, ""));
    let is_little = count_words(cut) <= 4 && !(is_path && count_words(cut) + 1 == of_whole);
    if is_little { whole.to_owned() } else { cut.to_owned() }
}

fn stands_free(title: &str, at: usize, sign: char) -> bool {
    title[..at].ends_with(char::is_whitespace)
        && title[at + sign.len_utf8()..].starts_with(char::is_whitespace)
}

fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Tiers that are not free. The third is in use but in no standard.
const TIERS: &[&str] = &["locked", "metered", "premium"];

/// The most parts of an article that are examined.
const MOST_PARTS: usize = 100;

/// Whether the elements of the page say that it is not free.
pub(super) fn is_in_head(head: &Head) -> bool {
    let tier = head.meta("article:content_tier").unwrap_or_default();
    let free = head.meta("isaccessibleforfree").unwrap_or_default();
    TIERS.iter().any(|paid| tier.eq_ignore_ascii_case(paid)) || is_no(free)
}

/// Whether the JSON-LD of an article says that it, or a part of it, is not free.
pub(super) fn is_in_data(article: &Value) -> bool {
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
fn is_no(said: &str) -> bool {
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
    let body = article["articleBody"].as_str().map(repaired);
    ArticleData {
        headline: line("headline"),
        name: line("name"),
        authors: names(&article["author"]),
        published: line("datePublished"),
        language: language.map(str::to_owned),
        body: body.filter(|body| !body.is_empty()),
        not_free: is_in_data(article),
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

/// If this many words in a row equal the first words, a copy of the text may begin there.
const BEGINNING: usize = 8;
/// With this many such beginnings the text has a refrain and is not a copy.
const MOST_COPIES: usize = 4;
/// The share of the words of the second copy that must equal those of the first.
const MOSTLY: f64 = 0.9;

/// The plain text, once.
pub(super) fn repaired(body: &str) -> String {
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
mod tests {
    use super::*;

    const BODY: &str = "<p>The ferry to Ness left four hours late on Thursday, after fog had \
        closed the harbour since dawn and two pilots had refused to board.</p>\
        <p>“Nobody sails blind,” said the harbour master, Ann Lee, who had the siren sounded \
        every two minutes until the lighthouse came into sight.</p>";

    fn page(head: &str) -> Page {
        let html = format!(
            "<!doctype html><html lang=en-GB><head><title>Ferry late - The Ledger</title>{head}\
             </head><body><nav><a href=/>Home</a><a href=/s>Sport</a></nav><article><h1>Ferry \
             late</h1>{BODY}</article><footer>All rights reserved</footer></body></html>"
        );
        extract(html.as_bytes(), "https://ledger.example/ferry", &Rule::default()).unwrap()
    }

    #[test]
    fn extracts_the_paragraphs_and_nothing_else() {
        let page = page("<meta property=og:title content='Ferry late'>");
        let paragraphs: Vec<&str> = page.text.split("\n\n").collect();
        assert_eq!(paragraphs.len(), 2, "{paragraphs:?}");
        assert!(paragraphs[0].starts_with("The ferry"), "{paragraphs:?}");
        assert!(paragraphs[1].ends_with("came into sight."), "{paragraphs:?}");
        assert_eq!(page.language.unwrap().as_str(), "en-gb");
        assert!(!page.noarchive && !page.reserved && !page.paywalled);
    }

    #[test]
    fn data_for_machines_comes_first() {
        let page = page(
            "<meta name=robots content='index,noarchive'><meta name=TDM-Reservation content=1>
             <meta property='article:published_time' content='2026-03-04'>
             <meta name=author content='The Desk'><meta property=og:title content='Ferry &amp; fog'>
             <script type='application/ld+json'>{\"@type\":\"NewsArticle\",
             \"datePublished\":\"2026-03-05T14:00:00Z\",\"author\":{\"name\":\"Bo Ray\"},
             \"isAccessibleForFree\":\"False\"}</script>",
        );
        assert!(page.noarchive && page.reserved && page.paywalled);
        assert_eq!(page.title.as_deref(), Some("Ferry & fog"));
        assert_eq!(page.byline.as_deref(), Some("Bo Ray"));
        assert_eq!(page.published, Some("2026-03-05T14:00:00Z".parse().unwrap()));
    }

    #[test]
    fn the_title_is_that_of_the_article_not_of_the_site() {
        let check = |title: &str, data: &str, metas: &[(&str, &str)], expected: &str| {
            let metas: String = metas
                .iter()
                .map(|(name, content)| format!("<meta name='{name}' content='{content}'>"))
                .collect();
            let head = html::head_of(&format!("<title>{title}</title>{metas}"));
            let article_data = article_data(&[format!("{{\"@type\":\"Article\",{data}}}")]);
            assert_eq!(title_of(&head, &article_data).as_deref(), Some(expected));
        };
        let title = "Ferry leaves four hours late | The Ledger";
        let ferry = "Ferry leaves four hours late";
        check(title, "\"x\":1", &[], ferry);
        check(title, "\"headline\":\"Late!\"", &[("og:title", "No")], "Late!");
        check(
            title,
            "\"headline\":\"On ferries\",\"name\":\"Ferry leaves four hours late\"",
            &[],
            ferry,
        );
        check(title, "\"headline\":\"Late!\",\"name\":\"The Ledger\"", &[], "Late!");
        check(title, "\"x\":1", &[("og:title", "Two"), ("dc.title", "One")], "One");
    }

    #[test]
    fn uses_the_body_in_the_data_if_it_is_complete() {
        let check = |found: &str, body: Option<&str>, expected: Option<&str>| {
            assert_eq!(text_of(found.to_owned(), body).as_deref(), expected);
        };
        check("one two three", Some("one two\n\nthree!"), Some("one two\n\nthree!"));
        check("one two three four five", Some("one two\n\nthree"), Some("one two three four five"));
        check("one two\n\nthree", Some("one two three"), Some("one two\n\nthree"));
        check("one\n\ntwo", Some("one two three four five"), Some("one two three four five"));
        check("", Some("one"), Some("one"));
        check("one", None, Some("one"));
        check(" – ", None, None);
    }

    #[test]
    fn a_rule_comes_before_everything_else() {
        let html = format!(
            "<html><head><title>Ferry late</title><script type='application/ld+json'>\
             {{\"@type\":\"Article\",\"articleBody\":\"{} Advert.\"}}</script></head><body>\
             <article>{BODY}<p class=ad>Buy rope at the old quay today, and sail with the best of \
             them.</p></article><div id=live><p>Live: 12:00 a siren.</p></div></body></html>",
            "The ferry sailed. ".repeat(40)
        );
        let read = |article: Option<&str>, remove: &[&str]| {
            let remove = remove.iter().map(|&selector| selector.to_owned()).collect();
            let rule = Rule { article: article.map(str::to_owned), remove };
            extract(html.as_bytes(), "https://ledger.example/ferry", &rule).unwrap()
        };
        assert!(read(None, &[]).text.contains("Advert"), "the body in the data is used");
        let live = read(Some("#live"), &[]);
        assert_eq!((live.text.as_str(), live.article_missed), ("Live: 12:00 a siren.", false));
        assert_eq!(live.title.as_deref(), Some("Ferry late"));
        let without = read(None, &[".ad"]).text;
        assert!(without.contains("ferry to Ness") && !without.contains("rope"), "{without}");
        let missed = read(Some(".gone"), &[]);
        assert!(missed.article_missed && missed.text == read(None, &[]).text);
    }

    #[test]
    fn a_page_without_text_has_no_article() {
        assert_eq!(extract(b"<html><body></body></html>", "", &Rule::default()), None);
        assert_eq!(extract(b"", "", &Rule::default()), None);
    }
}

#[cfg(test)]
mod title_tests {
    use super::*;

    #[test]
    fn removes_the_site_if_a_headline_remains() {
        let check = |title: &str, expected: &str| assert_eq!(of_page(title), expected);
        check("Ferry leaves four hours late | The Ledger", "Ferry leaves four hours late");
        check("Ferry late - The Ledger", "Ferry late - The Ledger");
        check("Ledger | Ferry leaves four hours late", "Ferry leaves four hours late");
        check("Harbour » Ferries » Late », late again", "Harbour » Ferries » Late », late again");
        check("Well-known ferry", "Well-known ferry");
        check("", "");
    }
}

#[cfg(test)]
mod paywall_tests {
    use wirefold_feed::html::head_of;

    use super::*;

    #[test]
    fn reads_from_json_ld_that_an_article_is_not_free() {
        let check = |json: &str, expected: bool| {
            let article: Value = serde_json::from_str(json).unwrap();
            assert_eq!(is_in_data(&article), expected, "{json}");
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

    #[test]
    fn reads_from_elements_that_a_page_is_not_free() {
        let check =
            |html: &str, expected: bool| assert_eq!(is_in_head(&head_of(html)), expected, "{html}");
        check("<meta property='article:content_tier' content='locked'>", true);
        check("<meta name='article:content_tier' content=' Metered '>", true);
        check("<meta property='article:content_tier' content='premium'>", true);
        check("<meta property='article:content_tier' content='free'>", false);
        check("<meta property='article:content_tier' content=''>", false);
        check("<meta itemprop='isAccessibleForFree' content='false'>", true);
        check("<meta itemprop='isAccessibleForFree' content='true'>", false);
        check("<div class='paywall'>Subscribe to read on</div>", false);
    }
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
