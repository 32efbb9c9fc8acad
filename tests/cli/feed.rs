//! `feed`, through the socket of a fake `up`.

use serde_json::{Value, json};

use super::api::{Api, ReceivedRequest, accepted, problem, sample};
use crate::program::Folder;
use crate::tidy::tree;

/// The feed of the sample with another id and address.
fn feed(id: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut record = sample("wirefold.feed.2.json");
    record["feed"]["id"] = id.into();
    record["feed"]["url"] = format!("https://{id}.example/feed").into();
    record["health"] = "good".into();
    for field in ["problem", "managed_by"] {
        record.as_object_mut().expect("a record is an object").remove(field);
    }
    change(&mut record);
    record
}

fn listing(feeds: &[Value]) -> (u16, Value) {
    (200, json!({"schema": "wirefold.api.feeds/2", "feeds": feeds}))
}

/// A fake with these feeds, which accepts others and probes addresses.
fn api(feeds: Vec<Value>) -> Api {
    Api::answering(move |asked: &ReceivedRequest| match asked.line.as_str() {
        "GET /api/v1/feeds" => listing(&feeds),
        "POST /api/v1/feeds" if asked.body["url"] == "https://refused.example/" => {
            problem(409, "managed by wirefold.toml:14: change it there")
        }
        "POST /api/v1/feeds" => accepted(&sample("wirefold.control.2.feed.add.json")),
        "DELETE /api/v1/feeds/two" => accepted(&sample("wirefold.control.2.feed.remove.json")),
        "DELETE /api/v1/feeds/one" => problem(409, "managed by wirefold.toml:14"),
        "POST /api/v1/feeds/probe" if asked.body["list"] == true => {
            (200, list_at(&asked.body["url"]))
        }
        "POST /api/v1/feeds/probe" => (200, probed(&asked.body["url"])),
        _ => problem(404, "no such feed: see `wirefold feed ls`"),
    })
}

fn probed(url: &Value) -> Value {
    let found = match url.as_str() {
        Some("https://page.example/") => json!({
            "problem": "an HTML page, not a feed",
            "feeds": ["https://page.example/a.xml", "https://page.example/b.xml"],
        }),
        Some("https://nothing.example/") => json!({"problem": "no answer within 30 s"}),
        Some("https://moved.example/feed") => json!({
            "title": "One", "items": 2, "teasers": 0,
            "redirects": [{"status": 301, "to": "https://one.example/feed/"}],
        }),
        Some("https://tides.example/feed") => json!({"title": "Tides", "items": 9, "teasers": 1}),
        _ => json!({"title": "Harbour News", "items": 20, "teasers": 18}),
    };
    json!({"schema": "wirefold.api.probe/1", "found": found})
}

fn list_at(url: &Value) -> Value {
    let found = match url.as_str() {
        Some("https://lists.example/my.opml") => json!({
            "list": {
                "feeds": [
                    {"url": "https://tides.example/feed", "title": "Tides", "group": "Coast",
                     "speaks_for": "victim.example"},
                    {"url": "https://one.example/feed"},
                ],
                "notes": ["line 4: \"gopher:\" is not a web address; skipped"],
                "is_whole": false,
            },
        }),
        _ => json!({"problem": "line 1: this is a web page, not a list of feeds (OPML)"}),
    };
    json!({"schema": "wirefold.api.probe/1", "found": found})
}

#[test]
fn a_list_at_an_address_is_imported() {
    let api = api(vec![feed("one", |_| {})]);
    let url = "https://lists.example/my.opml";
    let dry = api.run(&["feed", "import", url, "--dry-run"]).code(0);
    assert!(dry.err.contains("would import 1 feed, 1 known already"), "{}", dry.err);
    assert!(added(&api).is_empty());
    let run = api.run(&["feed", "import", url, "--no-probe", "--full-text", "on"]).code(0);
    for said in [
        "note: https://lists.example/my.opml: line 4: \"gopher:\" is not a web address; skipped\n",
        "note: https://lists.example/my.opml: it breaks off before its end\n",
        "note: https://lists.example/my.opml: the list says which site 1 feed speaks for; wirefold ignores this",
        "imported 1 feed, 1 known already\n",
        "write [[opml]] and url = \"https://lists.example/my.opml\" into wirefold.toml\n",
    ] {
        assert!(run.err.contains(said), "lacks {said:?}\n{}", run.err);
    }
    let added = added(&api);
    assert_eq!((added.len(), added[0]["group"].as_str()), (1, Some("Coast")));
    assert!(added[0]["speaks_for"].is_null(), "a list at an address gives no authority");
    let none = api.run(&["feed", "import", "https://page.example/"]).code(1);
    let said = "error: https://page.example/: line 1: this is a web page, not a list of feeds";
    assert!(none.err.starts_with(said), "{}", none.err);
}

