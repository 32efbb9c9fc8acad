//! Counts the work of the detector. Unlike times, these counts are the same on every machine.

use std::ops::AddAssign;

use crate::detector::reading::Analysed;
use crate::judge::Judgement;

/// The work of a [`Detector`](crate::Detector) on all articles that it has observed. The same
/// articles in the same order give the same counts on every machine. They are not part of a
/// snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Articles observed.
    pub articles: u64,
    /// Words of texts that were analysed: those of new articles, and those of earlier ones that were
    /// analysed again.
    pub words_read: u64,
    /// Keys looked up in the segments of the index. A key counts once for each segment.
    pub keys_probed: u64,
    /// Postings read under these keys. An article counts once for each key.
    pub postings_read: u64,
    /// Earlier articles whose number of shared keys was compared with their number of keys.
    pub candidates_scored: u64,
    /// Earlier articles compared word by word.
    pub articles_compared: u64,
    /// Pairs of words compared in alignments, and positions of shingles tried.
    pub cells_aligned: u64,
    /// Stories listed under terms that were examined in the search for similar stories.
    pub terms_probed: u64,
    /// Stories compared to find the event of a story.
    pub stories_compared: u64,
}

impl Work {
    /// The work of reading an article and of comparing it.
    pub(crate) fn of(analysed: &Analysed, judgement: &Judgement) -> Work {
        let (keys_probed, postings_read) = analysed.key_postings.work();
        Work {
            articles: 1,
            words_read: analysed.words.numbers.len() as u64,
            keys_probed,
            postings_read,
            articles_compared: judgement.matches.len() as u64,
            cells_aligned: judgement.matches.iter().map(|found| found.overlap.cells).sum(),
            ..Work::default()
        }
    }

    /// Each count with its name, in order.
    #[must_use]
    pub fn counts(&self) -> [(&'static str, u64); 9] {
        [
            ("articles", self.articles),
            ("words_read", self.words_read),
            ("keys_probed", self.keys_probed),
            ("postings_read", self.postings_read),
            ("candidates_scored", self.candidates_scored),
            ("articles_compared", self.articles_compared),
            ("cells_aligned", self.cells_aligned),
            ("terms_probed", self.terms_probed),
            ("stories_compared", self.stories_compared),
        ]
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Work) {
        self.articles += other.articles;
        self.words_read += other.words_read;
        self.keys_probed += other.keys_probed;
        self.postings_read += other.postings_read;
        self.candidates_scored += other.candidates_scored;
        self.articles_compared += other.articles_compared;
        self.cells_aligned += other.cells_aligned;
        self.terms_probed += other.terms_probed;
        self.stories_compared += other.stories_compared;
    }
}
