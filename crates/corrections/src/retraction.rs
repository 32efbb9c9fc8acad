//! Retractions: an outlet withdraws a report.
//!
//! It does so in a label, or in its own name in title or lede. A report about the retraction of
//! another outlet is news.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::label;

/// Labels of retractions, in lower case.
#[rustfmt::skip]
pub(crate) const LABELS: &[&str] = &[
    "retraction", "retraction notice", "retracted", "story retracted", "article retracted",
    "withdrawn", "report withdrawn", "story withdrawn", "article withdrawn", "withdrawal",
    "mandatory kill", "kill notice", "kill advisory", "story kill", "photo kill",
    "zurückgezogen", "rückzug", "rückzug des berichts", "rétractation", "article retiré",
    "dépêche annulée", "retractación", "retractado", "artículo retirado", "anulación",
    "ritrattazione", "notizia ritirata", "retratação", "matéria retirada", "intrekking",
    "ingetrokken", "опровержение", "отозвано", "материал отозван", "спростування", "wycofanie",
    "återkallas", "tilbaketrukket", "geri çekildi", "撤回",
    "更正并撤回", "سحب الخبر", "سحب خبر",
];

/// The label of agencies, which counts only in capitals. `Kill` is a word of many titles.
pub(crate) const KILL: &[&str] = &["kill"];

/// Sentences in which the writer withdraws its own report, in lower case.
#[rustfmt::skip]
const OWN: &[&str] = &[
    "this article has been retracted", "this article has been withdrawn",
    "this story has been retracted", "this story has been withdrawn",
    "this report has been retracted", "this report has been withdrawn",
    "this article was retracted", "this story was withdrawn", "kill the story",
    "disregard the story", "story has been killed",
    "wir ziehen den bericht",
    "dieser artikel wurde zurückgezogen", "dieser bericht wurde zurückgezogen",
    "cet article a été retiré", "este artículo ha sido retirado", "questo articolo è stato ritirato",
    "este artigo foi retirado", "dit artikel is ingetrokken", "редакция отзывает", "эта статья отозвана", "редакція відкликає",
    "цю статтю відкликано", "نسحب هذا الخبر", "نسحب تقريرنا",
    "記事を撤回します", "本記事を撤回", "撤回本文", "本报撤回",
];

/// Acts of the writer, in lower case, outside quotation marks. A report must follow: parties withdraw their support.
#[rustfmt::skip]
const OURS: &[&str] = &[
    "we retract", "we have retracted", "we are retracting", "we withdraw our", "we have withdrawn",
    "wir ziehen diesen", "wir ziehen unseren", "nous retirons cet", "nous retirons notre", "nous nous rétractons",
    "retiramos este", "retiramos nuestr", "nos retractamos", "ritiriamo questo", "ritiriamo il nostro",
    "retiramos nossa", "nos retratamos", "wij trekken dit", "мы отзываем",
];

/// Verbs of withdrawing, in lower case. They count only directly after the name of the outlet or
/// agency.
#[rustfmt::skip]
const NAMED: &[&str] = &[
    "has retracted its", "has withdrawn its", "retracts its", "withdraws its", "retracted its",
    "withdrew its", "has retracted the", "has withdrawn the", "hat ihren", "zieht ihren",
    "hat seinen", "a retiré son", "retire son", "ha retirado su", "retira su", "ha ritirato il suo",
    "отозвал свой", "отозвала свой",
];
/// Words for a report, which must follow closely.
#[rustfmt::skip]
const REPORTS: &[&str] = &[
    "article", "report", "story", "bericht", "artikel", "articolo", "artículo", "noticia",
    "reportaje", "материал", "dépêche", "dispatch", "meldung", "nachricht", "información", "notizia",
    "matéria", "reportagem", "notícia", "стать", "сообщени",
];
/// The distance within which a report must be named, in characters.
const NEAR: usize = 60;
/// The lede ends after this many characters.
const LEDE: usize = 600;
/// The fewest letters of a name. A shorter one may end a word by chance.
const NAME: usize = 4;

/// The most bytes of a label, in any case.
const LONGEST_LABEL: usize = 200;

/// A search for all of these in one pass. Hardly any text has one of them.
static ACTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let all = OWN.iter().chain(OURS).chain(NAMED);
    AhoCorasick::new(all).expect("a few dozen words can be looked for")
});

