//! Normalised words with their positions in the original.
//!
//! Words are in NFKC (UAX #15), case folded and without apostrophes. Everything that is not a
//! letter, digit or mark separates words. In scripts without spaces, each character is a word.
//! Decimal digits of all scripts become ASCII digits, which NFKC does not do: newspapers in one
//! language write both `٢٠` and `20`.

use unicode_normalization::UnicodeNormalization;

use crate::characters::{Character, character, role};
use crate::letter_bits::LetterBits;
use crate::script::{Role, plain_digit};
use crate::span::Span;

/// One normalised word of a [`crate::Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Its position in the original, in bytes.
    pub span: Span,
    /// The position of its normal form in the text's string of normal forms.
    pub(crate) normal: Span,
    /// The index of its paragraph.
    pub paragraph: u32,
    /// Whether it stands inside quotation marks.
    pub quoted: bool,
    /// Whether it is page chrome, which never counts as text.
    pub is_chrome: bool,
    /// Whether it begins with a capital letter.
    pub capital: bool,
    /// Whether it is a character of a script without spaces: about three fifths of a word.
    pub alone: bool,
}

/// The words of `original` in normal form, joined by single spaces. Idempotent.
#[must_use]
pub fn normalise(original: &str) -> String {
    let (mut words, mut normals) = (Vec::new(), original.to_ascii_lowercase());
    scan_all(original, &mut words, &mut normals);
    let forms: Vec<&str> = words.iter().map(|word| word.normal.of(&normals)).collect();
    forms.join(" ")
}

/// Appends the words of the original as if it were one paragraph. `normals` must begin with the
/// whole original in lower-case ASCII.
pub(crate) fn scan_all(original: &str, words: &mut Vec<Word>, normals: &mut String) {
    let all = Span { start: 0, end: original.len() };
    scan(original, &LetterBits::new(original.as_bytes()), (all, 0), words, normals);
}

/// Appends the words of a paragraph of the original, given by its span and index. `letters` are the
/// bits of the whole original. `normals` must begin with the whole original in lower-case ASCII.
///
/// Most words of most texts are ASCII letters between ASCII breaks. They are found by bits, and
/// `normals` already has their normal form.
pub(crate) fn scan(
    original: &str,
    letters: &LetterBits,
    (part, paragraph): (Span, u32),
    words: &mut Vec<Word>,
    normals: &mut String,
) {
    let bytes = &original.as_bytes()[..part.end];
    let mut at = part.start;
    loop {
        let start = letters.next_of_word(at);
        let Some(first) = bytes.get(start) else { return };
        at = letters.end_of_letters(start).min(part.end);
        if at > start && (at == part.end || letters.breaks(at)) {
            let capital = first.is_ascii_uppercase();
            let span = Span { start, end: at };
            words.push(Word { capital, paragraph, ..word(span, span) });
            continue;
        }
        let rest = &original[start..part.end];
        match Quick::read(rest, normals) {
            Quick::Break(length) => {
                at = start + length;
                continue;
            }
            Quick::Word { length, normal, capital, alone } => {
                at = start + length;
                let span = Span { start, end: at };
                words.push(Word { capital, alone, paragraph, ..word(span, normal) });
                continue;
            }
            Quick::Unknown => {}
        }
        let Some(raw) = RawWords::new(rest).next() else {
            return;
        };
        let span = Span { start: start + raw.span.start, end: start + raw.span.end };
        let from = words.len();
        push(span.of(original), span, words, normals);
        words[from..].iter_mut().for_each(|word| word.paragraph = paragraph);
        at = span.end;
    }
}

/// The beginning of a string in any script, if it can be read character by character, as nearly always.
enum Quick {
    /// A character that begins no word, of so many bytes.
    Break(usize),
    /// A word of so many bytes.
    Word { length: usize, normal: Span, capital: bool, alone: bool },
    /// Anything else, such as a letter with a combining mark.
    Unknown,
}

