//! Connects to the broker. Waits for a broker that is not there yet, and fails for one that cannot be
//! used.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions};
use tracing::warn;
use wirefold_flow::Backoff;

use crate::link::{Link, Watch};
use crate::options::Options;
use crate::version::ConnectError;
use crate::version::check;

/// The waits before the next try to connect.
const CONNECT_AGAIN: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
/// How often a silent server gets a PING. It counts as gone if it has not answered when the third is due,
/// so that a standby takes over within about three seconds.
const PING: Duration = Duration::from_millis(900);

/// Connects, as soon as the broker is there.
pub(crate) async fn connect(options: &Options) -> Result<Link, ConnectError> {
    let server = options.shown_address();
    let watch = Watch::new(&server);
    let inboxes = format!("_INBOX_{}", options.name);
    let client = wait_for_broker(options, &watch, &inboxes).await?;
    check(&server, &client.server_info())?;
    let (user, answer_within) = (options.user(), options.answer_within);
    Ok(Link { client, watch, user, inboxes, answer_within })
}

async fn wait_for_broker(
    options: &Options,
    watch: &Watch,
    inboxes: &str,
) -> Result<Client, ConnectError> {
    let server = options.shown_address();
    let addresses: Vec<&str> = options.url.split(',').map(str::trim).collect();
    let mut backoff = CONNECT_AGAIN;
    for tries in 1_u64.. {
        let error = match client_options(options, watch, inboxes).connect(&addresses[..]).await {
            Ok(client) => return Ok(client),
            Err(error) => error,
        };
        match error.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                return Err(ConnectError::NotLetIn { server, user: options.user() });
            }
            ConnectErrorKind::ServerParse | ConnectErrorKind::Tls => {
                return Err(ConnectError::Unusable { server, why: error.to_string() });
            }
            ConnectErrorKind::Io if is_distrusted(&error) => {
                return Err(ConnectError::Unusable { server, why: error.to_string() });
            }
            // Logged less and less often.
            _ if tries.is_power_of_two() => {
                warn!(server, %error, tries, "the broker is not there yet, waiting for it");
            }
            _ => {}
        }
        tokio::time::sleep(backoff.next_wait()).await;
    }
    Err(ConnectError::Unusable { server, why: "it never came".to_owned() })
}

/// Whether the server's certificate is not accepted. rustls reports this as invalid data.
fn is_distrusted(error: &async_nats::ConnectError) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::InvalidData)
}

fn client_options(options: &Options, watch: &Watch, inboxes: &str) -> ConnectOptions {
    let watch = watch.clone();
    let mut client = ConnectOptions::new()
        .name(&options.name)
        .custom_inbox_prefix(inboxes)
        .request_timeout(None)
        .connection_timeout(options.answer_within)
        .ping_interval(PING)
        .reconnect_delay_callback(|tries| match u32::try_from(tries).unwrap_or(u32::MAX) {
            0 | 1 => Duration::ZERO,
            tries => CONNECT_AGAIN.wait_after(tries.saturating_add(1)),
        })
        .event_callback(move |event| {
            watch.observe(&event);
            std::future::ready(())
        });
    if options.only_given_servers {
        client = client.ignore_discovered_servers();
    }
    if let Some(login) = &options.login {
        client = client.user_and_password(login.user.clone(), login.password.clone());
    }
    if let Some(path) = &options.root_certificates {
        client = client.add_root_certificates(path.clone()).require_tls(true);
    }
    client
}

/// A connection that several parts share.
pub(crate) type SharedLink = Arc<Link>;
