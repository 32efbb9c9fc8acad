//! Compares the detector's work on a fixed set with stored counts. A change that makes it do more work fails
//! here, without a clock and on any machine.
//!
//! `WIREFOLD_BLESS=1 cargo test -p xtask work` writes new counts; the difference shows in review.

use wirefold_dedup::{Detector, Incoming, Settings};

use super::{Article, NEWS, name_counts};
use crate::generator::{self, Generator};

/// The number of articles in the set, and the size of its hostile ones in bytes.
const ARTICLES: usize = 1_500;
const LIMIT: usize = 20_000;
/// Seconds between two articles. The set spans three days.
const APART: i64 = 172;
const FIGURES: &str = "xtask/work.tsv";

/// The counts of all work with their names.
fn counted() -> Vec<(String, u64)> {
    let generator = Generator::new(generator::Settings { limit: LIMIT, ..NEWS });
    let mut detector = Detector::new(Settings::default());
    for made in generator.articles().take(ARTICLES) {
        let time = APART * i64::try_from(made.number).unwrap();
        let article = Article::new(made, time);
        detector.observe(&Incoming {
            items: &[&article.url],
            outlet: Some(&article.outlet),
            title: &article.title,
            byline: &article.byline,
            text: &article.text,
            time,
            published: time,
            ..Incoming::default()
        });
    }
    name_counts(&detector.work())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to write the figures anew")]
fn the_detector_does_as_much_work_as_the_kept_figures_say() {
    let found = counted();
    let path = crate::tree::root().join(FIGURES);
    if std::env::var_os("WIREFOLD_BLESS").is_some() {
        std::fs::write(&path, lines(&found)).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    check(&kept, &found).unwrap();
    // The same check fails for any count that is larger, and for one that is smaller.
    for (at, (name, right)) in found.iter().enumerate() {
        for count in [right * 2, right - 1] {
            let mut planted = found.clone();
            planted[at].1 = count;
            let refused = check(&kept, &planted).unwrap_err();
            assert!(refused.contains(&format!("-> {name}\t{count}: ")), "{refused}");
        }
    }
}

fn lines(counts: &[(String, u64)]) -> String {
    counts.iter().map(|(name, count)| format!("{name}\t{count}\n")).collect()
}

/// Refuses counts that differ from the stored ones.
fn check(kept: &str, counts: &[(String, u64)]) -> Result<(), String> {
    let found = lines(counts);
    if kept == found {
        return Ok(());
    }
    let compared = compared(kept, &found);
    Err(format!(
        "the work on {ARTICLES} articles is not that of {FIGURES}; where that is meant, run with \
         WIREFOLD_BLESS=1\n{compared}"
    ))
}

/// Both figures of each count, with their ratio.
fn compared(kept: &str, found: &str) -> String {
    let count = |line: &str| line.split_once('\t').and_then(|(_, count)| count.parse::<f64>().ok());
    let pairs = kept.lines().zip(found.lines());
    let line = |(before, after): (&str, &str)| {
        let times = count(after).zip(count(before)).map_or(f64::NAN, |(now, then)| now / then);
        format!("{before} -> {after}: {times:.3} times\n")
    };
    pairs.map(line).collect()
}

#[test]
fn a_doubled_count_is_told() {
    assert_eq!(compared("a\t2\n", "a\t4\n"), "a\t2 -> a\t4: 2.000 times\n");
}
