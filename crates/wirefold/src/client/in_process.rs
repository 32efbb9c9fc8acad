//! The API in this process, over a data folder that no other process uses.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use wirefold_envelope::{Limits, create_streams};
use wirefold_flow::{BoxFuture, Clock, StageContext, SystemClock};
use wirefold_flow_sqlite::OpenError;
use wirefold_gateway::shapes::{ProbeRequest, Status};
use wirefold_gateway::{Access, Gateway, Probe, Replay, Settings};
use wirefold_proto::{DeadLetter, TextPolicy};

use super::{ClientError, Instance};
use crate::config::{Overrides, load_here};
use crate::up::seams::{ProbeService, RehearsalService};

/// The pause between two checks of the projection's progress.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How long the projection may take to catch up with the data folder.
const CATCH_UP_TIMEOUT: Duration = Duration::from_mins(10);

/// Opens the data folder and serves the API to this process only.
pub(super) async fn open(
    folder: &Path,
    socket: &Path,
    instance: &Instance,
    method: wirefold_dedup::Settings,
) -> Result<Router, ClientError> {
    let is_new = !folder.join(wirefold_flow_sqlite::FILE).exists();
    let clock = Arc::new(SystemClock);
    let bus = wirefold_flow_sqlite::open(folder, clock.clone()).map_err(|error| match error {
        OpenError::InUse { .. } => {
            ClientError::InUse { folder: folder.to_owned(), socket: socket.to_owned() }
        }
        other => ClientError::Unopened(other.to_string()),
    })?;
    let failed = |why: String| ClientError::Unopened(format!("{}: {why}", folder.display()));
    if is_new {
        // If `up` has run on this folder, its streams already have the configured limits.
        let created = create_streams(bus.as_ref(), &Limits::default()).await;
        created.map_err(|error| failed(error.to_string()))?;
    }
    let context = StageContext::new(bus, clock.clone());
    let settings = settings(folder, instance, method, &context);
    let gateway = Gateway::open(context, settings).await;
    let gateway = Arc::new(gateway.map_err(|error| failed(error.to_string()))?);
    let router = gateway.router(Access::Socket);
    let follows = gateway.clone();
    // The task ends with this process. The projection can be rebuilt at any time.
    tokio::spawn(async move { follows.run(CancellationToken::new()).await });
    catch_up(&router, clock.as_ref()).await.map_err(failed)?;
    Ok(router)
}

/// Waits until the answers include everything that is stored.
async fn catch_up(router: &Router, clock: &dyn Clock) -> Result<(), String> {
    let given_up = clock.now().plus(CATCH_UP_TIMEOUT);
    while clock.now() < given_up {
        let request = Request::builder().uri("/api/v1/status").header("host", "localhost");
        let request = request.body(Body::empty()).map_err(|error| error.to_string())?;
        let answer = match router.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
        let bytes = bytes.map_err(|error| error.to_string())?;
        let status: Status = serde_json::from_slice(&bytes)
            .map_err(|_| String::from_utf8_lossy(&bytes).into_owned())?;
        if status.lag == 0 {
            return Ok(());
        }
        clock.sleep_until(clock.now().plus(POLL_INTERVAL)).await;
    }
    Err("the projection does not catch up: start `wirefold up`".to_owned())
}

fn settings(
    folder: &Path,
    instance: &Instance,
    method: wirefold_dedup::Settings,
    context: &StageContext,
) -> Settings {
    // The caller that opened the folder has read the same settings and reported their mistakes.
    let lists = load_here(instance, Overrides::default()).map(|loaded| loaded.lists);
    let rehearsing = RehearsalService {
        context: context.clone(),
        deliveries: None,
        lists: lists.unwrap_or_default(),
    };
    Settings {
        folder: folder.to_owned(),
        demo: false,
        release: env!("CARGO_PKG_VERSION").to_owned(),
        hosts: Vec::new(),
        method,
        text_policy: TextPolicy::Full,
        base_url: "http://localhost".to_owned(),
        tables: false,
        gate: None,
        rehearse: Arc::new(rehearsing),
        replay: Arc::new(NoPipeline),
        probe: Arc::new(FeedProbe { instance: instance.clone(), probing: OnceLock::new() }),
        condition: Arc::new(()),
    }
}

/// Probes addresses with the address checks of the settings, which it reads at the first probe.
struct FeedProbe {
    instance: Instance,
    probing: OnceLock<Result<ProbeService, String>>,
}

impl Probe for FeedProbe {
    fn probe(&self, asked: ProbeRequest) -> BoxFuture<'_, Result<serde_json::Value, String>> {
        let probing = self.probing.get_or_init(|| {
            let loaded = load_here(&self.instance, Overrides::default());
            let loaded = loaded.map_err(|error| error.to_string())?;
            Ok(ProbeService(loaded.config.fetcher(&loaded.origins, None)))
        });
        match probing {
            Ok(probing) => probing.probe(asked),
            Err(why) => Box::pin(async move { Err(why.clone()) }),
        }
    }
}

/// The actions that need a running pipeline. It refuses them.
struct NoPipeline;

impl Replay for NoPipeline {
    fn replay(&self, _letter: DeadLetter, _sequence: u64) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { Err("this needs a running wirefold: start `wirefold up`".to_owned()) })
    }
}
