//! House style: spelling, numerals and quotation marks, as a British desk changes an American
//! text.

use super::recast::{capitalised, replace_words};
use wirefold_score::Random;

/// American and British.
const PAIRS: [(&str, &str); 56] = [
    ("aluminum", "aluminium"),
    ("analyze", "analyse"),
    ("analyzed", "analysed"),
    ("behavior", "behaviour"),
    ("canceled", "cancelled"),
    ("catalog", "catalogue"),
    ("center", "centre"),
    ("centers", "centres"),
    ("check", "cheque"),
    ("clamor", "clamour"),
    ("color", "colour"),
    ("colored", "coloured"),
    ("colors", "colours"),
    ("defense", "defence"),
    ("favor", "favour"),
    ("favorite", "favourite"),
    ("favors", "favours"),
    ("fiber", "fibre"),
    ("fueled", "fuelled"),
    ("fulfill", "fulfil"),
    ("gray", "grey"),
    ("harbor", "harbour"),
    ("harbors", "harbours"),
    ("honor", "honour"),
    ("honored", "honoured"),
    ("jewelry", "jewellery"),
    ("kilometer", "kilometre"),
    ("kilometers", "kilometres"),
    ("labeled", "labelled"),
    ("labor", "labour"),
    ("leveled", "levelled"),
    ("license", "licence"),
    ("liter", "litre"),
    ("liters", "litres"),
    ("meter", "metre"),
    ("meters", "metres"),
    ("mold", "mould"),
    ("neighbor", "neighbour"),
    ("neighborhood", "neighbourhood"),
    ("neighboring", "neighbouring"),
    ("neighbors", "neighbours"),
    ("odor", "odour"),
    ("offense", "offence"),
    ("pajamas", "pyjamas"),
    ("percent", "per cent"),
    ("plow", "plough"),
    ("program", "programme"),
    ("programs", "programmes"),
    ("rumor", "rumour"),
    ("skeptical", "sceptical"),
    ("theater", "theatre"),
    ("tire", "tyre"),
    ("tires", "tyres"),
    ("toward", "towards"),
    ("traveled", "travelled"),
    ("traveling", "travelling"),
];
const NUMERALS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
];
/// Outer and inner quotation marks and the apostrophe.
const MARKS: [[&str; 5]; 3] =
    [["\"", "\"", "'", "'", "'"], ["«", "»", "‹", "›", "’"], ["„", "“", "‚", "‘", "’"]];

/// The paragraphs in another house style.
pub(crate) fn restyle(paragraphs: &mut [String], random: &mut Random) {
    let marks = random.pick(&MARKS);
    let spells_out = random.chance(50);
    for paragraph in paragraphs {
        *paragraph = remarked(&respelt_text(paragraph, spells_out), marks);
    }
}

fn respelt_text(text: &str, spells_out: bool) -> String {
    replace_words(text, |_, word, original| {
        let around = (&text[..word.span.start], &text[word.span.end..]);
        (!is_part_of_number(around)).then(|| respelt(original, spells_out)).flatten()
    })
}

/// Whether what stands before and after a word makes it the part of a number, such as `6` of `6.4`.
fn is_part_of_number((before, after): (&str, &str)) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let is_joint = |c: Option<char>| matches!(c, Some('.' | ',' | ':' | '-'));
    let (mut back, mut ahead) = (before.chars().rev(), after.chars());
    is_joint(back.next()) && is_digit(back.next())
        || is_joint(ahead.next()) && is_digit(ahead.next())
}

fn respelt(word: &str, spells_out: bool) -> Option<String> {
    let lower = word.to_lowercase();
    let british = PAIRS.iter().find(|(american, _)| *american == lower);
    let other = match british {
        Some((_, british)) => (*british).to_owned(),
        None if is_ize(&lower) => lower.replacen("iz", "is", 1),
        None if spells_out => {
            let number: usize = lower.parse().ok()?;
            (*NUMERALS.get(number)?).to_owned()
        }
        // “One” is seldom a number.
        None => {
            NUMERALS.iter().position(|numeral| *numeral == lower).filter(|n| *n > 1)?.to_string()
        }
    };
    Some(if word.starts_with(char::is_uppercase) { capitalised(&other) } else { other })
}

fn is_ize(word: &str) -> bool {
    let endings = ["ize", "ized", "izes", "izing", "ization", "izations"];
    let is_real = !["size", "sized", "sizes", "prize", "prizes", "seize", "seized"].contains(&word);
    is_real && endings.iter().any(|ending| word.ends_with(ending))
}

fn remarked(text: &str, [open, close, inner_open, inner_close, apostrophe]: &[&str; 5]) -> String {
    let mut remarked = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_inside =
            before.is_alphanumeric() && chars.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '“' => remarked.push_str(open),
            '”' => remarked.push_str(close),
            '‘' => remarked.push_str(inner_open),
            '’' if is_inside => remarked.push_str(apostrophe),
            '’' => remarked.push_str(inner_close),
            c => remarked.push(c),
        }
        before = c;
    }
    remarked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn american_becomes_british() {
        let text = "Harbor staff realized that 9 percent of its color prize, or 6.4 tons, was out.";
        let expected =
            "Harbour staff realised that nine per cent of its colour prize, or 6.4 tons, was out.";
        let spelt = respelt_text(text, true);
        assert_eq!(spelt, expected);
        assert_eq!(respelt("nine", false).as_deref(), Some("9"));
        assert_eq!(remarked("“It’s ‘so’,” she said.", &MARKS[0]), "\"It's 'so',\" she said.");
    }
}
