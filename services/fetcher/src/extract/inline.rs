//! Replaces elements inside sentences by their contents. The extraction library removes those that it does not know or takes for
//! controls, together with the rest of their paragraph.

use std::collections::HashMap;

use trafilatura::dom::{Document, NodeId};
use wirefold_feed::html;

use super::restore::is_sentence;
use super::tidy::{is_inside, letters};

/// Elements inside sentences that the library knows.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img", "ins",
    "kbd", "link", "mark", "meta", "noscript", "q", "rp", "rt", "rtc", "ruby", "s", "samp", "script", "small", "span", "strike",
    "strong", "style", "sub", "sup", "template", "tt", "u", "var",
];
/// Elements whose contents are for programs that cannot show them.
#[rustfmt::skip]
const EMBEDDED: &[&str] = &[
    "applet", "area", "audio", "canvas", "datalist", "dialog", "embed", "iframe", "input", "map", "math", "meter", "object",
    "param", "progress", "select", "source", "svg", "textarea", "track", "video",
];
/// Controls. Their labels belong to a sentence only if it goes on after them.
const CONTROLS: &[&str] = &["button", "label", "legend", "output"];
/// Blocks that are one paragraph, so that whatever stands in them belongs to it.
const PARAGRAPHS: &[&str] = &[
    "blockquote", "dd", "dt", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "td",
    "th",
];
/// The fewest letters around an element that make it part of a sentence.
const SENTENCE: usize = 25;
/// The fewest letters of a loose text that ends like a sentence.
const SHORT_SENTENCE: usize = 8;
/// The most digits of the number of a footnote, and the fewest letters of a word that is no unit or symbol.
const MOST_DIGITS: usize = 3;
const LONG_WORD: usize = 4;

/// Elements whose text may stand loose beside paragraphs.
const CONTAINERS: &[&str] =
    &["article", "body", "center", "details", "div", "main", "section", "td"];
/// Loose text with at least this share of its letters in links is a menu.
const MENU: f64 = 0.5;
/// How many times as many elements as the page has are copied at most. Containers in containers are copied again.
const COPIES: usize = 4;

/// Makes a paragraph of each sentence that stands between blocks without an element of its own. The extraction library drops
/// what follows a block.
pub(super) fn wrap_loose_text(page: &mut Document) {
    let Some(body) = page.body() else {
        return;
    };
    let is_block = |of: &Document, element: NodeId| html::is_block(of.tag_name(element));
    for id in page.iter_descendants(body, &["p"]) {
        // As of a table, before which old pages do not end the paragraph.
        if page.children(id).into_iter().any(|child| is_block(page, child)) {
            page.set_tag_name(id, "div");
        }
    }
    let mut left = COPIES * page.iter(body, &[]).len();
    // The inner ones first, because what is wrapped is copied.
    for id in page.iter(body, CONTAINERS).into_iter().rev() {
        let children = page.child_nodes(id);
        let is_block = |child: &NodeId| is_block(page, *child);
        // A cell with much text is a part of the page, not of a table.
        let is_text = || page.tag_name(id) == "td" && letters(&page.text_content(id)) >= PARAGRAPH;
        if !children.iter().any(is_block) && !is_text() {
            continue;
        }
        let runs: Vec<&[NodeId]> = children.chunk_by(|a, b| is_block(a) == is_block(b)).collect();
        let loose: Vec<bool> =
            runs.iter().map(|run| !is_block(&run[0]) && is_loose_sentence(page, run)).collect();
        if !loose.contains(&true) {
            continue;
        }
        let size = page.iter_descendants(id, &[]).len();
        let Some(rest) = left.checked_sub(size) else {
            return;
        };
        left = rest;
        let runs: Vec<Vec<NodeId>> = runs.iter().map(|run| without_texts(page, run)).collect();
        for (run, is_loose) in runs.iter().zip(loose) {
            let parent = if is_loose { page.sub_element(id, "p") } else { id };
            page.extend(parent, run);
        }
    }
}

/// The same nodes with copies of the texts, which are removed: an element moves together with the text after it.
fn without_texts(page: &mut Document, run: &[NodeId]) -> Vec<NodeId> {
    let replaced = run.iter().map(|id| {
        if !page.is_text(*id) {
            return *id;
        }
        let text = page.text_content(*id);
        page.remove(*id, true);
        page.create_text_node(&text)
    });
    replaced.collect()
}

