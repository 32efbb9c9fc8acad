//! The frame of every page, its style sheet, script and icon, and the pages without data.

use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::api::Api;
use crate::page::words::page_path;
use crate::shapes::Problem;
use crate::{AppState, Settings};

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

/// Answers with a page around its main part.
pub(super) fn respond(
    app: &AppState,
    status: StatusCode,
    (here, title): (NavEntry, &str),
    main: &Markup,
) -> Response {
    (status, Html(page(&app.settings, here, title, main).into_string())).into_response()
}

/// Each entry of the navigation: its address, its name, and the key after `g` that opens it.
const PLACES: [(NavEntry, &str, &str, &str); 5] = [
    (NavEntry::River, "/", "River", "r"),
    (NavEntry::Alerts, "/alerts", "Alerts", "a"),
    (NavEntry::Subscriptions, "/subscriptions", "Subscriptions", "s"),
    (NavEntry::Feeds, "/feeds", "Feeds", "f"),
    (NavEntry::About, "/about", "About", "h"),
];

/// The keys of the page and their effects, which the script has.
const KEYS: [(&str, &str); 7] = [
    ("j", "next event"),
    ("k", "previous event"),
    ("o", "open the event"),
    ("m", "mark it as read or unread"),
    ("s", "star it"),
    ("/", "search"),
    ("?", "show or close this list"),
];

/// The whole page around its main part.
fn page(settings: &Settings, here: NavEntry, title: &str, main: &Markup) -> Markup {
    let demo = if settings.demo { "DEMO · " } else { "" };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (demo) (title) " · wirefold" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" type="image/svg+xml" href=(ICON.path);
                link rel="stylesheet" href=(STYLE.path);
                link rel="alternate" type="application/atom+xml" title="All stories" href="/feeds/all.atom";
                script src=(SCRIPT.path) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                @if settings.demo { (demo_banner()) }
                header.top {
                    div.inner {
                        a.brand href="/" { img src=(ICON.path) width="22" height="22" alt=""; "wirefold" }
                        nav aria-label="Pages" {
                            @for (place, path, name, key) in PLACES {
                                a href=(path) data-go=(key) aria-current=[(place == here).then_some("page")] { (name) }
                            }
                        }
                        p #live role="status" aria-live="polite" {}
                    }
                }
                main #main tabindex="-1" { (main) }
                (foot(settings))
                (help())
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

/// The list of keys. Only the script opens it, since without it there are no keys.
fn help() -> Markup {
    html! {
        dialog #help aria-labelledby="help-title" {
            h2 #help-title { "Keys" }
            dl {
                @for (key, effect) in KEYS { div { dt { kbd { (key) } } dd { (effect) } } }
                @for (_, _, name, key) in PLACES { div { dt { kbd { "g" } " " kbd { (key) } } dd { "go to " (name) } } }
            }
            form method="dialog" { button { "Close" } }
        }
    }
}

fn foot(settings: &Settings) -> Markup {
    html! {
        footer {
            div.inner {
                p { "Times are " span #zone { "UTC" } "." }
                p.keys hidden {
                    label { input type="checkbox" #keys checked; " Keys" }
                    " " kbd { "?" } " lists them"
                }
                p { a href="/feeds/all.atom" { "Atom" } " · " a href="/feeds/all.rss" { "RSS" } " · " a href="/feeds/all.json" { "JSON Feed" } " · " a href="/feeds/feeds.opml" { "OPML" } " · " a href="/report" { "Reprints" } " · " a href="/api" { "API" } }
                @if settings.gate.is_some() { p { a href="/sign-in" { "Sign in or out" } } }
                p { "wirefold " (settings.release) }
            }
        }
    }
}

/// Draws the page of an error, and puts the security headers on an answer of the page.
pub(super) async fn finish(State(api): State<Api>, mut response: Response) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = error_page(&api.app, &problem);
    }
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

/// One file.
pub(super) struct Asset {
    /// Its path, such as `/assets/page-1f2e3d4c5b6a7988.css`.
    pub path: String,
    media_type: &'static str,
    pub(super) content: &'static str,
}

/// The style sheet.
pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", include_str!("assets/page.css")));
/// The script.
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("js", "text/javascript; charset=utf-8", include_str!("assets/page.js"))
});
/// The icon.
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_str!("assets/icon.svg")));

/// Half a year. The name changes with the content.
const KEEP: &str = "public, max-age=15552000, immutable";

impl Asset {
    fn new(extension: &str, media_type: &'static str, content: &'static str) -> Self {
        let path = format!("/assets/page-{:016x}.{extension}", fingerprint(content.as_bytes()));
        Self { path, media_type, content }
    }
}

/// FNV-1a, 64 bits: it distinguishes releases and protects nothing.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `GET /assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let wanted = |asset: &&LazyLock<Asset>| asset.path.strip_prefix("/assets/") == Some(&name);
    match [&STYLE, &SCRIPT, &ICON].into_iter().find(wanted) {
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, KEEP)];
            (headers, asset.content).into_response()
        }
        None => (StatusCode::NOT_FOUND, "no such file: reload the page\n").into_response(),
    }
}

