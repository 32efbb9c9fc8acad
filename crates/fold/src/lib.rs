//! Folds reprints by one weighed measure.
//!
//! A new article is compared only with the earlier ones that share text with it. A pair becomes a few
//! named numbers ([`Evidence`]), and one fitted table ([`Weights`]) says how likely both are one text. The crate is pure: it has no I/O and no clock, and no function can fail.

mod candidates;
mod curves;
mod detector;
mod event;
mod event_changes;
mod evidence;
mod explain;
pub mod fit;
mod hash;
mod ids;
mod index;
mod judge;
mod matching;
mod opened;
mod page;
mod rarity;
mod settings;
mod shown;
mod signature;
mod story;
mod table;
mod verdict;

pub use curves::{Curve, ramp};
pub use detector::Detector;
pub use detector::alone::{Described, Explanation, Grounds, judge_alone};
pub use detector::incoming::{Incoming, Prepared};
pub use event::{ComparedStory, EventEvidence, EventSign, climbed_by_stories, event_ramps};
pub use evidence::Evidence;
pub use explain::sum_in_words;
pub use ids::{DocId, EventId, IdTable, Merge, OutletId, Split, StoryId};
pub use judge::{CopySign, Weights, climbed, logistic, ramps};
pub use page::Page;
pub use settings::Settings;
pub use shown::{
    Agency, Block, Body, BodyWord, Change, ChangeCount, Changes, Confidence, How, Lede, Overlap,
    Passage, Reason, Redirects, TextFile, TextFiles, is_calendar, overlap_between, own_agency,
    percent, rarity, stem, word_hash,
};
pub use verdict::{Class, Compared, CopyKind, Match, Verdict};
