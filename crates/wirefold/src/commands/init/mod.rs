//! `wirefold init`: writes a first file of settings.

mod file;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use wirefold_fetcher::opml::Opml;

use crate::config::FILE_NAME;
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::opml;
use crate::output;

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold init                    wirefold.toml with every setting, commented out
  wirefold init --opml feeds.opml  the same, with the feeds of a feed reader")]
pub(crate) struct InitArguments {
    /// The file to write; - prints it.
    #[arg(default_value = FILE_NAME, value_name = "FILE")]
    file: PathBuf,
    /// Take the feeds of a list (OPML) as feed readers export it; folders become groups.
    #[arg(long, value_name = "FILE")]
    opml: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

/// Runs `init`.
pub(crate) fn run(arguments: &InitArguments, global: &Global) -> anyhow::Result<Exit> {
    let mut list = Opml::default();
    if let Some(path) = &arguments.opml {
        list = opml::read_file(path)
            .map_err(|error| Stop::new(Exit::Usage, format!("{}: {error}", path.display())))?;
    }
    let written = file::write(&list.feeds);
    if arguments.file.as_os_str() == "-" {
        return output::print(written.text.as_bytes());
    }
    save(arguments, &written.text)?;
    let notes = list.notes.iter().chain(&written.notes);
    for note in notes {
        output::note(format_args!("{note}"));
    }
    let file = arguments.file.display();
    let feeds = output::count(written.feeds, "feed", "feeds");
    global.note(format_args!("wrote {file} with {feeds}"));
    global.note(format_args!("next: `wirefold check`, then `wirefold up`"));
    let is_whole = written.notes.is_empty() && list.notes.is_empty();
    Ok(if is_whole { Exit::Ok } else { Exit::Partial })
}

fn save(arguments: &InitArguments, text: &str) -> anyhow::Result<()> {
    let path = &arguments.file;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!arguments.force);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let what = format!("{} is there already; --force writes over it", path.display());
            anyhow::bail!(Stop::new(Exit::Usage, what));
        }
        opened => opened.with_context(|| format!("cannot write {}", path.display()))?,
    };
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