#[test]
fn remote_lists_are_shown_with_their_problems() {
    let list = |url: &str, change: &dyn Fn(&mut Value)| {
        let mut record = sample("wirefold.list.2.json");
        record["url"] = url.into();
        change(&mut record);
        record
    };
    let well = list("https://lists.example/well.opml", &|record| {
        for field in ["problem", "failing_since"] {
            record.as_object_mut().expect("a record is an object").remove(field);
        }
    });
    let ailing = list("https://lists.example/ailing.opml", &|_| {});
    let api = Api::answering(move |_: &ReceivedRequest| {
        let (feeds, lists) = ([feed("one", |_| {})], [ailing.clone(), well.clone()]);
        (200, json!({"schema": "wirefold.api.feeds/2", "feeds": feeds, "lists": lists}))
    });
    let run = api.run(&["feed", "ls"]).code(0);
    assert!(
        run.err.contains("list https://lists.example/well.opml: 34 feeds, read "),
        "{}",
        run.err
    );
    let line = "list https://lists.example/ailing.opml: failing since ";
    assert!(run.err.contains(line) && run.err.contains("it breaks off"), "{}", run.err);
    let problems = api.run(&["feed", "ls", "--problems"]).code(0);
    assert!(problems.err.contains(line) && !problems.err.contains("well.opml"), "{}", problems.err);
    let lines = api.run(&["feed", "ls", "--problems", "--json"]).code(0).out;
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains("\"schema\":\"wirefold.list/2\""), "{lines}");
}

#[test]
fn the_list_says_how_feeds_are_doing() {
    let failing = feed("two", |record| {
        record["health"] = "failing".into();
        record["failures"] = 3.into();
        record["problem"] = "HTTP 503".into();
    });
    let full = feed("three", |record| record["teasers"]["teasers"] = 0.into());
    let api = api(vec![feed("one", |_| {}), failing, full]);
    let run = api.run(&["feed", "ls"]).code(0);
    assert_eq!(run.out.lines().count(), 4, "{}", run.out);
    let line = run.out.lines().find(|line| line.starts_with("two ")).unwrap();
    assert!(line.contains("failing 3 times in a row") && line.contains("HTTP 503"), "{line}");
    assert_eq!(run.err, "3 feeds: 2 good, 1 failing; 2 of 3 feeds send teasers\n");
    let problems = api.run(&["feed", "ls", "--problems"]).code(0);
    assert_eq!(problems.out.lines().count(), 2, "{}", problems.out);
    let lines = api.run(&["feed", "ls", "--json"]).code(0).out;
    let ids: Vec<Value> = lines
        .lines()
        .map(|json| serde_json::from_str::<Value>(json).unwrap())
        .inspect(|record| assert_eq!(record["schema"], "wirefold.feed/2"))
        .map(|record| record["feed"]["id"].clone())
        .collect();
    assert_eq!(ids, ["one", "two", "three"]);
}

#[test]
fn an_empty_list_says_what_to_do() {
    let run = api(Vec::new()).run(&["feed", "ls"]).code(0);
    assert_eq!(run.out, "");
    assert!(run.err.contains("`wirefold feed import FILE.opml`"), "{}", run.err);
}

const LIST: &str = "<opml version='2.0'><body>
    <outline text='Coast'><outline text='Sea'>
      <outline text='Tides' xmlUrl='https://tides.example/feed'/>
    </outline></outline>
    <outline text='One' xmlUrl='https://one.example/feed'/>
    <outline text='Gulls' xmlUrl='https://gulls.example/feed'/>
    </body></opml>";

