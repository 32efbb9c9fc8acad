//! Reads a bus without wirefold's processes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use wirefold_flow::{Bus, BusError, SystemClock};
use wirefold_flow_nats::{Login, Options, connect};
use wirefold_proto::streams::OUTPUT;
use wirefold_proto::{OutputArticle, decode};

/// The number of messages in one request.
const AT_ONCE: usize = 256;
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Connects under a name, with user and password, and works on the bus.
pub(crate) fn on_the_bus<T>(
    urls: String,
    name: &str,
    [user, password]: [&str; 2],
    work: impl AsyncFnOnce(&dyn Bus) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let login = Some(Login { user: user.to_owned(), password: password.to_owned() });
    let options = Options { login, ..Options::new(urls, name) };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let working = async {
            let bus = connect(&options, Arc::new(SystemClock)).await?;
            let done = work(&bus).await;
            bus.close().await;
            done
        };
        tokio::time::timeout(MAX_WAIT, working).await.context("the examiner gets no answer")?
    })
}

/// Reads the articles of the output in a data folder that no process uses.
pub(crate) fn read_folder(data: &Path, note: impl FnMut(OutputArticle)) -> anyhow::Result<()> {
    let bus = wirefold_flow_sqlite::open(data, Arc::new(SystemClock))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(read_output(&*bus, note))
}

/// Reads the articles of the output stream in order.
pub(crate) async fn read_output(
    bus: &dyn Bus,
    mut note: impl FnMut(OutputArticle),
) -> anyhow::Result<()> {
    let first = match bus.stream_state(OUTPUT.name).await {
        Ok(state) => state.first.max(1),
        Err(BusError::NoStream(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut reader = bus.read(OUTPUT.name, ">", first).await?;
    loop {
        let messages = reader.ready(AT_ONCE).await?;
        if messages.is_empty() {
            return Ok(());
        }
        messages.iter().filter_map(|stored| decode(&stored.body).ok()).for_each(&mut note);
    }
}
