//! Extracts the article of a page. Runs in the child.

use trafilatura::dom::Document;
use trafilatura::{HtmlDateMode, Options, extract_document};
use wirefold_proto::MAX_TEXT_BYTES;
use wirefold_text::normalise;

use super::data::{self, ArticleData};
use super::lost::Pieces;
use super::tidy::tidy;
use super::{Page, Rule, paywall, rule, title};
use crate::feed::{decode, language, time};
use wirefold_feed::html::{self, Head};

/// The body that a page gives as data is taken where it is at least this much of the text found.
const LONG_ENOUGH: f64 = 0.7;

/// So many characters of Chinese, Japanese or Korean are an article, where others take 250.
const ENOUGH_IN_DENSE_SCRIPTS: usize = 100;

/// Names of meta elements with the time of publication, the surest first.
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

/// The most bytes of a text that leave the child: a little more than articles keep, so that they
/// can say that it was cut.
const LONGEST_TEXT: usize = MAX_TEXT_BYTES + 16;

/// Reads the article of a page, where its feed's rule says or else where it is found; none where
/// there is no text.
pub(super) fn read(bytes: &[u8], url: &str, rule: &Rule) -> Option<Page> {
    let page = decode::decode(bytes, None);
    let head = html::head_of(&page);
    let said = data::article_data(&head.data);
    let spoken = head.language.as_deref().or(said.language.as_deref());
    let first_meta = |names: &[&str]| names.iter().find_map(|name| head.meta(name));
    // What the page says for machines is right nearly always, what is found by looking less so.
    let dates = [said.published.as_deref(), first_meta(DATES), head.time.as_deref()];
    let published = dates.into_iter().flatten().find_map(|date| time(date, spoken));
    let ruled = rule::applied(rule, &page);
    // Data may hold what the rule takes out: then the page's elements have the word.
    let body = said.body.as_deref().filter(|_| ruled.rest.is_none());
    let found = found_in(ruled.rest.as_deref().unwrap_or(&page), url, spoken, published.is_some());
    let title = title_of(&head, &said).or(found.title);
    let whole = ruled.text.or_else(|| text_of(found.text, body))?;
    let mut text = without_headline(whole, title.as_deref().unwrap_or_default());
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    Some(Page {
        title,
        byline: byline_of(&said, first_meta(AUTHORS)).or(found.byline),
        published: published.or(found.date.as_deref().and_then(|date| time(date, spoken))),
        language: spoken.and_then(language),
        text,
        noarchive: head.has_meta(&["robots", "googlebot"], "noarchive"),
        reserved: head.has_meta(&["tdm-reservation"], "1"),
        paywalled: said.not_free || paywall::is_in(&head),
        article_missed: ruled.is_missed,
    })
}

/// What the library finds.
#[derive(Debug, Default)]
struct Found {
    text: String,
    title: Option<String>,
    byline: Option<String>,
    date: Option<String>,
}

fn found_in(page: &str, url: &str, spoken: Option<&str>, is_dated: bool) -> Found {
    let mut options = Options::default().with_fallback(true).with_exclude_comments(true);
    // What is enough text is counted in characters, of which some scripts need fewer.
    let is_dense = spoken.is_some_and(|tag| {
        ["ja", "ko", "zh"].iter().any(|dense| tag.to_ascii_lowercase().starts_with(dense))
    });
    if is_dense {
        options.config = options.config.with_min_extracted_size(ENOUGH_IN_DENSE_SCRIPTS);
    }
    if is_dated {
        // To look for a date in the text takes long.
        options.html_date_mode = HtmlDateMode::Disabled;
    }
    options.original_url = url.parse().ok();
    let mut document = Document::parse(page);
    tidy(&mut document);
    let pieces = Pieces::of(&document);
    let Ok(result) = extract_document(document, &options) else {
        return Found::default();
    };
    let line = |text: &str| Some(html::one_line(text)).filter(|line| !line.is_empty());
    let text = html::to_text(&result.content_html);
    Found {
        text: pieces.restored(text, &result.metadata.title),
        title: line(&result.metadata.title),
        byline: line(&result.metadata.author),
        date: result.metadata.date.map(|date| date.to_string()),
    }
}

/// The text: what the page gives as data, where that is about as long as what was found.
fn text_of(found: String, body: Option<&str>) -> Option<String> {
    let length = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let (by_look, by_data) = (length(&found), body.map_or(0, length));
    let is_long = by_data as f64 >= LONG_ENOUGH * by_look as f64;
    // A body in one block has lost its paragraphs, by which quotations are read.
    let is_flat = body.is_some_and(|body| !body.contains('\n')) && found.contains("\n\n");
    let text = match body {
        Some(body) if is_long && !(is_flat && by_look as f64 >= LONG_ENOUGH * by_data as f64) => {
            body.to_owned()
        }
        _ => found,
    };
    (by_look.max(by_data) > 0).then_some(text)
}