#[test]
fn a_list_is_imported_and_known_feeds_stay_as_they_are() {
    let api = api(vec![feed("one", |_| {})]);
    api.folder.write("my.opml", LIST.as_bytes());
    let dry = api.run(&["feed", "import", "my.opml", "--dry-run"]).code(0);
    assert!(dry.err.contains("would import 2 feeds, 1 known already"), "{}", dry.err);
    assert!(dry.err.contains("--dry-run fetches no feed"), "{}", dry.err);
    assert!(api.told().is_empty());
    let run = api.run(&["feed", "import", "my.opml", "--full-text", "off", "--no-probe"]).code(0);
    assert!(run.err.starts_with("imported 2 feeds, 1 known already\n"), "{}", run.err);
    let mut told: Vec<Value> = api.told().into_iter().map(|asked| asked.body).collect();
    told.sort_by_key(|body| body["url"].to_string());
    let id = |body: &mut Value| body.as_object_mut().and_then(|body| body.remove("id"));
    assert_ne!(id(&mut told[0]), id(&mut told[1]), "each has an id of its own");
    let expected = [
        json!({"url": "https://gulls.example/feed", "title": "Gulls", "full_text": "off"}),
        json!({
            "url": "https://tides.example/feed",
            "title": "Tides",
            "group": "Coast/Sea",
            "full_text": "off",
        }),
    ];
    assert_eq!(told, expected);
}

#[test]
fn without_a_terminal_nobody_is_asked_about_pages() {
    let api = api(Vec::new());
    let run = api.folder.run_on(LIST.as_bytes(), &["feed", "import", "-", "--data", "."]).code(0);
    assert!(run.err.contains("note: full_text = auto"), "{}", run.err);
    let added = added(&api);
    assert!(added.len() == 3 && added.iter().all(|body| body["full_text"] == "auto"));
}

/// The feeds that the command adds.
fn added(api: &Api) -> Vec<Value> {
    let adding = |asked: &ReceivedRequest| asked.line == "POST /api/v1/feeds";
    api.told().into_iter().filter(adding).map(|asked| asked.body).collect()
}

#[test]
fn an_import_says_how_many_feeds_send_teasers() {
    let api = api(Vec::new());
    let list = LIST.replace("https://gulls.example/feed", "https://nothing.example/");
    api.folder.write("my.opml", list.as_bytes());
    let run = api.run(&["feed", "import", "my.opml"]).code(0);
    let said = "1 of 3 feeds send teasers only (1 did not answer with a feed)\n";
    assert!(run.err.starts_with(said), "{}", run.err);
    assert_eq!(added(&api).len(), 3, "one that is silent now is added all the same");
}

#[test]
fn a_feed_that_is_watched_already_is_named_and_not_added() {
    let api = api(vec![feed("one", |_| {})]);
    for same in [
        "https://one.example/feed",
        "http://one.example/feed/",
        "https://ONE.example:443/feed?utm_source=list#top",
        "https://moved.example/feed",
    ] {
        let run = api.run(&["feed", "add", same]).code(0);
        let said = "already watched as one: https://one.example/feed\n";
        assert!(run.err.ends_with(said), "{same}: {}", run.err);
    }
    assert_eq!(added(&api), Vec::<Value>::new());
    let change = api.run(&["feed", "add", "https://one.example/feed", "--group", "sea"]).code(0);
    assert!(change.err.contains("was watched already and is changed"), "{}", change.err);
    api.run(&["feed", "add", "http://one.example/feed/", "--id", "other"]).code(0);
    let added = added(&api);
    assert_eq!((added[0]["group"].as_str(), added[1]["id"].as_str()), (Some("sea"), Some("other")));
}

#[test]
fn a_list_adds_each_feed_once() {
    let api = api(vec![feed("one", |_| {})]);
    let list = "<opml><outline xmlUrl='http://one.example/feed/'/>
        <outline xmlUrl='https://moved.example/feed'/>
        <outline xmlUrl='https://tides.example/feed'/><outline xmlUrl='http://tides.example/feed/'/>
        </opml>";
    api.folder.write("my.opml", list.as_bytes());
    let run = api.run(&["feed", "import", "my.opml"]).code(0);
    for said in [
        "my.opml: 1 feed is listed twice",
        "note: https://moved.example/feed: already watched as one\n",
        "0 of 1 feed sends teasers only\n",
        "imported 1 feed, 2 known already\n",
    ] {
        assert!(run.err.contains(said), "lacks {said:?}\n{}", run.err);
    }
    let urls: Vec<Value> = added(&api).into_iter().map(|body| body["url"].clone()).collect();
    assert_eq!(urls, ["https://tides.example/feed"]);
}

