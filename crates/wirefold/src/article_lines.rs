//! The line of an article on a terminal, as `up` and `tail` print it.

use std::collections::{HashMap, VecDeque};

use unicode_width::UnicodeWidthStr;
use wirefold_proto::{ArticleId, Class, CopyKind, OutputArticle, TOO_SHORT};

use crate::output::{clean, percent, shorten};

/// Writes lines, and remembers the outlets of the last articles to name those that others share text with.
#[derive(Debug, Default)]
pub(crate) struct ArticleLines {
    outlets: HashMap<ArticleId, String>,
    order: VecDeque<ArticleId>,
}

/// The number of articles whose outlets are remembered.
const REMEMBERED: usize = 10_000;
/// The width of the outlet, in columns.
const OUTLET_COLUMNS: usize = 24;
/// The least width of the title, in columns.
const TITLE_COLUMNS: usize = 24;

impl ArticleLines {
    /// The class of an article, its outlet and its title. Of a copy also the share of its text that an earlier
    /// article has, whose outlet is named if it is known. The line is at most `columns` wide if titles have room.
    pub(crate) fn line(&mut self, article: &OutputArticle, columns: usize) -> String {
        let outlet = clean(&article.article.outlet_label());
        let shared = match article.verdict.class {
            Class::Copy => self.shared(article),
            Class::New | Class::Related | Class::Version => String::new(),
        };
        let agency = article.verdict.agency.as_ref();
        let agency = agency.map(|agency| format!(" · {}", clean(&agency.name))).unwrap_or_default();
        let class = article.verdict.class.as_str();
        let remark = match article.verdict.comparable {
            true => String::new(),
            false => format!(" · {TOO_SHORT}"),
        };
        let used = 8 + OUTLET_COLUMNS + 1 + shared.width() + agency.width() + remark.width();
        let title = clean(&article.article.title);
        let title = shorten(&title, columns.saturating_sub(used).max(TITLE_COLUMNS));
        let line =
            format!("{class:<8}{} {title}{remark}{shared}{agency}", fit(&outlet, OUTLET_COLUMNS));
        self.remember(article.id, outlet);
        line
    }

    /// Which share of a copy is also in the earlier article that it is compared with.
    fn shared(&self, article: &OutputArticle) -> String {
        let verdict = &article.verdict;
        let Some(found) = verdict.matches.first() else { return String::new() };
        let share = match verdict.kind {
            Some(CopyKind::Exact) => "word for word".to_owned(),
            _ => percent(found.contained.get()),
        };
        match self.outlets.get(&found.id) {
            Some(outlet) => format!(" · {share} as in {outlet}"),
            None => format!(" · {share} as in an earlier article"),
        }
    }

    fn remember(&mut self, id: ArticleId, outlet: String) {
        if self.outlets.insert(id, outlet).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.outlets.remove(&oldest);
        }
    }
}

/// The text, padded or cut to this many columns.
fn fit(text: &str, columns: usize) -> String {
    let shown = if text.width() > columns { shorten(text, columns) } else { text.to_owned() };
    let gap = " ".repeat(columns.saturating_sub(shown.width()));
    shown + &gap
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn article(class: &str, kind: Option<&str>) -> Value {
        let sample = include_str!("../../../proto/samples/wirefold.output.article.4.json");
        let mut article: Value = serde_json::from_str(sample).unwrap();
        article["verdict"]["class"] = class.into();
        match kind {
            Some(kind) => article["verdict"]["kind"] = kind.into(),
            None => {
                article["verdict"].as_object_mut().unwrap().remove("kind");
            }
        }
        article
    }

    fn read(article: &Value) -> OutputArticle {
        serde_json::from_value(article.clone()).unwrap()
    }

    #[test]
    fn a_copy_names_the_article_that_its_share_is_of() {
        let mut lines = ArticleLines::default();
        let copy = article("copy", Some("reprint"));
        let unknown = lines.line(&read(&copy), 200);
        assert!(unknown.contains(" % as in an earlier article"), "{unknown}");

        let mut own = article("new", None);
        own["id"] = copy["verdict"]["matches"][0]["id"].clone();
        own["article"]["outlet"] = "first.example".into();
        let first = lines.line(&read(&own), 200);
        assert!(first.starts_with("new     first.example "), "{first}");
        let mut between = article("new", None);
        between["id"] = copy["verdict"]["matches"][1]["id"].clone();
        lines.line(&read(&between), 200);
        let second = lines.line(&read(&copy), 200);
        assert!(
            second.starts_with("copy    ") && second.contains(" % as in first.example"),
            "{second}"
        );
        let title = copy["article"]["title"].as_str().unwrap();
        assert!(second.contains(title), "{second}");
        let exact = lines.line(&read(&article("copy", Some("exact"))), 200);
        assert!(exact.contains("word for word as in first.example"), "{exact}");
    }

    #[test]
    fn a_title_without_a_text_is_marked() {
        let mut short = article("new", None);
        let line = |it: &Value| ArticleLines::default().line(&read(it), 200);
        assert!(!line(&short).contains(TOO_SHORT));
        short["verdict"]["comparable"] = false.into();
        assert!(line(&short).contains(" · too short to compare"), "{}", line(&short));
    }

    #[test]
    fn a_title_is_cut_where_the_terminal_ends() {
        let line = ArticleLines::default().line(&read(&article("copy", Some("reprint"))), 110);
        assert!(line.width() <= 110 && line.contains('…'), "{line}");
    }

    #[test]
    fn texts_are_fitted_by_their_width() {
        assert_eq!(fit("harbour.example", 8), "harbour…");
        assert_eq!(fit("abc", 5), "abc  ");
        assert_eq!(fit("江海报江海报", 7), "江海报…");
    }
}
