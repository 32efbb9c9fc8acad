//! The deliveries on the page of subscriptions: test, add, change and remove.

use axum::extract::{Path, Request};
use maud::{Markup, html};
use wirefold_proto::Secret;

use super::{fields_of, finish};
use crate::api::Api;
use crate::page::Page;
use crate::page::river::encoded;
use crate::refusal::Refusal;
use crate::shapes::{DeliveryAddition, DeliveryRow, Resent};

/// Sends a marked sample. The answer of the target is the notice above the list.
pub(super) async fn test(api: Api, Path(name): Path<String>) -> Page {
    let tested = async {
        let Resent { taken, why, .. } = api.test_delivery(name.clone()).await?;
        let why = why.as_deref().unwrap_or("no reason is given");
        let refuse = || Refusal::unprocessable(format!("{name} did not accept the sample: {why}"));
        if taken { Ok(name.clone()) } else { Err(refuse()) }
    };
    finish(&api, "tested", tested.await).await
}

pub(super) async fn save(api: Api, request: Request) -> Page {
    let saved = async {
        let fields = fields_of(request).await?;
        let receivers = fields.one("to").split(',').map(str::trim).filter(|it| !it.is_empty());
        let addition = DeliveryAddition {
            name: fields.one("name").to_owned(),
            kind: fields.one("kind").to_owned(),
            url: fields.given("url"),
            secret: fields.given("secret").map(Secret::new),
            user: fields.given("user"),
            from: fields.given("from"),
            to: receivers.map(str::to_owned).collect(),
        };
        let name = addition.name.clone();
        api.put_delivery(addition).await.map(|()| name)
    };
    finish(&api, "added", saved.await).await
}

pub(super) async fn remove(api: Api, Path(name): Path<String>) -> Page {
    let removed = api.remove_delivery(name.clone()).await;
    finish(&api, "taken-away", removed.map(|()| name)).await
}

/// The deliveries, each with its buttons, and the form that adds one.
pub(super) fn section(deliveries: &[DeliveryRow]) -> Markup {
    html! {
        section #deliveries {
            h2 { "Deliveries" }
            p.about { "Those of the settings are changed there. They are read again when they change." }
            @for it in deliveries { (card(it)) }
            details.editor {
                summary { "Add a delivery" }
                (form(&DeliveryAddition::default()))
            }
        }
    }
}

fn card(row: &DeliveryRow) -> Markup {
    let path = format!("/deliveries/{}", encoded(&row.name));
    html! {
        article.card data-card {
            h3 { (row.name) }
            p.counts {
                @match &row.kind {
                    Some(kind) => span { (kind) },
                    None => span.warn { "there is no such delivery: nothing goes there" },
                }
                @if let Some(problem) = &row.problem { span.warn { (problem) } }
                @for id in &row.subscriptions {
                    span { a href={ "/subscriptions/" (id) } { (id) } }
                }
                @if row.subscriptions.is_empty() { span.faint { "no subscription names it" } }
            }
            @if row.kind.is_some() {
                div.deeds role="group" aria-label={ "What to do with " (row.name) } {
                    form method="post" action={ (path) "/test" } { button type="submit" { "Send a sample" } }
                    @if row.added.is_some() {
                        form method="post" action={ (path) "/remove" } { button type="submit" { "Remove" } }
                    }
                }
            }
            @if let Some(added) = &row.added { details.editor { summary { "Change" } (form(added)) } }
        }
    }
}

/// The form that adds a delivery, or changes one that has a name already.
fn form(of: &DeliveryAddition) -> Markup {
    let is_new = of.name.is_empty();
    let to = of.to.join(", ");
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    const KEPT: &str = "the one it has";
    let (address, kept) =
        if is_new { ("https://ntfy.sh/your-secret-topic", "") } else { (KEPT, KEPT) };
    let line = |name: &str, label: &str, value: &str, example: &str| {
        html! {
            div.field { label { (label) " " input type="text" name=(name) value=(value) placeholder=(example) autocomplete="off"; } }
        }
    };
    html! {
        form method="post" action="/deliveries" {
            @if is_new { (line("name", "Name", "", "phone")) } @else { input type="hidden" name="name" value=(of.name); }
            div.field {
                label {
                    "Kind " select name="kind" {
                        @for (kind, secret) in DeliveryAddition::KINDS { option value=(kind) selected[kind == of.kind] { (kind) " (secret: " (secret) ")" } }
                    }
                }
            }
            (line("url", "Address", "", address))
            div.field { label { "Secret " input type="password" name="secret" placeholder=(kept) autocomplete="new-password"; } }
            (line("to", "To: mailboxes, chat or room", &to, "ann@news.example, ben@news.example"))
            (line("from", "Sender of mails", &text(&of.from), "Desk <desk@news.example>"))
            (line("user", "User at the mail server", &text(&of.user), ""))
            p.faint { "Address and secret are not shown again." }
            button type="submit" { (if is_new { "Add" } else { "Save" }) }
        }
    }
}
