//! The pages of subscriptions: the list, the form with a preview, mute, remove and undo.
//!
//! Everything works without JavaScript: a form posts, and the answer is a page. With JavaScript the preview
//! follows the typing.

mod deliveries;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::{MethodRouter, get, post};
use jiff::Timestamp;
use maud::{Markup, html};
use wirefold_proto::{
    Digest, GroupBy, Interval, QuietHours, Rehearsal, RehearsedMessage, SubscriptionId,
    SubscriptionRecord, SubscriptionSettings, Target, UnreadyTarget,
};

use crate::api::request::{self, Query};
use crate::api::{Api, ApiResult, Reply, layers};
use crate::page::layout::NavEntry;
use crate::page::river::{encoded, title_of};
use crate::page::{AddressFields, Page, layout, words};
use crate::refusal;
use crate::refusal::Refusal;

/// The most bytes of a form.
const MOST: usize = 128 * 1024;

/// The routes. Forms must come from a page of this server.
pub(super) fn router() -> Router<Api> {
    let routes: [(&str, MethodRouter<Api>); 12] = [
        ("/subscriptions", get(list_page).post(save)),
        ("/subscriptions/new", get(new_page)),
        ("/subscriptions/preview", post(preview_page)),
        ("/fragments/preview", post(preview_fragment)),
        ("/subscriptions/restore", post(restore)),
        ("/subscriptions/{id}", get(edit_page)),
        ("/subscriptions/{id}/mute", post(mute)),
        ("/subscriptions/{id}/unmute", post(unmute)),
        ("/subscriptions/{id}/remove", post(remove)),
        ("/deliveries", post(deliveries::save)),
        ("/deliveries/{name}/test", post(deliveries::test)),
        ("/deliveries/{name}/remove", post(deliveries::remove)),
    ];
    let guarded = routes.into_iter().fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods.route_layer(from_fn(layers::own_form_only)))
    });
    guarded.method_not_allowed_fallback(refusal::other_method)
}

async fn list_page(api: Api, Query(mut asked): Query<AddressFields>) -> Page {
    let notice = asked.remove("done").zip(asked.remove("id"));
    shown_list(&api, StatusCode::OK, notice.map(|(done, id)| Notice::Done(done, id))).await
}

async fn shown_list(api: &Api, status: StatusCode, notice: Option<Notice>) -> Page {
    let (records, waiting) = api.app.subscriptions().await?.into_parts();
    let records = api.app.projection.count_for(records).await?;
    let deliveries = api.deliveries().await?;
    let main = html! {
        (list_main(&records, &waiting, notice.as_ref()))
        (deliveries::section(&deliveries))
    };
    Ok(layout::respond(&api.app, status, (NavEntry::Subscriptions, "Subscriptions"), &main))
}

async fn new_page(api: Api) -> Page {
    let fields = Fields::blank();
    shown_editor(&api, StatusCode::OK, &fields, Vec::new(), Preview::Untried).await
}

async fn edit_page(api: Api, Path(id): Path<String>) -> Page {
    let record = api.app.subscription(&id).await?;
    let record = record.ok_or_else(|| Refusal::not_found("there is no such subscription"))?;
    let fields = Fields::of(&record.subscription);
    let tried = rehearse(&api, &fields).await;
    shown_editor(&api, StatusCode::OK, &fields, Vec::new(), tried).await
}

async fn preview_page(api: Api, request: Request) -> Page {
    let fields = match fields_of(request).await {
        Ok(fields) => fields,
        Err(refusal) => return refused(&api, refusal).await,
    };
    let tried = rehearse(&api, &fields).await;
    shown_editor(&api, StatusCode::OK, &fields, tried.mistakes(), tried).await
}

/// Only the preview, which the script fetches while somebody types.
async fn preview_fragment(api: Api, request: Request) -> Reply {
    let fields = fields_of(request).await?;
    Ok(Html(draw_preview(&rehearse(&api, &fields).await).into_string()).into_response())
}

async fn save(api: Api, request: Request) -> Page {
    let fields = match fields_of(request).await {
        Ok(fields) => fields,
        Err(refusal) => return refused(&api, refusal).await,
    };
    let mistakes = match fields.settings() {
        Ok(settings) => match put(&api, &fields, settings).await {
            Ok(id) => return finish(&api, "saved", Ok(id)).await,
            Err(mistake) => vec![mistake],
        },
        Err(mistakes) => mistakes,
    };
    let tried = rehearse(&api, &fields).await;
    shown_editor(&api, StatusCode::UNPROCESSABLE_ENTITY, &fields, mistakes, tried).await
}

