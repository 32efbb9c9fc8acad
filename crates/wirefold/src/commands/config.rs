//! `wirefold config`: writes a first file of settings, and shows those in force with their origins.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::{self, FILE_NAME, Instance, Loaded, Overrides, Row, Section, sections};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::output;

/// Arguments of `config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Write a commented file of settings to begin with.
    #[command(after_help = "\
Example:
  wirefold config init    wirefold.toml with every setting, commented out")]
    Init(InitArguments),
    /// Print every setting in force, as TOML. It does not show secrets.
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
    /// Show where each comes from: a file and line, a variable, a flag, or the default.
    #[arg(long)]
    origin: bool,
    /// Print one JSON object for each setting: key, value, origin.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    instance: Instance,
    /// Change a setting for this run, as TOML. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Arguments of `config init`.
#[derive(Debug, Args)]
struct InitArguments {
    /// The file to write; - prints it.
    #[arg(default_value = FILE_NAME, value_name = "FILE")]
    file: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

/// Runs `config`.
pub(crate) fn run(arguments: &ConfigArguments, global: &Global) -> anyhow::Result<Exit> {
    match &arguments.command {
        ConfigCommand::Init(arguments) => init(arguments, global),
        ConfigCommand::Show(arguments) => show(arguments),
    }
}

fn init(arguments: &InitArguments, global: &Global) -> anyhow::Result<Exit> {
    let written = write();
    if arguments.file.as_os_str() == "-" {
        return output::print(written.as_bytes());
    }
    save(arguments, &written)?;
    global.note(format_args!("wrote {}", arguments.file.display()));
    global.note("next: `wirefold check`, then `wirefold up`");
    Ok(Exit::Ok)
}

fn save(arguments: &InitArguments, text: &str) -> anyhow::Result<()> {
    let path = &arguments.file;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!arguments.force);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            stop!(Usage, "{} is there already; --force writes over it", path.display())
        }
        opened => opened.with_context(|| format!("cannot write {}", path.display()))?,
    };
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

fn show(arguments: &ShowArguments) -> anyhow::Result<Exit> {
    let loaded = config::load_here(&arguments.instance, Overrides::of_set(&arguments.set)?)?;
    for warning in &loaded.warnings {
        output::note(format_args!("warning: {warning}"));
    }
    if !arguments.json {
        return output::print(text(&loaded, arguments.origin).as_bytes());
    }
    for line in config::lines(&loaded.config) {
        let origin = loaded.origins.of(&line.key).to_string();
        output::print_json(&json!({
            "schema": "wirefold.setting/1", "key": line.key, "value": line.value, "origin": origin,
        }))?;
    }
    Ok(Exit::Ok)
}

/// The largest width to which a setting is padded, so that the origins form a column.
const WIDEST: usize = 60;

