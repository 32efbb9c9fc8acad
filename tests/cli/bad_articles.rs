//! Broken articles: each gets a verdict, and none folds with an unrelated one.

use serde_json::{Value, json};
use wirefold_proto::{Class, VerdictLine};

use super::{ORCHARD, STORM, STORM_REPRINT, article_with};
use crate::program::{Folder, Run, fold_lines};

/// The longest text that is read completely.
const LONGEST: usize = 512 * 1024;
/// Labels of players and buttons, which are not part of an article.
const CHROME: &str = "Read more\nShare on Facebook\nAdvertisement\nSign up for our newsletter\n\
    Click here to subscribe\nPhoto: Getty Images";
/// A speech that many outlets may quote.
const SPEECH: &str = "“We shall mend the sea wall before the winter comes, and we shall mend it with \
    stone from our own quarry, because that is what the people who built it did. Nobody in this town \
    was ever made poor by a good wall. I ask the council for the money tonight, and I ask the fishing \
    crews for their patience until the spring.”";

/// Two articles of one outlet and one of another, each with its own title and address.
fn three(texts: [&str; 3]) -> Vec<Value> {
    let outlets = ["a.example", "a.example", "b.example"];
    let titles = ["Harbour talks resume", "Choir wins a cup", "School roof to be mended"];
    let fields = (0..3).map(|at| {
        let url = format!("https://{}/{at}", outlets[at]);
        json!({"id": format!("bad-{at}"), "text": texts[at], "title": titles[at],
            "outlet": outlets[at], "url": url})
    });
    fields.collect()
}

/// The lines of articles, with an unrelated one before and after them.
fn among_strangers(bad: &[Value]) -> Vec<String> {
    let stranger = |id: &str, text: &str| article_with(id, text, json!({"outlet": "a.example"}));
    let bad = bad.iter().map(|article| article.to_string() + "\n");
    let (first, last) = (stranger("storm", STORM), stranger("orchard", ORCHARD));
    std::iter::once(first).chain(bad).chain([last]).collect()
}

fn fold(lines: &[String]) -> Vec<VerdictLine> {
    fold_lines(&lines.concat(), &["--quiet"]).code(0).lines()
}

/// Checks that each is judged, and each is a story of its own, in either order.
#[track_caller]
fn check_apart(bad: &[Value]) -> Vec<VerdictLine> {
    let mut lines = among_strangers(bad);
    let found = fold(&lines);
    lines.reverse();
    for verdicts in [&found, &fold(&lines)] {
        assert_eq!(verdicts.len(), lines.len());
        for verdict in verdicts {
            let is_alone = verdict.story == verdict.id;
            assert!(is_alone && verdict.class != Class::Copy, "{verdict:?}");
        }
    }
    found.into_iter().filter(|verdict| verdict.id.starts_with("bad-")).collect()
}

/// Checks the same for texts too short to compare. The comparison with an unrelated text says how short they are.
#[track_caller]
fn check_too_short(texts: [&str; 3]) {
    for verdict in check_apart(&three(texts)) {
        assert!(!verdict.comparable, "{verdict:?}");
    }
    let run = compared(texts[0], ORCHARD).code(11);
    assert!(
        run.out.contains("the shorter text has ") && run.out.contains("p = 0.0"),
        "{}",
        run.out
    );
}

fn compared(one: &str, other: &str) -> Run {
    let folder = Folder::with(&[("a.txt", one.as_bytes()), ("b.txt", other.as_bytes())]);
    folder.run(&["why", "a.txt", "b.txt"])
}

#[test]
fn an_empty_text_is_judged_and_folds_with_nothing() {
    check_too_short(["", " \n\t ", "\u{200f}\u{feff}"]);
}

#[test]
fn empty_titles_fold_nothing() {
    let mut bad = three([SPEECH, ORCHARD, STORM_REPRINT]);
    for (article, title) in bad.iter_mut().zip(["", " ", "\u{200b}"]) {
        article["title"] = title.into();
    }
    // Without a title a text is judged by its words: one is the storm's, one the orchard's.
    let found = fold(&among_strangers(&bad));
    let stories: Vec<&str> = found.iter().map(|verdict| verdict.story.as_str()).collect();
    assert_eq!(stories, ["storm", "bad-0", "bad-1", "storm", "bad-1"]);
    let (empty, short) = (three(["", "", ""]), three(["Stand by.", "More follows.", "Closed."]));
    for mut articles in [empty, short] {
        articles.iter_mut().for_each(|article| article["title"] = "".into());
        check_apart(&articles);
    }
}

#[test]
fn a_text_of_page_chrome_alone_folds_with_nothing() {
    check_too_short([CHROME, CHROME, CHROME]);
}

#[test]
fn a_text_of_quotations_alone_folds_with_nothing() {
    let again = format!("“Thank you all for coming.”\n\n{SPEECH}");
    let cut = SPEECH.replacen("We shall", "I repeat it: we shall", 1);
    check_too_short([SPEECH, &again, &cut]);
}

#[test]
fn texts_of_numbers_alone_are_told_apart_by_their_numbers() {
    let numbers = |from: u64| -> String {
        (0..120).map(|at| format!("{} ", 100 + (from + at * at * 7) % 890)).collect()
    };
    check_apart(&three([&numbers(3), &numbers(311), &numbers(577)]));
    let few = ["7 11 13", "7 11 14", "7 11"];
    check_too_short(few);
}

