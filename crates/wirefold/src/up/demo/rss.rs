//! The feeds and pages of the demo as text: RSS 2.0 and plain HTML.

use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesText, Event};

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
pub(super) fn feed(
    articles: &[&Article],
    first: &Article,
    site: &str,
    content: Content,
) -> std::io::Result<Vec<u8>> {
    let mut document = Writer::new_with_indent(Vec::new(), b' ', 1);
    document.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let rss = document.create_element("rss").with_attributes([
        ("version", "2.0"),
        ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ]);
    rss.write_inner_content(|xml| {
        xml.create_element("channel").write_inner_content(|xml| {
            text(xml, "title", &format!("{} (DEMO)", first.outlet))?;
            text(xml, "link", site)?;
            text(xml, "description", "Invented news for the demo of wirefold")?;
            text(xml, "language", &first.lang)?;
            articles.iter().try_for_each(|article| item(xml, article, site, content))
        })?;
        Ok(())
    })?;
    Ok(document.into_inner())
}

fn item(
    xml: &mut Writer<Vec<u8>>,
    article: &Article,
    site: &str,
    content: Content,
) -> std::io::Result<()> {
    xml.create_element("item").write_inner_content(|xml| {
        text(xml, "title", &article.title)?;
        text(xml, "link", &format!("{site}{}", local_path(article)))?;
        xml.create_element("guid")
            .with_attribute(("isPermaLink", "false"))
            .write_text_content(BytesText::new(&article.url))?;
        text(xml, "pubDate", &rfc2822(article))?;
        if !article.author.is_empty() {
            text(xml, "dc:creator", &article.author)?;
        }
        text(xml, "dc:language", &article.lang)?;
        text(xml, "description", &teaser(&article.text))?;
        if content == Content::Full {
            let html = paragraphs(&article.text);
            // The fixture texts never contain `]]>`.
            xml.create_element("content:encoded").write_cdata_content(BytesCData::new(html))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// The page of an article, with page chrome.
pub(super) fn page(article: &Article) -> String {
    let escaped = |text: &str| quick_xml::escape::escape(text).into_owned();
    let title = escaped(&article.title);
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"author\" content=\"{author}\">\
         <meta property=\"article:published_time\" content=\"{published}\"></head><body>\
         <header><nav><a href=\"/\">{outlet}</a> · DEMO: invented news</nav></header>\
         <main><article><h1>{title}</h1>{body}</article></main>\
         <footer>{outlet}</footer></body></html>",
        lang = escaped(&article.lang),
        author = escaped(&article.author),
        published = article.published,
        outlet = escaped(&article.outlet),
        body = paragraphs(&article.text),
    )
}

fn paragraphs(article: &str) -> String {
    let parts = article.lines().map(str::trim).filter(|line| !line.is_empty());
    parts.map(|part| format!("<p>{}</p>\n", quick_xml::escape::escape(part))).collect()
}

fn teaser(article: &str) -> String {
    // The byline has a line of its own, which is short.
    let lines = article.lines().map(str::trim).filter(|line| line.chars().count() > 60);
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).take(TEASER).collect();
    format!("{} …", words.join(" "))
}

fn rfc2822(article: &Article) -> String {
    jiff::fmt::rfc2822::to_string(&article.published.to_zoned(jiff::tz::TimeZone::UTC))
        .unwrap_or_default()
}

fn text(xml: &mut Writer<Vec<u8>>, name: &str, value: &str) -> std::io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(value))?;
    Ok(())
}
