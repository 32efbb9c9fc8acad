//! Figures as claims: who said which number of dead, injured, missing, arrested or evacuated people.
//!
//! Comes in: the figures that the enricher found, and the sources of texts. Goes out: the change of a claim, if the
//! same source said another number before. Only what the first sentence clearly says of people is a claim:
//! everything less certain is not told. Two sources that differ are two claims, and never a change.

use std::collections::BTreeSet;

use wirefold_proto::{AlertClaim, Confidence, Figure, FigureRole, Qualifier};
use wirefold_text::Text;
use wirefold_text::extract::{begins_with_role, is_sum, numbers};

use super::facts::StoredText;
use super::figures::label;
use super::statement::{Statement, YEARS, is_of_the_past};

/// A change of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    /// The claim and the one before, each with its source and time.
    pub(super) words: String,
    pub(super) old: u64,
    pub(super) new: u64,
    /// Whether the number changed by a quarter or more.
    pub(super) is_large: bool,
}

/// Nouns for all people of a role, in normal form. Others, such as children, may be some of them.
#[rustfmt::skip]
const PEOPLE: [&str; 16] = [
    "people", "persons", "menschen", "personen", "tote", "todesopfer", "personnes", "morts", "personas", "muertos",
    "persone", "morti", "pessoas", "mortos", "человек", "людей",
];
/// Words of a sentence that says what may be, what is feared or what is denied.
#[rustfmt::skip]
const DOUBTS: [&str; 85] = [
    "could", "would", "may", "might", "should", "if", "unless", "fear", "feared", "fears", "believed", "thought",
    "expected", "predicted", "reportedly", "allegedly", "unconfirmed", "rumour", "rumours", "rumor", "rumors", "denied",
    "denies", "deny", "rejected", "false", "wrong", "hoax", "drill", "exercise", "simulation",
    "könnte", "könnten", "würde", "würden", "hätte", "hätten", "dürfte", "dürften", "sollen", "befürchtet", "vermutlich",
    "angeblich", "dementiert", "falls", "übung",
    "pourrait", "pourraient", "aurait", "auraient", "craint", "craignent", "redoute", "dément", "exercice",
    "podría", "podrían", "habría", "habrían", "teme", "temen", "desmiente", "simulacro",
    "potrebbe", "potrebbero", "avrebbe", "avrebbero", "temono", "smentisce",
    "poderia", "poderiam", "teria", "teriam", "temem", "desmente",
    "может", "могут", "могли", "якобы", "опасаются",
    // A sum over a time or a country.
    "depuis", "seit", "desde", "nationwide", "landesweit",
];
/// Words before a number that is not the whole of what happened, or of something else that happened.
const OTHERS: [&str; 19] = [
    "another", "other", "second", "separate", "similar", "unrelated", "earlier", "elsewhere",
    "weitere", "weiteren", "weiteres", "andere", "autre", "otro", "otra", "altro", "altra",
    "outro", "outra",
];

/// The words of a sentence in lower case. `May` is a month.
fn words_of(said: &str) -> impl Iterator<Item = String> {
    let words = said.split(|c: char| !c.is_alphanumeric()).filter(|word| *word != "May");
    words.map(str::to_lowercase)
}

/// The claims of a first sentence among the figures of its text. A role with two values has none, nor has a text whose title
/// is about another time.
pub(super) fn claims_of(figures: &[Figure], title: &str, sentence: &str) -> Vec<AlertClaim> {
    let is_past = is_of_the_past(title) || is_of_the_past(sentence);
    if is_past || words_of(sentence).any(|word| DOUBTS.contains(&&*word)) {
        return Vec::new();
    }
    let all: Vec<AlertClaim> = figures.iter().filter_map(|it| claim_of(it, sentence)).collect();
    let is_clear =
        |claim: &&AlertClaim| all.iter().all(|it| it.role != claim.role || it.value == claim.value);
    let mut clear: Vec<AlertClaim> = all.iter().filter(is_clear).copied().collect();
    clear.dedup_by_key(|claim| claim.role);
    clear
}

/// The claim of a figure that stands once in the sentence. The text must say of it that it counts people: by their
/// noun, by a role word behind it, by the word for a sum before it, or by a qualifier that no age has.
fn claim_of(figure: &Figure, sentence: &str) -> Option<AlertClaim> {
    let (before, behind) = sentence.split_once(&*figure.words)?;
    let is_part =
        before.ends_with(char::is_alphanumeric) || behind.starts_with(char::is_alphanumeric);
    if is_part || behind.contains(&*figure.words) || figure.value_to.is_some() {
        return None;
    }
    let role = figure.role.filter(|role| *role != FigureRole::Rescued)?;
    let next = behind.trim_start().split(' ').next().unwrap_or_default().to_lowercase();
    let counts_people = match &figure.unit {
        Some(unit) => PEOPLE.contains(&&**unit),
        None => {
            let is_least = matches!(
                figure.qualifier,
                Some(Qualifier::AtLeast | Qualifier::MoreThan | Qualifier::UpTo)
            );
            let is_sum = is_sum(&before.to_lowercase());
            is_least || is_sum || (begins_with_role(&next) && !next.ends_with("ly"))
        }
    };
    let last = before.trim_end().rsplit(' ').next().unwrap_or_default().to_lowercase();
    let is_other = matches!(&*last, "not" | "no" | "of" | "nicht" | "otros")
        || words_of(before).any(|word| OTHERS.contains(&&*word));
    let value = figure.value.as_u64().filter(|value| !YEARS.contains(value))?;
    (counts_people && !is_other).then_some(AlertClaim { role, value, qualifier: figure.qualifier })
}

