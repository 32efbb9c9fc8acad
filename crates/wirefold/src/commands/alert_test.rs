//! `wirefold alert test`: sends a marked sample through a delivery.

use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;
use wirefold_alerter::{Outcome, Printer, Settings, send_sample, switch_on};
use wirefold_flow::{Clock as _, SystemClock};
use wirefold_gateway::shapes::SwitchedOn;

use super::print_line;
use crate::client::{Client, ClientError, ClientOptions, block_on, escaped};
use crate::config::{Config, Overrides, load_here, suggestion};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::output;
use crate::up::{StandardOutput, alert_subjects};

/// The result for the sample.
#[derive(Serialize)]
struct Report<'a> {
    delivery: &'a str,
    kind: &'static str,
    /// `taken`, `later` or `refused`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// Sends a sample to the delivery with this name.
pub(super) fn run(options: &ClientOptions, global: &Global, name: &str) -> anyhow::Result<Exit> {
    let loaded = load_here(&options.instance, Overrides::default())?;
    let config = &loaded.config;
    let address = config.page_address(config.page.listen);
    let subjects = Some(alert_subjects::of(config));
    let settings = Settings { subjects, ..config.alerter(&loaded.origins, address) };
    let Some(delivery) = settings.deliveries.iter().find(|it| it.name == name) else {
        anyhow::bail!(Stop::new(Exit::NotFound, not_there(config, name)));
    };
    let printer: Arc<dyn Printer> = Arc::new(StandardOutput);
    let sent = send_sample(delivery, &settings, &printer, SystemClock.now());
    let outcome = block_on(async { sent.await.context("the sample cannot be sent") })?;
    let is_taken = outcome == Outcome::Taken;
    if is_taken && block_on(switch_on_again(options, name))? {
        global
            .note(format_args!("note: {name} was off because its target was gone: it is on again"));
    }
    let kind = config.delivery.iter().find(|it| it.name == name).map_or("", |it| it.kind.word());
    let report = report(name, kind, &outcome);
    if options.json {
        print_line("wirefold.cli.alert-test/1", &report)?;
    } else if !is_taken || !global.quiet {
        output::print(output::clean(&describe(&report)).as_bytes())?;
        output::print(b"\n")?;
    }
    Ok(if is_taken { Exit::Ok } else { Exit::Failure })
}

/// Switches the delivery on: through a running `up`, or else in the data folder. Says whether it was off.
async fn switch_on_again(options: &ClientOptions, name: &str) -> anyhow::Result<bool> {
    if let Some(client) = Client::running(&options.instance).await? {
        let path = format!("/api/v1/deliveries/{}/switch-on", escaped(name));
        return match client.post::<SwitchedOn>(&path, &serde_json::Map::new()).await {
            Ok(switched) => Ok(switched.was_off),
            // The running process does not have this delivery yet, or is an older version.
            Err(ClientError::Refused(problem)) if problem.status == 404 => Ok(false),
            Err(error) => Err(error.into()),
        };
    }
    let folder = options.instance.folder()?;
    if options.instance.is_over_nats(&folder) || !folder.join(wirefold_flow_sqlite::FILE).exists() {
        return Ok(false);
    }
    let bus = wirefold_flow_sqlite::open(&folder, Arc::new(SystemClock))?;
    Ok(switch_on(&*bus, name).await?)
}

/// The message that the settings have no delivery with this name, with the names of those they have.
pub(super) fn not_there(config: &Config, name: &str) -> String {
    let names: Vec<&str> = config.delivery.iter().map(|it| it.name.as_str()).collect();
    format!("no [[delivery]] is named {name:?}; {}", suggestion(name, &names))
}

fn report<'a>(delivery: &'a str, kind: &'static str, outcome: &'a Outcome) -> Report<'a> {
    let (word, why, after) = match outcome {
        Outcome::Taken => ("taken", None, None),
        Outcome::Later { after, why } => ("later", Some(why.as_str()), *after),
        Outcome::Refused { why } => ("refused", Some(why.as_str()), None),
    };
    let retry_after_seconds = after.map(|wait| wait.as_secs());
    Report { delivery, kind, outcome: word, why, retry_after_seconds }
}

fn describe(report: &Report<'_>) -> String {
    let Report { delivery, kind, outcome, why, retry_after_seconds } = report;
    let why = why.unwrap_or_default();
    let wait = retry_after_seconds.map(|seconds| format!(" (it asks to wait {seconds} s)"));
    let wait = wait.unwrap_or_default();
    match *outcome {
        "taken" => format!("✓ {delivery} ({kind}) accepted the sample: check that it arrived"),
        "later" => {
            format!(
                "✗ {delivery} ({kind}) did not accept it: {why}{wait}; wirefold would try an alert again"
            )
        }
        _ => format!("✗ {delivery} ({kind}) refused it: {why}; an alert would not be tried again"),
    }
}
