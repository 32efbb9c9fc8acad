//! Feeds of an invented harbour town.

/// One item.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) guid: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) link: Option<String>,
    pub(super) date: Option<String>,
}

/// An item with a text of this many words.
pub(super) fn entry(name: &str, words: usize) -> Entry {
    Entry {
        guid: format!("harbour-{name}"),
        title: format!("The {name} boat is back"),
        text: text(name, words),
        link: None,
        date: Some("Sat, 28 Feb 2026 10:00:00 GMT".to_owned()),
    }
}

/// A text of this many words.
pub(super) fn text(name: &str, words: usize) -> String {
    const TOLD: [&str; 12] = [
        "keepers", "mended", "the", "old", "slipway", "before", "noon", "while", "gulls",
        "watched", "from", "barrels",
    ];
    let word = |place: usize| match place % 13 {
        12 => format!("{name}{place}"),
        place => TOLD[place].to_owned(),
    };
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

pub(super) fn rss(entries: &[Entry]) -> String {
    let mut items = String::new();
    for Entry { guid, title, text, link, date } in entries {
        let mut link = link.as_ref().map(|it| format!("<link>{it}</link>")).unwrap_or_default();
        link.extend(date.as_ref().map(|date| format!("<pubDate>{date}</pubDate>")));
        items.push_str(&format!(
            "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title>{link}\
             <description>{text}</description></item>\n"
        ));
    }
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Harbour Log</title>\
         <link>https://harbour.example/</link>{items}</channel></rss>"
    )
}
