//! Children that work, hang, crash and use too much memory. Each is a real process: this test binary
//! again.

use std::fs;
use std::io::{self, stdin, stdout};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;

use super::pool::serve_with;
use super::{ExtractError, Extractor, Page, Rule, Settings, page, sandbox};

/// No feed gives hints about its pages here.
static NONE: Rule = Rule { article: None, remove: Vec::new() };

/// The argument that makes this binary a child. The test harness reads it as the name of a test to skip.
const TOLD: &str = "be-an-extraction-child";

/// The command that starts this test binary as a child that extracts.
pub(crate) fn settings() -> Settings {
    let args = ["--exact", "extract::tests::child_process", "--nocapture", "--skip", TOLD];
    Settings {
        program: std::env::current_exe().unwrap(),
        args: args.map(str::to_owned).to_vec(),
        workers: 1,
        memory: 512 * 1024 * 1024,
        cpu: Duration::from_secs(60),
        wall: Duration::from_mins(2),
    }
}

#[expect(clippy::disallowed_methods, reason = "how a test tells its child what to do")]
fn is_told() -> bool {
    std::env::args().any(|arg| arg == TOLD)
}

#[test]
fn child_process() {
    if is_told() {
        serve_with(stdin().lock(), stdout().lock(), &read).unwrap();
    }
}

/// Reads pages like the child, except for pages that name a fault.
fn read(bytes: &[u8], url: &str, rule: &Rule) -> Option<Page> {
    match bytes {
        b"hang" => loop {
            std::thread::park();
        },
        b"burn" => loop {
            std::hint::spin_loop();
        },
        b"abort" => std::process::abort(),
        b"panic" => panic!("as asked"),
        b"eat" => {
            let eaten = vec![1_u8; 2 * 1024 * 1024 * 1024];
            Some(Page { text: eaten.len().to_string(), ..Page::default() })
        }
        b"pid" => Some(Page { text: std::process::id().to_string(), ..Page::default() }),
        b"escape" => Some(Page { text: escapes(url).join("\n"), ..Page::default() }),
        b"confine" => Some(Page { text: sandbox::enter().missing.join("\n"), ..Page::default() }),
        other => page::extract(other, url, rule),
    }
}

/// Attempts in the child what an intruder would. Prints one line for each attempt: its gain, or the number of
/// the error. The child's user may read and write `file`.
fn escapes(file: &str) -> Vec<String> {
    let attempts: [(&str, &dyn Fn() -> io::Result<String>); 9] = [
        ("connect", &|| TcpStream::connect("127.0.0.1:9").map(|it| format!("{it:?}"))),
        ("listen", &|| TcpListener::bind("127.0.0.1:0").map(|it| format!("{it:?}"))),
        ("datagram", &|| UdpSocket::bind("127.0.0.1:0").map(|it| format!("{it:?}"))),
        ("read", &|| fs::read_to_string(file)),
        ("write", &|| fs::write(file, "changed").map(|()| "written".to_owned())),
        ("delete", &|| fs::remove_file(file).map(|()| "deleted".to_owned())),
        ("start", &|| Command::new("/bin/true").status().map(|it| it.to_string())),
        ("become", &|| Err(Command::new("/bin/true").exec())),
        ("signal", &|| {
            let first = rustix::process::Pid::INIT;
            Ok(rustix::process::test_kill_process(first).map(|()| "sent".to_owned())?)
        }),
    ];
    let describe = attempts.map(|(name, attempt)| match attempt() {
        Ok(gained) => format!("{name}: {gained}"),
        Err(error) => format!("{name}: {}", error.raw_os_error().unwrap_or_default()),
    });
    describe.to_vec()
}

fn good() -> Bytes {
    let sentence = "The ferry to Ness left four hours late, for fog had closed the harbour. ";
    let body = format!("<p>{}</p>", sentence.repeat(4)).repeat(3);
    format!("<html><body><article><h1>Ferry</h1>{body}</article></body></html>").into()
}

