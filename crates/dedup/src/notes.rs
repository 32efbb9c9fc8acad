//! What comparing asks of an earlier article beside its body: its numbers, and of a short one the
//! names as well.

use wirefold_text::Text;

use crate::body::Body;
use crate::facts::ShortFacts;
use crate::figures::Figures;
use crate::settings::Settings;
use crate::snapshot::written_bytes;

/// What comparing asks of an article beside its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    pub(crate) figures: Figures,
    pub(crate) facts: ShortFacts,
}

/// The same at rest: the facts behind the figures.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedNotes(pub(crate) Box<[u8]>);

impl Notes {
    pub(crate) fn new(text: &Text, body: &Body, settings: &Settings) -> Notes {
        Notes { figures: Figures::new(text), facts: ShortFacts::new(text, body, settings) }
    }

    pub(crate) fn pack(&self) -> PackedNotes {
        let mut bytes = Vec::new();
        self.figures.pack(&mut bytes);
        self.facts.pack(&mut bytes);
        PackedNotes(bytes.into())
    }
}

impl PackedNotes {
    pub(crate) fn open(&self) -> Notes {
        let mut bytes = &*self.0;
        let figures = Figures::take(&mut bytes);
        Notes { figures, facts: ShortFacts::take(&mut bytes) }
    }
}

written_bytes!(PackedNotes);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opened_notes_are_as_they_were() {
        for text in ["", "Orla Steel of Quayton sold 5 ships for $40 million on 3 May.", "Ёлка 7"]
        {
            let text = Text::new(text);
            let notes = Notes::new(&text, &Body::new(&text), &Settings::default());
            assert_eq!(notes.pack().open(), notes);
        }
    }
}
