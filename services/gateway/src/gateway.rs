//! The gateway, as the binary uses it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use thiserror::Error;
use tokio::sync::{Mutex, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::Forgotten;
use wirefold_flow::{BusError, Event, Position, RolledBack, StageContext, rolled_back};
use wirefold_proto::streams;

use crate::adapters::Settings;
use crate::api::request::read_json;
use crate::api::{Access, Api};
use crate::projection::{Batch, FILE, Projection, ProjectionError};
use crate::recent_events::RecentEvents;
use crate::refusal::Refusal;
use crate::shapes::{Comparison, Problem};
use crate::state::{AppState, STREAMS};
use crate::statements::StatementCache;
use crate::tokens::{Holder, READER_API};
use crate::{api, feeds, follow, greader, page};

/// How many comparisons run at once. Others wait.
const COMPARISONS: usize = 2;

/// Serves the projection. All clones are one gateway.
#[derive(Clone)]
pub struct Gateway {
    pub(crate) app: Arc<AppState>,
}

impl Gateway {
    /// Opens the projection. A file of another version, or one that is ahead of the stream, is put aside and
    /// rebuilt.
    ///
    /// # Errors
    /// A [`GatewayError`] that says what to do.
    pub async fn open(context: StageContext, settings: Settings) -> Result<Self, GatewayError> {
        let forgotten = Forgotten::open(&*context.bus)?;
        let projection = open_projection(&context, &settings.folder, &forgotten).await?;
        let applied = projection.reached(streams::OUTPUT.name).await?.sequence;
        let StageContext { bus, clock, observer, .. } = context;
        let started = clock.now();
        let app = AppState {
            projection,
            forgotten,
            bus,
            clock,
            observer,
            settings,
            started,
            projected_sequence: watch::Sender::new(applied),
            closing: CancellationToken::new(),
            streams: Arc::new(Semaphore::new(STREAMS)),
            recent_events: RecentEvents::default(),
            comparisons: Arc::new(Semaphore::new(COMPARISONS)),
            statement_cache: StatementCache::default(),
            feeds_read: Mutex::default(),
        };
        Ok(Self { app: Arc::new(app) })
    }

    /// All routes, for requests of this kind of access.
    pub fn router(&self, access: Access) -> Router {
        let sign_in_wanted = page::sign_in_wanted;
        let api = Api { app: self.app.clone(), access, holder: Holder::default(), sign_in_wanted };
        let for_readers =
            Router::new().nest("/feeds", feeds::routes()).nest(READER_API, greader::routes());
        api::router(api.clone(), for_readers, page::router(api))
    }

    /// Compares two texts, like `POST /api/v1/compare`, for other servers. The caller limits the size of the
    /// body; each text is limited here.
    ///
    /// # Errors
    /// The problem that the API would answer.
    pub async fn compare(&self, request: &[u8]) -> Result<Comparison, Problem> {
        let compared = async { self.app.compare_given(read_json(request)?).await };
        compared.await.map_err(Refusal::problem)
    }

    /// Updates the projection until it is stopped, and then closes the open event streams, so that the server
    /// can drain.
    ///
    /// # Errors
    /// A [`GatewayError`] if trying again does not help.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), GatewayError> {
        let followed = follow::run(&self.app, &stop).await;
        self.app.closing.cancel();
        followed
    }
}

async fn open_projection(
    context: &StageContext,
    folder: &Path,
    forgotten: &Forgotten,
) -> Result<Projection, GatewayError> {
    let projection = without_forgotten(open_file(folder)?, folder, forgotten).await?;
    for stream in [streams::OUTPUT.name, streams::ALERTS.name] {
        let reached = projection.reached(stream).await?;
        let how = match rolled_back(&*context.bus, stream, &reached).await {
            Ok(how) => how,
            Err(BusError::NoStream(_)) => Some(RolledBack { read: reached.sequence, last: 0 }),
            Err(error) => return Err(error.into()),
        };
        if let Some(how) = how.filter(|how| how.read > 0) {
            context.observer.observe(follow::NAME, Event::rolled_back(stream, how));
            tracing::warn!(
                stream,
                "set the projection aside because its stream was replaced; rebuilding"
            );
            drop(projection);
            Projection::put_aside(folder).map_err(|error| explain(folder, error))?;
            return open_file(folder);
        }
    }
    Ok(projection)
}

/// Removes a file from before articles were forgotten. It may contain their words, also in deleted rows.
/// `forget` itself reaches only the machine it runs on.
async fn without_forgotten(
    projection: Projection,
    folder: &Path,
    forgotten: &Forgotten,
) -> Result<Projection, GatewayError> {
    const LIST: &str = streams::FORGOTTEN.name;
    let newest = forgotten.newest().await?;
    let known = projection.reached(LIST).await?.sequence;
    if newest <= known {
        return Ok(projection);
    }
    tracing::info!(newest, known, "articles were forgotten: rebuilding the projection");
    drop(projection);
    Projection::remove(folder).map_err(|error| explain(folder, error))?;
    let begun_anew = open_file(folder)?;
    let through = Position::at_sequence(newest);
    begun_anew.apply(Batch { stream: LIST, through, changes: Vec::new() }).await?;
    Ok(begun_anew)
}

fn open_file(folder: &Path) -> Result<Projection, GatewayError> {
    Projection::open(folder).map_err(|error| explain(folder, error))
}

fn explain(folder: &Path, error: ProjectionError) -> GatewayError {
    GatewayError::Projection { path: folder.join(FILE), source: Box::new(error) }
}

/// Errors that end the gateway.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The file of the projection cannot be opened: repair the folder, or delete the file, which is rebuilt.
    #[error("{path}: {source}; the file can be deleted, it is rebuilt from the output stream")]
    Projection {
        /// The file.
        path: PathBuf,
        /// The error of SQLite or the system.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The projection failed while it ran: free space on the disk, then start again.
    #[error("the projection failed: {0}")]
    Failed(#[from] ProjectionError),
    /// The bus failed, and waiting does not help.
    #[error(transparent)]
    Bus(#[from] BusError),
}
