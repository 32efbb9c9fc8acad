//! Pages of one outlet that share more chrome than they have text of their own, through the real program.

use wirefold_proto::StoryId;

use super::generated::GeneratedArticle;
use super::up::{CONFIG, Up};
use crate::program::Folder;

/// The headlines in the blurbs.
const TITLES: &str = "Boatstitle of boatspage\ntreestitle of treespage\nroadstitle of roadspage\nhillstitle of hillspage";
const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

/// A page of one outlet with a text of its own and the blurbs that the outlet prints below it, with the
/// headlines of its pages.
fn page(name: &str) -> GeneratedArticle {
    let words = |word: &str, count: usize| -> String {
        (0..count).map(|number| format!("{word}{number} ")).collect()
    };
    GeneratedArticle {
        id: name.to_owned(),
        outlet: "quayton.example".to_owned(),
        title: format!("{name}title of {name}page"),
        text: format!(
            "A {name}page has the {name}title. {}.\n\n{TITLES} {}.",
            words(name, 30),
            words("blurb", 230)
        ),
    }
}

#[test]
fn pages_with_the_same_blurbs_are_stories_of_their_own_also_after_a_kill() {
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("it takes folders");
    let drop = |name: &str| {
        folder.write(&format!("dropped/{name}.jsonl"), page(name).line().as_bytes());
    };
    let up = Up::start(&folder);
    let mut events = up.events(0);
    let told = ["boats", "trees", "roads"].map(|name| {
        drop(name);
        events.article().expect("it runs on")
    });
    let [first, second, third] = told;
    let stories = [&first, &second, &third].map(|it| it.verdict.story);
    assert_eq!(stories, [&first, &second, &third].map(|it| StoryId::from(it.id)));
    let place = events.last.expect("articles have places");
    up.kill();

    let again = Up::start(&folder);
    let mut later = again.events(place);
    drop("hills");
    let fourth = later.article().expect("it runs on");
    assert_eq!(fourth.verdict.story, StoryId::from(fourth.id), "{}", again.output());
    assert_eq!(again.terminate().code, Some(0));
}
