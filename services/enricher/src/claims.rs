//! Claims: the figures of a text that values of other texts can be compared with.
//!
//! Only a number that the first sentence clearly states as that of all people of a fate, now, is a claim.

use wirefold_proto::{Figure, FigureRole, Qualifier};
use wirefold_text::Text;
use wirefold_text::extract::{
    YEARS, begins_with_role, is_of_the_past, is_people, is_possible, is_sum, statements,
};

/// Words of a sentence that says what would be, what is feared or what is denied.
#[rustfmt::skip]
const DOUBTS: [&str; 98] = [
    "would", "should", "if", "unless", "fear", "feared", "fears", "believed", "thought",
    "expected", "predicted", "reportedly", "allegedly", "unconfirmed", "rumour", "rumours", "rumor", "rumors", "denied",
    "denies", "deny", "rejected", "false", "wrong", "hoax", "drill", "exercise", "simulation",
    "würde", "würden", "hätte", "hätten", "sollen", "befürchtet", "vermutlich",
    "angeblich", "dementiert", "falls", "übung",
    "aurait", "auraient", "craint", "craignent", "redoute", "dément", "exercice",
    "habría", "habrían", "teme", "temen", "desmiente", "simulacro",
    "avrebbe", "avrebbero", "temono", "smentisce",
    "teria", "teriam", "temem", "desmente",
    "якобы", "опасаются",
    "wanted", "wants", "negó", "desmintió", "démenti", "faux", "falso", "forgery", "fined", "claim", "claims", "claimed",
    // A sum over a time or a country, or something that happened before.
    "depuis", "seit", "desde", "nationwide", "landesweit", "month", "months", "year", "years", "decade", "decades",
    "jahr", "jahre", "jahren", "année", "années", "año", "anno", "ano", "again", "last", "recalled", "second", "separate",
];
/// Words before a number that is not the whole of what happened, or of something else that happened, or in a clause
/// that the sentence need not confirm: `it is not true that 30 died`.
const OTHERS: [&str; 32] = [
    "that", "who", "whose", "which", "whether", "dass", "ob", "que", "qu", "qui", "quien", "che",
    "что", "another", "other", "second", "separate", "similar", "unrelated", "earlier",
    "elsewhere", "weitere", "weiteren", "weiteres", "andere", "autre", "otro", "otra", "altro",
    "altra", "outro", "outra",
];

/// Words before a number in its clause that put it into an earlier time, as in `days after a fire that killed 40`.
const AFTERS: [&str; 9] =
    ["after", "before", "until", "nach", "nachdem", "après", "después", "dopo", "depois"];

/// The words of a sentence in lower case. `May` is a month.
fn words_of(said: &str) -> impl Iterator<Item = String> {
    let words = said.split(|c: char| !c.is_alphanumeric()).filter(|word| *word != "May");
    words.map(str::to_lowercase)
}

/// Marks the claims among the figures of a text with this title, of this year. A fate with two numbers has none, nor has a text whose
/// title is about another time. A number that names nothing, as in `5 in Pell and 2 in Kell`, is a second one.
pub(crate) fn mark_claims(figures: &mut [Figure], text: &Text, title: &str, year: u64) {
    let Some(sentence) = statements(text).next().map(|it| it.said) else { return };
    let is_past = [title, sentence].iter().any(|said| is_of_the_past(said, year));
    let is_divided = figures.iter().any(|figure| names_nothing(figure, sentence));
    if is_past
        || is_divided
        || words_of(sentence).any(|word| is_possible(&word) || DOUBTS.contains(&&*word))
    {
        return;
    }
    let mut claims: Vec<&mut Figure> =
        figures.iter_mut().filter(|figure| is_claim(figure, sentence)).collect();
    let values: Vec<_> = claims.iter().map(|it| (kind(it), it.value.clone())).collect();
    for figure in &mut claims {
        let of_kind = || values.iter().filter(|(other, _)| *other == kind(figure));
        figure.claim = of_kind().all(|(_, value)| *value == figure.value);
    }
}

/// The thing that a figure counts: all people of a fate, or others.
fn kind(figure: &Figure) -> (Option<FigureRole>, Option<String>) {
    (figure.role, figure.unit.clone().filter(|unit| !is_people(unit)))
}

/// Whether a figure of more than one stands in the sentence without a fate or a thing that it counts.
fn names_nothing(figure: &Figure, sentence: &str) -> bool {
    let is_many = figure.value.as_u64().is_some_and(|value| value > 1 && !YEARS.contains(&value));
    let is_bare = figure.role.is_none() && figure.unit.is_none();
    is_many
        && is_bare
        && sentence.split(|c: char| !c.is_alphanumeric()).any(|it| it == figure.words)
}

