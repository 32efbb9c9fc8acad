//! Pages that were folded by their page chrome, through the real program: they are divided with a reason, and
//! stay so.

use wirefold_proto::StoryId;

use super::generated::GeneratedArticle;
use super::up::{CONFIG, Up};
use crate::program::{Folder, fold_lines};

/// The words in the blurbs.
const TITLES: &str = "Boatstitle treestitle roadstitle hillstitle";
const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

/// A page of one outlet with a text of its own and the blurbs that the outlet prints below it, which name the
/// subjects of its pages.
fn page(name: &str) -> GeneratedArticle {
    let words = |word: &str, count: usize| -> String {
        (0..count).map(|number| format!("{word}{number} ")).collect()
    };
    GeneratedArticle {
        id: name.to_owned(),
        outlet: "quayton.example".to_owned(),
        title: format!("{name}title of {name}page"),
        text: format!("{}.\n\n{TITLES} {}.", words(name, 30), words("blurb", 230)),
    }
}

#[test]
fn pages_that_their_blurbs_had_folded_are_two_stories_also_after_a_kill() {
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
    assert_eq!(second.verdict.story, first.verdict.story, "they fold by the blurbs");
    assert_ne!(third.verdict.story, first.verdict.story);
    let freed = StoryId::from(second.id);
    let story = up.get_until(&format!("/api/v1/stories/{freed}"), |found| {
        found["articles"].as_array().is_some_and(|articles| articles.len() == 1)
    });
    assert_eq!(story["articles"][0]["id"], second.id.to_string(), "{story:#}");
    assert_eq!(story["story"]["regrouped"]["kind"], "page_chrome", "{story:#}");
    up.get_until(&format!("/api/v1/stories/{}", first.verdict.story), |left| {
        left["story"]["articles"] == 1
    });
    let [one, other] = [first.id, second.id].map(|id| id.to_string());
    let why = folder.run(&["why", &one, &other, "--config", CONFIG]);
    let words = "regrouped later: they share page chrome of quayton.example.";
    assert!(why.out.contains(words), "{}", why.out);
    let place = events.last.expect("articles have places");
    up.kill();

    let again = Up::start(&folder);
    let mut later = again.events(place);
    drop("hills");
    let fourth = later.article().expect("it runs on");
    assert_eq!(fourth.verdict.story, StoryId::from(fourth.id), "{}", again.output());
    assert_eq!(again.terminate().code, Some(0));
}

#[test]
fn fold_says_what_was_regrouped() {
    let lines = ["boats", "trees", "roads"].map(|name| page(name).line()).concat();
    let run = fold_lines(&lines, &["-q"]).code(0);
    let regrouped = &run.line("roads").regrouped;
    assert_eq!(regrouped.len(), 1, "{}", run.out);
    assert_eq!((&*regrouped[0].from, &*regrouped[0].into), ("boats", "trees"));
    assert_eq!(regrouped[0].articles, ["trees"]);
    assert_eq!(run.line("trees").story, "boats", "at arrival");
    let at_end = fold_lines(&lines, &["-q", "--final"]).code(0);
    assert_eq!(at_end.line("trees").story, "trees", "{}", at_end.out);
}
