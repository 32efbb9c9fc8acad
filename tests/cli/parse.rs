//! `feed parse` and `feed extract`: the contents of a file, without a running wirefold.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Folder, Run, command};

const FEED: &[u8] = b"<rss version='2.0'><channel><title>Harbour & Sea</title>
    <item><title>Ferry late</title><link>/ferry</link><author>desk@harbour.example (Ann Lee)</author>
    <pubDate>Thu, 05 Mar 2026 14:00:00 GMT</pubDate><description>Fog on the strait.</description>
    <source url='https://wire.example/feed'>The Wire</source></item>
    <item><title>cut";

const PAGE: &str = "<!doctype html><html lang=en><head><title>Ferry late - The Ledger</title>
    <meta property=og:title content='Ferry late'><meta name=author content='Ann Lee'>
    <meta property=article:published_time content='2026-03-05T14:00:00Z'></head><body><article>
    <p>The ferry to Ness left four hours late on Thursday, after fog had closed the harbour since
    dawn and two pilots had refused to board.</p><p>Nobody sails blind, said the harbour master,
    who had the siren sounded every two minutes until the lighthouse came into sight.</p>
    </article></body></html>";

#[track_caller]
fn objects(run: &Run) -> Vec<Value> {
    run.out.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn a_feed_is_shown_for_people() {
    let folder = Folder::with(&[("feed.xml", FEED)]);
    let run = folder.run(&["feed", "parse", "--url", "https://harbour.example/f", "feed.xml"]);
    let run = run.code(0);
    assert!(run.out.starts_with("Harbour & Sea · rss20 · 1 item\n"), "{}", run.out);
    for part in ["2026-03-05T14:00:00Z  Ferry late", "by Ann Lee · from The Wire · 4 words"] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    assert!(run.out.contains("https://harbour.example/ferry\n"), "{}", run.out);
    assert!(run.err.contains("note: feed.xml: broken at byte"), "{}", run.err);
}

#[test]
fn a_feed_on_standard_input_is_printed_as_json() {
    let run = Folder::with(&[]).run_on(FEED, &["feed", "parse", "--json", "-q"]).code(0);
    let items = objects(&run);
    assert_eq!((items.len(), run.err.as_str()), (1, ""));
    assert_eq!(items[0]["schema"], "wirefold.item/1");
    assert_eq!(items[0]["source_url"], "https://wire.example/feed");
    assert_eq!(items[0]["published"], "2026-03-05T14:00:00Z");
}

#[test]
fn files_that_are_not_feeds_are_reported_and_the_rest_is_shown() {
    let folder = Folder::with(&[("a.xml", FEED), ("b.xml", b"hello")]);
    let run = folder.run(&["feed", "parse", "b.xml", "a.xml", "gone.xml"]).code(5);
    assert!(run.out.contains("Ferry late"), "{}", run.out);
    for part in ["b.xml: this is plain text, not a feed", "error: gone.xml: "] {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
    folder.run(&["feed", "parse", "b.xml"]).code(1);
}

#[test]
fn the_article_of_a_page_is_printed() {
    let folder = Folder::with(&[("page.html", PAGE.as_bytes()), ("empty.html", b"<html>")]);
    let run = folder.run(&["feed", "extract", "--json", "page.html", "empty.html"]).code(5);
    let pages = objects(&run);
    assert_eq!(
        (&pages[0]["title"], &pages[0]["byline"]),
        (&json!("Ferry late"), &json!("Ann Lee"))
    );
    assert_eq!(pages[0]["published"], "2026-03-05T14:00:00Z");
    assert_eq!((&pages[0]["language"], &pages[0]["paywalled"]), (&json!("en"), &json!(false)));
    let text = pages[0]["text"].as_str().expect("the page has a text");
    assert!(text.starts_with("The ferry to Ness") && text.contains("\n\nNobody"), "{text}");
    assert_eq!(pages[1]["error"], "no article text on the page");
    assert!(run.err.contains("empty.html: no article text"), "{}", run.err);
    let shown = folder.run_on(PAGE.as_bytes(), &["feed", "extract"]).code(0);
    assert!(shown.out.starts_with("Ferry late\nAnn Lee · 2026-03-05T14:00:00Z · en\n\nThe ferry"));
    folder.run(&["feed", "extract", "gone.html"]).code(1);
    let rule =
        ["feed", "extract", "--article-selector", "p:first-of-type", "--remove-selector", "b"];
    let ruled = folder.run_on(PAGE.as_bytes(), &rule).code(0);
    assert!(ruled.out.ends_with("refused to board.\n"), "{}", ruled.out);
    let missed = folder
        .run(&["feed", "extract", "--json", "--article-selector", ".gone", "page.html"])
        .code(0);
    assert_eq!(objects(&missed)[0]["article_selector_unmatched"], true);
    assert!(
        missed.err.contains("note: page.html: --article-selector finds nothing"),
        "{}",
        missed.err
    );
    let refused = folder.run(&["feed", "extract", "--remove-selector", "p[", "page.html"]).code(2);
    assert!(refused.err.contains("\"p[\" is not a CSS selector"), "{}", refused.err);
    // A local file is printed completely. Of pages behind a wall, the pipeline stores only the lead.
    let locked =
        PAGE.replace("</head>", "<meta property=article:content_tier content=locked></head>");
    let whole = folder.run_on(locked.as_bytes(), &["feed", "extract"]).code(0);
    assert!(whole.out.contains(" · en · not free\n\nThe ferry"), "{}", whole.out);
    assert!(whole.out.ends_with("came into sight.\n"), "{}", whole.out);
    let told = objects(&folder.run_on(locked.as_bytes(), &["feed", "extract", "--json"]).code(0));
    assert_eq!(told[0]["paywalled"], true);
}

/// Text of a feed may occur in any message, but never controls the terminal.
#[test]
fn control_characters_of_a_feed_reach_no_terminal() {
    let folder = Folder::with(&[
        (
            "delete.xml",
            "<rss><channel><item><link>https://a.example/\u{7f}b\u{202e}</link></item></channel></rss>".as_bytes(),
        ),
        ("name.xml", b"<ev\x1b[2Jil>x</ev>"),
        ("text.xml", b"<rss><channel><title>a\x1b]0;b\x07c</title><item><title>d\xc2\x9b2Je</title></item></channel></rss>"),
    ]);
    let mut command = folder.command(&["feed", "parse", "name.xml", "text.xml"]);
    // As on a terminal. Otherwise control sequences are removed anyway.
    let run = command.env("CLICOLOR_FORCE", "1").output().unwrap();
    let said = [run.stdout, run.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(said.contains("XML document of <ev[2jil>") && said.contains("a]0;bc"), "{said:?}");
    let json = folder.command(&["feed", "parse", "--json", "delete.xml"]).output().unwrap().stdout;
    let json = String::from_utf8(json).unwrap();
    let item: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(item["link"], "https://a.example/%7Fb%E2%80%AE");
    let said = said + &json;
    let is_harmless = |c: char| (!c.is_control() && c != '\u{202e}') || c == '\n';
    assert!(said.chars().all(is_harmless), "{said:?}");
}

/// For any umask of the caller.
#[test]
fn stored_files_are_readable_only_by_their_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::with(&[]);
    folder.run(&["sub", "add", "Ferry", "--query", "ferry", "--data", "data"]).code(0);
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} has mode {mode:o}", entry.path());
        files += 1;
    }
    assert!(files > 0, "there is a database");
    // A file that an older version left open.
    let open = std::fs::Permissions::from_mode(0o644);
    let database = std::fs::read_dir(folder.path().join("data")).unwrap().next().unwrap().unwrap();
    std::fs::set_permissions(database.path(), open).unwrap();
    let run = folder.run(&["check", "--data", "data"]);
    assert!(run.out.contains("others may read 1 file of the data folder"), "{}", run.out);
    assert!(run.out.contains("chmod -R go= "), "{}", run.out);
}

