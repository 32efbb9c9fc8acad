//! The table of stories for other programs.

use std::collections::BTreeMap;

use wirefold_proto::{StoryChange, StoryRecord, Target, decode, streams};

use super::samples::{article, commanded, event, forgotten, id, story};
use super::world::{DEADLINE, World};

/// Waits until the table reaches this sequence, and returns its stories.
async fn table(world: &World, sequence: u64) -> BTreeMap<String, StoryRecord> {
    let table = world.bus.key_value(streams::STORIES.name).unwrap();
    let reached = async {
        loop {
            let place = table.get("place").await.unwrap().and_then(|entry| entry.value);
            let place = place.map(|value| String::from_utf8(value.to_vec()).unwrap());
            if place.and_then(|place| place.parse().ok()) >= Some(sequence) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, reached).await.expect("the table stands still");
    let entries = table.changes(&[], 0).await.unwrap().into_iter();
    let stories = entries.filter(|entry| entry.key.starts_with("story."));
    let read = |entry: wirefold_flow::Entry| Some((entry.key, decode(&entry.value?).unwrap()));
    stories.filter_map(read).collect()
}

fn key(number: u64) -> String {
    format!("story.{}", story(number))
}

#[tokio::test]
async fn each_story_stands_there_as_the_api_shows_it() {
    let world = World::new().await;
    let articles = [article(1, 1, 1), article(2, 2, 1), article(3, 1, 1), article(4, 4, 4)];
    world.publish_articles(&articles).await;
    let stories = table(&world, 4).await;
    assert_eq!(stories.len(), 3);
    let first = &stories[&key(1)].story;
    assert_eq!((first.articles, first.copies, first.lead), (2, 1, id(1)));
    let shown = world.get(&format!("/api/v1/stories/{}", story(1))).await.json();
    let mut told = serde_json::to_value(&stories[&key(1)]).unwrap();
    assert_eq!(told["schema"].take(), "wirefold.story/1");
    told.as_object_mut().unwrap().remove("schema");
    assert_eq!(told, shown["story"]);
}

fn merged(decided: u64, from: Target, into: Target) -> wirefold_proto::OutputForgotten {
    forgotten(decided, vec![StoryChange::Merged { from, into, links: Vec::new() }])
}

#[tokio::test]
async fn merged_stories_leave_the_table_and_each_story_gets_its_new_event() {
    let world = World::new().await;
    let articles = [article(1, 1, 1), article(2, 2, 1), article(3, 1, 1), article(4, 4, 4)];
    world.publish_articles(&articles).await;
    let stories = merged(6, Target::Story(story(2)), Target::Story(story(1)));
    world.publish_forgotten(&stories).await;
    let events = merged(7, Target::Event(event(4)), Target::Event(event(1)));
    let last = world.publish_forgotten(&events).await;
    let before = table(&world, last).await;
    assert_eq!(before.keys().collect::<Vec<_>>(), [&key(1), &key(4)]);
    assert_eq!((before[&key(1)].story.articles, before[&key(4)].story.event), (3, event(1)));
}

#[tokio::test]
async fn a_split_article_and_the_rest_are_in_the_table() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1), article(3, 1, 1)]).await;
    let split = StoryChange::Split { from: story(1), into: story(2), articles: vec![id(2), id(3)] };
    let last = world.publish(&commanded(4, vec![split], (&[1, 2], 1))).await;
    let before = table(&world, last).await;
    let counts = |number| {
        let story = &before[&key(number)].story;
        (story.articles, story.copies, story.lead, story.revision)
    };
    assert_eq!((counts(1), counts(2)), ((1, 0, id(1), 4), (2, 1, id(2), 4)));
}

#[tokio::test]
async fn changes_during_an_outage_are_in_the_table_afterwards() {
    let mut world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 1)]).await;
    table(&world, 2).await;
    world.stop().await;
    let kept = world.bus.key_value(streams::STORIES.name).unwrap();
    let before = kept.get(&key(2)).await.unwrap().unwrap().revision;
    let last = world.publish(&article(3, 1, 1)).await;
    world.start_again().await;
    assert_eq!(table(&world, last).await[&key(1)].story.articles, 2);
    let after = kept.get(&key(2)).await.unwrap().unwrap().revision;
    assert_eq!(after, before, "an unchanged story is not written again");
}

#[tokio::test]
async fn a_table_of_a_stream_that_is_no_more_is_filled_anew() {
    let mut world = World::new().await;
    world.stop().await;
    let table_of = world.bus.key_value(streams::STORIES.name).unwrap();
    table_of.put("place", "999".into()).await.unwrap();
    world.start_again().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    let reached = async {
        while table_of.get(&key(1)).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, reached).await.expect("it waits for what comes after 999");
}
