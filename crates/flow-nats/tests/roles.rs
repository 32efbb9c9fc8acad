//! Each role does all of its work as its own user on the shipped server.

use std::sync::Arc;

use wirefold_flow::{Bus as _, BusError, Outgoing, Published, SystemClock, write_object};
use wirefold_flow_nats::{Consumer, Login, NatsBus, Options, connect};
use wirefold_proto::rights::{COMPARE, READERS};
use wirefold_proto::streams::OUTPUT_DECISIONS;

use crate::rights::prepared;
use crate::server::Server;
use crate::waiting::within_reason;

const FETCHED: &str = "wirefold.v1.article.fetched.harbour";
const ENRICHED: &str = "wirefold.v1.article.enriched";
const OUTPUT: &str = "wirefold.v1.output.article.new.en";
const ALERT: &str = "wirefold.v1.alert.floods.e-1.1";

fn message(subject: &str, id: &str) -> Outgoing {
    Outgoing::new(subject, id, "{}")
}

/// The server with everything that `setup` makes.
async fn ready() -> (Server, NatsBus) {
    let (server, setup) = prepared().await;
    for (stream, name) in READERS {
        setup.create_or_update_consumer(&Consumer::new(stream, name)).await.unwrap();
    }
    (server, setup)
}

/// How many messages an ordered reader finds.
async fn count(bus: &NatsBus, stream: &str, filter: &str) -> usize {
    let mut reader = bus.read(stream, filter, 1).await.unwrap();
    within_reason(reader.ready(1000)).await.unwrap().len()
}

/// Reads one message of a durable consumer and acknowledges it.
async fn acknowledge_one(bus: &NatsBus, stream: &str, durable: &str) {
    let mut follower = bus.follow(Some(stream), ">", durable).await.unwrap();
    assert_eq!(within_reason(follower.next(1)).await.unwrap().len(), 1);
    follower.acknowledge().await.unwrap();
    // After this answer, the server has handled all earlier messages of this connection.
    let state = bus.stream_state(stream).await;
    assert!(matches!(state, Ok(_) | Err(BusError::NotAllowed { .. })), "{state:?}");
    follower.acknowledge().await.unwrap();
}

async fn fetch(bus: &NatsBus) {
    let table = bus.key_value("wf_feeds").unwrap();
    let revision = table.put("feed.harbour", "1".into()).await.unwrap();
    table.put_if("feed.harbour", "2".into(), revision).await.unwrap();
    assert!(table.get("feed.harbour").await.unwrap().is_some());
    assert_eq!(table.changes(&[], 0).await.unwrap().len(), 1);
    table.delete("feed.harbour").await.unwrap();
    let members = bus.key_value("wf_leases").unwrap();
    members.put("fetcher.one", "1".into()).await.unwrap();
    assert_eq!(members.changes(&["fetcher"], 0).await.unwrap().len(), 1);
    members.delete("fetcher.one").await.unwrap();
    for number in 0..40 {
        bus.publish(message(FETCHED, &format!("a-{number}"))).await.unwrap();
    }
    assert_eq!(count(bus, "WF_CONTROL", "wirefold.v1.control.feed.>").await, 1);
}

async fn enrich(bus: &NatsBus) {
    assert_eq!(count(bus, "WF_FETCHED", ">").await, 40);
    assert!(bus.last("WF_ENRICHED", ENRICHED).await.unwrap().is_none());
    let lease = bus.key_value("wf_leases").unwrap();
    lease.put("enricher", "1".into()).await.unwrap();
    let epoch = message("wirefold.v1.article.enriched.epoch", "epoch-1");
    let end = bus.publish_if_last(epoch, 0).await.unwrap().sequence();
    // A few singly, and then enough for a batch.
    let articles = |range: std::ops::Range<u64>| {
        range.map(|number| message(ENRICHED, &format!("1-{number}"))).collect()
    };
    let end = bus.append("WF_ENRICHED", end, articles(0..4)).await.unwrap();
    assert_eq!(bus.append("WF_ENRICHED", end, articles(4..40)).await.unwrap(), 41);
    bus.mark_read("WF_FETCHED", "enricher", 40).await.unwrap();
    bus.publish(message("wirefold.v1.dead.enricher", "d-1")).await.unwrap();
}

