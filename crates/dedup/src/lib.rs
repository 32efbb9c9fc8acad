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
//!
//! The folders follow an article, and each imports only from those before it:
//!
//! | room | what it holds |
//! |---|---|
//! | `codec` | numbers in few bytes; state as bytes and back |
//! | `body` | what of a text counts: words, terms, numbers, titles, fingerprint |
//! | `boilerplate` | what an outlet prints on every page |
//! | `index` | which earlier articles share passages |
//! | `compare` | alignment, overlap, changes |
//! | `judge` | the rules, and the judgement that they make |
//! | `story` | joining, dividing, credit |
//! | `event` | which stories tell of one happening |
//! | `store` | what is kept of each article |
//! | `detector` | the one writer: finds, judges, remembers, regroups, explains |

mod body;
mod boilerplate;
pub mod codec;
mod compare;
mod detector;
mod event;
mod ids;
mod index;
mod judge;
mod settings;
mod store;
mod story;

pub use body::figures::Figures;
pub use body::fingerprint::{Fingerprint, SAMPLE};
pub use body::simhash::{is_near, simhash};
pub use body::terms::{Terms, stem};
pub use body::titles::{TitleWords, Titles};
pub use body::{ALONE_WEIGHT, Body, BodyWord, Fact, SHINGLE_WORDS, WORD_WEIGHT, word_hash};
pub use boilerplate::{Boilerplate, Traits};
pub use codec::TextFile;
pub use codec::bits::Bits;
pub use codec::numbered::Numbered;
pub use compare::align::{Block, Run, align};
pub use compare::changes::{Change, ChangeCount, Changes};
pub use compare::overlap::{FactCount, Overlap, Passage};
pub use detector::Detector;
pub use detector::documents::Shards;
pub use detector::explain::{Described, Explanation, explain, percent};
pub use detector::incoming::{Incoming, Step};
pub use detector::prepare::{Prepared, Preparer};
pub use detector::shard::Shard;
pub use detector::state_parts::StatePart;
pub use detector::verdict::{Class, Evidence, Verdict};
pub use detector::work::Work;
pub use event::frequencies::Frequencies;
pub use event::{Events, Joined, Link};
pub use ids::{DocId, EventId, NumberId, OutletId, StoryId};
pub use index::{Candidate, Index, UnderKeys};
pub use judge::facts::ShortFacts;
pub use judge::material::{Reason, StoryMember, material};
pub use judge::rule::{Compared, Rule};
pub use judge::{Article, CopyKind, Decision, Judgement, Match, Prior, judge};
pub use settings::{Settings, Switch};
pub use store::text_store::TextFiles;
pub use story::agency::{Agency, Confidence, How, Kin, inferred_agency, own_agency};
pub use story::stories::{Stories, Story};
pub use story::{Merge, Split};