/// The page of an error, with its status.
fn error_page(app: &AppState, problem: &Problem) -> Response {
    let (status, title) = match problem.status {
        500.. => (StatusCode::SERVICE_UNAVAILABLE, "Not just now"),
        _ if !problem.candidates.is_empty() => {
            (StatusCode::CONFLICT, "Several ids begin like this")
        }
        422 => (StatusCode::UNPROCESSABLE_ENTITY, "Not understood"),
        _ => (StatusCode::NOT_FOUND, "Nothing here"),
    };
    let main = html! {
        h1 { (title) }
        @match status {
            StatusCode::NOT_FOUND => p { "There is no such event or story, or it has expired." },
            StatusCode::UNPROCESSABLE_ENTITY => p { (problem.detail.as_deref().unwrap_or_default()) },
            StatusCode::CONFLICT => {
                p { "Several ids begin like this. Choose one:" }
                ul { @for id in &problem.candidates { li { a href=(page_path(id)) { (id) } } } }
            },
            _ => p { "wirefold cannot read its data at the moment. Reload in a few seconds. If this message stays, the log says why." },
        }
        p { a href="/" { "Back to events" } }
    };
    respond(app, status, (NavEntry::Elsewhere, title), &main)
}

/// The page's main part.
pub(super) fn about() -> Markup {
    html! {
        h1 { "What the words mean" }
        p.lede { "wirefold compares every article with everything seen in the window, passage by passage, and shows you which articles have the same text and which have another." }
        dl.words {
            (word("article", "Article", "One version of one item’s text at one outlet. A changed text under the same item is a new version."))
            (word("copy", "Copy", "An article with another article’s text: all of it (exact), most of it (reprint) or a part (partial)."))
            (word("story", "Story", "One text and all its copies. Copies are folded under the lead, the article that represents the story."))
            (word("event", "Event", "Stories about one happening, each in its own words. They are grouped so that you see them together; they are never folded."))
            (word("origin", "Origins", "Texts of an event that are no copies of each other: “14 outlets · 2 texts found” means that fourteen outlets ran at most two texts. Headlines and short teasers are too short to compare, and are no origins. The page of the event also says whether the texts share no wording, or how many of them share passages with an earlier one. It is an upper bound. It is not independent confirmation: two texts may rest on the same source, and a missed paraphrase or a translation raises the number."))
            (word("unread", "Unread", "An event is unread until you have read all its stories. Its page marks all of them as read, and the page of a story that story. A story that you have read stays read when copies come. A new story makes the event unread again, and the list says how many came. Reader apps with the same token, or without tokens, share these marks. A star on an event is one on its first story."))
            (word("passage", "Passage", "A run of at least eight words that is in two texts, small edits allowed. On the map the same number is the same passage; a moved one crosses the others."))
            (word("quotation", "Quotation", "Speech in quotation marks in either of two texts. It never counts as copying: two reporters may well quote the same person."))
            (word("quotations", "Quotations of an event", "Each quotation with the outlets that printed it in full, shortened or reworded, and the first of them. Other words may be a misquotation, a correction or another translation."))
            (word("figures", "Figures", "Numbers of killed, injured, missing, arrested, rescued or displaced that cannot all be true. A value is contradicted if a text gives it after a newer one that rules it out. A value that came only before shows how the count grew."))
            (word("agency", "Agency", "The agency behind a text: credited (byline, dateline or credit line), mentioned (as a source), or inferred (the text shares passages with texts that name it). “Probably AP (inferred from shared passages)” is a judgement from those passages, not a statement by the outlet."))
            (word("folded", "Folded", "The share of articles that are copies of another text."))
            (word("latency", "Fetch to fold", "The median time from the moment an article is seen here to the moment its verdict is out."))
            (word("seen", "Seen and claims", "Seen is when wirefold first saw an article. If the publisher claims another time, it is shown beside it. First seen does not mean that the others copied."))
            (word("alert", "Alert", "One object for each subscription and event. It notifies when it is new and when something material changes; counts are updated silently."))
        }
        p { "Programs use the " a href="/api" { "API" } "." }
        h2 #limits { "What it does not do" }
        p { "Folding works within one language: a translation counts as another text, and so as another origin. Texts with fewer than some forty words of their own are too short to be compared; only the same text or the same address folds them. Borderline cases stay apart, with their evidence: a false fold would claim that two newsrooms are one." }
    }
}

fn word(id: &str, word: &str, meaning: &str) -> Markup {
    html! { div id=(id) { dt { (word) } dd { (meaning) } } }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[tokio::test]
    async fn only_the_current_name_is_served_and_kept() {
        let name = STYLE.path.strip_prefix("/assets/").unwrap().to_owned();
        let found = serve(Path(name)).await;
        assert_eq!(found.status(), StatusCode::OK);
        assert_eq!(found.headers()[header::CACHE_CONTROL], KEEP);
        let old = serve(Path("page-0000000000000000.css".to_owned())).await;
        assert_eq!(old.status(), StatusCode::NOT_FOUND);
        assert_ne!(STYLE.path, SCRIPT.path);
    }

    #[test]
    fn the_script_has_the_listed_keys_and_no_others() {
        let in_script: Vec<&str> = SCRIPT.content.split("event.key === \"").skip(1).collect();
        let in_script: BTreeSet<&str> =
            in_script.iter().filter_map(|it| it.split('"').next()).collect();
        let listed: BTreeSet<&str> = KEYS.iter().map(|(key, _)| *key).chain(["g"]).collect();
        assert_eq!(in_script, listed);
        let places: BTreeSet<&str> = PLACES.iter().map(|(.., key)| *key).collect();
        assert_eq!(places.len(), PLACES.len());
    }

    #[test]
    fn nothing_is_had_from_elsewhere() {
        for asset in [&STYLE, &SCRIPT, &ICON] {
            let content = asset.content.replace("http://www.w3.org/2000/svg", "");
            for foreign in ["http://", "https://", "@import", "url(//"] {
                assert!(!content.contains(foreign), "{}: {foreign}", asset.path);
            }
        }
    }
}
