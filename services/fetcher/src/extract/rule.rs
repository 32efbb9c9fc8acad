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

/// Where the article stands on a page, and what on it belongs to no article.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What the article is made of; none: it is found as usual.
    pub article: Option<String>,
    /// What is taken out first.
    pub remove: Vec<String>,
}

impl Rule {
    /// The rule of a feed.
    #[must_use]
    pub fn of(feed: &FeedSettings) -> Self {
        Self { article: feed.article_selector.clone(), remove: feed.remove_selectors.clone() }
    }

    /// What is wrong with the first of its selectors that is none.
    ///
    /// # Errors
    /// As [`check_selector`].
    pub fn check(&self) -> Result<(), String> {
        self.article.iter().chain(&self.remove).try_for_each(|selector| check_selector(selector))
    }

    fn is_empty(&self) -> bool {
        self.article.is_none() && self.remove.is_empty()
    }
}

/// Whether a text is a CSS selector.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check_selector(text: &str) -> Result<(), String> {
    parsed(text).map(|_| ())
}

/// Reads a selector. The library's parser recurses with the brackets, which a command may have
/// thousands of.
fn parsed(text: &str) -> Result<Selector, String> {
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
            // The library has no words for these, only names such as `ClassNeedsIdent(".")`.
            SelectorErrorKind::UnexpectedSelectorParseError(named) => spaced(&format!("{named:?}")),
            other => other.to_string().to_lowercase(),
        };
        format!("{text:?} is no CSS selector: {why}")
    })
}

/// A name as words, what stands behind it in brackets left as it is.
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

/// What a rule makes of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// The page without what was taken out; none where that is nothing.
    pub(super) rest: Option<String>,
    /// The article, plain; none where the rule names none, or finds nothing.
    pub(super) text: Option<String>,
    /// Whether it names one and finds nothing.
    pub(super) is_missed: bool,
}

/// Applies a rule. Selectors that are none find nothing.
pub(super) fn applied(rule: &Rule, page: &str) -> Applied {
    if rule.is_empty() {
        return Applied::default();
    }
    let mut document = Html::parse_document(page);
    let rest = take_out(&mut document, &rule.remove).then(|| document.html());
    let Some(article) = &rule.article else {
        return Applied { rest, ..Applied::default() };
    };
    let text = parsed(article).ok().map(|article| text_at(&document, &article));
    let text = text.filter(|text| !text.is_empty());
    Applied { rest, is_missed: text.is_none(), text }
}

/// Whether there was anything to take out.
fn take_out(document: &mut Html, selectors: &[String]) -> bool {
    let mut found = Vec::new();
    for selector in selectors.iter().filter_map(|selector| parsed(selector).ok()) {
        found.extend(document.select(&selector).map(|element| element.id()));
    }
    for id in &found {
        if let Some(mut node) = document.tree.get_mut(*id) {
            node.detach();
        }
    }
    !found.is_empty()
}

/// The text of all elements that are selected, each word once though they stand in each other.
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
    fn the_article_is_what_is_selected_without_what_is_taken_out() {
        let check = |article: &str, remove: &[&str], expected: &str| {
            let applied = applied(&rule(Some(article), remove), PAGE);
            assert_eq!(applied.text.as_deref(), Some(expected).filter(|text| !text.is_empty()));
            assert_eq!(applied.is_missed, expected.is_empty());
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
    fn what_is_taken_out_is_gone_from_the_page() {
        let left = applied(&rule(None, &["nav", "aside"]), PAGE);
        let rest = left.rest.unwrap();
        assert!(
            !rest.contains("Home") && !rest.contains("Advert") && rest.contains("Red"),
            "{rest}"
        );
        assert!(!left.is_missed && left.text.is_none());
        assert_eq!(applied(&rule(None, &[".none"]), PAGE), Applied::default());
        assert_eq!(applied(&rule(None, &[]), PAGE), Applied::default());
        applied(&rule(Some("p"), &["*"]), PAGE);
    }

    #[test]
    fn what_is_no_selector_is_told() {
        for good in ["p", "div.story > p:not(.ad)", "[itemprop=articleBody]", "main p, main h2"] {
            assert_eq!(check_selector(good), Ok(()));
        }
        for bad in ["", "p[", "..x", "p >", "p:nonsense"] {
            assert!(check_selector(bad).unwrap_err().contains(" is no CSS selector: "), "{bad}");
        }
        for far in [":not(".repeat(400), "p:is(".repeat(60_000), "p ".repeat(501), "[".repeat(33)] {
            let why = check_selector(&far).unwrap_err();
            assert!(why.contains("more than 32 brackets") && why.len() < 200, "{why}");
            assert!(applied(&rule(Some(&far), &[&far]), PAGE).is_missed);
        }
        let nested = format!("{}p{}", ":not(".repeat(32), ")".repeat(32));
        assert_eq!(check_selector(&nested), Ok(()));
        assert!(rule(Some("p"), &["ok", "p["]).check().unwrap_err().starts_with("\"p[\""));
    }
}