/// The text without the headline over it, unless that is all there is.
fn without_headline(text: String, title: &str) -> String {
    // Behind a short title its site may still stand.
    let parts = [" | ", " - ", " – ", " — "].map(|mark| title.split(mark).next());
    let is_title = |line: &str| {
        let line = normalise(line);
        let mut titles = parts.into_iter().flatten().chain([title]);
        titles.any(|one| normalise(one) == line)
    };
    match text.split_once("\n\n") {
        Some((first, rest)) if is_title(first) => rest.to_owned(),
        // A short article is found with its headline glued to it.
        _ => match text.strip_prefix(title) {
            Some(rest) if !title.is_empty() && rest.starts_with(char::is_uppercase) => {
                rest.to_owned()
            }
            _ => text,
        },
    }
}

/// Names of meta elements with the title, the one about the article alone first.
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

fn title_of(head: &Head, said: &ArticleData) -> Option<String> {
    let whole = head.title.as_deref().unwrap_or_default();
    // Some call by the name what others call the headline, and some call so their site.
    let is_shown =
        |title: &&String| whole.contains(title.as_str()) && title.len() * 2 > whole.len();
    let shown = [&said.headline, &said.name].into_iter().flatten().find(is_shown);
    let said = shown.or(said.headline.as_ref()).or(said.name.as_ref()).cloned();
    let meta = TITLES.iter().find_map(|name| head.meta(name)).map(html::one_line);
    said.or(meta).or_else(|| Some(title::of_page(whole)).filter(|title| !title.is_empty()))
}

fn byline_of(said: &ArticleData, meta: Option<&str>) -> Option<String> {
    if !said.authors.is_empty() {
        return Some(said.authors.join(", "));
    }
    meta.map(html::one_line).filter(|name| !name.starts_with("http"))
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
        read(html.as_bytes(), "https://ledger.example/ferry", &Rule::default()).unwrap()
    }

    #[test]
    fn the_text_has_its_paragraphs_and_nothing_else() {
        let page = page("<meta property=og:title content='Ferry late'>");
        let paragraphs: Vec<&str> = page.text.split("\n\n").collect();
        assert_eq!(paragraphs.len(), 2, "{paragraphs:?}");
        assert!(paragraphs[0].starts_with("The ferry"), "{paragraphs:?}");
        assert!(paragraphs[1].ends_with("came into sight."), "{paragraphs:?}");
        assert_eq!(page.language.unwrap().as_str(), "en-gb");
        assert!(!page.noarchive && !page.reserved && !page.paywalled);
    }

    #[test]
    fn what_the_page_says_for_machines_comes_first() {
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
    fn the_title_is_the_one_that_the_page_gives_for_its_article() {
        let check = |title: &str, data: &str, metas: &[(&str, &str)], expected: &str| {
            let metas: String = metas
                .iter()
                .map(|(name, said)| format!("<meta name='{name}' content='{said}'>"))
                .collect();
            let head = html::head_of(&format!("<title>{title}</title>{metas}"));
            let said = data::article_data(&[format!("{{\"@type\":\"Article\",{data}}}")]);
            assert_eq!(title_of(&head, &said).as_deref(), Some(expected));
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
    fn a_body_given_as_data_is_taken_where_it_is_whole() {
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
    fn a_rule_is_heard_before_anything_else() {
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
            read(html.as_bytes(), "https://ledger.example/ferry", &rule).unwrap()
        };
        assert!(read(None, &[]).text.contains("Advert"), "data has the word");
        let live = read(Some("#live"), &[]);
        assert_eq!((live.text.as_str(), live.article_missed), ("Live: 12:00 a siren.", false));
        assert_eq!(live.title.as_deref(), Some("Ferry late"));
        let without = read(None, &[".ad"]).text;
        assert!(without.contains("ferry to Ness") && !without.contains("rope"), "{without}");
        let missed = read(Some(".gone"), &[]);
        assert!(missed.article_missed && missed.text == read(None, &[]).text);
    }

    #[test]
    fn a_page_without_text_is_none() {
        assert_eq!(read(b"<html><body></body></html>", "", &Rule::default()), None);
        assert_eq!(read(b"", "", &Rule::default()), None);
    }
}