/// Whether a text withdraws a report of its outlet. `names` are the names of the outlet and the
/// agency.
pub(crate) fn is_retraction(title: &str, opening: &str, names: &[&str]) -> bool {
    let end = opening.char_indices().nth(LEDE).map_or(opening.len(), |(end, _)| end);
    let lede = opening.get(..end).unwrap_or_default();
    [title, lede].into_iter().any(|text| is_labelled(text) || has_own_act(text, names))
}

/// Whether the writer withdraws its own report in a text.
fn has_own_act(text: &str, names: &[&str]) -> bool {
    let lower = text.to_lowercase();
    ACTS.is_match(&lower)
        && (OWN.iter().any(|own| lower.contains(own))
            || OURS.iter().any(|act| is_of_a_report(&lower, act))
            || NAMED.iter().any(|act| is_own_act(&lower, act, names)))
}

/// Whether an act of the writer is about a report, and is not quoted.
fn is_of_a_report(lower: &str, act: &str) -> bool {
    lower.match_indices(act).any(|(at, _)| {
        let (before, behind) = lower.split_at(at);
        let line = behind[act.len()..].split('\n').next().unwrap_or_default();
        let begins = before.trim_end_matches([' ', '\u{a0}']);
        let is_quoted = begins.ends_with(['“', '"', '«', '„', '‘', '\'', '‹', '「', '”', '»']);
        !is_quoted && names_report(line)
    })
}

/// Whether a word for a report follows closely.
fn names_report(behind: &str) -> bool {
    let near: String = behind.chars().take(NEAR).collect();
    REPORTS.iter().any(|word| near.contains(word))
}

fn is_labelled(text: &str) -> bool {
    let is_kill = label::text_after(text, KILL).is_some() && text.trim_start().starts_with("KILL");
    let bare = text.trim();
    let is_bare = bare.len() <= LONGEST_LABEL && LABELS.contains(&bare.to_lowercase().as_str());
    is_kill || is_bare || label::text_after(text, LABELS).is_some()
}

/// Whether one of these names is the subject of the verb, and a report its object.
fn is_own_act(lower: &str, act: &str, names: &[&str]) -> bool {
    lower.match_indices(act).any(|(at, _)| {
        let (before, behind) = (lower.get(..at), lower.get(at + act.len()..));
        let who: String =
            before.unwrap_or_default().chars().filter(|c| c.is_alphanumeric()).collect();
        names_report(behind.unwrap_or_default())
            && names.iter().any(|name| {
                let letters = compact(name);
                letters.chars().count() >= NAME && who.ends_with(&letters)
            })
    })
}

/// The letters of a name as in a host: `Sugar Daily` is `sugardaily` of `sugardaily.example`.
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
    fn only_the_writer_of_a_report_retracts_it() {
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
    fn a_retraction_is_in_the_name_of_the_outlet() {
        let levy = "Corvane sugar levy";
        check(levy, "Sugar Daily has retracted its article on the levy.", true);
        check(levy, "The Meridian Post has retracted its article on the levy.", false);
        check(levy, "Reuters has withdrawn its story on the levy.", true);
        check(
            "Party leaves",
            "The party left on Friday.\n\n“We withdraw our support,” it said.",
            false,
        );
        check("Union", "We withdraw our offer, said its leader.", false);
        check("Bourse", "« Nous retirons notre offre », a déclaré la banque.", false);
        check("Dam", "“We withdraw our report on the dam,” the engineers said.", false);
        check(levy, "We retract our report on the levy. It rested on one call.", true);
        check(levy, "Dieser Artikel wurde zurückgezogen.", true);
        check(levy, "Nous retirons cet article sur la taxe.", true);
        check(levy, "Sugar Daily has withdrawn its bid for the port.", false);
        let far = format!("{}We retract our report.", "The levy rose. ".repeat(60));
        check(levy, &far, false);
    }

    #[test]
    fn phrases_are_in_lower_case_without_curly_apostrophes() {
        for phrase in OWN.iter().chain(NAMED) {
            assert_eq!(phrase.to_lowercase(), *phrase);
            assert!(!phrase.contains(['\'', '\u{2019}']), "{phrase}");
        }
    }
}
