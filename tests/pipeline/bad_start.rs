//! A command that cannot start prints the reason and the remedy in one line and ends with the right code.

use std::net::TcpListener;

use super::up::{CONFIG, Up};
use crate::program::{Folder, Run};

const EMPTY: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

fn folder(config: &str) -> Folder {
    let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    folder
}

fn up(folder: &Folder, arguments: &[&str]) -> Run {
    let any_port = ["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"];
    let arguments = [&["up", "--config", CONFIG], &any_port[..], arguments].concat();
    folder.run(&arguments)
}

/// The line with the reason.
#[track_caller]
fn error(run: &Run) -> &str {
    let errors: Vec<&str> = run.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{}", run.err);
    assert!(run.out.is_empty(), "{}", run.out);
    errors[0]
}

#[test]
fn a_second_instance_on_one_folder_is_refused() {
    let folder = folder(EMPTY);
    let first = Up::start(&folder);
    let second = up(&folder, &[]).code(4);
    let said = error(&second);
    assert!(said.contains("in use by another") && said.contains("--data"), "{said}");
    assert!(first.is_alive());
    first.get("/api/v1/status");
    assert_eq!(first.terminate().code, Some(0));
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let folder = folder(EMPTY);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = taken.local_addr().unwrap().to_string();
    for option in ["--listen", "--operations"] {
        let other = if option == "--listen" { "--operations" } else { "--listen" };
        let run = folder.run(&["up", "--config", CONFIG, option, &place, other, "127.0.0.1:0"]);
        assert_ne!(run.code, 0);
        let said = error(&run);
        assert!(said.contains(&place) && said.contains(option), "{said}");
    }
    assert_eq!(Up::start(&folder).terminate().code, Some(0), "the folder is as it was");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    // Below a file. Tests may run as root, who can write everywhere else.
    let folder = folder("data = \"wirefold.toml/data\"\n[[source]]\npath = \"dropped\"\n");
    let run = up(&folder, &[]);
    assert!(matches!(run.code, 1 | 4), "{}\n{}", run.code, run.err);
    let said = error(&run);
    assert!(said.contains("wirefold.toml/data"), "{said}");
}

#[test]
fn an_unknown_key_is_pointed_at_with_the_nearest_one() {
    let folder = folder("data = \"data\"\n\n[fetcher]\nmin_intervall = \"10m\"\n");
    let run = up(&folder, &[]).code(2);
    assert!(run.err.contains("wirefold.toml:4"), "{}", run.err);
    assert!(run.err.contains("min_intervall") && run.err.contains("`min_interval`"), "{}", run.err);
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}

#[test]
fn a_folder_of_another_layout_is_refused_with_words_and_left_as_it_is() {
    /// The offset of the version of the tables in a SQLite file: four bytes, big-endian.
    const VERSION: std::ops::Range<usize> = 60..64;
    let folder = folder(EMPTY);
    assert_eq!(Up::start(&folder).terminate().code, Some(0));
    let path = folder.path().join("data").join(wirefold_flow_sqlite::FILE);
    for layout in [1_u32, 1_000_000] {
        let mut bytes = std::fs::read(&path).expect("up has stored it");
        bytes[VERSION].copy_from_slice(&layout.to_be_bytes());
        std::fs::write(&path, &bytes).expect("a temporary folder takes files");
        let refusals = [up(&folder, &[]).code(4), folder.run(&["feed", "ls", "--config", CONFIG])];
        for run in &refusals {
            let said = error(run);
            let words = format!("bus.sqlite has the layout {layout} of another wirefold");
            assert!(said.contains(&words) && said.contains("--data"), "{said}");
            assert_ne!(run.code, 0);
        }
        assert!(std::fs::read(&path).expect("it is still there") == bytes, "{layout}");
    }
}
