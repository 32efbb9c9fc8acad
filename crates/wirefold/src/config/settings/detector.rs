//! The detector's thresholds, and where it stores texts.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::Interval;

use super::value::Share;

/// When a text is a copy, and when two stories are one event. To fold less, raise `partial_contained`, or
/// `reprint_words` and `partial_words` together: if you raise only one of the two, most pairs that it
/// rejects still fold as the other kind. `reprint_contained` and `reprint_larger` alone change little, for
/// the same reason. Equal texts, short texts and longer rewrites of a short text fold by other rules. To
/// group less, raise `event_similarity`. `wirefold replay --dry-run --set detector.partial_contained=0.4`
/// shows what such a change would do to the stored articles.
/// docs/accuracy.md says how the defaults were measured. A change applies to the articles that come after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DetectorConfig {
    /// The fewest words of a passage.
    pub(crate) min_passage_words: u32,
    /// A text with fewer counted shingles (runs of five words) is not comparable.
    pub(crate) comparable_shingles: u32,
    /// A reprint: the larger of the two contained shares reaches this …
    pub(crate) reprint_larger: Share,
    /// … the share of the new text that is in the old one reaches this …
    pub(crate) reprint_contained: Share,
    /// … and they share at least this many words. Fewer are enough if nearly all of both texts or long runs of
    /// words are equal, or if both are of one page.
    pub(crate) reprint_words: u32,
    /// A partial copy: the share of the new text that is in the old one reaches this …
    pub(crate) partial_contained: Share,
    /// … and they share at least this many words. The same holds for an article that contains an earlier one.
    pub(crate) partial_words: u32,
    /// A text holds another one without being its copy if at least this share of the old text is in the new
    /// one, and less than `partial_contained` of the new text is in the old one.
    pub(crate) holds_containing: Share,
    /// An earlier text is no digest if the new text makes up at least this share of it.
    pub(crate) digest_containing: Share,
    /// A text joins a story through a member only if the rest of the story has at least this share
    /// of the words that the two have in common.
    pub(crate) join_share: Share,
    /// A follow-up is material if at least this share of it is new.
    pub(crate) material_novelty: Share,
    /// Texts of at most this many words fold only if their numbers and names agree.
    pub(crate) short_text_words: u32,
    /// A paragraph is boilerplate when at least this many earlier articles of its outlet have it and are not
    /// copies of each other.
    pub(crate) boilerplate_min_articles: u32,
    /// Two stories are one event when their similarity reaches this, and up to 0.1 more where other
    /// events are similar too.
    pub(crate) event_similarity: Share,
    /// The longest gap in an event: it takes no new story this long after its last separately
    /// written text.
    pub(crate) event_max_gap: Interval,
    /// The longest span of an event: it takes no new story this long after its first.
    pub(crate) event_max_span: Interval,
    /// Over NATS, a folder in which this detector alone stores the texts of the window. They then take no
    /// memory, and a start need not fetch them. Without it they stay in memory. With the embedded bus,
    /// `wirefold up` stores them in the data folder.
    pub(crate) text_store: Option<PathBuf>,
}

impl Default for DetectorConfig {
    /// The defaults are those of the method itself.
    fn default() -> Self {
        let method = wirefold_dedup::Settings::default();
        let seconds = |seconds: i64| Interval::from_seconds(u32::try_from(seconds).unwrap_or(0));
        Self {
            min_passage_words: method.passage_words,
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
            short_text_words: method.short_words,
            boilerplate_min_articles: u32::try_from(method.boilerplate_carriers)
                .unwrap_or(u32::MAX),
            event_similarity: Share::of(method.event_similarity),
            event_max_gap: seconds(method.event_quiet),
            event_max_span: seconds(method.event_span),
            text_store: None,
        }
    }
}

impl DetectorConfig {
    /// The method's thresholds, with this window. Those without a setting keep their default.
    pub(crate) fn method(&self, window: Interval) -> wirefold_dedup::Settings {
        let seconds = |interval: Interval| interval.duration().as_secs().cast_signed();
        wirefold_dedup::Settings {
            passage_words: self.min_passage_words,
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
            short_words: self.short_text_words,
            boilerplate_carriers: self.boilerplate_min_articles as usize,
            event_similarity: self.event_similarity.get(),
            event_quiet: seconds(self.event_max_gap),
            event_span: seconds(self.event_max_span),
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
