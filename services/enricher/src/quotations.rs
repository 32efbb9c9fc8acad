//! Quotations with their speakers, in fourteen languages: `“…,” said Ada Ruiz`, `Ada Ruiz said:
//! “…”`, `Según Ada Ruiz, «…»`, dashes, and `「…」と説明した`. A pronoun is reported as a pronoun. It is
//! resolved only in English, and then marked as inferred.

mod caseless;
mod dashes;
mod speakers;
mod speech;

use wirefold_proto::{FoundBy, Quotation};
use wirefold_text::Span;

use self::dashes::{dialogue, inside};
use self::speakers::{Finder, SpeechContext};
use self::speech::Lexicon;
use crate::entities::FoundName;
use crate::reading::Reading;

/// The most quotations of one text in the output.
const MOST: usize = 200;
/// Fewer words are a term in quotation marks and not speech, unless they have a speaker.
const FEWEST: usize = 4;
/// The most bytes of one quotation.
const LONGEST: usize = 1_000;
/// Characters around the words of a quotation.
const MARKS: &[char] = &[
    '“', '”', '„', '‟', '«', '»', '‹', '›', '"', '\'', '‘', '’', '‚', '「', '」', '『', '』', '—',
    '–', '-', ' ', '\u{a0}', '\u{202f}', '\n',
];

/// The speaker of a quotation.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Attribution {
    /// A name or a phrase beside it.
    To(Span),
    /// `he said`.
    Pronoun(Span),
    /// The subject of the sentence before, or the person a pronoun stands for.
    Inferred {
        speaker: Span,
        pronoun: Option<Span>,
    },
    None,
}

/// Speech with its marks, and the words that name its speaker.
struct Speech {
    span: Span,
    /// The words that name the speaker, if they are known already.
    saying: Option<Span>,
}

/// The quotations of a text in `language`, in order.
pub(crate) fn quotations(
    reading: &Reading<'_>,
    names: &[FoundName],
    language: &str,
) -> Vec<Quotation> {
    let original = reading.text.original();
    let lexicon = Lexicon::of(language);
    let finder = Finder::new(reading, names, language);
    let all = speeches(reading, lexicon);
    let mut found: Vec<(Span, Attribution)> = Vec::new();
    for (at, speech) in all.iter().enumerate() {
        let end = at.checked_sub(1).map_or(0, |before| all[before].span.end);
        let start = all.get(at + 1).map_or(original.len(), |next| next.span.start);
        let around = SpeechContext { speech: speech.span, free: end..start.max(end) };
        let own = match speech.saying {
            Some(saying) => finder.attribution_in(saying),
            None => finder.speaker(&around, language),
        };
        let attribution = match own {
            Attribution::None => last_speaker(reading, &found, speech.span),
            Attribution::Pronoun(pronoun) => finder.resolved(pronoun),
            own => own,
        };
        let attribution = match attribution {
            Attribution::None => finder.inferred(speech.span),
            attribution => attribution,
        };
        found.push((speech.span, attribution));
    }
    attribute_open_speech(reading, &mut found);
    let quotations =
        found.into_iter().filter_map(|(span, attribution)| quotation(reading, span, attribution));
    quotations.take(MOST).collect()
}

/// [`quotations`] of a text by itself.
#[cfg(test)]
pub(crate) fn quotations_of(text: &wirefold_text::Text, language: &str) -> Vec<Quotation> {
    let reading = Reading::new(text);
    quotations(&reading, &crate::entities::find_names(&reading), language)
}

/// The speech of a text: between marks, after dashes, and in two parts if its speaker is named
/// inside.
fn speeches(reading: &Reading<'_>, lexicon: Lexicon) -> Vec<Speech> {
    let original = reading.text.original();
    let mut all: Vec<Speech> = Vec::new();
    for span in reading.text.quotations() {
        match inside(original, *span, lexicon) {
            Some((first, saying, second)) => {
                all.push(Speech { span: first, saying: Some(saying) });
                all.push(Speech { span: second, saying: Some(saying) });
            }
            None => all.push(Speech { span: *span, saying: None }),
        }
    }
    // Speech between marks is in order and does not overlap, so the first one that ends after a
    // piece decides.
    let marked: Vec<Span> = all.iter().map(|speech| speech.span).collect();
    for paragraph in reading.text.paragraphs() {
        for piece in dialogue(original, paragraph.span, lexicon) {
            let next = marked.partition_point(|other| other.end <= piece.span.start);
            if marked.get(next).is_none_or(|other| piece.span.end <= other.start) {
                all.push(piece);
            }
        }
    }
    all.sort_by_key(|speech| speech.span);
    all
}

