//! The suite over three servers that store each stream three times. A crash is a SIGKILL of all three, so
//! tests that crash have servers of their own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_nats::ConnectOptions;
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use wirefold_flow::conformance::Harness;
use wirefold_flow::{
    BoxFuture, Bus, BusError, Clock, StreamConfig, SystemClock, conformance_suite,
};
use wirefold_flow_nats::{Login, NatsBus, Options, connect};

use crate::chain::{all, each_epoch_stands_alone, numbered, take_over};
use crate::conformance::create_tables;
use crate::server::{Server, port};
use crate::waiting::{pass, pass_behind_all, within_reason};

const COUNT: usize = 3;
/// As over one server, but each answer comes once two servers have written it.
const SLACK: Duration = Duration::from_millis(500);
const DEADLINE: Duration = Duration::from_secs(4);
/// The servers write the positions of consumers ten times a second.
const PLACES_WRITTEN: Duration = Duration::from_secs(1);

/// Servers without a core for a long time elect another leader, and requests under way fail. So only few
/// tests that crash run at once.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// The servers that tests without a crash share, as long as one of them holds it.
static SHARED: Mutex<Weak<Vec<Server>>> = Mutex::const_new(Weak::new());
/// Each bus on shared servers has an account of its own, where it sees nothing of the others.
static ACCOUNT: AtomicUsize = AtomicUsize::new(0);
const ACCOUNTS: usize = 64;

/// Three servers of a cluster, each with additional configuration. They need not have found each other yet.
pub(crate) fn cluster(more: &str) -> Vec<Server> {
    let ports: Vec<u16> = (0..COUNT).map(|_| port::free()).collect();
    let routes: Vec<String> = ports.iter().map(|it| format!("nats://127.0.0.1:{it}")).collect();
    let configure = |(number, port): (usize, &u16)| {
        format!(
            "server_name: s{number}\n\
             cluster {{ name: test, listen: \"127.0.0.1:{port}\", routes: {routes:?} }}\n{more}\n"
        )
    };
    let servers = ports.iter().enumerate().map(configure).map(|text| Server::prepared(&text));
    let mut servers: Vec<Server> = servers.collect();
    servers.iter_mut().for_each(Server::restart);
    servers
}

pub(crate) fn options(servers: &[Server]) -> Options {
    let urls: Vec<String> = servers.iter().map(Server::url).collect();
    Options { replicas: Some(3), ..Options::new(urls.join(","), "test") }
}

/// A bus on the servers, once they have found each other and everything in its account has a leader.
pub(crate) async fn ready(options: &Options) -> NatsBus {
    let bus = connect(options, Arc::new(SystemClock)).await.unwrap();
    within_reason(async {
        while let Err(error) = bus.create_stream(StreamConfig::new("FIRST", &["first"])).await {
            assert!(error.may_pass(), "{error}");
        }
        let urls: Vec<&str> = options.url.split(',').collect();
        let login = options.login.clone();
        let user = login.map_or_else(ConnectOptions::new, |login| {
            ConnectOptions::with_user_and_password(login.user, login.password)
        });
        let client = user.connect(urls).await.unwrap();
        while !is_led(&client).await {
            pass(Duration::from_millis(20)).await;
        }
    })
    .await;
    bus
}

/// Whether each stream and each of its consumers has a leader. Without that, requests get no answer.
async fn is_led(client: &async_nats::Client) -> bool {
    let has_leader = |one: &Value| one["cluster"]["leader"].is_string();
    let all_led = |answer: &Value, what: &str| {
        let all = answer[what].as_array();
        !answer["missing"].is_array() && all.is_some_and(|all| all.iter().all(has_leader))
    };
    let streams = ask(client, "STREAM.LIST").await;
    if !all_led(&streams, "streams") {
        return false;
    }
    for stream in streams["streams"].as_array().into_iter().flatten() {
        let name = stream["config"]["name"].as_str().unwrap_or_default();
        if !all_led(&ask(client, &format!("CONSUMER.LIST.{name}")).await, "consumers") {
            return false;
        }
    }
    true
}

