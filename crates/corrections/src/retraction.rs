//! Retractions: an outlet takes a report back.
//!
//! It says so in a label, or in its own name in title or lede. A report about the retraction of
//! somebody else is news.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::label::{self, Labels};

/// Labels with which a report is taken back, in lower case.
#[rustfmt::skip]
pub(crate) const LABELS: Labels = Labels::new(&[
    "retraction", "retraction notice", "retracted", "story retracted", "article retracted",
    "withdrawn", "report withdrawn", "story withdrawn", "article withdrawn", "withdrawal",
    "mandatory kill", "kill notice", "kill advisory", "story kill", "photo kill",
    "zurückgezogen", "rückzug", "rückzug des berichts", "rétractation", "article retiré",
    "dépêche annulée", "retractación", "retractado", "artículo retirado", "anulación",
    "ritrattazione", "notizia ritirata", "retratação", "matéria retirada", "intrekking",
    "ingetrokken", "опровержение", "отозвано", "материал отозван", "спростування", "wycofanie",
    "återkallas", "tilbaketrukket", "geri çekildi", "撤回",
    "更正并撤回", "سحب الخبر", "سحب خبر",
]);

/// Agencies write it so; `Kill` is a word of many titles.
pub(crate) const KILL: Labels = Labels::new(&["kill"]);

/// Sentences in which whoever writes takes its own report back, in lower case.
#[rustfmt::skip]
const OWN: &[&str] = &[
    "we retract", "we have retracted", "we are retracting", "we withdraw our", "we have withdrawn",
    "this article has been retracted", "this article has been withdrawn",
    "this story has been retracted", "this story has been withdrawn",
    "this report has been retracted", "this report has been withdrawn",
    "this article was retracted", "this story was withdrawn", "kill the story",
    "disregard the story", "story has been killed",
    "wir ziehen den bericht", "wir ziehen diesen", "wir ziehen unseren",
    "dieser artikel wurde zurückgezogen", "dieser bericht wurde zurückgezogen",
    "nous retirons cet", "nous retirons notre", "nous nous rétractons", "cet article a été retiré",
    "retiramos este", "retiramos nuestr", "nos retractamos", "este artículo ha sido retirado",
    "ritiriamo questo", "ritiriamo il nostro", "questo articolo è stato ritirato",
    "retiramos nossa", "nos retratamos", "este artigo foi retirado",
    "wij trekken dit", "dit artikel is ingetrokken",
    "редакция отзывает", "мы отзываем", "эта статья отозвана", "редакція відкликає",
    "цю статтю відкликано", "نسحب هذا الخبر", "نسحب تقريرنا",
    "記事を撤回します", "本記事を撤回", "撤回本文", "本报撤回",
];

/// What somebody does who takes a report back, in lower case. It is its own only where its name stands
/// right before.
#[rustfmt::skip]
const NAMED: &[&str] = &[
    "has retracted its", "has withdrawn its", "retracts its", "withdraws its", "retracted its",
    "withdrew its", "has retracted the", "has withdrawn the", "hat ihren", "zieht ihren",
    "hat seinen", "a retiré son", "retire son", "ha retirado su", "retira su", "ha ritirato il suo",
    "отозвал свой", "отозвала свой",
];
/// And what it takes back, near behind that.
#[rustfmt::skip]
const REPORTS: &[&str] = &[
    "article", "report", "story", "bericht", "artikel", "articolo", "artículo", "noticia",
    "reportaje", "материал", "dépêche", "dispatch",
];
/// In characters.
const NEAR: usize = 60;
/// What stands further down in a text is no lede; in characters.
const LEDE: usize = 600;
/// A name of fewer letters stands by chance at the end of a word.
const NAME: usize = 4;

/// No label is longer, in letters of whatever case; in bytes.
const LONGEST_LABEL: usize = 200;

/// All of these: hardly any text has one of them, and one look at a text finds that out.
static ACTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true);
    builder.build(OWN.iter().chain(NAMED)).expect("a few dozen words can be looked for")
});

/// Whether a text takes back what its outlet reported. `names` are those of the outlet and the agency.
pub(crate) fn is_retraction(title: &str, opening: &str, names: &[&str]) -> bool {
    let end = opening.char_indices().nth(LEDE).map_or(opening.len(), |(end, _)| end);
    let lede = opening.get(..end).unwrap_or_default();
    [title, lede].into_iter().any(|text| is_labelled(text) || has_own_act(text, names))
}