#[test]
fn commands_that_wait_for_the_next_up_are_shown() {
    let folder = Folder::with(&[]);
    let run = |arguments: &[&str]| folder.run(&[arguments, &["--data", "data"]].concat());
    let added = ["feed", "add", "http://127.0.0.1:1/feed", "--yes", "--id", "sea"];
    let waits = run(&added).code(0);
    assert!(waits.err.contains("sea is watched, from the next `wirefold up` on"), "{}", waits.err);
    let list = run(&["feed", "ls"]).code(0);
    assert!(list.out.contains("sea") && list.out.contains("at the next `up`"), "{}", list.out);
    assert!(list.err.contains("note: 1 feed waits for the next `wirefold up`"), "{}", list.err);
    assert!(run(&["feed", "export"]).code(0).out.contains("http://127.0.0.1:1/feed"));
    run(&["sub", "add", "Harbour", "--query", "harbour"]).code(0);
    let subscriptions = run(&["sub", "ls"]).code(0);
    assert!(subscriptions.out.contains("harbour"), "{}", subscriptions.out);
    assert!(subscriptions.err.contains("the next `wirefold up`: harbour"), "{}", subscriptions.err);
    let shown = run(&["sub", "show", "harbour"]).code(0);
    assert!(shown.out.contains("from the next `wirefold up` on"), "{}", shown.out);
    let rehearsed = run(&["sub", "test", "harbour"]).code(0);
    assert_eq!(rehearsed.out, "0 loud in the last 7 days: no article matches\n");
    run(&["feed", "rm", "sea"]).code(0);
    assert_eq!(run(&["feed", "ls"]).code(0).out, "");
    let none = run(&["feed", "rm", "sea"]).code(3);
    assert_eq!(none.err, "error: no feed \"sea\": see `wirefold feed ls`\n");
}

#[test]
fn refused_feeds_are_named_and_the_rest_is_added() {
    let api = api(Vec::new());
    let list = LIST.replace("https://gulls.example/feed", "https://refused.example/");
    api.folder.write("my.opml", list.as_bytes());
    let run = api.run(&["feed", "import", "my.opml", "--no-probe"]).code(5);
    let line = "error: https://refused.example/: managed by wirefold.toml:14: change it there";
    assert!(run.err.contains(line), "{}", run.err);
    assert!(run.err.contains("imported 2 feeds, 0 known already, 1 refused"), "{}", run.err);
}

#[test]
fn invalid_lists_are_named() {
    let api = api(Vec::new());
    api.folder.write("feed.xml", b"<rss version='2.0'/>");
    api.folder.write("empty.opml", b"<opml version='2.0'><body/></opml>");
    let feed = api.run(&["feed", "import", "feed.xml"]).code(2);
    assert!(feed.err.starts_with("error: feed.xml: line 1: this is a feed"), "{}", feed.err);
    let empty = api.run(&["feed", "import", "empty.opml"]).code(3);
    assert_eq!(empty.err, "error: empty.opml: no feeds in it\n");
    api.run(&["feed", "import", "gone.opml"]).code(3);
}

#[test]
fn an_export_can_be_imported() {
    let grouped = feed("two", |record| {
        record["feed"]["group"] = "Sea & Coast".into();
        record["feed"]["speaks_for"] = "harbour.example".into();
    });
    let run = api(vec![feed("one", |_| {}), grouped]).run(&["feed", "export"]).code(0);
    let other = api(Vec::new());
    other.folder.write("my.opml", run.out.as_bytes());
    other.run(&["feed", "import", "my.opml", "--no-probe"]).code(0);
    let told = other.told();
    let two = told.iter().find(|asked| asked.body["id"] == "two").expect("it keeps its id");
    assert_eq!(two.body["group"], "Sea & Coast");
    assert_eq!(two.body["url"], "https://two.example/feed");
    assert_eq!(two.body["speaks_for"], "harbour.example");
    let one = told.iter().find(|asked| asked.body["id"] == "one").expect("it keeps its id");
    assert!(one.body["speaks_for"].is_null());
    assert_eq!(told.len(), 2);
}

