//! The headline of an alert.

use wirefold_proto::MaterialReason;

use super::newsroom::{Given, article, five};
use super::running::{World, at_once, everything, settings};

#[tokio::test(start_paused = true)]
async fn the_first_message_has_the_headline_of_the_story_that_most_outlets_carry() {
    let mut world = World::new().await;
    let running = world.start(&settings([everything()]));
    let [original, second, copy, third, _] = five();
    world.newsroom.tell_all([third, original, second, copy]).await;
    world.pass(30).await;
    let titles: Vec<String> =
        world.alerts().await.into_iter().map(|alert| alert.headline.title).collect();
    assert_eq!(titles, [original.title], "two outlets carry it, and the copy has another title");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_headline_moves_on_with_what_is_material_and_with_nothing_else() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [original, second, copy, ..] = five();
    let toll = Given {
        material: Some((MaterialReason::NewAct, "evacuated")),
        ..article("e", "capitalwatch.example", "All of Tarrowgate evacuated")
    };
    let bait = Given { title: "You will not believe what happened at this port", ..copy };
    world.newsroom.tell_all([original, second, toll, bait]).await;
    world.pass(1).await;
    let titles: Vec<String> =
        world.alerts().await.into_iter().map(|alert| alert.headline.title).collect();
    assert_eq!(titles, [original.title, original.title, toll.title, toll.title]);
    running.stop().await;
}
