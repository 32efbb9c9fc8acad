//! Manual overrides of stories: the command for the detector, and the answer with the outcome.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};
use wirefold_proto::{
    ArticleId, Command, CommandOutcome, ControlCommand, OutputCommand, StoryChange, Target, decode,
    streams,
};

use super::samples::{article, commanded, event, id, story};
use super::world::{Answer, World, request};
use crate::Access;
use crate::shapes::{Accepted, Decided, Problem};

/// Waits for the first command, and publishes its result like detector and enricher.
async fn decide(world: &World, outcome: CommandOutcome) -> ControlCommand {
    let mut commands = world.bus.read(streams::CONTROL.name, ">", 1).await.unwrap();
    let command: ControlCommand = decode(&commands.next(1).await.unwrap()[0].body).unwrap();
    let changes = vec![StoryChange::Preferred { story: story(1), lead: id(2) }];
    let mut output = commanded(9, changes, (&[1], 1));
    if outcome != CommandOutcome::Applied {
        (output.changes, output.stories, output.events) = (vec![], vec![], vec![]);
    }
    world.publish(&OutputCommand { command: command.clone(), outcome, ..output }).await;
    command
}

async fn send_override(
    path: &str,
    body: Value,
    outcome: CommandOutcome,
) -> (World, Answer, Command) {
    let world = World::new().await;
    let articles = [article(1, 1, 1), article(2, 1, 1), article(3, 3, 3)];
    world.publish_articles(&articles).await;
    let (answer, command) = tokio::join!(world.post(path, &body), decide(&world, outcome));
    (world, answer, command.command)
}

