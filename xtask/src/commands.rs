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

/// Prints a text. A reader that closes the output is not an error.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    match std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
