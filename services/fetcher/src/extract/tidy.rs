//! Removes page chrome before the extraction: text for browsers without scripts, cookie dialogs, player
//! settings, lists of other articles, and readings over characters (ruby).

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use trafilatura::dom::{Document, NodeId};

use crate::interstitial::AGREEMENTS;

/// Elements that never have text of the article.
const INVISIBLE: &[&str] = &[
    "canvas", "dialog", "embed", "iframe", "math", "noscript", "object", "rp", "rt", "rtc",
    "select", "style", "svg", "template", "textarea",
];
/// Parts of names that the extraction library takes for those of comments.
const COMMENTS: &[&str] = &["comment", "disqus", "social"];
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
/// The fewest cards in a box of other articles, and the fewest letters of the page without it.
const FEWEST_CARDS: usize = 4;
const ARTICLE: usize = 1_500;
/// Elements that hold the headline of a card.
const HEADINGS: &[&str] = &["h2", "h3", "h4", "h5"];
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
    let mut linked = page.iter_descendants(body, HEADINGS);
    linked.retain(|it| is_linked_headline(page, *it));
    let has_cards = linked.len() >= FEWEST_CARDS;
    for id in page.iter_descendants(body, &[]) {
        let names = names(page, id);
        let is_chrome = is_dialog_box(page, id, &names)
            || is_list_of_others(page, id, &names)
            || is_hidden(page, id, &names)
            || is_named_aside(page, id, &names);
        if (is_chrome && may_go(page, id, limits)) || (has_cards && is_of_cards(page, id, whole)) {
            page.remove(id, true);
        } else if has_sign(&names, COMMENTS) && !may_go(page, id, limits) {
            // The library would take the article for comments.
            page.remove_attribute(id, "class");
            page.remove_attribute(id, "id");
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
fn is_dialog_box(page: &Document, id: NodeId, names: &str) -> bool {
    let is = |name: &str, values: &[&str]| {
        page.get_attribute(id, name).is_some_and(|value| values.contains(&value.as_str()))
    };
    is("role", &["dialog", "alertdialog"])
        || is("aria-modal", &["true"])
        || has_sign(names, DIALOGS)
}

/// Whether an element lists other articles, by its name and its links.
fn is_list_of_others(page: &Document, id: NodeId, names: &str) -> bool {
    BOXES.contains(&page.tag_name(id))
        && has_sign(names, RELATED)
        && share_of_links(page, id) >= LISTS_LINKS
}

/// Whether a box holds the headlines of other articles, each linked and most with a teaser, beside an article.
fn is_of_cards(page: &Document, id: NodeId, whole: usize) -> bool {
    let cards = page.children(id);
    if cards.len() < FEWEST_CARDS || !BOXES.contains(&page.tag_name(id)) {
        return false;
    }
    let is_no_card = |card: &&NodeId| {
        let heading = page.iter_descendants(**card, HEADINGS).into_iter().next();
        !heading.is_some_and(|heading| is_linked_headline(page, heading))
            || letters(&page.text_content(**card)) > LONGEST_BOX
    };
    // At least three of four are cards.
    cards.iter().filter(is_no_card).nth(cards.len() / 4).is_none()
        && whole.saturating_sub(letters(&page.text_content(id))) >= ARTICLE
}

/// Whether a heading is the headline of another page.
fn is_linked_headline(page: &Document, heading: NodeId) -> bool {
    let links = page.iter_descendants(heading, &["a"]);
    let href = links.first().and_then(|link| page.get_attribute(*link, "href"));
    href.is_some_and(|href| !href.contains('#'))
        && letters(&page.text_content(heading)) >= HEADLINE
        && share_of_links(page, heading) >= ALL_LINK
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
    let lower = page.text_content(heading).trim().to_lowercase();
    if !LIST_HEADINGS.iter().any(|start| lower.starts_with(start)) {
        return;
    }
    let is_link = share_of_links(page, heading) >= LISTS_LINKS;
    // A heading with one link in the same paragraph: "Read also: Fog closes the harbour".
    if is_link && lower.contains(':') {
        return page.remove(heading, true);
    }
    if !is_link && letters(&lower) > LONGEST_HEADING {
        return;
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

/// Parts of names of elements that are only for screen readers.
const HIDDEN_NAMES: &[&str] = &[
    "visually-hidden", "visuallyhidden", "visually_hidden", "sr-only", "screen-reader",
    "screenreader", "hidden-visually",
];
/// Parts of names of boxes about pictures, authors, advertisements, videos and the site.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "photo-credit", "photocredit", "photo_credit", "image-credit", "imagecredit", "img-credit", "picture-credit",
    "photo-caption", "image-caption", "img-caption", "author-bio", "authorbio", "author_bio", "author-box", "authorbox",
    "about-author", "about-the-author", "advertisement", "ad-label", "ad-slot", "adslot", "donation", "donate-",
    "reader-support", "support-banner", "app-promo", "app-banner", "app-download", "video-player", "videoplayer",
    "share-tools", "share-bar", "sharebar", "social-share", "read-time", "reading-time", "readtime",
];
/// Whole words in such names.
const WORDS: &[&str] = &["advert", "bio"];
/// The most letters of such a box.
const LONGEST_BOX: usize = 600;
/// Labels of advertisements, in lower case. Each is the whole text of a paragraph.
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "advertisement", "advertising", "ad", "sponsored", "sponsored content", "article continues below", "story continues below",
    "article continues below advertisement", "story continues below advertisement", "continue reading below",
    "article continues after advertisement", "anzeige", "werbung", "publicité", "publicidad", "pubblicità", "publicidade",
    "advertentie", "annons", "annonse", "annonce", "mainos", "reklama", "reklam", "hirdetés", "реклама", "広告", "广告", "광고",
];
/// The longest notice of rights, in letters.
const LONGEST_NOTICE: usize = 220;
/// The fewest letters of a headline in a link.
const HEADLINE: usize = 20;
/// A paragraph with at least this share of its letters in links is only a link.
const ALL_LINK: f64 = 0.95;
/// Signs at the end of a sentence, which a headline does not have.
const ENDS: &[char] = &['.', '!', ':', '…', '”', '"', '»', '。'];

/// Whether a browser does not show an element.
fn is_hidden(page: &Document, id: NodeId, names: &str) -> bool {
    let hidden = page.get_attribute(id, "hidden");
    let is_hidden = hidden.is_some_and(|how| !how.eq_ignore_ascii_case("until-found"));
    is_hidden || has_sign(names, HIDDEN_NAMES)
}

/// Whether an element is named for something other than the article, and is short enough for it.
fn is_named_aside(page: &Document, id: NodeId, names: &str) -> bool {
    let is_named = has_sign(names, NAMES) || has_word(page, id, WORDS);
    is_named && letters(&page.text_content(id)) <= LONGEST_BOX
}

/// Removes labels of advertisements, notices of rights and links to other articles.
fn remove_lines(page: &mut Document, limits: Limits) {
    for id in page.iter_descendants(limits.body, &["div", "p", "span"]) {
        if !page.iter_descendants(id, &["div", "p"]).is_empty() {
            continue;
        }
        let line = page.text_content(id);
        let line = line.trim();
        if is_label(line) || is_notice(line) || is_other_article(page, id, line) {
            page.remove(id, true);
        }
    }
}

/// Whether a line is the label of an advertisement.
fn is_label(line: &str) -> bool {
    let words = line.trim_matches(|c: char| !c.is_alphanumeric());
    words.len() <= 60 && LABELS.contains(&words.to_lowercase().as_str())
}

/// Whether a line is a notice of rights.
fn is_notice(line: &str) -> bool {
    let lower = line.to_lowercase();
    let begins = ["©", "copyright ©", "copyright 20", "(c) 20", "all rights reserved"];
    begins.iter().any(|begin| lower.starts_with(begin)) && letters(&lower) <= LONGEST_NOTICE
}

/// Whether a paragraph between others is only a link with the headline of another article.
fn is_other_article(page: &Document, id: NodeId, line: &str) -> bool {
    let is_paragraph = |other: Option<NodeId>| other.is_some_and(|it| page.tag_name(it) == "p");
    page.tag_name(id) == "p"
        && letters(line) >= HEADLINE
        && !line.ends_with(ENDS)
        && share_of_links(page, id) >= ALL_LINK
        && is_paragraph(page.next_element_sibling(id))
        && is_paragraph(page.prev_element_sibling(id))
}

/// The limits of boxes that may be removed.
#[derive(Debug, Clone, Copy)]
struct Limits {
    body: NodeId,
    /// The most letters of a box.
    most: usize,
}

/// Whether a box may be removed: it is small enough and has no element that only an article has.
fn may_go(page: &Document, id: NodeId, limits: Limits) -> bool {
    let holds_article = || !page.iter(id, &["article", "body", "h1", "main"]).is_empty();
    id != limits.body && letters(&page.text_content(id)) <= limits.most && !holds_article()
}

/// The share of letters in links.
pub(super) fn share_of_links(page: &Document, id: NodeId) -> f64 {
    let all = letters(&page.text_content(id));
    let links = page.iter(id, &["a"]);
    let linked: usize = links.iter().map(|link| letters(&page.text_content(*link))).sum();
    if all == 0 { 0.0 } else { linked as f64 / all as f64 }
}

/// Whether an element is inside one with one of these tags.
pub(super) fn is_inside(page: &Document, id: NodeId, tags: &[&str]) -> bool {
    let mut parents = std::iter::successors(page.parent(id), |inner| page.parent(*inner));
    parents.any(|parent| tags.contains(&page.tag_name(parent)))
}

/// The number of letters and digits of a text.
pub(super) fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Phrases that ask for cookies, in lower case.
#[rustfmt::skip]
const ASKS_FOR_COOKIES: &[&str] = &[
    "we use cookies", "we and our partners", "this site uses cookies", "this website uses cookies",
    "wir verwenden cookies", "wir nutzen cookies", "wir und unsere partner", "diese website verwendet cookies",
    "nous utilisons des cookies", "nous et nos partenaires", "ce site utilise des cookies", "usamos cookies",
    "utilizamos cookies", "nosotros y nuestros socios", "este sitio utiliza cookies", "utilizziamo i cookie",
    "noi e i nostri partner", "questo sito utilizza cookie", "wij gebruiken cookies", "we gebruiken cookies",
    "wij en onze partners", "nós e nossos parceiros", "używamy plików cookie", "my i nasi partnerzy",
    "vi använder cookies", "vi bruger cookies", "vi och våra partner", "vi og vores partnere", "käytämme evästeitä",
    "používáme soubory cookie", "sütiket használunk", "мы используем файлы cookie", "мы используем cookie",
    "çerezleri kullanıyoruz",
];
/// Phrases that ask for money, in lower case.
#[rustfmt::skip]
const ASKS_FOR_MONEY: &[&str] = &[
    "small favour to ask", "small favor to ask", "please consider giving", "please consider donating",
    "please consider supporting", "support our journalism", "support independent journalism", "support our work",
    "unterstützen sie uns", "soutenez-nous", "faites un don", "haz una donación", "apóyanos", "sostienici",
];
/// Finds the phrases that ask for cookies, and those that ask for money.
static ASKS: LazyLock<[AhoCorasick; 2]> = LazyLock::new(|| {
    let finder = |phrases| AhoCorasick::new(phrases).expect("they are few and short");
    [ASKS_FOR_COOKIES, ASKS_FOR_MONEY].map(finder)
});
/// Beginnings of calls to subscribe or to follow, in lower case.
#[rustfmt::skip]
const CALLS: &[&str] = &[
    "already a subscriber", "already subscribed?", "this article is for subscribers", "subscribe now", "subscribe to read",
    "subscribe to continue", "to continue reading,", "log in to continue", "sign up to our newsletter", "follow us on",
    "bereits abonnent", "schon abonnent", "jetzt abonnieren", "jetzt weiterlesen", "dieser artikel ist nur für abonnenten",
    "folgen sie uns", "abonnez-vous", "déjà abonné", "article réservé aux abonnés", "cet article est réservé",
    "il vous reste", "suivez-nous", "suscríbete", "suscríbase", "¿ya eres suscriptor", "ya soy suscriptor", "síguenos en",
    "contenido exclusivo para", "abbonati", "sei già abbonato", "contenuto riservato agli abbonati", "seguici su",
    "al abonnee", "word abonnee", "volg ons op", "já é assinante", "assine já", "conteúdo exclusivo para", "siga-nos",
    "masz już prenumeratę", "subskrybuj", "obserwuj nas", "оформите подписку", "подписывайтесь на наш",
    "download our app", "download the app", "get our app", "join our whatsapp", "join our telegram", "join us on",
    "get the latest news", "sign up for our", "subscribe to our", "laden sie unsere app", "abonnieren sie", "téléchargez notre app",
    "descarga nuestra app", "scarica l'app", "scarica la nostra app", "baixe o app", "download onze app",
];
/// Parts of names of boxes with a paywall.
const WALLS: &[&str] =
    &["paywall", "pay-wall", "regwall", "reg-wall", "subscri", "abonn", "piano", "meter"];
/// The longest call, and the longest request for cookies, in letters.
const LONGEST_CALL: usize = 220;
const LONGEST_REQUEST: usize = 900;
/// The most letters of a heading and a button beside a call.
const LONGEST_HEADING_OF_CALL: usize = 80;
/// A box with more elements than this is not a paragraph.
const FEW: usize = 3;
/// Elements that may be one paragraph.
const PARAGRAPHS: &[&str] = &["b", "div", "h2", "h3", "h4", "h5", "li", "p", "span", "strong"];

/// Removes such paragraphs, and the whole box of a paywall.
fn remove_calls(page: &mut Document, limits: Limits) {
    for id in page.iter_descendants(limits.body, PARAGRAPHS) {
        let Some(size) = letters_of_call(page, id) else {
            continue;
        };
        let parent = page.parent(id).filter(|parent| {
            is_wall(page, *parent, limits) || is_around(page, *parent, size, limits)
        });
        page.remove(parent.unwrap_or(id), true);
    }
}

/// The number of letters of a paragraph that is such a call; `None` if it is not.
fn letters_of_call(page: &Document, id: NodeId) -> Option<usize> {
    if matches!(page.tag_name(id), "div" | "li" | "span") && page.children(id).len() > FEW {
        return None;
    }
    let text = page.text_content(id);
    let size = letters(&text);
    if size > LONGEST_REQUEST || size == 0 {
        return None;
    }
    let lower = text.trim().to_lowercase();
    // Words after a quotation mark are quoted.
    let own = lower.split(['"', '“', '„', '«', '‘', '»']).next().unwrap_or_default();
    let is_call = ASKS[0].is_match(own)
        || (size <= 2 * LONGEST_CALL && ASKS[1].is_match(own))
        || (size <= LONGEST_CALL && CALLS.iter().any(|start| lower.starts_with(start)));
    is_call.then_some(size)
}

fn is_wall(page: &Document, id: NodeId, limits: Limits) -> bool {
    has_sign(&names(page, id), WALLS) && may_go(page, id, limits)
}

/// Whether a box has little more than a call of this size, such as a heading and a button.
fn is_around(page: &Document, id: NodeId, size: usize, limits: Limits) -> bool {
    matches!(page.tag_name(id), "aside" | "div" | "section")
        && letters(&page.text_content(id)) <= size + LONGEST_HEADING_OF_CALL
        && may_go(page, id, limits)
}

/// Parts of names of cookie dialogs, and of elements with settings, such as those of video players.
#[rustfmt::skip]
const DIALOGS: &[&str] = &[
    "cookie", "consent", "gdpr", "onetrust", "didomi", "qc-cmp", "sp_message", "truste", "usercentrics", "cybot",
    "privacy-settings", "privacy-manager", "privacy-center", "privacy-banner",
    "vjs-", "jw-settings", "player-settings", "settings-dialog", "settings-modal", "settings-panel", "caption-settings",
];
/// Parts of names of elements that list other articles.
#[rustfmt::skip]
pub(super) const RELATED: &[&str] = &[
    "related", "recirc", "recommend", "more-stories", "morestories", "read-more", "readmore", "read-also",
    "also-read", "most-read", "mostread", "most-popular", "mostpopular", "most-viewed", "trending", "you-may",
    "youmay", "might-like", "also-like", "outbrain", "taboola", "zergnet", "dianomi", "up-next", "next-article",
    "lire-aussi", "a-lire", "mehr-zum", "weitere", "relacionad", "correlat", "leia-mais", "leia-tambem",
    "lees-ook", "lees-meer", "verwandt", "similar", "teaser", "promo", "popular", "latest-news", "headlines",
];
/// Headings of such lists, in lower case.
#[rustfmt::skip]
const LIST_HEADINGS: &[&str] = &[
    "related", "read more", "read also", "read next", "also read", "more on this", "more from", "more stories",
    "more news", "you may also", "you might also", "recommended", "most read", "most popular", "trending",
    "don't miss", "don’t miss", "lire aussi", "à lire aussi", "à lire", "lisez aussi", "sur le même sujet",
    "mehr zum thema", "lesen sie auch", "auch interessant", "weitere artikel", "das könnte sie", "lea también",
    "lee también", "le puede interesar", "te puede interesar", "noticias relacionadas", "más información",
    "leggi anche", "potrebbe interessarti", "articoli correlati", "leia também", "leia mais", "veja também",
    "saiba mais", "lees ook", "lees meer", "läs också", "läs mer", "læs også", "les også", "lue myös",
    "czytaj też", "czytaj także", "czytaj również", "zobacz też", "čtěte také", "přečtěte si", "olvassa el",
    "читайте также", "по теме", "читайте також", "за темою", "関連記事", "あわせて読みたい", "相关阅读", "相关新闻",
    "相關新聞", "延伸閱讀", "관련기사", "관련 기사", "اقرأ أيضا", "اقرأ أيضًا", "ilgili haberler", "baca juga", "xem thêm",
];
/// Words in names of the standfirst, the paragraph above an article in larger type.
#[rustfmt::skip]
pub(super) const STANDFIRSTS: &[&str] = &[
    "speakable", "standfirst", "dek", "deck", "subtitle", "subhead", "subheadline", "subheading", "lede", "lead",
    "leadin", "leadtext", "intro", "introduction", "chapo", "chapeau", "excerpt", "summary", "abstract",
    "sottotitolo", "sommario", "entradilla", "bajada", "copete", "vorspann", "ingress", "manchet", "perex",
    "zajawka", "linhafina",
];
/// Words in names of paragraphs inside an article that are not part of it.
#[rustfmt::skip]
pub(super) const ASIDES: &[&str] = &[
    "author", "byline", "caption", "comment", "copyright", "credit", "date", "disclaimer", "footer", "hidden",
    "meta", "newsletter", "promo", "related", "share", "social", "subscribe", "tags", "time",
];

/// The longest label of a button, in bytes.
const LONGEST_BUTTON: usize = 60;

/// Whether the label of a button agrees to something.
fn is_agreement(label: &str) -> bool {
    let label = label.trim();
    if label.is_empty() || label.len() > LONGEST_BUTTON {
        return false;
    }
    let label = label.to_lowercase();
    AGREEMENTS.iter().any(|word| label.contains(word))
}

/// The names of an element: its id and classes, in lower case.
pub(super) fn names(page: &Document, id: NodeId) -> String {
    format!("{} {}", page.id_attr(id), page.class_name(id)).to_lowercase()
}

/// Whether the names of an element have one of these parts. Most elements have no name.
pub(super) fn has_sign(names: &str, signs: &[&str]) -> bool {
    names.len() > 1 && signs.iter().any(|sign| names.contains(sign))
}

/// Whether an element's names have one of these words. `leadText` and `lead-text` have two words.
pub(super) fn has_word(page: &Document, id: NodeId, words: &[&str]) -> bool {
    let item = page.get_attribute(id, "itemprop").unwrap_or_default();
    let names = format!("{} {} {item}", page.id_attr(id), page.class_name(id));
    let mut word = String::new();
    let mut was_small = false;
    for c in names.chars().chain([' ']) {
        if !c.is_alphanumeric() || (was_small && c.is_uppercase()) {
            if words.contains(&word.as_str()) {
                return true;
            }
            word.clear();
        }
        was_small = c.is_lowercase();
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    false
}

/// The letters of such a quotation. A shorter one may occur twice by chance.
const LETTERS: std::ops::RangeInclusive<usize> = 16..=400;
/// The most quotations that are examined. Each is searched in the whole text.
const MOST: usize = 40;

/// Removes quotations that are elsewhere on the page too, word by word.
fn remove_pull_quotes(page: &mut Document, limits: Limits) {
    let whole = key(&page.text_content(limits.body));
    for id in
        page.iter_descendants(limits.body, &["aside", "blockquote", "q"]).into_iter().take(MOST)
    {
        let quotation_key = key(&page.text_content(id));
        if LETTERS.contains(&quotation_key.chars().count())
            && whole.matches(quotation_key.as_str()).nth(1).is_some()
        {
            let outer = with_its_speaker(page, id, limits);
            page.remove(outer, true);
        }
    }
}

/// The box around a quotation, if it has little more than the name of the speaker.
fn with_its_speaker(page: &Document, id: NodeId, limits: Limits) -> NodeId {
    let size = letters(&page.text_content(id));
    let is_around = |parent: &NodeId| {
        matches!(page.tag_name(*parent), "aside" | "div" | "figure")
            && letters(&page.text_content(*parent)) <= 2 * size
            && may_go(page, *parent, limits)
    };
    page.parent(id).filter(is_around).unwrap_or(id)
}

/// Only the letters and digits, because the marks around a quotation differ.
fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
