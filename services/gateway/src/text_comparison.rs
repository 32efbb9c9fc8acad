//! Two texts, compared as the detector compares them. The API and the command line read the result.

use wirefold_dedup::{Changes, Described, Explanation, Overlap, Settings, explain};

use crate::analysed_text::AnalysedText;
use crate::shapes::Relation;

/// Two texts, judged alone, and their shared parts.
#[derive(Debug)]
pub struct TextComparison {
    /// The earlier text.
    pub earlier: AnalysedText,
    /// The later text.
    pub later: AnalysedText,
    /// The parts of the later text that the earlier one has.
    pub overlap: Overlap,
    /// The verdicts on both, and the rule that decided.
    pub explanation: Explanation,
    settings: Settings,
}

impl TextComparison {
    /// Judges the two as if the later one came in after the earlier one, and nothing else did.
    /// `analyse` reads a text. `None` only if the detector gives no verdict.
    #[must_use]
    pub fn new(
        earlier: &Described<'_>,
        later: &Described<'_>,
        settings: &Settings,
        analyse: impl Fn(&str) -> AnalysedText,
    ) -> Option<Self> {
        let explanation = explain(earlier, later, settings)?;
        let [earlier, later] = [earlier, later].map(|it| analyse(it.incoming.text));
        let overlap = Overlap::between(&later.body, &earlier.body, settings);
        Some(Self { earlier, later, overlap, explanation, settings: settings.clone() })
    }

    /// The relation of the two.
    #[must_use]
    pub fn relation(&self) -> Relation {
        Relation::of(self.explanation.is_one_story(), self.explanation.is_one_event())
    }

    /// The rule that decided, for people: the earlier text is A, the later one is B.
    #[must_use]
    pub fn words(&self) -> String {
        self.explanation.words(&self.overlap, &self.settings)
    }

    /// How different the SimHashes are, in bits of 64: a hint, never evidence.
    #[must_use]
    pub fn simhash_distance(&self) -> u32 {
        let Explanation { earlier, later, .. } = &self.explanation;
        (earlier.simhash ^ later.simhash).count_ones()
    }

    /// The change of each sentence of the earlier text.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes::between(&self.earlier.text, &self.later.text)
    }

    /// The settings of the detector that both were judged by.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// The number of sentences with each change, and its word. Changes without sentences are left out.
pub fn change_counts(changes: &Changes) -> impl Iterator<Item = (usize, &'static str)> + use<> {
    let count = changes.count();
    [
        (count.kept, "kept"),
        (count.reworded, "reworded"),
        (count.moved, "moved"),
        (count.added, "added"),
        (count.dropped, "dropped"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
}
