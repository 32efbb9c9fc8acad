//! A gateway with a bus, a clock and files.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use wirefold_envelope::{Limits, Sender, create_streams, unix_millis};
use wirefold_flow::sim::{SimBus, SimDisk, VirtualClock};
use wirefold_flow::{BoxFuture, Bus, Clock, Outgoing, StageContext};
use wirefold_proto::{
    ArticleFetched, DeadLetter, Message, OutputArticle, OutputForgotten, Published, QueryReading,
    Rehearsal, SubscriptionSettings, encode,
};

use super::{described, samples};
use crate::shapes::{DeliveryAddition, ProbeRequest, Resent};
use crate::tokens::{Gate, TokenFile, TrustedProxy};
use crate::{
    Access, ConfiguredDelivery, Deliveries, Gateway, GatewayError, Probe, Rehearse, Replay,
    Settings,
};

pub(super) const SENDER: Sender = Sender { source: "/wirefold/test" };
/// Longer than anything takes that does not hang.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// How long a gateway that keeps events does so.
const KEEP: Option<Duration> = Some(Duration::from_hours(365 * 24));

pub(super) struct World {
    pub(super) folder: TempDir,
    pub(super) clock: VirtualClock,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) gateway: Gateway,
    running: Option<(CancellationToken, JoinHandle<Result<(), GatewayError>>)>,
}

/// Does nothing, and reports that.
struct Seams;

impl Rehearse for Seams {
    fn rehearse(
        &self,
        subscription: SubscriptionSettings,
        back: Duration,
    ) -> BoxFuture<'_, Result<Rehearsal, String>> {
        let hours = back.as_secs() / 3_600;
        Box::pin(async move {
            Ok(match subscription.id.as_str() {
                "preview" => previewed(),
                _ => Rehearsal { articles: hours, ..Rehearsal::default() },
            })
        })
    }

    fn read_article(
        &self,
        _subscription: &SubscriptionSettings,
        _article: OutputArticle,
        _text: Option<&ArticleFetched>,
    ) -> Result<QueryReading, String> {
        Ok(QueryReading { matches: true, ..QueryReading::default() })
    }

    fn check(&self, subscription: &SubscriptionSettings) -> Result<(), String> {
        let pager = subscription.deliveries.iter().find(|name| *name == "pager");
        pager.map_or(Ok(()), |name| Err(format!("no delivery is called {name:?}")))
    }
}

/// An alerter's report of what a subscription would have sent.
fn previewed() -> Rehearsal {
    let target = "e-00000000000000000000000001";
    let report = serde_json::json!({
        "articles": 900, "matching": 41, "events": 3, "alerts": 2, "loud": 1, "held": 1, "copies_folded": 38,
        "at_night": 1, "messages": [{"at": "2026-03-01T06:00:00Z", "at_night": true, "target": target,
            "title": "Storm <script>",
            "lines": ["A storm hit <b>Pell</b>."]}],
        "unready": 1, "unready_samples": [{"target": target, "title": "Tide", "why": "1 of 2 outlets"}],
    });
    serde_json::from_value(report).unwrap()
}

/// Two deliveries of the settings, and those that were added.
#[derive(Default)]
struct SampleDeliveries(Mutex<Vec<DeliveryAddition>>);

impl Deliveries for SampleDeliveries {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConfiguredDelivery>, String>> {
        let configured = |name: &str| ConfiguredDelivery {
            name: name.to_owned(),
            kind: "ntfy".to_owned(),
            added: None,
        };
        let added = self.0.lock().unwrap().clone().into_iter().map(|it| ConfiguredDelivery {
            name: it.name.clone(),
            kind: it.kind.clone(),
            added: Some(it.without_secrets()),
        });
        let all = ["desk", "phone"].map(configured).into_iter().chain(added).collect();
        Box::pin(async move { Ok(all) })
    }

    fn send_sample(&self, delivery: String) -> BoxFuture<'_, Result<Resent, String>> {
        let taken = delivery == "desk";
        let why = (!taken).then(|| "503 <busy>".to_owned());
        Box::pin(async move { Ok(Resent { delivery, taken, why }) })
    }

    fn put(&self, addition: DeliveryAddition) -> BoxFuture<'_, Result<(), String>> {
        let mut added = self.0.lock().unwrap();
        added.retain(|it| it.name != addition.name);
        let is_whole = addition.url.is_some();
        added.extend(is_whole.then_some(addition));
        Box::pin(async move { if is_whole { Ok(()) } else { Err("it needs `url`".to_owned()) } })
    }

    fn remove(&self, name: String) -> BoxFuture<'_, Result<(), String>> {
        self.0.lock().unwrap().retain(|it| it.name != name);
        Box::pin(async { Ok(()) })
    }
}

impl Replay for Seams {
    fn replay(&self, letter: DeadLetter, sequence: u64) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move { Ok(format!("{} {sequence}", letter.stage.as_str())) })
    }
}

impl Probe for Seams {
    fn probe(&self, asked: ProbeRequest) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async move { Err(format!("{}: not a feed", asked.url)) })
    }
}

