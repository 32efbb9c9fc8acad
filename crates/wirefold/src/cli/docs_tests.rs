//! Writes `docs/commands.md` from the command line. A test keeps the two equal.

use clap::{Arg, Command, CommandFactory as _};

use super::Cli;
use crate::generated_page_tests::assert_up_to_date;

const HEAD: &str = "\
# Commands

<!-- Generated: `WIREFOLD_BLESS=1 cargo test -p wirefold cli` rewrites this file. -->

`wirefold help COMMAND` prints the same text. [Settings](config.md) describes the keys that `--set` takes, \
and their environment variables. [Use the API](how-to/use-the-api.md) is for programs.
";

/// The pages that say more about a command.
const PAGES: [(&str, &str); 14] = [
    ("feed", "[bring articles in](how-to/bring-articles-in.md) and [findings](health.md#feeds)"),
    ("sub", "[queries](queries.md) and [alerts](alerts.md)"),
    ("alert", "[alerts](alerts.md)"),
    ("handover", "[alerts](alerts.md#hand-over-a-shift)"),
    ("mcp", "[use the API](how-to/use-the-api.md#ask-from-a-language-model)"),
    ("alert test", "[deliveries](deliveries.md)"),
    ("delivery", "[deliveries](deliveries.md)"),
    ("forget", "[forget an article](how-to/forget-an-article.md)"),
    ("fold", "[fold your own articles](how-to/fold-your-own-articles.md)"),
    ("eval", "[fold your own articles](how-to/fold-your-own-articles.md)"),
    ("check", "[settings](config.md) and [mend damaged data](how-to/mend-damaged-data.md)"),
    ("config", "[settings](config.md)"),
    ("run", "[run over NATS](how-to/run-over-nats.md)"),
    ("setup", "[run over NATS](how-to/run-over-nats.md)"),
];

/// A command as its code defines it, and as clap completes it: with inherited options and the usage line.
struct Entry<'a> {
    /// The words of the command after `wirefold`.
    path: String,
    defined: &'a Command,
    built: &'a mut Command,
}

fn page(root: &Command) -> String {
    let mut page = HEAD.to_owned();
    let entry = Entry { path: String::new(), defined: root, built: &mut root.clone() };
    entry.built.build();
    write_command(&mut page, entry);
    page
}

fn write_command(page: &mut String, entry: Entry<'_>) {
    let Entry { path, defined, built } = entry;
    if !path.is_empty() {
        let level = "#".repeat(path.split(' ').count() + 1);
        page.push_str(&format!("\n{level} {path}\n"));
    }
    let about = defined.get_long_about().or(defined.get_about());
    for paragraph in about.expect("a test requires it").to_string().split("\n\n") {
        page.push_str(&format!("\n{}\n", sentence(paragraph)));
    }
    let usage = built.render_usage().to_string();
    page.push_str(&format!("\n```\n{}\n```\n", usage.trim_start_matches("Usage: ").trim_end()));
    write_arguments(page, &path, defined, built);
    let after = defined.get_after_long_help().or(defined.get_after_help());
    for paragraph in after.map(ToString::to_string).iter().flat_map(|text| text.split("\n\n")) {
        write_paragraph(page, paragraph);
    }
    if let Some((_, pages)) = PAGES.iter().find(|(command, _)| *command == path) {
        page.push_str(&format!("\nSee {pages}.\n"));
    }
    if path.is_empty() {
        write_list(page, defined);
    }
    for below in shown_commands(defined) {
        let name = below.get_name();
        let built = built.find_subcommand_mut(name).expect("it is a copy");
        let path = format!("{path} {name}").trim_start().to_owned();
        write_command(page, Entry { path, defined: below, built });
    }
}

fn shown_commands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|below| !below.is_hide_set())
}

/// Writes the table of all commands.
fn write_list(page: &mut String, root: &Command) {
    page.push_str("\n| command | purpose |\n|---|---|\n");
    for command in shown_commands(root) {
        let (name, about) = (command.get_name(), command.get_about().expect("a test requires it"));
        let about = sentence(&about.to_string()).replace('|', "\\|");
        page.push_str(&format!("| [`{name}`](#{name}) | {about} |\n"));
    }
}