/// Whether neighbours are a sentence and no menu.
fn is_loose_sentence(page: &Document, run: &[NodeId]) -> bool {
    let count = |id: NodeId| letters(&page.text_content(id));
    let all: usize = run.iter().map(|id| count(*id)).sum();
    let links = run.iter().flat_map(|id| page.iter(*id, &["a"]));
    let linked: usize = links.map(count).sum();
    let is_short_sentence = || {
        let text: String = run.iter().map(|id| page.text_content(*id)).collect();
        all >= SHORT_SENTENCE && is_sentence(&text)
    };
    (all >= SENTENCE || is_short_sentence()) && (linked as f64) < MENU * all as f64
}

/// Replaces them in the whole page.
pub(super) fn unwrap_inline(page: &mut Document) {
    let Some(body) = page.body() else {
        return;
    };
    // The texts before and after a line break are no one word.
    for id in page.iter_descendants(body, &["br"]) {
        let tail = format!(" {}", page.tail(id));
        page.set_tail(id, &tail);
    }
    for id in page.iter_descendants(body, &["sup"]) {
        if is_footnote(page, id) {
            page.remove(id, true);
        }
    }
    let mut own: HashMap<NodeId, usize> = HashMap::new();
    // The inner ones first, because what is unwrapped is copied.
    for id in page.iter_descendants(body, &[]).into_iter().rev() {
        let tag = page.tag_name(id);
        let is_in_paragraph = || page.parent(id).is_some_and(|it| page.tag_name(it) == "p");
        let is_loose_legend = tag == "legend" && is_in_paragraph();
        if (html::is_block(tag) && !is_loose_legend) || KNOWN.contains(&tag) {
            continue;
        }
        let Some(block) = block_of(page, id) else {
            continue;
        };
        let tail = letters(&page.tail(id));
        if EMBEDDED.contains(&tag) {
            // The source of a picture, which the picture leaves behind, would take the text after it.
            if tail > 0 || tag == "source" {
                page.remove(id, true);
            }
            continue;
        }
        let all = *own.entry(block).or_insert_with(|| own_letters(page, block));
        let inside = told_letters(page, id);
        if inside == 0 && tail == 0 && tag != "picture" {
            continue;
        }
        let around = all.saturating_sub(inside);
        let is_in_sentence = around >= SENTENCE;
        let is_unwrapped = match tag {
            "time" => is_in_sentence,
            _ if CONTROLS.contains(&tag) => is_in_sentence && tail > 0,
            _ if holds_blocks(page, id) => false,
            _ if PARAGRAPHS.contains(&page.tag_name(block)) => around > 0 || inside >= SENTENCE,
            _ => is_in_sentence,
        };
        let is_paragraph = tag.contains('-')
            && tail == 0
            && inside >= SENTENCE
            && !PARAGRAPHS.contains(&page.tag_name(block))
            && letters(&text_before(page, id)) == 0;
        if is_paragraph {
            page.set_tag_name(id, if holds_blocks(page, id) { "div" } else { "p" });
        } else if is_unwrapped {
            page.strip(id);
        }
    }
}

/// Elements whose times are those of something else: a quoted post, another article, a picture, a row of a table.
const OTHERS: &[&str] =
    &["aside", "blockquote", "dd", "figure", "footer", "li", "nav", "table", "tr"];
/// The fewest letters of a paragraph of the article. Times after the second one are those of comments and other articles.
const PARAGRAPH: usize = 80;

/// The time of a `<time datetime>` beside the text, as in a byline: the one that is marked as the time of publication, else
/// the first. One inside a sentence says nothing about the page, so the others lose their marks.
pub(super) fn time_beside_text(page: &mut Document) -> Option<String> {
    let body = page.body()?;
    let (mut first, mut marked, mut paragraphs) = (None, None, 0);
    let mut own = HashMap::new();
    for id in page.iter_descendants(body, &["del", "ins", "p", "time"]) {
        if matches!(page.tag_name(id), "del" | "ins") {
            // The time of a change.
            page.remove_attribute(id, "datetime");
            continue;
        }
        if page.tag_name(id) == "p" {
            paragraphs += usize::from(letters(&page.text_content(id)) >= PARAGRAPH);
            continue;
        }
        if paragraphs > 1 || !is_beside_text(page, id, &mut own) {
            page.strip(id);
            continue;
        }
        let date = page.get_attribute(id, "datetime").unwrap_or_default().trim().to_owned();
        if date.is_empty() {
            continue;
        }
        let property = page.get_attribute(id, "itemprop").unwrap_or_default();
        if property == "datePublished" || page.get_attribute(id, "pubdate").is_some() {
            marked = marked.or(Some(date));
        } else {
            first = first.or(Some(date));
        }
    }
    marked.or(first)
}

