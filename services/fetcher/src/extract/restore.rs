//! Restores paragraphs of an article that the extraction library dropped: the standfirst, single
//! paragraphs and sentences of lists between others, and tables of data.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash as _, Hasher as _};

use trafilatura::dom::{Document, NodeId};
use wirefold_feed::html;
use wirefold_text::normalise;

use super::tidy::{
    ASIDES, RELATED, STANDFIRSTS, has_sign, has_word, is_inside, letters, names, share_of_links,
};

/// The most pieces of a page that are examined.
const MOST: usize = 3_000;
/// The fewest and the most letters of a standfirst.
const STANDFIRST: std::ops::RangeInclusive<usize> = 25..=900;
/// The fewest letters of a paragraph that is restored.
const SHORTEST: usize = 25;
/// The same of an entry of a list that is a sentence.
const SHORTEST_ENTRY: usize = 8;
/// The fewest words of most entries of a list that is no menu.
const WORDS_OF_ENTRY: usize = 2;
/// A piece with at least this share of its letters in links is not text of the article.
const MANY_LINKS: f64 = 0.4;
/// How many words a run has.
const RUN: usize = 3;
/// The fewest rows of a table of data.
const FEWEST_ROWS: usize = 2;

/// The kind of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paragraph,
    /// An entry of a list.
    Entry {
        is_sentence: bool,
        follows_paragraph: bool,
        precedes_paragraph: bool,
    },
    Standfirst,
    Table,
    Headline,
}

/// A piece of a page.
#[derive(Debug)]
struct Piece {
    kind: Kind,
    parent: Option<NodeId>,
    /// The plain text.
    text: String,
    /// The text after [`normalise`].
    words: String,
}

impl Piece {
    fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Paragraph | Kind::Entry { .. })
    }
}

/// The pieces of a page in their order.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    /// The pieces of a page before the extraction.
    pub(super) fn of(page: &Document) -> Self {
        let Some(body) = page.body() else {
            return Self::default();
        };
        let tags = [
            "dd", "dt", "div", "em", "h1", "h2", "h3", "li", "p", "section", "span", "strong",
            "table",
        ];
        let all = page.iter_descendants(body, &tags);
        let mut lists = HashMap::new();
        Self(all.into_iter().filter_map(|id| piece(page, id, &mut lists)).take(MOST).collect())
    }

    /// The extracted text with its lost pieces restored.
    pub(super) fn restored(&self, found: String, title: &str) -> String {
        let whole = Runs::of(&found);
        // Few words are no run, but may be a line.
        let lines: HashSet<String> = found.lines().map(normalise).collect();
        let is_there =
            |piece: &Piece| whole.has_most_of(&piece.words) || lines.contains(&piece.words);
        let is_found: Vec<bool> = self.0.iter().map(is_there).collect();
        let Some(article) = self.parent_of_most(&is_found) else {
            return found;
        };
        let own = |at: usize| self.0[at].is_text() && self.0[at].parent == Some(article);
        let there = |at: &usize| is_found[*at] && own(*at);
        let (Some(first), Some(last)) =
            ((0..self.0.len()).find(there), (0..self.0.len()).rfind(there))
        else {
            return found;
        };
        let headline = (0..first).rfind(|at| self.0[*at].kind == Kind::Headline);
        let title = normalise(title);
        let mut lost: Vec<usize> = Vec::new();
        for (at, piece) in self.0.iter().enumerate() {
            let is_lost = match piece.kind {
                Kind::Standfirst => at < first && headline.is_some_and(|headline| headline < at),
                Kind::Paragraph => {
                    own(at) && (first..last).contains(&at) && letters(&piece.text) >= SHORTEST
                }
                Kind::Entry { is_sentence: false, .. } => own(at) && (first..last).contains(&at),
                Kind::Entry { follows_paragraph, precedes_paragraph, .. } => {
                    own(at)
                        && (at > first || precedes_paragraph)
                        && (at < last || follows_paragraph)
                }
                Kind::Table => (first..=last + 1).contains(&at),
                Kind::Headline => false,
            };
            let is_new = !lost.iter().any(|other| self.0[*other].words.contains(&piece.words));
            if is_lost && !is_found[at] && is_new && piece.words != title {
                lost.push(at);
            }
        }
        if lost.is_empty() { found } else { self.with(&found, &lost, &is_found) }
    }

    /// The parent element of most of the extracted text.
    fn parent_of_most(&self, is_found: &[bool]) -> Option<NodeId> {
        let mut letters_by_parent: HashMap<NodeId, usize> = HashMap::new();
        for (piece, _) in self.0.iter().zip(is_found).filter(|(_, is_found)| **is_found) {
            if let (true, Some(parent)) = (piece.is_text(), piece.parent) {
                *letters_by_parent.entry(parent).or_default() += piece.words.len();
            }
        }
        letters_by_parent.into_iter().max_by_key(|(_, letters)| *letters).map(|(parent, _)| parent)
    }

    /// The text with the lost pieces, each after the piece that it followed on the page.
    fn with(&self, found: &str, lost: &[usize], is_found: &[bool]) -> String {
        let mut paragraphs: Vec<(String, Runs)> = found
            .split("\n\n")
            .map(|paragraph| (paragraph.to_owned(), Runs::of(paragraph)))
            .collect();
        let mut placed = is_found.to_vec();
        for at in lost {
            let before = (0..*at).rev().filter(|other| placed[*other]);
            let behind = before.into_iter().find_map(|other| {
                let words = &self.0[other].words;
                let has = |(text, runs): &(String, Runs)| {
                    runs.has_most_of(words) || text.lines().any(|line| normalise(line) == *words)
                };
                paragraphs.iter().rposition(has)
            });
            let place = behind.map_or(0, |behind| behind + 1);
            let piece = &self.0[*at];
            // The library may have found its beginning.
            let is_stub = |(text, _): &(String, Runs)| {
                let words = normalise(text);
                !words.is_empty() && piece.words.starts_with(&words)
            };
            let whole = (piece.text.clone(), Runs::of(&piece.words));
            match paragraphs.iter().position(is_stub) {
                Some(stub) => paragraphs[stub] = whole,
                None => paragraphs.insert(place, whole),
            }
            placed[*at] = true;
        }
        paragraphs.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join("\n\n")
    }
}

