//! Three servers with TLS that store each stream three times: one may be away at any moment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wirefold_flow::{Bus, StreamConfig, SystemClock};
use wirefold_flow_nats::{NatsBus, Options, connect};

use crate::outages::{nothing_is_lost_or_repeated, streams};
use crate::server::{Server, port};
use crate::waiting::within_reason;

const COUNT: usize = 3;

struct Cluster {
    servers: Vec<Server>,
}

impl Cluster {
    fn start() -> Self {
        let ports: Vec<u16> = (0..COUNT).map(|_| port::free()).collect();
        let routes: Vec<String> = ports.iter().map(|it| format!("nats://127.0.0.1:{it}")).collect();
        let configure = |(number, port): (usize, &u16)| {
            format!(
                "server_name: s{number}\n\
                 tls {{ cert_file: {:?}, key_file: {:?} }}\n\
                 cluster {{ name: test, listen: \"127.0.0.1:{port}\", routes: {routes:?} }}\n",
                certificate("server.pem"),
                certificate("server.key"),
            )
        };
        let servers = ports.iter().enumerate().map(configure).map(|more| Server::prepared(&more));
        let mut servers: Vec<Server> = servers.collect();
        servers.iter_mut().for_each(Server::restart);
        Self { servers }
    }

    fn options(&self) -> Options {
        let urls: Vec<String> =
            self.servers.iter().map(|server| server.url().replace("nats://", "tls://")).collect();
        Options {
            root_certificates: Some(certificate("authority.pem")),
            replicas: Some(3),
            ..Options::new(urls.join(","), "test")
        }
    }

    /// A bus on the cluster, once the servers have found each other and elected a leader.
    async fn bus(&self) -> NatsBus {
        let bus = connect(&self.options(), Arc::new(SystemClock)).await.unwrap();
        within_reason(async {
            loop {
                match bus.create_stream(StreamConfig::new("FIRST", &["first"])).await {
                    Ok(()) => return,
                    Err(error) => assert!(error.may_pass(), "{error}"),
                }
            }
        })
        .await;
        bus
    }
}

/// A file of the tests' certificates.
fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tls").join(name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_after_the_other_dies_and_nothing_is_lost_or_repeated() {
    let mut cluster = Cluster::start();
    let bus: Arc<dyn Bus> = Arc::new(cluster.bus().await);
    streams(&*bus).await;
    nothing_is_lost_or_repeated(bus, |time| {
        let server = &mut cluster.servers[(time as usize / 2) % COUNT];
        match time % 2 {
            0 => server.kill(),
            _ => server.restart(),
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_without_a_trusted_certificate_is_refused() {
    let cluster = Cluster::start();
    let options =
        Options { root_certificates: Some(certificate("stranger.pem")), ..cluster.options() };
    let refused = within_reason(connect(&options, Arc::new(SystemClock))).await;
    let told = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(told.contains("certificate"), "{told:?}");
}
