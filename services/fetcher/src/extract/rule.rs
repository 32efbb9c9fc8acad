//! The CSS selectors of the settings that say where the articles of a feed are on its pages.

use std::collections::HashSet;

use scraper::error::SelectorErrorKind;
use scraper::{Html, Selector};
use serde::{Deserialize, Serialize};
use wirefold_feed::html;
use wirefold_proto::FeedSettings;

/// The longest selector that is read, in bytes.
const LONGEST: usize = 1_000;
/// The most brackets of a selector.
const MOST_BRACKETS: usize = 32;

/// The selectors of a feed for its article pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Selects the article. If absent, the article is found as usual.
    pub article: Option<String>,
    /// Select elements that are removed first.
    pub remove: Vec<String>,
}

impl Rule {
    /// The rule of a feed.
    #[must_use]
    pub fn of(feed: &FeedSettings) -> Self {
        Self { article: feed.article_selector.clone(), remove: feed.remove_selectors.clone() }
    }

    /// Checks the selectors.
    ///
    /// # Errors
    /// The problem of the first invalid selector, as [`check_selector`].
    pub fn check(&self) -> Result<(), String> {
        self.article.iter().chain(&self.remove).try_for_each(|selector| check_selector(selector))
    }

    fn is_empty(&self) -> bool {
        self.article.is_none() && self.remove.is_empty()
    }
}

/// Checks whether a text is a CSS selector.
///
/// # Errors
/// The problem, for people.
pub fn check_selector(text: &str) -> Result<(), String> {
    parse_selector(text).map(|_| ())
}

/// Reads a selector. Brackets are limited, because the library's parser recurses with them.
fn parse_selector(text: &str) -> Result<Selector, String> {
    let brackets = text.bytes().filter(|byte| b"([{".contains(byte)).count();
    if text.len() > LONGEST || brackets > MOST_BRACKETS {
        let start: String = text.chars().take(40).collect();
        return Err(format!(
            "\"{}…\" is not a CSS selector that wirefold reads: it has more than {LONGEST} bytes or more than \
             {MOST_BRACKETS} brackets",
            start.escape_debug()
        ));
    }
    Selector::parse(text).map_err(|error| {
        let why = match error {
            SelectorErrorKind::EndOfLine => "it ends too soon".to_owned(),
            // The library has no message for these, only names such as `ClassNeedsIdent(".")`.
            SelectorErrorKind::UnexpectedSelectorParseError(named) => spaced(&format!("{named:?}")),
            other => other.to_string().to_lowercase(),
        };
        format!("{text:?} is not a CSS selector: {why}")
    })
}

/// A name in camel case as words. The part in brackets after it stays as it is.
fn spaced(name: &str) -> String {
    let (name, rest) = name.split_at(name.find('(').unwrap_or(name.len()));
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    if rest.is_empty() { words } else { format!("{words} {rest}") }
}

/// The result of applying a rule to a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RuleResult {
    /// The page without the removed elements; `None` if nothing was removed.
    pub(super) rest: Option<String>,
    /// The plain text of the article; `None` if the rule does not select one, or selects nothing.
    pub(super) text: Option<String>,
    /// Whether the rule selects an article, and selected nothing.
    pub(super) is_missed: bool,
}

/// Applies a rule. Invalid selectors select nothing.
pub(super) fn apply_rule(rule: &Rule, page: &str) -> RuleResult {
    if rule.is_empty() {
        return RuleResult::default();
    }
    let mut document = Html::parse_document(page);
    let rest = remove_elements(&mut document, &rule.remove).then(|| document.html());
    let Some(article) = &rule.article else {
        return RuleResult { rest, ..RuleResult::default() };
    };
    let text = parse_selector(article).ok().map(|article| text_at(&document, &article));
    let text = text.filter(|text| !text.is_empty());
    RuleResult { rest, is_missed: text.is_none(), text }
}