#[tokio::test]
async fn each_command_is_told_and_answered_with_what_came_of_it() {
    let (one, three) = (story(1), story(3));
    let (first, second) = (id(1), id(2));
    let short = |id: &dyn std::fmt::Display| id.to_string()[..12].to_owned();
    let cases = [
        (
            format!("/api/v1/stories/{}/split", short(&one)),
            json!({"articles": [short(&second)]}),
            Command::Split { story: one, articles: vec![second] },
        ),
        (
            format!("/api/v1/stories/{one}/merge"),
            json!({"from": three}),
            Command::Merge { into: Target::Story(one), from: Target::Story(three) },
        ),
        (
            format!("/api/v1/events/{}/merge", event(1)),
            json!({"from": event(3)}),
            Command::Merge { into: Target::Event(event(1)), from: Target::Event(event(3)) },
        ),
        (
            format!("/api/v1/stories/{one}/prefer"),
            json!({"outlet": "outlet2.example"}),
            Command::Prefer { story: one, outlet: "outlet2.example".parse().unwrap() },
        ),
        (
            format!("/api/v1/stories/{one}/move"),
            json!({"with": [three]}),
            Command::Move { story: one, with: vec![three] },
        ),
        (
            format!("/api/v1/articles/{first}/not-the-same"),
            json!({"other": second}),
            Command::NotTheSame { one: first, other: second },
        ),
    ];
    for (path, body, expected) in cases {
        let (world, answer, command) = send_override(&path, body, CommandOutcome::Applied).await;
        assert_eq!(command, expected);
        let decided: Decided = answer.shape();
        assert_eq!((decided.changes.len(), decided.stories.len()), (1, 1), "{path}");
        let asked = world.get(&format!("/api/v1/commands/{}", decided.command.id)).await;
        assert_eq!(asked.shape::<Decided>(), decided);
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason() {
    let reason = "nothing would be left of it".to_owned();
    let path = format!("/api/v1/stories/{}/split", story(1));
    let outcome = CommandOutcome::Refused { reason: reason.clone() };
    let (_, answer, _) = send_override(&path, json!({"articles": [id(1), id(2)]}), outcome).await;
    assert_eq!(answer.status, 409);
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((&*problem.sort, problem.detail), ("urn:wirefold:problem:refused", Some(reason)));
}

/// A form as a browser sends it from a page of this origin.
async fn form(world: &World, origin: &str, path: &str, form: &str) -> Answer {
    let mut sent = request(Method::POST, path, Body::from(form.to_owned()));
    let kind = "application/x-www-form-urlencoded".parse().unwrap();
    sent.headers_mut().insert(header::CONTENT_TYPE, kind);
    sent.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
    world.send(Access::Network, sent).await
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).replace('\u{a0}', " ")
}

/// The first command from a sequence on, with this result.
async fn carry_out(world: &World, from: u64, change: StoryChange) -> Command {
    let mut commands = world.bus.read(streams::CONTROL.name, ">", from).await.unwrap();
    let command: ControlCommand = decode(&commands.next(1).await.unwrap()[0].body).unwrap();
    let output = commanded(8 + from, vec![change], (&[1], 1));
    let output = OutputCommand { command: command.clone(), ..output };
    let last = world.publish(&output).await;
    world.until_shown(last).await;
    command.command
}

#[tokio::test]
async fn an_article_is_split_off_on_the_page_and_that_is_undone() {
    const OWN: &str = "http://127.0.0.1:8787";
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1), article(3, 3, 3)]).await;
    let (one, three, second) = (story(1), story(3), id(2));
    let page = text(&world.get(&format!("/stories/{one}")).await);
    let button = format!(
        "action=\"/stories/{one}/split\"><input type=\"hidden\" name=\"article\" value=\"{second}\">"
    );
    assert!(page.contains(&button) && !page.contains(&format!("value=\"{}\"", id(1))), "{page}");

    let (path, wanted) = (format!("/stories/{one}/split"), format!("article={second}"));
    let change = StoryChange::Split { from: one, into: three, articles: vec![second] };
    let (split, command) =
        tokio::join!(form(&world, OWN, &path, &wanted), carry_out(&world, 1, change));
    assert_eq!(command, Command::Split { story: one, articles: vec![second] });
    assert_eq!(split.status, 303, "{}", text(&split));
    let told = text(&world.get(split.headers[header::LOCATION].to_str().unwrap()).await);
    assert!(
        told.contains(&format!("1 article is split off into <a href=\"/stories/{three}\">")),
        "{told}"
    );
    let undo = format!(
        "action=\"/stories/{one}/merge\"><input type=\"hidden\" name=\"other\" value=\"{three}\">"
    );
    assert!(told.contains(&undo), "{told}");

    world.clock.advance(Duration::from_secs(1));
    let (back, other) = (format!("/stories/{one}/merge"), format!("other={three}"));
    let merging =
        StoryChange::Merged { from: Target::Story(three), into: Target::Story(one), links: vec![] };
    let (merged, undone) =
        tokio::join!(form(&world, OWN, &back, &other), carry_out(&world, 2, merging));
    assert_eq!(undone, Command::Merge { into: Target::Story(one), from: Target::Story(three) });
    let after = text(&world.get(merged.headers[header::LOCATION].to_str().unwrap()).await);
    assert!(after.contains("The two are one story again."), "{after}");
}

#[tokio::test]
async fn no_page_of_another_site_splits_and_what_is_refused_is_told() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1)]).await;
    let path = format!("/stories/{}/split", story(1));
    let wanted = format!("article={}", id(2));
    let strange = form(&world, "https://evil.example", &path, &wanted).await;
    assert_eq!(strange.status, 403);
    let json = world.post(&path, &json!({"article": id(2)})).await;
    assert!(json.status == 403 || json.status == 415, "{}", json.status);
    let nothing = form(&world, "http://127.0.0.1:8787", &path, "article=a-999999").await;
    assert_eq!(nothing.status, 404);
    assert!(text(&nothing).contains("Back to the story"), "{}", text(&nothing));
    let never = text(&world.get(&format!("/stories/{}?command=c-1", story(1))).await);
    assert!(never.contains("not carried out yet") && !never.contains("Undo"), "{never}");
    assert_eq!(world.bus.stream_state(streams::CONTROL.name).await.unwrap().messages, 0);
}

