//! Each stage and the pruner are NATS services; the gateway's compares texts.

use std::process::Stdio;

use serde_json::Value;

use super::broker::{Broker, both_outputs};
use crate::pipeline::PATIENCE;
use crate::pipeline::up::now;
use crate::pipeline::watched_folder::{drop_into, five_texts};

/// The output of `services.py` about each stage.
fn services(broker: &Broker) -> Vec<Value> {
    let printed = broker.example("services.py", &[]);
    printed.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// The expected services. The pruner has checked each stream, and the stages have handled the five texts.
const SERVICES: [&str; 6] = ["alerter", "detector", "enricher", "fetcher", "gateway", "pruner"];

#[test]
fn every_service_is_found_and_says_how_far_it_is() {
    let broker = Broker::start();
    let mut running = broker.stages();
    running.push(broker.stage("pruner"));
    drop_into(&broker.folder, &five_texts());
    let deadline = now().plus(PATIENCE);
    let told = loop {
        let told = services(&broker);
        let is_done = |service: &&Value| service["handled"].as_u64() >= Some(5);
        if told.iter().filter(is_done).count() == SERVICES.len() {
            break told;
        }
        assert!(now() < deadline, "{told:#?}");
    };
    let names: Vec<&str> = told.iter().filter_map(|service| service["name"].as_str()).collect();
    assert_eq!(names, SERVICES.map(|service| format!("wirefold-{service}")));
    for (service, lag) in told.iter().zip([
        &["WF_OUTPUT/alerter", "WF_ALERTS/alerter"][..],
        &["WF_ENRICHED/detector"],
        &["WF_FETCHED/enricher"],
        &[],
        &["WF_OUTPUT/gateway"],
        &[],
    ]) {
        assert_eq!(service["version"], env!("CARGO_PKG_VERSION"), "{service}");
        assert_eq!((&service["ready"], &service["dead_letters"]), (&true.into(), &0.into()));
        let read = service["lag"].as_object().expect("a table").keys();
        assert_eq!(read.collect::<Vec<_>>(), lag, "{service}");
    }
    let asked = |service: &Value| service["requests"]["health"].as_u64() >= Some(1);
    assert!(services(&broker).iter().all(asked), "it was asked before, and counted that");
    for stage in running {
        assert_eq!(stage.terminate(), Some(0));
    }
    let nobody = broker.python("services.py", &["--wait", "0.2"]).stdout(Stdio::null()).status();
    assert_eq!(nobody.expect("python3 runs").code(), Some(1), "an ended service does not answer");
}

#[test]
fn any_program_can_compare_two_texts() {
    let broker = Broker::start();
    let _gateway = broker.stage("gateway");
    let passage = "The pilots of the outer harbour will bring in no ship longer than two hundred \
        metres while the eastern mole is being rebuilt, the port office said on Monday; smaller \
        ones wait at the roadstead for daylight and for a tug of their own.";
    broker.folder.write("one.txt", passage.as_bytes());
    broker.folder.write("two.txt", format!("Ships must wait. {passage}").as_bytes());
    let compared = broker.example("compare.py", &["one.txt", "two.txt"]);
    assert!(compared.contains("relation: same_story"), "{compared}");
    assert!(compared.contains("words: The pilots of the outer harbour"), "{compared}");

    let much = "word ".repeat(150_000);
    broker.folder.write("much.txt", much.as_bytes());
    let refused = broker.python("compare.py", &["one.txt", "much.txt"]).output();
    let refused = refused.expect("python3 runs");
    assert_eq!(refused.status.code(), Some(1), "{}", both_outputs(&refused));
    assert!(
        both_outputs(&refused).contains("refused with 413: `b.text` is over"),
        "{}",
        both_outputs(&refused)
    );
}