/// Removes the selected elements. Returns whether there were any.
fn remove_elements(document: &mut Html, selectors: &[String]) -> bool {
    let mut found = Vec::new();
    for selector in selectors.iter().filter_map(|selector| parse_selector(selector).ok()) {
        found.extend(document.select(&selector).map(|element| element.id()));
    }
    for id in &found {
        if let Some(mut node) = document.tree.get_mut(*id) {
            node.detach();
        }
    }
    !found.is_empty()
}

/// The text of all selected elements, without elements that are inside other selected ones.
fn text_at(document: &Html, selector: &Selector) -> String {
    let found: Vec<_> = document.select(selector).collect();
    let ids: HashSet<_> = found.iter().map(|element| element.id()).collect();
    let outer = found.iter().filter(|it| !it.ancestors().any(|above| ids.contains(&above.id())));
    let texts = outer.map(|element| html::to_text(&element.html()));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<html><body><nav>Home</nav><div class=story><p>One <b>fish</b>.</p>\
        <aside>Advert</aside><div class=story><p>Two fish.</p></div></div><p class=more>Red \
        fish.</p><script>no</script></body></html>";

    fn rule(article: Option<&str>, remove: &[&str]) -> Rule {
        let remove = remove.iter().map(|&selector| selector.to_owned()).collect();
        Rule { article: article.map(str::to_owned), remove }
    }

    #[test]
    fn the_article_is_the_selected_text_without_removed_elements() {
        let check = |article: &str, remove: &[&str], expected: &str| {
            let apply_rule = apply_rule(&rule(Some(article), remove), PAGE);
            assert_eq!(apply_rule.text.as_deref(), Some(expected).filter(|text| !text.is_empty()));
            assert_eq!(apply_rule.is_missed, expected.is_empty());
        };
        check(".story", &["aside"], "One fish.\n\nTwo fish.");
        check(".story", &[], "One fish.\n\nAdvert\n\nTwo fish.");
        check(".story, .more", &["aside", ".none"], "One fish.\n\nTwo fish.\n\nRed fish.");
        check("div > p:first-child", &[], "One fish.\n\nTwo fish.");
        check(".gone", &[], "");
        check(".story", &[".story"], "");
        check("script", &[], "");
        check("p[", &[], "");
    }

    #[test]
    fn removes_elements_from_the_page() {
        let left = apply_rule(&rule(None, &["nav", "aside"]), PAGE);
        let rest = left.rest.unwrap();
        assert!(
            !rest.contains("Home") && !rest.contains("Advert") && rest.contains("Red"),
            "{rest}"
        );
        assert!(!left.is_missed && left.text.is_none());
        assert_eq!(apply_rule(&rule(None, &[".none"]), PAGE), RuleResult::default());
        assert_eq!(apply_rule(&rule(None, &[]), PAGE), RuleResult::default());
        apply_rule(&rule(Some("p"), &["*"]), PAGE);
    }

    #[test]
    fn reports_invalid_selectors() {
        for good in ["p", "div.story > p:not(.ad)", "[itemprop=articleBody]", "main p, main h2"] {
            assert_eq!(check_selector(good), Ok(()));
        }
        for bad in ["", "p[", "..x", "p >", "p:nonsense"] {
            assert!(check_selector(bad).unwrap_err().contains(" is not a CSS selector: "), "{bad}");
        }
        for far in [":not(".repeat(400), "p:is(".repeat(60_000), "p ".repeat(501), "[".repeat(33)] {
            let why = check_selector(&far).unwrap_err();
            assert!(why.contains("more than 32 brackets") && why.len() < 200, "{why}");
            assert!(apply_rule(&rule(Some(&far), &[&far]), PAGE).is_missed);
        }
        let nested = format!("{}p{}", ":not(".repeat(32), ")".repeat(32));
        assert_eq!(check_selector(&nested), Ok(()));
        assert!(rule(Some("p"), &["ok", "p["]).check().unwrap_err().starts_with("\"p[\""));
    }
}