/// Whether a figure stands once in the sentence, which says of it that it counts people: by a noun, by a role word
/// behind it, by the word for a sum before it, or by a qualifier that no age has.
fn is_claim(figure: &Figure, sentence: &str) -> bool {
    let Some((before, behind)) = sentence.split_once(&*figure.words) else { return false };
    let is_part =
        before.ends_with(char::is_alphanumeric) || behind.starts_with(char::is_alphanumeric);
    let is_year = figure.value.as_u64().is_some_and(|value| YEARS.contains(&value));
    if is_part || is_year || behind.contains(&*figure.words) || figure.role.is_none() {
        return false;
    }
    let next = behind.trim_start().split(' ').next().unwrap_or_default().to_lowercase();
    let is_least = matches!(
        figure.qualifier,
        Some(Qualifier::AtLeast | Qualifier::MoreThan | Qualifier::UpTo)
    );
    let counts = figure.unit.is_some()
        || is_least
        || is_sum(&before.to_lowercase())
        || (begins_with_role(&next) && !next.ends_with("ly"));
    let last = before.trim_end().rsplit(' ').next().unwrap_or_default().to_lowercase();
    let clause = before.rsplit([',', ';', ':', '–', '—']).next().unwrap_or_default();
    let is_other = matches!(&*last, "not" | "no" | "of" | "nicht" | "otros")
        || words_of(before).any(|word| OTHERS.contains(&&*word))
        || words_of(clause).any(|word| AFTERS.contains(&&*word));
    counts && !is_other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::figures;
    use crate::reading::Reading;

    /// The claim of a text: its number, with its qualifier.
    fn check(language: &str, title: &str, original: &str, expected: Option<&str>) {
        let text = Text::new(original);
        let mut all = figures(&Reading::new(&text), language);
        mark_claims(&mut all, &text, title, 2026);
        let claimed = all.iter().find(|it| it.claim).map(|it| {
            let qualifier = it.qualifier.map(|it| format!("{} ", it.describe()));
            format!("{}{}", qualifier.unwrap_or_default(), it.value)
        });
        assert_eq!(claimed.as_deref(), expected, "{original}");
    }

    #[test]
    fn a_claim_counts_people_in_the_first_sentence() {
        let check = |original: &str, expected| check("en", "", original, expected);
        check("The fire killed at least nine people.", Some("at least 9"));
        check("LOWPORT, May 3, 2026 (AP) — The fire killed nine people.", Some("9"));
        check("Eight dead in Pell.", Some("8"));
        check("The toll rose to at least 11.", Some("at least 11"));
        check("The toll in Pell rose to 12.", Some("12"));
        check("The fire killed nine sailors.", Some("9"));
        check("The composer died at the age of 84.", None);
        check("After 8 deadly storms it is calm.", None);
        check("In 1997, 14 people died.", None);
        check("At least 9 could have died.", None);
        check("Up to 20 people would have died if it had been full.", None);
        check("It was feared that 50 died, but the county denied it.", None);
        check("Another quake killed 40 people.", None);
        check("Police arrested 30 people at a second protest in Kell.", None);
        check("The army killed 40 people, the rebels claimed.", None);
        check("Eight died in May.", Some("8"));
        check("It rained all day. The fire killed nine people.", None);
        check("Good evening. The fire killed nine people.", Some("9"));
        check("At least 8 died in Pell, and at least 3 died in Kell.", None);
        check("In the harbour, 47 people have died since 2008.", None);
        check("The flood killed 5 in Viema and 2 in nearby Tarn.", None);
        check("The flood killed 5 people in one of the oldest streets of Viema.", Some("5"));
        check("Workers met five days after an explosion killed 40 people in Pell.", None);
        check("Two days after the quake, the toll rose to 40.", Some("40"));
        check("Nine people died after a wall fell.", Some("9"));
        check("At least 8 people, including two children, were killed.", Some("at least 8"));
        check("It is not true that a flood killed 36 people, the county said.", None);
        check("Thirty-six people died when the river last came, and it did so again.", None);
        check("Nineteen people were killed near the pass this year.", None);
    }

    #[test]
    fn a_number_of_another_time_is_no_claim_in_other_languages() {
        check("de", "", "Bei dem Brand starben 8 Menschen.", Some("8"));
        check("de", "", "Die Zahl der Toten stieg auf 12.", Some("12"));
        check("de", "", "Auf der Straße starben seit Januar 31 Menschen.", None);
        check("fr", "", "La route a tué 31 personnes depuis janvier.", None);
        check("es", "", "La policía negó que 30 personas murieran el domingo.", None);
        check(
            "fr",
            "",
            "Au moins sept personnes, dont deux enfants, ont été tuées.",
            Some("at least 7"),
        );
        check("es", "", "Desde enero murieron 31 personas en la carretera.", None);
    }

    #[test]
    fn a_title_about_another_time_has_none() {
        check("en", "The fire of 1997", "The fire killed nine people.", None);
        check("en", "Fire in Kell", "The fire killed nine people.", Some("9"));
    }
}