/// Whether an element stands in no sentence and belongs to the page. `own` has the letters of blocks that were counted.
fn is_beside_text(page: &Document, id: NodeId, own: &mut HashMap<NodeId, usize>) -> bool {
    if is_inside(page, id, OTHERS) {
        return false;
    }
    let inside = told_letters(page, id);
    let around = block_of(page, id)
        .map_or(0, |block| *own.entry(block).or_insert_with(|| own_letters(page, block)));
    around.saturating_sub(inside) < SENTENCE
}

/// The text directly before an element.
fn text_before(page: &Document, id: NodeId) -> String {
    match page.prev_element_sibling(id) {
        Some(before) => page.tail(before),
        None => page.parent(id).map(|parent| page.text(parent)).unwrap_or_default(),
    }
}

/// Whether a raised number is that of a footnote, which would become the end of a word: one that is a link or stands after a
/// long word or a sentence. After a unit, a symbol or a number it is an exponent.
fn is_footnote(page: &Document, id: NodeId) -> bool {
    let text = page.text_content(id);
    let text = text.trim();
    if text.is_empty() || text.len() > MOST_DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let is_link = |it: NodeId| page.tag_name(it) == "a";
    let before = text_before(page, id);
    let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    !page.iter(id, &["a"]).is_empty()
        || page.parent(id).is_some_and(is_link)
        || word.chars().count() >= LONG_WORD
        || before.ends_with(['.', ',', '”', '"', '»'])
}

/// The block that an element is in. `None` inside an embedded one.
fn block_of(page: &Document, id: NodeId) -> Option<NodeId> {
    let mut at = id;
    loop {
        at = page.parent(at)?;
        let tag = page.tag_name(at);
        if html::is_block(tag) {
            return Some(at);
        }
        if EMBEDDED.contains(&tag) || tag.is_empty() {
            return None;
        }
    }
}

/// The letters of a block that are in none of its inner blocks.
fn own_letters(page: &Document, block: NodeId) -> usize {
    let children = page.children(block).into_iter();
    let inner = children.filter(|child| html::is_block(page.tag_name(*child)));
    let inner: usize = inner.map(|child| told_letters(page, child)).sum();
    told_letters(page, block).saturating_sub(inner)
}

/// The letters of an element that are in no embedded one.
fn told_letters(page: &Document, id: NodeId) -> usize {
    let embedded = page.iter_descendants(id, EMBEDDED).into_iter();
    let embedded: usize = embedded.map(|inner| letters(&page.text_content(inner))).sum();
    letters(&page.text_content(id)).saturating_sub(embedded)
}

fn holds_blocks(page: &Document, id: NodeId) -> bool {
    page.iter_descendants(id, &[]).into_iter().any(|inner| html::is_block(page.tag_name(inner)))
}

#[cfg(test)]
mod tests {
    use super::super::{Rule, page};

    const BEFORE: &str = "<p>The harbour board of Selwick closed the north quay on Tuesday after \
        engineers found a crack of eleven metres in the wall that holds back the tide.</p>";
    const AFTER: &str = "<p>About forty small vessels were moved to the southern basin during the \
        morning, and two ferry services were cancelled until further notice.</p>";

    fn text(sentence: &str) -> String {
        let html = format!(
            "<html><body><article><h1>Quay</h1>{BEFORE}<p>{sentence}</p>{AFTER}</article></body></html>"
        );
        page::extract(html.as_bytes(), "https://ledger.example/quay", &Rule::default())
            .unwrap()
            .text
    }

