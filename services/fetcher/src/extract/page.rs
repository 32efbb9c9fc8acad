//! Extracts the article of a page. Runs in the child process.

use jiff::Timestamp;
use trafilatura::dom::Document;
use trafilatura::{HtmlDateMode, Options, extract_document};
use wirefold_feed::dates::Context;
use wirefold_feed::html::Head;
use wirefold_feed::{author_name, dates, decode, html, language_tag};
use wirefold_proto::MAX_TEXT_BYTES;
use wirefold_text::normalise;

use super::data::{ArticleData, PageNames, article_data, is_no};
use super::inline::{time_beside_text, unwrap_inline, wrap_loose_text};
use super::restore::Pieces;
use super::tidy::{has_word, letters, tidy};
use super::{Page, Rule, rule};
use crate::interstitial;

/// The body in the page's data is used if it has at least this share of the length of the extracted
/// text.
const LONG_ENOUGH: f64 = 0.7;

/// In seconds. Zones differ from UTC by little more.
const HALF_A_DAY: i64 = 12 * 3_600;

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
    // An article that the rule of a feed finds is one.
    let interstitial = interstitial::recognise(&page).filter(|_| rule.article.is_none());
    if interstitial.is_some() {
        return Some(Page { interstitial, ..Page::default() });
    }
    let head = html::head_of(&page);
    let first_meta = |names: &[&str]| names.iter().find_map(|name| head.meta(name));
    let article_data = {
        let canonical = head.links.iter().find(|link| link.relation == "canonical");
        let addresses = [Some(url), canonical.map(|link| link.href.as_str()), head.meta("og:url")];
        let titles = [head.title.as_deref(), head.meta("og:title")];
        let (addresses, titles) = (present(addresses), present(titles));
        article_data(&head.data, PageNames { addresses: &addresses, titles: &titles })
    };
    let language = head.language.as_deref().or(article_data.language.as_deref());
    // The beginning of the count of seconds, in any zone, is what programs write for no date.
    let is_date = |at: &Timestamp| at.as_second().abs() > HALF_A_DAY;
    let time = |date: &str| dates::read(date, Context::of(language)).filter(is_date);
    let ruled = rule::apply_rule(rule, &page);
    // If the rule removed something, the body in the data may still have it and is not used.
    let body = article_data.body.as_deref().filter(|_| ruled.rest.is_none());
    let mut document = Document::parse(ruled.rest.as_deref().unwrap_or(&page));
    unwrap_inline(&mut document);
    wrap_loose_text(&mut document);
    let beside = time_beside_text(&mut document);
    let site = Site::of(&head, &article_data);
    site.remove_as_author(&mut document);
    // The data for machines is nearly always right, the dates found in the text less often.
    let dates = [article_data.published.as_deref(), first_meta(DATES), beside.as_deref()];
    let published = dates.into_iter().flatten().find_map(time);
    let found = extract_with_library(document, url, language, published.is_some());
    let title = title_of(&head, &article_data).or(found.title);
    let whole = ruled.text.or_else(|| text_of(found.text, body))?;
    let mut text = without_headline(whole, title.as_deref().unwrap_or_default());
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    Some(Page {
        title,
        byline: byline_of(&article_data, [first_meta(AUTHORS), found.byline.as_deref()], &site),
        published: published.or(found.date.as_deref().and_then(time)),
        language: language.and_then(language_tag),
        text,
        interstitial: None,
        noarchive: head.has_meta(&["robots", "googlebot"], "noarchive"),
        reserved: head.has_meta(&["tdm-reservation"], "1"),
        paywalled: article_data.not_free || is_in_head(&head),
        article_missed: ruled.is_missed,
    })
}

fn present<const N: usize>(texts: [Option<&str>; N]) -> Vec<&str> {
    texts.into_iter().flatten().filter(|text| !text.is_empty()).collect()
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
    mut document: Document,
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
        // The library makes the first of January of a year in the footer.
        date: result
            .metadata
            .date
            .map(|date| date.to_string())
            .filter(|date| !date.ends_with("-01-01")),
    }
}

/// The body in the page's data if it is about as long as the extracted text, else the extracted text.
fn text_of(found: String, body: Option<&str>) -> Option<String> {
    let (extracted, in_data) = (letters(&found), body.map_or(0, letters));
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

/// Signs between an author and the site in a line.
const BETWEEN_NAMES: &[&str] = &[" | ", "; ", ", ", " · ", " • ", " - ", " – ", " — ", " / "];

/// The names of the site of a page.
struct Site<'a>(Vec<&'a str>);