/// The settings as a file that can be read again, one on a line under the headers of their tables. Settings
/// without a value and secrets are comments.
fn text(loaded: &Loaded, with_origin: bool) -> String {
    let mut settings: Vec<Shown> =
        config::lines(&loaded.config).into_iter().map(Shown::of).collect();
    // Below a header, the settings outside tables would belong to that table.
    settings.sort_by_key(|setting| !setting.head.is_empty());
    let widths = settings.iter().map(|setting| setting.text.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut shown = String::new();
    let mut head = String::new();
    for setting in settings {
        if setting.head != head {
            let _ = writeln!(shown, "\n{}", config::header(&setting.head));
            head.clone_from(&setting.head);
        }
        let text = &setting.text;
        let _ = match with_origin {
            true => writeln!(shown, "{text:width$}   # {}", loaded.origins.of(&setting.key)),
            false => writeln!(shown, "{text}"),
        };
    }
    shown
}

/// A setting as the file shows it.
struct Shown {
    /// The full key.
    key: String,
    /// Its table, such as `page` or `feed.0`. Empty at the top.
    head: String,
    text: String,
}

impl Shown {
    fn of(line: config::Line) -> Self {
        let (head, name) = match line.key.split_once('.') {
            None => (String::new(), line.key.clone()),
            Some((table, rest)) => match rest.split_once('.') {
                Some((index, name)) if is_index(index) => {
                    (format!("{table}.{index}"), name.to_owned())
                }
                _ => (table.to_owned(), rest.to_owned()),
            },
        };
        let text = match &line.value {
            Some(_) if line.is_hidden() => format!("# {name} is set, and not shown"),
            Some(value) => format!("{name} = {}", config::toml_text(value)),
            None => format!("# {name} is not set"),
        };
        Self { key: line.key, head, text }
    }
}

fn is_index(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// The width at which comments are broken, in columns.
const WIDTH: usize = 96;

const HEAD: &str = "\
# wirefold: settings. Every key is here with its default; remove the # to change one.
# `wirefold check` checks the settings, `wirefold config show --origin` prints those in force.
";

/// The text of a file with every setting.
fn write() -> String {
    let mut written = Written(HEAD.to_owned());
    sections().iter().for_each(|section| written.section(section));
    written.0
}

struct Written(String);

impl Written {
    fn section(&mut self, section: &Section) {
        let Section { key, many, what, rows } = section;
        self.0.push('\n');
        match (key.as_str(), many) {
            ("", _) => {}
            (_, true) => {
                self.comment(&format!("{what} There may be many."));
                self.line(format_args!("# [[{key}]]"));
            }
            (_, false) => {
                self.comment(what);
                self.line(format_args!("[{key}]"));
            }
        }
        for row in rows {
            self.row(row);
        }
    }

    fn row(&mut self, row: &Row) {
        self.comment(&row.what);
        self.line(format_args!("# {} = {}", row.name, row.example()));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    /// A comment, broken between words.
    fn comment(&mut self, text: &str) {
        let mut line = "#".to_owned();
        for word in text.split_whitespace() {
            if line.len() + 1 + word.len() > WIDTH {
                self.line(format_args!("{line}"));
                line = "#".to_owned();
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(format_args!("{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    #[test]
    fn shows_the_settings_in_force_and_their_origins() {
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
        assert_eq!(origin_of("listen"), "--listen");
        assert_eq!(origin_of("window"), "WIREFOLD_WINDOW");
        assert_eq!(origin_of("url"), "--set feed");
        assert_eq!(origin_of("id"), "--set feed", "it is made of the address");
        assert_eq!(origin_of("alerts"), "default");
    }

    const FILE: &str = "data = \"kept\"\nfull_text = \"off\"\n[fetcher]\nmin_interval = \"20m\"\n\
        max_interval = \"6h\"\nallow_private = [\"10.0.0.0/8\"]\n[[feed]]\n\
        url = \"https://harbour.example/rss\"\ntitle = \"A \\\"B\\\" # C\"\n[[feed]]\n\
        url = \"https://skerrow.example/rss\"\nfull_text = \"on\"\n[[source]]\npath = \"inbox\"\n\
        [[subscription]]\nname = \"all\"\nquery = \"*\"\non = [\"new\"]\n\
        quiet_hours = { from = \"22:00\", to = \"07:00\", time_zone = \"UTC\" }\n\
        [[delivery]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"https://desk.example/hook\"\n\
        secret = [\"file:keys\", \"env:DESK_KEYS\"]\n";

    #[test]
    fn printed_settings_are_read_back_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("wirefold.toml"), FILE).unwrap();
        std::fs::write(folder.path().join("keys"), "whsec_b25l\n").unwrap();
        let environment = vec![("DESK_KEYS".to_owned(), "whsec_dHdv".to_owned())];
        let sources =
            Sources { environment, folder: folder.path().to_path_buf(), ..Sources::default() };
        let loaded = load(&sources, &Overrides::default()).unwrap();
        let other = tempfile::tempdir().unwrap();
        let again = Sources { folder: other.path().to_path_buf(), ..sources };
        for with_origin in [false, true] {
            let shown = text(&loaded, with_origin);
            assert!(!shown.contains("whsec_"), "{shown}");
            std::fs::write(other.path().join("wirefold.toml"), &shown).unwrap();
            let read = load(&again, &Overrides::default());
            let read = read.unwrap_or_else(|error| panic!("{error}\n{shown}"));
            assert_eq!(read.config, loaded.config, "{shown}");
        }
        let shown = text(&loaded, true).replace(&format!("{}/", folder.path().display()), "");
        let has = |line: &str| shown.lines().any(|one| one.split_whitespace().eq(line.split(' ')));
        assert!(has("min_interval = \"20m\" # wirefold.toml:4"), "{shown}");
        assert!(has("max_interval = \"6h\" # wirefold.toml:5"), "{shown}");
        assert!(has("full_text = \"off\" # wirefold.toml:2"), "{shown}");
        assert!(has("secret = [\"file:keys\", \"env:DESK_KEYS\"] # wirefold.toml:24"), "{shown}");
    }
}

#[cfg(test)]
mod file_tests {
    use super::*;
    use crate::config::{Config, Loaded, Overrides, Sources, load};

    fn loaded(text: &str) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wirefold.toml");
        std::fs::write(&file, text).unwrap();
        // An example names this file.
        std::fs::write(folder.path().join("nats.password"), "hush").unwrap();
        let sources = Sources { file: Some(file), ..Sources::default() };
        load(&sources, &Overrides::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn the_file_without_feeds_says_the_defaults() {
        let default = loaded("").config;
        assert_eq!(loaded(&write()).config, default);
    }

    #[test]
    fn commented_out_keys_have_their_defaults() {
        let text = write();
        let tables = text.split("# A feed that is polled.").next().unwrap();
        let is_setting = |line: &str| {
            let key = line.strip_prefix("# ").and_then(|line| line.split_once(" = "));
            key.is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        };
        let all: String =
            tables
                .lines()
                .map(|line| {
                    if is_setting(line) { format!("{}\n", &line[2..]) } else { format!("{line}\n") }
                })
                .collect();
        let mut config = loaded(&all).config;
        assert!(config.fetcher.contact.take().is_some(), "every key stands there\n{all}");
        config.fetcher.allow_private.clear();
        config.page.base_url = None;
        config.health.heartbeat = None;
        config.page.trusted_proxies.clear();
        assert!(config.bus.password.is_some());
        config.bus = Config::default().bus;
        config.detector.text_store = None;
        config.keep.alerts = None;
        let Config { data, delivery, .. } = config.clone();
        assert_eq!(config, Config { data, delivery, ..Config::default() });
    }
}
