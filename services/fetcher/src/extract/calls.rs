//! Recognises paragraphs in which a page talks about itself: requests for cookies, calls to subscribe
//! or to follow. Class names do not distinguish them from paragraphs of the article.

use trafilatura::dom::{Document, NodeId};

use super::boxes::{Limits, letters, may_go};
use super::labels::names;

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
const LONGEST_QUESTION: usize = 900;
/// The most letters of a heading and a button beside a call.
const LONGEST_HEADING: usize = 80;
/// A box with more elements than this is not a paragraph.
const FEW: usize = 3;
/// Elements that may be one paragraph.
const PARAGRAPHS: &[&str] = &["b", "div", "h2", "h3", "h4", "h5", "li", "p", "span", "strong"];

/// Removes such paragraphs, and the whole box of a paywall.
pub(super) fn remove_calls(page: &mut Document, limits: Limits) {
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
    if size > LONGEST_QUESTION || size == 0 {
        return None;
    }
    let lower = text.trim().to_lowercase();
    // Words after a quotation mark are quoted.
    let is_own = |at: usize| !lower[..at].contains(['"', '“', '„', '«', '‘', '»']);
    let asks = ASKS_FOR_COOKIES.iter().any(|sign| lower.find(*sign).is_some_and(is_own));
    let wants = ASKS_FOR_MONEY.iter().any(|sign| lower.find(*sign).is_some_and(is_own));
    let is_call = asks
        || (wants && size <= 2 * LONGEST_CALL)
        || (size <= LONGEST_CALL && CALLS.iter().any(|start| lower.starts_with(start)));
    is_call.then_some(size)
}

fn is_wall(page: &Document, id: NodeId, limits: Limits) -> bool {
    let names = names(page, id);
    WALLS.iter().any(|sign| names.contains(sign)) && may_go(page, id, limits)
}

/// Whether a box has little more than a call of this size, such as a heading and a button.
fn is_around(page: &Document, id: NodeId, size: usize, limits: Limits) -> bool {
    matches!(page.tag_name(id), "aside" | "div" | "section")
        && letters(&page.text_content(id)) <= size + LONGEST_HEADING
        && may_go(page, id, limits)
}
