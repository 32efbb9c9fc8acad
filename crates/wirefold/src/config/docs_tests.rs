//! Writes `docs/config.md` from the reference. A test keeps the two equal.

use super::{Row, Section, sections};
use crate::generated_page_tests::assert_up_to_date;

const HEAD: &str = "\
# Settings

<!-- Generated: `WIREFOLD_BLESS=1 cargo test -p wirefold config` rewrites this file. -->

You set a key in a TOML file, in an environment variable or by a flag. If several set one key, \
the first in this list wins:

1. flags: `--listen`, `--data`, `--nats`, `--set KEY=VALUE`
2. environment variables: `WIREFOLD_` and the key, with `__` for the dot: \
`WIREFOLD_PAGE__LISTEN=127.0.0.1:9000`
3. `wirefold.toml` in the working folder, or the file that `--config FILE` names
4. `wirefold/wirefold.toml` in `$XDG_CONFIG_HOME`, else in `~/.config`
5. `/etc/wirefold/wirefold.toml`
6. the defaults below

wirefold merges tables from all layers. A list, such as `[[feed]]`, comes whole from one layer. \
wirefold refuses an unknown key and names the file, the line and the nearest known key. \
`wirefold config show --origin` prints the values in force and their origins. \
`wirefold check` checks whether the settings work. `wirefold config init` writes a first file.

A duration is a number and one of `s`, `m`, `h`, `d`. If a key takes a list, one text \
is enough. Paths in a file are relative to that file's folder. Put secrets into an environment variable \
(`secret = \"env:WEBHOOK_KEY\"`) or into the first line of a file (`password = \"file:nats.password\"`) rather than \
into `wirefold.toml`. wirefold never shows them.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for section in &sections() {
        page.push_str(&heading(section));
        page.push_str("| key | takes | default | meaning |\n|---|---|---|---|\n");
        for row in &section.rows {
            page.push_str(&line(row));
        }
    }
    page
}

fn heading(section: &Section) -> String {
    let Section { key, many, what, .. } = section;
    match (key.as_str(), many) {
        ("", _) => "\n## At the top\n\n".to_owned(),
        (_, false) => format!("\n## `[{key}]`\n\n{what}\n\n"),
        (_, true) => format!("\n## `[[{key}]]`\n\n{what} There may be many.\n\n"),
    }
}

fn line(row: &Row) -> String {
    let default = match &row.default {
        _ if row.required => "(needed)".to_owned(),
        Some(default) => format!("`{default}`"),
        None => "(not set)".to_owned(),
    };
    let cells = [format!("`{}`", row.name), row.kind.clone(), default, row.what.clone()];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

#[test]
fn the_page_about_settings_is_up_to_date() {
    assert_up_to_date("config.md", &page());
}

#[test]
fn every_key_says_what_it_is_for() {
    for section in &sections() {
        assert!(!section.what.is_empty(), "[{}]", section.key);
        assert!(!section.rows.is_empty(), "[{}]", section.key);
        for row in &section.rows {
            assert!(row.what.ends_with(['.', '…']), "[{}] {}: {}", section.key, row.name, row.what);
            assert!(row.required || !row.kind.is_empty());
        }
    }
}
