//! Folds reprints by one weighed measure.
//!
//! A new article is compared only with the earlier ones that share text with it. A pair becomes a few
//! named numbers ([`Evidence`]), and one fitted table ([`Weights`]) says how likely both are one text. The crate is pure: it has no I/O and no clock, and no function can fail.

mod candidates;
mod curves;
mod detector;
mod event;
mod evidence;
mod explain;
pub mod fit;
mod hash;
mod index;
mod judge;
mod matching;
mod opened;
mod page;
mod rarity;
mod signature;
mod story;
mod table;
mod verdict;

pub use curves::{Curve, ramp};
pub use detector::{Detector, Incoming};
pub use event::{ComparedStory, EventEvidence, EventSign, climbed_by_stories, event_ramps};
pub use evidence::Evidence;
pub use explain::explain;
pub use judge::{CopySign, Weights, climbed, logistic, ramps};
pub use page::Page;
pub use verdict::{Class, Compared, CopyKind, Verdict};
