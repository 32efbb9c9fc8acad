//! Two hundred feeds with only teasers: the number of copies that are found with and without their pages.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::json;
use wirefold_proto::Class;

use super::generated::{Numbers, capital, reprint, sentence, text, word};
use super::loopback::{Answer, Loopback, ReceivedRequest};
use super::say;
use super::up::{CONFIG, Up, now};
use crate::program::Folder;

const FEEDS: usize = 200;
/// The number of items in each feed.
const STORIES: usize = 4;
/// The number of feeds with one text.
const CARRIERS: usize = 10;
/// The number of addresses over which the feeds are spread. Each is a host with its own pace.
const HOSTS: usize = 40;

/// A text at one outlet.
struct Page {
    title: String,
    teaser: String,
    text: String,
}

/// The pages of each feed.
fn newsroom() -> Vec<Vec<Page>> {
    let mut numbers = Numbers::from_seed(200);
    let mut feeds: Vec<Vec<Page>> = (0..FEEDS).map(|_| Vec::new()).collect();
    for story in 0..FEEDS * STORIES / CARRIERS {
        let names: Vec<String> = (0..3).map(|_| capital(&word(&mut numbers))).collect();
        let original = text(1, &names, &mut numbers) + "\n\n" + &text(1, &names, &mut numbers);
        for carrier in 0..CARRIERS {
            let text = match carrier {
                0 => original.clone(),
                _ => reprint(&original, &mut numbers, &names),
            };
            let title = format!("{} {}", names[0], sentence(&mut numbers, &names));
            let teaser = format!("{} {}", names[1], sentence(&mut numbers, &names));
            // A stride that is coprime to the number of feeds puts each copy into another feed.
            let feed = (story * CARRIERS + carrier) * 7 % FEEDS;
            feeds[feed].push(Page { title, teaser, text });
        }
    }
    feeds
}

/// `/feed/3` or `/page/3/1`.
fn answer(feeds: &[Vec<Page>], asked: &ReceivedRequest) -> Answer {
    let mut parts = asked.path.split('/').skip(1);
    let kind = parts.next().unwrap_or_default();
    let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok());
    let found = number().and_then(|at| Some((at, feeds.get(at)?)));
    match (kind, found, number()) {
        ("feed", Some((at, pages)), None) => rss(at, pages, &asked.host),
        ("page", Some((_, pages)), Some(at)) => html(&pages[at]),
        _ => Answer::status(404),
    }
}

fn rss(feed: usize, pages: &[Page], host: &str) -> Answer {
    let item = |(at, page): (usize, &Page)| {
        let link = format!("http://{host}/page/{feed}/{at}");
        let Page { title, teaser, .. } = page;
        format!(
            "<item><title>{title}</title><link>{link}</link>\
             <description>{teaser}</description></item>"
        )
    };
    let items: String = pages.iter().enumerate().map(item).collect();
    let body =
        format!("<rss version=\"2.0\"><channel><title>{feed}</title>{items}</channel></rss>");
    Answer::ok("application/rss+xml", body)
}

fn html(page: &Page) -> Answer {
    let paragraphs: String =
        page.text.split("\n\n").map(|paragraph| format!("<p>{paragraph}</p>")).collect();
    let Page { title, .. } = page;
    let body = format!(
        "<!doctype html><html><head><title>{title}</title></head><body><nav><a href=\"/\">Home</a>\
         </nav><article><h1>{title}</h1>{paragraphs}</article><footer>Imprint</footer></body></html>"
    );
    Answer::ok("text/html; charset=utf-8", body)
}

/// The classes of the articles. The feeds are added by command, because those are polled at once, while feeds
/// in files are spread over the first minute.
fn classes(server: &Loopback, full_text: &str) -> BTreeMap<Class, usize> {
    let config = "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
        per_host_delay = \"0s\"\n[[source]]\npath = \"dropped\"\n";
    let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
    let up = Up::start(&folder);
    let mut events = up.events(0);
    for number in 0..FEEDS {
        let place = SocketAddr::new(host(number % HOSTS), server.address.port());
        let feed = json!({
            "id": format!("paper-{number}"), "url": format!("http://{place}/feed/{number}"),
            "outlet": format!("paper-{number}.example"), "full_text": full_text,
        });
        up.post("/api/v1/feeds", &feed);
    }
    let mut classes = BTreeMap::new();
    for article in events.articles(FEEDS * STORIES) {
        *classes.entry(article.verdict.class).or_default() += 1;
    }
    assert_eq!(up.terminate().code, Some(0));
    classes
}

/// One of the addresses of this machine.
fn host(number: usize) -> IpAddr {
    let last = u8::try_from(number + 1).expect("there are fewer than 255");
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))
}

#[test]
fn pages_reveal_copies_that_teasers_hide() {
    let feeds = Arc::new(newsroom());
    let places: Vec<SocketAddr> = (0..HOSTS).map(|at| SocketAddr::new(host(at), 0)).collect();
    let server = Loopback::on(&places, move |asked| answer(&feeds, asked));
    let copies = FEEDS * STORIES / CARRIERS * (CARRIERS - 1);
    let mut folded = BTreeMap::new();
    for full_text in ["off", "auto"] {
        let began = now();
        let classes = classes(&server, full_text);
        let found = classes.get(&Class::Copy).copied().unwrap_or(0);
        say(format_args!(
            "  {FEEDS} teaser feeds, full_text = {full_text}: {found} of {copies} copies folded \
             in {:?}; {classes:?}",
            now().since(began)
        ));
        folded.insert(full_text, found);
    }
    assert!(folded["off"] * 20 <= copies, "teasers are too short to compare");
    assert!(folded["auto"] * 10 >= copies * 9, "the pages hold the texts");
}
