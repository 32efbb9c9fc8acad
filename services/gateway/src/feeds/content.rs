//! The HTML of an entry. Texts from outside are escaped.

use super::document::{Entry, Other};

/// The first words, then the other articles with their links.
pub(super) fn html(entry: &Entry) -> String {
    let text = entry.text.as_deref().unwrap_or_default();
    let paragraphs = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    let mut html: String = paragraphs.map(|part| format!("<p>{}</p>", escape(part))).collect();
    if let Some(url) = &entry.url {
        let outlet = escape(&entry.outlet);
        html.push_str(&format!("<p><a href=\"{}\">{outlet}</a></p>", escape(url)));
    }
    if !entry.others.is_empty() {
        let count = entry.other_count;
        let title =
            if count == 1 { "1 more article".into() } else { format!("{count} more articles") };
        let items: String = entry.others.iter().map(item).collect();
        html.push_str(&format!("<p>{title} of this story:</p><ul>{items}</ul>"));
        if count > entry.others.len() as u64 {
            html.push_str(&format!("<p>These are the first {}.</p>", entry.others.len()));
        }
    }
    html
}

fn item(other: &Other) -> String {
    let (outlet, title) = (escape(&other.outlet), escape(&other.title));
    match &other.url {
        Some(url) => format!("<li>{outlet}: <a href=\"{}\">{title}</a></li>", escape(url)),
        None => format!("<li>{outlet}: {title}</li>"),
    }
}

/// Text escaped for HTML and XML, also in attributes. Characters that XML 1.0 does not allow (section 2.2)
/// are left out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other if is_xml(other) => escaped.push(other),
            _ => {}
        }
    }
    escaped
}

/// Whether XML 1.0 allows it.
pub(super) fn is_xml(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_text() {
        let text = "<script>alert('x')</script> & \u{0}\u{8}\"é\"";
        let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;é&quot;";
        assert_eq!(escape(text), escaped);
    }
}
