//! Commands while no `up` runs: before the first one, and after the last.

use serde_json::Value;

use super::generated::{Numbers, text, word};
use super::loopback::{Answer, Loopback};
use super::up::{CONFIG, Up};
use crate::program::{Folder, Run};

const SETTINGS: &str = "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
    [[source]]\npath = \"dropped\"\n";

/// A feed, an address that leads to it, and nothing else.
fn site() -> Loopback {
    Loopback::answering(|asked| {
        let mut numbers = Numbers::from_seed(7);
        let names = [word(&mut numbers), word(&mut numbers)];
        let whole = text(1, &names, &mut numbers);
        let item = |key: &str, text: &str| {
            format!(
                "<item><guid>{key}</guid><title>Of {key}</title><description>{text}</description></item>"
            )
        };
        match asked.path.as_str() {
            "/feed" => {
                let items = item("one", &whole) + &item("two", "Short.") + &item("three", "Brief.");
                let body = format!(
                    "<rss version=\"2.0\"><channel><title>Tides</title>{items}</channel></rss>"
                );
                Answer::ok("application/rss+xml", body)
            }
            "/list" => {
                let url = |path: &str| format!("http://{}{path}", asked.host);
                let (feed, other) = (url("/feed"), url("/feed?other"));
                let list = format!(
                    "<opml><outline text='Coast'><outline text='Tides' xmlUrl='{feed}'/>\
                     <outline xmlUrl='{other}'/></outline></opml>"
                );
                Answer::ok("text/x-opml", list)
            }
            "/old" => Answer::With(301, vec![("location", "/feed".to_owned())], Vec::new()),
            _ => Answer::status(404),
        }
    })
}

fn folder() -> Folder {
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    folder
}

fn run(folder: &Folder, arguments: &[&str]) -> Run {
    folder.run(&[arguments, &["--config", CONFIG]].concat())
}

#[test]
fn feeds_are_checked_before_the_first_up() {
    let (site, folder) = (site(), folder());
    let tested = run(&folder, &["feed", "test", &site.url("/feed")]).code(0);
    assert!(tested.out.starts_with("Tides\n3 items, 2 of them teasers"), "{}", tested.out);
    run(&folder, &["feed", "test", &site.url("/none")]).code(1);
    assert!(!folder.path().join("data").exists(), "nothing is kept of a test");
    let added = run(&folder, &["feed", "add", &site.url("/feed"), "--id", "tides"]).code(0);
    assert!(added.err.contains("3 items, 2 of them teasers"), "{}", added.err);
    let again = run(&folder, &["feed", "add", &site.url("/old")]).code(0);
    assert!(again.err.contains("already watched as tides"), "{}", again.err);
    let list = format!(
        "<opml><outline xmlUrl='{}'/><outline xmlUrl='{}'/><outline xmlUrl='{}'/></opml>",
        site.url("/old"),
        site.url("/feed?all"),
        site.url("/none"),
    );
    folder.write("my.opml", list.as_bytes());
    let imported = run(&folder, &["feed", "import", "my.opml"]).code(0);
    for said in [
        "/old: already watched as tides\n",
        "1 of 2 feeds send teasers only (1 did not answer with a feed); 1 from publishers themselves\n",
        "imported 2 feeds, 1 known already\n",
    ] {
        assert!(imported.err.contains(said), "lacks {said:?}\n{}", imported.err);
    }
    run(&folder, &["sub", "add", "Tides", "--query", "tide"]).code(0);
    let up = Up::start(&folder);
    let feeds = up.get_until("/api/v1/feeds", |answer| {
        let feeds = answer["feeds"].as_array().into_iter().flatten();
        feeds.filter(|feed| feed["health"] == "good").count() == 2
    });
    assert_eq!(feeds.get("waiting"), None, "{feeds:#}");
    let is_in_force = |answer: &Value| answer.get("waiting").is_none();
    let rules = up.get_until("/api/v1/subscriptions", is_in_force);
    assert_eq!(rules["subscriptions"][0]["subscription"]["id"], "tides", "{rules:#}");
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn a_list_at_an_address_is_imported_once_and_followed_where_settings_say_so() {
    let (site, folder) = (site(), folder());
    let dry = run(&folder, &["feed", "import", &site.url("/list"), "--dry-run"]).code(0);
    assert!(dry.err.contains("would import 2 feeds, 0 known already"), "{}", dry.err);
    let none = run(&folder, &["feed", "import", &site.url("/feed")]).code(1);
    assert!(none.err.contains("this is a feed, not a list of feeds"), "{}", none.err);
    let followed = format!("{SETTINGS}[[opml]]\nurl = \"{}\"\n", site.url("/list"));
    folder.write(CONFIG, followed.as_bytes());
    let up = Up::start(&folder);
    let feeds = up.get_until("/api/v1/feeds", |answer| {
        let feeds = answer["feeds"].as_array().into_iter().flatten();
        feeds.filter(|feed| feed["health"] == "good").count() == 2
    });
    assert_eq!(feeds["lists"][0]["feeds"], 2, "{feeds:#}");
    assert_eq!(feeds["feeds"][0]["lists"][0], site.url("/list"), "{feeds:#}");
    let listed = run(&folder, &["feed", "ls"]).code(0);
    let line = format!("list {}: 2 feeds, read ", site.url("/list"));
    assert!(listed.err.contains(&line), "{}", listed.err);
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn a_subscription_is_rehearsed_after_the_last_up() {
    let folder = folder();
    let mut numbers = Numbers::from_seed(3);
    let names = [word(&mut numbers), word(&mut numbers)];
    folder.write("dropped/one.txt", text(1, &names, &mut numbers).as_bytes());
    let up = Up::start(&folder);
    up.events(0).articles(1);
    assert_eq!(up.terminate().code, Some(0));
    let all = run(&folder, &["sub", "test", "*", "--hours", "1"]).code(0);
    let said = "0 loud in the last 1 h: 1 article matches → 1 event";
    assert!(all.out.starts_with(said), "{}", all.out);
}

#[test]
fn a_delivery_that_does_not_exist_is_refused() {
    let config =
        "data = \"data\"\n[[delivery]]\nname = \"log\"\nkind = \"file\"\npath = \"log.jsonl\"\n";
    let folder = Folder::with(&[("wirefold.toml", config.as_bytes())]);
    let add = |to: &str| folder.run(&["sub", "add", "Tides", "--query", "tide", "--to", to]);
    let refused = add("lag").code(2).err;
    let why = "no delivery is called \"lag\"; did you mean `log`?";
    assert!(refused.contains(why), "{refused}");
    assert!(!folder.run(&["sub", "ls"]).code(0).out.contains("tides"), "nothing is stored");
    add("log").code(0);
    folder.run(&["check"]).code(0);
    folder.write("wirefold.toml", config.replace("\"log\"", "\"book\"").as_bytes());
    let checked = folder.run(&["check"]).code(1);
    let absent = "subscription tides: no delivery is called \"log\"";
    assert!(checked.out.contains(absent), "{}", checked.out);
}
