//! `wirefold dead replay` if each stage has only its own rights.

use wirefold_proto::streams::Stage;
use wirefold_proto::{ArticleFetched, DeadBody, DeadLetter, decode, encode};

use super::broker::{Broker, until};
use crate::pipeline::watched_folder::{drop_into, five_texts};

const LETTER: &[u8] = include_bytes!("../../../proto/samples/wirefold.dead.1.json");

#[test]
fn dead_letters_of_each_stage_are_replayed_with_least_rights() {
    let broker = Broker::start();
    let _running = broker.stages();
    let setup = broker.speak_as("setup");
    drop_into(&broker.folder, &five_texts());
    let gateway = broker.speak_as("gateway");
    until(|| (gateway.articles() >= 5).then_some(()));

    // An invalid article is published again on the gateway's subject.
    broker.speak_as("fetcher").publish("wirefold.v1.article.fetched.odd", "odd", "no article");
    until(|| (setup.count("WF_DEAD") == 1).then_some(()));
    broker.folder.run(&["dead", "replay", "1"]).code(0);
    until(|| (setup.count("WF_DEAD") == 2).then_some(()));
    let again = setup.stored("WF_FETCHED", 7);
    assert_eq!((&*again.subject, &*again.id), ("wirefold.v1.article.fetched.push", "dead-1"));

    // An article that the detector gave up on comes in again as a pushed one. Only the enricher may write it
    // where it was.
    let enriched = setup.stored("WF_ENRICHED", 2);
    let letter = DeadLetter {
        message: Some(DeadBody::of(&enriched.body)),
        ..decode(LETTER).expect("it is a sample")
    };
    assert_eq!((letter.stage, &*letter.stream), (Stage::Detector, "WF_ENRICHED"));
    let body = encode(&letter).expect("it is small");
    broker.speak_as("detector").publish("wirefold.v1.dead.detector", "by-hand", body);
    broker.folder.run(&["dead", "replay", "3"]).code(0);
    let pushed = setup.stored("WF_FETCHED", 8);
    assert_eq!((&*pushed.subject, &*pushed.id), ("wirefold.v1.article.fetched.push", "dead-3"));
    let [came, was] = [pushed.body, setup.stored("WF_FETCHED", 1).body]
        .map(|stored| decode::<ArticleFetched>(&stored).expect("an article").id);
    assert_eq!(came, was);
}
