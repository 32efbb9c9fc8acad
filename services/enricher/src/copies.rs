//! Remembers what was found in the last texts, so that a copy of one of them is not read again.
//!
//! The output does not depend on it: reading the text again would find the same.

use std::collections::VecDeque;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxBuildHasher;
use wirefold_proto::{AboutArticle, Findings, LanguageTag};
use wirefold_text::Text;

use crate::findings::{find, of_copy};

/// So many texts are kept.
const MOST: usize = 256;
/// Longer texts are not; in bytes.
const LONGEST: usize = 32_768;
/// Neither are shorter ones, whose language the title tells as well.
const SHORTEST: usize = 200;

/// A text with what was found in it.
struct ReadText {
    hash: u64,
    text: String,
    title: String,
    hint: Option<LanguageTag>,
    findings: Findings,
}

/// What was found in the last texts, at most 8 MB of them.
#[derive(Default)]
pub struct Copies {
    known: Mutex<VecDeque<ReadText>>,
}

impl std::fmt::Debug for Copies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copies").finish_non_exhaustive()
    }
}

impl Copies {
    /// What is found in a text that comes from `agency`, empty where none is known; the same as
    /// [`crate::findings()`].
    pub(crate) fn findings(&self, text: &Text, about: &AboutArticle, agency: &str) -> Findings {
        let original = text.original();
        if !(SHORTEST..=LONGEST).contains(&original.len()) {
            return find(text, about, agency, |_| {});
        }
        let hash = FxBuildHasher.hash_one(original);
        if let Some(found) = self.of_known(hash, text, about, agency) {
            return found;
        }
        let findings = find(text, about, agency, |_| {});
        let new = ReadText {
            hash,
            text: original.to_owned(),
            title: about.title.clone(),
            hint: about.language_hint.clone(),
            findings: findings.clone(),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back(new);
        if known.len() > MOST {
            known.pop_front();
        }
        findings
    }

    /// What was found in the same text before, with what title and outlet add.
    fn of_known(
        &self,
        hash: u64,
        text: &Text,
        about: &AboutArticle,
        agency: &str,
    ) -> Option<Findings> {
        let (findings, has_same_title) = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let is_same = |one: &&ReadText| {
                one.hash == hash && one.hint == about.language_hint && one.text == text.original()
            };
            let found = known.iter().rev().find(is_same)?;
            (found.findings.clone(), found.title == about.title)
        };
        Some(of_copy(findings, text, about, agency, has_same_title))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_proto::OutputArticle;

    const TEXT: &str = "QUAYTON (AP) — Ada Ruiz came to the harbour wall on Monday. “We will not open it \
        again,” she said. Twenty-eight people were hurt in the storm, and the harbour wall is gone. The mayor \
        of Quayton, Tom Lund, said that the ferry to France would stay away until Friday.";

    fn about() -> AboutArticle {
        let sample =
            include_bytes!("../../../proto/samples/wirefold.output.article.2.minimal.json");
        wirefold_proto::decode::<OutputArticle>(sample).unwrap().article
    }

    #[test]
    fn a_copy_has_what_reading_it_again_would_find() {
        let copies = Copies::default();
        let mut about = about();
        about.language_hint = None;
        for title in ["Harbour wall gone", "Ada Ruiz and the harbour wall", "Harbour wall gone", ""]
        {
            title.clone_into(&mut about.title);
            let text = Text::new(TEXT);
            let again = find(&text, &about, "", |_| {});
            assert_eq!(copies.findings(&text, &about, ""), again, "{title}");
        }
        assert_eq!(copies.known.lock().unwrap().len(), 1);
        let declared = AboutArticle { language_hint: "en-gb".parse().ok(), ..about };
        let told = copies.findings(&Text::new(TEXT), &declared, "").language.unwrap();
        assert_eq!(told.tag.as_str(), "en-gb");
    }

    #[test]
    fn the_last_texts_are_kept_and_no_more() {
        let copies = Copies::default();
        let about = about();
        for number in 0..MOST + 8 {
            copies.findings(&Text::new(&format!("{TEXT} {number}")), &about, "");
        }
        copies.findings(&Text::new("Short."), &about, "");
        let known = copies.known.lock().unwrap();
        assert_eq!(known.len(), MOST);
        assert!(known.back().unwrap().text.ends_with(&(MOST + 7).to_string()));
    }
}