/// Stores a subscription. A new one never replaces another.
async fn put(api: &Api, form: &Fields, settings: SubscriptionSettings) -> Result<String, Mistake> {
    let id = settings.id.to_string();
    let failed = |refusal: Refusal| Mistake::of(&refusal.explain().1);
    let known = api.app.subscriptions().await.map_err(|error| failed(error.into()))?;
    let is_known = |other: &str| known.records().any(|it| it.subscription.id.as_str() == other);
    if form.is_new() && (id == "new" || is_known(&id)) {
        let why = format!("there is already a subscription {id:?}: choose another name");
        return Err(Mistake::new("name", why));
    }
    for other in &settings.inhibited_by {
        if !is_known(other.as_str()) {
            let why = format!("there is no subscription {other}: add it first");
            return Err(Mistake::new("inhibited_by", why));
        }
    }
    api.put_subscription(settings).await.map_err(failed)?;
    Ok(id)
}

async fn mute(api: Api, Path(id): Path<String>, request: Request) -> Page {
    let muted = async {
        let span = span_of(fields_of(request).await?.given("for"))?;
        let until = span.and_then(|span| api.app.now().checked_add(span.duration()).ok());
        api.mute_subscription(&id, until).await.map(|_| id)
    };
    finish(&api, "muted", muted.await).await
}

/// The length of a mute; `None` without an end.
fn span_of(written: Option<String>) -> ApiResult<Option<Interval>> {
    let read = written.map(|written| written.parse::<Interval>()).transpose();
    let span = read.map_err(|error| Refusal::unprocessable(format!("for: {error}")))?;
    if span.is_some_and(|span| span.duration().is_zero()) {
        return Err(Refusal::unprocessable("for: 0 mutes nothing: give a time such as 8h"));
    }
    Ok(span)
}

async fn unmute(api: Api, Path(id): Path<String>) -> Page {
    let unmuted = api.mute_subscription(&id, Some(Timestamp::UNIX_EPOCH)).await;
    finish(&api, "unmuted", unmuted.map(|_| id)).await
}

async fn remove(api: Api, Path(id): Path<String>) -> Page {
    let removed = api.remove_subscription(&id).await;
    finish(&api, "removed", removed.map(|_| id)).await
}

/// Restores a removed subscription with its last settings.
async fn restore(api: Api, request: Request) -> Page {
    let restored = async {
        let id = fields_of(request).await?.one("id").to_owned();
        let gone = || Refusal::not_found(format!("there is no subscription {id:?}"));
        if api.app.subscription(&id).await?.is_none() {
            let before = api.app.last_put(&id).await?.ok_or_else(gone)?;
            api.put_subscription(before).await?;
        }
        Ok(id)
    };
    finish(&api, "restored", restored.await).await
}

async fn fields_of(request: Request) -> Result<Fields, Refusal> {
    Ok(Fields::read(&request::body_of(request, MOST).await?))
}

async fn shown_editor(
    api: &Api,
    status: StatusCode,
    fields: &Fields,
    mistakes: Vec<Mistake>,
    preview: Preview,
) -> Page {
    let record: Option<SubscriptionRecord> = match fields.is_new() {
        true => None,
        false => api.app.subscription(fields.one("id")).await?,
    };
    let deliveries = api.deliveries().await?.into_iter().filter(|it| it.kind.is_some());
    let deliveries: Vec<String> = deliveries.map(|it| it.name).collect();
    let editor = Editor {
        fields,
        mistakes: &mistakes,
        managed_by: record.and_then(|record| record.managed_by),
        deliveries: &deliveries,
    };
    let title = if fields.is_new() { "New subscription" } else { "Edit a subscription" };
    let main = editor.main(&preview);
    Ok(layout::respond(&api.app, status, (NavEntry::Subscriptions, title), &main))
}

/// Redirects to the list, which shows the action: a reload does not repeat it. If it was refused, the list says
/// why.
async fn finish(api: &Api, what: &str, done: ApiResult<String>) -> Page {
    match done {
        Ok(id) => {
            let place = format!("/subscriptions?done={what}&id={}", encoded(&id));
            Ok(Redirect::to(&place).into_response())
        }
        Err(refusal) => refused(api, refusal).await,
    }
}

