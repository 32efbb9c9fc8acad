//! Tests that repeated elements are limited, however small the file is.

use super::{BASE, MAX_ITEMS, document, effort, within_a_second};
use crate::limits::MOST_REPEATED;

/// More than a million empty items, as 53 KB of gzip unpack to.
#[test]
fn a_million_empty_items_cost_no_more_than_the_first_thousand() {
    let count = 1_400_000;
    for text in [
        format!("<rss><channel>{}</channel></rss>", "<item/>".repeat(count)),
        format!("<rss><channel>{}</channel></rss>", "<item></item>".repeat(count)),
        format!("<rss><channel>{}", "<item>".repeat(count)),
        format!("<feed xmlns='http://www.w3.org/2005/Atom'>{}</feed>", "<entry/>".repeat(count)),
    ] {
        let start = text.chars().take(60).collect::<String>();
        let begun = effort();
        let read = document(text.as_bytes(), None, BASE);
        let took = effort() - begun;
        assert!(took.as_secs() < 3, "{start}: {took:?}");
        let Ok(read) = read else { continue };
        assert_eq!((read.entries.len(), read.cut_short.is_some()), (MAX_ITEMS, true), "{start}");
        let said = "lists more than 1000 items; the first 1000 items were read";
        assert_eq!(read.problems, [said], "{start}");
    }
}

#[test]
fn returns_the_first_items_of_a_long_feed() {
    let items = "<item><title>Ferry late</title></item>".repeat(MAX_ITEMS + 5);
    let feed = within_a_second(format!("<rss><channel>{items}{}", "<item/>".repeat(9)).as_bytes());
    let feed = feed.unwrap();
    assert_eq!((feed.items.len(), feed.cut_short.is_some()), (MAX_ITEMS, true));
    let exact = "<item/>".repeat(MAX_ITEMS);
    let exact = format!("<rss><channel>{exact}<title>T</title></channel></rss>");
    let exact = document(exact.as_bytes(), None, BASE).unwrap();
    assert_eq!((exact.entries.len(), exact.cut_short.is_some()), (MAX_ITEMS, false));
    assert_eq!((exact.feed.text("title"), exact.problems.len()), (Some("T"), 0));
}

/// Each of them carries the base address, which a small file can make long.
#[test]
fn limits_repeated_elements_of_all_items_together() {
    let base = format!("https://a.example/{}/", "x".repeat(1_500));
    let parts = "<content>c</content><link href='a'/>".repeat(100);
    let entries = format!("<entry><title>t</title>{parts}</entry>").repeat(MAX_ITEMS);
    let text = format!("<feed xmlns='http://www.w3.org/2005/Atom' xml:base='{base}'>{entries}");
    let read = document(text.as_bytes(), None, BASE).unwrap();
    let links: usize = read.entries.iter().map(|it| it.links.len() + it.content.len()).sum();
    assert!((MOST_REPEATED..MOST_REPEATED + 600).contains(&links), "{links}");
    assert_eq!(read.problems.len(), 1);
    assert!(
        read.cut_short.is_some() && read.problems[0].contains("50000 links"),
        "{:?}",
        read.problems
    );
}
