//! The frame of every page: head, banner, navigation, main part, foot.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};

use crate::Settings;

use super::assets::{ICON, SCRIPT, STYLE};

/// The content security policy: only this server may be loaded from and sent to.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The current entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NavEntry {
    /// The list of events.
    River,
    /// The alerts.
    Alerts,
    /// The subscriptions.
    Subscriptions,
    /// The feeds.
    Feeds,
    /// The explanation of the words.
    About,
    /// A page that is not in the navigation.
    Elsewhere,
}

/// The data of a frame.
#[derive(Debug, Clone)]
pub(super) struct Frame<'a> {
    /// The title of the page, before the product's name.
    pub title: &'a str,
    /// The current entry of the navigation.
    pub here: NavEntry,
    /// Whether this is a demonstration.
    pub demo: bool,
    /// The release that runs.
    pub release: &'a str,
    /// Whether people sign in on this server.
    pub has_sign_in: bool,
}

impl<'a> Frame<'a> {
    /// The frame of a page.
    pub(super) fn of(settings: &'a Settings, title: &'a str, here: NavEntry) -> Self {
        let Settings { demo, release, gate, .. } = settings;
        Self { title, here, demo: *demo, release, has_sign_in: gate.is_some() }
    }
}

const PLACES: [(NavEntry, &str, &str); 5] = [
    (NavEntry::River, "/", "River"),
    (NavEntry::Alerts, "/alerts", "Alerts"),
    (NavEntry::Subscriptions, "/subscriptions", "Subscriptions"),
    (NavEntry::Feeds, "/feeds", "Feeds"),
    (NavEntry::About, "/about", "About"),
];

/// The whole page around its main part.
pub(super) fn page(frame: &Frame<'_>, main: &Markup) -> Markup {
    let demo = if frame.demo { "DEMO · " } else { "" };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (demo) (frame.title) " · wirefold" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" type="image/svg+xml" href=(ICON.path);
                link rel="stylesheet" href=(STYLE.path);
                link rel="alternate" type="application/atom+xml" title="All stories" href="/feeds/all.atom";
                script src=(SCRIPT.path) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                @if frame.demo { (demo_banner()) }
                header.top {
                    div.inner {
                        a.brand href="/" { img src=(ICON.path) width="22" height="22" alt=""; "wirefold" }
                        nav aria-label="Pages" {
                            @for (place, path, name) in PLACES {
                                a href=(path) aria-current=[(place == frame.here).then_some("page")] { (name) }
                            }
                        }
                        p #live role="status" aria-live="polite" {}
                    }
                }
                main #main tabindex="-1" { (main) }
                (foot(frame))
            }
        }
    }
}

fn demo_banner() -> Markup {
    html! {
        p.demo role="note" {
            strong { "DEMO" }
            " Made-up articles from invented newspapers, on this machine only. "
            a href="/feeds#add" { "Add real feeds" }
        }
    }
}

fn foot(frame: &Frame<'_>) -> Markup {
    html! {
        footer {
            div.inner {
                p { "Times are " span #zone { "UTC" } "." }
                p.keys hidden {
                    label { input type="checkbox" #keys checked; " Keys" }
                    " " kbd { "j" } " next " kbd { "k" } " previous " kbd { "o" } " open"
                }
                p { a href="/feeds/all.atom" { "Atom" } " · " a href="/feeds/all.json" { "JSON Feed" } " · " a href="/api/v1/status" { "API" } }
                @if frame.has_sign_in { p { a href="/sign-in" { "Sign in or out" } } }
                p { "wirefold " (frame.release) }
            }
        }
    }
}

/// Puts the security headers on an answer of the page.
pub(super) async fn secure(response: Response) -> Response {
    secured(response)
}

/// Puts the security headers on an answer.
pub(super) fn secured(mut response: Response) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Forms must send their origin. With `no-referrer` it would be `null`.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    let all = response.headers_mut();
    for (name, value) in headers {
        all.insert(name, HeaderValue::from_static(value));
    }
    all.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    response
}