/// The last speaker, if in the same paragraph, or in the paragraph before if this one is only
/// speech.
fn last_speaker(reading: &Reading<'_>, found: &[(Span, Attribution)], span: Span) -> Attribution {
    let Some((before, attribution)) = found.last() else { return Attribution::None };
    let original = reading.text.original();
    let Some(between) = original.get(before.end..span.start) else { return Attribution::None };
    if !between.contains('\n') {
        return *attribution;
    }
    let is_mark = |c: char| c != '\n' && (MARKS.contains(&c) || c == '.' || c == ',');
    let opens = between.trim_end_matches(is_mark).ends_with('\n');
    let closes = original[span.end..].trim_start_matches(is_mark);
    let is_alone = opens && (closes.is_empty() || closes.starts_with('\n'));
    match is_alone && !between.trim().contains('\n') {
        true => *attribution,
        false => Attribution::None,
    }
}

/// Gives speech with open marks the speaker of the next paragraph.
fn attribute_open_speech(reading: &Reading<'_>, found: &mut [(Span, Attribution)]) {
    let original = reading.text.original();
    for at in (1..found.len()).rev() {
        let (next, attribution) = found[at];
        let (span, own) = found[at - 1];
        let between = original.get(span.end..next.start).unwrap_or_default();
        let is_open = !span.of(original).ends_with(['”', '"', '»', '“', '«', '」', '’', '\'']);
        if own == Attribution::None
            && is_open
            && between.contains('\n')
            && between.trim().is_empty()
        {
            found[at - 1].1 = attribution;
        }
    }
}