async fn judge(bus: &NatsBus) {
    assert_eq!(count(bus, "WF_ENRICHED", ENRICHED).await, 40);
    let beyond = bus.get("WF_ENRICHED", 70).await;
    assert!(matches!(beyond, Err(BusError::NotYet { .. })), "{beyond:?}");
    assert_eq!(count(bus, "WF_CONTROL", "wirefold.v1.control.story.>").await, 1);
    assert!(bus.last("WF_OUTPUT", OUTPUT_DECISIONS).await.unwrap().is_none());
    let epoch = message("wirefold.v1.output.epoch", "epoch-1");
    assert_eq!(bus.publish_if_last(epoch, 0).await.unwrap(), Published::New(1));
    assert_eq!(bus.append("WF_OUTPUT", 1, vec![message(OUTPUT, "1-2")]).await.unwrap(), 2);
    let snapshots = bus.objects("wf_snapshots").unwrap();
    for bytes in ["old", "new"] {
        write_object(&*snapshots, "detector-1", bytes.into()).await.unwrap();
    }
    assert_eq!(snapshots.names().await.unwrap(), ["detector-1"]);
    let mut reader = snapshots.read("detector-1").await.unwrap().unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap(), "new");
    assert!(reader.next().await.unwrap().is_none());
    snapshots.delete("detector-1").await.unwrap();
    bus.mark_read("WF_ENRICHED", "detector", 41).await.unwrap();
    bus.mark_read("WF_CONTROL", "detector", 2).await.unwrap();
    bus.publish(message("wirefold.v1.dead.detector", "d-2")).await.unwrap();
}

async fn alert(bus: &NatsBus) {
    assert_eq!(count(bus, "WF_OUTPUT", ">").await, 2);
    assert_eq!(count(bus, "WF_CONTROL", ">").await, 2);
    bus.get("WF_ENRICHED", 1).await.unwrap();
    // The subject by which it watches the health of all stages.
    for stream in ["WF_FETCHED", "WF_ENRICHED", "WF_OUTPUT", "WF_ALERTS", "WF_CONTROL", "WF_DEAD"] {
        bus.stream_state(stream).await.unwrap();
        bus.last(stream, ">").await.unwrap();
    }
    assert_eq!(
        bus.objects("wf_snapshots").unwrap().names().await.unwrap(),
        <[String; 0]>::default()
    );
    bus.mark_read("WF_OUTPUT", "alerter", 1).await.unwrap();
    assert_eq!(bus.publish_if_last(message(ALERT, "al-1"), 0).await.unwrap(), Published::New(1));
    assert!(bus.last("WF_ALERTS", ALERT).await.unwrap().is_some());
    assert_eq!(count(bus, "WF_ALERTS", ">").await, 1);
    let feeds = bus.key_value("wf_feeds").unwrap();
    assert_eq!(feeds.changes(&[], 0).await.unwrap().len(), 1);
    for table in ["wf_subscriptions", "wf_deliveries"] {
        let table = bus.key_value(table).unwrap();
        table.put("subscription.floods", "{}".into()).await.unwrap();
        assert_eq!(table.changes(&[], 0).await.unwrap().len(), 1);
    }
    bus.mark_read("WF_ALERTS", "alerter", 1).await.unwrap();
    bus.publish(message("wirefold.v1.dead.alerter", "d-3")).await.unwrap();
}

