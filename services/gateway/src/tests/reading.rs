//! Read and starred stories on the page, which reader apps share.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};

use super::readers::{ALL, App, READ, number};
use super::samples::{article, event, story};
use super::subscriptions_page::{followed, post, send, text};
use super::world::{Answer, World, request};
use crate::Access;
use crate::tokens::{Kind, Scope, TokenFile};

const STARRED: &str = "user/-/state/com.google/starred";

/// Events of one story each, a minute apart.
async fn fill(world: &World, numbers: impl Iterator<Item = u64>) {
    for it in numbers {
        world.publish_articles(&[article(it, it, it)]).await;
        world.clock.advance(Duration::from_mins(1));
    }
}

/// Opens a page as a browser does.
async fn open(world: &World, path: &str) -> String {
    let mut asked = request(Method::GET, path, Body::empty());
    let accepted = "text/html,application/xhtml+xml".parse().unwrap();
    asked.headers_mut().insert(header::ACCEPT, accepted);
    let answer = world.send(Access::Network, asked).await;
    assert_eq!(answer.status, 200, "{path}: {}", text(&answer));
    text(&answer)
}

fn path_of(of: u64) -> String {
    format!("/events/{}", event(of))
}

/// The card of an event on the river at this address.
async fn card(world: &World, path: &str, of: u64) -> String {
    card_in(&text(&world.get(path).await), of).unwrap_or_else(|| panic!("{path} has no {of}"))
}

fn card_in(page: &str, of: u64) -> Option<String> {
    let mut cards = page.split("<article ").skip(1);
    let card = cards.find(|card| card.contains(&format!("id=\"{}\"", event(of))))?;
    card.split("</article>").next().map(str::to_owned)
}

fn is_unread(card: &str) -> bool {
    card.starts_with("class=\"card unread\"")
}

/// The numbers of the events on a page of the river, with and without the unread ones.
fn shown_in(page: &str) -> (Vec<u64>, Vec<u64>) {
    let cards = (1..100).filter_map(|of| Some((of, card_in(page, of)?)));
    let (unread, read): (Vec<_>, Vec<_>) = cards.partition(|(_, card)| is_unread(card));
    let numbers = |of: Vec<(u64, String)>| of.into_iter().map(|(number, _)| number).collect();
    (numbers(unread), numbers(read))
}

async fn mark(world: &World, mark: &str, of: &str) -> Answer {
    post(world, "/reading", &format!("of={of}&mark={mark}")).await
}

/// The form that marks all of a page of the river.
fn form_for_all(page: &str) -> String {
    let form = page.split("<form class=\"marks\"").find(|form| form.contains("value=\"all\""));
    let fields = form.expect("a form").split("type=\"hidden\" name=\"").skip(1);
    let fields = fields.map(|field| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        format!("{name}={}&", rest.split('"').next().unwrap())
    });
    fields.collect::<String>() + "mark=all"
}

#[tokio::test]
async fn only_a_person_who_sees_a_page_has_read_it() {
    let world = World::new().await;
    fill(&world, [1, 3].into_iter()).await;
    let html = ("accept", "text/html");
    let unseen: [(Method, &[(&str, &str)]); 8] = [
        (Method::HEAD, &[html]),
        (Method::GET, &[]),
        (Method::GET, &[("accept", "*/*")]),
        (Method::GET, &[html, ("sec-purpose", "prefetch"), ("sec-fetch-dest", "document")]),
        (Method::GET, &[html, ("purpose", "prefetch")]),
        (Method::GET, &[html, ("x-moz", "prefetch")]),
        (Method::GET, &[html, ("sec-fetch-dest", "iframe")]),
        (Method::GET, &[html, ("sec-fetch-dest", "empty")]),
    ];
    for (method, headers) in unseen {
        let mut asked = request(method.clone(), &path_of(1), Body::empty());
        for (name, value) in headers {
            asked.headers_mut().insert(*name, value.parse().unwrap());
        }
        assert_eq!(world.send(Access::Network, asked).await.status, 200);
        assert!(is_unread(&card(&world, "/", 1).await), "{method} {headers:?}");
    }
    let seen = open(&world, &path_of(1)).await;
    assert!(seen.contains("value=\"unread\"") && seen.contains("Mark unread</button>"), "{seen}");
    assert_eq!(shown_in(&text(&world.get("/").await)), (vec![3], vec![1]));
    open(&world, &format!("/stories/{}", story(3))).await;
    let river = world.get("/").await;
    assert_eq!(shown_in(&text(&river)), (vec![], vec![1, 3]));
    assert_eq!(river.headers[header::CACHE_CONTROL], "no-store", "Back shows it as it is now");
}

