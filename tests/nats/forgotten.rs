//! `forget` on a NATS server: no byte of an article stays in the files of the server or of wirefold, and
//! everything else works on.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::{Bus as _, SystemClock, read_object, write_object};
use wirefold_flow_nats::{Options, connect};
use wirefold_proto::FORGETTING;
use wirefold_proto::streams::{FORGOTTEN, KEPT};

use super::over::{NatsServer, runtime};
use super::setup::server;
use crate::pipeline::PATIENCE;
use crate::pipeline::forgotten::{Newsroom, copy_all, is_marked, keep, marked};
use crate::pipeline::up::{CONFIG, now};
use crate::program::{Folder, Run};

/// Forgets both articles.
fn forget(room: &Newsroom, option: &str) -> Run {
    let [ferry, alone] = room.addresses();
    room.folder.run(&["forget", option, &ferry, &alone])
}

/// Writes the export of each event, as the gateway does two days later.
fn write_kept(room: &Newsroom, server: &NatsServer) {
    let up = server.up(&room.folder);
    let objects = keep(&room.folder, usize::MAX);
    assert_eq!(up.terminate().code, Some(0));
    assert_eq!(objects.iter().filter(|(_, object)| is_marked(object)).count(), 2);
    runtime().block_on(async {
        let store = server.connect().await.objects(KEPT.name).expect("a good name");
        for (name, object) in objects {
            write_object(&*store, &name, object.into()).await.expect("it runs");
        }
    });
}

/// The kept events.
fn kept(server: &NatsServer) -> Vec<Vec<u8>> {
    runtime().block_on(async {
        let store = server.connect().await.objects(KEPT.name).expect("a good name");
        let mut objects = Vec::new();
        for name in store.names().await.expect("it runs") {
            let object = read_object(&*store, &name).await.expect("it is whole");
            objects.push(object.expect("it is there"));
        }
        objects
    })
}

#[test]
fn no_byte_of_it_stays_on_the_server_and_all_else_goes_on() {
    let mut room = Newsroom::open();
    let server = NatsServer::start(&room.folder);
    room.fill(|folder| server.up(folder));
    let data = room.data();
    write_kept(&room, &server);
    let before = marked(&data);
    let is_found = |name: &str| before.iter().any(|it| it.to_string_lossy().contains(name));
    for name in [
        "WF_FETCHED", "WF_ENRICHED", "WF_OUTPUT", "WF_ALERTS", "wf_snapshots", "wf_kept",
        "gateway.db",
    ] {
        assert!(is_found(name), "the search finds what is there: {name} {before:?}");
    }
    let saved = room.folder.path().join("saved");
    copy_all(&data.join("nats"), &saved);
    let told = forget(&room, "--dry-run").code(0).err;
    assert!(told.contains("goes: 2 articles, 2 output messages, 1 alert,"), "{told}");
    forget(&room, "--yes").code(0);
    server.kill();
    assert_eq!(marked(&data), Vec::<PathBuf>::new());
    server.run_again();
    let listed = room.folder.run(&["forget", "--list"]).code(0).out;
    assert_eq!(listed.matches("address.").count(), 2, "{listed}");
    let left = kept(&server);
    assert_eq!((left.len(), left.iter().any(|object| is_marked(object))), (4, false));

    // The page of another machine, which `forget` did not reach.
    for table in ["gateway.db", "gateway.db-wal", "gateway.db-shm"] {
        fs::copy(saved.join(table), data.join("nats").join(table)).expect("it stood there");
    }
    fs::remove_dir_all(&saved).expect("it is there");
    let up = server.up(&room.folder);
    let busy = forget(&room, "--yes").code(1).err;
    assert!(busy.contains("Stop all stages first"), "{busy}");
    let while_it_runs = room.folder.run(&["forget", "--list"]).code(0).out;
    assert_eq!(while_it_runs, listed);
    room.goes_on(&up);
    assert_eq!(up.terminate().code, Some(0));
    server.kill();
    assert_eq!(marked(&data), Vec::<PathBuf>::new());
}

/// After a kill at any point the next run finishes the work, and nothing else is lost.
#[test]
fn killed_in_the_middle_the_next_run_ends_it() {
    let mut room = Newsroom::open();
    let server = NatsServer::start(&room.folder);
    room.fill(|folder| server.up(folder));
    let data = room.data();
    let saved = room.folder.path().join("saved");
    server.kill();
    copy_all(&data, &saved);
    // In the first second it checks for running stages.
    for after in (1_000..2_200).step_by(150) {
        fs::remove_dir_all(&data).expect("it is there");
        copy_all(&saved, &data);
        server.run_again();
        let [ferry, alone] = room.addresses();
        let mut command = room.folder.command(&["forget", "--yes", "-q", &ferry, &alone]);
        let mut child = command.spawn().expect("the binary is built");
        std::thread::park_timeout(Duration::from_millis(after));
        // If it has ended by then, there is nothing to kill.
        let _ = child.kill();
        child.wait().expect("it is our child");
        let told = forget(&room, "--yes").code(0).err;
        server.kill();
        assert_eq!(marked(&data), Vec::<PathBuf>::new(), "killed after {after} ms: {told}");
    }
    server.run_again();
    let up = server.up(&room.folder);
    room.goes_on(&up);
    assert_eq!(up.terminate().code, Some(0));
}

/// On another server: no stage starts before `forget` is done, and `forget` does not start while a stage
/// runs.
#[test]
fn running_stages_and_forget_exclude_each_other() {
    let folder = Folder::with(&[(CONFIG, b"data = \"data\"\n")]);
    let server = server(&folder);
    let url = server.url.as_str();
    folder.run(&["setup", "--nats", url]).code(0);
    let set = format!("[bus]\nnats = [\"{url}\"]\n");
    folder.write(CONFIG, format!("data = \"data\"\n{set}").as_bytes());
    let address = "https://harbour.example/ferry";
    let told = folder.run(&["forget", "--yes", address]).code(0).err;
    assert!(told.contains("from now on wirefold refuses such articles"), "{told}");

    let stage = ["run", "enricher", "--operations", "127.0.0.1:0", "--nats", url];
    let mut enricher = folder.command(&stage).spawn().expect("the binary is built");
    let deadline = now().plus(PATIENCE);
    let busy = loop {
        let run = folder.run(&["forget", "--yes", address]);
        if run.code == 1 || now() > deadline {
            break run.code(1).err;
        }
    };
    assert!(busy.contains("these run on the server: enricher. Stop all stages first"), "{busy}");
    for (option, code) in [("--dry-run", 0), ("--allow", 0), ("--allow", 3)] {
        folder.run(&["forget", option, address]).code(code);
    }
    enricher.kill().expect("it runs");
    enricher.wait().expect("it is our child");

    let runtime = runtime();
    let options = Options::new(url, "test");
    let bus = runtime.block_on(connect(&options, Arc::new(SystemClock))).expect("it runs");
    let list = bus.key_value(FORGOTTEN.name).expect("a good name");
    runtime.block_on(list.put(FORGETTING, "{}".into())).expect("it is stored");
    for arguments in [&["setup", "--nats", url][..], &stage] {
        let refused = folder.run(arguments).code(4).err;
        assert!(refused.contains("run it to its end first"), "{refused}");
    }
    let finished = folder.run(&["forget", "--yes", address]).code(0).err;
    assert!(finished.contains("an earlier `forget` was interrupted"), "{finished}");
    folder.run(&["setup", "--nats", url]).code(0);
}
