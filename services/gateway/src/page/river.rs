//! The start page: the numbers of the last hour, then the events, the last changed first.

use std::collections::BTreeSet;

use maud::{Markup, html};
use wirefold_proto::{HealthCondition, HealthKind, SubscriptionRecord, Target};

use crate::page::acknowledged::{self, Acknowledged};
use crate::page::marks::{MarksOn, MarksOnEvents, Show};
use crate::page::{marks, words};
use crate::projection::{EventQuery, EventSort};
use crate::shapes::{
    ArticleBrief, EventBrief, EventPage, LookedAt, LookedThrough, Status, StoryBrief,
    StoryWithArticles,
};
use crate::tokens::READING;

/// The most stories of an event that a card shows.
pub(super) const SHOWN_STORIES: usize = 6;
/// The most health conditions that are listed.
const CONDITIONS: usize = 5;
/// The most copies listed under a story of a card.
pub(super) const SHOWN_COPIES: usize = 12;

/// The data of the start page.
#[derive(Debug)]
pub(super) struct River<'a> {
    /// The events.
    pub events: &'a EventPage,
    /// Their folded stories with the copies that a card lists.
    pub folded: &'a [StoryWithArticles],
    /// The words, the filters and the order.
    pub query: &'a EventQuery,
    /// The filter by marks.
    pub show: Show,
    /// The marks of the reader on the events.
    pub marks: &'a MarksOnEvents,
    /// The events that somebody has.
    pub acknowledged: &'a Acknowledged,
    /// When the last article came before the list was read, in milliseconds.
    pub until: i64,
    /// The subscriptions that can be chosen as a filter.
    pub subscriptions: &'a [SubscriptionRecord],
    /// Whether this is the first page, which is updated live.
    pub is_first: bool,
    /// The groups of feeds that can be chosen as a filter.
    pub groups: BTreeSet<&'a str>,
    /// Whether there are feeds.
    pub has_feeds: bool,
}

/// The page's main part.
pub(super) fn main(status: &Status, silent: usize, river: &River<'_>) -> Markup {
    html! {
        h1.hidden { "What is happening" }
        (pulse(status, silent))
        form.search role="search" method="get" action="/" {
            label.hidden for="q" { "Search the articles of events" }
            input #q type="search" name="q" value=[&river.query.words] placeholder="Search events" autocomplete="off";
            button type="submit" { "Search" }
            @if let Some(show) = river.show.word() { input type="hidden" name="show" value=(show); }
            @if river.is_narrowed() { a href="/" { "All events" } }
            (narrowing(river))
        }
        (list(river))
    }
}

/// The strip of numbers. Each is a link to its list.
fn pulse(status: &Status, silent: usize) -> Markup {
    let hour = &status.hour;
    let ailing = u64::from(status.feeds.failing) + u64::from(status.feeds.gone) + silent as u64;
    html! {
        section.pulse #pulse aria-label="The last 60 minutes" {
            p.when { "Last 60 min" }
            ol.flow {
                li { (figure("/#river", hour.articles, "article", "articles")) }
                li { (figure("/#river", hour.stories, "story", "stories")) }
                li { (figure("/#river", hour.events, "event", "events")) }
                li {
                    (figure("/alerts", hour.alerts, "alert", "alerts"))
                    @if hour.alerts > 0 { ", " (hour.notified) " notified" }
                }
            }
            @if status.feeds.set_aside > 0 { (set_aside(status.feeds.set_aside.into())) }
            (conditions(&status.health.conditions))
            ul.rest {
                @if let Some(share) = hour.share_folded {
                    li { a href="/about#folded" { b { (words::percent(share)) } " folded" } }
                }
                @if let Some(millis) = hour.fetch_to_fold_ms {
                    li { a href="/about#latency" { b { (words::span(millis)) } " fetch to fold" } }
                }
                li.warn[ailing > 0] {
                    a href="/feeds#problems" {
                        @if ailing == 0 { "no feed failing or silent" }
                        @else { b { (ailing) } " " (if ailing == 1 { "feed" } else { "feeds" }) " failing or silent" }
                    }
                }
            }
        }
    }
}

