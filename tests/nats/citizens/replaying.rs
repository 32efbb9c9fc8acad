//! `wirefold dead replay` if each stage has only its own rights.

use wirefold_proto::streams::Stage;
use wirefold_proto::{DeadLetter, decode, encode};

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

    // A decision is handled again by the enricher, which alone may write the output. Once is enough.
    let enricher = broker.speak_as("enricher");
    let letter = DeadLetter {
        stage: Stage::Enricher,
        stream: "WF_JUDGED".to_owned(),
        sequence: 2,
        ..decode(LETTER).expect("it is a sample")
    };
    let stood = setup.count("WF_OUTPUT");
    let body = encode(&letter).expect("it is small");
    enricher.publish("wirefold.v1.dead.enricher", "by-hand", body);
    let done = broker.folder.run(&["dead", "replay", "3"]).code(0);
    assert!(done.out.contains("it is in the output"), "{}", done.out);
    assert_eq!(setup.count("WF_OUTPUT"), stood, "it stood there before");

    // The enricher itself reports what it cannot do.
    let beyond = encode(&DeadLetter { sequence: 9_999, ..letter }).expect("it is small");
    enricher.publish("wirefold.v1.dead.enricher", "beyond", beyond);
    let refused = broker.folder.run(&["dead", "replay", "4"]).code(2);
    assert!(refused.err.contains("9999"), "{}", refused.err);
}
