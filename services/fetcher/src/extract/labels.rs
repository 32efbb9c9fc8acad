//! The class names and labels by which pages mark parts that are not the article.

use trafilatura::dom::{Document, NodeId};

/// Parts of names of cookie dialogs.
pub(super) const CONSENT: &[&str] = &[
    "cookie", "consent", "gdpr", "onetrust", "didomi", "qc-cmp", "sp_message", "truste",
    "usercentrics", "cybot", "privacy-settings", "privacy-manager", "privacy-center",
    "privacy-banner",
];
/// Parts of names of elements with settings, such as those of video players.
pub(super) const SETTINGS: &[&str] = &[
    "vjs-", "jw-settings", "player-settings", "settings-dialog", "settings-modal",
    "settings-panel", "caption-settings",
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
pub(super) const LIST_HEADINGS: &[&str] = &[
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

/// Labels of buttons that agree to something, in lower case.
#[rustfmt::skip]
const AGREEMENTS: &[&str] = &[
    "accept", "agree", "allow all", "i agree", "akzeptieren", "zustimmen", "einverstanden", "accepter", "j'accepte",
    "j’accepte", "aceptar", "acepto", "accetta", "aceitar", "aceito", "accepteren", "akkoord", "acceptera",
    "godta", "godkänn", "accepter alle", "hyväksy", "akceptuj", "zgadzam", "souhlas", "přijmout", "elfogad", "принять",
    "согласен", "прийняти", "kabul", "同意", "接受", "동의", "قبول",
];

/// The longest label of a button, in bytes.
const LONGEST_BUTTON: usize = 60;

/// Whether the label of a button agrees to something.
pub(super) fn is_agreement(label: &str) -> bool {
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
