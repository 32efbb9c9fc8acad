//! `wirefold backup`: copies the data folder, also while `up` uses it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use wirefold_gateway::tokens;
use wirefold_proto::streams::KEPT;

use super::print_line;
use crate::client::{ClientOptions, must_exist};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::output::count;

/// The files from which the detector starts without reading everything again: its snapshots, then the texts
/// that they name, which are only appended to. Both are copied before the bus, so they never refer to
/// messages that the copy of the bus lacks. The kept events are only here: the gateway deletes the earlier file of an
/// event minutes after it wrote the next.
const BESIDE_BUS: [&str; 3] = ["wf_snapshots", "wf_texts", KEPT.name];
/// The suffix of an unfinished file.
const UNFINISHED_SUFFIX: &str = ".part";

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    options: ClientOptions,
    /// The folder of the backup.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// The copied files.
#[derive(Serialize)]
struct Copied {
    from: PathBuf,
    to: PathBuf,
    files: usize,
    bytes: u64,
}

/// Runs `backup`.
pub(crate) fn back_up(arguments: &BackupArguments, global: &Global) -> anyhow::Result<Exit> {
    let data = arguments.options.instance.folder()?;
    if arguments.options.instance.is_over_nats(&data) {
        stop!(
            Usage,
            "the data is on a NATS server: use its own `nats stream backup` and `nats stream \
             restore` for each stream of `nats stream ls --all`"
        );
    }
    must_exist(&data)?;
    let copied = copy(&data, &arguments.folder)?;
    if arguments.options.json {
        print_line("wirefold.backup/1", &copied)?;
    }
    global.note(format_args!(
        "{}, {} bytes, from {} to {}: read back and whole",
        count(copied.files, "file", "files"),
        copied.bytes,
        copied.from.display(),
        copied.to.display()
    ));
    Ok(Exit::Ok)
}

/// Copies everything that cannot be made again into an empty folder. The tables of the page are made again
/// from it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<Copied> {
    make_empty(to)?;
    let mut copied = Copied { from: from.into(), to: to.into(), files: 1, bytes: 0 };
    for name in BESIDE_BUS {
        copy_folder(&from.join(name), &to.join(name), &mut copied)?;
    }
    copy_file(&from.join(tokens::FILE), &to.join(tokens::FILE), &mut copied)?;
    copied.bytes += wirefold_flow_sqlite::copy(from, to)?;
    File::open(to).and_then(|folder| folder.sync_all()).with_context(|| describe_failure(to))?;
    Ok(copied)
}

fn describe_failure(path: &Path) -> String {
    format!("cannot copy {}", path.display())
}

/// Copies a file with its permissions. One that is not there, or is deleted meanwhile, is not needed.
fn copy_file(from: &Path, to: &Path, copied: &mut Copied) -> anyhow::Result<()> {
    match fs::copy(from, to) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        bytes => copied.bytes += bytes.with_context(|| describe_failure(from))?,
    }
    copied.files += 1;
    File::open(to).and_then(|file| file.sync_all()).with_context(|| describe_failure(to))
}

/// Creates a folder that only its owner can read, or accepts an empty one.
fn make_empty(folder: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| describe_failure(folder))?;
    let mut entries = fs::read_dir(folder).with_context(|| describe_failure(folder))?;
    if entries.next().is_some() {
        stop!(
            Usage,
            "{} is not empty, and wirefold overwrites nothing; name another folder, or move its contents",
            folder.display()
        );
    }
    Ok(())
}

/// Copies the complete files of a folder, if it exists.
fn copy_folder(from: &Path, to: &Path, copied: &mut Copied) -> anyhow::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| describe_failure(from))?,
    };
    DirBuilder::new().mode(0o700).create(to).with_context(|| describe_failure(to))?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.with_context(|| describe_failure(from))?;
    // The heads of snapshots come first. A running detector keeps the segments of the newest head until it
    // has written two more snapshots.
    paths.sort_unstable();
    for path in paths {
        let Some(name) = path.file_name().filter(|_| path.is_file()) else {
            continue;
        };
        if name.to_string_lossy().ends_with(UNFINISHED_SUFFIX) {
            continue;
        }
        copy_file(&path, &to.join(name), copied)?;
    }
    File::open(to).and_then(|folder| folder.sync_all()).with_context(|| describe_failure(to))
}