#[tokio::test]
async fn an_event_says_how_many_stories_are_new_since_it_was_read() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 1)]).await;
    assert!(!card(&world, "/", 1).await.contains("new stor"), "nothing was read");
    open(&world, &path_of(1)).await;
    world.clock.advance(Duration::from_mins(1));
    // A copy is no new story.
    world.publish_articles(&[article(3, 1, 1)]).await;
    assert!(!is_unread(&card(&world, "/", 1).await));
    world.publish_articles(&[article(4, 4, 1), article(5, 5, 1), article(6, 5, 1)]).await;
    let again = card(&world, "/", 1).await;
    assert!(is_unread(&again) && again.contains("2 new stories since you read it"), "{again}");
    let page = open(&world, &path_of(1)).await;
    assert!(page.contains("2 new stories since you read it"), "{page}");
    assert_eq!(page.matches("<span class=\"since\">new</span>").count(), 2, "{page}");
    assert!(!is_unread(&card(&world, "/", 1).await));
    assert!(!open(&world, &path_of(1)).await.contains("new stories since"));
}

#[tokio::test]
async fn a_button_marks_as_unread_and_the_page_that_it_leads_to_does_not_undo_that() {
    let world = World::new().await;
    fill(&world, 1..=2).await;
    open(&world, &path_of(1)).await;
    let mut sent =
        request(Method::POST, "/reading", Body::from(format!("of={}&mark=unread", event(1))));
    let kind = "application/x-www-form-urlencoded";
    let from = format!("http://127.0.0.1:8787{}?command=x", path_of(1));
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::ORIGIN, "http://127.0.0.1:8787"),
        (header::REFERER, &from),
    ] {
        sent.headers_mut().insert(name, value.parse().unwrap());
    }
    let answer = world.send(Access::Network, sent).await;
    assert_eq!(answer.status, 303, "{}", text(&answer));
    let next = answer.headers[header::LOCATION].to_str().unwrap();
    assert_eq!(next, format!("{}?unread", path_of(1)));
    assert!(open(&world, next).await.contains("Mark read</button>"));
    assert!(is_unread(&card(&world, "/", 1).await));

    let marked = mark(&world, "read", &event(1).to_string()).await;
    let river = followed(&world, &marked).await;
    assert_eq!(marked.headers[header::LOCATION], format!("/#{}", event(1)));
    assert_eq!(shown_in(&river), (vec![2], vec![1]));
    for (form, status) in [
        (format!("of={}&mark=odd", event(1)), 400),
        (format!("of={}&mark=read", event(9)), 404),
        ("of=&mark=read".to_owned(), 400),
        ("mark=all".to_owned(), 400),
    ] {
        let refused = post(&world, "/reading", &form).await;
        assert_eq!(refused.status, status, "{form}");
        assert!(text(&refused).contains("Not done"), "{form}");
    }
}

