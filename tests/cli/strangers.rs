//! A feed with another site's pages makes copies of them at most, never versions.

use serde_json::{Value, json};
use wirefold_proto::{Class, CopyKind, VerdictLine};

use super::{ORCHARD, STORM, STORM_REPRINT, article_with};
use crate::program::fold_lines;
use crate::seeds::articles::articles;

const OWN: &str = "https://feeds.bbci.co.uk/news/rss.xml";
const PLANET: &str = "https://planet.example/atom.xml";
const PAGE: &str = "https://www.bbc.co.uk/news/storm";
/// Too short to be compared.
const SHORT: &str = "Read on with a subscription to our pages.";

fn line(id: &str, feed: &str, page: &str, text: &str) -> String {
    article_with(id, text, json!({"feed": feed, "url": page, "title": id}))
}

fn folded(lines: &[String]) -> Vec<VerdictLine> {
    fold_lines(&lines.concat(), &[]).code(0).lines()
}

#[test]
fn a_planets_copy_of_a_page_folds_with_the_page_in_either_order() {
    for text in [STORM, SHORT] {
        for feeds in [[OWN, PLANET], [PLANET, OWN], [PLANET, "https://other.example/rss"]] {
            let lines = [line("a", feeds[0], PAGE, text), line("b", feeds[1], PAGE, text)];
            let copy = &folded(&lines)[1];
            assert_eq!((copy.class, copy.kind), (Class::Copy, Some(CopyKind::Exact)), "{feeds:?}");
            assert_eq!(copy.story, "a");
        }
    }
    // One short text under other titles and addresses of one outlet is a wall, not an article.
    let wall =
        [line("a", OWN, PAGE, SHORT), line("b", PLANET, "https://www.bbc.co.uk/news/sport", SHORT)];
    assert_eq!(folded(&wall)[1].story, "b");
}

#[test]
fn another_text_of_a_strangers_feed_makes_no_version() {
    for (text, story) in [(ORCHARD, "b"), (STORM_REPRINT, "a"), ("Withdrawn.", "b")] {
        let told = &folded(&[line("a", OWN, PAGE, STORM), line("b", PLANET, PAGE, text)])[1];
        assert_ne!(told.class, Class::Version, "{text}");
        assert_eq!(told.story, story, "{text}");
        let own = &folded(&[line("a", OWN, PAGE, STORM), line("b", "bbc.com", PAGE, text)])[1];
        // Nor does the site's own feed, if neither text nor id shows that it is the same article: a page may
        // have another article each day.
        let own_class = if text == STORM_REPRINT { Class::Version } else { Class::New };
        assert_eq!((own.class, own.story.as_str()), (own_class, story), "{text}");
        let own_feed = [line("a", PLANET, PAGE, STORM), line("b", PLANET, PAGE, text)];
        assert_eq!(folded(&own_feed)[1].class, own_class, "of what the planet said: {text}");
    }
}

#[test]
fn ids_are_those_of_a_feeds_site() {
    let told = |feed: &str| {
        let page = format!("https://{feed}/x");
        folded(&[line("a", OWN, PAGE, STORM), line("a", feed, &page, ORCHARD)])[1].class
    };
    assert_ne!(told("planet.example"), Class::Version);
    // Without a feed the lines count as one anonymous feed.
    let lines =
        article_with("a", STORM, json!({"feed": "desk"})) + &article_with("a", ORCHARD, json!({}));
    assert_eq!(fold_lines(&lines, &[]).code(0).lines()[1].class, Class::Version);
}

#[test]
fn stream_time_is_when_a_line_was_seen() {
    // Published within the window, but seen weeks apart.
    let at = |id: &str, seen: Value| {
        article_with(id, STORM, json!({"published": "2026-03-01T10:00:00Z", "seen": seen}))
    };
    let class = |lines: String| fold_lines(&lines, &[]).code(0).lines()[1].class;
    assert_eq!(class(at("a", Value::Null) + &at("b", Value::Null)), Class::Copy);
    let later = at("a", json!("2026-03-01T10:00:00Z")) + &at("b", json!("2026-03-20"));
    assert_eq!(class(later), Class::New);
    let back = at("a", json!(1_774_000_000)) + &at("b", json!("2026-03-01"));
    assert_eq!(class(back), Class::Copy, "time never runs back");
}