impl Quick {
    /// Reads the beginning of `rest`, and appends the normal form of a word. The same as [`RawWords`] and [`push`].
    fn read(rest: &str, normals: &mut String) -> Quick {
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return Quick::Unknown };
        let head = character(first);
        let (alone, start) = (head.role == Role::Alone, normals.len());
        match (head.role, head.folded) {
            (Role::Letter | Role::Alone, Some(folded)) => normals.push(folded),
            (Role::Letter | Role::Alone, None) => return Quick::Unknown,
            _ => return Quick::Break(first.len_utf8()),
        }
        let mut length = first.len_utf8();
        while let Some(c) = chars.next() {
            let Character { role, folded, .. } = character(c);
            match (role, folded) {
                (Role::Letter | Role::Mark, Some(folded)) if !alone || role == Role::Mark => {
                    normals.push(folded);
                    length = rest.len() - chars.as_str().len();
                }
                (Role::Ignored, Some(_)) => {}
                (Role::Apostrophe, Some(_)) if !alone && begins_with_letter(chars.as_str()) => {}
                (Role::Alone | Role::Break, _) | (Role::Apostrophe, Some(_)) => break,
                (Role::Letter, _) if alone => break,
                _ => {
                    normals.truncate(start);
                    return Quick::Unknown;
                }
            }
        }
        let normal = Span { start, end: normals.len() };
        Quick::Word { length, normal, capital: head.capital, alone }
    }
}

/// Whether a string begins with a letter of a script with spaces.
fn begins_with_letter(rest: &str) -> bool {
    rest.chars().next().is_some_and(|c| role(c) == Role::Letter)
}

fn word(span: Span, normal: Span) -> Word {
    Word {
        span,
        normal,
        paragraph: 0,
        quoted: false,
        is_chrome: false,
        capital: false,
        alone: false,
    }
}

/// Normalises any raw word and appends the result. Most give one word. Compatibility characters may
/// give several (`½`, `㎏`, Arabic ligatures).
fn push(raw: &str, span: Span, words: &mut Vec<Word>, normals: &mut String) {
    let capital = raw.chars().next().is_some_and(char::is_uppercase);
    let folded = fold(raw);
    for piece in RawWords::new(&folded) {
        let from = normals.len();
        let letters_kept = piece.span.of(&folded).chars();
        normals
            .extend(letters_kept.filter(|c| !matches!(role(*c), Role::Ignored | Role::Apostrophe)));
        let normal = Span { start: from, end: normals.len() };
        words.push(Word { capital, alone: piece.alone, ..word(span, normal) });
    }
}

/// Applies NFKC, ASCII digits and case folding until nothing changes. Folding is upper case, then
/// lower case, character by character. This is the default case folding of Unicode (chapter 3.13),
/// except that the dotless i is folded with the dotted one. Two rounds reach the fixed point; the
/// bound is a safeguard.
fn fold(raw: &str) -> String {
    let mut folded: String = raw.nfkc().map(plain_digit).collect();
    for _ in 0..4 {
        let upper = folded.chars().flat_map(char::to_uppercase);
        let next: String = upper.flat_map(char::to_lowercase).nfkc().collect();
        if next == folded {
            break;
        }
        folded = next;
    }
    folded
}

/// A word before normalising, or a part of a normalised one.
struct RawWord {
    span: Span,
    alone: bool,
}

/// The raw words of a string, in order.
struct RawWords<'a> {
    chars: std::iter::Peekable<std::str::CharIndices<'a>>,
}

impl<'a> RawWords<'a> {
    fn new(part: &'a str) -> RawWords<'a> {
        RawWords { chars: part.char_indices().peekable() }
    }

    /// Consumes the rest of a word and returns the end of its last letter or mark. Trailing
    /// apostrophes and joiners stay outside.
    fn end_of_word(&mut self, mut end: usize, alone: bool) -> usize {
        while let Some(&(start, c)) = self.chars.peek() {
            match role(c) {
                Role::Letter if !alone => end = start + c.len_utf8(),
                Role::Mark => end = start + c.len_utf8(),
                Role::Ignored => {}
                // An apostrophe between letters belongs to the word. At the end of a word it is a
                // quotation mark.
                Role::Apostrophe if !alone && self.letter_follows() => {}
                _ => break,
            }
            self.chars.next();
        }
        end
    }

    /// Whether the character after the next one is a letter of a script with spaces.
    fn letter_follows(&self) -> bool {
        let mut ahead = self.chars.clone();
        ahead.next();
        ahead.next().is_some_and(|(_, c)| role(c) == Role::Letter)
    }
}

impl Iterator for RawWords<'_> {
    type Item = RawWord;

