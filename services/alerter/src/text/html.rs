//! A message as HTML with only paragraphs and links.
//!
//! Comes in: the lines of a message. Goes out: HTML with everything escaped. It never loads anything.

use super::Link;

/// Title, lines and links. Every text is escaped: headlines come from strangers.
pub(super) fn of(title: &str, lines: &[String], links: &[Link]) -> String {
    let mut html = format!("<p dir=\"auto\"><strong>{}</strong></p>\n", escaped(title));
    for line in lines {
        html.push_str(&format!("<p dir=\"auto\">{}</p>\n", escaped(line)));
    }
    let links: Vec<String> = links.iter().map(anchor).collect();
    if !links.is_empty() {
        html.push_str(&format!("<p>{}</p>\n", links.join(" · ")));
    }
    html
}

fn anchor(link: &Link) -> String {
    format!("<a href=\"{}\">{}</a>", escaped(&link.url), escaped(&link.name))
}

/// A text whose characters cannot begin or end an element, an attribute or an entity.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_elsewhere_is_markup() {
        let link = Link { name: "<b>".to_owned(), url: "https://a.example/?a=\"&b".to_owned() };
        assert_eq!(
            of("<script>", &["a & b".to_owned()], &[link]),
            "<p dir=\"auto\"><strong>&lt;script&gt;</strong></p>\n\
             <p dir=\"auto\">a &amp; b</p>\n\
             <p><a href=\"https://a.example/?a=&quot;&amp;b\">&lt;b&gt;</a></p>\n"
        );
    }
}