/// The health conditions. The number of feeds that are set aside is shown beside them.
fn conditions(open: &[HealthCondition]) -> Markup {
    let shown: Vec<&HealthCondition> =
        open.iter().filter(|it| it.kind != HealthKind::FeedSetAside).collect();
    html! {
        @for condition in shown.iter().take(CONDITIONS) {
            p.warn role="status" { b { (condition.words) } ": " (condition.advice) "." }
        }
        @if shown.len() > CONDITIONS {
            p.warn { (shown.len() - CONDITIONS) " more: " a href="/api/v1/status" { "status" } }
        }
    }
}

/// The number of feeds that are set aside, with advice.
fn set_aside(count: u64) -> Markup {
    html! {
        p.warn role="status" {
            a href="/feeds#problems" { b { (words::count(count, "feed", "feeds")) } " set aside" }
            ": wirefold crashed twice while it read " (if count == 1 { "it" } else { "them" }) ". "
            code { "wirefold feed retry ID" } " brings one back."
        }
    }
}

fn figure(path: &str, value: u64, one: &str, many: &str) -> Markup {
    html! { a href=(path) { b { (words::number(value)) } " " (if value == 1 { one } else { many }) } }
}

/// Only the numbers and the list, which the script fetches again.
pub(super) fn fragment(status: &Status, silent: usize, river: &River<'_>) -> Markup {
    html! { (pulse(status, silent)) (list(river)) }
}

fn list(river: &River<'_>) -> Markup {
    html! {
        section #river data-live=[river.is_first.then_some("")] data-sequence=(river.events.sequence) aria-label="Events, the last changed first" {
            (tools(river))
            @if river.events.events.is_empty() { (empty(river)) }
            @for event in &river.events.events { (card(event, river)) }
            @if let Some(looked) = &river.events.looked_through { (looked_through(looked)) }
            @if let Some(next) = &river.events.next {
                p.more { a rel="next" href=(address(river, river.show, Some(next))) { "More events" } }
            }
        }
    }
}

/// The filter by marks, and the button that marks all events of the list as read.
fn tools(river: &River<'_>) -> Markup {
    html! {
        div.tools {
            nav aria-label="Events by your marks" {
                @for (show, name) in Show::CHOICES {
                    a href=(address(river, show, None)) aria-current=[(show == river.show).then_some("true")] { (name) }
                }
            }
            @if river.marks.values().any(|on| on.is_unread) {
                form.marks method="post" action=(READING) {
                    @for (name, value) in fields(river.query, river.show) { input type="hidden" name=(name) value=(value); }
                    input type="hidden" name="drawn" value=(river.until);
                    button type="submit" name="mark" value="all" { (if river.is_narrowed() { "Mark all of these read" } else { "Mark all read" }) }
                }
            }
        }
    }
}

/// How far a limited search looked.
fn looked_through(looked: &LookedThrough) -> Markup {
    let count = words::number(looked.count.into());
    html! {
        p.faint role="status" {
            @match looked.what {
                LookedAt::ArticlesWithTheWords => { "These are of the newest " (count) " articles with these words. “More events” continues with older ones." }
                LookedAt::EventsWithSeveralArticles => { "Put in this order: the " (count) " events with several articles that changed last." }
                LookedAt::Events | LookedAt::Stories | LookedAt::Alerts => { (count) " events were searched. “More events” continues." }
            }
        }
    }
}

fn empty(river: &River<'_>) -> Markup {
    html! {
        div.empty {
            @if river.is_narrowed() {
                h2 { @if river.events.next.is_some() { "No event matches so far" } @else { "No event matches" } }
                p { "Every word must be in the title, the text or the names of one article of the event. Try fewer words, or filter less. "
                    "The search knows words only; a " a href="/subscriptions/new" { "subscription" } " knows fields and operators." }
            } @else if river.show != Show::All {
                h2 { (if river.show == Show::Starred { "Nothing is starred" } else { "Nothing is unread" }) @if river.events.next.is_some() { " so far" } }
                p { a href="/" { "All events" } }
            } @else if !river.is_first {
                h2 { "Nothing older" }
                p { a href="/" { "Back to the newest events" } }
            } @else if river.has_feeds {
                h2 { "Waiting for the first articles" }
                p { "wirefold is polling the feeds. New articles appear here by themselves. " a href="/feeds" { "See how each feed is doing." } }
            } @else {
                h2 { "No feeds yet" }
                p { "Give wirefold some feeds to watch, one or a whole list:" }
                pre { code { "wirefold feed add https://news.example/rss\nwirefold feed import feeds.opml" } }
                p { "Events appear here as soon as the first articles are in. " a href="/about" { "What the words on this page mean." } }
            }
        }
    }
}