    #[test]
    fn a_sentence_is_whole_and_there_once_whatever_element_stands_in_it() {
        let element = |open: &str, close: &str| {
            format!(
                "The yard would reopen in March, the lawyer told investors on Monday, but \
                 {open}Oldcastle{close} refused to say who would pay for the wall."
            )
        };
        let sentence = element("", "");
        for tag in [
            "time", "button", "label", "output", "picture", "nobr", "bsp-hover", "o:p",
            "st1:place", "fontawesome", "rb", "abbr", "data", "span", "bdi", "mark", "ruby",
            "center-x",
        ] {
            let found = text(&element(&format!("<{tag} class=x>"), &format!("</{tag}>")));
            assert_eq!(found.matches(&sentence).count(), 1, "{tag}: {found}");
            assert_eq!(found.matches("The yard would").count(), 1, "{tag}: {found}");
        }
        for empty in [
            "<wbr>",
            "<picture><source srcset=x><img src=y></picture>",
            "<audio>no audio here</audio>",
            "<canvas></canvas>",
            "<object data=x></object>",
            "<svg><path d=x /></svg>",
            "<input type=checkbox>",
            "<meter value=1>one</meter>",
            "<video src=x></video>",
            "<iframe src=x></iframe>",
            "<map></map>",
            "<progress></progress>",
        ] {
            let found = text(&element(empty, ""));
            assert_eq!(found.matches(&sentence).count(), 1, "{empty}: {found}");
            assert_eq!(found.matches("The yard would").count(), 1, "{empty}: {found}");
        }
        let legend = text(&element("<legend>", "</legend>"));
        assert_eq!(legend.matches(&sentence).count(), 1, "{legend}");
        let whole = text(&format!("<x-y>{sentence}</x-y>"));
        assert_eq!(whole.matches(&sentence).count(), 1, "{whole}");
        let nested = text(&element("<x-a><x-b><time>", "</time></x-b></x-a>"));
        assert_eq!(nested.matches(&sentence).count(), 1, "{nested}");
    }

    #[test]
    fn numbers_of_footnotes_are_no_part_of_a_word_and_exponents_are_kept() {
        let check = |sentence: &str, expected: &str| {
            let found = text(&format!("{sentence}, the lawyer told investors on Monday."));
            assert!(found.contains(&format!("{expected}, the lawyer")), "{found}");
        };
        check(
            "It is Oldcastle<sup><a href='#f1'>1</a></sup> that pays",
            "It is Oldcastle that pays",
        );
        check(
            "It is Oldcastle<a href='#f1'><sup>12</sup></a> that pays",
            "It is Oldcastle that pays",
        );
        check("It pays Oldcastle<sup>3</sup>", "It pays Oldcastle");
        check("“It pays.”<sup>4</sup> So it is", "“It pays.” So it is");
        check("It is 30 km<sup>2</sup> of sand", "It is 30 km2 of sand");
        check(
            "It is 10<sup>6</sup> grains of the 5<sup>th</sup> kind",
            "It is 106 grains of the 5th kind",
        );
    }

    #[test]
    fn sentences_of_lists_are_kept_in_whatever_element() {
        let sentence = "The yard would reopen in March, the lawyer told investors on Monday.";
        for entry in [
            format!("<ul><li><div><span>{sentence}</span></div></li></ul>"),
            format!("<dl><dt>When</dt><dd>{sentence}</dd></dl>"),
            format!("<dl><dt>Who pays?</dt><dd>The town.</dd><dt>{sentence}</dt></dl>"),
        ] {
            let html =
                format!("<html><body><div>{BEFORE}{AFTER}{entry}{AFTER}</div></body></html>");
            let page = page::extract(html.as_bytes(), "", &Rule::default());
            let text = page.unwrap().text;
            assert_eq!(text.matches(sentence).count(), 1, "{entry}: {text}");
        }
    }

    /// The paragraphs of a page whose article is in a box without a name.
    fn paragraphs(body: &str) -> Vec<String> {
        let html = format!("<html><body><div><h1>Quay</h1>{body}</div></body></html>");
        let text = page::extract(html.as_bytes(), "", &Rule::default()).unwrap().text;
        text.split("\n\n").map(str::to_owned).collect()
    }

