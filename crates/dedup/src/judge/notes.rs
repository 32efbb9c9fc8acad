//! The notes on an article: the facts that the judge needs in addition to its body. They are its
//! SimHash, its title, its numbers, and the names of a short text.

use wirefold_text::Text;

use crate::body::Body;
use crate::body::figures::Figures;
use crate::body::titles::TitleWords;
use crate::body::word_cache::WordHashes;
use crate::codec::written_bytes;
use crate::judge::facts::ShortFacts;
use crate::settings::Settings;

/// The facts about an article that the judge needs in addition to its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// The SimHash of the whole text, boilerplate included.
    pub(crate) simhash: u64,
    pub(crate) figures: Figures,
    /// Empty if the body is long.
    pub(crate) facts: ShortFacts,
    pub(crate) title: TitleWords,
}

/// Packed [`Notes`]: the SimHash, the title, the figures and the facts, in this order.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedNotes(pub(crate) Box<[u8]>);

impl Notes {
    /// The notes on a text before learned boilerplate is removed. `words` are the hashes of all
    /// words of the text.
    pub(crate) fn new(
        title: TitleWords,
        (text, words): (&Text, &[WordHashes]),
        (body, simhash): (&Body, u64),
        settings: &Settings,
    ) -> Notes {
        let facts = ShortFacts::new(text, body, settings);
        Notes { simhash, figures: Figures::from_hashes(text, words), facts, title }
    }

    /// The notes after learned boilerplate is marked in `body`. Only the facts depend on it.
    pub(crate) fn masked(self, text: &Text, body: &Body, settings: &Settings) -> Notes {
        Notes { facts: ShortFacts::new(text, body, settings), ..self }
    }

    pub(crate) fn pack(&self) -> PackedNotes {
        let mut bytes = self.simhash.to_le_bytes().to_vec();
        self.title.pack(&mut bytes);
        self.figures.pack(&mut bytes);
        self.facts.pack(&mut bytes);
        PackedNotes(bytes.into())
    }
}

impl PackedNotes {
    pub(crate) fn open(&self) -> Notes {
        let (simhash, mut bytes) = self.0.split_first_chunk().unwrap_or((&[0; 8], &[]));
        let title = TitleWords::unpack(&mut bytes);
        let figures = Figures::unpack(&mut bytes);
        let facts = ShortFacts::unpack(&mut bytes);
        Notes { simhash: u64::from_le_bytes(*simhash), figures, facts, title }
    }
}

written_bytes!(PackedNotes);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::word_cache::WordCache;

    #[test]
    fn packed_notes_are_read_back_unchanged() {
        for text in ["", "Orla Steel of Quayton sold 5 ships for $40 million on 3 May.", "Ёлка 7"]
        {
            let text = Text::new(text);
            let body = Body::new(&text);
            let words = WordCache::default().look_up_all(&text);
            let title = TitleWords::new("Ships sold");
            let settings = Settings::default();
            let notes = Notes::new(title, (&text, &words), (&body, 1 << 63 | 7), &settings);
            assert_eq!(notes.pack().open(), notes);
        }
    }
}
