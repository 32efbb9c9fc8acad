//! The edits of a text when other outlets print it, or when its own outlet prints it again.

use wirefold_score::Random;

use super::article::{Paragraph, Role};
use super::news::{self, Draft};
use super::writer::Writer;

/// An edit of a copy or a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edit {
    /// None except for headline and credit.
    Exact,
    /// Another first paragraph, before the old one or in its place.
    NewLede,
    /// Only the first 30 to 85 % of the paragraphs.
    DropTail,
    /// Some paragraphs are moved.
    Moved,
    /// A quarter of the sentences with changed words, some of them rewritten.
    Reworded,
    /// New paragraphs between the others.
    Inserted,
    /// Some quotations left out, others added, other marks around the rest.
    Quotations,
    /// Two to four of those above.
    Mixed,
    /// Zero-width characters and soft hyphens inside words: the text looks the same.
    Hidden,
    /// A version: a number corrected.
    Corrected,
    /// A version: another lede and more at the end.
    Updated,
    /// A version: some paragraphs left out.
    Trimmed,
}

/// The edits of copies with their percentages.
const COPIES: [(Edit, usize); 9] = [
    (Edit::Exact, 22),
    (Edit::NewLede, 11),
    (Edit::DropTail, 14),
    (Edit::Moved, 5),
    (Edit::Reworded, 8),
    (Edit::Inserted, 8),
    (Edit::Quotations, 5),
    (Edit::Mixed, 25),
    (Edit::Hidden, 2),
];
/// The edits of a mix, in the order in which they are applied.
const MIXED: [Edit; 6] =
    [Edit::Reworded, Edit::DropTail, Edit::Moved, Edit::Quotations, Edit::Inserted, Edit::NewLede];
/// The percentage of changed sentences in a reworded text, and of rewritten ones among these.
const REWORDED: usize = 25;
const REWRITTEN: usize = 30;

impl Edit {
    /// Its name in labels and tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Edit::Exact => "exact",
            Edit::NewLede => "newlede",
            Edit::DropTail => "droptail",
            Edit::Moved => "moved",
            Edit::Reworded => "reworded",
            Edit::Inserted => "inserted",
            Edit::Quotations => "quotations",
            Edit::Mixed => "mixed",
            Edit::Hidden => "hidden",
            Edit::Corrected => "corrected",
            Edit::Updated => "updated",
            Edit::Trimmed => "trimmed",
        }
    }

    /// A random edit of a copy.
    pub(super) fn of_copy(random: &mut Random) -> Edit {
        let mut drawn = random.below(100);
        for (edit, share) in COPIES {
            if drawn < share {
                return edit;
            }
            drawn -= share;
        }
        Edit::Exact
    }

    /// A random edit of a version.
    pub(super) fn of_version(random: &mut Random) -> Edit {
        *random.pick(&[Edit::Corrected, Edit::Updated, Edit::Updated, Edit::Trimmed])
    }

    /// Edits a text. New sentences belong to the writer.
    pub(super) fn apply(self, draft: &mut Draft, writer: &mut Writer<'_>) {
        match self {
            Edit::Exact => {}
            Edit::NewLede => another_lede(draft, writer),
            Edit::DropTail => {
                let percent = writer.random.within(30..86);
                draft.paragraphs.truncate((draft.paragraphs.len() * percent).div_ceil(100));
            }
            Edit::Moved => move_paragraphs(&mut draft.paragraphs, &mut writer.random),
            Edit::Reworded => reword(draft, writer),
            Edit::Inserted => insert(draft, writer),
            Edit::Quotations => other_quotations(draft, writer),
            Edit::Mixed => {
                let mut chosen = MIXED;
                writer.random.shuffle(&mut chosen);
                let count = writer.random.within(2..5);
                let steps = MIXED.into_iter().filter(|edit| chosen[..count].contains(edit));
                steps.for_each(|edit| edit.apply(draft, writer));
            }
            Edit::Hidden => {
                let sentences = draft.paragraphs.iter_mut().flatten();
                sentences.for_each(|sentence| sentence.text = hide(&sentence.text));
            }
            Edit::Corrected => correct(draft, &mut writer.random),
            Edit::Updated => {
                another_lede(draft, writer);
                for _ in 0..writer.random.within(1..4) {
                    let paragraph = writer.paragraph(2);
                    draft.paragraphs.push(paragraph);
                }
            }
            Edit::Trimmed => trim(draft, &mut writer.random),
        }
    }
}

