//! Finds reprints by the passages that articles share.
//!
//! Each new article is compared with all articles of the window: not by its title or by a score of the
//! whole text, but by the runs of words that it shares with others. Quotations and boilerplate do not
//! count. Copies of one text become one *story*. Stories about one happening, each in its own words, become
//! one *event*.
//!
//! The crate is pure: it has no I/O, no clock and no logging, and no function can fail. Time is an
//! argument, and evidence is a return value.
//!
//! - [`Detector`] does everything for a stream of articles.
//! - [`Overlap::between`] compares two texts.
//! - [`explain`] says which [`Rule`] decides about two texts.
//!
//! `design.md`, in the folder above this file, describes the method and its measurements.
//!
//! The folders are in the order in which an article passes through them. Each imports only from those
//! before it:
//!
//! | folder | what it has |
//! |---|---|
//! | `codec` | compact encodings; state as bytes and back |
//! | `body` | the part of a text that is compared: words, terms, numbers, title, fingerprint |
//! | `boilerplate` | text that an outlet repeats on many pages |
//! | `index` | the search for earlier articles that share passages |
//! | `compare` | alignment, overlap, changes |
//! | `judge` | the rules, and the judgement that they make |
//! | `story` | joining and dividing stories, credit |
//! | `event` | grouping of stories about one happening |
//! | `store` | the stored form of each article |
//! | `detector` | the one writer: finds, judges, records, regroups, explains |

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

pub use body::common_words::rarity;
pub use body::figures::Figures;
pub use body::fingerprint::{Fingerprint, SAMPLE};
pub use body::simhash::{is_near, simhash};
pub use body::stem::stem;
pub use body::terms::Terms;
pub use body::titles::{TitleRelation, TitleWords};
pub use body::{ALONE_WEIGHT, Body, BodyWord, Fact, SHINGLE_WORDS, WORD_WEIGHT, word_hash};
pub use boilerplate::{Boilerplate, PageHashes};
pub use codec::TextFile;
pub use codec::bits::Bits;
pub use codec::id_table::IdTable;
pub use compare::align::{Block, Run, align};
pub use compare::changes::{Change, ChangeCount, Changes};
pub use compare::overlap::Overlap;
pub use compare::passage::{FactCount, Passage};
pub use detector::Detector;
pub use detector::explain::{Described, Explanation, explain, percent};
pub use detector::incoming::{Incoming, Step};
pub use detector::prepare::{Prepared, Preparer};
pub use detector::state_parts::StatePart;
pub use detector::verdict::{Class, Evidence, Verdict};
pub use detector::work::Work;
pub use event::frequencies::Frequencies;
pub use event::{Events, Joined, Link};
pub use ids::{DocId, EventId, NumberId, OutletId, Redirects, StoryId};
pub use index::{Candidate, Index, KeyPostings};
pub use judge::dates::is_calendar;
pub use judge::facts::ShortFacts;
pub use judge::lede::Lede;
pub use judge::material::{Reason, StoryMember, corrects, material};
pub use judge::rule::{Compared, Rule};
pub use judge::{Article, CopyKind, Decision, Judgement, Match, Prior, judge};
pub use settings::{Ablation, Settings};
pub use store::text_store::TextFiles;
pub use story::agency::{Agency, Confidence, How, RelatedArticle, inferred_agency, own_agency};
pub use story::not_the_same::NotTheSame;
pub use story::stories::{Stories, Story};
pub use story::{Merge, Split};
