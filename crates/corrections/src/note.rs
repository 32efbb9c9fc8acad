//! Finds the note with which an outlet corrects, clarifies or retracts its own report.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Anchored, Input, StartKind};
use wirefold_text::Text;
use wirefold_text::extract::clock_time;

use crate::label::{self, without_marks};
use crate::phrases::{CLARIFICATIONS, CLEARER, CORRECTIONS, OWN, OWN_VERSION, REPORTS};
use crate::retraction::{self, is_retraction};

/// The kind of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// It corrects something.
    Correction,
    /// It clarifies something.
    Clarification,
    /// It withdraws the report.
    Retraction,
}

/// A note in which an outlet corrects its own report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The kind.
    pub kind: NoteKind,
    /// Its first sentences without the label, at most 200 characters.
    pub words: String,
    /// The same sentences, in full.
    pub whole: String,
    /// Whether title or text begins with it, so that the whole text is a correction.
    pub opens: bool,
}

/// The number of sentences of a note that are used.
const SENTENCES: usize = 2;
/// The most characters of the quoted words.
const LONGEST: usize = 200;
/// The longest paragraph of a note that is read, in bytes.
const READ: usize = 2_000;
/// In this many bytes at both ends of a text, a note may begin at any sentence. Between them, it
/// begins a paragraph.
const EDGE: usize = 2_400;
/// The distance after its first words within which a phrase must name the report, in characters.
const NEAR: usize = 60;

/// The note of a text. `None` if it has none. `names` are the names of its outlet and its agency,
/// which may withdraw a report in their own name.
#[must_use]
pub fn note(title: &str, text: &str, names: &[&str]) -> Option<Note> {
    unknown_note(title, text, names, |_| false)
}

/// The first note of a text whose words are not known. A later version may leave its old note above the new one.
#[must_use]
pub fn unknown_note(
    title: &str,
    text: &str,
    names: &[&str],
    is_known: impl Fn(&str) -> bool,
) -> Option<Note> {
    if is_retraction(title, text, names) {
        let first = text.trim_start().lines().next().unwrap_or_default();
        let first = label::text_after(first, retraction::LABELS).unwrap_or(first);
        return Some(new_note(NoteKind::Retraction, sentences(bounded(first)), true));
    }
    let of_title = labelled(title).map(|(kind, _)| kind);
    let found = starts(text).find_map(|at| {
        let begun = text.get(at..)?;
        let (kind, words) = note_at(begun)?;
        let is_first = text.get(..at).is_some_and(|before| without_marks(before).is_empty());
        // An entry of a live page corrects another entry.
        let opens = is_first && clock_time(begun) == 0;
        (!words.is_empty() && !is_known(&words)).then_some((opens, kind, words))
    });
    match (found, of_title) {
        (Some((opens, kind, words)), of_title) => {
            Some(new_note(of_title.unwrap_or(kind), words, opens || of_title.is_some()))
        }
        (None, Some(kind)) => {
            let first = text.trim_start().split('\n').next().unwrap_or_default();
            Some(new_note(kind, sentences(bounded(first)), true))
        }
        (None, None) => None,
    }
}

/// Removes the label of a note from a headline.
#[must_use]
pub fn without_label(title: &str) -> &str {
    let all = [CORRECTIONS, CLARIFICATIONS, retraction::LABELS, retraction::KILL];
    let rest = all.into_iter().find_map(|labels| label::text_after(title, labels)).map(str::trim);
    rest.filter(|rest| !rest.is_empty()).unwrap_or(title)
}

fn new_note(kind: NoteKind, whole: String, opens: bool) -> Note {
    Note { kind, words: quoted(&whole), whole, opens }
}

/// The kind of the label that a line begins with, and the text after it.
fn labelled(line: &str) -> Option<(NoteKind, &str)> {
    let behind = |labels: &[&str], kind| label::text_after(line, labels).map(|rest| (kind, rest));
    behind(CORRECTIONS, NoteKind::Correction)
        .or_else(|| behind(CLARIFICATIONS, NoteKind::Clarification))
}

/// Whether a line begins with the label of a correction, perhaps behind a clock time.
#[must_use]
pub fn is_labelled(line: &str) -> bool {
    labelled(&line[clock_time(line)..]).is_some()
}