/// The text under every article of the victim.
const FRAME: &str = "Our reporters read every letter that you send us. Write to the night desk \
    above the old chandlery, and say what we got wrong today.";

#[test]
fn a_strangers_feed_teaches_nothing_of_another_sites_pages() {
    let told = |id: &str, feed: &str, page: &str| {
        let words: Vec<String> = (0..60).map(|word| format!("{id}n{word}")).collect();
        line(id, feed, page, &format!("{}.\n\n{FRAME}", words.join(" ")))
    };
    // How much the victim's last article shares with one of another outlet, which has its frame.
    let shared = |strangers: &[String]| {
        let rival = told("rival", "rival.example", "https://rival.example/a");
        let own = told("v", "victim.example", "https://victim.example/c");
        let verdicts = folded(&[strangers, &[rival, own]].concat());
        let found =
            verdicts.last().and_then(|last| last.matches.iter().find(|it| it.id == "rival"));
        found.expect("both have the frame").contained
    };
    let strangers =
        ["a", "b"].map(|id| told(id, "hostile.example", &format!("https://victim.example/{id}")));
    assert_eq!(shared(&strangers), shared(&[]));
}

/// The victim's articles. The last is a new version of the first.
fn victims() -> Vec<String> {
    let fixtures = articles();
    let fixture = |id: &str| {
        let found = fixtures.iter().find(|article| article.id == id);
        found.expect("the fixtures have it").text.clone()
    };
    let mut texts = vec![STORM.to_owned(), fixture("football-02"), fixture("br-03")];
    texts.push(format!("{STORM} Divers found the wall unharmed on Tuesday."));
    let text = |at: usize| format!("{}\n\n{FRAME}", texts[at]);
    let line = |at: usize| {
        let page = format!("https://victim.example/{}", at % 3);
        line(&format!("v{at}"), "https://victim.example/rss", &page, &text(at))
    };
    (0..texts.len()).map(line).collect()
}

/// The items of a hostile feed before each of them: other texts at its present and later addresses, under its
/// name and with its frame, and with its ids.
fn attacks(at: usize) -> Vec<String> {
    let told = |number: usize, outlet: &str| {
        let text = format!("{}\n\n{FRAME}", ORCHARD.replace("pear", &format!("kind{at}{number}")));
        let page = format!("https://victim.example/{}", number % 3);
        let fields = json!({
            "feed": "https://hostile.example/rss", "url": page, "outlet": outlet, "title": "t",
        });
        article_with(&format!("x{at}{number}{outlet}"), &text, fields)
    };
    (0..3)
        .flat_map(|number| [told(number, "victim.example"), told(number, "hostile.example")])
        .collect()
}

/// The verdicts on the victim's articles.
fn of_victim(lines: &[VerdictLine]) -> Vec<Value> {
    let own = lines.iter().filter(|line| line.id.starts_with('v'));
    own.map(|line| json!([line.id, line.class, line.kind, line.story, line.lead, line.origin]))
        .collect()
}

#[test]
fn a_hostile_feed_does_not_change_the_verdicts_on_its_victim() {
    let alone = folded(&victims());
    assert_eq!(alone[3].class, Class::Version);
    let beside: Vec<String> = victims()
        .into_iter()
        .enumerate()
        .flat_map(|(at, line)| attacks(at).into_iter().chain([line]))
        .collect();
    let beside = folded(&beside);
    assert_eq!(of_victim(&beside), of_victim(&alone));
    let told = beside.iter().filter(|line| line.id.starts_with('x'));
    assert!(told.clone().count() == 24 && told.clone().all(|line| !line.story.starts_with('v')));
}