    #[test]
    fn lists_are_kept_at_both_ends_and_with_lists_inside() {
        let (one, two, three) = (
            "The quay stays shut until March.",
            "Walkers may use the western stairs by day.",
            "Ferries leave from the southern basin.",
        );
        let list = format!("<ul><li>{one}<ul><li>{two}</li></ul></li><li>{three}</li></ul>");
        for body in [
            format!("{list}{BEFORE}{AFTER}"),
            format!("{BEFORE}{AFTER}{list}"),
            format!("{BEFORE}{list}{AFTER}"),
        ] {
            let found = paragraphs(&body);
            let at = |line: &str| found.iter().position(|it| it == line).unwrap_or(99);
            assert_eq!((at(two), at(three)), (at(one) + 1, at(one) + 2), "{found:?}");
            assert_eq!(found.len(), 5, "{found:?}");
        }
        // In a box of its own, with line breaks, as what a sentence announces.
        let entries = format!("<li>{one}<br>{two}</li><li>{three}</li>");
        for between in [
            format!("<div class=box><ul>{entries}</ul></div>"),
            format!("<menu>{entries}</menu>"),
            format!("<p>It said:</p><ul>{entries}</ul>"),
        ] {
            let found = paragraphs(&format!("{BEFORE}{between}{AFTER}"));
            let end = found.len() - 1;
            assert_eq!(found[end - 2..end], [&format!("{one} {two}"), three], "{found:?}");
        }
        let boxed =
            [BEFORE, &format!("<ul>{entries}</ul>"), AFTER].map(|it| format!("<div>{it}</div>"));
        let found = paragraphs(&boxed.concat());
        assert_eq!(found[1..3], [&format!("{one} {two}"), three], "{found:?}");
        let comments =
            format!("{BEFORE}{AFTER}<h3>Comments</h3><ol><li>{one}</li><li>{three}</li></ol>");
        assert_eq!(paragraphs(&comments).len(), 2);
    }

    #[test]
    fn short_entries_between_paragraphs_are_kept_and_menus_are_not() {
        let list = |entries: [&str; 3]| format!("<ul><li>{}</li></ul>", entries.join("</li><li>"));
        for entries in [
            ["The north quay is shut", "The basin opens at six", "Ferries sail twice a day"],
            ["berth four, north side;", "the slip of the lifeboat;", "the jetty for fuel"],
        ] {
            let found = paragraphs(&format!("{BEFORE}{}{AFTER}", list(entries)));
            assert_eq!(found[1..4], entries, "{found:?}");
            let at_end = paragraphs(&format!("{BEFORE}{AFTER}{}", list(entries)));
            assert_eq!(at_end.len(), 2, "{at_end:?}");
        }
        let link = |text: &str| format!("<a href=/x>{text}</a>");
        let links = ["Fish is dear", "Market moves to the pier", "Council meets"].map(link);
        for menu in [
            list(links.each_ref().map(String::as_str)),
            list(["Share", "Print", "Save"]),
            list(["Share on Harbourbook", "Send by mail", "Print this page"])
                .replace("<ul>", "<ul class=share-tools>"),
        ] {
            let found = paragraphs(&format!("{BEFORE}{menu}{AFTER}"));
            assert_eq!(found.len(), 2, "{found:?}");
        }
    }

    #[test]
    fn few_words_are_kept_after_a_block_inside_their_paragraph() {
        for block in [
            "<details><summary>Background</summary>It was built in 1911.</details>",
            "<h3>What next?</h3>",
            "<table><tr><td>Yes</td><td>4</td></tr><tr><td>No</td><td>3</td></tr></table>",
        ] {
            let found =
                paragraphs(&format!("{BEFORE}<p>It met at noon.{block}Then it left.</p>{AFTER}"));
            for line in ["It met at noon.", "Then it left."] {
                assert!(found.iter().any(|it| it == line), "{block}: {found:?}");
            }
            assert_eq!(found.join(" ").contains("1911"), block.contains("1911"), "{found:?}");
        }
    }

    #[test]
    fn cells_with_much_text_are_paragraphs() {
        let bare = |paragraph: &str| format!("<td>{}</td>", &paragraph[3..paragraph.len() - 4]);
        let rows = format!("<tr>{}{}</tr><tr>{}</tr>", bare(BEFORE), bare(AFTER), bare(AFTER));
        for table in [
            format!("<table>{rows}</table>"),
            format!("<table><tr><td><table>{rows}</table></td></tr></table>"),
        ] {
            assert_eq!(paragraphs(&table).len(), 3, "{table}");
        }
    }

