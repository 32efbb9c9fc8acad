//! The detector's thresholds, and where it keeps texts.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::Interval;

use super::value::Share;

/// What counts as a copy and what as one event. The defaults are measured (docs/accuracy.md); a
/// change holds for the articles that come after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DetectorConfig {
    /// A passage has at least this many words.
    pub(crate) passage_words: u32,
    /// A text with fewer runs of five words that count is not comparable.
    pub(crate) comparable_shingles: u32,
    /// A reprint: the larger of the two contained shares reaches this …
    pub(crate) reprint_larger: Share,
    /// … the share of the new text that stands in the old one reaches this …
    pub(crate) reprint_contained: Share,
    /// … and they share at least this many words.
    pub(crate) reprint_words: u32,
    /// A partial copy: the share of the new text that stands in the old one reaches this …
    pub(crate) partial_contained: Share,
    /// … and they share at least this many words.
    pub(crate) partial_words: u32,
    /// A text holds another, and is none of its copies: the share of the old text that stands in
    /// the new one reaches this, while less of the new text than `partial_contained` is shared.
    pub(crate) holds_containing: Share,
    /// An earlier text of which the new one makes up this share is no digest of it.
    pub(crate) digest_containing: Share,
    /// A text joins a story through a member only if this share of the words they have in common
    /// is also common to that member and the rest of the story.
    pub(crate) join_share: Share,
    /// A follow-up is material when this share of it is new.
    pub(crate) material_novelty: Share,
    /// Texts of at most this many words must agree in numbers and names to fold.
    pub(crate) short_words: u32,
    /// So many earlier articles of an outlet, no copies of each other, make a paragraph
    /// boilerplate.
    pub(crate) boilerplate_carriers: u32,
    /// Two stories are one event when their likeness reaches this.
    pub(crate) event_likeness: Share,
    /// An event takes no new story this long after its last text of its own.
    pub(crate) event_quiet: Interval,
    /// An event takes no new story this long after its first.
    pub(crate) event_span: Interval,
    /// Over NATS, a folder of this detector's own in which it keeps the texts of the window, out of
    /// memory, so that a start need not fetch them; without it they are kept in memory. With a bus of its own
    /// `wirefold up` keeps them in the data folder.
    pub(crate) texts: Option<PathBuf>,
}

impl Default for DetectorConfig {
    /// The defaults are those of the method itself.
    fn default() -> Self {
        let method = wirefold_dedup::Settings::default();
        let seconds = |seconds: i64| Interval::from_seconds(u32::try_from(seconds).unwrap_or(0));
        Self {
            passage_words: method.passage_words,
            comparable_shingles: method.comparable_shingles,
            reprint_larger: Share::of(method.reprint_larger),
            reprint_contained: Share::of(method.reprint_contained),
            reprint_words: method.reprint_words,
            partial_contained: Share::of(method.partial_contained),
            partial_words: method.partial_words,
            holds_containing: Share::of(method.holds_containing),
            digest_containing: Share::of(method.digest_containing),
            join_share: Share::of(method.join_share),
            material_novelty: Share::of(method.material_novelty),
            short_words: method.short_words,
            boilerplate_carriers: u32::try_from(method.boilerplate_carriers).unwrap_or(u32::MAX),
            event_likeness: Share::of(method.event_likeness),
            event_quiet: seconds(method.event_quiet),
            event_span: seconds(method.event_span),
            texts: None,
        }
    }
}

impl DetectorConfig {
    /// The method's thresholds, with this window. What is not settable keeps its default.
    pub(crate) fn method(&self, window: Interval) -> wirefold_dedup::Settings {
        let seconds = |interval: Interval| interval.duration().as_secs().cast_signed();
        wirefold_dedup::Settings {
            passage_words: self.passage_words,
            comparable_shingles: self.comparable_shingles,
            reprint_larger: self.reprint_larger.get(),
            reprint_contained: self.reprint_contained.get(),
            reprint_words: self.reprint_words,
            partial_contained: self.partial_contained.get(),
            partial_words: self.partial_words,
            holds_containing: self.holds_containing.get(),
            digest_containing: self.digest_containing.get(),
            join_share: self.join_share.get(),
            material_novelty: self.material_novelty.get(),
            short_words: self.short_words,
            boilerplate_carriers: self.boilerplate_carriers as usize,
            event_likeness: self.event_likeness.get(),
            event_quiet: seconds(self.event_quiet),
            event_span: seconds(self.event_span),
            window: seconds(window),
            ..wirefold_dedup::Settings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_methods() {
        let method = wirefold_dedup::Settings::default();
        let window = Interval::from_seconds(7 * 24 * 3600);
        assert_eq!(DetectorConfig::default().method(window), method);
    }
}
