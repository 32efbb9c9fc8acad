//! The detector gives a sensible answer for every text.

use proptest::prelude::*;
use wirefold_fold::{Changes, Class, Detector, DocId, Incoming, Settings, Verdict};
use wirefold_text::Text;

use super::seeds::fixtures;

/// An article of a generated stream.
#[derive(Debug, Clone)]
struct GeneratedItem {
    id: u8,
    outlet: Option<u8>,
    title: String,
    text: String,
    /// Seconds after the previous article.
    later: u32,
    published: i64,
}

/// Judges a stream and checks each answer, at arrival and at the end.
#[track_caller]
fn check(stream: &[GeneratedItem]) {
    let mut detector = Detector::keeping_verdicts(Settings::default());
    let mut time = 0;
    for (number, given) in (0..).map(DocId).zip(stream) {
        time += i64::from(given.later);
        let outlet = given.outlet.map(|outlet| outlet.to_string());
        let verdict = detector.observe(&Incoming {
            items: &[&given.id.to_string()],
            outlet: outlet.as_deref(),
            title: &given.title,
            byline: &given.title,
            text: &given.text,
            time,
            published: given.published,
            ..Incoming::default()
        });
        assert_eq!(verdict.doc, number);
        check_verdict(&verdict);
    }
    let count = u32::try_from(stream.len()).expect("a short stream");
    for number in 0..count {
        check_verdict(&detector.final_verdict(DocId(number)).expect("it was judged"));
    }
    assert_eq!(detector.final_verdict(DocId(count)), None);
    for pair in stream.windows(2) {
        let (old, new) = (Text::new(&pair[0].text), Text::new(&pair[1].text));
        let changes = Changes::between(&old, &new).count();
        let kept = changes.kept + changes.reworded + changes.moved;
        assert!(kept + changes.added <= new.words().len().max(1) * 2, "{changes:?}");
    }
}

#[track_caller]
fn check_verdict(verdict: &Verdict) {
    let share = |value: f64| (0.0..=1.0).contains(&value);
    assert_eq!(verdict.class == Class::Copy, verdict.kind.is_some(), "{verdict:?}");
    assert!(verdict.story.first_article() <= verdict.doc, "{verdict:?}");
    assert!(share(verdict.novelty), "{verdict:?}");
    for found in &verdict.matches {
        assert!(found.doc < verdict.doc, "{verdict:?}");
        let shares = [found.evidence.contained, found.evidence.containing, found.probability];
        assert!(shares.into_iter().all(share), "{verdict:?}");
    }
    assert_eq!(verdict.class == Class::Copy, verdict.kind.is_some(), "{verdict:?}");
    assert!(!verdict.holds.contains(&verdict.story), "{verdict:?}");
}

/// Checks texts one after another, each at an outlet of its own.
#[track_caller]
fn check_texts(texts: &[String]) {
    let given = |(at, text): (usize, &String)| GeneratedItem {
        id: u8::try_from(at).expect("a short stream"),
        outlet: Some(0),
        title: text.chars().take(80).collect(),
        text: text.clone(),
        later: 60,
        published: 0,
    };
    check(&texts.iter().enumerate().map(given).collect::<Vec<GeneratedItem>>());
}

/// Any characters, most of them unusual.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,300}",
        "[\\x00-\\x7f]{0,300}",
        "[\u{202a}-\u{202e}\u{2066}-\u{2069}\u{200b}-\u{200f}a-c \"“”\n]{0,300}",
        "[\u{300}-\u{36f}e \n]{0,300}",
        "[😀-😿🇦-🇿👨👩👧\u{200d}\u{fe0f} ]{0,200}",
        "[ا-ي،؛؟ \"«»\n]{0,400}",
        "[泽连斯基总统，。「」『』《》“”\n]{0,400}",
    ]
}

/// Sentences of few words, so that passages, quotations, copies and page chrome occur by chance.
fn like_news() -> impl Strategy<Value = String> {
    let known = [
        "the", "harbour", "Quint", "Brenmouth", "said", "on", "Monday", "three", "412", "boats",
        "sank", "“we", "wait”", "\"no", "one\"", "(AP)", "—", "told", "Reuters", "By", "storm,",
        "closed.", "ended.", "\n\n", "\n", "«так", "сказав»", "Advertisement", "READ MORE:", "•",
        "©", "2026",
    ];
    let pieces = prop::collection::vec(prop::sample::select(known.to_vec()), 0..120);
    pieces.prop_map(|pieces| pieces.join(" "))
}