/// The note that begins at this position: after a label, or with a sentence about the report
/// itself. An entry of a live page has its clock time before it.
fn note_at(text: &str) -> Option<(NoteKind, String)> {
    let text = &text[clock_time(text)..];
    if !may_begin(text) {
        return None;
    }
    if let Some((kind, behind)) = labelled(text) {
        let line = behind.split('\n').find(|line| without_marks(line).chars().count() > 1)?;
        return Some((kind, sentences(bounded(line))));
    }
    let line = without_marks(text.split('\n').next()?);
    let opening: String = line.chars().take(NEAR * 2).flat_map(char::to_lowercase).collect();
    let opening = opening.replace('\u{2019}', "'");
    let names_report = |phrase: &str| {
        // The phrase itself may name the report: `当初の記事`.
        let near: String = opening.chars().take(phrase.chars().count() + NEAR).collect();
        REPORTS.iter().any(|report| near.contains(report))
    };
    let is_own = OWN.iter().any(|phrase| opening.starts_with(phrase))
        || OWN_VERSION
            .iter()
            .filter(|phrase| opening.starts_with(*phrase))
            .any(|phrase| names_report(phrase));
    let words = sentences(bounded(is_own.then_some(line)?));
    let lower = words.to_lowercase();
    let is_clearer = CLEARER.iter().any(|phrase| lower.contains(phrase));
    let kind = if is_clearer { NoteKind::Clarification } else { NoteKind::Correction };
    Some((kind, words))
}

/// Whether a text may begin with a label or a phrase, by the letters up to the first one beyond
/// ASCII. Nearly all texts do not.
fn may_begin(text: &str) -> bool {
    static HEADS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let all = [CORRECTIONS, CLARIFICATIONS, OWN, OWN_VERSION].into_iter().flatten();
        let heads = all.map(|words| words.split_inclusive(|c: char| !c.is_ascii()).next());
        // The search ignores the case of ASCII letters only.
        let heads = heads.flatten().flat_map(|head| [head.to_owned(), head.to_uppercase()]);
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).start_kind(StartKind::Anchored);
        builder.build(heads).expect("some hundred words can be looked for")
    });
    HEADS.find(Input::new(without_marks(text)).anchored(Anchored::Yes)).is_some()
}

/// The positions where a note may begin: at a paragraph, and near both ends at a sentence.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    let end = text.len().saturating_sub(EDGE);
    let mut ended = true;
    let mut next = 0;
    std::iter::from_fn(move || {
        loop {
            if !ended {
                next += text.as_bytes().get(next..)?.iter().position(may_end)?;
            }
            let character = text.get(next..)?.chars().next()?;
            let at = next;
            next += character.len_utf8();
            let begins = ended
                && !character.is_whitespace()
                && !matches!(character, '"' | '”' | '»' | ')' | '*');
            let is_inside = at > EDGE && at < end;
            ended = match character {
                '\n' => true,
                _ if ends(character) => !is_inside,
                _ => ended && !begins,
            };
            if begins {
                // Between the ends, only the next paragraph may begin with a note.
                if is_inside {
                    next = text[at..].find('\n').map_or(end, |line| at + line).max(next);
                    next = text.floor_char_boundary(next.min(text.len()));
                }
                return Some(at);
            }
        }
    })
}

/// Whether a character ends a paragraph or a sentence.
fn ends(character: char) -> bool {
    matches!(character, '\n' | '.' | '!' | '?' | '。' | '！' | '？' | '؟')
}

/// Whether a character that ends a paragraph or a sentence may begin with this byte.
fn may_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'.' | b'!' | b'?' | 0xd8 | 0xe3 | 0xef)
}

fn bounded(line: &str) -> &str {
    line.get(..line.floor_char_boundary(READ)).unwrap_or(line)
}

/// The first sentences of a paragraph.
#[must_use]
pub fn sentences(paragraph: &str) -> String {
    let text = Text::new(paragraph.trim());
    let all = text.sentences();
    // A text that is all page chrome has no sentences.
    let whole = text.original().len();
    let end = all.iter().take(SENTENCES).next_back().map_or(whole, |sentence| sentence.span.end);
    text.original().get(..end).unwrap_or_default().trim().to_owned()
}

/// Prepares words for quotation: removes marks around them, and cuts them at a word.
#[must_use]
pub fn quoted(words: &str) -> String {
    let words = words.trim().trim_matches(['*', '_', '[', ']', '】', '"', '“', '”']).trim();
    let Some((end, _)) = words.char_indices().nth(LONGEST) else { return words.to_owned() };
    let short = words.get(..end).unwrap_or(words);
    let whole = short.rsplit_once(' ').map_or(short, |(whole, _)| whole);
    format!("{}…", whole.trim_end_matches([',', ';', ':', '.']))
}

