//! Removes page chrome before the extraction: text for browsers without scripts, cookie dialogs, player
//! settings, lists of other articles, and readings over characters (ruby).

use trafilatura::dom::{Document, NodeId};

use super::asides::{is_hidden, is_named_aside, remove_lines};
use super::boxes::{Limits, letters, may_go, share_of_links};
use super::calls::remove_calls;
use super::labels::{CONSENT, LIST_HEADINGS, RELATED, SETTINGS, is_agreement, names};
use super::repeats::remove_pull_quotes;

/// Elements that never have text of the article.
const INVISIBLE: &[&str] = &[
    "canvas", "dialog", "embed", "iframe", "math", "noscript", "object", "rp", "rt", "rtc",
    "select", "style", "svg", "template", "textarea",
];
/// Elements that may be boxes.
const BOXES: &[&str] = &["aside", "div", "dl", "form", "nav", "ol", "p", "section", "ul"];
/// The largest share of the page's letters that a removed box may have.
const MOST_OF_PAGE: f64 = 0.4;
/// A box with at least this share of its letters in links is a list of links.
const LISTS_LINKS: f64 = 0.6;
/// How many elements above a button its dialog may be.
const STEPS_UP: usize = 6;
/// The longest cookie dialog, in letters.
const LONGEST_QUESTION: usize = 4_000;
/// The longest heading of a list, in letters.
const LONGEST_HEADING: usize = 60;

/// Removes page chrome.
pub(super) fn tidy(page: &mut Document) {
    let Some(body) = page.body() else {
        return;
    };
    for id in page.iter_descendants(body, &[]) {
        if is_invisible(page, id) {
            page.remove(id, true);
        }
    }
    let whole = letters(&page.text_content(body));
    let limits = Limits { body, most: (whole as f64 * MOST_OF_PAGE) as usize };
    for id in page.iter_descendants(body, &[]) {
        let names = names(page, id);
        if is_dialog_box(page, id, &names, limits)
            || is_list_of_others(page, id, &names, limits)
            || is_hidden(page, id, &names, limits)
            || is_named_aside(page, id, &names, limits)
        {
            page.remove(id, true);
        }
    }
    for id in page.iter_descendants(body, &["a", "button", "input"]) {
        if let Some(question) = cookie_dialog_of(page, id, limits) {
            page.remove(question, true);
        }
    }
    remove_calls(page, limits);
    remove_lines(page, limits);
    remove_pull_quotes(page, limits);
    let headings = ["b", "div", "h2", "h3", "h4", "h5", "h6", "p", "span", "strong"];
    for id in page.iter_descendants(body, &headings) {
        remove_list_under(page, id, limits);
    }
}

fn is_invisible(page: &Document, id: NodeId) -> bool {
    let tag = page.tag_name(id);
    let kind = || page.get_attribute(id, "type").unwrap_or_default();
    INVISIBLE.contains(&tag) || (tag == "script" && !kind().contains("json"))
}

/// Whether an element is a cookie dialog or has settings.
fn is_dialog_box(page: &Document, id: NodeId, names: &str, limits: Limits) -> bool {
    let is = |name: &str, values: &[&str]| {
        page.get_attribute(id, name).is_some_and(|value| values.contains(&value.as_str()))
    };
    let is_dialog = is("role", &["dialog", "alertdialog"]) || is("aria-modal", &["true"]);
    let is_named = CONSENT.iter().chain(SETTINGS).any(|sign| names.contains(sign));
    (is_dialog || is_named) && may_go(page, id, limits)
}

/// Whether an element lists other articles, by its name and its links.
fn is_list_of_others(page: &Document, id: NodeId, names: &str, limits: Limits) -> bool {
    BOXES.contains(&page.tag_name(id))
        && RELATED.iter().any(|sign| names.contains(sign))
        && share_of_links(page, id) >= LISTS_LINKS
        && may_go(page, id, limits)
}

/// The outermost box of the cookie dialog that a button belongs to.
fn cookie_dialog_of(page: &Document, button: NodeId, limits: Limits) -> Option<NodeId> {
    let label = match page.tag_name(button) {
        "input" => page.get_attribute(button, "value").unwrap_or_default(),
        _ => page.text_content(button),
    };
    if !is_agreement(&label) {
        return None;
    }
    let limits = Limits { most: limits.most * 2, ..limits };
    let mut question = None;
    let mut first = usize::MAX;
    let mut at = button;
    for _ in 0..STEPS_UP {
        at = page.parent(at)?;
        let text = page.text_content(at);
        if at == limits.body || letters(&text) > LONGEST_QUESTION || !may_go(page, at, limits) {
            break;
        }
        if ["cookie", "Cookie", "クッキー"].iter().any(|word| text.contains(word)) {
            // A box with much more text around it is not the dialog.
            if letters(&text) > first.saturating_mul(2) {
                break;
            }
            first = first.min(letters(&text));
            question = Some(at);
        }
    }
    question
}

/// Removes a list of links with its heading, such as "Read also".
fn remove_list_under(page: &mut Document, heading: NodeId, limits: Limits) {
    if matches!(page.tag_name(heading), "div" | "span") && page.children(heading).len() > 1 {
        return;
    }
    let text = page.text_content(heading);
    if letters(&text) > LONGEST_HEADING && share_of_links(page, heading) < LISTS_LINKS {
        return;
    }
    let lower = text.trim().to_lowercase();
    if !LIST_HEADINGS.iter().any(|start| lower.starts_with(start)) {
        return;
    }
    // A heading with one link in the same paragraph: "Read also: Fog closes the harbour".
    if share_of_links(page, heading) >= LISTS_LINKS && lower.contains(':') {
        return page.remove(heading, true);
    }
    let lists = |id: &NodeId| {
        matches!(page.tag_name(*id), "ul" | "ol" | "div" | "section")
            && share_of_links(page, *id) >= LISTS_LINKS
            && may_go(page, *id, limits)
    };
    if let Some(list) = page.next_element_sibling(heading).filter(lists) {
        page.remove(list, true);
        page.remove(heading, true);
    }
}