/// The list, with the reason of a refusal.
async fn refused(api: &Api, refusal: Refusal) -> Page {
    let (status, why) = refusal.explain();
    shown_list(api, status, Some(Notice::Refused(why))).await
}

/// The result of an action, above the list.
#[derive(Debug)]
pub(super) enum Notice {
    /// The word of the action, with the id of the subscription or delivery.
    Done(String, String),
    /// Why an action was refused.
    Refused(String),
}

/// The page's main part.
pub(super) fn list_main(
    records: &[SubscriptionRecord],
    waiting: &[String],
    notice: Option<&Notice>,
) -> Markup {
    html! {
        h1 { "Subscriptions" }
        @if let Some(notice) = notice { (notice_markup(notice, records)) }
        p.lede {
            "A subscription is a saved query. You get one alert for each event, with the reason, and another only if "
            "something material changes."
        }
        p { a.button href="/subscriptions/new" { "New subscription" } }
        @for record in records { (card(record, waiting)) }
        @if records.is_empty() {
            div.empty {
                h2 { "No subscriptions yet" }
                p { "Write a query, see what it would have sent, then save it." }
            }
        }
    }
}

fn notice_markup(notice: &Notice, records: &[SubscriptionRecord]) -> Markup {
    let (done, id) = match notice {
        Notice::Refused(why) => return html! { p.notice.warn role="alert" { "Not done: " (why) } },
        Notice::Done(done, id) => (done.as_str(), id),
    };
    let known = records.iter().find(|record| record.subscription.id.as_str() == id);
    let words = match (done, known.is_some()) {
        ("saved", true) => "is saved. It alerts from the next article on.",
        ("muted", true) => "is muted. After the mute, one message for each alert follows.",
        ("unmuted", true) => "sends again.",
        ("restored", true) => "is back.",
        ("tested", _) => "accepted the sample: check that it arrived.",
        ("added", _) => "is saved. Send a sample, then name it in a subscription.",
        ("taken-away", _) => "is removed.",
        ("removed", false) => "is removed; its alerts stay.",
        // Something else was done since.
        _ => return html! {},
    };
    let name = known.map_or(id.as_str(), |record| record.subscription.name.as_str());
    html! {
        div.notice role="status" {
            b { (name) } " " (words)
            @if done == "removed" {
                form method="post" action="/subscriptions/restore" {
                    input type="hidden" name="id" value=(id);
                    button type="submit" { "Undo" }
                }
            }
        }
    }
}

fn card(record: &SubscriptionRecord, waiting: &[String]) -> Markup {
    let settings = &record.subscription;
    let id = settings.id.as_str();
    let is_waiting = waiting.iter().any(|it| it == id);
    html! {
        article.card.subscription data-card id=(id) aria-labelledby={ "t-" (id) } {
            h2 id={ "t-" (id) } { a href={ "/subscriptions/" (id) } { (words::cut(&settings.name, 120)) } }
            p.query { code { (words::cut(&settings.query, 400)) } }
            p.counts {
                (state(record, is_waiting))
                span { (words::count(record.alerts, "alert", "alerts")) }
                span { (words::count(record.copies_folded, "copy", "copies")) " folded" }
                span.about {
                    "to " @if settings.deliveries.is_empty() { "the terminal" } @else { (settings.deliveries.join(", ")) }
                    @if let Some(escalation) = &settings.escalation { ", if nobody has it to " (escalation) }
                }
                span { a href={ "/feeds/sub/" (id) ".atom" } { "Atom" } }
            }
            @if let Some(place) = &record.managed_by { p.about { "Defined in " (place) ": change it there." } }
            (deeds(record))
        }
    }
}

fn state(record: &SubscriptionRecord, is_waiting: bool) -> Markup {
    html! {
        @match (&record.problem, record.muted_until) {
            (Some(problem), _) => span.warn { "problem: " (problem) },
            (None, Some(until)) if until == Timestamp::MAX => span.warn { "muted until unmuted" },
            (None, Some(until)) => span.warn { "muted until " (words::time(until)) },
            (None, None) if is_waiting => span.state { "on in a moment" },
            (None, None) => span.state { "on" },
        }
    }
}

