//! What articles, stories and events are called here: numbers in the order of arrival.

/// An article's number in the order of arrival: ties break by it.
pub type DocId = u32;
/// A story's number in the order of first articles.
pub type StoryId = u32;
/// An event's number: that of its first story.
pub type EventId = u32;
