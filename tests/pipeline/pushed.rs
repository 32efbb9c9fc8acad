//! A page that arrives in two ways is one article.

use serde_json::json;

use super::kept::StoredStreams;
use super::loopback::{Answer, Loopback};
use super::up::{CONFIG, Up};
use crate::program::Folder;

const TITLE: &str = "Lamp on the outer mole mended";
const TEXT: &str = "The lamp on the outer mole burns again. Two pilots mended it on Friday night, \
    with glass from the old chandlery and a ladder that the harbour office had written off.";

#[test]
fn a_pushed_page_is_not_stored_again_when_it_is_polled() {
    let server = Loopback::answering(|asked| match asked.path.as_str() {
        "/feed" => {
            let link = "https://amp.pilots.example/lamp/index.html?utm_source=rss";
            let item = format!(
                "<item><guid>7</guid><title>{TITLE}</title><link>{link}</link>\
                 <description>{TEXT}</description></item>"
            );
            let body =
                format!("<rss version=\"2.0\"><channel><title>Lamps</title>{item}</channel></rss>");
            Answer::ok("application/rss+xml", body)
        }
        _ => Answer::status(404),
    });
    let config = "data = \"data\"\nfull_text = \"off\"\n[fetcher]\n\
                  allow_private = [\"127.0.0.0/8\"]\n[[source]]\npath = \"dropped\"\n";
    let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    let up = Up::start(&folder);
    let pushed =
        json!({"url": "https://www.pilots.example/lamp/#top", "title": TITLE, "text": TEXT});
    let answer = up.post("/api/v1/articles", &pushed);
    let id = answer["articles"][0]["id"].as_str().expect("it has one").to_owned();
    up.get_until("/api/v1/status", |status| status["articles"] == 1);

    let feed = json!({
        "id": "lamps", "url": server.url("/feed"), "outlet": "pilots.example", "full_text": "off",
    });
    up.post("/api/v1/feeds", &feed);
    up.get_until("/api/v1/feeds", |feeds| feeds["feeds"][0]["health"] == "good");
    assert_eq!(up.terminate().code, Some(0));
    let kept = StoredStreams::in_folder(&folder.path().join("data"));
    let stored: Vec<&str> = kept.fetched.iter().map(|stored| stored.id.as_str()).collect();
    assert_eq!(stored, [id.as_str()], "the poll stored it under an id of its own");
}

#[test]
fn pushed_articles_are_stored_without_feeds_if_no_demo_is_wanted() {
    let folder = Folder::with(&[(CONFIG, b"data = \"data\"\n")]);
    let up = Up::start_with(&folder, &["--no-demo"]);
    up.post("/api/v1/articles", &json!({"id": "lamp", "title": TITLE, "text": TEXT}));
    up.get_until("/api/v1/status", |status| status["articles"] == 1 && status["demo"] == false);
    assert_eq!(up.terminate().code, Some(0));
    assert_eq!(StoredStreams::in_folder(&folder.path().join("data")).fetched.len(), 1);
}