#[track_caller]
fn expect_text(page: Result<Page, ExtractError>) {
    assert!(page.unwrap().text.contains("The ferry to Ness left"));
}

async fn pid(extractor: &Extractor) -> String {
    extractor.extract("pid".into(), "", &NONE).await.unwrap().text
}

#[tokio::test]
async fn a_child_reads_many_pages() {
    let extractor = Extractor::new(settings());
    expect_text(extractor.extract(good(), "https://harbour.example/a", &NONE).await);
    let first = pid(&extractor).await;
    expect_text(extractor.extract(good(), "no address", &NONE).await);
    assert!(matches!(extractor.extract("".into(), "", &NONE).await, Err(ExtractError::Nothing)));
    assert!(matches!(
        extractor.extract("panic".into(), "", &NONE).await,
        Err(ExtractError::Crashed)
    ));
    assert_eq!(pid(&extractor).await, first);
    assert_ne!(first, std::process::id().to_string());
}

#[tokio::test]
async fn a_rule_reaches_the_child() {
    let rule = Rule { article: Some("h1".to_owned()), remove: vec!["b".to_owned()] };
    let page = "<html><body><h1>Ferry <b>not</b> late</h1><p>All else.</p></body></html>";
    let read = Extractor::new(settings()).extract(page.into(), "", &rule).await.unwrap();
    assert_eq!((read.text.as_str(), read.article_missed), ("Ferry late", false));
}

#[tokio::test]
async fn a_page_that_hangs_is_stopped_and_the_next_is_read() {
    let wall = Duration::from_millis(300);
    let hasty = Extractor::new(Settings { wall, ..settings() });
    let hung = hasty.extract("hang".into(), "", &NONE).await;
    assert!(matches!(hung, Err(ExtractError::TimedOut)), "{hung:?}");
    let extractor = Extractor::new(Settings { cpu: Duration::from_millis(500), ..settings() });
    let first = pid(&extractor).await;
    let burnt = extractor.extract("burn".into(), "", &NONE).await;
    assert!(matches!(burnt, Err(ExtractError::TimedOut)), "{burnt:?}");
    assert_ne!(pid(&extractor).await, first);
    expect_text(extractor.extract(good(), "", &NONE).await);
}

#[tokio::test]
async fn a_page_that_kills_the_child_is_named_and_the_next_is_read() {
    let extractor = Extractor::new(settings());
    for page in ["abort", "eat"] {
        let answer = extractor.extract(page.into(), "", &NONE).await;
        assert!(matches!(answer, Err(ExtractError::Crashed)), "{page}: {answer:?}");
        expect_text(extractor.extract(good(), "", &NONE).await);
    }
}

#[tokio::test]
async fn a_child_that_died_between_two_pages_is_replaced() {
    let extractor = Extractor::new(settings());
    let first = pid(&extractor).await.parse().unwrap();
    let process = rustix::process::Pid::from_raw(first).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    assert_ne!(pid(&extractor).await, first.to_string());
}

#[tokio::test]
async fn no_child_is_not_the_fault_of_the_page() {
    for (program, args) in [("/nonexistent/wirefold", vec![]), ("/bin/true", vec![])] {
        let extractor = Extractor::new(Settings { program: program.into(), args, ..settings() });
        let answer = extractor.extract(good(), "", &NONE).await;
        assert!(matches!(answer, Err(ExtractError::Unavailable(_))), "{program}: {answer:?}");
    }
}