fn another_lede(draft: &mut Draft, writer: &mut Writer<'_>) {
    if writer.random.chance(50) && draft.paragraphs.len() > 3 {
        draft.paragraphs.remove(0);
    }
    let sentences = writer.random.within(1..3);
    let lede = writer.paragraph(sentences);
    draft.paragraphs.insert(0, lede);
}

fn move_paragraphs(paragraphs: &mut Vec<Paragraph>, random: &mut Random) {
    for _ in 0..1 + paragraphs.len() / 5 {
        let from = random.below(paragraphs.len());
        let moved = paragraphs.remove(from);
        let to = random.below(paragraphs.len() + 1);
        paragraphs.insert(to, moved);
    }
}

/// Changes words in some sentences. A sentence with a word or two changed keeps its origin; a rewritten one
/// belongs to the writer.
fn reword(draft: &mut Draft, writer: &mut Writer<'_>) {
    for sentence in draft.paragraphs.iter_mut().flatten() {
        let is_own = matches!(sentence.role, Role::Own(_));
        if !is_own || !writer.random.chance(REWORDED) {
            continue;
        }
        if writer.random.chance(REWRITTEN) {
            *sentence = writer.own();
        } else if writer.script.has_spaces() {
            sentence.text = other_word(&sentence.text, writer);
        }
    }
}

/// The same sentence with a word in the middle deleted, doubled or replaced.
fn other_word(text: &str, writer: &mut Writer<'_>) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    if words.len() < 6 {
        return text.to_owned();
    }
    let at = writer.random.within(2..words.len() - 2);
    let other = writer.fill("{w}");
    match writer.random.below(3) {
        0 => {
            words.remove(at);
        }
        1 => words.insert(at, &other),
        _ => words[at] = &other,
    }
    words.join(" ")
}

fn insert(draft: &mut Draft, writer: &mut Writer<'_>) {
    for _ in 0..writer.random.within(1..4) {
        let sentences = writer.random.within(1..4);
        let paragraph = writer.paragraph(sentences);
        let at = writer.random.within(1..draft.paragraphs.len() + 1);
        draft.paragraphs.insert(at, paragraph);
    }
}

fn other_quotations(draft: &mut Draft, writer: &mut Writer<'_>) {
    let is_quotation = |paragraph: &Paragraph| paragraph.iter().all(|it| it.role == Role::Quoted);
    let random = &mut writer.random;
    draft.paragraphs.retain(|paragraph| !is_quotation(paragraph) || random.chance(50));
    let own: Vec<_> = (0..writer.random.within(1..4)).map(|_| writer.quotation()).collect();
    if !draft.paragraphs.is_empty() {
        news::quote(draft, &own, writer);
    }
    if writer.random.chance(50) {
        for sentence in draft.paragraphs.iter_mut().flatten() {
            sentence.text = sentence.text.replace(['“', '”'], "\"");
        }
    }
}

/// Changes a digit in one number of the text.
fn correct(draft: &mut Draft, random: &mut Random) {
    let sentences = draft.paragraphs.iter_mut().flatten();
    let mut numbered: Vec<_> =
        sentences.filter(|its| its.text.contains(|it: char| it.is_ascii_digit())).collect();
    let count = numbered.len();
    let Some(sentence) = numbered.get_mut(random.below(count)) else { return };
    let mut is_done = false;
    let corrected = |letter: char| {
        let Some(digit) = letter.to_digit(10).filter(|_| !is_done) else { return letter };
        is_done = true;
        char::from_digit(digit % 9 + 1, 10).unwrap_or(letter)
    };
    sentence.text = sentence.text.chars().map(corrected).collect();
}

fn trim(draft: &mut Draft, random: &mut Random) {
    for _ in 0..1 + draft.paragraphs.len() / 6 {
        if draft.paragraphs.len() > 3 {
            let at = random.within(1..draft.paragraphs.len());
            draft.paragraphs.remove(at);
        }
    }
}

/// The same text to the eye, with zero-width characters and soft hyphens inside some words.
pub(super) fn hide(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len() * 5 / 4);
    for (at, letter) in text.chars().enumerate() {
        hidden.push(letter);
        if at % 29 == 3 && letter.is_alphabetic() {
            hidden.push('\u{200b}');
        }
        if at % 41 == 5 && letter.is_alphabetic() {
            hidden.push('\u{00ad}');
        }
    }
    hidden
}