#[tokio::test]
async fn without_a_detector_the_answer_says_that_the_command_waits() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1)]).await;
    let path = format!("/api/v1/stories/{}/prefer", story(1));
    let body = json!({"outlet": "outlet2.example"});
    let patience = async {
        let mut commands = world.bus.read(streams::CONTROL.name, ">", 1).await.unwrap();
        commands.next(1).await.unwrap();
        loop {
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::select! {
        answer = world.post(&path, &body) => answer,
        () = patience => unreachable!("it goes on for ever"),
    };
    assert_eq!(answer.status, 202);
    let accepted: Accepted = decode(&answer.body).unwrap();
    let asked = world.get(&format!("/api/v1/commands/{}", accepted.command.id)).await;
    assert_eq!(asked.status, 404);
}

#[tokio::test]
async fn unknown_and_senseless_overrides_are_not_published() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    let path = |what: &str| format!("/api/v1/stories/{}/{what}", story(1));
    let cases = [
        ("/api/v1/stories/s-999999/split".to_owned(), json!({"articles": [id(1)]}), 404),
        (path("split"), json!({"articles": ["a-999999"]}), 404),
        (path("split"), json!({"articles": [id(1)], "all": true}), 400),
        (path("move"), json!({"event": event(1)}), 400),
        (path("move"), json!({"into": "e-999999"}), 404),
        (path("move"), json!({"into": event(1)}), 409),
        (path("merge"), json!({"from": "s-999999"}), 404),
        (path("prefer"), json!({"outlet": 7}), 400),
        (format!("/api/v1/articles/{}/not-the-same", id(1)), json!({"other": "1"}), 400),
    ];
    for (address, body, status) in cases {
        let answer = world.post(&address, &body).await;
        assert_eq!(answer.status, status, "{address} {body}");
        if let Some(field) = ["all", "event"].into_iter().find(|field| body.get(field).is_some()) {
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(&format!("unknown field `{field}`")), "{detail}");
        }
    }
    let told = world.bus.stream_state(streams::CONTROL.name).await.unwrap();
    assert_eq!(told.messages, 0);
}

#[tokio::test]
async fn an_event_is_first_seen_with_its_own_earliest_article() {
    let world = World::new().await;
    // The detector's state still has the time of the event that the story was in before.
    let mut moved = article(5, 5, 5);
    moved.event_state.first_seen = article(1, 1, 1).article.seen;
    (moved.event_state.origins, moved.verdict.comparable) = (0, false);
    world.publish_articles(&[article(1, 1, 1), moved.clone()]).await;
    let found = world.get(&format!("/api/v1/events/{}", event(5))).await.json()["event"].clone();
    assert_eq!(found["first_seen"], serde_json::to_value(moved.article.seen).unwrap());
    assert_eq!(found["first_outlet"], moved.article.outlet.as_str());
    assert_eq!((&found["origins"], &found["not_compared"]), (&json!(0), &json!(1)));
    let page = world.get(&format!("/events/{}", event(5))).await;
    let page = String::from_utf8_lossy(&page.body).replace('\u{a0}', " ");
    assert!(page.contains("1 too short to compare") && !page.contains("headline"), "{page}");
}

#[tokio::test]
async fn of_articles_seen_at_once_the_one_decided_first_is_first_everywhere() {
    let world = World::new().await;
    let one = (1..).find(|number| id(*number) > id(number + 1)).unwrap();
    let (first, mut second) = (article(one, one, one), article(one + 1, one, one));
    second.article.seen = first.article.seen;
    world.publish_articles(&[first.clone(), second.clone()]).await;
    let path = format!("/api/v1/stories/{}", story(one));
    let begin = world.get(&format!("{path}?limit=1")).await.json();
    let next = begin["next"].as_str().unwrap();
    let rest = world.get(&format!("{path}?limit=1&cursor={next}")).await.json();
    let ids = [&begin, &rest].map(|part| part["articles"][0]["id"].clone());
    assert_eq!(ids, [json!(first.id), json!(second.id)]);
    let shown = world.get(&format!("/api/v1/events/{}", event(one))).await.json()["event"].clone();
    assert_eq!(shown["first_outlet"], first.article.outlet.as_str());
    let page = world.get(&format!("/events/{}", event(one))).await;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let (_, timeline) = page.split_once("Who was first").unwrap();
    let place = |id: ArticleId| timeline.find(&id.to_string()).unwrap();
    assert!(place(first.id) < place(second.id), "{timeline}");
}

