//! The marks of a reader on an event or a story, with the buttons that change them.

use std::collections::HashMap;

use maud::{Markup, html};
use wirefold_proto::{EventId, StoryId, Target};

use crate::page::{AddressFields, words};
use crate::projection::{MarkFilter, Opening};
use crate::reading::Marks;
use crate::tokens::READING;

/// The marks of a reader on the stories of one event, or on one story.
#[derive(Debug, Clone, Default)]
pub(super) struct MarksOn {
    /// Whether one of them is unread.
    pub(super) is_unread: bool,
    /// Whether one of them is starred.
    pub(super) is_starred: bool,
    /// The unread stories that came after the last one that is read.
    pub(super) new: Vec<StoryId>,
}

impl MarksOn {
    pub(super) fn of(marks: &Marks, stories: &[Opening]) -> Self {
        let (read, unread): (Vec<_>, Vec<_>) = stories.iter().partition(|it| marks.is_read(it));
        let last = read.iter().map(|it| it.arrived).max();
        let new = unread.iter().filter(|it| last.is_some_and(|last| it.arrived > last));
        Self {
            is_unread: !unread.is_empty(),
            is_starred: stories.iter().any(|it| marks.is_starred(it.story)),
            new: new.map(|it| it.story).collect(),
        }
    }
}

/// The marks on each event of a list.
pub(super) type MarksOnEvents = HashMap<EventId, MarksOn>;

/// How many stories came since the event was read.
pub(super) fn new_stories(marks: &MarksOn) -> Markup {
    html! {
        @if !marks.new.is_empty() {
            span.since { (words::count(marks.new.len() as u64, "new story", "new stories")) " since you read it" }
        }
    }
}

/// The buttons. The element `t-ID` is the title.
pub(super) fn buttons(of: Target, marks: &MarksOn) -> Markup {
    let (read, label) =
        if marks.is_unread { ("read", "Mark read") } else { ("unread", "Mark unread") };
    let star = if marks.is_starred { "unstar" } else { "star" };
    html! {
        form.marks method="post" action=(READING) data-marks {
            input type="hidden" name="of" value=(of);
            button type="submit" name="mark" value=(read) aria-describedby={ "t-" (of) } { (label) }
            button type="submit" name="mark" value=(star) aria-describedby={ "t-" (of) }
                aria-pressed=(marks.is_starred) { "Star" }
        }
    }
}

/// The events that a list shows, by the marks of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    All,
    Unread,
    Starred,
}

impl Show {
    /// Every choice, with its name.
    pub(super) const CHOICES: [(Self, &str); 3] =
        [(Self::All, "All"), (Self::Unread, "Unread"), (Self::Starred, "Starred")];

    /// The choice in an address.
    pub(super) fn of(asked: &AddressFields) -> Self {
        match asked.get("show").map_or("", |show| show) {
            "unread" => Self::Unread,
            "starred" => Self::Starred,
            _ => Self::All,
        }
    }

    /// The word of it in an address; `None` if it is the default.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Unread => Some("unread"),
            Self::Starred => Some("starred"),
        }
    }

    /// The filter of the list.
    pub(super) fn filter(self, marks: &Marks) -> Option<MarkFilter> {
        match self {
            Self::All => None,
            Self::Unread => Some(marks.filter_unread()),
            Self::Starred => Some(marks.filter_starred()),
        }
    }
}
