//! `wirefold config show`: every setting that holds, and where it comes from.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::Global;
use crate::client::Place;
use crate::config::{self, Loaded, Overrides};
use crate::exit::Exit;
use crate::output;

/// Arguments of `config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every setting that holds, as TOML; secrets stay secret.
    #[command(after_help = "\
Examples:
  wirefold config show --origin
  WIREFOLD_WINDOW=3d wirefold config show --json

Exit codes: 0 ok, 2 the settings cannot be used.")]
    Show(ShowArguments),
}

/// Arguments of `config show`.
#[derive(Debug, Args)]
struct ShowArguments {
    /// Say where each comes from: a file and line, a variable, a flag, or the default.
    #[arg(long)]
    origin: bool,
    /// Print one JSON object a setting: key, value, origin.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
    /// Change a setting for this run, as TOML. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// One setting as JSON.
#[derive(Serialize)]
struct Setting<'a> {
    schema: &'static str,
    key: &'a str,
    value: Option<&'a serde_json::Value>,
    origin: String,
}

/// Runs `config`.
pub(crate) fn run(arguments: &ConfigArguments, _global: &Global) -> anyhow::Result<Exit> {
    let ConfigCommand::Show(arguments) = &arguments.command;
    let loaded = config::load_here(&arguments.place, Overrides::of_set(&arguments.set)?)?;
    for warning in &loaded.warnings {
        output::note(format_args!("warning: {warning}"));
    }
    if !arguments.json {
        return output::print(text(&loaded, arguments.origin).as_bytes());
    }
    for line in config::lines(&loaded.config) {
        let origin = loaded.origins.of(&line.key).to_string();
        let (key, value) = (line.key.as_str(), line.value.as_ref());
        output::print_json(&Setting { schema: "wirefold.setting/1", key, value, origin })?;
    }
    Ok(Exit::Ok)
}

/// The widest that a setting is made for its origin to stand in one column.
const WIDEST: usize = 60;

/// One line a setting. What is not set is a comment, so that the rest can be read as TOML.
fn text(loaded: &Loaded, with_origin: bool) -> String {
    let setting = |line: config::Line| match &line.value {
        Some(value) => (format!("{} = {}", line.key, config::toml_text(value)), line.key),
        None => (format!("# {} is not set", line.key), line.key),
    };
    let settings: Vec<_> = config::lines(&loaded.config).into_iter().map(setting).collect();
    let widths = settings.iter().map(|(text, _)| text.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut shown = String::new();
    for (shown_setting, key) in settings {
        let _ = match with_origin {
            true => writeln!(shown, "{shown_setting:width$}   # {}", loaded.origins.of(&key)),
            false => writeln!(shown, "{shown_setting}"),
        };
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    #[test]
    fn it_shows_what_holds_and_where_it_comes_from() {
        let mut overrides = Overrides::default();
        overrides.flag("--listen", "page.listen", "127.0.0.1:0");
        overrides.set("feed=[{url = \"https://harbour.example/rss\"}]").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let environment = vec![("WIREFOLD_WINDOW".to_owned(), "3d".to_owned())];
        let sources =
            Sources { environment, folder: folder.path().to_path_buf(), ..Sources::default() };
        let shown = text(&load(&sources, &overrides).unwrap(), true);
        let origin_of = |key: &str| {
            let line = shown.lines().find(|line| line.starts_with(&format!("{key} "))).unwrap();
            line.split_once("   # ").unwrap().1
        };
        assert_eq!(origin_of("page.listen"), "--listen");
        assert_eq!(origin_of("window"), "WIREFOLD_WINDOW");
        assert_eq!(origin_of("feed.0.url"), "--set feed");
        assert_eq!(origin_of("keep.alerts"), "default");
        let read: Result<toml::Table, _> = shown.replace("feed.0", "first").parse();
        assert_eq!(read.unwrap()["page"]["listen"].as_str(), Some("127.0.0.1:0"));
    }
}
