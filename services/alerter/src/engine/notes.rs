//! Notes: statements of a text about itself, such as that it was corrected or retracted.
//!
//! Comes in: an article. Goes out: its note, once for each alert, although later versions and copies repeat
//! it. It never judges the note.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use wirefold_corrections::NoteKind;
use wirefold_proto::{AlertReason, Class, MaterialReason, Materiality, ReasonKind};

use super::correction::Correction;
use super::incoming::IncomingArticle;
use super::life::Life;
use super::reasons::reason;

/// A note of a text about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// The outlet retracts the report, in these words.
    Retraction(String),
    Correction(Correction),
}

impl Note {
    /// The note of a text. `names` are those of its outlet and agency.
    pub(super) fn of(title: &str, text: &str, names: &[&str]) -> Option<Self> {
        let found = wirefold_corrections::note(title, text, names)?;
        Some(match found.kind {
            NoteKind::Retraction => Self::Retraction(found.words),
            _ => Self::Correction(Correction::of(found)),
        })
    }

    /// Identifies the note by its kind and words, in every article.
    fn id(&self) -> u64 {
        let (sort, words) = match self {
            Self::Retraction(words) => ("retraction", words),
            Self::Correction(note) => ("correction", &note.words),
        };
        let letters = words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
        let hash = Sha256::new().chain_update(sort).chain_update(letters.collect::<String>());
        hash.finalize().iter().take(8).fold(0, |id, byte| (id << 8) | u64::from(*byte))
    }
}

/// The beginning of the reason for a retraction.
const RETRACTED: &str = "retracted by its outlet";

/// Whether a reason reports a retraction.
pub(crate) fn retracts(reason: &AlertReason) -> bool {
    reason.words.starts_with(RETRACTED)
}

/// How many notes of one alert are stored.
const KEPT: usize = 4;

/// The ids of the last notes of an alert; 0 in unused entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Notes([u64; KEPT]);

impl Notes {
    fn has(self, id: u64) -> bool {
        self.0.contains(&id)
    }

    /// These notes, followed by others.
    pub(crate) fn and(self, others: Self) -> Self {
        others.0.into_iter().filter(|id| *id != 0).fold(self, |mut notes, id| {
            if !notes.has(id) {
                notes.0.rotate_right(1);
                notes.0[0] = id;
            }
            notes
        })
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// The form in a header.
impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(|id| format!("{id:x}")).collect();
        f.write_str(&all.join(" "))
    }
}

/// The header is malformed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoNotes;

impl FromStr for Notes {
    type Err = NoNotes;

    fn from_str(text: &str) -> Result<Self, NoNotes> {
        let all: Result<Vec<u64>, _> =
            text.split(' ').map(|id| u64::from_str_radix(id, 16)).collect();
        let all = all.ok().and_then(|all| all.try_into().ok());
        all.map(Self).ok_or(NoNotes)
    }
}

impl IncomingArticle {
    /// The note, if it is about the report itself: the article is a later version, it begins with its note,
    /// or the detector found a correction.
    pub(super) fn note(&self) -> Option<&Note> {
        let verdict = &self.output.verdict;
        let note = self.note.as_ref().filter(|_| verdict.holds.len() <= 1)?;
        let concerns = match note {
            Note::Retraction(_) => true,
            Note::Correction(note) => {
                note.opens || verdict.class == Class::Version || self.correction().is_some()
            }
        };
        concerns.then_some(note)
    }

    /// The id of its note, as an alert stores it.
    pub(super) fn notes(&self) -> Notes {
        let mut notes = Notes::default();
        notes.0[0] = self.note().map_or(0, Note::id);
        notes
    }

    /// The correction that the detector found.
    fn correction(&self) -> Option<&Materiality> {
        let found = self.output.verdict.material.as_ref()?;
        let is_one = found.material && found.reason == MaterialReason::Correction;
        (is_one && self.output.verdict.comparable).then_some(found)
    }

    /// Whether it corrects something.
    pub(super) fn corrects(&self) -> bool {
        self.correction().is_some() || matches!(self.note(), Some(Note::Correction(_)))
    }

    /// The reason for a correction or retraction, with the words of the note.
    pub(super) fn put_right(&self) -> Option<AlertReason> {
        let sources = vec![self.source()];
        let note = match self.note() {
            Some(Note::Retraction(words)) => {
                let words = with_quotation(RETRACTED, words);
                let carriers = self.carriers.clone();
                let reason = reason(ReasonKind::Correction, words);
                return Some(AlertReason { sources, carriers, ..reason });
            }
            Some(Note::Correction(note)) => Some(note),
            None if self.correction().is_some() => None,
            None => return None,
        };
        let figure = note.and_then(|note| note.figure.as_ref());
        let detail = self.correction().and_then(|found| found.detail.as_deref());
        let (old, new) = match figure {
            Some(figure) => (Some(figure.old.as_str()), Some(figure.new.as_str())),
            None => detail.and_then(|both| both.split_once(" → ")).unzip(),
        };
        let change = match figure {
            Some(it) => Some(format!("{} {} → {}", it.role.label(), it.old, it.new)),
            None => detail.map(str::to_owned),
        };
        let sort = match note {
            Some(note) if note.is_clarification => "clarification",
            _ => "correction",
        };
        let what = change.map_or_else(|| sort.to_owned(), |it| format!("{sort}: {it}"));
        let words = with_quotation(&what, note.map_or("", |note| note.words.as_str()));
        let (old, new) = (old.map(str::to_owned), new.map(str::to_owned));
        let carriers = self.carriers.clone();
        let reason = reason(ReasonKind::Correction, words);
        Some(AlertReason { sources, old, new, carriers, ..reason })
    }
}

fn with_quotation(what: &str, words: &str) -> String {
    match words.is_empty() {
        true => what.to_owned(),
        false => format!("{what}: \u{201c}{words}\u{201d}"),
    }
}

impl Life {
    /// Whether the alert has reported the note of this article, or is about to.
    pub(super) fn has_told_note_of(&self, incoming: &IncomingArticle) -> bool {
        let [id, ..] = incoming.notes().0;
        let is_coming = || self.news.iter().any(|news| news.notes.has(id));
        id != 0 && (self.notes.has(id) || is_coming())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_back_from_their_header() {
        let notes = (1..=5).fold(Notes::default(), |notes, id| notes.and(Notes([id, 0, 0, 0])));
        assert_eq!(notes, Notes([5, 4, 3, 2]));
        assert_eq!(notes.and(notes).to_string().parse(), Ok(notes));
        for none in ["", "1 2", "1 2 3 x"] {
            assert_eq!(none.parse::<Notes>(), Err(NoNotes), "{none}");
        }
    }
}