/// The runs of words of a text. They find a piece although signs and spaces differ.
#[derive(Debug, Default)]
struct Runs(HashSet<u64>);

impl Runs {
    fn of(text: &str) -> Self {
        Self(runs(&normalise(text)).collect())
    }

    /// Whether it has more than half of the runs of these words.
    fn has_most_of(&self, words: &str) -> bool {
        let (mut all, mut there) = (0_usize, 0_usize);
        for run in runs(words) {
            all += 1;
            there += usize::from(self.0.contains(&run));
        }
        there * 2 > all
    }
}

/// The hashes of all runs of three words of a normalised text, or of the whole text if it is shorter.
fn runs(words: &str) -> impl Iterator<Item = u64> {
    let all: Vec<&str> = words.split(' ').collect();
    let length = all.len().min(RUN);
    let hash = |run: &[&str]| {
        let mut hasher = DefaultHasher::new();
        run.hash(&mut hasher);
        hasher.finish()
    };
    all.windows(length).map(hash).collect::<Vec<_>>().into_iter()
}

/// `lists` has the lists that were examined: whether they are no menus.
fn piece(page: &Document, id: NodeId, lists: &mut HashMap<NodeId, bool>) -> Option<Piece> {
    let kind = kind_of(page, id)?;
    let text = match kind {
        Kind::Table => html::to_text(&page.outer_html(id)),
        _ => html::one_line(&own_text(page, id)),
    };
    let count = letters(&text);
    let is_fit = match kind {
        Kind::Standfirst => STANDFIRST.contains(&count),
        Kind::Table => count >= SHORTEST,
        Kind::Entry { is_sentence: true, .. } => count >= SHORTEST_ENTRY,
        Kind::Entry { .. } => {
            let list = outermost_list(page, id);
            *lists.entry(list).or_insert_with(|| is_of_text(page, list))
        }
        // A short one shows where others were.
        Kind::Paragraph | Kind::Headline => true,
    };
    let is_fit = is_fit && (kind == Kind::Headline || share_of_links(page, id) < MANY_LINKS);
    let words = if is_fit { normalise(&text) } else { String::new() };
    (!words.is_empty()).then(|| Piece { kind, parent: parent_of(page, id), text, words })
}

