//! Rates how polite the logged requests were, by the standard of operators of small sites.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::server::Question;

/// The kinds of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) questions: usize,
    /// With a validator that the path had given.
    pub(super) conditional: usize,
    /// Without a validator, although the path had given one.
    pub(super) unconditional: usize,
    /// With a validator that the path had never given.
    pub(super) made_up: usize,
    pub(super) cookies: usize,
    pub(super) referrers: usize,
    /// With a query that no link has.
    pub(super) queries: usize,
    /// Sooner after the last request than any feed is polled.
    pub(super) early: usize,
}

impl Score {
    /// `given` has the validators that each path gives.
    pub(super) fn of(
        log: &[Question],
        given: &BTreeMap<String, BTreeSet<String>>,
        shortest: Duration,
    ) -> Self {
        let mut score = Self { questions: log.len(), ..Self::default() };
        let mut last: BTreeMap<(Option<&String>, &str), &Question> = BTreeMap::new();
        for question in log {
            let has = |name: &str| question.headers.contains_key(name);
            score.cookies += usize::from(has("cookie"));
            score.referrers += usize::from(has("referer"));
            score.queries += usize::from(question.path.contains('?'));
            let names = ["if-none-match", "if-modified-since"];
            let sent: Vec<&String> =
                names.iter().filter_map(|name| question.headers.get(*name)).collect();
            let known = given.get(&question.path);
            let is_known =
                |validator: &&&String| known.is_some_and(|known| known.contains(**validator));
            score.made_up += usize::from(sent.len() > sent.iter().filter(is_known).count());
            let place = (question.headers.get("host"), question.path.as_str());
            let is_first = !last.contains_key(&place);
            score.conditional += usize::from(!sent.is_empty());
            score.unconditional += usize::from(sent.is_empty() && known.is_some() && !is_first);
            // A second attempt in compatibility mode belongs to the first request.
            let is_plain =
                question.headers.get("accept-encoding").is_some_and(|it| it == "identity");
            if let Some(before) = last.insert(place, question) {
                let too_early = question.at.since(before.at) < shortest;
                score.early += usize::from(too_early && !is_plain);
            }
        }
        score
    }

    /// The share of requests that no operator objects to, in percent.
    pub(super) fn percent(&self) -> f64 {
        let bad = self.unconditional + self.made_up + self.cookies + self.referrers + self.queries;
        let all = self.questions.max(1) as f64;
        100.0 * (1.0 - (bad + self.early) as f64 / all).max(0.0)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "politeness {:.1} %: {} questions, {} conditional, {} unconditional again, {} made up, \
             {} cookies, {} referrers, {} queries, {} early",
            self.percent(),
            self.questions,
            self.conditional,
            self.unconditional,
            self.made_up,
            self.cookies,
            self.referrers,
            self.queries,
            self.early
        )
    }
}

#[test]
fn sins_are_counted() {
    let question = |minute: u64, headers: &[(&str, &str)]| Question {
        at: wirefold_flow::UnixMillis(minute * 60_000),
        path: "/feed".to_owned(),
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
    };
    let given = [("/feed".to_owned(), ["\"1\"".to_owned()].into())].into();
    let log = [
        question(0, &[("cookie", "a=1")]),
        question(20, &[("if-none-match", "\"1\"")]),
        question(40, &[("if-none-match", "\"2\""), ("referer", "x")]),
        question(41, &[("if-none-match", "\"1\"")]),
        question(42, &[("accept-encoding", "identity")]),
        Question { path: "/other?cache=1".to_owned(), ..question(43, &[]) },
    ];
    let score = Score::of(&log, &given, Duration::from_mins(10));
    let expected = Score {
        questions: 6,
        conditional: 3,
        unconditional: 1,
        made_up: 1,
        cookies: 1,
        referrers: 1,
        queries: 1,
        early: 1,
    };
    assert_eq!(score, expected);
    assert!(score.percent() < 1.0);
}