#[cfg(test)]
mod tests {
    use super::NoteKind::{Clarification, Correction, Retraction};
    use super::*;

    const HURT: &str = "A bus overturned at Brenmouth on Monday, and many were hurt in it.";

    #[track_caller]
    fn check(title: &str, text: &str, expected: Option<(NoteKind, bool, &str)>) {
        let found = note(title, text, &[]);
        let found = found.as_ref().map(|note| (note.kind, note.opens, note.words.as_str()));
        assert_eq!(found, expected, "{title} / {text}");
    }

    #[test]
    fn finds_a_note_at_any_position() {
        let was = "An earlier version named Maria Hollow. Her name is Marta Holloway.";
        check("Bus", &format!("CORRECTION: {was} {HURT}"), Some((Correction, true, was)));
        let later = Some((Correction, false, was));
        check("Bus", &format!("{HURT}\n\nCorrection (May 12): {was}"), later);
        check("Bus", &format!("{HURT} Correction: {was}"), later);
        check("Bus", &format!("{HURT}\nCorrection:\n\n{was}"), later);
        check("Correction: Bus", was, Some((Correction, true, was)));
        check("Bus", &format!("{HURT} The correction: none."), None);
        check("Correction officers strike", HURT, None);
        let entry = Some((Correction, false, was));
        check("Live", &format!("14:40 Correction: {was}\n\n14:02 {HURT}"), entry);
        check(
            "Live",
            &format!("Correction, 14:40: {was}\n\n14:02 {HURT}"),
            Some((Correction, true, was)),
        );
        let long = format!("{HURT}\n\n").repeat(200);
        check(
            "Bus",
            &format!("{long}Clarification: {was}\n\n{long}"),
            Some((Clarification, false, was)),
        );
    }

    #[test]
    fn a_new_note_may_stand_below_one_that_is_known() {
        let (old, new) = ("It gave the wrong name.", "It gave the wrong road. It is Road 9.");
        for between in [" ", "\n\n"] {
            let text = format!("{HURT}\n\nCorrection: {old} It is Ada.{between}Correction: {new}");
            let found = unknown_note("Bus", &text, &[], |words| words.starts_with(old));
            assert_eq!(found.map(|note| note.words).as_deref(), Some(new), "{text}");
            assert_eq!(unknown_note("Bus", &text, &[], |_| true), None);
        }
    }

    #[test]
    fn notes_are_read_in_many_languages() {
        let label = "имя было неверным.";
        check("Автобус", "Поправка: имя было неверным.", Some((Correction, true, label)));
        for (text, kind) in [
            ("Korrektur: Der Name war falsch.", Correction),
            ("Berichtigung – Der Name war falsch.", Correction),
            ("Klarstellung: Der Name gilt seit Mai.", Clarification),
            ("Rectificatif : le nom était faux.", Correction),
            ("Précision : le nom date de mai.", Clarification),
            ("Fe de errores: el nombre era falso.", Correction),
            ("Aclaración: el nombre es de mayo.", Clarification),
            ("Rettifica: il nome era falso.", Correction),
            ("Precisazione: il nome è di maggio.", Clarification),
            ("Correção: o nome estava errado.", Correction),
            ("Esclarecimento: o nome é de maio.", Clarification),
            ("Rectificatie: de naam was fout.", Correction),
            ("Исправление: имя было неверным.", Correction),
            ("Уточнение: имя было неверным.", Clarification),
            ("Виправлення: ім'я було хибним.", Correction),
            ("Sprostowanie: nazwisko było błędne.", Correction),
            ("Rättelse: namnet var fel.", Correction),
            ("Düzeltme: isim yanlıştı.", Correction),
            ("تصحيح: كان الاسم خاطئا.", Correction),
            ("توضيح: الاسم من مايو.", Clarification),
            ("【訂正】名前が誤っていました。", Correction),
            ("更正：名字有误。", Correction),
            ("澄清：名字是五月的。", Clarification),
            ("정정: 이름이 틀렸습니다.", Correction),
        ] {
            let found = note("", text, &[]).map(|note| note.kind);
            assert_eq!(found, Some(kind), "{text}");
        }
    }

