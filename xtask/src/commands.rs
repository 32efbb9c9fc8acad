//! One module for each command.

pub(crate) mod accuracy;
pub(crate) mod attack;
pub(crate) mod bench;
pub(crate) mod chaos;
pub(crate) mod compose_test;
pub(crate) mod dist;
pub(crate) mod faults;
pub(crate) mod fuzz;
pub(crate) mod test;
pub(crate) mod tools;
pub(crate) mod train;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::tree;

/// Runs a command, which must succeed.
pub(crate) fn run_command(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?} does not run"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// The output of a command, which must succeed.
pub(crate) fn output_of(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("{command:?} does not run"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} ended with {}: {}", output.status, said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The binary that an argument names, or else a new build of this tree with a profile of Cargo.
pub(crate) fn program(named: Option<&Path>, profile: &str) -> anyhow::Result<PathBuf> {
    if let Some(program) = named {
        return program.canonicalize().with_context(|| program.display().to_string());
    }
    run_command(&mut tree::cargo(&["build", "--locked", "-p", "wirefold", "--profile", profile]))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(tree::builds()?.join(folder).join("wirefold"))
}

/// The document with a block between two marks, in place of the previous one.
pub(crate) fn replaced(
    document: &str,
    [begin, end]: [&str; 2],
    block: &str,
) -> anyhow::Result<String> {
    let (before, rest) = document.split_once(begin).with_context(|| format!("no {begin}"))?;
    let (_, after) = rest.split_once(end).with_context(|| format!("no {end}"))?;
    Ok([before, begin, block, end, after].concat())
}

/// Replaces each name in braces by its figure.
pub(crate) fn fill(template: &str, figures: &[(&str, String)]) -> String {
    figures.iter().fold(template.to_owned(), |text, (name, figure)| {
        text.replace(&format!("{{{name}}}"), figure.trim_end())
    })
}

/// Prints a text. A reader that closes the output is not an error.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    match std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_the_place_of_the_one_before_and_leaves_all_else() {
        let page = "a\n<x>\nold\n</x>\nb\n";
        let marks = ["<x>", "</x>"];
        assert_eq!(replaced(page, marks, "\nnew\n").unwrap(), "a\n<x>\nnew\n</x>\nb\n");
        assert!(replaced(page, ["<y>", "</x>"], "new").is_err());
    }
}
