//! A cache of the findings of recent texts, so that copies are not analysed again.
//!
//! The output does not depend on the cache: another analysis would give the same findings.

use std::collections::VecDeque;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxBuildHasher;
use wirefold_proto::{AboutArticle, Findings, LanguageTag};
use wirefold_text::Text;

use crate::findings::{adapted_to_copy, find};

/// The most texts in the cache.
const MOST: usize = 256;
/// Longer texts are not cached; in bytes.
const LONGEST: usize = 32_768;
/// Shorter texts are not cached, because their language depends on the title; in bytes.
const SHORTEST: usize = 200;

/// A text with its findings.
struct CachedText {
    hash: u64,
    text: String,
    hint: Option<LanguageTag>,
    findings: Findings,
}

/// The findings of recent texts, at most 8 MB of text.
#[derive(Default)]
pub struct FindingsCache {
    recent: Mutex<VecDeque<CachedText>>,
}

impl std::fmt::Debug for FindingsCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FindingsCache").finish_non_exhaustive()
    }
}

impl FindingsCache {
    /// The findings of a text. The same as [`crate::findings()`].
    pub(crate) fn findings(&self, text: &Text, about: &AboutArticle) -> Findings {
        let original = text.original();
        if !(SHORTEST..=LONGEST).contains(&original.len()) {
            return find(text, about);
        }
        let hash = FxBuildHasher.hash_one(original);
        if let Some(found) = self.cached(hash, text, about) {
            return found;
        }
        let findings = find(text, about);
        let new = CachedText {
            hash,
            text: original.to_owned(),
            hint: about.language_hint.clone(),
            findings: findings.clone(),
        };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(new);
        if recent.len() > MOST {
            recent.pop_front();
        }
        findings
    }

    /// The cached findings of the same text, adapted to title and outlet.
    fn cached(&self, hash: u64, text: &Text, about: &AboutArticle) -> Option<Findings> {
        let is_same = |one: &&CachedText| {
            one.hash == hash && one.hint == about.language_hint && one.text == text.original()
        };
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let found = recent.iter().rev().find(is_same)?.findings.clone();
        drop(recent);
        Some(adapted_to_copy(found, text, about))
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
            include_bytes!("../../../proto/samples/wirefold.output.article.4.minimal.json");
        wirefold_proto::decode::<OutputArticle>(sample).unwrap().article
    }

    #[test]
    fn cached_findings_equal_a_new_analysis() {
        let cache = FindingsCache::default();
        let mut about = about();
        about.language_hint = None;
        for title in ["Harbour wall gone", "Ada Ruiz and the harbour wall", "Harbour wall gone", ""]
        {
            title.clone_into(&mut about.title);
            let text = Text::new(TEXT);
            let again = find(&text, &about);
            assert_eq!(cache.findings(&text, &about), again, "{title}");
        }
        assert_eq!(cache.recent.lock().unwrap().len(), 1);
        let declared = AboutArticle { language_hint: "en-gb".parse().ok(), ..about };
        let told = cache.findings(&Text::new(TEXT), &declared).language.unwrap();
        assert_eq!(told.tag.as_str(), "en-gb");
    }

    #[test]
    fn caches_only_recent_texts() {
        let cache = FindingsCache::default();
        let about = about();
        for number in 0..MOST + 8 {
            cache.findings(&Text::new(&format!("{TEXT} {number}")), &about);
        }
        cache.findings(&Text::new("Short."), &about);
        let recent = cache.recent.lock().unwrap();
        assert_eq!(recent.len(), MOST);
        assert!(recent.back().unwrap().text.ends_with(&(MOST + 7).to_string()));
    }
}
