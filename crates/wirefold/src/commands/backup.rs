//! `wirefold backup` and `wirefold restore`: copies the data folder under load, and puts it back.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use wirefold_gateway::tokens;

use super::backup_manifest::{self, Manifest};
use super::print_line;
use crate::client::{ClientError, ClientOptions};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::output;

/// What the detector needs not to read everything again: its snapshots, and then the texts that they
/// name, which only grow. Both before the bus: they never claim more than it has.
const BESIDE: [&str; 2] = ["wf_snapshots", "wf_texts"];
/// What the name of an unfinished file ends with.
const UNFINISHED: &str = ".part";

/// Arguments of `backup` and `restore`.
#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    asking: ClientOptions,
    /// The folder of the backup.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// What was copied.
#[derive(Serialize)]
struct Copied {
    from: PathBuf,
    to: PathBuf,
    files: usize,
    bytes: u64,
}

/// Runs `backup`.
pub(crate) fn back_up(arguments: &BackupArguments, global: &Global) -> anyhow::Result<Exit> {
    let data = arguments.asking.instance.folder()?;
    is_here(arguments, &data)?;
    if !data.join(wirefold_flow_sqlite::FILE).exists() {
        return Err(ClientError::NoData { folder: data }.into());
    }
    let copied = copy(&data, &arguments.folder)?;
    Manifest::of(&arguments.folder)?.write(&arguments.folder)?;
    report_copied(&copied, arguments.asking.json, global)
}

/// Runs `restore`.
pub(crate) fn restore(arguments: &BackupArguments, global: &Global) -> anyhow::Result<Exit> {
    let data = arguments.asking.instance.folder()?;
    is_here(arguments, &data)?;
    if !arguments.folder.join(wirefold_flow_sqlite::FILE).exists() {
        let what =
            format!("{} is no backup: `wirefold backup` makes one", arguments.folder.display());
        anyhow::bail!(Stop::new(Exit::NotFound, what));
    }
    match Manifest::read(&arguments.folder)? {
        Some(manifest) => manifest.check(&arguments.folder)?,
        None => global.note(format_args!(
            "note: {} has no {}: wirefold cannot tell whether it has changed since",
            arguments.folder.display(),
            backup_manifest::FILE
        )),
    }
    let copied = copy(&arguments.folder, &data)?;
    report_copied(&copied, arguments.asking.json, global)
}

/// Refuses where what is collected stands on a server.
fn is_here(arguments: &BackupArguments, data: &Path) -> anyhow::Result<()> {
    if arguments.asking.instance.is_over_nats(data) {
        anyhow::bail!(Stop::new(
            Exit::Usage,
            "what is collected stands on a NATS server: use its own `nats stream backup` and `nats stream \
             restore` for each stream of `nats stream ls --all`",
        ));
    }
    Ok(())
}

/// Copies what cannot be made again into an empty folder. What the page shows is made again from it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<Copied> {
    make_empty(to)?;
    let mut copied = Copied { from: from.into(), to: to.into(), files: 1, bytes: 0 };
    for name in BESIDE {
        copy_folder(&from.join(name), &to.join(name), &mut copied)?;
    }
    copy_tokens(from, to, &mut copied)?;
    copied.bytes += wirefold_flow_sqlite::copy(from, to)?;
    File::open(to).and_then(|folder| folder.sync_all()).with_context(|| shown(to))?;
    Ok(copied)
}

fn report_copied(copied: &Copied, json: bool, global: &Global) -> anyhow::Result<Exit> {
    if json {
        print_line("wirefold.backup/1", copied)?;
    }
    global.note(format_args!(
        "{}, {} bytes, from {} to {}: read back and whole",
        output::count(copied.files, "file", "files"),
        copied.bytes,
        copied.from.display(),
        copied.to.display()
    ));
    Ok(Exit::Ok)
}

fn shown(path: &Path) -> String {
    format!("cannot copy {}", path.display())
}

/// Who was let in is let in again. The file is always whole, and its rights come along.
fn copy_tokens(from: &Path, to: &Path, copied: &mut Copied) -> anyhow::Result<()> {
    let (from, to) = (from.join(tokens::FILE), to.join(tokens::FILE));
    match fs::copy(&from, &to) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        bytes => copied.bytes += bytes.with_context(|| shown(&from))?,
    }
    copied.files += 1;
    File::open(&to).and_then(|file| file.sync_all()).with_context(|| shown(&to))
}

/// Makes a folder for its owner's eyes, or finds an empty one.
fn make_empty(folder: &Path) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| shown(folder))?;
    let mut entries = fs::read_dir(folder).with_context(|| shown(folder))?;
    if entries.next().is_some() {
        let what = format!(
            "{} is not empty, and wirefold overwrites nothing; name another folder, or move its contents",
            folder.display()
        );
        anyhow::bail!(Stop::new(Exit::Usage, what));
    }
    Ok(())
}

/// Copies the whole files of a folder, if it is there. One that goes meanwhile is not needed.
fn copy_folder(from: &Path, to: &Path, copied: &mut Copied) -> anyhow::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| shown(from))?,
    };
    DirBuilder::new().mode(0o700).create(to).with_context(|| shown(to))?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.with_context(|| shown(from))?;
    // The heads of snapshots come first: a detector that runs keeps the segments of the newest one
    // until two more snapshots were written.
    paths.sort_unstable();
    for path in paths {
        let Some(name) = path.file_name().filter(|_| path.is_file()) else {
            continue;
        };
        if name.to_string_lossy().ends_with(UNFINISHED) {
            continue;
        }
        match fs::copy(&path, to.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            bytes => copied.bytes += bytes.with_context(|| shown(&path))?,
        }
        copied.files += 1;
        let file = File::open(to.join(name));
        file.and_then(|file| file.sync_all()).with_context(|| shown(&path))?;
    }
    File::open(to).and_then(|folder| folder.sync_all()).with_context(|| shown(to))
}