impl River<'_> {
    fn is_narrowed(&self) -> bool {
        *self.query != EventQuery::default()
    }
}

/// Filters and order. The section is closed unless one is chosen.
fn narrowing(river: &River<'_>) -> Markup {
    let query = river.query;
    let is_chosen = EventQuery { words: None, ..query.clone() } != EventQuery::default();
    html! {
        details.narrow open[is_chosen] {
            summary { "Filter and sort" }
            div.pair {
                div.field {
                    label for="subscription" { "Subscription" }
                    select #subscription name="subscription" {
                        option value="" { "all" }
                        @for record in river.subscriptions {
                            @let id = record.subscription.id.as_str();
                            option value=(id) selected[query.subscription.as_deref() == Some(id)] { (words::cut(&record.subscription.name, 60)) }
                        }
                    }
                }
                div.field { label for="outlet" { "Outlet" } input #outlet type="text" name="outlet" value=[&query.outlet] placeholder="all, or one such as news.example"; }
                div.field { label for="language" { "Language" } input #language type="text" name="language" value=[&query.language] placeholder="all, or one such as en"; }
                div.field { label for="agency" { "Agency" } input #agency type="text" name="agency" value=[&query.agency] placeholder="all, or one such as AP"; }
                @if !river.groups.is_empty() {
                    div.field {
                        label for="group" { "Feeds" }
                        select #group name="group" {
                            option value="" { "all groups" }
                            @for group in &river.groups { option value=(group) selected[query.group.as_deref() == Some(*group)] { (group) } }
                        }
                    }
                }
                div.field { label for="since" { "Changed since" } input #since type="text" name="since" value=[query.since.map(|it| it.to_string())] placeholder="2026-11-30"; }
                div.field { label for="until" { "Changed before" } input #until type="text" name="until" value=[query.until.map(|it| it.to_string())] placeholder="2026-12-01"; }
                div.field { label for="min_origins" { "Texts at least" } input #min_origins type="number" min="1" name="min_origins" value=[(query.min_origins > 0).then_some(query.min_origins)] placeholder="1"; }
                div.field { label for="min_outlets" { "Outlets at least" } input #min_outlets type="number" min="1" name="min_outlets" value=[(query.min_outlets > 0).then_some(query.min_outlets)] placeholder="1"; }
                div.field {
                    label for="sort" { "Order" }
                    select #sort name="sort" {
                        @for (sort, label) in [(EventSort::Newest, "newest"), (EventSort::Outlets, "most outlets, last 2 days"), (EventSort::Velocity, "fastest, last 2 days")] {
                            option value=(sort.as_str()) selected[query.sort == sort] { (label) }
                        }
                    }
                }
                div.field { button type="submit" { "Show" } }
            }
        }
    }
}

/// The search, the filters and the order as fields of an address.
fn fields(query: &EventQuery, show: Show) -> Vec<(&'static str, String)> {
    let sort = Some(query.sort.as_str()).filter(|sort| !sort.is_empty());
    let more = [("sort", sort), ("show", show.word())];
    let more = more.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
    query.fields().into_iter().chain(more).collect()
}

/// The address of a page of the list.
fn address(river: &River<'_>, show: Show, cursor: Option<&String>) -> String {
    let mut fields = fields(river.query, show);
    fields.extend(cursor.map(|cursor| ("cursor", cursor.clone())));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
}

pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn card(event: &EventBrief, river: &River<'_>) -> Markup {
    let id = event.id.to_string();
    let title = title_of(&event.title);
    let unmarked = MarksOn::default();
    let marks = river.marks.get(&event.id).unwrap_or(&unmarked);
    html! {
        article.card.unread[marks.is_unread] id=(id) data-card data-at=(event.changed.as_millisecond()) aria-labelledby={ "t-" (id) } {
            header {
                h2 id={ "t-" (id) } {
                    span.dot role="img" aria-label="Unread" {}
                    a href={ "/events/" (id) } lang=[words::lang(Some(&event.language))] dir=(words::direction(Some(&event.language))) { (title) }
                }
                (marks::buttons(Target::Event(event.id), marks))
                @if event.articles > 1 { (words::sparkline(&event.velocity, "in the three hours before the last one")) }
            }
            (numbers(event, marks))
            (acknowledged::line(acknowledged::on_event(river.acknowledged, event)))
            @if event.story_count > 1 || event.articles > 1 {
                ol.stories {
                    @for story in event.stories.iter().take(SHOWN_STORIES) { (story_line(story, river.folded)) }
                }
                @let rest = (event.story_count as usize).saturating_sub(event.stories.len().min(SHOWN_STORIES));
                @if rest > 0 {
                    p.rest { a href={ "/events/" (id) } { "and " (words::count(rest as u64, "more story", "more stories")) } }
                }
            }
        }
    }
}

fn numbers(event: &EventBrief, marks: &MarksOn) -> Markup {
    let first = html! { b { (event.first_outlet_label()) } };
    html! {
        p.counts {
            @if event.articles > 1 {
                (marks::new_stories(marks))
                span.outlets { (words::count(event.outlets.into(), "outlet", "outlets")) }
                span.origins { (words::texts(event.origins, None, event.not_compared)) }
                (folded_counts(event.copies, event.versions))
                @if event.quiet { span.state { "quiet" } }
                span.about { "first seen at " (first) " " (words::time(event.first_seen)) ", last " (words::time(event.changed)) }
            } @else {
                span.about { (first) " alone, " (words::time(event.first_seen)) }
            }
            @if let Some(agency) = &event.agency { span.agency { (agency.describe()) } }
            @if let Some(before) = &event.continues { span { a href={ "/events/" (before) } { "continues an earlier event" } } }
        }
    }
}

/// The numbers of copies folded and versions, if there are any.
pub(super) fn folded_counts(copies: u32, versions: u32) -> Markup {
    html! {
        @if copies > 0 { span { (words::count(copies.into(), "copy", "copies")) " folded" } }
        @if versions > 0 { span { (words::count(versions.into(), "version", "versions")) } }
    }
}

fn story_line(story: &StoryBrief, folded: &[StoryWithArticles]) -> Markup {
    let with_articles = folded.iter().find(|with| with.story.id == story.id);
    html! {
        li {
            a.title href={ "/stories/" (story.id) } lang=[words::lang(Some(&story.language))] dir=(words::direction(Some(&story.language))) { (title_of(&story.title)) }
            span {
                span.outlet { (story.outlet_label()) }
                @if let Some(agency) = &story.agency { " · " span.agency { (agency.describe()) } }
            }
            @if story.articles > 1 {
                @if let Some(with) = with_articles { (copies(story, &with.articles)) }
                @else { a href={ "/stories/" (story.id) } { (words::count(u64::from(story.articles) - 1, "more article", "more articles")) " folded" } }
            }
        }
    }
}

fn copies(story: &StoryBrief, articles: &[ArticleBrief]) -> Markup {
    let others = || articles.iter().filter(|article| article.id != story.lead);
    let (copied, versions) = (story.copies, story.versions);
    let left_out = (story.articles as usize).saturating_sub(1 + SHOWN_COPIES);
    html! {
        details id={ "d-" (story.id) } {
            summary {
                @if copied > 0 { (words::count(copied.into(), "copy", "copies")) " folded" }
                @if copied > 0 && versions > 0 { ", " }
                @if versions > 0 { (words::count(versions.into(), "version", "versions")) }
            }
            ul.copies {
                @for article in others().take(SHOWN_COPIES) {
                    li {
                        b { (article.outlet_label()) } " "
                        span lang=[words::lang(Some(&article.language))] dir=(words::direction(Some(&article.language))) { (outward(article)) }
                        " " span.faint {
                            (words::role(article, Some(story)))
                            @if let Some(lag) = words::lag(story.first_seen, article.seen) { " · " (lag) }
                        }
                    }
                }
                @if left_out > 0 {
                    li { a href={ "/stories/" (story.id) } { "and " (left_out) " more" } }
                }
            }
        }
    }
}

/// The title as a link to the publisher, if the link is safe.
pub(super) fn outward(article: &ArticleBrief) -> Markup {
    let title = title_of(&article.title);
    html! {
        @match article.url.as_deref().filter(|url| is_web(url)) {
            Some(url) => a.out href=(url) rel="noopener noreferrer external" { (title) },
            None => (title),
        }
    }
}

/// Whether a link may be followed from the page: not `javascript:` and the like.
pub(crate) fn is_web(link: &str) -> bool {
    url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// The title, or words that say there is none.
pub(super) fn title_of(title: &str) -> String {
    match title.trim() {
        "" => "(no title)".to_owned(),
        title => words::cut(title, 200),
    }
}