    #[test]
    fn a_sentence_about_its_own_report_is_a_note() {
        for text in [
            "An earlier version of this article misspelled the name of the minister.",
            "This article was amended on 5 May to correct the name of the minister.",
            "(Corrects spelling of the minister's name in the second paragraph)",
            "In einer früheren Version dieses Artikels war der Name falsch.",
            "Une première version de cet article donnait un autre nom.",
            "Contrairement à ce que nous avons écrit, le nom est autre.",
            "En una versión anterior de este artículo el nombre era falso.",
            "In una versione precedente di questo articolo il nome era falso.",
            "Uma versão anterior deste texto trazia outro nome.",
            "In een eerdere versie van dit artikel stond een andere naam.",
            "В предыдущей версии статьи имя было неверным.",
            "У попередній версії статті ім'я було хибним.",
            "We wcześniejszej wersji artykułu nazwisko było błędne.",
            "I en tidigare version av artikeln var namnet fel.",
            "في نسخة سابقة من هذا المقال كان الاسم خاطئا.",
            "当初の記事で名前が誤っていました。",
            "本文早前版本的名字有误。",
        ] {
            let found = note("", &format!("{HURT}\n\n{text}"), &[]);
            assert_eq!(found.map(|note| note.kind), Some(Correction), "{text}");
        }
        let clearer = "This article was amended on 5 May to clarify who owns the bus.";
        check("", clearer, Some((Clarification, true, clearer)));
    }

    #[test]
    fn corrections_by_others_are_news() {
        for text in [
            "An earlier version of the bill was rejected in May.",
            "In einer früheren Version des Gesetzes fehlte der Satz.",
            "Correction officers: the strike goes on.",
            "The ministry issued a correction: nobody was hurt.",
            "Because of an editing of genes, the plants grew.",
            "Clarification of the law is needed, judges say.",
            "The correction of the market goes on: shares fell.",
        ] {
            check("Bus", &format!("{HURT}\n\n{text}\n\n{HURT}"), None);
        }
    }

    #[test]
    fn a_retraction_has_priority() {
        check(
            "Retraction: Bus",
            "We withdraw our report.",
            Some((Retraction, true, "We withdraw our report.")),
        );
        let own = "Sugar Daily has retracted its article on a levy.";
        let found = note("Levy", own, &["sugardaily.example"]).map(|note| note.kind);
        assert_eq!(found, Some(Retraction));
    }

    #[test]
    fn every_label_and_phrase_may_begin_a_text() {
        for words in [CORRECTIONS, CLARIFICATIONS, OWN, OWN_VERSION].into_iter().flatten() {
            assert!(may_begin(words) && may_begin(&words.to_uppercase()), "{words}");
            assert!(may_begin(&format!("{words} ’")), "{words}");
        }
        assert!(!may_begin("The harbour is shut, and the ferry stays away until Friday."));
    }

    #[test]
    fn sentences_begin_after_every_mark_that_ends_one() {
        let all = "\n.!?。！？؟";
        assert!(all.chars().all(|it| ends(it) && may_end(&it.to_string().as_bytes()[0])));
        for mark in all.chars() {
            let text = format!("One{mark} \"two{mark})Three four ) é");
            let found: Vec<&str> = starts(&text).map(|at| &text[at..at + 1]).collect();
            assert_eq!(found, ["O", "t", "T"], "{mark}");
        }
        assert_eq!(starts("").count() + starts(" \"").count(), 0);
    }

    #[test]
    fn a_long_note_is_cut_at_a_word() {
        let long = format!("Correction: the name was {}wrong.", "very ".repeat(60));
        let words = note("", &long, &[]).unwrap().words;
        assert!(words.ends_with("very…") && words.chars().count() <= LONGEST + 1, "{words}");
    }

    #[test]
    fn a_headline_loses_its_label() {
        assert_eq!(without_label("Correction: Bus crash: what we know"), "Bus crash: what we know");
        assert_eq!(without_label("KILL - Bus crash"), "Bus crash");
        for same in ["Correction", "Correction officers strike: why", "Bus crash"] {
            assert_eq!(without_label(same), same);
        }
    }

    proptest::proptest! {
        #[test]
        fn accepts_any_text(text in "(\\PC|\n|\\. |Correction: |更正：){0,80}", times in 1..60_usize) {
            let _ = note(&text, &text.repeat(times), &["x"]);
        }
    }
}