fn settings(folder: &TempDir, demo: bool) -> Settings {
    let seams = Arc::new(Seams);
    Settings {
        demo,
        hosts: vec!["news.example".to_owned()],
        tables: true,
        rehearse: seams.clone(),
        deliveries: Arc::new(SampleDeliveries::default()),
        replay: seams.clone(),
        probe: seams,
        ..Settings::new(folder.path().to_owned(), "0.0.0")
    }
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The body as a shape, with its schema checked.
    pub(super) fn shape<M: Message>(&self) -> M {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        wirefold_proto::decode(&self.body).unwrap()
    }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::make(false).await
    }

    pub(super) async fn demo() -> Self {
        Self::make(true).await
    }

    /// A gateway that requires tokens, which are in its folder.
    pub(super) async fn with_tokens(proxy: Option<TrustedProxy>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gate = Gate::new(TokenFile::new(folder.path()), proxy);
        let settings = Settings { gate: Some(Arc::new(gate)), ..settings(&folder, false) };
        Self::over(folder, settings).await
    }

    /// A gateway that keeps the events that alerted for a year.
    pub(super) async fn keeping() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { keep: KEEP, ..settings(&folder, false) };
        Self::over(folder, settings).await
    }

    /// Another gateway over the same bus and clock, which does the same.
    pub(super) async fn another_keeping(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { keep: KEEP, ..settings(&folder, false) };
        Self::on(self.bus.clone(), self.clock.clone(), folder, settings).await
    }

    async fn make(demo: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder, demo);
        Self::over(folder, settings).await
    }

    async fn over(folder: TempDir, settings: Settings) -> Self {
        let clock = VirtualClock::default();
        let ahead = samples::begin().since(clock.now()) + Duration::from_hours(1);
        clock.advance(ahead);
        let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
        create_streams(&*bus, &Limits::default()).await.unwrap();
        Self::on(bus, clock, folder, settings).await
    }

    async fn on(
        bus: Arc<dyn Bus>,
        clock: VirtualClock,
        folder: TempDir,
        settings: Settings,
    ) -> Self {
        let context = StageContext::new(bus.clone(), Arc::new(clock.clone()));
        let gateway = Gateway::open(context, settings).await.unwrap();
        let mut world = Self { folder, clock, bus, gateway, running: None };
        world.start();
        world
    }

    fn start(&mut self) {
        let (stop, gateway) = (CancellationToken::new(), self.gateway.clone());
        let stopped = stop.clone();
        let task = tokio::spawn(async move { gateway.run(stopped).await });
        self.running = Some((stop, task));
    }

    /// Stops it.
    pub(super) async fn stop(&mut self) {
        let (stop, task) = self.running.take().unwrap();
        stop.cancel();
        tokio::time::timeout(DEADLINE, task).await.unwrap().unwrap().unwrap();
    }

    /// Opens it again over the same folder and bus, and starts it.
    pub(super) async fn start_again(&mut self) {
        let context = StageContext::new(self.bus.clone(), Arc::new(self.clock.clone()));
        let settings = settings(&self.folder, self.gateway.app.settings.demo);
        self.gateway = Gateway::open(context, settings).await.unwrap();
        self.start();
    }

    /// Publishes a message and returns its sequence.
    pub(super) async fn publish<M: Published>(&self, message: &M) -> u64 {
        let time = wirefold_envelope::timestamp(self.clock.now());
        let outgoing = SENDER.outgoing(message, time).unwrap();
        self.bus.publish(outgoing).await.unwrap().sequence()
    }

    /// Publishes the rest of a forgotten article.
    pub(super) async fn publish_forgotten(&self, message: &OutputForgotten) -> u64 {
        let (subject, id) =
            ("wirefold.v1.output.article.new.en".to_owned(), message.decision.to_string());
        let (headers, body) = (Default::default(), encode(message).unwrap().into());
        self.bus.publish(Outgoing { subject, id, headers, body }).await.unwrap().sequence()
    }

    /// Publishes articles of the output, each with its text in `WF_ENRICHED`, and waits until they
    /// are shown.
    pub(super) async fn publish_articles(&self, articles: &[OutputArticle]) {
        let mut last = 0;
        for article in articles {
            let mut article = article.clone();
            article.input.enriched = self.publish(&enriched(&article)).await;
            last = self.publish(&article).await;
        }
        self.until_shown(last).await;
    }

    /// Waits until the projection reaches this sequence.
    pub(super) async fn until_shown(&self, sequence: u64) {
        let mut place = self.gateway.app.projected_sequence.subscribe();
        let shown = place.wait_for(|place| *place >= sequence);
        tokio::time::timeout(DEADLINE, shown).await.unwrap().unwrap();
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Access::Network, request(Method::GET, path, Body::empty())).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        let mut request = request(Method::POST, path, Body::from(body.to_string()));
        let json = header::HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        self.send(Access::Network, request).await
    }

    pub(super) async fn send(&self, access: Access, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.gateway.router(access).oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = tokio::time::timeout(DEADLINE, to_bytes(body, usize::MAX)).await.unwrap();
        let answer =
            Answer { status: head.status, headers: head.headers, body: body.unwrap().to_vec() };
        described::check(&method, &path, &answer);
        answer
    }
}

pub(super) fn request(method: Method, path: &str, body: Body) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    request.header(header::HOST, "127.0.0.1:8787").body(body).unwrap()
}

/// The article as in `WF_ENRICHED`: its text is much longer than a lead.
pub(super) fn enriched(article: &OutputArticle) -> wirefold_proto::ArticleEnriched {
    let sentence =
        format!("This is what ferry {} did on its way to the island. ", article.input.enriched);
    wirefold_proto::ArticleEnriched {
        schema: wirefold_proto::Tag::new(),
        id: article.id,
        article: article.article.clone(),
        text: sentence.repeat(20),
        text_source: wirefold_proto::TextSource::Feed,
        made_title: None,
        findings: article.findings.clone(),
    }
}

/// A time of the invented world in the form of the contract.
pub(super) fn minute(number: u64) -> jiff::Timestamp {
    wirefold_envelope::timestamp(samples::begin().plus(Duration::from_mins(number)))
}

#[test]
fn times_fit_together() {
    assert_eq!(unix_millis(minute(0)), samples::begin());
}
