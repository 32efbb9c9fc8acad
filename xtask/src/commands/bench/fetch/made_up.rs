//! Feeds made up for measuring.

use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;

use super::super::texts::{Newsroom, Piece};

const SEED: u64 = 20_261_121;
/// Half an hour, between two items.
const APART: u64 = 1_800_000;

/// So many feeds of 25 items with their texts, RSS and Atom in turn.
pub(super) fn feeds(count: usize) -> Vec<Vec<u8>> {
    let mut newsroom = Newsroom::new(SEED, 300, 333);
    let feed = |number: usize| {
        let pieces: Vec<Piece> = (0..25).map(|_| newsroom.next()).collect();
        let document = if number.is_multiple_of(2) { rss(&pieces) } else { atom(&pieces) };
        document.into_bytes()
    };
    (0..count).map(feed).collect()
}

fn rss(pieces: &[Piece]) -> String {
    let item = |(number, piece): (usize, &Piece)| {
        let at = at(number).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        format!(
            "<item><guid>https://paper.example/{number}</guid><link>https://paper.example/{number}\
             </link><title>{} &amp; more</title><pubDate>{at}</pubDate><description>{}\
             </description><content:encoded><![CDATA[{}]]></content:encoded></item>\n",
            piece.headline,
            piece.paragraphs[0],
            markup(piece),
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Paper</title>\
         <link>https://paper.example/</link><description>News</description>{}</channel></rss>",
        pieces.iter().enumerate().map(item).collect::<String>()
    )
}

fn atom(pieces: &[Piece]) -> String {
    let entry = |(number, piece): (usize, &Piece)| {
        let markup = markup(piece).replace('<', "&lt;").replace('>', "&gt;");
        format!(
            "<entry><id>tag:paper.example,2026:{number}</id><link \
             href=\"https://paper.example/{number}\"/><title>{}</title><updated>{at}</updated>\
             <published>{at}</published><author><name>A Writer</name></author>\
             <content type=\"html\">{markup}</content></entry>\n",
            piece.headline,
            at = at(number),
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <id>tag:paper.example,2026:feed</id><title>Paper</title>\
         <updated>2026-11-20T12:00:00Z</updated>{}</feed>",
        pieces.iter().enumerate().map(entry).collect::<String>()
    )
}

fn markup(piece: &Piece) -> String {
    piece.paragraphs.iter().map(|text| format!("<p>{text}</p>")).collect()
}

fn at(number: usize) -> jiff::Timestamp {
    const FIRST: u64 = 1_795_000_000_000;
    timestamp(UnixMillis(FIRST).minus(std::time::Duration::from_millis(APART * number as u64)))
}
