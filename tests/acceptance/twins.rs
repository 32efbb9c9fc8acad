//! The twins of `seeds/`: the central case in every clone.

use wirefold_fold::{Body, Confidence, How, Overlap};
use wirefold_proto::{Class, CopyKind};
use wirefold_text::Text;

use super::central::{NEXT_TO_NOTHING, check_apart, check_one_event, in_all_orders};
use super::seeds::fixtures;
use super::stream::{Article, Judged};
use crate::program::fold_lines;

/// The indices of `ferry-01` and `ferry-02` among the five.
const COPIES: (usize, usize) = (0, 1);

/// The five articles with all fields of their feeds.
fn twins() -> Vec<Article> {
    let mut twins = fixtures();
    twins.retain(|article| article.id.starts_with("ferry-"));
    twins.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(twins.len(), 5);
    twins
}

/// The five as bare texts, as in files.
fn bare() -> Vec<Article> {
    let bare = |Article { id, text, .. }| Article { id, text, ..Article::default() };
    twins().into_iter().map(bare).collect()
}

fn is_copy(one: usize, other: usize) -> bool {
    (one.min(other), one.max(other)) == COPIES
}

#[test]
fn the_twins_fold_in_all_120_orders() {
    let outcomes = in_all_orders(&twins(), COPIES);
    check_apart(&outcomes, |one, other| !is_copy(one, other));
    check_one_event(&outcomes);
}

#[test]
fn the_twins_fold_in_all_120_orders_as_bare_texts() {
    check_apart(&in_all_orders(&bare(), COPIES), |one, other| !is_copy(one, other));
}

/// The larger of the two shares of common text, and the words of the longest run.
fn shares(earlier: &str, later: &str) -> Overlap {
    let body = |text: &str| Body::new(&Text::new(text));
    Overlap::between(&body(later), &body(earlier))
}

#[test]
fn twins_share_the_intended_passages() {
    let twins = twins();
    for (one, first) in twins.iter().enumerate() {
        for (other, second) in twins.iter().enumerate().filter(|(other, _)| *other != one) {
            let found = shares(&first.text, &second.text);
            if is_copy(one, other) {
                assert!((0.55..0.80).contains(&found.contained), "{}", found.contained);
                assert!(found.longest >= 200, "{}", found.longest);
            } else {
                assert!(
                    found.contained.max(found.containing) < NEXT_TO_NOTHING,
                    "{} {}",
                    first.id,
                    second.id
                );
                assert!(!found.shared_quotations.is_empty(), "{} {}", first.id, second.id);
            }
        }
    }
}

#[test]
fn have_their_agency_whoever_comes_first() {
    for judged in in_all_orders(&bare(), COPIES) {
        check_agency(&judged);
    }
}

/// The shorter twin mentions AP; the longer has it through the shared passages.
#[track_caller]
pub(super) fn check_agency_of(judged: &Judged, (mentions, inferred): (usize, usize)) {
    let order = &judged.order;
    for (number, line) in judged.at_end.iter().enumerate() {
        let agency = line.verdict.agency.as_ref();
        let told = agency.map(|agency| (agency.name, agency.how, agency.confidence));
        let expected = match number {
            n if n == mentions => Some(("AP", How::Mentioned, Confidence::Probably)),
            n if n == inferred => Some(("AP", How::Inferred, Confidence::Probably)),
            _ => None,
        };
        assert_eq!(told, expected, "{number} in order {order:?}");
    }
    let at_arrival = judged.arrival[inferred].verdict.agency.is_some();
    assert_eq!(at_arrival, judged.comes_before(mentions, inferred), "order {order:?}");
}

#[track_caller]
fn check_agency(judged: &Judged) {
    check_agency_of(judged, COPIES);
}

#[test]
fn fold_through_the_binary_in_file_order() {
    let articles = std::fs::read_to_string("../../seeds/articles.jsonl").unwrap();
    let ferry = articles.lines().filter(|line| line.contains("\"id\": \"ferry-"));
    let lines: String = ferry.map(|line| format!("{line}\n")).collect();
    let run = fold_lines(&lines, &[]).code(0);
    assert_eq!(run.ids(), ["ferry-04", "ferry-03", "ferry-05", "ferry-01", "ferry-02"]);
    for line in run.lines() {
        let (story, class, kind) = match line.id.as_str() {
            "ferry-02" => ("ferry-01", Class::Copy, Some(CopyKind::Reprint)),
            "ferry-04" => ("ferry-04", Class::New, None),
            own => (own, Class::Related, None),
        };
        assert_eq!((line.story.as_str(), line.class, line.kind), (story, class, kind));
        assert_eq!(line.event, "ferry-04", "{}", line.id);
    }
}