    #[test]
    fn paragraphs_of_custom_elements_stay_apart() {
        let paragraphs = [BEFORE, AFTER].map(|it| it.replace("p>", "coast-text>"));
        let html =
            format!("<html><body><main><h1>Quay</h1>{}</main></body></html>", paragraphs.concat());
        let page = page::extract(html.as_bytes(), "https://ledger.example/quay", &Rule::default());
        let text = page.unwrap().text;
        assert!(text.contains("holds back the tide.\n\nAbout forty"), "{text}");
    }

    #[test]
    fn text_between_blocks_is_kept_in_its_place() {
        let loose = "The yard would reopen in <b>March</b>, the lawyer told investors on Monday.";
        let plain = loose.replace("<b>", "").replace("</b>", "");
        let (before, after) = (BEFORE.replace("p>", "div>"), AFTER.replace("p>", "div>"));
        let menu = "<a href=/a>Ferry delayed by fog for the third day</a> <a href=/b>Weather</a>";
        for body in [
            format!("{before}{loose}{after}{AFTER}"),
            format!("{loose}{before}{after}{AFTER}"),
            format!(
                "{BEFORE}{AFTER}<div>{before}{loose}<br>And the board <i>agreed</i> at once.{after}</div>"
            ),
            format!("{before}<!-- x -->{loose}<br><br>{after}{menu}{AFTER}"),
        ] {
            let html = format!("<html><body><article><h1>Quay</h1>{body}</article></body></html>");
            let page =
                page::extract(html.as_bytes(), "https://ledger.example/quay", &Rule::default());
            let text = page.unwrap().text;
            assert_eq!(text.matches(&plain).count(), 1, "{body}: {text}");
            let places = ["The harbour board", "About forty"].map(|it| text.find(it).unwrap());
            assert!(places[0] < places[1], "{text}");
            assert!(!text.contains("Ferry delayed"), "{text}");
        }
    }

    #[test]
    fn a_page_of_nested_loose_texts_is_read_in_time() {
        let text = "x sentence that is long enough to be one. ".repeat(3);
        let open = format!("<div>{text}<p>{text}</p>").repeat(400);
        let html = format!("<html><body>{open}</body></html>");
        assert!(page::extract(html.as_bytes(), "", &Rule::default()).is_some());
    }

    #[test]
    fn a_time_in_a_sentence_is_no_metadata() {
        let published = |before: &str, inside: &str| {
            let html = format!(
                "<html><body><article><h1>Quay</h1>{before}{BEFORE}<p>The board of the harbour will meet \
                 again on {inside} in the fish market hall.</p>{AFTER}</article></body></html>"
            );
            let page =
                page::extract(html.as_bytes(), "https://ledger.example/quay", &Rule::default());
            page.unwrap().published.map(|at| at.to_string())
        };
        let meeting = "<time datetime='2026-11-27T19:00'>Friday at 19:00</time>";
        assert_eq!(published("", meeting), None);
        let byline = "<div>By Ines Falk, <time datetime='2026-11-20T08:30Z'>today</time></div>";
        assert_eq!(published(byline, meeting).as_deref(), Some("2026-11-20T08:30:00Z"));
        for inside in ["em", "a", "span", "x-y"] {
            assert_eq!(published("", &format!("<{inside}>{meeting}</{inside}>")), None, "{inside}");
        }
        for box_of_another in [
            "<aside><p>Related: <time datetime='2014-01-02'>then</time></p></aside>",
            "<ul><li><time datetime='2014-01-02'>then</time></li></ul>",
            "<blockquote>A post <time datetime='2014-01-02'>then</time></blockquote>",
        ] {
            assert_eq!(published(box_of_another, meeting), None, "{box_of_another}");
        }
        for change in ["ins", "del"] {
            let changed = format!("<{change} datetime='2018-03-04'>Friday</{change}>");
            assert_eq!(published("", &changed), None, "{change}");
        }
        let updated = "<p>Updated <time datetime='2026-11-21'>today</time>, published \
            <time itemprop=datePublished datetime='2026-11-20T08:30Z'>then</time></p>";
        assert_eq!(published(updated, meeting).as_deref(), Some("2026-11-20T08:30:00Z"));
        let alone = "<p><time datetime='2026-11-20T08:30Z'>today</time></p>";
        assert_eq!(published(alone, meeting).as_deref(), Some("2026-11-20T08:30:00Z"));
    }
}
