//! `replay` over the stored articles of a pipeline: through a running `up`, and after it.

use super::generated::{Numbers, text, word};
use super::up::{CONFIG, Up};
use crate::program::Folder;

const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";
const STRICT: [&str; 6] = ["replay", "--dry-run", "--config", CONFIG, "--set", "window=1d"];

#[test]
fn replay_asks_a_running_up_and_reads_what_it_left() {
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    let up = Up::start(&folder);
    assert!(folder.run(&STRICT).code(3).err.contains("no articles with their texts"));
    let mut numbers = Numbers::from_seed(11);
    let names = [word(&mut numbers), word(&mut numbers)];
    let whole = text(1, &names, &mut numbers);
    let (_, tail) = whole.split_at(whole.len() / 3);
    folder.write("dropped/one.txt", whole.as_bytes());
    up.events(0).articles(1);
    folder.write("dropped/two.txt", format!("Other words stand here now. {tail}").as_bytes());
    up.events(0).articles(2);
    let running = folder.run(&STRICT).code(0);
    assert!(running.out.contains("No fold would change."), "{}", running.out);
    assert!(running.out.contains("2 articles judged"), "{}", running.out);
    assert!(running.err.contains("asking the running wirefold for 2 articles"), "{}", running.err);
    assert_eq!(up.terminate().code, Some(0));
    let after = folder.run(&STRICT).code(0);
    assert_eq!(after.out, running.out);
    let again = Up::start(&folder);
    let stories = again.get_until("/api/v1/stories", |answer| answer["stories"].is_array());
    assert_eq!(stories["stories"].as_array().map(Vec::len), Some(1), "nothing was written");
    assert_eq!(again.terminate().code, Some(0));
}