#[tokio::test]
async fn a_dropped_extraction_leaves_no_child_at_work() {
    let extractor = Extractor::new(settings());
    let first = pid(&extractor).await;
    {
        let hanging = extractor.extract("hang".into(), "", &NONE);
        let waited = tokio::time::timeout(Duration::from_millis(100), hanging).await;
        assert!(waited.is_err());
    }
    assert_ne!(pid(&extractor).await, first);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_child_that_a_page_has_taken_over_gains_nothing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "secret").unwrap();
    let path = file.path().to_str().unwrap();
    let extractor = Extractor::new(settings());
    let describe = extractor.extract("escape".into(), path, &NONE).await.unwrap().text;
    let refused = format!(": {}", libc::EPERM);
    assert_eq!(describe.lines().count(), 9, "{describe}");
    assert!(describe.lines().all(|line| line.ends_with(&refused)), "{describe}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "secret");
    expect_text(extractor.extract(good(), "", &NONE).await);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_child_says_how_far_it_is_confined() {
    let sandbox = Extractor::new(settings()).sandbox().await.unwrap();
    // Every kernel that tests run on has seccomp. Some have no Landlock, and report that.
    assert!(sandbox.missing.iter().all(|it| it.starts_with("Landlock: ")), "{sandbox:?}");
    let none = Settings { program: "/bin/true".into(), args: Vec::new(), ..settings() };
    let answer = Extractor::new(none).sandbox().await;
    assert!(matches!(answer, Err(ExtractError::Unavailable(_))), "{answer:?}");
}

/// A confined process may not confine itself again, like a process of a container that forbids it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_layer_that_the_system_refuses_is_named_with_the_reason() {
    let extractor = Extractor::new(settings());
    let missing = extractor.extract("confine".into(), "", &NONE).await.unwrap().text;
    let layers: Vec<&str> = missing.lines().collect();
    assert_eq!(layers.len(), 2, "{missing}");
    assert!(layers[0].starts_with("Landlock: "), "{missing}");
    assert!(layers[1].starts_with("seccomp: ") && layers[1].contains("not permitted"), "{missing}");
    expect_text(extractor.extract(good(), "", &NONE).await);
}

/// The child reads a page like this process does: extraction needs nothing that is forbidden there.
#[tokio::test]
async fn the_sandbox_changes_no_article() {
    let extractor = Extractor::new(settings());
    let pages = fs::read_dir("fixtures/pages").unwrap().map(|entry| entry.unwrap().path());
    for path in pages.filter(|path| path.extension().is_some_and(|it| it == "html")) {
        let (html, url) = (fs::read(&path).unwrap(), "https://ledger.example/ferry");
        let here = page::extract(&html, url, &NONE);
        let there = extractor.extract(html.into(), url, &NONE).await.ok();
        assert_eq!(there, here, "{}", path.display());
    }
}

/// Pages that take other programs minutes, or crash them.
#[tokio::test]
async fn nested_pages_delay_nobody() {
    let extractor = Extractor::new(settings());
    let pages = ["<div>", "<svg><desc>", "<table><tr><td>x<p>"];
    let pages = pages.map(|unit| Bytes::from(unit.repeat(20_000)));
    for page in &pages {
        let refused = extractor.extract(page.clone(), "", &NONE).await;
        assert!(matches!(refused, Err(ExtractError::TooDeep)), "{refused:?}");
    }
    let hasty = Extractor::new(Settings { wall: Duration::from_secs(4), ..settings() });
    let answer = hasty.extract_unseen(&pages[2]).await;
    assert!(matches!(answer, Err(ExtractError::TimedOut | ExtractError::Crashed)), "{answer:?}");
    expect_text(extractor.extract(good(), "", &NONE).await);
}

/// Invented pages, each with one problem of real ones, and the article that a reader would copy.
#[test]
fn pages_with_a_problem_each_give_their_article() {
    let folder = std::path::Path::new("fixtures/pages");
    let mut pages: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "html"));
    pages.sort();
    assert!(pages.len() >= 9, "{pages:?}");
    let wrong: Vec<String> = pages
        .iter()
        .filter_map(|path| {
            let gold = fs::read_to_string(path.with_extension("txt")).unwrap();
            let html = fs::read(path).unwrap();
            let found =
                page::extract(&html, "https://ledger.example/ferry", &NONE).unwrap_or_default();
            (found.text.trim() != gold.trim())
                .then(|| format!("{}:\n{}\n--- wanted\n{gold}", path.display(), found.text))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
