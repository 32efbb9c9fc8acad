//! Converts an article's HTML back to its text.

use super::element::Element;

/// One paragraph or heading on a line. Fails at any other markup.
#[track_caller]
pub(super) fn text_of(html: &str) -> String {
    let body = Element::parse(&format!("<body>{html}</body>"));
    assert!(body.text.trim().is_empty(), "loose text: {}", body.text);
    let mut lines = Vec::new();
    for block in body.children {
        assert!(matches!(block.name.as_str(), "p" | "h2"), "{}", block.name);
        assert!(block.children.is_empty(), "markup in: {}", block.text);
        // A teaser between paragraphs looks like one of them, as on real pages.
        let is_teaser = block.text.starts_with("RELATED STORY |");
        assert!(!is_teaser || block.name == "p", "{}", block.text);
        lines.push(block.text);
    }
    lines.join("\n")
}

#[test]
fn unescapes_and_parts_paragraphs() {
    let html = "<h2>Salt &amp; sand</h2>\n<p>5 &lt; 7</p>";
    assert_eq!(text_of(html), "Salt & sand\n5 < 7");
}
