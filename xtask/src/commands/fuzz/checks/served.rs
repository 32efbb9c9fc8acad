//! Input from connections: responses of sites and requests of clients.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::Runtime;
use wirefold_fetcher::{Search, Settings, probe};

use super::kind;
use crate::running::Running;
use crate::tree;

/// A server that always responds with the stored bytes, and its client.
struct Site {
    address: String,
    answer: Arc<Mutex<Vec<u8>>>,
    runtime: Runtime,
    settings: Settings,
}

/// The bytes as the response of a site, with status and headers, to the request of a poll.
pub(in super::super) fn answer(bytes: &[u8]) -> u64 {
    static SITE: OnceLock<Site> = OnceLock::new();
    let site = SITE.get_or_init(|| site().expect("a server on loopback"));
    *site.answer.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
    let address = format!("http://{}/feed.xml", site.address);
    let probe = site.runtime.block_on(probe(&site.settings, &address, Search::Here));
    let probe = probe.expect("the address is one");
    let parts = [probe.items as usize, probe.feeds.len(), probe.redirects.len()];
    let mut said: Vec<String> = probe.would;
    said.extend(probe.problem);
    kind(&parts, &said)
}

fn site() -> anyhow::Result<Site> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let answer = Arc::new(Mutex::new(Vec::new()));
    let given = answer.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let bytes = given.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let _ = stream.write_all(&bytes);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let settings = Settings {
        allow_hosts: vec![address.clone()],
        timeout: Duration::from_secs(2),
        ..Settings::default()
    };
    Ok(Site { address, answer, runtime, settings })
}

/// The variable with host and port of the `wirefold up` for [`api`].
pub(in super::super) const PAGE: &str = "WIREFOLD_FUZZ_PAGE";

/// The bytes as a request to a running `wirefold up`: the first line is method and path, the rest the body.
/// No request may cause an internal error.
pub(in super::super) fn api(bytes: &[u8]) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a target has no argument but its input")]
    let page = std::env::var(PAGE).expect("the runner of the target starts `up` before");
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let is_visible = |byte: &&u8| (0x20..0x7f).contains(*byte);
    let line: Vec<u8> = bytes[..end].iter().filter(is_visible).copied().collect();
    let line = String::from_utf8_lossy(&line);
    let (method, path) = line.split_once(' ').unwrap_or(("GET", &*line));
    let path = path.replace(' ', "%20");
    let body = bytes.get(end + 1..).unwrap_or_default();
    let status = ask(&page, method, &path, body).expect("it answers");
    let code = status.get(9..12).and_then(|code| code.parse::<u16>().ok()).unwrap_or(0);
    // 503 means that something is unavailable, such as a full stream. This is not an internal error.
    assert!(code < 500 || code == 503, "{method} {path}: {status}");
    kind(&[usize::from(code)], &[method.to_owned(), status])
}

/// A `wirefold up` in a temporary folder.
pub(in super::super) fn up() -> anyhow::Result<(Running, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let source = "data = \"data\"\n[[source]]\npath = \"incoming\"\n";
    std::fs::create_dir(folder.path().join("incoming"))?;
    std::fs::write(folder.path().join("wirefold.toml"), source)?;
    let program = tree::root().join("target/debug/wirefold");
    let up = Running::start(&program, folder.path()).context("cargo build -p wirefold makes it")?;
    Ok((up, folder))
}

/// The first line of the response, with its body if it is short.
fn ask(page: &str, method: &str, path: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(page)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let length = body.len();
    // A server that refuses the head may close before it has read all of the request.
    let _ = write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: {page}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    );
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.take(4096).read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    anyhow::ensure!(!answer.is_empty(), "no answer: {read:?}");
    let (head, told) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Ok(format!("{} {}", head.lines().next().unwrap_or_default(), told.get(..200).unwrap_or(told)))
}