/// The change of a claim of a text against what its source said before. `earlier` are the other texts of the event.
pub(super) fn changed(own: &StoredText, earlier: &[StoredText]) -> Option<Changed> {
    if own.0.claims.is_empty() {
        return None;
    }
    let names = own.1.names();
    let is_here = |other: &&StoredText| are_of_one_place(&names, &other.1.names());
    let here: Vec<&StoredText> =
        earlier.iter().filter(|other| !other.0.claims.is_empty()).filter(is_here).collect();
    let agency = credited(own);
    let sentence = own.1.first_sentence().map_or("", |said| &said.words);
    own.0.claims.iter().find_map(|claim| {
        let named = names_with(claim.value, sentence);
        let names_agree = |other: &StoredText| {
            let of_role = other.0.claims.iter().find(|it| it.role == claim.role);
            let theirs = other.1.first_sentence().map_or("", |said| &said.words);
            let theirs = of_role.map(|it| names_with(it.value, theirs)).unwrap_or_default();
            named.iter().all(|name| other.1.has_word(name))
                && theirs.iter().all(|name| own.1.has_word(name))
        };
        let is_same_source = |other: &StoredText| match agency {
            Some(agency) => credited(other) == Some(agency),
            None => credited(other).is_none() && other.0.outlet == own.0.outlet,
        };
        let is_before = |other: &&StoredText| is_same_source(other) && names_agree(other);
        let before: Vec<&StoredText> = here.iter().copied().filter(is_before).collect();
        let of_role =
            |other: &StoredText| other.0.claims.iter().find(|it| it.role == claim.role).copied();
        let says = |other: &StoredText, it: AlertClaim| {
            other.0.claims.iter().any(|that| (that.role, that.value) == (it.role, it.value))
        };
        // A late copy repeats what its source said before.
        let is_said = before.iter().any(|other| says(other, *claim));
        let old = before.iter().rev().find_map(|other| of_role(other)).filter(|_| !is_said)?;
        // Copies come later: the source said it when the first of them came.
        let at = before.iter().filter(|other| says(other, old)).map(|other| other.0.seen).min()?;
        let is_confirmed = agency.is_some()
            || here.iter().any(|other| other.0.outlet != own.0.outlet && says(other, *claim));
        // Fewer dead are a correction, or those of another place or kind.
        let may_fall = !matches!(claim.role, FigureRole::Killed | FigureRole::Injured);
        let difference = claim.value.abs_diff(old.value);
        let name = agency.unwrap_or(own.0.outlet.as_str());
        let (now, then) = (describe(*claim), describe(old));
        let role = label(claim.role);
        let words = format!("{name} {}: {now} {role} ({name} {at}: {then})", own.0.seen);
        (is_confirmed && (may_fall || claim.value > old.value)).then(|| Changed {
            words,
            old: old.value,
            new: claim.value,
            is_large: difference * 4 >= old.value,
        })
    })
}

/// The agency that a text surely credits; an inferred one does not count.
fn credited((article, _): &StoredText) -> Option<&str> {
    let agency = article.agency.as_ref().filter(|by| by.confidence == Confidence::Certainly);
    agency.map(|agency| &*agency.name)
}

/// The number with its qualifier, such as `at least 8`.
fn describe(claim: AlertClaim) -> String {
    let qualifier = claim.qualifier.map(|it| format!("{} ", it.describe())).unwrap_or_default();
    format!("{qualifier}{}", claim.value)
}

/// Whether two texts share a name, and no names of one stand against others of the other.
fn are_of_one_place(here: &BTreeSet<String>, there: &BTreeSet<String>) -> bool {
    let has_own = here.difference(there).next().is_some();
    let has_other = there.difference(here).next().is_some();
    !(here.is_disjoint(there) || has_own && has_other)
}

