//! The fixtures of `seeds/` compared with `expected.json`.

use std::collections::{BTreeMap, BTreeSet};

use wirefold_proto::VerdictLine;

use super::stream::{Article, Judged, Line, Pair, folds, pairs};
use super::{orders, say};
use crate::program::{Run, wirefold};
use crate::seeds::expected::MISSED;
use crate::seeds::{articles, expected};

/// The required share of right event pairs.
const PRECISION: f64 = 0.95;

/// The fixtures in file order.
pub(super) fn fixtures() -> Vec<Article> {
    let fixture = |article: articles::Article| Article {
        id: article.id,
        outlet: Some(article.outlet),
        url: Some(article.url),
        title: article.title,
        byline: article.author.unwrap_or_default(),
        text: article.text,
        published: Some(article.published.as_second()),
    };
    articles::articles().into_iter().map(fixture).collect()
}

/// The label of each fixture, in file order.
fn labels(label: impl Fn(&expected::Labels) -> String) -> Vec<String> {
    let expected = expected::expected();
    articles::articles().iter().map(|article| label(&expected.articles[&article.id])).collect()
}

/// The pairs of fixtures that are one text.
pub(super) fn expected_folds() -> BTreeSet<Pair> {
    pairs(&labels(|labels| labels.story.clone()))
}

/// Pairs by id, for people.
fn pairs_by_id(pairs: &BTreeSet<Pair>, articles: &[Article]) -> Vec<String> {
    pairs.iter().map(|(a, b)| format!("{} {}", articles[*a].id, articles[*b].id)).collect()
}

/// Fails unless exactly the expected pairs fold.
#[track_caller]
pub(super) fn check_folds(lines: &[Line], articles: &[Article], what: &str) {
    let (found, wanted) = (folds(lines), expected_folds());
    let wrong = pairs_by_id(&found.difference(&wanted).copied().collect(), articles);
    let mut missed = pairs_by_id(&wanted.difference(&found).copied().collect(), articles);
    missed.retain(|pair| !MISSED.iter().any(|known| known.join(" ") == *pair));
    assert!(wrong.is_empty() && missed.is_empty(), "{what}: wrong {wrong:?} missed {missed:?}");
}

#[test]
fn the_binary_gives_the_expected_stories_in_file_order() {
    for state in [&[][..], &["--final"]] {
        let arguments = [&["fold", "--json", "../../seeds/articles.jsonl"], state].concat();
        let run = wirefold(&arguments).code(0);
        let story: BTreeMap<String, String> =
            run.lines().into_iter().map(|line| (line.id, line.story)).collect();
        for expected in expected::expected().stories {
            for member in &expected.members {
                if MISSED.iter().any(|known| known[1] == member) {
                    continue;
                }
                // A story is named by its first article.
                assert_eq!(story[member], expected.members[0], "{member} {state:?}");
            }
        }
    }
}

/// The pairs of stories in one event, each story by its first article.
fn event_pairs(lines: &[VerdictLine]) -> BTreeSet<(String, String)> {
    let is_missed = |id: &str| MISSED.iter().any(|known| known[1] == id);
    let found = lines.iter().filter(|line| !is_missed(&line.story));
    let mut stories: Vec<(&str, &str)> =
        found.map(|line| (line.story.as_str(), line.event.as_str())).collect();
    stories.sort_unstable();
    stories.dedup_by_key(|(story, _)| *story);
    let events: Vec<&str> = stories.iter().map(|(_, event)| *event).collect();
    let name = |(a, b): Pair| (stories[a].0.to_owned(), stories[b].0.to_owned());
    pairs(&events).into_iter().map(name).collect()
}

fn expected_event_pairs() -> BTreeSet<(String, String)> {
    let expected = expected::expected();
    let first: BTreeMap<&String, &String> =
        expected.stories.iter().map(|story| (&story.story, &story.members[0])).collect();
    let mut wanted = BTreeSet::new();
    for event in &expected.events {
        let mut stories: Vec<&String> = event.stories.iter().map(|story| first[story]).collect();
        stories.sort_unstable();
        for (at, one) in stories.iter().enumerate() {
            wanted.extend(stories[at + 1..].iter().map(|other| ((*one).clone(), (*other).clone())));
        }
    }
    wanted
}

#[track_caller]
fn check_events(run: &Run, what: &str) {
    let (found, wanted) = (event_pairs(&run.lines()), expected_event_pairs());
    let right = found.intersection(&wanted).count() as f64;
    let precision = right / found.len().max(1) as f64;
    let recall = right / wanted.len() as f64;
    say(format_args!("seeds: event pairs {what}: precision {precision:.3}, recall {recall:.3}"));
    let wrong: Vec<_> = found.difference(&wanted).collect();
    assert!(precision >= PRECISION, "{wrong:?}");
    // Precision without any recall would prove nothing.
    let missed: Vec<_> = wanted.difference(&found).collect();
    assert!(recall > 0.5, "{missed:?}");
}

#[test]
fn the_binary_groups_events_with_precision() {
    let arguments = ["fold", "--json", "../../seeds/articles.jsonl", "--final"];
    check_events(&wirefold(&arguments[..3]), "at arrival");
    check_events(&wirefold(&arguments), "in the end");
}

#[test]
fn the_library_says_what_the_binary_says() {
    let articles = fixtures();
    let judged = Judged::new(&articles, &orders::file(articles.len()));
    for (arguments, lines) in [(&[][..], &judged.arrival), (&["--final"], &judged.at_end)] {
        let run =
            wirefold(&[&["fold", "--json", "../../seeds/articles.jsonl"], arguments].concat());
        for (printed, line) in run.lines().iter().zip(lines) {
            assert_eq!(printed.story, articles[line.story].id, "{}", printed.id);
            assert_eq!(printed.event, articles[line.event].id, "{}", printed.id);
            assert_eq!(printed.matches.len(), line.verdict.matches.len(), "{}", printed.id);
        }
    }
}

#[test]
fn stories_are_the_same_in_many_orders() {
    let articles = fixtures();
    let count = articles.len();
    let shuffles = (1..=20).map(|seed| (format!("shuffle {seed}"), orders::shuffled(count, seed)));
    let reversed = ("reversed".to_owned(), orders::reversed(count));
    for (what, order) in std::iter::once(reversed).chain(shuffles) {
        let judged = Judged::late(&articles, &order);
        check_folds(&judged.at_end, &articles, &format!("{what}, in the end"));
        check_folds(&judged.arrival, &articles, &format!("{what}, at arrival"));
    }
}

#[test]
fn the_digest_is_a_story_of_its_own_in_every_order() {
    let articles = fixtures();
    let digest = articles.iter().position(|article| article.id == "digest-01");
    let digest = digest.expect("the fixtures have a digest");
    for seed in 1..=20_u64 {
        // First, although it could gather the texts that it contains.
        let mut order = orders::shuffled(articles.len(), seed);
        order.retain(|number| *number != digest);
        order.insert(0, digest);
        let judged = Judged::late(&articles, &order);
        let story = judged.at_end.iter().filter(|line| line.story == digest);
        assert_eq!(story.count(), 1, "shuffle {seed}");
        assert!(!judged.at_end[digest].verdict.holds.is_empty(), "shuffle {seed}");
    }
}
