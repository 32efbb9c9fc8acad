//! `wirefold verify`: reads everything that is stored, and reports what is damaged or missing.
//!
//! It changes nothing, and works on a backup as well as on the data folder. Each kind of file has its own
//! check. [`crate::contents`] checks the contents of all streams, on disk and on a server.

mod files;
mod server;

use std::path::{Path, PathBuf};

use clap::Args;
use wirefold_flow::BusError;
use wirefold_flow_sqlite::{Inspection, OpenError};
use wirefold_proto::streams::{JUDGED, STORES, StoreKind};

use crate::client::{ClientError, ClientOptions, block_on};
use crate::contents::read_folder;
use crate::exit::{Exit, Stop};
use crate::finding::{Finding, print_findings};
use crate::global::Global;
use crate::output::count;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold verify                       the data folder, while `up` does not run
  wirefold verify /backups/monday       a backup
  wirefold verify --quiet               print only problems

Exit codes: 0 everything is intact, 1 something is damaged or missing, 3 nothing is stored there, 4 the NATS
server cannot be reached.")]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    asking: ClientOptions,
    /// The folder of a backup; by default the data folder or the configured NATS server.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Runs `verify`.
pub(crate) fn run(arguments: &VerifyArguments, global: &Global) -> anyhow::Result<Exit> {
    let place = &arguments.asking.instance;
    let findings = match &arguments.folder {
        Some(folder) => of_folder(folder)?,
        None => {
            let folder = place.folder()?;
            match place.is_over_nats(&folder) {
                true => block_on(server::verify_server(place, &folder))?,
                false => of_folder(&folder)?,
            }
        }
    };
    let bad = print_findings(&findings, arguments.asking.json, global)?;
    if bad == 0 {
        return Ok(Exit::Ok);
    }
    let bad = count(bad, "thing is", "things are");
    global.note(format_args!("{bad} damaged: docs/how-to/mend-damaged-data.md says what to do"));
    Ok(Exit::Failure)
}

/// Checks all files of a data folder or a backup.
fn of_folder(folder: &Path) -> anyhow::Result<Vec<Finding>> {
    if !folder.join(wirefold_flow_sqlite::FILE).exists() {
        return Err(ClientError::NoData { folder: folder.to_owned() }.into());
    }
    let mut findings: Vec<Finding> = files::manifest(folder).into_iter().collect();
    findings.extend(of_bus(folder)?);
    findings.extend(files::beside(folder));
    Ok(findings)
}

/// Checks the file of the embedded bus.
fn of_bus(folder: &Path) -> anyhow::Result<Vec<Finding>> {
    let mut inspection = match Inspection::open(folder) {
        Err(OpenError::InUse { .. }) => {
            let what = format!(
                "{} is in use by another process, such as `up`: stop it first, or verify a backup, which \
                 can be made while it runs",
                folder.display()
            );
            anyhow::bail!(Stop::new(Exit::Failure, what))
        }
        Err(error @ OpenError::Damaged { .. }) => {
            return Ok(vec![Finding::bad(format!("{error}: restore a backup"))]);
        }
        opened => opened?,
    };
    let file = folder.join(wirefold_flow_sqlite::FILE);
    let mut findings = Vec::new();
    let faults = inspection.faults_of_pages().unwrap_or_else(|error| vec![error.to_string()]);
    findings
        .extend(faults.iter().map(|fault| Finding::bad(format!("{}: {fault}", file.display()))));
    findings.extend(of_streams(&mut inspection).unwrap_or_else(|error| {
        vec![Finding::bad(format!("{} cannot be read to its end: {error}", file.display()))]
    }));
    Ok(findings)
}

fn of_streams(inspection: &mut Inspection) -> Result<Vec<Finding>, BusError> {
    let contents = read_folder(inspection)?;
    let enricher = wirefold_enricher::consumer().durable;
    let unread = inspection.unread(JUDGED.name, &enricher)?.unwrap_or(0);
    let mut findings = contents.findings(unread);
    let tables = STORES.iter().filter(|store| store.kind == StoreKind::KeyValue);
    for table in tables {
        let entries = inspection.entries(table.name)?;
        findings.extend(entries.iter().filter_map(|entry| files::of_entry(table.name, entry)));
    }
    if findings.is_empty() {
        findings.push(Finding::good(format!("streams and tables: {} read", contents.describe())));
    }
    Ok(findings)
}