fn deeds(record: &SubscriptionRecord) -> Markup {
    let (id, name) = (record.subscription.id.as_str(), &record.subscription.name);
    html! {
        div.deeds role="group" aria-label={ "What to do with " (name) } {
            @if record.managed_by.is_some() { a.button href={ "/subscriptions/" (id) } { "Look" } }
            @else { a.button href={ "/subscriptions/" (id) } { "Edit" } }
            @if record.muted_until.is_some() {
                form method="post" action={ "/subscriptions/" (id) "/unmute" } { button type="submit" { "Unmute" } }
            } @else {
                form method="post" action={ "/subscriptions/" (id) "/mute" } {
                    button type="submit" name="for" value="1h" { "Mute 1\u{a0}h" } " "
                    button type="submit" name="for" value="8h" { "8\u{a0}h" } " "
                    button type="submit" name="for" value="" { "until unmuted" }
                }
            }
            @if record.managed_by.is_none() {
                form method="post" action={ "/subscriptions/" (id) "/remove" } { button type="submit" { "Remove" } }
            }
        }
    }
}

/// The default of `on`.
const ON: [&str; 2] = SubscriptionSettings::DEFAULT_ON;
/// The values of `on` that are words.
pub(super) const EVENTS: [&str; 5] = ["new", "material", "correction", "retraction", "quiet"];

/// The names and values of a form. A name may come several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(BTreeMap<String, Vec<String>>);

/// A mistake in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The name of the field; empty if it belongs to no field.
    pub(super) field: String,
    /// The problem, for people.
    pub(super) why: String,
}

impl Mistake {
    pub(super) fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }

    /// Parses the message of a check. It begins with the setting's name if only one is wrong.
    pub(super) fn of(said: &str) -> Self {
        const FIELDS: [&str; 10] = [
            "query", "on", "name", "group_wait", "time_zone", "break_quiet", "repeat_interval",
            "escalation", "max_per_day", "inhibited_by",
        ];
        let (setting, why) = said.split_once(": ").unwrap_or(("", said));
        match setting.trim_matches('`') {
            "quiet_hours" => Self::new("quiet_from", why),
            field if FIELDS.contains(&field) => Self::new(field, why),
            _ => Self::new("", said),
        }
    }
}

impl Fields {
    /// The fields of a new subscription.
    pub(super) fn blank() -> Self {
        let mut fields = Self::default();
        fields.put_triggers(&ON.map(str::to_owned));
        fields
    }

    /// The fields that show a subscription.
    pub(super) fn of(settings: &SubscriptionSettings) -> Self {
        let mut fields = Self::default();
        fields.put("id", Some(&settings.id));
        fields.put("name", Some(&settings.name));
        fields.put("query", Some(&settings.query));
        fields.put("group_by", settings.group_by.map(GroupBy::as_str));
        let usual = ON.map(str::to_owned);
        fields.put_triggers(if settings.on.is_empty() { &usual } else { &settings.on });
        fields.put("min_outlets", settings.min_outlets);
        fields.put("min_origins", settings.min_origins);
        fields.put("group_wait", settings.group_wait);
        fields.put("update_interval", settings.update_interval);
        fields.put("repeat_interval", settings.repeat_interval);
        fields.put("escalation", settings.escalation.as_ref());
        let quiet = settings.quiet_hours.as_ref();
        fields.put("quiet_from", quiet.map(|hours| &hours.from));
        fields.put("quiet_to", quiet.map(|hours| &hours.to));
        let zone = quiet.map(|hours| &hours.time_zone).or(settings.time_zone.as_ref());
        fields.put("time_zone", zone);
        fields.put("break_quiet", settings.break_quiet.as_ref());
        fields.put("max_per_day", settings.max_per_day);
        let inhibited_by: Vec<&str> = settings.inhibited_by.iter().map(|id| id.as_str()).collect();
        fields.put("inhibited_by", Some(inhibited_by.join(", ")));
        fields.put("digest", settings.digest.map(Digest::as_str));
        fields.put("keep", settings.keep);
        fields.0.insert("deliveries".to_owned(), settings.deliveries.clone());
        fields
    }

