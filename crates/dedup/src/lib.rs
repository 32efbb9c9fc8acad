//! Finds reprints by their passages.
//!
//! Every article that comes in is compared with everything seen in the window, not by its title or
//! a whole-text score but by the runs of words it has in common with others, quotations and
//! boilerplate apart. What is the same text becomes one *story*; what is another text about the
//! same happening joins the same *event*.
//!
//! Pure: no I/O, no clock, no logging; time is an argument, evidence a return value, and nothing
//! here can fail. [`Detector`] is the whole; [`Overlap::between`] compares two texts, and [`explain`] says
//! which [`Rule`] decides about them; the method
//! and its measurements stand in `design.md` beside this file.

mod agency;
mod align;
mod apart;
mod bits;
mod body;
mod boilerplate;
mod carriers;
mod changes;
mod chrome;
mod detector;
mod dividing;
mod doc;
mod events;
mod explain;
mod facts;
mod figures;
mod find;
mod fingerprint;
mod folds;
mod frame;
mod frequencies;

mod halves;
mod hits;
mod holding;
mod house;
mod identities;
mod index;
mod judge;
mod known;
mod late_words;
mod lately;
mod learning;
mod lexicon;
mod looked_at;
mod material;
mod notes;
mod numbered;
mod overlap;
mod packed;
mod parted;
mod postings;
mod reading;
mod regroup;
mod remember;
mod rule;
mod sealed;
mod segment;
mod settings;
mod settled;
mod shelf;
mod simhash;
pub mod snapshot;
mod stories;
mod terms;
mod titles;
mod variants;
mod varint;
mod vector;
mod verdict;
mod work;

pub use crate::simhash::{is_near, simhash};
pub use agency::{Agency, Confidence, How, Kin, inferred_agency, own_agency};
pub use align::{Block, Run, align};
pub use bits::Bits;
pub use body::{ALONE_WEIGHT, Body, BodyWord, Fact, SHINGLE_WORDS, WORD_WEIGHT, word_hash};
pub use boilerplate::{Boilerplate, Traits};
pub use changes::{Change, ChangeCount, Changes};
pub use detector::{Detector, Incoming, Step};
pub use events::{EventId, Events, Joined, Link, StoryId};
pub use explain::{Described, Explanation, explain, percent};
pub use facts::ShortFacts;
pub use figures::Figures;
pub use fingerprint::{Fingerprint, SAMPLE};
pub use frequencies::Frequencies;
pub use index::{Candidate, DocId, Index, UnderKeys};
pub use judge::{Article, CopyKind, Decision, Judgement, Match, Prior, judge};
pub use material::{Known, Reason, material};
pub use numbered::Numbered;
pub use overlap::{FactCount, Overlap, Passage};
pub use rule::{Compared, Rule};
pub use settings::{Settings, Switch};
pub use shelf::{Shelf, Shelves};
pub use stories::{Stories, Story};
pub use terms::{Terms, stem};
pub use titles::{TitleWords, Titles};
pub use verdict::{Class, Evidence, Merge, Split, Verdict};
pub use work::Work;
