//! Preparing articles on several cores before their turn.

use wirefold_flow::{Headers, StateMachine as _, Stored, UnixMillis};
use wirefold_fold::{Detector, Settings};
use wirefold_proto::{ArticleEnriched, encode, streams};

use super::harness::{Harness, TestArticle, settings};
use crate::decider::Decider;
use crate::preparing::{ParallelPreparer, byline, incoming};

/// Articles; every third is a copy of the first.
fn articles() -> Vec<ArticleEnriched> {
    let article = |number: i64| {
        let words = |word: &str| (0..90).map(|at| format!("{word}{at} ")).collect::<String>();
        let text =
            words(if number % 3 == 0 { "port" } else { "tree" }) + &words(&format!("own{number}x"));
        TestArticle::file(&format!("a{number}"), &text).enriched(1_772_496_000 + number)
    };
    (0..13).map(article).collect()
}

fn stored((sequence, body): (u64, Vec<u8>)) -> Stored {
    Stored {
        stream: streams::ENRICHED.name.to_owned(),
        sequence,
        at: UnixMillis(0),
        subject: "wf.fetched".to_owned(),
        id: sequence.to_string(),
        headers: Headers::default(),
        body: body.into(),
    }
}

#[test]
fn preparing_on_all_cores_changes_no_verdict() {
    let articles = articles();
    let bodies = articles.iter().map(|article| encode(article).unwrap());
    let mut inputs: Vec<Stored> = (1..).zip(bodies).map(stored).collect();
    inputs.push(stored((99, b"no article".to_vec())));
    let mut preparer = ParallelPreparer::on_cores(3);
    preparer.prepare(&inputs);
    let [mut here, mut there] = [(), ()].map(|()| Detector::new(Settings::default()));
    for (sequence, article) in (1..).zip(&articles) {
        let ready = preparer.take_prepared(sequence).expect("it is one of many");
        assert_eq!(ready.enriched.id, article.id);
        let byline = byline(article);
        let input = incoming(article, &byline);
        assert_eq!(here.decide(&input, &ready.prepared), there.observe(&input));
    }
    assert!(preparer.take_prepared(99).is_none(), "left to its turn");
    assert!(preparer.take_prepared(1).is_none(), "each is decided once");
    preparer.prepare(&inputs[..3]);
    assert!(preparer.take_prepared(1).is_none(), "a few are quicker done in their turn");
}

/// A decider with a pool of three cores.
fn decider(harness: &Harness) -> Decider {
    let mut decider = Decider::new(settings(), harness.bus.clone());
    decider.preparer = ParallelPreparer::on_cores(3);
    decider.restart();
    decider
}

#[tokio::test]
async fn a_replay_takes_prepared_articles_and_gives_the_same_state() {
    let harness = Harness::new().await;
    let bodies = articles();
    let bodies = bodies.iter().map(|article| encode(article).unwrap());
    let mut inputs: Vec<Stored> = (1..).zip(bodies).map(stored).collect();
    let last = inputs.pop().expect("there are some");
    let mut first = decider(&harness);
    let mut decisions = Vec::new();
    for input in &inputs {
        let record = first.decide(1, input).unwrap().expect("each is new");
        let decision = stored((input.sequence, record.body.to_vec()));
        decisions.push(Stored { stream: streams::OUTPUT.name.to_owned(), ..decision });
    }
    let mut heir = decider(&harness);
    heir.prepare(&inputs).await.unwrap();
    assert_eq!(heir.preparer.left(), inputs.len());
    for (decision, input) in decisions.iter().zip(&inputs) {
        heir.replay(decision, Some(input));
    }
    assert_eq!(heir.preparer.left(), 0, "each was taken from the batch");
    assert_eq!(heir.decide(1, &last), first.decide(1, &last));
}