#[tokio::test]
async fn an_event_that_was_joined_is_found_by_its_own_id_once_that_is_undone() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(3, 3, 3)]).await;
    let [one, three] = [1, 3].map(event);
    let found = async |id| {
        let shown = world.get(&format!("/api/v1/events/{id}")).await.json()["event"].clone();
        (shown["id"].clone(), shown["story_count"].clone())
    };
    let joined =
        StoryChange::Merged { from: Target::Event(three), into: Target::Event(one), links: vec![] };
    for (decided, changes, event_of, of_three) in [
        (8, vec![joined.clone()], 1, (one, 2)),
        (9, vec![], 3, (three, 1)),
        (10, vec![joined], 1, (one, 2)),
    ] {
        let last = world.publish(&commanded(decided, changes, (&[3], event_of))).await;
        world.until_shown(last).await;
        assert_eq!(found(three).await, (json!(of_three.0), json!(of_three.1)), "{decided}");
        assert_eq!(found(one).await, (json!(one), json!(if event_of == 1 { 2 } else { 1 })));
    }
}

#[tokio::test]
async fn a_story_is_taken_out_of_its_event_on_the_page_and_that_is_undone() {
    const OWN: &str = "http://127.0.0.1:8787";
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 1), article(3, 3, 3)]).await;
    let (old, new, moved) = (event(1), event(8), story(2));
    let page = text(&world.get(&format!("/events/{old}")).await);
    let button = format!("action=\"/stories/{moved}/move\"");
    assert!(page.contains(&button) && page.contains("Take out of this event"), "{page}");
    let alone = text(&world.get(&format!("/events/{}", event(3))).await);
    assert!(!alone.contains("Take out of this event") && alone.contains("Join with it"));

    let outcome = async {
        let mut commands = world.bus.read(streams::CONTROL.name, ">", 1).await.unwrap();
        let command: ControlCommand = decode(&commands.next(1).await.unwrap()[0].body).unwrap();
        let output = commanded(9, Vec::new(), (&[2], 8));
        world.publish(&OutputCommand { command: command.clone(), ..output }).await;
        command.command
    };
    let path = format!("/stories/{moved}/move");
    let (answer, command) = tokio::join!(form(&world, OWN, &path, ""), outcome);
    assert_eq!(
        (answer.status.as_u16(), command),
        (303, Command::Move { story: moved, with: vec![] })
    );
    let place = answer.headers[header::LOCATION].to_str().unwrap();
    assert!(place.starts_with(&format!("/events/{old}?")), "{place}");
    let told = text(&world.get(place).await);
    assert!(told.contains(&format!("<a href=\"/events/{new}\">an event of its own</a>")), "{told}");
    let undo = format!(
        "action=\"/events/{old}/join\"><input type=\"hidden\" name=\"other\" value=\"{new}\">"
    );
    assert!(told.contains(&undo), "{told}");
    let there = world.get(&format!("/api/v1/events/{new}")).await.json()["event"].clone();
    assert_eq!(there["story_count"], 1);
    assert_eq!(there["first_seen"], serde_json::to_value(article(2, 2, 1).article.seen).unwrap());

    world.clock.advance(Duration::from_secs(1));
    let merging =
        StoryChange::Merged { from: Target::Event(new), into: Target::Event(old), links: vec![] };
    let (back, other) = (format!("/events/{old}/join"), format!("other=http://x/events/{new}"));
    let (merged, undone) =
        tokio::join!(form(&world, OWN, &back, &other), carry_out(&world, 2, merging));
    assert_eq!(undone, Command::Merge { into: Target::Event(old), from: Target::Event(new) });
    let after = text(&world.get(merged.headers[header::LOCATION].to_str().unwrap()).await);
    assert!(after.contains("The two are one event."), "{after}");
    let strange = form(&world, "https://evil.example", &path, "").await;
    assert_eq!(strange.status, 403);
}