async fn serve(bus: &NatsBus) {
    for (stream, messages) in [("WF_OUTPUT", 2), ("WF_ALERTS", 1)] {
        assert_eq!(bus.stream_state(stream).await.unwrap().messages, messages);
        assert_eq!(count(bus, stream, ">").await as u64, messages);
        bus.mark_read(stream, "gateway", 1).await.unwrap();
    }
    assert_eq!(bus.stream_state("WF_DEAD").await.unwrap().messages, 3);
    bus.get("WF_DEAD", 1).await.unwrap();
    bus.get("WF_ENRICHED", 1).await.unwrap();
    assert!(bus.last("WF_CONTROL", "wirefold.v1.control.feed.>").await.unwrap().is_some());
    for table in ["wf_feeds", "wf_subscriptions", "wf_deliveries"] {
        assert_eq!(bus.key_value(table).unwrap().changes(&[], 0).await.unwrap().len(), 1);
    }
    let stories = bus.key_value("wf_stories").unwrap();
    stories.put("s-1", "{}".into()).await.unwrap();
    bus.publish(message("wirefold.v1.article.fetched.push", "a-pushed")).await.unwrap();
}

async fn read_from_outside(bus: &NatsBus) {
    for (stream, _) in READERS.iter().filter(|(_, name)| *name == "reader") {
        acknowledge_one(bus, stream, "reader").await;
    }
    assert!(bus.key_value("wf_stories").unwrap().get("s-1").await.unwrap().is_some());
    // It has only the consumers that were made for it, and nothing from before the output.
    let own = bus.follow(Some("WF_OUTPUT"), ">", "mine").await.err();
    assert!(matches!(own, Some(BusError::NotAllowed { .. })), "{own:?}");
    let text = bus.get("WF_ENRICHED", 1).await;
    assert!(matches!(text, Err(BusError::NotAllowed { .. })), "{text:?}");
}

#[tokio::test]
async fn the_roles_together_carry_an_article_through() {
    let (server, setup) = ready().await;
    let gateway = server.bus_of("gateway").await;
    for verb in ["story.split", "feed.add"] {
        let command = message(&format!("wirefold.v1.control.{verb}"), verb);
        gateway.publish(command).await.unwrap();
    }
    fetch(&server.bus_of("fetcher").await).await;
    enrich(&server.bus_of("enricher").await).await;
    judge(&server.bus_of("detector").await).await;
    alert(&server.bus_of("alerter").await).await;
    serve(&gateway).await;
    read_from_outside(&server.bus_of("reader").await).await;
    // The enricher has read everything, so older messages may be deleted.
    let pruned = setup.prune_below("WF_FETCHED", 0.0).await.unwrap();
    assert_eq!(pruned.dropped, 40, "{pruned:?}");
}

/// A client of a foreign program, with the inboxes of its user.
pub(crate) async fn client(server: &Server, user: &str) -> async_nats::Client {
    let options = async_nats::ConnectOptions::with_user_and_password(
        user.to_owned(),
        format!("{user}-password"),
    );
    options.custom_inbox_prefix(format!("_INBOX_{user}")).connect(server.url()).await.unwrap()
}

#[tokio::test]
async fn an_outsider_asks_a_service_and_is_answered() {
    use futures_util::StreamExt as _;
    let (server, _) = ready().await;
    let (gateway, reader) = (client(&server, "gateway").await, client(&server, "reader").await);
    for subject in [COMPARE, "$SRV.PING"] {
        let mut asked = gateway.subscribe(subject).await.unwrap();
        let handler = async {
            let request = asked.next().await.unwrap();
            gateway.publish(request.reply.unwrap(), "yes".into()).await.unwrap();
        };
        // The subscription begins once the server has received it.
        let asking = async {
            loop {
                if let Ok(answer) = reader.request(subject, "?".into()).await {
                    return answer;
                }
            }
        };
        let ((), answer) = within_reason(async { tokio::join!(handler, asking) }).await;
        assert_eq!(answer.payload, "yes");
    }
}

#[tokio::test]
async fn another_roles_inboxes_are_closed() {
    let (server, _) = ready().await;
    let login = Some(Login { user: "reader".into(), password: "reader-password".into() });
    // It uses another client's inbox name, so that it would get that one's answers.
    let options = Options { login, ..Options::new(server.url(), "detector") };
    let bus = connect(&options, Arc::new(SystemClock)).await.unwrap();
    let answer = within_reason(bus.stream_state("WF_OUTPUT")).await;
    assert!(matches!(answer, Err(BusError::NotAllowed { .. })), "{answer:?}");
}