/// The parent element of a paragraph, or of the list that it is in, with the boxes that hold nothing else.
fn parent_of(page: &Document, id: NodeId) -> Option<NodeId> {
    let mut outer = outermost_list(page, id);
    let is_of_another =
        |it: NodeId| has_word(page, it, ASIDES) || has_sign(&names(page, it), RELATED);
    while let Some(parent) = page.parent(outer)
        && matches!(page.tag_name(parent), "div" | "section")
        && page.children(parent).len() == 1
        && letters(&page.text(parent)) + letters(&page.tail(outer)) == 0
        && !is_of_another(parent)
    {
        outer = parent;
    }
    page.parent(outer)
}

/// Whether a list is of texts and no menu: hardly linked, without controls, and mostly of several words an entry.
fn is_of_text(page: &Document, list: NodeId) -> bool {
    let entries = page.iter_descendants(list, &["dd", "dt", "li"]);
    let words = |id: &NodeId| page.text_content(*id).split_whitespace().count();
    let long = entries.iter().filter(|id| words(id) >= WORDS_OF_ENTRY).count();
    long * 2 > entries.len()
        && letters(&page.text_content(list)) >= SHORTEST
        && share_of_links(page, list) < MANY_LINKS
        && page.iter_descendants(list, &["button", "form", "input"]).is_empty()
        && !has_word(page, list, ASIDES)
}

/// The list that an element is in, with the lists around it; the element itself if it is in none.
fn outermost_list(page: &Document, id: NodeId) -> NodeId {
    let mut outer = id;
    while let Some(parent) = page.parent(outer).filter(|it| is_of_list(page.tag_name(*it))) {
        outer = parent;
    }
    outer
}

/// The kind of an entry of a list. Only a list beside a paragraph can be the first or the last part of an article: comments
/// and other articles have a heading.
fn entry(page: &Document, id: NodeId) -> Kind {
    let list = outermost_list(page, id);
    let is_paragraph = |beside: Option<NodeId>| beside.is_some_and(|it| page.tag_name(it) == "p");
    Kind::Entry {
        is_sentence: is_sentence(&own_text(page, id)),
        follows_paragraph: is_paragraph(page.prev_element_sibling(list)),
        precedes_paragraph: is_paragraph(page.next_element_sibling(list)),
    }
}

fn is_of_list(tag: &str) -> bool {
    LISTS.contains(&tag) || matches!(tag, "dd" | "li")
}

/// Signs at the end of a sentence, also before a closing quotation mark.
const ENDS: &[char] = &['.', '!', '?', '…', '。', '！', '？', '।', '؟'];

/// Whether a text ends like a sentence.
pub(super) fn is_sentence(text: &str) -> bool {
    text.trim_end_matches(|c: char| c.is_whitespace() || "\"'”’»)）」』".contains(c))
        .ends_with(ENDS)
}

/// Elements that have no text of the article.
const BESIDE: &[&str] = &["aside", "figure", "footer", "form", "nav"];
/// Lists.
const LISTS: &[&str] = &["dl", "menu", "ol", "ul"];

/// The text of an element without that of lists in it.
fn own_text(page: &Document, id: NodeId) -> String {
    let children = page.child_nodes(id).into_iter();
    let own = children.filter(|child| !LISTS.contains(&page.tag_name(*child)));
    own.map(|child| page.text_content(child)).collect()
}

fn kind_of(page: &Document, id: NodeId) -> Option<Kind> {
    let tag = page.tag_name(id);
    let kind = match tag {
        "h1" => return Some(Kind::Headline),
        "table" => Kind::Table,
        _ if has_word(page, id, STANDFIRSTS) => Kind::Standfirst,
        "p" => Kind::Paragraph,
        "dd" | "dt" | "li" => entry(page, id),
        _ => return None,
    };
    let holds = |tags: &[&str]| !page.iter_descendants(id, tags).is_empty();
    let is_fit = match kind {
        Kind::Table => {
            page.iter_descendants(id, &["tr"]).len() >= FEWEST_ROWS && !holds(&["table", "p", "h1"])
        }
        Kind::Standfirst => !holds(&["p", "div", "ul", "h1", "h2", "table"]),
        Kind::Entry { .. } => {
            let own =
                page.children(id).into_iter().filter(|it| !LISTS.contains(&page.tag_name(*it)));
            let blocks = ["p", "table", "h1", "h2", "h3"];
            own.into_iter().all(|child| page.iter(child, &blocks).is_empty())
        }
        Kind::Paragraph | Kind::Headline => true,
    };
    (is_fit && !has_word(page, id, ASIDES) && !is_inside(page, id, BESIDE)).then_some(kind)
}
