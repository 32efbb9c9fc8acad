//! The acknowledgement of an event or a story: somebody has it, with a note for the others, until it is released.

use std::collections::BTreeMap;

use maud::{Markup, html};
use wirefold_flow::BusError;
use wirefold_proto::{AcknowledgementRecord, Target};

use crate::AppState;
use crate::page::words;
use crate::shapes::EventBrief;

/// The path to which the forms are sent.
pub(super) const PATH: &str = "/alerts/acknowledge";

/// The acknowledgement of each event and story that somebody has.
pub(super) type Acknowledged = BTreeMap<Target, AcknowledgementRecord>;

/// That of an event, or of one of its listed stories.
pub(super) fn on_event<'a>(
    all: &'a Acknowledged,
    event: &EventBrief,
) -> Option<&'a AcknowledgementRecord> {
    let stories = event.stories.iter().map(|story| Target::Story(story.id));
    std::iter::once(Target::Event(event.id)).chain(stories).find_map(|it| all.get(&it))
}

/// The acknowledgement with its time, if there is one.
pub(super) fn line(record: Option<&AcknowledgementRecord>) -> Markup {
    html! {
        @if let Some(record) = record {
            p.taken { b { (record.describe()) } " " span.faint { (words::time(record.at)) } }
        }
    }
}

/// The button that acknowledges or releases.
pub(super) fn button(of: Target, is_taken: bool) -> Markup {
    html! {
        form.marks method="post" action=(PATH) {
            input type="hidden" name="of" value=(of);
            @if is_taken { button type="submit" name="release" value="yes" { "Release" } }
            @else { button type="submit" { "I have it" } }
        }
    }
}

/// The acknowledgement of an event or a story, and the form that gives or releases one.
pub(super) async fn part(app: &AppState, of: Target) -> Result<Markup, BusError> {
    let record = app.acknowledgement(of).await?;
    Ok(html! {
        @if record.is_some() { (line(record.as_ref())) (button(of, true)) }
        @else {
            form.deeds method="post" action=(PATH) {
                input type="hidden" name="of" value=(of);
                button type="submit" { "I have it" }
                " " label { span.faint { "with a note" } " " input type="text" name="note" maxlength="200" autocomplete="off"; }
            }
        }
    })
}