    /// Reads what a form sends.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut fields = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            fields.0.entry(name.into_owned()).or_default().push(value.trim().to_owned());
        }
        fields
    }

    /// The first value of this field; empty if there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// The first value of this field, unless it is empty.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        Some(self.one(name).to_owned()).filter(|value| !value.is_empty())
    }

    /// Whether a box of this name and value is ticked.
    pub(super) fn has(&self, name: &str, value: &str) -> bool {
        self.0.get(name).is_some_and(|values| values.iter().any(|it| it == value))
    }

    /// Whether the subscription is new.
    pub(super) fn is_new(&self) -> bool {
        self.one("id").is_empty()
    }

    /// The subscription of these fields.
    pub(super) fn settings(&self) -> Result<SubscriptionSettings, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let name = self.one("name");
        if name.is_empty() {
            mistakes.push(Mistake::new("name", "it needs a name"));
        }
        if self.one("query").is_empty() {
            mistakes.push(Mistake::new("query", "it needs a query; * matches everything"));
        }
        let id = match self.is_new() {
            true => SubscriptionId::from_name(name),
            false => self.one("id").parse().ok(),
        };
        if id.is_none() && !name.is_empty() {
            let why = "no id can be made from it: use a Latin letter or digit";
            mistakes.push(Mistake::new("name", why));
        }
        let Some(id) = id.or_else(|| "preview".parse().ok()) else { return Err(mistakes) };
        let mut settings = SubscriptionSettings::new(id, name, self.one("query"));
        self.fill(&mut settings, &mut mistakes);
        if mistakes.is_empty() { Ok(settings) } else { Err(mistakes) }
    }

    /// The subscription for a rehearsal, which needs no name.
    pub(super) fn settings_to_try(&self) -> Result<SubscriptionSettings, Vec<Mistake>> {
        let mut tried = self.clone();
        tried.0.insert("id".to_owned(), vec!["preview".to_owned()]);
        tried.0.insert("name".to_owned(), vec!["preview".to_owned()]);
        let named = tried.settings()?;
        // Deliveries do not matter for a rehearsal, and may have changed.
        Ok(SubscriptionSettings { deliveries: Vec::new(), ..named })
    }

    fn fill(&self, settings: &mut SubscriptionSettings, mistakes: &mut Vec<Mistake>) {
        settings.group_by = (self.one("group_by") == "story").then_some(GroupBy::Story);
        settings.on = self.triggers(mistakes);
        settings.min_outlets = self.number("min_outlets", mistakes);
        settings.min_origins = self.number("min_origins", mistakes);
        settings.max_per_day = self.number("max_per_day", mistakes);
        settings.group_wait = self.parsed("group_wait", mistakes);
        settings.update_interval = self.parsed("update_interval", mistakes);
        settings.repeat_interval = self.parsed("repeat_interval", mistakes);
        settings.escalation = self.parsed("escalation", mistakes);
        settings.inhibited_by = self.inhibitors(mistakes);
        settings.quiet_hours = self.quiet_hours(mistakes);
        // Quiet hours have a time zone of their own.
        settings.time_zone = self.given("time_zone").filter(|_| settings.quiet_hours.is_none());
        settings.break_quiet = self.given("break_quiet");
        settings.digest = Digest::from_word(self.one("digest"));
        settings.keep = self.one("keep").parse().ok();
        settings.deliveries = self.0.get("deliveries").cloned().unwrap_or_default();
    }

    /// The subscriptions that inhibit this one.
    fn inhibitors(&self, mistakes: &mut Vec<Mistake>) -> Vec<SubscriptionId> {
        let ids = self.one("inhibited_by").split(',').map(str::trim).filter(|id| !id.is_empty());
        let read: Result<Vec<SubscriptionId>, _> = ids.map(str::parse).collect();
        let wrong = |error| mistakes.push(Mistake::new("inhibited_by", format!("{error}")));
        read.map_err(wrong).unwrap_or_default()
    }

    /// The value of `on`; empty if it is the default.
    fn triggers(&self, mistakes: &mut Vec<Mistake>) -> Vec<String> {
        let events = EVENTS.into_iter().filter(|event| self.has("on", event));
        let mut on: Vec<String> = events.map(str::to_owned).collect();
        for numbers in ["origins", "outlets"] {
            let more: Option<u32> = self.number(&format!("on_{numbers}"), mistakes);
            on.extend(more.filter(|more| *more > 0).map(|more| format!("{numbers}+{more}")));
        }
        let rates = self.one("on_velocity").split(',').map(str::trim);
        on.extend(rates.filter(|rate| !rate.is_empty()).map(|rate| format!("velocity>{rate}")));
        if on.is_empty() {
            mistakes.push(Mistake::new("on", "nothing would notify: choose at least one"));
        }
        let is_usual =
            on.len() == ON.len() && ON.iter().all(|usual| on.iter().any(|it| it == usual));
        if is_usual { Vec::new() } else { on }
    }

    fn put_triggers(&mut self, on: &[String]) {
        let events = on.iter().filter(|word| EVENTS.contains(&word.as_str()));
        self.0.insert("on".to_owned(), events.cloned().collect());
        for numbers in ["origins", "outlets"] {
            let more = on.iter().find_map(|word| word.strip_prefix(numbers)?.strip_prefix('+'));
            self.put(&format!("on_{numbers}"), more);
        }
        let rates = on.iter().filter_map(|word| word.strip_prefix("velocity>"));
        self.put("on_velocity", Some(rates.collect::<Vec<_>>().join(", ")));
    }

    fn quiet_hours(&self, mistakes: &mut Vec<Mistake>) -> Option<QuietHours> {
        let (from, to) = (self.given("quiet_from"), self.given("quiet_to"));
        if from.is_some() != to.is_some() {
            mistakes.push(Mistake::new("quiet_from", "it needs both times, or none"));
        }
        let time_zone = self.given("time_zone").unwrap_or_else(|| "UTC".to_owned());
        Some(QuietHours { from: from?, to: to?, time_zone })
    }

    fn number(&self, name: &str, mistakes: &mut Vec<Mistake>) -> Option<u32> {
        let text = self.one(name);
        let number = text.parse().ok();
        if number.is_none() && !text.is_empty() {
            mistakes.push(Mistake::new(name, format!("{text:?} is not a number")));
        }
        number
    }

    fn parsed<T: FromStr<Err: Display>>(&self, name: &str, wrong: &mut Vec<Mistake>) -> Option<T> {
        let parsed = self.given(name)?.parse();
        parsed.map_err(|error: T::Err| wrong.push(Mistake::new(name, error.to_string()))).ok()
    }

    fn put(&mut self, name: &str, value: Option<impl Display>) {
        let values = value.into_iter().map(|value| value.to_string()).collect();
        self.0.insert(name.to_owned(), values);
    }
}