/// JetStream's answer; `None` if it does not come soon.
async fn ask(client: &async_nats::Client, what: &str) -> Value {
    let asked = client.request(format!("$JS.API.{what}"), "".into());
    let answer = tokio::time::timeout(Duration::from_secs(1), asked).await;
    let body = answer.ok().and_then(Result::ok).map(|answer| answer.payload).unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_default()
}

/// A bus on servers that the test may not crash.
struct Replicated {
    bus: Arc<NatsBus>,
    _servers: Arc<Vec<Server>>,
}

async fn replicated() -> Replicated {
    let mut shared = SHARED.lock().await;
    let servers = shared.upgrade().unwrap_or_else(|| {
        let account = |number| {
            let user = format!("{{ user: u{number}, password: \"pw\" }}");
            format!("A{number}: {{ jetstream: enabled, users: [{user}] }}\n")
        };
        let accounts: String = (0..ACCOUNTS).map(account).collect();
        Arc::new(cluster(&format!("accounts {{ {accounts} }}")))
    });
    *shared = Arc::downgrade(&servers);
    drop(shared);
    let user = format!("u{}", ACCOUNT.fetch_add(1, Ordering::Relaxed));
    let login = Some(Login { user, password: "pw".into() });
    let bus = ready(&Options { login, ..options(&servers) }).await;
    create_tables(&bus).await;
    Replicated { bus: Arc::new(bus), _servers: servers }
}

impl Harness for Replicated {
    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn crash_and_reopen(&mut self) -> BoxFuture<'_, ()> {
        unreachable!("a promise that crashes stands among those that do not")
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn advance(&self, by: Duration) -> BoxFuture<'_, ()> {
        Box::pin(pass_behind_all(&self.bus, by + SLACK))
    }
}

/// A bus on servers of its own.
struct Crashing {
    servers: Vec<Server>,
    bus: Arc<NatsBus>,
    _turn: SemaphorePermit<'static>,
}

async fn crashing() -> Crashing {
    let turn = AT_ONCE.acquire().await.unwrap();
    let servers = cluster("");
    let bus = Arc::new(ready(&options(&servers)).await);
    create_tables(&bus).await;
    Crashing { servers, bus, _turn: turn }
}

impl Harness for Crashing {
    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn crash_and_reopen(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            pass(PLACES_WRITTEN).await;
            self.servers.iter_mut().for_each(Server::kill);
            self.servers.iter_mut().for_each(Server::restart);
            self.bus = Arc::new(ready(&options(&self.servers)).await);
        })
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn advance(&self, by: Duration) -> BoxFuture<'_, ()> {
        Box::pin(pass_behind_all(&self.bus, by + SLACK))
    }
}

conformance_suite!(replicated, crashing);

/// Single messages and batches in turn, as many as a writer that lags appends. A writer that was replaced
/// stores nothing.
#[tokio::test]
async fn a_long_chain_gets_in_whole_and_a_zombie_gets_nothing_in() {
    let replicated = replicated().await;
    let bus = replicated.bus();
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    let mut zombie = take_over(&*bus, 1).await.unwrap();
    let mut next = 0;
    for count in [1, 100, 3, 31, 1, 600, 2] {
        let last = within_reason(zombie.append(numbered(1, next, count))).await.unwrap();
        next += count;
        assert_eq!(last, next as u64 + 1);
    }
    let mut heir = take_over(&*bus, 2).await.unwrap();
    heir.append(numbered(2, 0, 20)).await.unwrap();
    for count in [1, 10, 100] {
        let refused = zombie.append(numbered(1, next, count)).await;
        assert!(matches!(refused, Err(BusError::Fenced(_))), "{refused:?}");
    }
    heir.append(numbered(2, 20, 100)).await.unwrap();
    let stands = all(&*bus).await;
    assert_eq!(stands.len(), 1 + next + 1 + 120);
    each_epoch_stands_alone(&stands);
}