#[test]
fn an_address_is_checked_before_it_is_added() {
    let api = api(Vec::new());
    let run = api.run(&["feed", "add", "https://harbour.example/feed", "--group", "sea"]).code(0);
    assert!(run.err.contains("20 items, 18 of them teasers"), "{}", run.err);
    assert_eq!(api.told()[1].body["group"], "sea");
    let page = api.run(&["feed", "add", "https://page.example/"]).code(2);
    assert!(page.err.contains("https://page.example/b.xml"), "{}", page.err);
    api.run(&["feed", "add", "https://nothing.example/"]).code(1);
    let lines =
        |of: &Api| of.told().iter().filter(|asked| asked.line == "POST /api/v1/feeds").count();
    assert_eq!(lines(&api), 1, "only the first was added");
    api.run(&["feed", "add", "https://nothing.example/", "--yes"]).code(0);
    assert_eq!(lines(&api), 2);
}

#[test]
fn an_address_can_be_tried() {
    let api = api(Vec::new());
    let run = api.run(&["feed", "test", "https://harbour.example/feed"]).code(0);
    assert!(run.out.starts_with("Harbour News\n20 items"), "{}", run.out);
    let page = api.run(&["feed", "test", "https://page.example/"]).code(1);
    assert!(page.out.contains("its site has 2 feeds:"), "{}", page.out);
}

#[test]
fn feeds_are_removed_by_id_or_address_but_not_those_of_a_file() {
    let api = api(vec![feed("one", |_| {}), feed("two", |_| {})]);
    api.run(&["feed", "rm", "two"]).code(0);
    api.run(&["feed", "rm", "https://two.example/feed"]).code(0);
    assert_eq!(api.told().len(), 2);
    let managed = api.run(&["feed", "rm", "one"]).code(2);
    assert_eq!(managed.err, "error: managed by wirefold.toml:14\n");
    api.run(&["feed", "rm", "three"]).code(3);
    api.run(&["feed", "rm", "https://three.example/feed"]).code(3);
}

#[test]
fn without_data_there_is_nothing_to_show() {
    let folder = Folder::with(&[]);
    for command in [["feed", "ls"], ["story", "ls"], ["alert", "ls"], ["sub", "ls"], ["dead", "ls"]]
    {
        let run = folder.run(&[&command[..], &["--data", "none"]].concat()).code(3);
        assert_eq!(run.out, "");
        assert!(
            run.err
                .contains("nothing has been collected yet in none: `wirefold feed add URL`, then")
        );
        assert!(!folder.path().join("none").exists(), "looking makes no folder");
    }
}

#[test]
fn a_data_folder_that_cannot_be_read_is_not_called_empty() {
    let folder = Folder::with(&[("data", b"a file")]);
    let add = ["feed", "add", "http://127.0.0.1:1/feed", "--yes"];
    let (ls, forget) = (["feed", "ls"], ["forget", "--outlet", "harbour.example"]);
    for command in [&ls[..], &["backup", "copy"], &["tail"], &["mcp"], &forget, &add] {
        let run = folder.run(&[command, &["--data", "data"]].concat()).code(4);
        let why = "the data folder data cannot be read: Not a directory";
        assert!(run.err.contains(why), "{command:?}: {}", run.err);
    }
}

#[test]
fn the_starter_list_is_read_whole() {
    let list = tree::root().join("seeds/starter.opml");
    let list = list.to_str().expect("the checkout's path is UTF-8");
    let folder = Folder::with(&[]);
    let run = folder.run(&["feed", "import", list, "--dry-run", "--data", "data", "--json"]);
    let run = run.code(0);
    assert!(run.err.contains("would import 33 feeds, 0 known already"), "{}", run.err);
    assert!(!folder.path().join("data").exists(), "a dry run makes no folder");
    for line in run.out.lines() {
        let line: Value = serde_json::from_str(line).expect("each line is JSON");
        let url = line["url"].as_str().expect("each line names its address");
        assert!(url.starts_with("https://"), "{url}");
    }
}
