//! Other programs find and call a service by the micro protocol of NATS, on the shipped server, as the user
//! for foreign programs.

use std::sync::Arc;

use async_nats::{Client, Message};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};
use wirefold_flow::BoxFuture;
use wirefold_flow_nats::{Endpoint, NatsBus, RequestHandler, Service, ServiceRefusal};
use wirefold_proto::rights::{self, COMPARE};

use crate::roles::client;
use crate::server::Server;
use crate::waiting::within_reason;

/// Returns the request; `no` is refused, `much` grows, `wait` waits for a permit.
#[derive(Default)]
struct Echo {
    permits: Option<Arc<Semaphore>>,
}

impl RequestHandler for Echo {
    fn answer(&self, asked: Bytes) -> BoxFuture<'_, Result<Bytes, ServiceRefusal>> {
        Box::pin(async move {
            match &asked[..] {
                b"no" => {
                    let body = Bytes::from_static(br#"{"status":422}"#);
                    Err(ServiceRefusal { code: 422, why: "it makes\nno sense".to_owned(), body })
                }
                b"much" => Ok(vec![b'x'; 3 << 20].into()),
                b"wait" => {
                    if let Some(permits) = &self.permits {
                        permits.acquire().await.unwrap().forget();
                    }
                    Ok("waited".into())
                }
                _ => Ok(asked),
            }
        })
    }

    fn data(&self) -> BoxFuture<'_, Option<Value>> {
        Box::pin(async { Some(json!({ "handled": 7 })) })
    }
}

const GATEWAY: rights::Service = rights::Service::Gateway;

fn gateway(permits: Option<Arc<Semaphore>>) -> Service {
    let echo = |waits_for| Arc::new(Echo { permits: waits_for });
    Service {
        name: GATEWAY.name(),
        version: "0.1.0".to_owned(),
        about: "Serves feeds, API and page.".to_owned(),
        endpoints: vec![
            Endpoint { name: "health", subject: GATEWAY.health_subject(), handler: echo(None) },
            Endpoint { name: "compare", subject: COMPARE.to_owned(), handler: echo(permits) },
        ],
    }
}

/// A service that runs until it is stopped or the test ends.
struct Running {
    /// Stored, because the last message may still be on its way.
    _bus: NatsBus,
    stop: Arc<Notify>,
    ended: tokio::task::JoinHandle<()>,
}

async fn start(server: &Server, service: Service) -> Running {
    let bus = server.bus_of("gateway").await;
    let stop = Arc::new(Notify::new());
    let stopped = stop.clone();
    let _bus = bus.clone();
    let ended = tokio::spawn(async move {
        bus.serve(service, stopped.notified()).await.unwrap();
    });
    Running { _bus, stop, ended }
}

/// Sends a request, again while there is no responder yet.
async fn ask(client: &Client, subject: &str, body: &'static str) -> Message {
    within_reason(async {
        loop {
            if let Ok(answer) = client.request(subject.to_owned(), body.into()).await {
                return answer;
            }
        }
    })
    .await
}

async fn told(client: &Client, subject: &str) -> Value {
    serde_json::from_slice(&ask(client, subject, "").await.payload).unwrap()
}

fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    Some(message.headers.as_ref()?.get(name)?.as_str())
}

#[tokio::test]
async fn it_is_found_by_all_by_name_and_by_id() {
    let server = Server::shipped(&crate::rights::users());
    let _running = start(&server, gateway(None)).await;
    let reader = client(&server, "reader").await;
    let ping = told(&reader, "$SRV.PING").await;
    let id = ping["id"].as_str().unwrap();
    let expected = json!({
        "type": "io.nats.micro.v1.ping_response", "name": "wirefold-gateway", "id": id,
        "version": "0.1.0", "metadata": {},
    });
    assert_eq!(ping, expected);
    assert_eq!(told(&reader, "$SRV.PING.wirefold-gateway").await, expected);
    assert_eq!(told(&reader, &format!("$SRV.PING.wirefold-gateway.{id}")).await, expected);

    let endpoint = |name: &str, subject: &str| json!({ "name": name, "subject": subject, "queue_group": "q", "metadata": {} });
    let described = json!({
        "type": "io.nats.micro.v1.info_response", "name": "wirefold-gateway", "id": id,
        "version": "0.1.0", "metadata": {}, "description": "Serves feeds, API and page.",
        "endpoints": [
            endpoint("health", "wirefold.v1.health.gateway"),
            endpoint("compare", "wirefold.v1.compare"),
        ],
    });
    assert_eq!(told(&reader, "$SRV.INFO.wirefold-gateway").await, described);
}

