//! `wirefold check --nats`: every user of the shipped server may do what its role needs; mistakes are
//! explained.

use wirefold_proto::streams::Role;

use super::broker::{Broker, both_outputs};

/// The place of the rights in the messages.
const CONF: &str = "deploy/nats.conf, line ";

#[test]
fn each_user_of_the_shipped_server_is_right() {
    let broker = Broker::start();
    for user in Role::ALL.map(Role::as_str) {
        let checked = broker.run(user, &["check", "--nats", &broker.url, "--role", user]);
        let found = both_outputs(&checked);
        assert_eq!(checked.status.code(), Some(0), "{found}");
        assert!(found.contains(&format!("{user} may do nothing else: ")), "{found}");
        assert!(!found.contains(['✗', '!']), "{found}");
        let reads =
            ["WF_OUTPUT/reader", "WF_ALERTS/reader"].map(|it| format!("the consumer {it} exists"));
        let is_told = reads.iter().all(|reader| found.contains(reader));
        assert_eq!(is_told, user == "reader", "{found}");
    }
}

#[test]
fn wrong_rights_are_explained() {
    let mut broker = Broker::prepare();
    let path = broker.folder.path().join("nats.conf");
    let shipped = std::fs::read_to_string(&path).expect("it stands");
    let right = "              \"wirefold.v1.output.epoch\"\n";
    let others = "              \"wirefold.v1.article.enriched\"\n";
    assert!(shipped.matches(right).count() == 1 && shipped.matches(others).count() == 1);
    let line =
        1 + shipped.lines().position(|line| line.trim() == right.trim()).expect("it is there");
    let wrong = shipped.replace(right, others);
    std::fs::write(&path, wrong).expect("it takes files");
    broker.run_server();
    broker.set_up();
    let checked = broker.run("detector", &["check", "--nats", &broker.url]);
    let found = both_outputs(&checked);
    assert_eq!(checked.status.code(), Some(2), "{found}");
    let missing = format!(
        "✗ detector writes WF_OUTPUT: user detector may not publish to \
         wirefold.v1.output.epoch: see {CONF}{line}\n"
    );
    assert!(found.contains(&missing), "no {missing:?} in\n{found}");
    let too_much = "✗ user detector must not be allowed to publish to wirefold.v1.article.enriched: \
        correct its rights as in deploy/nats.conf, line ";
    assert!(found.contains(too_much), "{found}");
    assert_eq!(found.matches('✗').count(), 2, "{found}");
}

#[test]
fn another_role_and_missing_streams_are_reported() {
    let mut broker = Broker::prepare();
    broker.run_server();
    let url = broker.url.clone();
    let other = broker.run("reader", &["check", "--nats", &url, "--role", "enricher"]);
    let found = both_outputs(&other);
    assert_eq!(other.status.code(), Some(2), "{found}");
    assert!(found.contains("✗ enricher writes WF_ENRICHED: user reader may not"), "{found}");
    let before = broker.run("reader", &["check", "--nats", &url]);
    let remedy = "no consumer WF_OUTPUT/reader: run `wirefold setup --nats URL` as user setup";
    assert!(both_outputs(&before).contains(remedy), "{}", both_outputs(&before));
    broker.folder.write("passwords/reader", b"a wrong one");
    let locked_out = broker.run("reader", &["check", "--nats", &url]);
    assert_eq!(locked_out.status.code(), Some(4), "{}", both_outputs(&locked_out));
    assert!(
        both_outputs(&locked_out).contains("does not let user reader in"),
        "{}",
        both_outputs(&locked_out)
    );
}
