//! The headline of an alert.

use wirefold_proto::SubscriptionSettings;

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
    let toll = article("e", "capitalwatch.example", "All of Tarrowgate evacuated");
    let bait = Given { title: "You will not believe what happened at this port", ..copy };
    world.newsroom.tell_all([original, second, toll, bait]).await;
    world.pass(1).await;
    let titles: Vec<String> =
        world.alerts().await.into_iter().map(|alert| alert.headline.title).collect();
    assert_eq!(titles, [original.title, original.title, toll.title, toll.title]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_headline_is_that_of_the_newest_version_of_its_article() {
    const LATER: &str =
        "Rescue workers dug all day.\nThe minister of the interior came by train in the evening.";
    let text = |first: &str| -> &'static str { Box::leak(format!("{first}\n{LATER}").into()) };
    let (twelve, nine) = (
        "Twelve people were killed when a block of flats fell in Savigliana on Sunday.",
        "Nine people were killed when a block of flats fell in Savigliana on Sunday.",
    );
    let outlet = "harborledger.example";
    let first =
        Given { text: text(twelve), ..article("a", outlet, "Collapse kills 12 in Savigliana") };
    let lower = Given {
        text: text(nine),
        is_version: true,
        ..article("a", outlet, "Collapse kills 9 in Savigliana")
    };
    let copy = Given { outlet: "valeherald.example", ..first };
    // The second query only finds a mention in passing.
    for query in ["savigliana", "minister"] {
        let mut world = World::new().await;
        let asked = SubscriptionSettings { query: query.to_owned(), ..at_once() };
        let running = world.start(&settings([asked]));
        for given in [first, lower, copy] {
            world.newsroom.tell(given).await;
            world.pass(1).await;
        }
        let headlines = world.alerts().await.into_iter().map(|alert| alert.headline);
        let found: Vec<_> = headlines.map(|it| (it.title, it.lede.unwrap_or_default())).collect();
        let of = |given: Given, lede: &str| (given.title.to_owned(), lede.to_owned());
        assert_eq!(found, [of(first, twelve), of(lower, nine), of(lower, nine)], "{query}");
        running.stop().await;
    }
}
