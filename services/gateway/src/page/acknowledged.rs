//! Acknowledges the alerts about an event or a story: somebody has it, with a note for the others, until it is released.

use std::collections::HashMap;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::post;
use maud::{Markup, html};
use wirefold_flow::BusError;
use wirefold_proto::{AlertHandlingRecord, Target};

use crate::AppState;
use crate::api::alerts::acknowledgement;
use crate::api::{Api, ApiResult, layers};
use crate::page::{AddressFields, marking, regroup, words};
use crate::refusal::{self, Refusal};
use crate::shapes::{AcknowledgeRequest, EventBrief};

/// The path to which the forms are sent.
const PATH: &str = "/alerts/acknowledge";

/// The route. Forms must come from a page of this server.
pub(super) fn router() -> Router<Api> {
    Router::new()
        .route(PATH, post(acknowledge).route_layer(from_fn(layers::own_form_only)))
        .method_not_allowed_fallback(refusal::other_method)
}

async fn acknowledge(api: Api, request: Request) -> Response {
    let sender = marking::sender_of(request.headers());
    let pages = ["/events/", "/stories/", "/alerts", "/handover"];
    let sender = sender.filter(|url| pages.iter().any(|page| url.path().starts_with(page)));
    let back = sender.map_or("/alerts".to_owned(), |url| {
        url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    });
    let done = async {
        let mut fields: AddressFields = regroup::fields(request).await?.into_iter().collect();
        let of = fields.remove("of").unwrap_or_default().parse::<Target>();
        let of = of.map_err(|error| Refusal::bad_request(error.to_string()))?;
        let given = AcknowledgeRequest {
            note: fields.remove("note"),
            release: fields.contains_key("release"),
        };
        let alerts = api.app.projection.alerts_about(vec![of]).await?;
        if alerts.is_empty() {
            return Err(Refusal::not_found(format!("no alert is about {of}")));
        }
        for alert in alerts {
            api.command(acknowledgement(alert, given.clone())?).await?;
        }
        Ok(back.clone())
    };
    regroup::answer(&api, done.await, &back)
}

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
