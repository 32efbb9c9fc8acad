//! `up` on a terminal: lines about folded articles, and no log between them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use rustix::process::{Pid, Signal, kill_process};

use super::PATIENCE;
use super::generated::{Numbers, text, word};
use super::say;
use super::up::CONFIG;
use crate::program::Folder;

/// `wirefold` on a terminal, which `script` (util-linux) makes. It ends with this value.
pub(super) struct Terminal {
    child: Child,
    /// The lines that the terminal shows, without colours.
    pub(super) lines: Receiver<String>,
}

impl Terminal {
    /// Starts the binary with these arguments on free ports; `None` if `script` is not installed.
    pub(super) fn start(folder: &Folder, arguments: &str) -> Option<Terminal> {
        let program = env!("CARGO_BIN_EXE_wirefold");
        let ports = "--listen 127.0.0.1:0 --operations 127.0.0.1:0";
        let mut script = Command::new("script");
        script.args(["-qec", &format!("{program} {arguments} {ports}"), "/dev/null"]);
        script.current_dir(folder.path()).env("XDG_CONFIG_HOME", folder.path());
        script.env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = script.stderr(Stdio::null()).spawn().ok()?;
        let out = child.stdout.take().expect("it is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let shown = BufReader::new(out).lines().map_while(Result::ok);
            shown.map(|line| line.trim_end().to_owned()).try_for_each(|line| sender.send(line))
        });
        Some(Terminal { child, lines })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // If it has ended by itself, there is nothing to stop.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

/// The output on a terminal until the first line of an article. `None` if there is no terminal.
fn terminal_lines(options: &str) -> Option<Vec<String>> {
    let settings = "data = \"data\"\n[[source]]\npath = \"one.txt\"\n";
    let mut numbers = Numbers::from_seed(5);
    let names = [word(&mut numbers), word(&mut numbers)];
    let article = text(1, &names, &mut numbers);
    let files = [(CONFIG, settings.as_bytes()), ("one.txt", article.as_bytes())];
    let folder = Folder::with(&files);
    let terminal = Terminal::start(&folder, &format!("up {options} --config {CONFIG}"))?;
    let mut shown = Vec::new();
    while let Ok(line) = terminal.lines.recv_timeout(PATIENCE) {
        let is_article = line.starts_with("new ");
        shown.push(line);
        if is_article {
            break;
        }
    }
    kill_process(Pid::from_child(&terminal.child), Signal::TERM).expect("it runs");
    Some(shown)
}

#[test]
fn a_terminal_shows_what_folds_and_the_log_only_on_demand() {
    let (Some(plain), Some(verbose)) = (terminal_lines(""), terminal_lines("-v")) else {
        say(format_args!("SKIPPED: no `script` to make a terminal"));
        return;
    };
    let has_log = |shown: &[String]| shown.iter().any(|line| line.contains("INFO"));
    assert!(plain.iter().any(|line| line.starts_with("new ")), "{plain:#?}");
    assert!(!has_log(&plain), "{plain:#?}");
    assert!(has_log(&verbose), "{verbose:#?}");
}
