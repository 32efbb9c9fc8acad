//! The story of an article when the article came.

use wirefold_proto::{ArticleId, StoryId};

use super::incoming::IncomingArticle;

/// The story of an article, as it was when the article came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InStory {
    pub(super) story: StoryId,
    pub(super) lead: ArticleId,
    pub(super) outlets: u32,
}

impl InStory {
    pub(super) fn of(incoming: &IncomingArticle) -> Self {
        let (verdict, state) = (&incoming.output.verdict, &incoming.output.story_state);
        Self { story: verdict.story, lead: verdict.lead, outlets: state.outlets }
    }
}
