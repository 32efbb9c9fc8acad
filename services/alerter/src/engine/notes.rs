//! Notes: statements of a text about itself, such as that it was corrected or retracted.
//!
//! An alert stores the ids of its notes, since later versions and copies repeat them.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use wirefold_corrections::NoteKind;
use wirefold_proto::AlertReason;

use super::correction::Correction;

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
pub(super) const RETRACTED: &str = "retracted by its outlet";
/// The same in alerts that earlier releases stored.
const RETRACTED_BEFORE: &str = "retracted by who reported it";

/// Whether a reason reports a retraction.
pub(crate) fn retracts(reason: &AlertReason) -> bool {
    [RETRACTED, RETRACTED_BEFORE].iter().any(|start| reason.words.starts_with(start))
}

/// How many notes of one alert are stored.
const KEPT: usize = 4;

/// The ids of the last notes of an alert; 0 in unused entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Notes([u64; KEPT]);

impl Notes {
    pub(super) fn has(self, id: u64) -> bool {
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

    /// One note.
    pub(super) fn of(note: Option<&Note>) -> Self {
        let mut notes = Self::default();
        notes.0[0] = note.map_or(0, Note::id);
        notes
    }

    /// The id of the last note; 0 if there is none.
    pub(super) fn last(self) -> u64 {
        self.0[0]
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

#[cfg(test)]
mod tests {
    use wirefold_proto::ReasonKind;

    use super::*;

    #[test]
    fn a_retraction_is_recognised_in_the_words_of_this_release_and_of_the_one_before() {
        let reason = |words: &str| AlertReason {
            kind: ReasonKind::Correction,
            words: words.to_owned(),
            sources: Vec::new(),
            old: None,
            new: None,
            carriers: Vec::new(),
        };
        for words in ["retracted by its outlet: “a”", "retracted by who reported it: “a”"] {
            assert!(retracts(&reason(words)), "{words}");
        }
        assert!(!retracts(&reason("corrected: “a”")));
    }

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
