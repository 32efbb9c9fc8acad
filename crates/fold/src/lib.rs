//! Folds reprints by one weighed measure.
//!
//! A new article is compared only with the earlier ones that share text with it. A pair becomes a few
//! named numbers ([`Evidence`]), and one fitted table ([`Weights`]) says how likely both are one text. The crate is pure: it has no I/O and no clock, and no function can fail.

mod agency;
mod candidates;
mod common_words;
mod compare;
mod correction;
mod detector;
mod event;
mod event_changes;
mod event_evidence;
mod evidence;
mod explain;
pub mod fit;
mod groups;
mod hash;
mod headline;
mod id_table;
mod ids;
mod index;
mod judge;
mod matching;
mod not_the_same;
mod opened;
mod page;
mod rarity;
mod round_up;
mod settings;
mod signature;
mod simhash;
mod stem;
mod table;
mod text_files;
mod verdict;

pub use agency::{Agency, Confidence, How, own_agency};
pub use common_words::rarity;
pub use compare::body::{Body, BodyWord, word_hash};
pub use compare::changes::{Change, ChangeCount, Changes};
pub use compare::overlap::{Overlap, Passage};
pub use compare::runs::Block;
pub use detector::Detector;
pub use detector::alone::{Described, Explanation, Grounds, judge_alone};
pub use detector::incoming::{Incoming, Prepared};
pub use event_evidence::{ComparedStory, EventEvidence, SharedQuotation};
pub use evidence::Evidence;
pub use explain::percent;
pub use id_table::IdTable;
pub use ids::{DocId, EventId, Merge, NumberId, OutletId, Redirects, Split, StoryId};
pub use judge::{CopySign, Weights, climbed, ramps};
pub use page::Page;
pub use settings::Settings;
pub use stem::stem;
pub use text_files::{TextFile, TextFiles};
pub use verdict::{Class, CopyKind, Correction, Match, Verdict};