/// The restrictions that the kernel reports for the child process that reads pages, once it has started.
#[cfg(target_os = "linux")]
#[test]
fn the_child_that_reads_pages_is_confined() {
    let mut child = command(&["extract-worker"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut hello = Vec::new();
    BufReader::new(child.stdout.take().unwrap()).read_until(b'\n', &mut hello).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "Seccomp_filters:\t2"] {
        assert!(status.lines().any(|it| it == line), "{line}\n{status}");
    }
    let checked = Folder::with(&[]).run(&["check", "--data", "data"]).out;
    assert!(checked.contains("pages are read in a process"), "{checked}");
}

#[test]
fn check_points_at_the_key_that_is_wrong() {
    let settings = "[[subscription]]\nname = \"Storms\"\nquery = \"storm\"\non = [\"neww\"]\n\
                    [[delivery]]\nname = \"log\"\nkind = \"file\"\npath = \"none/alerts.jsonl\"\n";
    let folder = Folder::with(&[("wirefold.toml", settings.as_bytes())]);
    let mut check = folder.command(&["check", "--data", "data"]);
    check.env("TZ", "Europe/Nix");
    let out = Run::of(check).out;
    for place in [
        "wirefold.toml:4:1: subscription Storms: on: ",
        "wirefold.toml:8:1: delivery log: the folder ",
        "TZ: \"Europe/Nix\" is not a time zone that this machine knows",
    ] {
        assert!(out.contains(place), "{place}: {out}");
    }
}

/// Even before any article was read.
#[test]
fn a_subscription_to_everything_is_warned_of() {
    let folder = Folder::with(&[]);
    let all = folder.run(&["sub", "add", "All", "--query", "*", "--data", "data"]).code(0);
    assert!(all.err.contains("broad: `*` matches every article"), "{}", all.err);
    let never = ["sub", "add", "Never", "--query", "ferry -ferry", "--data", "data"];
    let refused = folder.run(&never).code(2);
    assert!(refused.err.contains("it never matches"), "{}", refused.err);
    let ever = ["--quiet-hours", "22:00-22:00", "--time-zone", "UTC"];
    let add = ["sub", "add", "Ever", "--query", "ferry", "--data", "data"];
    let at_no_time = folder.run(&[&add[..], &ever[..]].concat()).code(2);
    assert!(at_no_time.err.contains("they begin and end at \"22:00\""), "{}", at_no_time.err);
}

/// Settings that are valid but will be refused later.
#[test]
fn check_examines_deliveries_and_inhibitors() {
    const SETTINGS: &str = r#"
[[delivery]]
name = "log"
kind = "file"
path = "alerts.jsonl"

[[delivery]]
name = "far"
kind = "webhook"
url = "https://desk.example:9999/alerts"

[[subscription]]
name = "Docks"
query = "port"
inhibited_by = ["tides"]
"#;
    let folder = Folder::with(&[("wirefold.toml", SETTINGS.as_bytes())]);
    let out = folder.run(&["check", "--data", "data"]).out;
    assert!(out.contains("delivery log; `wirefold alert test log`"), "{out}");
    assert!(out.contains("delivery far: port 9999 will be refused"), "{out}");
    assert!(out.contains("no file has the subscription tides of `inhibited_by`"), "{out}");
}