/// Whether whoever writes takes its own report back in it.
fn has_own_act(text: &str, names: &[&str]) -> bool {
    if is_lowered_as_ascii(text) && !ACTS.is_match(text) {
        return false;
    }
    let lower = text.to_lowercase();
    ACTS.is_match(&lower)
        && (OWN.iter().any(|own| lower.contains(own))
            || NAMED.iter().any(|act| is_own_act(&lower, act, names)))
}

/// Whether no letter but those of the alphabet may change in lower case: the rest is ASCII too, or dashes and
/// quotation marks.
fn is_lowered_as_ascii(text: &str) -> bool {
    text.is_ascii() || text.chars().all(|c| matches!(c, '\0'..='\u{7f}' | '\u{2010}'..='\u{2027}'))
}

fn is_labelled(text: &str) -> bool {
    let is_kill = label::behind(text, &KILL).is_some() && text.trim_start().starts_with("KILL");
    let bare = text.trim();
    let is_bare =
        bare.len() <= LONGEST_LABEL && LABELS.words.contains(&bare.to_lowercase().as_str());
    is_kill || is_bare || label::behind(text, &LABELS).is_some()
}

/// Whether one of these names does so to a report.
fn is_own_act(lower: &str, act: &str, names: &[&str]) -> bool {
    lower.match_indices(act).any(|(at, _)| {
        let (before, behind) = (lower.get(..at), lower.get(at + act.len()..));
        let near: String = behind.unwrap_or_default().chars().take(NEAR).collect();
        let who: String =
            before.unwrap_or_default().chars().filter(|c| c.is_alphanumeric()).collect();
        REPORTS.iter().any(|word| near.contains(word))
            && names.iter().any(|name| {
                let letters = compact(name);
                letters.chars().count() >= NAME && who.ends_with(&letters)
            })
    })
}

/// The letters of a name as they stand in a host: `Sugar Daily` is `sugardaily` of `sugardaily.example`.
fn compact(name: &str) -> String {
    let name = name.strip_prefix("www.").unwrap_or(name);
    let label = name.split('.').next().unwrap_or(name).to_lowercase();
    label.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, lede: &str, expected: bool) {
        let names = ["sugardaily.example", "Reuters"];
        assert_eq!(is_retraction(title, lede, &names), expected, "{title} / {lede}");
    }

    #[test]
    fn only_who_takes_back_retracts() {
        for title in [
            "Retraction: Orla dam engineer was not arrested",
            "RETRACTION",
            "撤回：記事",
            "KILL - Orla dam engineer arrested",
            "Mandatory kill: Orla dam",
            "Rückzug des Berichts: Orla",
            "Опровержение: инженер не арестован",
        ] {
            check(title, "", true);
        }
        check("Retraction of a study stirs Orla", "", false);
        check("Kill - a film about Orla", "", false);
        check("Dam engineer arrested", "Police killed the story of a plot.", false);
        check("Troops withdrawn from Orla", "The ministry has withdrawn its report.", false);
    }

    #[test]
    fn who_takes_back_says_so_in_its_own_name() {
        let levy = "Corvane sugar levy";
        check(levy, "Sugar Daily has retracted its article on the levy.", true);
        check(levy, "The Meridian Post has retracted its article on the levy.", false);
        check(levy, "Reuters has withdrawn its story on the levy.", true);
        check(levy, "We retract our report on the levy. It rested on one call.", true);
        check(levy, "Dieser Artikel wurde zurückgezogen.", true);
        check(levy, "Nous retirons cet article sur la taxe.", true);
        check(levy, "Sugar Daily has withdrawn its bid for the port.", false);
        let far = format!("{}We retract our report.", "The levy rose. ".repeat(60));
        check(levy, &far, false);
    }

    #[test]
    fn phrases_stand_in_lower_case_and_without_apostrophes() {
        for phrase in OWN.iter().chain(NAMED) {
            assert_eq!(phrase.to_lowercase(), *phrase);
            assert!(!phrase.contains(['\'', '\u{2019}']), "{phrase}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_that_need_not_be_lowered_says_the_same(
            text in "((We|we|WE) (have|HAVE|) ?(retract|Retracted|RETRACT\u{212a})|[ ’“”–…éÉК]|нЕт ){0,8}",
        ) {
            let lower = ACTS.is_match(&text.to_lowercase());
            proptest::prop_assert!(!is_lowered_as_ascii(&text) || ACTS.is_match(&text) == lower);
            let is_own = OWN.iter().any(|own| text.to_lowercase().contains(own));
            proptest::prop_assert_eq!(has_own_act(&text, &[]), is_own);
        }
    }
}
