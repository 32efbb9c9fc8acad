//! A stage answers health requests while it waits for its server.

use super::broker::Broker;
use crate::port;

#[test]
fn a_stage_reports_that_it_waits_for_its_server_and_starts_with_it() {
    let mut broker = Broker::prepare();
    let stage = broker.begin("enricher", port::free());
    let why = format!("starting: no NATS server answers at {} yet", broker.url);
    let unready =
        stage.until("/readyz", |status, body| status == 503 && body["parts"]["bus"] != "starting");
    assert_eq!((&unready["ok"], &unready["parts"]["bus"]), (&false.into(), &why.as_str().into()));
    let alive = stage.until("/healthz", |status, _| status == 200);
    assert_eq!((&alive["ok"], &alive["parts"]["bus"]), (&true.into(), &why.as_str().into()));
    assert_eq!(stage.terminate(), Some(0), "it need not have met its server to end");

    broker.run_server();
    broker.set_up();
    let ready = broker.stage("enricher");
    let parts = &ready.until("/healthz", |status, _| status == 200)["parts"];
    assert_eq!(*parts, serde_json::json!({}), "nothing is starting any more");
}