impl<'a> Site<'a> {
    fn of(head: &'a Head, article_data: &'a ArticleData) -> Self {
        let metas = ["og:site_name", "application-name"].map(|name| head.meta(name));
        Self(metas.into_iter().flatten().chain(article_data.publisher.as_deref()).collect())
    }

    fn is(&self, name: &str) -> bool {
        self.0.iter().any(|one| normalise(one) == normalise(name))
    }

    /// A line with authors without the names of the site.
    fn without(&self, line: &str) -> String {
        BETWEEN_NAMES.iter().fold(line.to_owned(), |line, sign| {
            let parts = line.split(sign).filter(|part| !self.is(part));
            parts.collect::<Vec<_>>().join(sign)
        })
    }

    /// Removes elements that name the site as the author. The extraction library would look no further.
    fn remove_as_author(&self, page: &mut Document) {
        let root = page.root();
        for id in page.iter_descendants(root, &["a", "div", "meta", "p", "span"]) {
            let attribute = |name: &str| page.get_attribute(id, name).unwrap_or_default();
            let is_author = match page.tag_name(id) {
                "meta" => {
                    let name = format!("{}{}", attribute("name"), attribute("property"));
                    AUTHORS.contains(&name.to_lowercase().as_str())
                        && self.is(&attribute("content"))
                }
                _ if has_word(page, id, &["author", "byline"]) => {
                    let line = page.text_content(id);
                    // The library would take a role for a second author.
                    if page.children(id).is_empty() {
                        page.set_text(id, author_name(line.trim()));
                    }
                    self.is(&line)
                }
                _ => false,
            };
            if is_author {
                page.remove(id, true);
            }
        }
    }
}