#[tokio::test]
async fn the_page_and_reader_apps_share_the_marks() {
    let world = World::new().await;
    fill(&world, 1..=4).await;
    let app = App::of(&world, "anything").await;
    open(&world, &path_of(1)).await;
    let unread = format!("{ALL}?xt={READ}");
    assert_eq!(app.titles(&unread).await, ["4", "3", "2"]);
    app.post("edit-tag", format!("i={}&a={READ}", number(2))).await;
    assert_eq!(shown_in(&text(&world.get("/").await)), (vec![3, 4], vec![1, 2]));

    let pressed = |card: &str| card.contains("aria-pressed=\"true\"");
    app.post("edit-tag", format!("i={}&a={STARRED}", number(3))).await;
    mark(&world, "star", &event(4).to_string()).await;
    mark(&world, "star", &story(1).to_string()).await;
    assert_eq!(app.titles(STARRED).await, ["4", "3", "1"]);
    assert!(pressed(&card(&world, "/", 3).await) && !pressed(&card(&world, "/", 2).await));
    mark(&world, "unstar", &event(3).to_string()).await;
    assert_eq!(shown_in(&text(&world.get("/?show=starred").await)), (vec![4], vec![1]));
    let narrowed = text(&world.get("/?show=starred&q=number+4").await);
    assert_eq!(shown_in(&narrowed), (vec![4], vec![]));
    app.post("mark-all-as-read", format!("s={ALL}")).await;
    assert_eq!(shown_in(&text(&world.get("/").await)).0, [0; 0]);
    let none = text(&world.get("/?show=unread").await);
    assert!(none.contains("Nothing is unread") && !none.contains("value=\"all\""), "{none}");
}

#[tokio::test]
async fn a_star_on_an_event_is_one_on_its_first_story() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 1)]).await;
    let app = App::of(&world, "anything").await;
    mark(&world, "star", &event(1).to_string()).await;
    assert_eq!(app.titles(STARRED).await, ["1"]);
    mark(&world, "star", &story(2).to_string()).await;
    mark(&world, "unstar", &event(1).to_string()).await;
    assert_eq!(app.titles(STARRED).await, [""; 0]);
}

#[tokio::test]
async fn all_that_a_list_shows_is_marked_as_read_and_nothing_that_came_later() {
    let world = World::new().await;
    fill(&world, 1..=4).await;
    let narrowed = text(&world.get("/?outlet=outlet3.example").await);
    assert!(narrowed.contains("Mark all of these read"), "{narrowed}");
    fill(&world, [10].into_iter()).await;
    followed(&world, &post(&world, "/reading", &form_for_all(&narrowed)).await).await;
    let (unread, read) = shown_in(&text(&world.get("/").await));
    assert_eq!((unread, read), (vec![1, 2, 4, 10], vec![3]), "10 is of outlet 3, too");

    let page = text(&world.get("/").await);
    fill(&world, [11].into_iter()).await;
    // Unread again, and starred: both come before the moment of the page.
    mark(&world, "unread", &event(3).to_string()).await;
    mark(&world, "star", &event(2).to_string()).await;
    let starred = text(&world.get("/?show=starred").await);
    post(&world, "/reading", &form_for_all(&starred)).await;
    assert_eq!(shown_in(&text(&world.get("/").await)).1, [2]);
    post(&world, "/reading", &form_for_all(&page)).await;
    assert_eq!(shown_in(&text(&world.get("/").await)), (vec![11], vec![1, 2, 3, 4, 10]));
    // An older page of another tab takes nothing back.
    mark(&world, "unread", &event(4).to_string()).await;
    post(&world, "/reading", "mark=all&drawn=1").await;
    assert_eq!(shown_in(&text(&world.get("/").await)).0, [4, 11]);
}

