//! Manual overrides of stories through the real program, kills and a replay of everything.

use serde_json::Value;
use wirefold_proto::{OutputArticle, StoryId};

use super::generated::{GeneratedArticle, Numbers, text, word};
use super::stream::Events;
use super::up::{CONFIG, Up};
use crate::program::{Folder, Run};

const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

/// A folder of files, a text, and copies of it with different endings.
struct StoryFolder {
    folder: Folder,
    text: String,
    endings: Vec<String>,
    dropped: usize,
}

impl StoryFolder {
    fn open() -> StoryFolder {
        let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
        std::fs::create_dir(folder.path().join("dropped")).expect("it takes folders");
        let mut numbers = Numbers::from_seed(5);
        let mut names = || [word(&mut numbers), word(&mut numbers)];
        let all: Vec<[String; 2]> = (0..4).map(|_| names()).collect();
        let mut texts = all.iter().map(|two| text(1, two, &mut numbers));
        let printed = texts.next().expect("there are four");
        let half = |whole: String| whole.split("\n\n").next().unwrap_or_default().to_owned();
        StoryFolder { folder, text: printed, endings: texts.map(half).collect(), dropped: 0 }
    }

    /// Drops a copy with this ending at an outlet of its own, and returns the result.
    #[track_caller]
    fn drop(&mut self, ending: usize, events: &mut Events) -> OutputArticle {
        self.dropped += 1;
        let id = format!("{:03}", self.dropped);
        let text = format!("{}\n\n{}", self.text, self.endings[ending]);
        let made = GeneratedArticle {
            outlet: format!("outlet{id}.example"),
            title: format!("Of {id}, {}", self.text.split_once(". ").map_or("", |(lede, _)| lede)),
            text,
            id: id.clone(),
        };
        self.folder.write(&format!("dropped/{id}.jsonl"), made.line().as_bytes());
        events.article().expect("it runs on")
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.folder.run(&[arguments, &["--config", CONFIG]].concat())
    }
}

fn members(up: &Up, story: StoryId) -> Vec<String> {
    let shown = up.get(&format!("/api/v1/stories/{story}"));
    let articles = shown["articles"].as_array().into_iter().flatten();
    articles.filter_map(|article| Some(article["id"].as_str()?.to_owned())).collect()
}

#[test]
fn a_manual_split_stays_and_later_copies_join_their_side() {
    let mut folder = StoryFolder::open();
    let up = Up::start(&folder.folder);
    let mut events = up.events(0);
    let [first, second, third] = [0, 1, 2].map(|ending| folder.drop(ending, &mut events));
    let story = first.verdict.story;
    assert_eq!((second.verdict.story, third.verdict.story), (story, story), "copies of one text");
    let (from, moved) = (story.to_string(), second.id.to_string());
    let said = folder.run(&["story", "split", &from[..10], &moved[..12]]).code(0);
    assert!(said.err.contains("1 article left "), "{}", said.err);
    assert!(said.err.contains(&format!("{from}: 2 articles at 2 outlets")), "{}", said.err);
    let taken: StoryId = second.id.into();
    assert_eq!(members(&up, taken), [moved]);
    assert_eq!(members(&up, story), [first.id.to_string(), third.id.to_string()]);
    let event = up.get(&format!("/api/v1/events/{}", first.verdict.event));
    let counts = (&event["event"]["story_count"], &event["event"]["origins"]);
    assert_eq!(counts, (&2.into(), &2.into()), "{event:#}");
    // Taken out of the event and joined with it again, as the hint says.
    let (taken_id, event_id) = (taken.to_string(), first.verdict.event.to_string());
    let stories = || up.get(&format!("/api/v1/events/{event_id}"))["event"]["story_count"].clone();
    let alone = folder.run(&["story", "move", &taken_id]).code(0);
    let back = format!("undo: wirefold story merge {event_id} e-");
    assert!(alone.err.contains(&back) && stories() == 1, "{}", alone.err);
    let again = folder.run(&["story", "move", &taken_id, "--into", &event_id]).code(0);
    let undo = format!("undo: wirefold story move {taken_id}");
    assert!(again.err.contains(&undo), "{}", again.err);
    assert_eq!(stories(), 2);
    let own = || up.get(&format!("/api/v1/stories/{taken_id}"))["story"]["event"].to_string();
    let undone = folder.run(&["story", "move", &taken_id]).code(0);
    assert!(alone.err.contains(own().trim_matches('"')), "{}\n{}", alone.err, undone.err);
    folder.run(&["story", "move", &taken_id, "--into", &event_id]).code(0);
    let place = events.last.expect("articles have places");
    up.kill();

    // After a kill, from a snapshot, and by a replay of the whole log.
    let mut place = place;
    for is_replayed in [false, false, true] {
        let snapshots = folder.folder.path().join("data/wf_snapshots");
        if is_replayed {
            std::fs::remove_dir_all(&snapshots).expect("a drained detector has left a snapshot");
        }
        let restarted = Up::start(&folder.folder);
        let mut later = restarted.events(place);
        let joined = [1, 0, 2].map(|ending| folder.drop(ending, &mut later).verdict.story);
        assert_eq!(
            joined,
            [taken, story, story],
            "replayed: {is_replayed}\n{}",
            restarted.output()
        );
        place = later.last.expect("articles have places");
        assert_eq!(restarted.terminate().code, Some(0));
    }
}