#[tokio::test]
async fn requests_are_answered_refused_and_counted() {
    let server = Server::shipped(&crate::rights::users());
    let _running = start(&server, gateway(None)).await;
    let reader = client(&server, "reader").await;
    let answer = ask(&reader, COMPARE, "two texts").await;
    assert_eq!(
        (&answer.payload[..], header(&answer, "Nats-Service-Error")),
        (&b"two texts"[..], None)
    );
    let denied = ask(&reader, COMPARE, "no").await;
    assert_eq!(denied.payload, r#"{"status":422}"#);
    assert_eq!(header(&denied, "Nats-Service-Error-Code"), Some("422"));
    assert_eq!(header(&denied, "Nats-Service-Error"), Some("it makes no sense"));
    let much = ask(&reader, COMPARE, "much").await;
    assert_eq!(header(&much, "Nats-Service-Error-Code"), Some("413"));

    let stats = told(&reader, "$SRV.STATS.wirefold-gateway").await;
    assert_eq!(stats["type"], "io.nats.micro.v1.stats_response");
    assert!(stats["started"].as_str().unwrap().ends_with('Z'), "{stats}");
    let (health, compare) = (&stats["endpoints"][0], &stats["endpoints"][1]);
    assert_eq!((&health["num_requests"], &health["last_error"]), (&json!(0), &json!("")));
    assert_eq!(health["data"], json!({ "handled": 7 }));
    assert_eq!(stats["metadata"], json!({}));
    assert_eq!((&compare["num_requests"], &compare["num_errors"]), (&json!(3), &json!(2)));
    assert!(compare["last_error"].as_str().unwrap().starts_with("413:the answer is over"));
    let (all, average) = (&compare["processing_time"], &compare["average_processing_time"]);
    let (all, average) = (all.as_u64().unwrap(), average.as_u64().unwrap());
    assert!(average > 0 && average == all / 3, "{stats}");
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused_and_accepted_ones_finish() {
    let server = Server::shipped(&crate::rights::users());
    let permits = Arc::new(Semaphore::new(0));
    let running = start(&server, gateway(Some(permits.clone()))).await;
    let reader = client(&server, "reader").await;
    ask(&reader, COMPARE, "is it there").await;
    let mut waiting: futures_util::stream::FuturesUnordered<_> =
        (0..17).map(|_| reader.request(COMPARE, "wait".into())).collect();
    let first = within_reason(waiting.next()).await.unwrap().unwrap();
    assert_eq!(header(&first, "Nats-Service-Error-Code"), Some("503"));
    // Health requests need not wait for those.
    assert_eq!(told(&reader, "$SRV.PING").await["name"], "wirefold-gateway");
    running.stop.notify_one();
    permits.add_permits(16);
    while let Some(answer) = within_reason(waiting.next()).await {
        assert_eq!(answer.unwrap().payload, "waited");
    }
    within_reason(running.ended).await.unwrap();
    let gone = reader.request(COMPARE, "is it there".into()).await;
    assert!(gone.is_err(), "it listens after its end: {gone:?}");
}

#[tokio::test]
async fn instances_share_requests_and_each_reports_its_state() {
    let server = Server::shipped(&crate::rights::users());
    let _one = start(&server, gateway(None)).await;
    let _other = start(&server, gateway(None)).await;
    let reader = client(&server, "reader").await;
    let inbox = reader.new_inbox();
    let mut answers = reader.subscribe(inbox.clone()).await.unwrap();
    let ids = async {
        let mut ids = std::collections::BTreeSet::new();
        while ids.len() < 2 {
            reader.publish_with_reply("$SRV.PING", inbox.clone(), "".into()).await.unwrap();
            let answer = answers.next().await.unwrap();
            let ping: Option<Value> = serde_json::from_slice(&answer.payload).ok();
            ids.extend(ping.and_then(|ping| Some(ping["id"].as_str()?.to_owned())));
        }
        ids
    };
    let ids = within_reason(ids).await;
    for _ in 0..20 {
        ask(&reader, COMPARE, "whoever").await;
    }
    let mut answered = 0;
    for id in ids {
        let stats = told(&reader, &format!("$SRV.STATS.wirefold-gateway.{id}")).await;
        answered += stats["endpoints"][1]["num_requests"].as_u64().unwrap();
    }
    assert_eq!(answered, 20, "each by one of them");
}
