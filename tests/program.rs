//! Runs the built binary as a user would: arguments in, two streams and a code out.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use wirefold_proto::{VerdictLine, decode};

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

impl Run {
    fn new(output: &Output) -> Run {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it prints UTF-8");
        Run {
            out: text(&output.stdout),
            err: text(&output.stderr),
            code: output.status.code().expect("no signal ended it"),
        }
    }

    /// Runs a command to its end.
    pub(crate) fn of(mut command: Command) -> Run {
        Run::new(&command.output().expect("the binary is built"))
    }

    /// Standard output as verdicts. Fails if it contains anything else.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<VerdictLine> {
        let read = |line: &str| {
            decode(line.as_bytes()).unwrap_or_else(|error| panic!("{error}: {line}\n{}", self.err))
        };
        self.out.lines().map(read).collect()
    }

    /// The ids of the verdicts, in order.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<String> {
        self.lines().into_iter().map(|line| line.id).collect()
    }

    /// The verdict on the first input with this id.
    #[track_caller]
    pub(crate) fn line(&self, id: &str) -> VerdictLine {
        let found = self.lines().into_iter().find(|line| line.id == id);
        found.unwrap_or_else(|| panic!("no verdict on {id}\n{}\n{}", self.out, self.err))
    }

    /// Fails unless it ended with this code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}

/// The binary without colour settings in its environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirefold"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "CI"] {
        command.env_remove(name);
    }
    command
}

/// Runs it in the folder of this package, in which tests run.
pub(crate) fn wirefold(arguments: &[&str]) -> Run {
    Run::new(&command(arguments).output().expect("the binary is built"))
}

/// A folder for one test. It is deleted when the test ends.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &[u8])]) -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a temporary folder can be made"));
        for (name, bytes) in files {
            folder.write(name, bytes);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).expect("a temporary folder takes files");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.current_dir(self.path());
        command
    }

    /// Runs the binary in this folder, so that messages name its files without a path.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::new(&self.command(arguments).output().expect("the binary is built"))
    }

    /// Runs it with these bytes on standard input.
    pub(crate) fn run_on(&self, input: &[u8], arguments: &[&str]) -> Run {
        let mut kept = tempfile::tempfile().expect("a temporary file can be made");
        kept.write_all(input).expect("a temporary file takes bytes");
        std::io::Seek::rewind(&mut kept).expect("a file can be read again");
        self.run_from(kept, arguments)
    }

    /// Runs it with this file as standard input.
    pub(crate) fn run_from(&self, input: File, arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        Run::new(&command.stdin(input).output().expect("the binary is built"))
    }
}

/// Folds the lines on standard input.
pub(crate) fn fold_lines(lines: &str, arguments: &[&str]) -> Run {
    let arguments = [&["fold", "--json"], arguments, &["-"]].concat();
    Folder::with(&[]).run_on(lines.as_bytes(), &arguments)
}
