//! The alerts that a subscription would have sent, beside the form.

use maud::{Markup, html};
use wirefold_proto::Volume;

use super::fields::{Fields, Mistake};
use crate::api::Api;
use crate::page::alerts::hold_markup;
use crate::page::river::title_of;
use crate::page::words;
use crate::shapes::{Rehearsal, RehearsedAlert, RehearsedRevision, UnreadyTarget};

/// The default span, in hours.
pub(super) const HOURS: u32 = 24;
/// The spans that can be chosen, in hours.
pub(super) const SPANS: [(u32, &str); 3] = [(24, "24 hours"), (72, "3 days"), (168, "7 days")];

/// The result of a rehearsal.
#[derive(Debug)]
pub(super) enum Preview {
    /// There is no query yet.
    Untried,
    /// The query cannot be read.
    BadQuery {
        /// The query.
        query: String,
        /// The position of the mistake, in characters from 1.
        column: usize,
        /// The problem with the query.
        why: String,
    },
    /// Other fields have mistakes.
    Mistakes(Vec<Mistake>),
    /// The rehearsal of this many hours.
    Found(u32, Box<Rehearsal>),
}

impl Preview {
    /// The mistakes in the fields.
    pub(super) fn mistakes(&self) -> Vec<Mistake> {
        match self {
            Self::BadQuery { why, .. } => vec![Mistake::new("query", why.clone())],
            Self::Mistakes(mistakes) => mistakes.clone(),
            Self::Untried | Self::Found(..) => Vec::new(),
        }
    }
}

/// Rehearses the form's subscription on the last hours.
pub(super) async fn rehearse(api: &Api, fields: &Fields) -> Preview {
    let query = fields.one("query");
    if query.is_empty() {
        return Preview::Untried;
    }
    if let Err(error) = api.inner.settings.rehearse.check_query(query) {
        let (query, column, why) = (query.to_owned(), error.column, error.to_string());
        return Preview::BadQuery { query, column, why };
    }
    let settings = match fields.settings_to_try() {
        Ok(settings) => settings,
        Err(mistakes) => return Preview::Mistakes(mistakes),
    };
    let hours = fields.one("hours").parse().ok();
    let hours = hours.filter(|hours| SPANS.iter().any(|(it, _)| it == hours)).unwrap_or(HOURS);
    // If somebody types on, the next request may start.
    let Ok(_turn) = api.inner.comparisons.acquire().await else {
        return Preview::Untried;
    };
    let found = match api.rehearse_subscription(settings, hours).await {
        Ok(report) => serde_json::from_value(report).map_err(|error| error.to_string()),
        Err(refusal) => Err(refusal.problem().detail.unwrap_or_default()),
    };
    match found {
        Ok(found) => Preview::Found(hours, Box::new(found)),
        Err(why) => Preview::Mistakes(vec![Mistake::of(&why)]),
    }
}

/// The sentence that screen readers read, and the alerts below it.
pub(super) fn draw(preview: &Preview) -> Markup {
    html! {
        p #said role="status" aria-live="polite" { (summarise_preview(preview)) }
        div #tried {
            @match preview {
                Preview::Untried => {},
                Preview::BadQuery { query, column, .. } => (pointed(query, *column)),
                Preview::Mistakes(mistakes) => ul { @for mistake in mistakes { li.warn { (mistake.why) } } },
                Preview::Found(hours, found) => (alerts(*hours, found)),
            }
        }
    }
}

fn summarise_preview(preview: &Preview) -> Markup {
    let Preview::Found(hours, found) = preview else {
        return html! {
            @match preview {
                Preview::BadQuery { why, .. } => span.warn { "The query cannot be read: " (why) },
                Preview::Mistakes(_) => span.warn { "This cannot be tried yet." },
                Preview::Untried | Preview::Found(..) => "Type a query to see what it would have sent.",
            }
        };
    };
    html! {
        "Last " (hours) " h: "
        @if found.articles == 0 { "no article was read, so there is nothing to try it with." }
        @else if let Some(baseline) = found.only_baseline() { b { "no new article" } " matches. " (baseline) "." }
        @else if found.matching == 0 { b { "no article" } " of " (words::number(found.articles)) " matches." }
        @else {
            b { (words::count(found.matching, "matching article", "matching articles")) }
            " → " b { (words::count(found.events, "event", "events")) }
            " → " b { (words::count(found.alerts, "alert", "alerts")) }
            ", " (words::count(found.loud, "message", "messages"))
            " (" (words::count(found.copies_folded, "copy", "copies")) " folded)"
        }
    }
}

/// The query with a mark at the mistake.
fn pointed(query: &str, column: usize) -> Markup {
    let at = column.saturating_sub(1);
    let part = |from: usize, most: usize| query.chars().skip(from).take(most).collect::<String>();
    let wrong = part(at, 1);
    html! {
        pre.query { code {
            (part(0, at)) mark { (if wrong.is_empty() { " ".to_owned() } else { wrong }) } (part(at + 1, usize::MAX))
        } }
        p.faint { "The mark is at column " (column) "." }
    }
}

fn alerts(hours: u32, found: &Rehearsal) -> Markup {
    html! {
        @if let Some(warning) = found.warning(hours) { p.warn { (warning) } }
        @if found.silent > 0 || found.held > 0 {
            p.faint {
                @if found.silent > 0 { (words::count(found.silent, "silent revision", "silent revisions")) ". " }
                @if found.held > 0 { (found.held) " held." }
            }
        }
        ol.tried {
            @for sample in &found.samples { (alert(sample)) }
        }
        @let more = found.alerts.saturating_sub(found.samples.len() as u64);
        @if more > 0 { p.faint { "and " (words::count(more, "more alert", "more alerts")) } }
        @if found.unready > 0 {
            h3 { "Not enough for an alert yet: " (words::number(found.unready)) }
            ul.tried { @for unready in &found.unready_samples { (lacking(unready)) } }
        }
    }
}

fn alert(sample: &RehearsedAlert) -> Markup {
    let more = sample.revision_count.saturating_sub(sample.revisions.len() as u64);
    html! {
        li {
            b { (linked(sample.target.as_ref(), &sample.title)) }
            p.counts {
                span.outlets { (words::count(sample.outlets.into(), "outlet", "outlets")) }
                span.origins { "at most\u{a0}" (words::count(sample.origins.into(), "origin", "origins")) }
                @if !sample.matched.is_empty() { span.about { "matched " (sample.matched.join(", ")) } }
            }
            ol.revisions {
                @for told in &sample.revisions { (revision(told)) }
                @if more > 0 { li { "and " (words::count(more, "more revision", "more revisions")) } }
            }
        }
    }
}

fn revision(told: &RehearsedRevision) -> Markup {
    let is_loud = told.volume == Volume::Loud;
    let word = match (&told.held, is_loud) {
        (Some(_), _) => "held",
        (None, true) => "notifies",
        (None, false) => "silent",
    };
    html! {
        li.loud[is_loud && told.held.is_none()] {
            b { (word) } " " (words::time(told.at)) ": " (told.reasons.join("; "))
            @if let Some(held) = &told.held { " · " (hold_markup(held)) }
        }
    }
}

fn lacking(unready: &UnreadyTarget) -> Markup {
    html! { li { (linked(unready.target.as_ref(), &unready.title)) " " span.faint { (unready.why) } } }
}

fn linked(target: Option<&wirefold_proto::Target>, title: &str) -> Markup {
    html! {
        @match target {
            Some(target) => a href=(words::page_path(&target.to_string())) dir="auto" { (title_of(title)) },
            None => (title_of(title)),
        }
    }
}
