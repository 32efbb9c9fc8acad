//! The acknowledgement of the alerts about an event or a story: somebody has it, with a note for the others, until it is
//! released.

use std::collections::HashMap;

use maud::{Markup, html};
use wirefold_flow::BusError;
use wirefold_proto::{AlertHandlingRecord, Target};

use crate::AppState;
use crate::api::ApiResult;
use crate::page::words;
use crate::shapes::EventBrief;

/// The path to which the forms are sent.
pub(super) const PATH: &str = "/alerts/acknowledge";

/// The newest acknowledgement of each event and story.
#[derive(Debug, Default)]
pub(super) struct Acknowledged(HashMap<Target, AlertHandlingRecord>);

impl Acknowledged {
    /// Reads all.
    pub(super) async fn read(app: &AppState) -> Result<Self, BusError> {
        let mut records = app.handled().await?.into_records();
        records.retain(|record| record.acknowledged.is_some());
        records.sort_by_key(|record| record.acknowledged);
        Ok(Self(records.into_iter().map(|record| (record.alert.target, record)).collect()))
    }

    /// That of an event, or of one of its listed stories.
    pub(super) fn on_event(&self, event: &EventBrief) -> Option<&AlertHandlingRecord> {
        let stories = event.stories.iter().map(|story| Target::Story(story.id));
        std::iter::once(Target::Event(event.id)).chain(stories).find_map(|it| self.0.get(&it))
    }
}

/// The acknowledgement with its time, if there is one.
pub(super) fn line(record: Option<&AlertHandlingRecord>) -> Markup {
    let words = record.and_then(AlertHandlingRecord::describe_acknowledgement);
    html! {
        @if let (Some(words), Some(at)) = (words, record.and_then(|it| it.acknowledged)) {
            p.taken { b { (words) } " " span.faint { (words::time(at)) } }
        }
    }
}

/// The button that acknowledges or releases.
pub(super) fn button(of: Target, record: Option<&AlertHandlingRecord>) -> Markup {
    let is_taken = record.is_some_and(|record| record.acknowledged.is_some());
    html! {
        form.marks method="post" action=(PATH) {
            input type="hidden" name="of" value=(of);
            @if is_taken { button type="submit" name="release" value="yes" { "Release" } }
            @else { button type="submit" { "I have it" } }
        }
    }
}

/// The acknowledgement of an event or a story, and the form that gives or releases one. Empty if no alert is about it.
pub(super) async fn part(app: &AppState, of: Target) -> ApiResult<Markup> {
    if app.projection.alerts_about(vec![of]).await?.is_empty() {
        return Ok(html! {});
    }
    let all = Acknowledged::read(app).await?;
    let record = all.0.get(&of);
    Ok(html! {
        @if record.is_some() { (line(record)) (button(of, record)) }
        @else {
            form.deeds method="post" action=(PATH) {
                input type="hidden" name="of" value=(of);
                button type="submit" { "I have it" }
                " " label { span.faint { "with a note" } " " input type="text" name="note" maxlength="200" autocomplete="off"; }
            }
        }
    })
}