/// The data of the form.
pub(super) struct Editor<'a> {
    pub(super) fields: &'a Fields,
    pub(super) mistakes: &'a [Mistake],
    /// The file that defines it. It must be changed there.
    pub(super) managed_by: Option<String>,
    /// The configured deliveries.
    pub(super) deliveries: &'a [String],
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
                    (draw_preview(preview))
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
        html! {
            @if !self.mistakes.is_empty() {
                div.notice.warn role="alert" {
                    p { "Not saved: correct the marked fields." }
                    @for mistake in self.mistakes.iter().filter(|it| it.field.is_empty()) { p { (mistake.why) } }
                }
            }
        }
    }

    fn query_fields(&self) -> Markup {
        html! {
            fieldset {
                legend { "What" }
                (self.line("name", "Name", "text", ""))
                div.field {
                    label for="query" { "Query" }
                    textarea #query name="query" rows="3" spellcheck="false" autocomplete="off" autocapitalize="off"
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
                    (self.line("on_origins", "This many more origins", "number", "never"))
                    (self.line("on_outlets", "This many more outlets", "number", "never"))
                    (self.line("on_velocity", "More articles than", "text", "such as 5/10m"))
                }
                div.pair {
                    (self.line("min_outlets", "Outlets before it alerts", "number", "1"))
                    (self.line("min_origins", "Origins before it alerts", "number", "0"))
                }
            }
        }
    }

    fn frequency_fields(&self) -> Markup {
        html! {
            fieldset {
                legend { "How often" }
                div.pair {
                    (self.line("group_wait", "The first message waits", "text", "30s"))
                    (self.line("update_interval", "Between two revisions", "text", "5m"))
                    (self.line("repeat_interval", "Repeat an unchanged alert after", "text", "never"))
                    (self.line("max_per_day", "Most messages a day", "number", "no limit"))
                }
                (self.line("inhibited_by", "Silent if one of these notifies of it", "text", "ids, such as storms, strikes"))
                (self.choice("digest", "Gather messages", &[
                    ("", "no: each alert alone"), ("hourly", "one an hour"), ("daily", "one a day, at eight"),
                    ("weekly", "one a week, on Mondays at eight"),
                ]))
                (self.choice("keep", "Keep its events", &[
                    ("", "as long as the settings say"), ("true", "yes: as long as the settings say"), ("false", "no"),
                ]))
            }
        }
    }

    fn quiet(&self) -> Markup {
        html! {
            fieldset {
                legend { "Quiet hours" }
                div.pair {
                    (self.line("quiet_from", "From", "time", ""))
                    (self.line("quiet_to", "To", "time", ""))
                    (self.line("time_zone", "Time zone, of digests too", "text", "UTC"))
                    (self.line("break_quiet", "Sent even in quiet hours", "text", "such as outlets>=10"))
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
                (self.line("escalation", "If nobody has it, also to", "text", "such as chief after 15m"))
                div.field {
                    label for="hours" { "The preview looks back" }
                    select #hours name="hours" {
                        @for (hours, label) in SPANS { (option(&hours.to_string(), label, self.fields.one("hours") == hours.to_string())) }
                    }
                }
            }
        }
    }

    fn choice(&self, name: &str, label: &str, options: &[(&str, &str)]) -> Markup {
        html! {
            div.field {
                label for=(name) { (label) }
                select #(name) name=(name) {
                    @for (value, words) in options { (option(value, words, self.fields.one(name) == *value)) }
                }
            }
        }
    }

    /// A field of one line with a `text`, `number` or `time`, which shows its default.
    fn line(&self, name: &str, label: &str, kind: &str, usual: &str) -> Markup {
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
    if let Err(error) = api.app.settings.rehearse.check_query(query) {
        let (query, column, why) = (query.to_owned(), error.column, error.to_string());
        return Preview::BadQuery { query, column, why };
    }
    let settings = match fields.settings_to_try() {
        Ok(settings) => settings,
        Err(mistakes) => return Preview::Mistakes(mistakes),
    };
    let [(usual, _), ..] = SPANS;
    let hours = fields.one("hours").parse().ok();
    let hours = hours.filter(|hours| SPANS.iter().any(|(it, _)| it == hours)).unwrap_or(usual);
    // If somebody types on, the next request may start.
    let Ok(_turn) = api.app.comparisons.acquire().await else { return Preview::Untried };
    match api.rehearse_subscription(settings, hours).await {
        Ok(found) => Preview::Found(hours, Box::new(found)),
        Err(refusal) => Preview::Mistakes(vec![Mistake::of(&refusal.explain().1)]),
    }
}