/// The author by the data for machines, else by the first of `others` that names one. The site is no author of its own
/// article, unless the data call it a person.
fn byline_of(
    article_data: &ArticleData,
    others: [Option<&str>; 2],
    site: &Site<'_>,
) -> Option<String> {
    let author = |name: &str, is_person: bool| {
        let line = html::one_line(name);
        let line = if is_person { line } else { site.without(&line) };
        let bare = author_name(&line);
        let is_name = !bare.is_empty() && !bare.starts_with("http");
        (is_name && (is_person || !site.is(bare))).then(|| bare.to_owned())
    };
    let told = article_data.authors.iter().filter_map(|it| author(&it.name, it.is_person));
    let told: Vec<String> = told.collect();
    let told = (!told.is_empty()).then(|| told.join(", "));
    told.or_else(|| others.into_iter().flatten().find_map(|name| author(name, false)))
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

/// Whether the elements of the page say that it is not free.
pub(super) fn is_in_head(head: &Head) -> bool {
    let tier = head.meta("article:content_tier").unwrap_or_default();
    let free = head.meta("isaccessibleforfree").unwrap_or_default();
    TIERS.iter().any(|paid| tier.eq_ignore_ascii_case(paid)) || is_no(free)
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
    fn cards_of_other_articles_are_left_out_and_short_products_are_kept() {
        let text = |headline: &str, teaser: &str| {
            let card = format!("<li><h3><a href=/x>{headline}</a></h3><p>{teaser}</p></li>");
            let cards = format!("<ul>{}</ul>", card.repeat(5));
            let html = format!(
                "<html><body><div><h1>Ferry late</h1>{}{cards}</div></body></html>",
                BODY.repeat(8)
            );
            extract(html.as_bytes(), "", &Rule::default()).unwrap().text
        };
        let teaser = "The two mills of the town grind day and night, and bread will still be dear.";
        assert!(!text("Mills of Ness grind through the night", teaser).contains(teaser));
        assert!(text("Kettle 4", teaser).contains(teaser));
    }

    #[test]
    fn the_author_has_no_label_and_is_not_the_site() {
        let check = |head: &str, expected: Option<&str>| {
            assert_eq!(page(head).byline.as_deref(), expected, "{head}");
        };
        check("<meta name=author content='By Ann Lee'>", Some("Ann Lee"));
        check("<meta name=author content='Von Anna von Berg'>", Some("Anna von Berg"));
        check("<meta name=author content='Di Stefano'>", Some("Di Stefano"));
        let site = "<meta property=og:site_name content='The Ledger'>";
        check(&format!("{site}<meta name=author content='the ledger'>"), None);
        let data = |author: &str| {
            format!(
                "<script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"publisher\":{{\"name\":\"The \
                 Ledger\"}},\"author\":[{author}{{\"name\":\"The Ledger\"}}]}}</script>"
            )
        };
        check(&data("\"by Bo Ray\","), Some("Bo Ray"));
        let own = "{\"@type\":\"Person\",\"name\":\"The Ledger\"},";
        check(&data(own), Some("The Ledger"));
        check(&format!("{}<meta name=byl content='By Cy Orr'>", data("")), Some("Cy Orr"));
        for both in ["Ann Lee | The Ledger", "By Ann Lee, The Ledger", "The Ledger; Ann Lee"] {
            check(&format!("{site}<meta name=author content='{both}'>"), Some("Ann Lee"));
        }
        check(
            &format!("{site}<meta name=author content='Ann Lee, Bo Ray'>"),
            Some("Ann Lee, Bo Ray"),
        );
        let in_body = |line: &str| {
            let html = format!(
                "<html><head>{site}<meta name=author content='The Ledger'></head><body><article><h1>Ferry late</h1>\
                 {line}{BODY}</article></body></html>"
            );
            let page = extract(html.as_bytes(), "https://ledger.example/ferry", &Rule::default());
            page.unwrap().byline
        };
        for line in [
            "<p class=byline>By Ann Lee</p>",
            "<p class=byline>By Ann Lee | The Ledger</p>",
            "<p class=byline>Ann Lee, The Ledger</p>",
            "<p class=byline>By Ann Lee, harbour correspondent</p>",
            "<p class=byline>Ann Lee – The Ledger</p>",
            "<p class=byline>The Ledger · Ann Lee</p>",
            "<div class=author>The Ledger</div><div class=author>Ann Lee</div>",
        ] {
            assert_eq!(in_body(line).as_deref(), Some("Ann Lee"), "{line}");
        }
        assert_eq!(in_body("<p class=byline>The Ledger</p>"), None);
    }

    #[test]
    fn an_article_is_found_in_a_box_that_is_named_for_comments() {
        for names in ["class=article-comments-wrapper", "id=comments", "id=social class=x"] {
            let html = format!(
                "<html><body><nav><a href=/>Home</a></nav><div {names}><div><h1>Ferry late</h1>{BODY}</div>\
                 <div class=comment>I was on that ferry and it was quite a night for all of us.</div>\
                 </div></body></html>"
            );
            let text = extract(html.as_bytes(), "", &Rule::default()).unwrap().text;
            assert!(text.starts_with("The ferry") && text.ends_with("came into sight."), "{text}");
        }
    }

    #[test]
    fn a_year_in_the_footer_is_no_date_of_publication() {
        let published = |byline: &str| {
            let html = format!(
                "<html><body><article><h1>Ferry late</h1>{byline}{BODY}</article>\
                 <footer>Copyright © 2026 The Ledger</footer></body></html>"
            );
            let page = extract(html.as_bytes(), "https://ledger.example/f", &Rule::default());
            page.unwrap().published.map(|at| at.to_string())
        };
        assert_eq!(published(""), None);
        let byline = "<div class=date>2 March 2026</div>";
        assert_eq!(published(byline).as_deref(), Some("2026-03-02T00:00:00Z"));
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
        let since_zero = self::page(
            "<meta property='article:published_time' content='2026-03-04T08:00Z'>
             <script type='application/ld+json'>{\"@type\":\"NewsArticle\",
             \"datePublished\":\"1970-01-01T01:00:00+01:00\"}</script>",
        );
        assert_eq!(since_zero.published, Some("2026-03-04T08:00:00Z".parse().unwrap()));
    }

    #[test]
    fn the_title_is_that_of_the_article_not_of_the_site() {
        let check = |title: &str, data: &str, metas: &[(&str, &str)], expected: &str| {
            let metas: String = metas
                .iter()
                .map(|(name, content)| format!("<meta name='{name}' content='{content}'>"))
                .collect();
            let head = html::head_of(&format!("<title>{title}</title>{metas}"));
            let article_data =
                article_data(&[format!("{{\"@type\":\"Article\",{data}}}")], PageNames::default());
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
