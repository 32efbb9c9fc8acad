//! Compares `docs/commands.md` with the command line.

use clap::{Command, CommandFactory as _};

use super::Cli;

const FILE: &str = "../../docs/commands.md";

/// The commands below this one that people run, each with the words before it.
fn leaves(command: &Command, above: &[String]) -> Vec<Vec<String>> {
    let shown = |sub: &&Command| !sub.is_hide_set() && sub.get_name() != "help";
    let path = |sub: &Command| [above, &[sub.get_name().to_owned()]].concat();
    let below = |sub: &Command| match sub.has_subcommands() {
        true => leaves(sub, &path(sub)),
        false => vec![path(sub)],
    };
    command.get_subcommands().filter(shown).flat_map(below).collect()
}

/// The command that a command line in backticks names. `above` are the words before the last named
/// command: after `feed add`, `ls` is `feed ls`.
fn find_path(root: &Command, above: &[String], span: &str) -> Result<Vec<String>, String> {
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    let names: Vec<String> = span.split(' ').take_while(is_name).map(str::to_owned).collect();
    let below = [above, &names].concat();
    let path = [below, names].into_iter().find(|path| find(root, path).is_some());
    let path = path.ok_or("no such command")?;
    let command = find(root, &path).ok_or("no such command")?;
    for flag in span.split(' ').filter_map(|word| word.strip_prefix("--")) {
        let mut all = command.get_arguments().chain(root.get_arguments());
        if !all.any(|arg| arg.get_long() == Some(flag)) {
            return Err(format!("no flag --{flag}"));
        }
    }
    Ok(path)
}

fn find<'a>(root: &'a Command, path: &[String]) -> Option<&'a Command> {
    path.iter().try_fold(root, |command, name| command.find_subcommand(name))
}

#[test]
fn the_page_about_commands_names_those_that_exist_and_leaves_none_out() {
    let page = std::fs::read_to_string(FILE).expect("the checkout has the page");
    let rows = page.lines().skip_while(|line| !line.starts_with("| command | purpose |")).skip(2);
    let table: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    let root = Cli::command();
    let mut on_page: Vec<Vec<String>> = Vec::new();
    for row in &table {
        let (cell, mut above) = (row.split('|').nth(1).unwrap_or_default(), Vec::new());
        for span in cell.split('`').skip(1).step_by(2) {
            let path = find_path(&root, &above, span)
                .unwrap_or_else(|why| panic!("docs/commands.md: `{span}`: {why}"));
            above = path[..path.len().saturating_sub(1)].to_vec();
            on_page.push(path);
        }
    }
    for path in leaves(&root, &[]) {
        assert!(on_page.contains(&path), "docs/commands.md does not name `{}`", path.join(" "));
    }
}