/// The sentence that screen readers read, and the alerts below it.
pub(super) fn draw_preview(preview: &Preview) -> Markup {
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
    let (hours, found) = match preview {
        Preview::Untried => return html! { "Type a query to see what it would have sent." },
        Preview::BadQuery { why, .. } => {
            return html! { span.warn { "The query cannot be read: " (why) } };
        }
        Preview::Mistakes(_) => return html! { span.warn { "This cannot be tried yet." } },
        Preview::Found(hours, found) => (hours, found),
    };
    html! {
        b { (found.loud_in(*hours)) } ". "
        @if found.articles == 0 { "No article was read, so there is nothing to try it with." }
        @else if let Some(baseline) = found.only_baseline() { b { "No new article" } " matches. " (baseline) "." }
        @else if found.matching == 0 { b { "No article" } " of " (words::number(found.articles)) " matches." }
        @else {
            b { (words::count(found.matching, "matching article", "matching articles")) }
            " → " b { (words::count(found.events, "event", "events")) }
            " → " b { (words::count(found.alerts, "alert", "alerts")) }
            " (" (words::count(found.copies_folded, "copy", "copies")) " folded)"
        }
    }
}

/// The query with a mark at the mistake.
fn pointed(query: &str, column: usize) -> Markup {
    let at = column.saturating_sub(1);
    let part = |from: usize, most: usize| query.chars().skip(from).take(most).collect::<String>();
    let wrong = query.chars().nth(at).unwrap_or(' ');
    html! {
        pre.query { code { (part(0, at)) mark { (wrong) } (part(at + 1, usize::MAX)) } }
        p.faint { "The mark is at column " (column) "." }
    }
}