    fn next(&mut self) -> Option<RawWord> {
        loop {
            let (start, c) = self.chars.next()?;
            let alone = match role(c) {
                Role::Letter => false,
                Role::Alone => true,
                _ => continue,
            };
            let end = self.end_of_word(start + c.len_utf8(), alone);
            return Some(RawWord { span: Span { start, end }, alone });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(original: &str, expected: &str) {
        assert_eq!(normalise(original), expected, "{original:?}");
    }

    proptest! {
        #[test]
        fn scanning_bytes_agrees_with_scanning_characters(text in "([a-z]{0,3}['’`\u{ad}\u{301}.,“”–…é中 ]{0,3}|\\PC){0,40}|(\\PC|[ก-๛٠-٩۰-۹०-९가-힣一-龥ぁ-ヿа-яА-ЯёЁα-ωΑ-Ωאבגا-ي\u{300}-\u{345}\u{900}-\u{dff}\u{1100}-\u{11ff}\u{1e00}-\u{1fff}\u{fb00}-\u{fdff}İıſßŉ½'’]){0,40}") {
            let (mut words, mut normals) = (Vec::new(), text.to_ascii_lowercase());
            scan_all(&text, &mut words, &mut normals);
            let (mut slow, mut slow_normals) = (Vec::new(), String::new());
            for raw in RawWords::new(&text) {
                push(raw.span.of(&text), raw.span, &mut slow, &mut slow_normals);
            }
            let comparable = |all: &[Word], forms: &str| -> Vec<(String, Word)> {
                let nowhere = Span { start: 0, end: 0 };
                let one = |w: &Word| (w.normal.of(forms).to_owned(), Word { normal: nowhere, ..*w });
                all.iter().map(one).collect()
            };
            prop_assert_eq!(comparable(&words, &normals), comparable(&slow, &slow_normals));
        }
    }

    #[test]
    fn most_words_are_folded_by_character() {
        for word in ["Überraschung", "ПОРТ", "كتاب", "港", "항구", "Ὀδυσσεύς", "٢٠", "पत"]
        {
            let read = Quick::read(word, &mut String::new());
            assert!(matches!(read, Quick::Word { length, .. } if length == word.len()), "{word}");
        }
        for word in ["ﬁne", "e\u{301}t", "Straße", "İzmir"] {
            assert!(matches!(Quick::read(word, &mut String::new()), Quick::Unknown), "{word}");
        }
    }

    #[test]
    fn words_of_many_scripts() {
        check("The U.S. isn’t “sure” – 1,250 at-times", "the u s isnt sure 1 250 at times");
        check("STRASSE straße ＦＵＬＬ ﬁne", "strasse strasse full fine");
        check("Ὀδυσσεύς ΟΔΥΣΣΕΥΣ", "ὀδυσσεύσ οδυσσευσ");
        check("泽连斯基说，20日", "泽 连 斯 基 说 20 日");
        check("ﾃﾚﾋﾞ", "テ レ ビ");
        check("مُحَمَّدـــ قال", "محمد قال");
        check("п’ять м'яч", "пять мяч");
        check("co\u{ad}operate zero\u{200b}width", "cooperate zerowidth");
        check("''quoted'' rock 'n' roll", "quoted rock n roll");
        check("½ ½kg", "1 2 1 2kg");
        check("٢٠٢٦ ۱۲ २०२६ ปี ๒๐ ၂၀", "2026 12 2026 ป ี 20 20".replace(" ี", "ี").as_str());
        check("", "");
        check("—… !", "");
    }

    #[test]
    fn spans_give_the_printed_words() {
        let original = "Über “Kyïv’s” x";
        let (mut words, mut normals) = (Vec::new(), original.to_ascii_lowercase());
        scan_all(original, &mut words, &mut normals);
        let found: Vec<&str> = words.iter().map(|word| word.span.of(original)).collect();
        assert_eq!(found, ["Über", "Kyïv’s", "x"]);
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent(text in "\\PC{0,60}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn normalising_is_idempotent_in_hard_scripts(text in "[ก-๛ກ-ໝ၀-၉٠-٩۰-۹०-९0-9가-힣一-龥ぁ-ヿ\u{0900}-\u{0dff}\u{1e00}-\u{1fff}\u{fb00}-\u{fdff}İıſßŉ½'’ ]{0,40}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn word_spans_are_ordered_and_not_empty(text in "\\PC{0,80}") {
            let (mut words, mut normals) = (Vec::new(), text.to_ascii_lowercase());
            scan_all(&text, &mut words, &mut normals);
            for pair in words.windows(2) {
                prop_assert!(pair[0].span.start <= pair[1].span.start);
            }
            for word in &words {
                prop_assert!(!word.span.of(&text).is_empty());
                prop_assert!(!word.normal.of(&normals).is_empty());
            }
        }
    }
}
