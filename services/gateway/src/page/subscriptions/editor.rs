//! The form of a subscription, with the preview beside it.

use maud::{Markup, html};

use super::fields::{EVENTS, Fields, Mistake};
use super::preview::{self, Preview, SPANS};

/// The data of the form.
pub(super) struct Editor<'a> {
    pub(super) fields: &'a Fields,
    pub(super) mistakes: &'a [Mistake],
    /// The file that defines it. It must be changed there.
    pub(super) managed_by: Option<String>,
    /// The configured deliveries.
    pub(super) deliveries: &'a [String],
}

/// A field of one line.
struct Line<'a> {
    name: &'a str,
    label: &'a str,
    /// `text`, `number` or `time`.
    kind: &'a str,
    /// The default.
    usual: &'a str,
}

impl Editor<'_> {
    /// The page's main part.
    pub(super) fn main(&self, preview: &Preview) -> Markup {
        let is_new = self.fields.is_new();
        html! {
            p.crumbs { a href="/subscriptions" { "Subscriptions" } }
            h1 { @if is_new { "New subscription" } @else { (self.fields.one("name")) } }
            @if let Some(place) = &self.managed_by {
                p.notice role="note" { "This subscription is defined in " b { (place) } ": change it there. You can try changes here; they are not saved." }
            }
            (self.summary())
            // The preview comes after the query: beside the form if there is room, otherwise below it.
            form.editor #subscription method="post" action="/subscriptions" {
                input type="hidden" name="id" value=(self.fields.one("id"));
                (self.query_fields())
                section #preview aria-labelledby="preview-title" tabindex="0" {
                    h2 #preview-title { "What it would have sent" }
                    (preview::draw(preview))
                }
                (self.when())
                (self.frequency_fields())
                (self.quiet())
                (self.delivery_fields())
                p.deeds {
                    @if self.managed_by.is_none() { button.first type="submit" { "Save" } }
                    button type="submit" formaction="/subscriptions/preview" { "Preview" }
                    a href="/subscriptions" { "Cancel" }
                }
            }
        }
    }

    /// The mistake that belongs to no field.
    fn summary(&self) -> Markup {
        let general: Vec<&Mistake> =
            self.mistakes.iter().filter(|it| it.field.is_empty()).collect();
        html! {
            @if !self.mistakes.is_empty() {
                div.notice.warn role="alert" {
                    p { "Not saved: correct the marked fields." }
                    @for mistake in general { p { (mistake.why) } }
                }
            }
        }
    }

    fn query_fields(&self) -> Markup {
        let rows = 3;
        html! {
            fieldset {
                legend { "What" }
                (self.line(&Line { name: "name", label: "Name", kind: "text", usual: "" }))
                div.field {
                    label for="query" { "Query" }
                    textarea #query name="query" rows=(rows) spellcheck="false" autocomplete="off" autocapitalize="off"
                        aria-describedby="query-help query-wrong" aria-invalid=[self.wrong("query").map(|_| "true")] { (self.fields.one("query")) }
                    (self.mistake("query"))
                    p.faint #query-help {
                        "Words, " code { "\"phrases\"" } ", " code { "prefix*" } ", " code { "~strike" } " for all its forms, " code { "AND OR NOT -" } ", " code { "NEAR/5" }
                        ", fields such as " code { "title: entity: outlet: lang:" } ", numbers such as " code { "origins>=2" }
                        ", and " code { "@name" } " for a list of words in " code { "lists/name.txt" } "."
                    }
                }
                div.field {
                    label for="group_by" { "One alert for each" }
                    select #group_by name="group_by" {
                        (option("event", "event: all texts about one happening", self.fields.one("group_by") != "story"))
                        (option("story", "story: one text and its copies", self.fields.one("group_by") == "story"))
                    }
                }
            }
        }
    }

    fn when(&self) -> Markup {
        html! {
            fieldset aria-describedby="on-wrong" {
                legend { "What notifies" }
                (self.mistake("on"))
                div.boxes {
                    @for (event, label) in EVENTS.into_iter().zip(["a new event", "something material", "a correction", "a retraction", "the end of it"]) {
                        label { input type="checkbox" name="on" value=(event) checked[self.fields.has("on", event)]; " " (label) }
                    }
                }
                div.pair {
                    (self.line(&Line { name: "on_origins", label: "This many more origins", kind: "number", usual: "never" }))
                    (self.line(&Line { name: "on_outlets", label: "This many more outlets", kind: "number", usual: "never" }))
                    (self.line(&Line { name: "on_velocity", label: "More articles than", kind: "text", usual: "such as 5/10m" }))
                }
                div.pair {
                    (self.line(&Line { name: "min_outlets", label: "Outlets before it alerts", kind: "number", usual: "1" }))
                    (self.line(&Line { name: "min_origins", label: "Origins before it alerts", kind: "number", usual: "0" }))
                }
            }
        }
    }

    fn frequency_fields(&self) -> Markup {
        let digest = self.fields.one("digest");
        html! {
            fieldset {
                legend { "How often" }
                div.pair {
                    (self.line(&Line { name: "group_wait", label: "The first message waits", kind: "text", usual: "30s" }))
                    (self.line(&Line { name: "update_interval", label: "Between two revisions", kind: "text", usual: "15m" }))
                    (self.line(&Line { name: "repeat_interval", label: "Repeat an unchanged alert after", kind: "text", usual: "never" }))
                    (self.line(&Line { name: "max_per_day", label: "Most messages a day", kind: "number", usual: "no limit" }))
                }
                (self.line(&Line { name: "inhibited_by", label: "Silent if one of these notifies of it", kind: "text", usual: "ids, such as storms, strikes" }))
                div.field {
                    label for="digest" { "Gather messages" }
                    select #digest name="digest" {
                        (option("", "no: each alert alone", digest.is_empty()))
                        (option("hourly", "one an hour", digest == "hourly"))
                        (option("daily", "one a day, at eight", digest == "daily"))
                        (option("weekly", "one a week, on Mondays at eight", digest == "weekly"))
                    }
                }
            }
        }
    }

    fn quiet(&self) -> Markup {
        html! {
            fieldset {
                legend { "Quiet hours" }
                div.pair {
                    (self.line(&Line { name: "quiet_from", label: "From", kind: "time", usual: "" }))
                    (self.line(&Line { name: "quiet_to", label: "To", kind: "time", usual: "" }))
                    (self.line(&Line { name: "time_zone", label: "Time zone, of digests too", kind: "text", usual: "UTC" }))
                    (self.line(&Line { name: "break_quiet", label: "Sent even in quiet hours", kind: "text", usual: "such as outlets>=10" }))
                }
            }
        }
    }

    fn delivery_fields(&self) -> Markup {
        html! {
            fieldset {
                legend { "Where to" }
                @if self.deliveries.is_empty() { p.faint { "No delivery is set up. Alerts only appear on this page and in the feed." } }
                @else {
                    div.boxes {
                        @for name in self.deliveries {
                            label { input type="checkbox" name="deliveries" value=(name) checked[self.fields.has("deliveries", name)]; " " (name) }
                        }
                    }
                    p.faint { "If you choose none, it is printed by " code { "wirefold up" } "." }
                }
                div.field {
                    label for="hours" { "The preview looks back" }
                    select #hours name="hours" {
                        @for (hours, label) in SPANS { (option(&hours.to_string(), label, self.fields.one("hours") == hours.to_string())) }
                    }
                }
            }
        }
    }

    fn line(&self, line: &Line<'_>) -> Markup {
        let Line { name, label, kind, usual } = *line;
        let wrong = self.wrong(name);
        html! {
            div.field {
                label for=(name) { (label) }
                input id=(name) type=(kind) name=(name) value=(self.fields.one(name)) placeholder=[(!usual.is_empty()).then_some(usual)]
                    min=[(kind == "number").then_some("0")] autocomplete="off"
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("{name}-wrong"))];
                (self.mistake(name))
            }
        }
    }

    fn wrong(&self, name: &str) -> Option<&Mistake> {
        self.mistakes.iter().find(|mistake| mistake.field == name)
    }

    fn mistake(&self, name: &str) -> Markup {
        html! { @if let Some(mistake) = self.wrong(name) { p.warn id={ (name) "-wrong" } { (mistake.why) } } }
    }
}

fn option(value: &str, label: &str, is_chosen: bool) -> Markup {
    html! { option value=(value) selected[is_chosen] { (label) } }
}