fn quotation(reading: &Reading<'_>, span: Span, attribution: Attribution) -> Option<Quotation> {
    let words = reading.text.words();
    let start = words.partition_point(|word| word.span.start < span.start);
    let end = words.partition_point(|word| word.span.start < span.end);
    let original = reading.text.original();
    let printed = span.of(original).trim_matches(MARKS);
    let is_whole = printed.chars().next().is_some_and(|first| !first.is_lowercase());
    // The second half of a sentence begins in lower case: `“I signed nothing,” she said, “nor will
    // I.”`
    let is_speech = attribution != Attribution::None && (is_whole || end - start + 1 == FEWEST);
    if start == end || (end - start < FEWEST && !is_speech) {
        return None;
    }
    let printed = printed[..printed.floor_char_boundary(LONGEST)].to_owned();
    let (speaker, pronoun) = match attribution {
        Attribution::To(name) => (Some(name), None),
        Attribution::Pronoun(word) => (None, Some(word)),
        Attribution::Inferred { speaker, pronoun } => (Some(speaker), pronoun),
        Attribution::None => (None, None),
    };
    let inferred = matches!(attribution, Attribution::Inferred { .. });
    let written = |part: Option<Span>| part.map(|part| part.of(original).to_owned());
    let (speaker, pronoun) = (written(speaker), written(pronoun));
    Some(Quotation { words: printed, speaker, pronoun, inferred, how: FoundBy::Rule })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_text::Text;

    fn check(original: &str, expected: &[Option<&str>]) {
        check_in("", original, expected);
    }

    #[track_caller]
    fn check_in(language: &str, original: &str, expected: &[Option<&str>]) {
        let text = Text::new(original);
        let found = quotations_of(&text, language);
        let speakers: Vec<Option<&str>> = found.iter().map(|q| q.speaker.as_deref()).collect();
        assert_eq!(speakers, expected, "{original}: {found:?}");
    }

    #[test]
    fn speakers_stand_behind_or_before() {
        let quote = "“We will not open the quay again,”";
        check(
            &format!("{quote} said Rosalind Achterberg, the head."),
            &[Some("Rosalind Achterberg")],
        );
        check(&format!("{quote} Mayor Tom Lund said on Monday."), &[Some("Tom Lund")]);
        check(&format!("{quote} said the union’s chief, Ada Ruiz."), &[Some("Ada Ruiz")]);
        check("Tom Lund said: “We will not open the quay.”", &[Some("Tom Lund")]);
        check("Sen. Tom Lund (R-Norland) said: “We will not open the quay.”", &[Some("Tom Lund")]);
        for title in ["Cmdr.", "Capt.", "Lt. Col.", "Prof.", "Maj. Gen.", "Supt."] {
            let attribution =
                format!("{quote} said {title} Leif Arrendal, head of the coast guard station.");
            check(&attribution, &[Some("Leif Arrendal")]);
            let before = format!("{title} Leif Arrendal said: “We will not open the quay again.”");
            check(&before, &[Some("Leif Arrendal")]);
        }
        check("Old Tom Lund told them, “We will not open the quay.”", &[Some("Tom Lund")]);
        check("The sign read “no entry for the public” in red.", &[None]);
        check("They spoke of “one big quay” as Tom Lund left.", &[]);
    }

    #[test]
    fn a_person_speaks_and_not_the_body_or_place_before_the_name() {
        let quote = "“We will not open the quay again,”";
        let of_norland = "the Norland Union’s trade commissioner";
        for (original, speaker) in [
            (
                format!("Maria Lindqvist, {of_norland}, said in Oslo on Monday: {quote}"),
                "Maria Lindqvist",
            ),
            (
                format!("{quote} EU trade chief Maria Lindqvist said at the start."),
                "Maria Lindqvist",
            ),
            (format!("{quote} said EU trade chief Maria Lindqvist."), "Maria Lindqvist"),
            (
                format!("U.S. Secretary of Trade John Miller wrote on Monday: {quote}"),
                "John Miller",
            ),
            (
                format!("John Miller said Norland would ask the United States: {quote}"),
                "John Miller",
            ),
        ] {
            check_in("en", &original, &[Some(speaker)]);
        }
    }

    #[test]
    fn a_comment_on_a_quotation_is_not_a_speaker() {
        check_in(
            "en",
            "“It costs us more than I wanted,” was his only comment on it, he said later.",
            &[None],
        );
    }

    #[test]
    fn a_word_of_a_name_is_not_a_verb_of_saying() {
        let inside =
            "«Our teams, of the United States — and of Norland — will work on the plan,» he said.";
        check_in("en", inside, &[None]);
        let before = "On Monday the United States Navy was brief: “We will not leave the quay.”";
        check_in("en", before, &[Some("United States Navy")]);
    }

    #[test]
    fn a_paragraph_of_only_speech_has_the_speaker_of_the_one_before() {
        let first = "“We will not open it,” said Tom Lund, the mayor.";
        let second = "“There is no money for the ferry in this year or the next.”";
        check(&format!("{first}\n\n{second}\n\nIt rained."), &[Some("Tom Lund"), Some("Tom Lund")]);
        check(&format!("{first}\n\n{second} A boy laughed."), &[Some("Tom Lund"), None]);
        check(&format!("{first}\n\nIt rained.\n\n{second}"), &[Some("Tom Lund"), None]);
    }

    #[test]
    fn pronouns_and_parts_belong_to_the_last_speaker() {
        check(
            "“We will not open it,” said Tom Lund. “Not in this year or the next.”\n“It is far too \
             soon for that,” he said.",
            &[Some("Tom Lund"), Some("Tom Lund"), None],
        );
    }

    #[test]
    fn a_pronoun_is_reported_and_not_guessed() {
        let text = Text::new("The mayors left. “We will not open the quay,” he said on Monday.");
        let found = quotations_of(&text, "en");
        assert_eq!((found[0].speaker.as_deref(), found[0].pronoun.as_deref()), (None, Some("he")));
    }

    #[test]
    fn the_subject_speaks_and_never_the_object() {
        check_in(
            "es",
            "El jefe Juan Mora le dijo a Eva Sanz que «el muelle sigue cerrado».",
            &[Some("Juan Mora")],
        );
        check_in(
            "en",
            "“The quay stays shut,” said the port’s chief to Ada Ruiz.",
            &[Some("the port’s chief")],
        );
        check_in(
            "en",
            "Tom Lund in a letter to Ada Ruiz wrote: “We will not open the quay.”",
            &[Some("Tom Lund")],
        );
        check_in("zh", "厂长王海对李梅表示：“码头今天不会开放。”", &[Some("厂长王海")]);
        check_in(
            "ar",
            "وأكد سامي نور للصحافية ليلى حسن أن «الميناء مغلق حتى الغد».",
            &[Some("سامي نور")],
        );
    }

    #[test]
    fn dashes_set_speech_off() {
        check_in(
            "es",
            "—El muelle sigue cerrado —cuenta Juan Mora—. Nadie nos avisó.",
            &[Some("Juan Mora"); 2],
        );
        check_in("sv", "– Kajen är stängd till mars, säger Nils Ahl.", &[Some("Nils Ahl")]);
        check_in(
            "ru",
            "«Порт закрыт до весны, — сказал Марк Орлов, — и мы ждём».",
            &[Some("Марк Орлов"); 2],
        );
        check_in("en", "— The quay is shut – and the port, too – until March.", &[]);
    }

    #[test]
    fn citing_and_verbs_behind() {
        check_in(
            "fr",
            "Selon Ada Ruiz, cheffe du port, « le quai reste fermé ».",
            &[Some("Ada Ruiz")],
        );
        check_in("de", "Laut Ada Ruiz, Chefin am Kai, „bleibt der Kai zu“.", &[Some("Ada Ruiz")]);
        check_in("tr", "Ada Demir, \"Liman bugün kapalı kalacak\" dedi.", &[Some("Ada Demir")]);
        check_in(
            "ja",
            "港長の森一郎氏は「港は閉まったままだ」と話した。",
            &[Some("港長の森一郎氏")],
        );
    }

    #[test]
    fn other_languages() {
        check(
            "„Wir öffnen den Kai nicht wieder“, sagte Jonas Feld am Montag.",
            &[Some("Jonas Feld")],
        );
        check(
            "Jonas Feld erklärte: „Wir öffnen den Kai nicht wieder.“ Dann ging er.",
            &[Some("Jonas Feld")],
        );
        check("« Nous ne rouvrirons pas le quai », a déclaré Luc Morel.", &[Some("Luc Morel")]);
        check("«No abriremos el muelle otra vez», dijo Ana Lobo.", &[Some("Ana Lobo")]);
        check("«Мы не откроем порт снова», — заявил Марк Орлов.", &[Some("Марк Орлов")]);
    }

    /// Speaker, pronoun, and whether the speaker is inferred.
    #[track_caller]
    fn check_inferred(original: &str, expected: &[(Option<&str>, Option<&str>, bool)]) {
        let text = Text::new(original);
        let found = quotations_of(&text, "en");
        let attribution: Vec<_> = found
            .iter()
            .map(|one| (one.speaker.as_deref(), one.pronoun.as_deref(), one.inferred))
            .collect();
        assert_eq!(attribution, expected, "{original}");
    }

    #[test]
    fn the_subject_of_the_english_clause_speaks() {
        let check_english = |original: &str, expected: &[Option<&str>]| {
            check_in("en", original, expected);
        };
        check_english(
            "Ada Ruiz, who had called Tom Lund on Monday, told reporters, “We will not open the quay.”",
            &[Some("Ada Ruiz")],
        );
        check_english(
            "Ada Ruiz backed Tom Lund last week, saying he “has never closed a single quay here.”",
            &[Some("Ada Ruiz")],
        );
        check_english(
            "“We will not open the quay,” Ada Ruiz told reporters. “It is closed for good.” Mayor Tom Lund \
             said he would open it.",
            &[Some("Ada Ruiz"), Some("Ada Ruiz")],
        );
        check_english(
            "“This will be a hard year” for the port, said Ada Ruiz.",
            &[Some("Ada Ruiz")],
        );
        check_english(
            "The vote came days after Tom Lund told members he was “not quite there yet” with it.",
            &[Some("Tom Lund")],
        );
        check_english(
            "Critics laughed at Tom Lund’s claim that the town was “the happiest place on earth.”",
            &[None],
        );
    }

    #[test]
    fn a_pronoun_means_the_subject_before_and_is_marked() {
        let quote = "“We will not open the quay again,”";
        let ruiz = (Some("Ada Ruiz"), Some("she"), true);
        let she = (None, Some("she"), false);
        let expect = |original: String, expected| check_inferred(&original, &[expected]);
        expect(format!("Ada Ruiz came to the quay on Monday. {quote} she said."), ruiz);
        expect(format!("Ada Ruiz came with Tom Lund. She left early. {quote} she said."), ruiz);
        // No person fits, or the last subject does not.
        expect(format!("Tom Lund came to the quay on Monday. {quote} she said."), she);
        expect(format!("The quay had been closed for years. {quote} she said."), she);
        expect(format!("A letter came from Ada Ruiz and Clara Lund. {quote} she said."), she);
    }

    #[test]
    fn speech_without_a_speaker_belongs_to_the_subject_before() {
        check_inferred(
            "Ada Ruiz spoke at the quay on Monday. “We will not open it again in my time.”",
            &[(Some("Ada Ruiz"), None, true)],
        );
        check_inferred(
            "Ada Ruiz spoke at the quay on Monday. “We will not open it again,” a sign read.",
            &[(Some("a sign"), None, false)],
        );
    }
}