/// The names in the clauses of a sentence that have a number: it may be of another place.
fn names_with(value: u64, sentence: &str) -> BTreeSet<String> {
    let value = value.to_string();
    let has_value = |clause: &&str| {
        let text = Text::new(&clause.to_lowercase());
        numbers(&text, 0..text.words().len()).iter().any(|number| number.value == value)
    };
    let clauses = sentence.split([',', ';', ':', '–', '—']).filter(has_value);
    clauses.flat_map(|clause| Statement::of(clause).names).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::facts::ReadText;
    use super::super::statement::first_sentence;
    use super::*;

    fn figure(words: &str, value: u64, unit: Option<&str>, qualifier: Option<Qualifier>) -> Figure {
        Figure {
            value: value.into(),
            value_to: None,
            words: words.to_owned(),
            unit: unit.map(str::to_owned),
            role: Some(FigureRole::Killed),
            qualifier,
            how: wirefold_proto::FoundBy::Rule,
        }
    }

    #[test]
    fn a_claim_counts_people_in_the_first_sentence() {
        let check = |text: &str, figure: Figure, expected: Option<&str>| {
            let found = claims_of(&[figure], "", &first_sentence(text).unwrap());
            assert_eq!(found.first().map(|it| describe(*it)).as_deref(), expected, "{text}");
        };
        let least = Some(Qualifier::AtLeast);
        check(
            "The fire killed at least nine people.",
            figure("nine", 9, Some("people"), least),
            Some("at least 9"),
        );
        check("Eight dead in Pell.", figure("Eight", 8, None, None), Some("8"));
        check(
            "Bei dem Brand starben 8 Menschen.",
            figure("8", 8, Some("menschen"), None),
            Some("8"),
        );
        check("The toll rose to at least 11.", figure("11", 11, None, least), Some("at least 11"));
        check("The toll in Pell rose to 12.", figure("12", 12, None, None), Some("12"));
        check("Die Zahl der Toten stieg auf 12.", figure("12", 12, None, None), Some("12"));
        check("The composer died at the age of 84.", figure("84", 84, None, None), None);
        check("The flood killed 44 sheep.", figure("44", 44, Some("sheep"), None), None);
        check("After 8 deadly storms it is calm.", figure("8", 8, None, None), None);
        check("In 1997, 14 people died.", figure("14", 14, Some("people"), None), None);
        check("At least 9 could have died.", figure("9", 9, None, least), None);
        check(
            "Up to 20 people would have died if it had been full.",
            figure("20", 20, Some("people"), Some(Qualifier::UpTo)),
            None,
        );
        check(
            "It was feared that 50 died, but the county denied it.",
            figure("50", 50, None, None),
            None,
        );
        check("Another quake killed 40 people.", figure("40", 40, Some("people"), None), None);
        check("In May 8 died, and 12 others were hurt.", figure("8", 8, None, None), Some("8"));
        check(
            "It rained. The fire killed nine people.",
            figure("nine", 9, Some("people"), None),
            None,
        );
    }

    fn source(
        agency: Option<&str>,
        outlet: &str,
        title: &str,
        claims: &[AlertClaim],
    ) -> StoredText {
        let text = ReadText::sample("a", title, "");
        let agency =
            agency.map(|name| serde_json::json!({"name": name, "confidence": "certainly"}));
        let article = serde_json::json!({
            "id": text.fetched.id, "enriched": 1, "outlet": outlet, "title": title, "agency": agency, "claims": claims,
            "seen": "1970-01-01T00:00:00Z",
        });
        let article = serde_json::from_value(article).expect("an article of an alert");
        (article, Arc::new(text))
    }

    #[test]
    fn a_change_is_told_of_one_source_and_one_place() {
        let [three, eight, nine] = [3, 8, 9].map(|value| {
            let qualifier = (value == 3).then_some(Qualifier::AtLeast);
            [AlertClaim { role: FigureRole::Killed, value, qualifier }]
        });
        let first = || source(Some("AP"), "a.example", "Dead at Gallowbeck", &three);
        let check = |own: StoredText, earlier: &[StoredText], expected: Option<bool>| {
            let found = changed(&own, earlier);
            assert_eq!(found.map(|it| it.is_large), expected, "{own:?}");
        };
        let more = |agency| source(agency, "b.example", "Dead at Gallowbeck", &eight);
        check(more(Some("AP")), &[first()], Some(true));
        assert_eq!(
            changed(&more(Some("AP")), &[first()]).expect("a change").words,
            "AP 1970-01-01T00:00:00Z: 8 dead (AP 1970-01-01T00:00:00Z: at least 3)"
        );
        check(more(Some("Reuters")), &[first()], None);
        check(more(None), &[first()], None);
        check(source(Some("AP"), "b.example", "Dead at Lowport", &eight), &[first()], None);
        check(source(Some("AP"), "b.example", "Dead at Gallowbeck", &three), &[first()], None);
        // An outlet of its own needs another that says the same.
        let own = || source(None, "a.example", "Dead at Gallowbeck", &nine);
        let before = || source(None, "a.example", "Dead at Gallowbeck", &eight);
        let other = || source(None, "c.example", "Killed at Gallowbeck", &nine);
        check(own(), &[before()], None);
        check(own(), &[before(), other()], Some(false));
        check(own(), &[other()], None);
        // A late copy, and a place that the agency did not name.
        check(first(), &[first(), more(Some("AP"))], None);
        let (title, said) = ("Dead at Gallowbeck", "In the town of Pellmoor 8 died, AP said.");
        let mut elsewhere = more(Some("AP"));
        elsewhere.1 = Arc::new(ReadText::sample("a", title, said));
        check(elsewhere, &[first()], None);
    }
}
