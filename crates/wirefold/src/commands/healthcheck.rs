//! `wirefold healthcheck`: whether wirefold is ready. It is for containers without curl.

use std::time::Duration;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use clap::Args;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::client::block_on;
use crate::config::Instance;
use crate::config::{Overrides, load_here};
use crate::exit::Exit;
use crate::global::Global;
use crate::output::{self, clean};

/// Arguments of `healthcheck`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  wirefold healthcheck --operations 127.0.0.1:9787

Exit codes: 0 ready, 1 not.")]
pub(crate) struct HealthcheckArguments {
    /// The address of the health port: the `--operations` of `up`; by default `operations.listen` of the
    /// settings.
    #[arg(long, value_name = "ADDR")]
    operations: Option<String>,
    #[command(flatten)]
    instance: Instance,
}

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest part of an answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Makes one request.
pub(crate) fn run(arguments: &HealthcheckArguments, global: &Global) -> anyhow::Result<Exit> {
    let address_given = arguments.operations.clone();
    let address = match address_given {
        Some(address) => address,
        None => {
            let loaded = load_here(&arguments.instance, Overrides::default())?;
            loaded.config.operations.listen.to_string()
        }
    };
    let address = &address;
    block_on(async {
        match tokio::time::timeout(ANSWER_TIMEOUT, ask(address)).await {
            Ok(Ok((status, said))) if status.is_success() => {
                global.note(format_args!("{}", clean(said.trim())));
                Ok(Exit::Ok)
            }
            Ok(Ok((status, said))) => {
                output::note(format_args!("error: not ready ({status}): {}", clean(said.trim())));
                Ok(Exit::Failure)
            }
            Ok(Err(error)) => {
                output::note(format_args!("error: {address}: {error:#}"));
                Ok(Exit::Failure)
            }
            Err(_) => {
                output::note(format_args!("error: {address}: no answer within 5 s"));
                Ok(Exit::Failure)
            }
        }
    })
}

async fn ask(address: &str) -> anyhow::Result<(StatusCode, String)> {
    // A server that listens on all addresses also listens on the loopback.
    let address = address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]");
    let stream = TcpStream::connect(&address).await.context("nothing listens there")?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::builder().uri("/readyz").header("host", &address).body(Body::empty())?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let bytes = axum::body::to_bytes(Body::new(answer.into_body()), MAX_ANSWER_BYTES).await?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}