/// A stream over few ids, outlets and texts: many are repeated, cut, or joined.
fn streams() -> impl Strategy<Value = Vec<GeneratedItem>> {
    let pool = prop::collection::vec(prop_oneof![3 => like_news(), 1 => any_text()], 1..6);
    pool.prop_flat_map(|pool| {
        let parts = prop::collection::vec(prop::sample::select(pool), 1..4);
        let given = (0..12_u8, prop::option::of(0..3_u8), parts, 0..400_000_u32, 0..1_000_000_i64);
        let given = given.prop_map(|(id, outlet, texts, later, published)| {
            let text = texts.join("\n\n");
            let title = text.chars().take(40).collect();
            GeneratedItem { id, outlet, title, text, later, published }
        });
        prop::collection::vec(given, 0..24)
    })
}

/// A failing case is printed and shrunk. It is not written into the source tree.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_texts_are_judged(texts in prop::collection::vec(any_text(), 0..6)) {
        check_texts(&texts);
    }

    #[test]
    fn arbitrary_streams_are_judged(stream in streams()) {
        check(&stream);
    }

    #[test]
    fn times_of_any_size_are_judged(times in prop::collection::vec(any::<i64>(), 2..6)) {
        let ids = ["ferry-03", "ferry-04", "ferry-05", "ferry-01", "ferry-02"];
        let fixtures = fixtures();
        let given = |(number, (published, id)): (u8, (&i64, &str))| {
            let article = fixtures.iter().find(|article| article.id == id);
            let text = article.expect("the fixtures have it").text.clone();
            let (title, published) = (String::new(), *published);
            GeneratedItem { id: number, outlet: None, title, text, later: 1, published }
        };
        check(&(0..).zip(times.iter().zip(ids)).map(given).collect::<Vec<GeneratedItem>>());
    }

    /// An article cut anywhere, and put together from two halves of others.
    #[test]
    fn cut_and_crossed_articles_are_judged(
        cuts in prop::collection::vec((0..78_usize, 0.0..1.0_f64), 2..8)
    ) {
        let fixtures = fixtures();
        let half = |(at, share): &(usize, f64)| {
            let text = &fixtures[at % fixtures.len()].text;
            let end = text.floor_char_boundary((text.len() as f64 * share) as usize);
            (text[..end].to_owned(), text[end..].to_owned())
        };
        let halves: Vec<(String, String)> = cuts.iter().map(half).collect();
        let crossed = halves.windows(2).map(|pair| format!("{}{}", pair[0].0, pair[1].1));
        let both = halves.iter().flat_map(|(start, end)| [start.clone(), end.clone()]);
        check_texts(&both.chain(crossed).collect::<Vec<String>>());
    }
}

#[test]
fn degenerate_texts_are_judged_twice_and_beside_each_other() {
    let long = 64 * 1024;
    let texts = [
        String::new(),
        " \u{feff}\u{200b}\n\r\n".to_owned(),
        "x".repeat(long),
        "\u{301}".repeat(long / 2),
        format!("a{}", "\u{301}".repeat(long / 2)),
        "word ".repeat(long / 5),
        "one two three four five six seven eight nine. ".repeat(long / 46),
        "“".repeat(long / 3),
        "“a ".repeat(long / 5),
        "\"a b\" ".repeat(long / 6),
        "((((((((".repeat(long / 8),
        "泽".repeat(long / 3),
        "ﷺ".repeat(long / 3),
        "👨‍👩‍👧‍👦".repeat(long / 25),
        "\u{202e}abc \u{2067}def ".repeat(long / 14),
        "A.\n\n".repeat(long / 4),
        "1,234.5 % ".repeat(long / 10),
        "\0".repeat(long),
        "By AP\n".repeat(long / 6),
        "a-".repeat(long / 2),
        "ẞİŉ".repeat(long / 7),
    ];
    let copies = texts.iter().map(|text| format!("{text} once more"));
    let all: Vec<String> = texts.iter().cloned().chain(copies).chain(texts.clone()).collect();
    check_texts(&all);
}