#[tokio::test]
async fn read_events_are_hidden_on_every_page_of_a_list() {
    let world = World::new().await;
    fill(&world, 1..=40).await;
    let until = shown_in(&text(&world.get("/").await)).0;
    assert_eq!(until, Vec::from_iter(11..=40), "a page");
    open(&world, &path_of(39)).await;
    post(&world, "/reading", &form_for_all(&text(&world.get("/?q=number+20").await))).await;
    mark(&world, "read", &event(2).to_string()).await;
    let first = text(&world.get("/?show=unread&q=sails").await);
    assert_eq!(shown_in(&first), ((9..=40).filter(|n| ![20, 39].contains(n)).collect(), vec![]));
    let next = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = next.replace("&amp;", "&");
    assert!(next.contains("/?q=sails&show=unread&cursor="), "{next}");
    assert!(first.contains("href=\"/?q=sails&amp;show=starred\""), "{first}");
    assert!(first.contains("<input type=\"hidden\" name=\"show\" value=\"unread\">"), "{first}");
    assert_eq!(shown_in(&text(&world.get(&next).await)), (vec![1, 3, 4, 5, 6, 7, 8], vec![]));
    let live = "data-live";
    let (plain, unread) = (world.get("/").await, world.get("/?show=unread").await);
    assert!(text(&plain).contains(live) && text(&unread).contains(live) && !first.contains(live));
    let fragment = text(&world.get("/fragments/river?show=unread").await);
    assert!(card_in(&fragment, 40).is_some() && card_in(&fragment, 39).is_none(), "{fragment}");
}

/// The filter asks the tables, and the cards ask the marks.
#[tokio::test]
async fn the_filter_hides_the_events_that_the_list_shows_as_read() {
    let world = World::new().await;
    fill(&world, 1..=6).await;
    post(&world, "/reading", &form_for_all(&text(&world.get("/").await))).await;
    fill(&world, 7..=9).await;
    // A second story makes an event unread; a copy does not.
    world.publish_articles(&[article(10, 10, 5), article(11, 6, 6)]).await;
    for (of, change) in [(2, "unread"), (3, "unread"), (3, "read"), (8, "read"), (9, "read")] {
        mark(&world, change, &event(of).to_string()).await;
    }
    mark(&world, "unread", &event(9).to_string()).await;
    let (unread, _) = shown_in(&text(&world.get("/").await));
    assert_eq!(unread, [2, 5, 7, 9]);
    for sort in ["", "outlets", "velocity"] {
        let hidden = text(&world.get(&format!("/?show=unread&sort={sort}")).await);
        assert_eq!(shown_in(&hidden), (unread.clone(), vec![]), "{sort}");
    }
}

#[tokio::test]
async fn each_token_marks_its_own_reading_and_other_sites_mark_nothing() {
    let world = World::with_tokens(None).await;
    fill(&world, 1..=2).await;
    let tokens = TokenFile::new(world.folder.path());
    let make =
        |name, scope| tokens.add(name, Kind::Token, scope, None, world.gateway.app.now()).unwrap();
    let secrets = [make("ana", Scope::Read), make("ben", Scope::Full), make("cleo", Scope::Feeds)];
    let asked = |method, path: &str, secret: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1:8787")
            .header(header::COOKIE, format!("wirefold_session={secret}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
    };
    let form = format!("of={}&mark=read", event(1));
    let origin = (header::ORIGIN, "http://127.0.0.1:8787");
    let cases = [
        (&secrets[0], (header::ORIGIN, "https://evil.example"), 403),
        (&secrets[0], (header::ACCEPT, "text/html"), 403),
        (&secrets[2], origin.clone(), 403),
        (&secrets[0], origin, 303),
    ];
    for (secret, (name, value), expected) in cases {
        let sent = asked(Method::POST, "/reading", secret).header(name, value);
        let answer =
            world.send(Access::Network, sent.body(Body::from(form.clone())).unwrap()).await;
        assert_eq!(answer.status, expected, "{value}: {}", text(&answer));
        let river = |of| asked(Method::GET, "/", of).body(Body::empty()).unwrap();
        let unread = if expected == 303 { vec![2] } else { vec![1, 2] };
        let own = text(&world.send(Access::Network, river(&secrets[0])).await);
        assert_eq!(shown_in(&own).0, unread, "{value}");
        let others = text(&world.send(Access::Network, river(&secrets[1])).await);
        assert_eq!(shown_in(&others).0, [1, 2], "{value}");
    }
    let app = App::of(&world, &secrets[0]).await;
    assert_eq!(app.titles(&format!("{ALL}?xt={READ}")).await, ["2"]);
    let refused = send(&world, Some("http://127.0.0.1:8787"), "/reading", &form).await;
    assert_eq!(refused.status, 401);
}
