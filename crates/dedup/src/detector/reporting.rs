//! Data about the articles of the window, for callers that report verdicts.

use std::ops::Deref;
use std::sync::Arc;

use wirefold_text::Text;
use wirefold_text::extract::AgencyTrace;

use crate::detector::Detector;
use crate::ids::{DocId, StoryId};
use crate::store::doc::Doc;

/// Shares the text of an article with a caller without naming the `Arc` in the interface.
struct SharedText(Arc<Text>);

impl Deref for SharedText {
    type Target = Text;

    fn deref(&self) -> &Text {
        &self.0
    }
}

impl Detector {
    /// The analysed text of an article; `None` once it has left the window.
    #[must_use]
    pub fn text(&self, number: DocId) -> Option<impl Deref<Target = Text> + use<>> {
        self.open_text(number).map(SharedText)
    }

    /// The agencies that an article names as its source, the byline's first; none once it has left
    /// the window.
    #[must_use]
    pub fn agency_traces(&self, number: DocId) -> &[AgencyTrace] {
        self.docs.get(number).map_or(&[], Doc::traces)
    }

    /// Whether an article is in the window.
    #[must_use]
    pub fn has_article(&self, doc: DocId) -> bool {
        self.docs.contains(doc)
    }

    /// Whether any article of a story is in the window.
    #[must_use]
    pub fn has_story(&self, story: StoryId) -> bool {
        self.stories.get(story).is_some()
    }

    /// How many articles are in the window.
    #[must_use]
    pub fn articles(&self) -> usize {
        self.docs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::incoming::Incoming;
    use crate::settings::Settings;

    #[test]
    fn articles_of_the_window_are_reported() {
        let mut detector = Detector::new(Settings::default());
        let text = "QUAYTON (AP) — The port closed on Thursday.";
        detector.observe(&Incoming { text, ..Incoming::default() });
        assert_eq!(detector.text(DocId(0)).as_deref().map(Text::original), Some(text));
        assert_eq!(detector.agency_traces(DocId(0)).first().map(|trace| trace.agency), Some("AP"));
        assert!(detector.text(DocId(1)).is_none() && detector.agency_traces(DocId(1)).is_empty());
        assert_eq!(detector.articles(), 1);
    }
}
