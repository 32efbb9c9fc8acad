//! Speakers in English articles of other authors: `../shared/suites/quotes/texts.jsonl`.

use std::path::Path;

use serde_json::Value;
use wirefold_proto::Quotation;
use wirefold_text::Text;

use super::suite::is_same_speaker;
use crate::quotations::quotations_of;

/// Counts of named speakers and of the results for them.
#[derive(Default)]
struct Counts {
    named: usize,
    right: usize,
    wrong: usize,
    pronouns: usize,
}

impl Counts {
    /// Adds one article.
    fn add(&mut self, row: &Value) {
        let original: Vec<char> = row["text"].as_str().unwrap().chars().collect();
        let text = Text::new(row["text"].as_str().unwrap());
        let mut found = quotations_of(&text, "en");
        for gold in row["quotes"].as_array().unwrap() {
            let (false, Some(speaker)) =
                (gold["pronoun"].as_bool().unwrap(), gold["speaker"].as_array())
            else {
                continue;
            };
            self.named += 1;
            let speaker = excerpt(&original, &speaker[0], &speaker[1]);
            let words = bare(&excerpt(&original, &gold["start"], &gold["end"]));
            let is_it = |one: &Quotation| bare(&one.words) == words;
            let it = found.iter().position(is_it).map(|at| found.remove(at));
            self.judge(&speaker, &words, it.as_ref());
        }
    }

    fn judge(&mut self, speaker: &str, words: &str, told: Option<&Quotation>) {
        let opening: String = words.chars().take(60).collect();
        let mine = told.and_then(|one| one.speaker.as_deref());
        match mine {
            Some(mine) if is_same_speaker(mine, speaker) => self.right += 1,
            Some(mine) => {
                self.wrong += 1;
                eprintln!("wrong\t{mine}\tfor\t{speaker}\t{opening}");
            }
            None if told.is_some_and(|one| one.pronoun.is_some()) => {
                self.pronouns += 1;
                eprintln!("pronoun\t\tfor\t{speaker}\t{opening}");
            }
            None => eprintln!("nobody\t\tfor\t{speaker}\t{opening}"),
        }
    }
}

fn excerpt(original: &[char], start: &Value, end: &Value) -> String {
    let at = |offset: &Value| usize::try_from(offset.as_u64().unwrap()).unwrap();
    original[at(start)..at(end)].iter().collect()
}

fn bare(printed: &str) -> String {
    printed.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

#[test]
fn speakers_in_english_articles() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites/quotes");
    let Ok(rows) = std::fs::read_to_string(suite.join("texts.jsonl")) else {
        eprintln!("SKIPPED: {} is absent", suite.display());
        return;
    };
    let mut counts = Counts::default();
    rows.lines().for_each(|row| counts.add(&serde_json::from_str(row).unwrap()));
    let Counts { named, right, wrong, pronouns } = counts;
    eprintln!("{named} speakers: {right} right, {wrong} wrong, {pronouns} by a pronoun");
    assert!(right * 100 >= named * 81 && wrong * 100 <= (right + wrong) * 7, "{right} of {named}");
}
