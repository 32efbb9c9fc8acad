//! `up` on a terminal: lines about folded articles, and no log between them.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use rustix::process::{Pid, Signal, kill_process};

use super::PATIENCE;
use super::generated::{Numbers, text, word};
use super::say;
use super::up::CONFIG;
use crate::program::Folder;

/// The output on a terminal until the first line of an article. The terminal is made by `script`
/// (util-linux); `None` if it is not installed.
fn terminal_lines(options: &str) -> Option<Vec<String>> {
    let settings = "data = \"data\"\n[[source]]\npath = \"one.txt\"\n";
    let mut numbers = Numbers::from_seed(5);
    let names = [word(&mut numbers), word(&mut numbers)];
    let article = text(1, &names, &mut numbers);
    let files = [(CONFIG, settings.as_bytes()), ("one.txt", article.as_bytes())];
    let folder = Folder::with(&files);
    let up = format!(
        "{} up {options} --config {CONFIG} --listen 127.0.0.1:0 --operations 127.0.0.1:0",
        env!("CARGO_BIN_EXE_wirefold")
    );
    let mut script = Command::new("script");
    script.args(["-qec", &up, "/dev/null"]).current_dir(folder.path());
    script.env("XDG_CONFIG_HOME", folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = script.stderr(Stdio::null()).spawn().ok()?;
    let out = child.stdout.take().expect("it is piped");
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let mut shown = Vec::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        let is_article = line.starts_with("new ");
        shown.push(line);
        if is_article {
            break;
        }
    }
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    child.wait().expect("it is our child");
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