#[test]
fn commands_return_their_changes_or_a_reason() {
    let mut folder = StoryFolder::open();
    let up = Up::start(&folder.folder);
    let mut events = up.events(0);
    let [first, second] = [0, 1].map(|ending| folder.drop(ending, &mut events));
    let story = first.verdict.story.to_string();
    let [one, other] = [first.id, second.id].map(|id| id.to_string());
    let preferred = folder.run(&["story", "prefer", &story, "outlet002.example"]).code(0);
    assert!(preferred.err.contains(" leads "), "{}", preferred.err);
    let listed = folder.run(&["story", "ls"]).code(0);
    assert!(listed.out.contains("Of 002"), "{}", listed.out);
    let event = first.verdict.event.to_string();
    let apart = folder.run(&["story", "not-the-same", &one, &other, "--json"]).code(0);
    assert!(!apart.err.contains("undo"), "{}", apart.err);
    let decided: Value = serde_json::from_str(&apart.out).expect("one object");
    assert_eq!(decided["changes"][0]["change"], "split", "{decided:#}");
    let taken = format!("s-{}", &other[2..]);
    let merged = folder.run(&["story", "merge", &taken, &story]).code(0);
    assert!(merged.err.contains(" is part of ") && !merged.err.contains("undo"), "{}", merged.err);
    // The old id leads to the story that contains it now.
    let shown = folder.run(&["story", "show", &taken]).code(0);
    assert!(shown.out.contains(&story) && shown.out.contains("2 articles"), "{}", shown.out);
    for (arguments, code, words) in [
        (vec!["split", &story, &one, &other], 2, "nothing would be left of it"),
        (vec!["split", &story, "a-zzzzzz"], 3, "no article \"a-zzzzzz\""),
        (vec!["split", &story], 2, "ARTICLE"),
        (vec!["merge", &story, "e-123456"], 2, "a story and an event cannot be merged"),
        (vec!["merge", &story, &taken], 2, "are one already"),
        (vec!["move", &story, "--into", &event], 2, "is in event e-"),
        (vec!["prefer", &story, "nobody.example"], 2, "no article from nobody.example itself"),
        (vec!["not-the-same", &one, &one], 2, "cannot be kept apart from itself"),
    ] {
        let run = folder.run(&[&["story"][..], &arguments].concat()).code(code);
        assert!(run.err.contains(words), "{arguments:?}: {}", run.err);
    }
    assert_eq!(up.terminate().code, Some(0));
    let nobody = folder.run(&["story", "prefer", &story, "outlet001.example"]).code(4);
    assert!(nobody.err.contains("`story prefer` needs a running wirefold"), "{}", nobody.err);
}
