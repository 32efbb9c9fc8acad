//! `up` served to other machines: no request works without a token, also after restarts.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;

use super::up::{CONFIG, Up};
use crate::program::Folder;

/// The status of the response to a `GET`, and its whole head.
fn get_head(up: &Up, path: &str, header: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(&up.page).expect("it listens");
    stream.set_read_timeout(Some(super::PATIENCE)).expect("it is not zero");
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {}\r\n{header}\r\n", up.page).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers to the end");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer.split("\r\n\r\n").next().unwrap_or_default().to_owned())
}

fn start(folder: &Folder) -> Up {
    let listening = ["--listen", "0.0.0.0:0", "--operations", "127.0.0.1:0"];
    let arguments = [&["up", "--config", CONFIG], &listening[..]].concat();
    Up::start_command(folder, folder.command(&arguments))
}

fn run(folder: &Folder, arguments: &[&str]) -> String {
    let run = folder.run(&[&["token"], arguments, &["--config", CONFIG]].concat()).code(0);
    run.out.trim().to_owned()
}

#[test]
fn remote_requests_need_a_token() {
    let config = b"data = \"data\"\n[[source]]\npath = \"in.jsonl\"\n";
    let folder = Folder::with(&[(CONFIG, config), ("in.jsonl", b"")]);
    let up = start(&folder);
    assert!(!up.page.starts_with("0.0.0.0"), "{}: nobody reaches that", up.page);
    let status = "/api/v1/status";
    assert_eq!(get_head(&up, status, "").0, 401);

    let said = up.output();
    let told = said.lines().find(|line| line.starts_with("sign in http://")).unwrap();
    let once = &told[told.find("/sign-in/").unwrap()..];
    let (code, head) = get_head(&up, once, "");
    assert_eq!(code, 303, "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = format!("cookie: {}\r\n", cookie.split(';').next().unwrap());
    assert_eq!(get_head(&up, "/", &cookie).0, 200);
    assert_eq!(get_head(&up, once, "").0, 403, "the link worked twice");

    let token = run(&folder, &["add", "desk", "--scope", "read"]);
    let bearer = format!("authorization: Bearer {token}\r\n");
    assert_eq!(get_head(&up, status, &bearer).0, 200);
    up.signal(Signal::KILL);
    drop(up);

    let again = start(&folder);
    assert!(!again.output().contains("/sign-in/"), "somebody can come in already");
    assert_eq!(get_head(&again, "/", &cookie).0, 200);
    assert_eq!(get_head(&again, status, &bearer).0, 200);
    let listed = run(&folder, &["ls"]);
    assert!(listed.contains("desk") && listed.contains("browser"), "{listed}");
    assert!(!listed.contains(&token), "{listed}");
    let link = run(&folder, &["sign-in", "ana", "--scope", "read"]);
    assert!(link.starts_with(&format!("http://{}/sign-in/", again.page)), "{link}");
    run(&folder, &["revoke", "desk"]);
    assert_eq!(get_head(&again, status, &bearer).0, 401);
    assert_eq!(again.terminate().code, Some(0));
}