/// A line of words that differ for each seed.
fn line_of_words(seed: usize, bytes: usize) -> String {
    let mut line = String::with_capacity(bytes + 16);
    for at in 0.. {
        if line.len() >= bytes {
            break;
        }
        line.push_str(&format!("w{}x{} ", seed, (at * at + seed) % 99_991));
    }
    line.truncate(bytes);
    line
}

#[test]
fn half_a_megabyte_on_one_line_is_judged() {
    let texts = [1, 2, 3].map(|seed| line_of_words(seed, LONGEST));
    check_apart(&three([&texts[0], &texts[1], &texts[2]]));
    // Capitals and numbers, all of which may be names and facts.
    let facts = [4, 5, 6].map(|seed| line_of_words(seed, LONGEST).replace('x', " X"));
    let facts = facts.map(|text| text.to_uppercase());
    check_apart(&three([&facts[0], &facts[1], &facts[2]]));
}

#[test]
fn ten_thousand_paragraphs_are_judged() {
    let text = |seed: usize| -> String {
        (0..10_000).map(|at| format!("p{seed}n{at} stood q{seed}n{at}.\n\n")).collect()
    };
    check_apart(&three([&text(1), &text(2), &text(3)]));
    // The same paragraph again and again at one outlet, under other titles.
    let same = "More as we get it.\n\n".repeat(10_000);
    let own = |seed| format!("{}\n\n{same}", line_of_words(seed, 400));
    check_apart(&three([&own(1), &own(2), &own(3)]));
}

#[test]
fn dates_of_any_year_and_none_fold_nothing() {
    let dates = [json!(0), json!("2036-02-07T06:28:16Z"), Value::Null, json!("1970-01-01")];
    for date in &dates {
        let mut bad = three([SPEECH, "Stand by.", &line_of_words(1, 900)]);
        bad.iter_mut().for_each(|article| article["published"] = date.clone());
        check_apart(&bad);
    }
    // Three articles with three dates, and a wall of thirteen words among them.
    let wall = "Read on with a subscription, which pays for the work of our reporters.";
    let mut bad = three([wall, wall, &line_of_words(2, 900)]);
    bad.iter_mut().zip(dates).for_each(|(article, date)| article["published"] = date);
    check_apart(&bad);
}

#[test]
fn marks_of_direction_hide_nothing_and_fold_nothing() {
    let marked = |text: &str| text.replace(' ', " \u{200f}").replace('.', "\u{202b}.\u{202c}");
    check_apart(&three([
        &marked(&line_of_words(1, 900)),
        &marked("Stand by."),
        "\u{200f}\u{200e}",
    ]));
    // A copy with marks between its words is the same text.
    let copy = article_with("copy", &marked(STORM), json!({"outlet": "b.example"}));
    let lines = [among_strangers(&[]), vec![copy]].concat();
    let found = fold(&lines);
    assert_eq!(found[2].story, "storm", "{found:?}");
}

#[test]
fn addresses_of_eight_kilobytes_fold_nothing() {
    let long = |end: &str| format!("https://a.example/{}{end}", "x".repeat(8 * 1024));
    let texts = [SPEECH, &line_of_words(1, 900), "Stand by."];
    let mut bad = three(texts);
    // One address for all, and addresses that differ at their ends.
    bad.iter_mut().for_each(|article| article["url"] = long("").into());
    check_apart(&bad);
    for (article, end) in bad.iter_mut().zip(["1", "2", "3"]) {
        article["url"] = long(end).into();
    }
    check_apart(&bad);
    // The address does not hide a copy either.
    let fields = json!({"outlet": "b.example", "url": long("4")});
    let copy = article_with("copy", STORM_REPRINT, fields);
    assert_eq!(fold(&[among_strangers(&bad), vec![copy]].concat())[5].story, "storm");
}

/// Spellings of one outlet.
const SPELLINGS: [&str; 10] = [
    "münchner-bote.example",
    "xn--mnchner-bote-dlb.example",
    "HTTPS://WWW.Münchner-Bote.Example/",
    "https://münchner-bote.example:443/index.html",
    "Münchner-Bote.Example",
    " www.münchner-bote.example ",
    "münchner-bote.example.",
    "münchner-bote.example:443",
    "WWW.XN--MNCHNER-BOTE-DLB.EXAMPLE",
    "//münchner-bote.example/",
];

#[test]
fn one_outlet_under_ten_spellings_is_one_outlet() {
    // Blurbs that an outlet prints on every page do not make two of its pages one story.
    let blurbs = line_of_words(0, 700);
    let page = |at: usize| {
        let text = format!("{}.\n\n{blurbs}.", line_of_words(at + 1, 220));
        let title = format!("t{at} u{at} v{at}");
        json!({"id": format!("bad-{at}"), "text": text, "title": title, "outlet": SPELLINGS[at]})
    };
    let pages: Vec<Value> = (0..SPELLINGS.len()).map(page).collect();
    check_apart(&pages);
    // If two outlets share that much, it is one text.
    let mut two = pages[..2].to_vec();
    two[1]["outlet"] = "other.example".into();
    assert_eq!(fold(&among_strangers(&two))[2].story, "bad-0");
}