/// Writes the table of the arguments that a command does not have from a command above it.
fn write_arguments(page: &mut String, path: &str, defined: &Command, built: &Command) {
    let is_own = |arg: &&Arg| {
        path.is_empty() || defined.get_arguments().any(|own| own.get_id() == arg.get_id())
    };
    let own = built.get_arguments().filter(|arg| !arg.is_hide_set()).filter(is_own);
    let rows: String = own.map(row).collect();
    if rows.is_empty() {
        return;
    }
    match (path, defined.has_subcommands()) {
        ("", _) => page.push_str("\nEvery command takes these options:\n"),
        (_, true) => page.push_str(&format!("\nEvery `{path}` command takes these options:\n")),
        (_, false) => {}
    }
    page.push_str(&format!("\n| argument | default | meaning |\n|---|---|---|\n{rows}"));
}

fn row(arg: &Arg) -> String {
    let (short, long) = (arg.get_short(), arg.to_string());
    let name = short.filter(|_| !arg.is_positional()).map(|short| format!("-{short}, "));
    let takes_value = arg.is_positional() || arg.get_action().takes_values();
    let defaults = arg.get_default_values().iter().filter(|value| takes_value && !value.is_empty());
    let defaults: Vec<String> = defaults.map(|value| format!("`{}`", value.display())).collect();
    let help = arg.get_long_help().or(arg.get_help()).expect("a test requires it").to_string();
    let mut meaning: Vec<String> = help.split("\n\n").map(sentence).collect();
    let values = if takes_value { arg.get_possible_values() } else { Vec::new() };
    for value in values.iter().filter(|value| !value.is_hide_set()) {
        let said = value.get_help().map(|said| format!(": {}", sentence(&said.to_string())));
        meaning.push(format!("`{}`{}", value.get_name(), said.unwrap_or(".".to_owned())));
    }
    let name = format!("`{}{long}`", name.unwrap_or_default());
    let cells = [name, defaults.join(", "), meaning.join(" ")];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

/// Writes a paragraph below the options. Indented lines are shown as they are.
fn write_paragraph(page: &mut String, paragraph: &str) {
    let is_indented = |line: &str| line.starts_with("  ");
    let lines: Vec<&str> = paragraph.lines().collect();
    for part in lines.chunk_by(|one, next| is_indented(one) == is_indented(next)) {
        let shown: Option<Vec<&str>> = part.iter().map(|line| line.strip_prefix("  ")).collect();
        match shown {
            Some(shown) => page.push_str(&format!("\n```\n{}\n```\n", shown.join("\n"))),
            None => page.push_str(&format!("\n{}\n", sentence(&part.join(" ")))),
        }
    }
}

/// A text of the help as Markdown on one line, with the full stop that clap removes.
fn sentence(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let on_one_line = words.join(" ");
    let escape = |part: &str| part.replace('<', "\\<").replace('*', "\\*").replace('[', "\\[");
    let parts = on_one_line.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 0 { escape(part) } else { part.to_owned() });
    let escaped = parts.collect::<Vec<_>>().join("`");
    let is_whole = escaped.ends_with(['.', ':', '?', '!']);
    if is_whole { escaped } else { format!("{escaped}.") }
}

#[test]
fn the_page_about_commands_is_up_to_date() {
    assert_up_to_date("commands.md", &page(&Cli::command()));
}

#[test]
fn a_command_is_written_with_its_options_values_and_examples() {
    let below = Command::new("add")
        .about("Add a | <feed>")
        .arg(Arg::new("url").value_name("URL").required(true).help("The address"))
        .arg(
            Arg::new("full")
                .long("full")
                .value_parser(["auto", "off"])
                .default_value("auto")
                .help("When"),
        )
        .arg(Arg::new("old").long("old").hide(true).help("Not shown"))
        .after_help("Example:\n  tool add U\n\nExit codes: 0\nok.");
    let every = Arg::new("data").short('d').long("data").global(true).help("The folder");
    let root = Command::new("tool").about("A tool").arg(every).subcommand(below);
    let page = page(&root);
    let expected = "\
\n## add

Add a | \\<feed>.

```
tool add [OPTIONS] <URL>
```

| argument | default | meaning |
|---|---|---|
| `<URL>` |  | The address. |
| `--full <full>` | `auto` | When. `auto`. `off`. |

Example:

```
tool add U
```

Exit codes: 0 ok.
";
    assert!(page.ends_with(expected), "{page}");
    assert!(page.contains("| `-d, --data <data>` |  | The folder. |\n"), "{page}");
    assert!(page.contains("| [`add`](#add) | Add a \\| \\<feed>. |\n"), "{page}");
}

#[test]
fn the_pages_are_about_commands_that_exist() {
    let root = Cli::command();
    for (path, _) in PAGES {
        let found = path.split(' ').try_fold(&root, |above, name| above.find_subcommand(name));
        assert!(found.is_some_and(|command| !command.is_hide_set()), "{path}");
    }
}
