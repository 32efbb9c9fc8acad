//! Corrections of news: the notes in which an outlet corrects or retracts a report, the passages
//! that a note corrects, and the texts that still carry them.
//!
//! The crate converts texts to notes, passages and results for single texts. It has no I/O and no
//! clock, and no function can fail. It decides nothing about stories. Enricher, alerter and gateway
//! call it with texts that are already judged.
//!
//! ```
//! use wirefold_corrections::{NoteKind, note};
//!
//! let text = "A ferry sank off Brenmouth.\n\nCorrection: An earlier version gave the wrong harbour.";
//! let found = note("Ferry sinks", text, &[]).expect("it has a note");
//! assert_eq!(found.kind, NoteKind::Correction);
//! assert_eq!(found.words, "An earlier version gave the wrong harbour.");
//! ```

mod label;
mod note;
mod passage;
mod phrases;
mod retraction;
mod sentence;
mod trace;

pub use note::{Note, NoteKind, is_labelled, note, quoted, sentences, unknown_note, without_label};
pub use passage::{Passage, PassageState};
pub use trace::{Article, Carried, Correction, trace_corrections};