fn alerts(hours: u32, found: &Rehearsal) -> Markup {
    html! {
        @if let Some(warning) = found.warning(hours) { p.warn { (warning) } }
        @if found.silent > 0 || found.held > 0 || found.in_passing > 0 {
            p.faint {
                @if found.in_passing > 0 {
                    (words::count(found.in_passing, "alert", "alerts")) " silent: texts only mention it. "
                }
                @if found.silent > 0 { (words::count(found.silent, "silent revision", "silent revisions")) ". " }
                @if found.held > 0 { (found.held) " held." }
            }
        }
        ol.tried {
            @for told in &found.messages { (message(told)) }
        }
        @let more = found.loud.saturating_sub(found.messages.len() as u64);
        @if more > 0 { p.faint { "and " (words::count(more, "message", "messages")) " before these" } }
        @if found.unready > 0 {
            h3 { "Not enough for an alert yet: " (words::number(found.unready)) }
            ul.tried { @for unready in &found.unready_samples { (lacking(unready)) } }
        }
    }
}

/// A message as a delivery would have sent it.
fn message(told: &RehearsedMessage) -> Markup {
    html! {
        li {
            b { (linked(told.target, &told.title)) }
            @for line in &told.lines { p dir="auto" { (line) } }
            p.faint {
                (words::time(told.at)) @if told.at_night { ", at night" }
                @if told.others > 0 { " · with " (words::count(told.others, "more alert", "more alerts")) }
            }
        }
    }
}

fn lacking(unready: &UnreadyTarget) -> Markup {
    html! { li { (linked(unready.target, &unready.title)) " " span.faint { (unready.why) } } }
}

fn linked(target: Target, title: &str) -> Markup {
    html! { a href=(words::page_path(&target.to_string())) dir="auto" { (title_of(title)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{
        "id": "harbour", "name": "Harbour", "query": "port \"walked out\"", "group_by": "story",
        "on": ["new", "quiet", "origins+3", "outlets+5", "velocity>5/10m", "velocity>9/1h"],
        "min_outlets": 2, "min_origins": 1, "group_wait": "0s", "update_interval": "15m",
        "repeat_interval": "6h", "escalation": "chief after 15m", "quiet_hours": {"from": "22:00", "to": "07:00", "time_zone": "Europe/Berlin"},
        "break_quiet": "outlets>=10", "max_per_day": 5, "inhibited_by": ["storms", "strikes"], "keep": false, "deliveries": ["desk", "phone"]
    }"#;

    #[test]
    fn a_subscription_is_the_same_behind_the_form() {
        let settings: SubscriptionSettings = serde_json::from_str(FULL).unwrap();
        let shown = Fields::of(&settings);
        assert_eq!(shown.settings(), Ok(settings.clone()));
        let sent: String = {
            let mut out = url::form_urlencoded::Serializer::new(String::new());
            for (name, values) in &shown.0 {
                out.extend_pairs(values.iter().map(|value| (name, value)));
            }
            out.finish()
        };
        assert_eq!(Fields::read(sent.as_bytes()).settings(), Ok(settings.clone()));
        let time_zone = Some("Asia/Tokyo".to_owned());
        let daily = SubscriptionSettings { quiet_hours: None, time_zone, ..settings };
        assert_eq!(Fields::of(&daily).settings(), Ok(daily), "a time zone without quiet hours");
    }

    #[test]
    fn default_fields_are_omitted() {
        let fields = Fields::read(b"name=Kyiv+talks&query=kyiv&on=new&on=material");
        let settings = fields.settings().unwrap();
        let id = "kyiv-talks".parse().unwrap();
        assert_eq!(settings, SubscriptionSettings::new(id, "Kyiv talks", "kyiv"));
    }

    #[test]
    fn each_mistake_names_its_field() {
        let body = b"name=&query=&group_wait=soon&min_outlets=few&quiet_from=22:00";
        let mistakes = Fields::read(body).settings().unwrap_err();
        let fields: Vec<&str> = mistakes.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["name", "query", "on", "min_outlets", "group_wait", "quiet_from"]);
        let said = Mistake::of("repeat_interval: an alert is over after 24h");
        assert_eq!((&*said.field, &*said.why), ("repeat_interval", "an alert is over after 24h"));
        assert_eq!(Mistake::of("no delivery is called \"x\"").field, "");
    }
}
