//! Removes what is not part of the article on any page: text for browsers without scripts, cookie
//! dialogs, player settings, lists of other articles, and readings over characters (ruby).

use trafilatura::dom::{Document, NodeId};

use super::asides::{is_named_so, is_unseen, remove_lines};
use super::calls::remove_calls;
use super::repeats::remove_pull_quotes;
use super::signs::{CONSENT, RELATED, SAID_BEFORE_LISTS, SETTINGS, is_agreement, names};

/// Elements that show no text of the article.
const GONE: &[&str] = &[
    "canvas", "dialog", "embed", "iframe", "math", "noscript", "object", "rp", "rt", "rtc",
    "select", "style", "svg", "template", "textarea",
];
/// Elements around what belongs together.
const BOXES: &[&str] = &["aside", "div", "dl", "form", "nav", "ol", "p", "section", "ul"];
/// What a box that is taken out holds of the page's letters at most.
const MOST_OF_PAGE: f64 = 0.4;
/// From this share of letters in links on, a box lists links.
const LISTS_LINKS: f64 = 0.6;
/// How far above a button the question stands that it answers.
const STEPS_UP: usize = 6;
/// The longest question about cookies, in letters.
const LONGEST_QUESTION: usize = 4_000;
/// The longest heading of a list, in letters.
const LONGEST_HEADING: usize = 60;

/// Takes out what is no article.
pub(super) fn tidy(page: &mut Document) {
    let Some(body) = page.body() else {
        return;
    };
    for id in page.iter_descendants(body, &[]) {
        if is_gone(page, id) {
            page.remove(id, true);
        }
    }
    let whole = letters(&page.text_content(body));
    let limits = Limits { body, most: (whole as f64 * MOST_OF_PAGE) as usize };
    for id in page.iter_descendants(body, &[]) {
        let names = names(page, id);
        if is_question(page, id, &names, limits)
            || is_list_of_others(page, id, &names, limits)
            || is_unseen(page, id, &names, limits)
            || is_named_so(page, id, &names, limits)
        {
            page.remove(id, true);
        }
    }
    for id in page.iter_descendants(body, &["a", "button", "input"]) {
        if let Some(question) = question_of(page, id, limits) {
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

/// What bounds the boxes that may be taken out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) body: NodeId,
    /// The most letters.
    pub(super) most: usize,
}

fn is_gone(page: &Document, id: NodeId) -> bool {
    let tag = page.tag_name(id);
    let kind = || page.get_attribute(id, "type").unwrap_or_default();
    GONE.contains(&tag) || (tag == "script" && !kind().contains("json"))
}

/// Whether an element asks about cookies or holds settings.
fn is_question(page: &Document, id: NodeId, names: &str, limits: Limits) -> bool {
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

/// The outermost box of a question about cookies that a button answers.
fn question_of(page: &Document, button: NodeId, limits: Limits) -> Option<NodeId> {
    let said = match page.tag_name(button) {
        "input" => page.get_attribute(button, "value").unwrap_or_default(),
        _ => page.text_content(button),
    };
    if !is_agreement(&said) {
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
            // What is around it and says much more is no longer the question.
            if letters(&text) > first.saturating_mul(2) {
                break;
            }
            first = first.min(letters(&text));
            question = Some(at);
        }
    }
    question
}

/// Takes out a list of links with its heading, such as "Read also".
fn remove_list_under(page: &mut Document, heading: NodeId, limits: Limits) {
    if matches!(page.tag_name(heading), "div" | "span") && page.children(heading).len() > 1 {
        return;
    }
    let text = page.text_content(heading);
    if letters(&text) > LONGEST_HEADING && share_of_links(page, heading) < LISTS_LINKS {
        return;
    }
    let said = text.trim().to_lowercase();
    if !SAID_BEFORE_LISTS.iter().any(|start| said.starts_with(start)) {
        return;
    }
    // "Read also: Fog closes the harbour", all of it in one paragraph.
    if share_of_links(page, heading) >= LISTS_LINKS && said.contains(':') {
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

/// Whether a box is small enough and holds nothing that only an article has.
pub(super) fn may_go(page: &Document, id: NodeId, limits: Limits) -> bool {
    let holds_article = || !page.iter(id, &["article", "body", "h1", "main"]).is_empty();
    id != limits.body && letters(&page.text_content(id)) <= limits.most && !holds_article()
}

/// The share of letters that stand in links.
pub(super) fn share_of_links(page: &Document, id: NodeId) -> f64 {
    let all = letters(&page.text_content(id));
    let links = page.iter(id, &["a"]);
    let linked: usize = links.iter().map(|link| letters(&page.text_content(*link))).sum();
    if all == 0 { 0.0 } else { linked as f64 / all as f64 }
}

/// How many letters and digits a text has.
pub(super) fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}
