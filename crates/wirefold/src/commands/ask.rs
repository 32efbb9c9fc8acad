//! Questions to the person at the terminal.

use std::io::{BufRead, IsTerminal, Write};

/// Whether a person can answer: both standard input and standard error are a terminal.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks and returns the answer in lower case. `None` at the end of the input.
pub(super) fn ask(question: &str) -> std::io::Result<Option<String>> {
    let mut talk = anstream::stderr();
    write!(talk, "{question} ")?;
    talk.flush()?;
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer)?;
    Ok((read > 0).then(|| answer.trim().to_lowercase()))
}

/// Asks a question to which an empty answer means yes.
pub(super) fn confirm(question: &str) -> std::io::Result<bool> {
    let answer = ask(&format!("{question} [Y/n]"))?;
    Ok(answer.is_some_and(|answer| answer.is_empty() || answer == "y" || answer == "yes"))
}
