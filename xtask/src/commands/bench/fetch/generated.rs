//! Generates feeds.

use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;

use super::super::news::{News, escaped, markup};
use crate::generator::Article;

const SEED: u64 = 20_261_121;
/// The length of texts in percent of news: a median of some 300 words.
const LENGTH: usize = 60;
/// The number of characters in the description of an item.
const LEDE: usize = 300;
/// Milliseconds between two items: half an hour.
const ITEM_INTERVAL: u64 = 1_800_000;

/// This many feeds of 25 items with their texts, RSS and Atom in turn.
pub(super) fn feeds(count: usize) -> Vec<Vec<u8>> {
    let mut news = News::new(SEED, LENGTH);
    let feed = |number: usize| {
        let articles: Vec<Article> = (0..25).map(|_| news.next()).collect();
        let document = if number.is_multiple_of(2) { rss(&articles) } else { atom(&articles) };
        document.into_bytes()
    };
    (0..count).map(feed).collect()
}

fn rss(articles: &[Article]) -> String {
    let item = |(number, article): (usize, &Article)| {
        let at = at(number).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        format!(
            "<item><guid>https://paper.example/{number}</guid><link>https://paper.example/{number}\
             </link><title>{} &amp; more</title><pubDate>{at}</pubDate><description>{}\
             </description><content:encoded><![CDATA[{}]]></content:encoded></item>\n",
            escaped(&article.title),
            escaped(&article.lines().concat().chars().take(LEDE).collect::<String>()),
            markup(article),
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Paper</title>\
         <link>https://paper.example/</link><description>News</description>{}</channel></rss>",
        articles.iter().enumerate().map(item).collect::<String>()
    )
}

fn atom(articles: &[Article]) -> String {
    let entry = |(number, article): (usize, &Article)| {
        let markup = escaped(&markup(article));
        format!(
            "<entry><id>tag:paper.example,2026:{number}</id><link \
             href=\"https://paper.example/{number}\"/><title>{}</title><updated>{at}</updated>\
             <published>{at}</published><author><name>A Writer</name></author>\
             <content type=\"html\">{markup}</content></entry>\n",
            escaped(&article.title),
            at = at(number),
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <id>tag:paper.example,2026:feed</id><title>Paper</title>\
         <updated>2026-11-20T12:00:00Z</updated>{}</feed>",
        articles.iter().enumerate().map(entry).collect::<String>()
    )
}

fn at(number: usize) -> jiff::Timestamp {
    const FIRST: u64 = 1_795_000_000_000;
    timestamp(
        UnixMillis(FIRST).minus(std::time::Duration::from_millis(ITEM_INTERVAL * number as u64)),
    )
}
