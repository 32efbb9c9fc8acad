//! Data about the articles of the window, for callers that report verdicts; and the text files.

use std::collections::BTreeMap;
use std::sync::Arc;

use wirefold_text::Text;
use wirefold_text::extract::AgencyTrace;

use crate::detector::Detector;
use crate::event_evidence::EventEvidence;
use crate::ids::{DocId, StoryId};
use crate::settings::Settings;
use crate::text_files::{TextFile, TextFiles};

impl Detector {
    /// The analysed text of an article; `None` once it has left the window.
    #[must_use]
    pub fn text(&self, doc: DocId) -> Option<Arc<Text>> {
        if let Some((_, text)) = self.latest.as_ref().filter(|(latest, _)| *latest == doc) {
            return Some(Arc::clone(text));
        }
        self.docs.text(doc.0).map(|text| Arc::new(Text::new(&text)))
    }

    /// The agencies that an article names as its source, the byline's first; none once it has left the window.
    #[must_use]
    pub fn agency_traces(&self, doc: DocId) -> &[AgencyTrace] {
        self.docs.get(doc.0).map_or(&[], |doc| &doc.traces)
    }

    /// Whether an article is in the window.
    #[must_use]
    pub fn has_article(&self, doc: DocId) -> bool {
        self.docs.contains(doc.0)
    }

    /// Whether any article of a story is in the window.
    #[must_use]
    pub fn has_story(&self, story: StoryId) -> bool {
        self.stories.has(story.0)
    }

    /// How many articles are in the window.
    #[must_use]
    pub fn articles(&self) -> usize {
        self.docs.len()
    }

    /// The story of an article; `None` if it left the window.
    #[must_use]
    pub fn story_with(&self, doc: DocId) -> Option<StoryId> {
        self.docs.contains(doc.0).then(|| StoryId(self.stories.of(doc.0)))
    }

    /// The measures of two stories as reports of one happening; `None` if one is no story.
    pub(super) fn happening(&self, new: u32, old: u32) -> Option<EventEvidence> {
        self.events.between(new, old)
    }

    /// The members of a story that are in the window, in the order of arrival.
    #[must_use]
    pub fn members(&self, story: StoryId) -> Vec<DocId> {
        self.stories.docs(story.0)
    }

    /// The bytes that the articles of the window take, as [`Settings::window_bytes`] counts them.
    #[must_use]
    pub fn window_bytes(&self) -> u64 {
        self.bytes
    }

    /// How many articles left the window early since this detector was made or read.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// The limits of the window.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Makes the detector put older texts into new files from now on.
    #[must_use]
    pub fn with_text_files(mut self, text_files: Option<Arc<dyn TextFiles>>) -> Detector {
        self.docs.set_files(text_files, BTreeMap::new());
        self
    }

    /// A detector that was just read from bytes, which have neither settings nor texts: with these limits, and
    /// with the files that have its texts, by number ([`Detector::text_files`]).
    #[must_use]
    pub fn reopened(
        self,
        settings: Settings,
        text_files: Option<Arc<dyn TextFiles>>,
        opened: BTreeMap<u32, Arc<dyn TextFile>>,
    ) -> Detector {
        let mut detector = Detector { settings, ..self };
        detector.docs.set_files(text_files, opened);
        detector
    }

    /// The files that have texts of the window, by number.
    #[must_use]
    pub fn text_files(&self) -> &BTreeMap<u32, Arc<dyn TextFile>> {
        self.docs.files()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::incoming::Incoming;

    #[test]
    fn articles_of_the_window_are_reported() {
        let mut detector = Detector::new(Settings::default());
        let text = "QUAYTON (AP) — The port closed on Thursday.";
        detector.observe(&Incoming { text, ..Incoming::default() });
        assert_eq!(detector.text(DocId(0)).as_deref().map(Text::original), Some(text));
        assert_eq!(detector.agency_traces(DocId(0)).first().map(|trace| trace.agency), Some("AP"));
        assert!(detector.text(DocId(1)).is_none() && detector.agency_traces(DocId(1)).is_empty());
        assert_eq!((detector.articles(), detector.members(StoryId(0))), (1, vec![DocId(0)]));
    }
}
