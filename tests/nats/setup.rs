//! `wirefold setup` and single stages with a server that already runs.

use std::process::{Child, Command, Stdio};

use super::over::program;
use crate::port;
use crate::program::Folder;

/// A server without users. It is killed with the test.
pub(in crate::pipeline) struct Server {
    child: Child,
    pub(in crate::pipeline) url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(in crate::pipeline) fn server(folder: &Folder) -> Server {
    let port = port::free();
    let settings = format!(
        "listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: {:?}, max_file: 1TB }}\n",
        folder.path().join("store")
    );
    folder.write("nats.conf", settings.as_bytes());
    let mut command = Command::new(program().path);
    command.arg("-c").arg(folder.path().join("nats.conf"));
    let child = command.stderr(Stdio::null()).spawn().expect("it is a program");
    Server { child, url: format!("nats://127.0.0.1:{port}") }
}

#[test]
fn setup_makes_what_stages_need_and_may_be_run_again() {
    let folder = Folder::with(&[("wirefold.toml", b"data = \"data\"\n")]);
    let server = server(&folder);
    let url = server.url.as_str();
    let stage = ["run", "detector", "--operations", "127.0.0.1:0", "--nats", url];

    let before = folder.run(&stage).code(4);
    assert!(before.err.contains("wirefold setup"), "{}", before.err);
    let first = folder.run(&["setup", "--nats", url]).code(0);
    for name in
        ["WF_FETCHED", "WF_OUTPUT", "wf_feeds", "wf_marks", "WF_OUTPUT/reader", "WF_ALERTS/reader"]
    {
        assert!(first.out.contains(name), "{}", first.out);
    }
    assert_eq!(folder.run(&["setup", "--nats", url]).code(0).out, first.out);
}

#[test]
fn impossible_setups_are_reported() {
    let folder = Folder::with(&[("wirefold.toml", b"data = \"data\"\n")]);
    let pruner = folder.run(&["run", "pruner", "--operations", "127.0.0.1:0"]).code(2);
    assert!(pruner.err.contains("the pruner needs --nats"), "{}", pruner.err);
    let refused = folder.run(&["run", "keepr"]).code(2);
    assert!(refused.err.contains("pruner") && !refused.err.contains("keeper"), "{}", refused.err);
    let login = folder.run(&["setup", "--nats", "nats://me:secret@localhost:4222"]).code(2);
    assert!(login.err.contains("`password`"), "{}", login.err);
    assert!(!login.err.contains("secret@"), "{}", login.err);
    let both = folder.run(&["up", "--demo", "--nats"]).code(2);
    assert!(both.err.contains("--nats"), "{}", both.err);
}
