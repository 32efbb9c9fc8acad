//! The feeds and pages of the demo as text: RSS 2.0 and plain HTML.

use quick_xml::escape::escape;

use super::script::{Article, local_path};

/// The text that a feed gives of its articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// The whole text.
    Full,
    /// The first sentence or two, like many feeds.
    Teaser,
}

/// The length of a teaser, in words.
const TEASER: usize = 30;

/// A feed as RSS 2.0.
pub(super) fn feed(articles: &[&Article], first: &Article, site: &str, content: Content) -> String {
    let items: String = articles.iter().map(|article| item(article, site, content)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\n\
         <title>{outlet} (DEMO)</title><link>{site}</link>\
         <description>Invented news for the demo of wirefold</description>\
         <language>{lang}</language>\n{items}</channel></rss>\n",
        outlet = escape(&first.outlet),
        lang = escape(&first.lang),
    )
}

fn item(article: &Article, site: &str, content: Content) -> String {
    let creator = match article.author.as_str() {
        "" => String::new(),
        author => format!("<dc:creator>{}</dc:creator>", escape(author)),
    };
    let text = match content {
        // The fixture texts never contain `]]>`.
        Content::Full => {
            let html = paragraphs(&article.text);
            format!("<content:encoded><![CDATA[{html}]]></content:encoded>")
        }
        Content::Teaser => String::new(),
    };
    let published = article.published.to_zoned(jiff::tz::TimeZone::UTC);
    format!(
        "<item><title>{title}</title><link>{link}</link><guid isPermaLink=\"false\">{guid}</guid>\
         <pubDate>{published}</pubDate>{creator}<dc:language>{lang}</dc:language>\
         <description>{teaser}</description>{text}</item>\n",
        title = escape(&article.title),
        link = escape(format!("{site}{}", local_path(article))),
        guid = escape(&article.url),
        published = jiff::fmt::rfc2822::to_string(&published).unwrap_or_default(),
        lang = escape(&article.lang),
        teaser = escape(teaser(&article.text)),
    )
}

/// The page of an article, with page chrome.
pub(super) fn page(article: &Article) -> String {
    let title = escape(&article.title);
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"author\" content=\"{author}\">\
         <meta property=\"article:published_time\" content=\"{published}\"></head><body>\
         <header><nav><a href=\"/\">{outlet}</a> · DEMO: invented news</nav></header>\
         <main><article><h1>{title}</h1>{body}</article></main>\
         <footer>{outlet}</footer></body></html>",
        lang = escape(&article.lang),
        author = escape(&article.author),
        published = article.published,
        outlet = escape(&article.outlet),
        body = paragraphs(&article.text),
    )
}

fn paragraphs(article: &str) -> String {
    let parts = article.lines().map(str::trim).filter(|line| !line.is_empty());
    parts.map(|part| format!("<p>{}</p>\n", escape(part))).collect()
}

fn teaser(article: &str) -> String {
    // The byline has a line of its own, which is short.
    let lines = article.lines().map(str::trim).filter(|line| line.chars().count() > 60);
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).take(TEASER).collect();
    format!("{} …", words.join(" "))
}
