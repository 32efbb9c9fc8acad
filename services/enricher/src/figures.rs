//! Figures: numbers in a text, with the things they count.

mod han;
mod labels;
mod lexicon;
mod qualifiers;
mod spelled;
mod units;

use std::ops::Range;

use serde_json::Number;
use wirefold_proto::{Figure, FigureRole, FoundBy};
use wirefold_text::extract::{Number as TextNumber, Role, numbers, reach, role};

use self::labels::{is_label, is_month, is_ordinal_or_clock, is_score};
use self::qualifiers::{between_number_and_counter, qualifier};
use self::spelled::{is_spelled_language, spelled};
use self::units::{before, behind, is_measure, is_plural};
use crate::cues::is_calendar;
use crate::reading::Reading;
use crate::word_set::word_sets;

/// The most figures of one text in the output.
const MOST: usize = 32;

/// The figures of a text in `language`, in order. Days, years, times of day, scores and the numbers
/// of flights, roads and laws are not figures.
pub(crate) fn figures(reading: &Reading<'_>, language: &str) -> Vec<Figure> {
    let found = all_numbers(reading, language);
    let mut figures = Vec::new();
    let mut at = 0;
    while at < found.len() && figures.len() < MOST {
        let until = range_end(reading, &found, at);
        figures.extend(figure(reading, language, &found, at..until + 1));
        at = until + 1;
    }
    figures
}

/// All numbers: those in digits, and those in words by the grammar of the language.
fn all_numbers(reading: &Reading<'_>, language: &str) -> Vec<TextNumber> {
    let mut found = match language {
        "zh" | "ja" => han::parts(reading),
        _ => spelled(reading, language),
    };
    let own = numbers(reading.text, 0..reading.text.words().len());
    let in_words = |number: &TextNumber| {
        let after = found.partition_point(|other| other.words.end <= number.words.start);
        found.get(after).is_some_and(|other| other.words.start < number.words.end)
    };
    let is_digits = |number: &TextNumber| {
        let printed = number.span.of(reading.text.original());
        !is_spelled_language(language) || printed.contains(char::is_numeric)
    };
    let digits: Vec<TextNumber> =
        own.into_iter().filter(|number| is_digits(number) && !in_words(number)).collect();
    found.extend(digits);
    found.sort_by_key(|number| number.span);
    found
}

/// The last number of the range that begins at `at`. It is `at` if there is no range.
fn range_end(reading: &Reading<'_>, found: &[TextNumber], at: usize) -> usize {
    let original = reading.text.original();
    let (first, Some(second)) = (&found[at], found.get(at + 1)) else { return at };
    let joint = original.get(first.span.end..second.span.start).unwrap_or("\n");
    let value = |number: &TextNumber| number.value.parse::<f64>().ok();
    let grows = value(first).zip(value(second)).is_some_and(|(low, high)| low < high);
    let with_and = second.span.of(original).starts_with('و');
    let is_range = grows && qualifiers::is_range(&original[..first.span.start], joint, with_and);
    at + usize::from(is_range)
}

/// The figure of one number, or of both ends of a range.
fn figure(
    reading: &Reading<'_>,
    language: &str,
    found: &[TextNumber],
    range: Range<usize>,
) -> Option<Figure> {
    let (number, last) = (&found[range.start], &found[range.end - 1]);
    let (value, glued) = value(&number.value)?;
    let value_to = if range.len() > 1 { Some(self::value(&last.value)?.0) } else { None };
    let original = reading.text.original();
    let (text_before, text_behind) = (&original[..number.span.start], &original[last.span.end..]);
    if is_ordinal_or_clock(text_before, number.span.of(original), text_behind) {
        return None;
    }
    let unit = glued.or_else(|| unit(reading, language, last)).or_else(|| {
        // `8 or 10 percent`: both have the same unit. Two numbers may overlap, as in `0.¼`.
        let between = |behind: &TextNumber| original.get(number.span.end..behind.span.start);
        let next = found.get(range.end);
        let next = next.filter(|next| between(next).is_some_and(joins_range))?;
        unit(reading, language, next)
    });
    let is_bare = unit.is_none();
    let is_none = (range.len() == 1 && is_score(text_before, text_behind))
        || is_date(reading, number, is_bare)
        || (is_bare && is_label(reading, number));
    if is_none {
        return None;
    }
    let words = original.get(number.span.start..last.span.end)?.to_owned();
    let counts = unit.as_deref().is_none_or(|unit| !is_measure(unit));
    let role = if counts { role_of(reading, found, &range) } else { None };
    let qualifier = qualifier(text_before, text_behind, language);
    Some(Figure { value, value_to, words, unit, role, qualifier, claim: false, how: FoundBy::Rule })
}

/// The role of the people a figure counts. The search stops at other numbers.
fn role_of(
    reading: &Reading<'_>,
    found: &[TextNumber],
    range: &Range<usize>,
) -> Option<FigureRole> {
    let original = reading.text.original();
    let from = range.start.checked_sub(1).map_or(0, |before| found[before].span.end);
    let to = found.get(range.end).map_or(original.len(), |next| next.span.start);
    let before = original.get(from..found[range.start].span.start)?;
    let end = found[range.end - 1].span.end;
    let counted = role(before, reach(original.get(end..)?, to.checked_sub(end)?))?;
    Some(match counted {
        Role::Killed => FigureRole::Killed,
        Role::Injured => FigureRole::Injured,
        Role::Missing => FigureRole::Missing,
        Role::Arrested => FigureRole::Arrested,
        Role::Rescued => FigureRole::Rescued,
        Role::Displaced => FigureRole::Displaced,
    })
}

/// A canonical number as JSON, and the unit directly after it: `100m`.
fn value(canonical: &str) -> Option<(Number, Option<String>)> {
    let end = canonical.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(canonical.len());
    let (digits, unit) = canonical.split_at(end);
    if unit.contains(|c: char| !c.is_alphabetic()) {
        return None;
    }
    let whole = digits.parse::<u64>().ok().map(Number::from);
    let number = whole.or_else(|| Number::from_f64(digits.parse().ok()?))?;
    Some((number, (!unit.is_empty()).then(|| unit.to_owned())))
}

/// Whether the text between two numbers joins the ends of a range.
fn joins_range(between: &str) -> bool {
    const JOINTS: &[&str] = &[
        "to", "and", "bis", "und", "à", "et", "a", "y", "e", "до", "и", "至", "到", "-", "–", "〜",
        "～",
    ];
    JOINTS.contains(&between.trim())
}

fn unit(reading: &Reading<'_>, language: &str, number: &TextNumber) -> Option<String> {
    let original = reading.text.original();
    let (sign, follows) =
        (before(&original[..number.span.start]), behind(&original[number.span.end..]));
    let mut text_behind = &original[number.span.end..];
    let printed = number.span.of(original).to_lowercase();
    if ["mio", "mrd", "tsd", "млн", "млрд", "тыс"].iter().any(|short| printed.ends_with(short))
    {
        text_behind = text_behind.strip_prefix('.').unwrap_or(text_behind);
    }
    let is_share = printed.starts_with("百分之");
    let is_cut = text_behind.len() < original.len() - number.span.end;
    let follows = follows.or_else(|| if is_cut { behind(text_behind) } else { None });
    let follows = follows.or_else(|| is_share.then_some("%"));
    let follows = follows.or_else(|| {
        let between = between_number_and_counter(text_behind);
        (between > 0).then(|| behind(&text_behind[between..])).flatten()
    });
    // `$85,000 pesos`: a unit in words takes priority over a sign.
    let named = follows.or(sign).map(str::to_owned);
    named.or_else(|| counted(reading, language, number.words.end))
}

/// The noun after a number, perhaps with one adjective before it.
fn counted(reading: &Reading<'_>, language: &str, next: usize) -> Option<String> {
    let of_noun = |index: usize| {
        let word = reading.text.words().get(index)?;
        let normal = reading.text.normal(word);
        let is_noun = reading.touches(index)
            && !word.alone
            && !word.quoted
            && normal.chars().all(char::is_alphabetic)
            && !is_no_unit(normal)
            && !is_calendar(normal)
            && is_plural(normal, word.capital, language);
        is_noun.then(|| normal.to_owned())
    };
    let is_adjective = || {
        let word = reading.text.words().get(next);
        let small = word.filter(|word| !word.capital && !word.alone && reading.touches(next));
        small.is_some_and(|small| ADJECTIVES.contains(&reading.text.normal(small)))
    };
    let normal =
        |index: usize| reading.text.words().get(index).map_or("", |word| reading.text.normal(word));
    let is_joint = JOINTS.contains(&normal(next));
    let skipped = usize::from(is_joint)
        + usize::from(is_joint && matches!(normal(next + 1), "the" | "las" | "los"));
    of_noun(next)
        .or_else(|| is_joint.then(|| of_noun(next + skipped)).flatten())
        .or_else(|| is_adjective().then(|| of_noun(next + 1)).flatten())
}

/// Words between a number or a fraction and its noun.
const JOINTS: &[&str] =
    &["de", "di", "of", "der", "des", "dei", "degli", "delle", "dos", "das", "del", "d"];

/// Adjectives that stand between a number and its noun.
const ADJECTIVES: &[&str] = &[
    "local", "more", "other", "new", "young", "old", "foreign", "armed", "civilian", "additional",
    "federal", "weitere", "neue", "junge", "autres", "nouveaux", "nouvelles", "otros", "otras",
    "nuevos", "nuevas", "altri", "altre", "nuovi", "outros", "outras", "novos", "novas", "других",
    "новых", "мирных",
];

word_sets! {
    /// Whether a word is never a unit.
    fn is_no_unit = "a after ago als am an and are as at auf aus bei before but by con dans das de del der die du \
        een el en et for from für had has have hat he im in into is ist it la las le les los mit more nach new no \
        not oder of off old on or other out over par per pm por pour que she since so than that the their them then \
        they to um und until up uhr van von vor war was were when which while who will with within would years-old \
        zu и в на до по та у з й";
}

/// Whether a number is a day, a year, or (without a unit) a time of day.
fn is_date(reading: &Reading<'_>, number: &TextNumber, is_bare: bool) -> bool {
    let text = reading.text;
    let normal = |index: usize| text.words().get(index).map_or("", |word| text.normal(word));
    let (start, end) = (number.words.start, number.words.end);
    let before = start.checked_sub(1).map_or("", normal);
    let printed = number.span.of(text.original());
    let month_behind = if normal(end) == "de" { normal(end + 1) } else { normal(end) };
    let is_calendar_word = |word: &str| is_calendar(word) || is_month(word);
    if printed.len() <= 2 && (is_calendar_word(month_behind) || is_calendar_word(before)) {
        return true;
    }
    let is_year = printed.len() == 4 && (printed.starts_with("19") || printed.starts_with("20"));
    let is_time = printed.contains(':')
        || (matches!(before, "alle" | "ore" | "um") && printed.contains('.'))
        || matches!(normal(end), "am" | "pm" | "uhr" | "a" | "p");
    let is_clock = text.original()[number.span.end..].starts_with(':')
        || text.original()[..number.span.start].ends_with(':');
    is_bare && (is_year || is_time || is_clock || is_calendar(before) || is_calendar(normal(end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_proto::Qualifier::{AtLeast, MoreThan, Nearly};
    use wirefold_text::Text;

    fn check(language: &str, original: &str, expected: &[(&str, Option<&str>)]) {
        let text = Text::new(original);
        let figures = figures(&Reading::new(&text), language);
        let figures: Vec<(String, Option<&str>)> =
            figures.iter().map(|f| (f.value.to_string(), f.unit.as_deref())).collect();
        let expected: Vec<_> = expected.iter().map(|(v, unit)| ((*v).to_owned(), *unit)).collect();
        assert_eq!(figures, expected, "{original}");
    }

    #[track_caller]
    fn check_words(language: &str, original: &str, expected: &[f64]) {
        let text = Text::new(original);
        let figures = figures(&Reading::new(&text), language);
        let figures: Vec<f64> = figures.iter().filter_map(|figure| figure.value.as_f64()).collect();
        assert_eq!(figures, expected, "{original}");
    }

    #[test]
    fn numbers_in_words_follow_the_grammar_of_their_language() {
        check_words(
            "en",
            "Two hundred and six boats, half a million crates, a dozen cranes.",
            &[206.0, 5e5, 12.0],
        );
        check_words(
            "de",
            "Zweihundertdreiundvierzig Boote und anderthalb Millionen Kisten",
            &[243.0, 1.5e6],
        );
        check_words(
            "fr",
            "Quatre-vingt-onze bateaux, soixante et onze quais, une vingtaine de grues",
            &[91.0, 71.0, 20.0],
        );
        check_words(
            "es",
            "Mil doscientos treinta y un barcos y medio millón de cajas",
            &[1231.0, 5e5],
        );
        check_words(
            "pt",
            "Cento e quarenta e dois barcos, 25 mil caixas, um terço dos cais",
            &[142.0, 25e3, 0.3333],
        );
        check_words(
            "it",
            "Centotrentotto navi, ventitré gru e una decina di moli",
            &[138.0, 23.0, 10.0],
        );
        check_words("ru", "Двести сорок семь судов и полтора миллиона ящиков", &[247.0, 1.5e6]);
        check_words("ar", "غرقت خمسة عشر قاربا", &[15.0]);
        check_words("zh", "增长百分之六点二，四分之一的码头，近百名工人", &[6.2, 0.25, 100.0]);
        check_words("en", "Three in ten crews slept; 25 thousand stayed.", &[0.3, 25e3]);
    }

    #[test]
    fn figures_have_roles_ranges_and_qualifiers() {
        let figures = |language: &str, original: &str| {
            let text = Text::new(original);
            let figure = figures(&Reading::new(&text), language).remove(0);
            let to = figure.value_to.map(|value| value.to_string());
            (figure.role, figure.qualifier, to)
        };
        assert_eq!(
            figures("en", "The fund is missing 38 million crowns.").0,
            None,
            "nobody is missing"
        );
        let killed = Some(FigureRole::Killed);
        assert_eq!(figures("en", "At least 8 sailors died."), (killed, Some(AtLeast), None));
        assert_eq!(figures("es", "Murieron casi 30 marineros."), (killed, Some(Nearly), None));
        let missing = Some(FigureRole::Missing);
        assert_eq!(
            figures("de", "Mehr als 30 Leute werden vermisst."),
            (missing, Some(MoreThan), None)
        );
        let ten = || Some("10".to_owned());
        assert_eq!(
            figures("fr", "Entre 8 et 10 marins sont blessés."),
            (Some(FigureRole::Injured), None, ten())
        );
        assert_eq!(figures("en", "It takes 8 to 10 boats."), (None, None, ten()));
        assert_eq!(figures("en", "They voted 10 to 8, and one boat sank."), (None, None, None));
        assert_eq!(figures("ja", "10人以上が死亡した。"), (killed, Some(AtLeast), None));
        assert_eq!(figures("en", "Many sailors died, and 28 boats sank."), (None, None, None));
        assert_eq!(figures("en", "The sum of $30 million killed the plan."), (None, None, None));
    }

    #[test]
    fn numbers_may_overlap() {
        check("en", "0.¼", &[("0.1", None), ("4", None)]);
    }

    #[test]
    fn numbers_have_units() {
        check(
            "en",
            "The union of 2,300 dockers wants $1.2 billion, a rise of 6 percent and 4.5% more.",
            &[
                ("2300", Some("dockers")),
                ("1200000000", Some("USD")),
                ("6", Some("%")),
                ("4.5", Some("%")),
            ],
        );
        check(
            "de",
            "Es fehlten am Montag 400 Euro und 31 Schiffe, sagte der Minister der Stadt am Kai.",
            &[("400", Some("EUR")), ("31", Some("schiffe"))],
        );
        check(
            "en",
            "Twelve ships stayed, and nine of them sank.",
            &[("12", Some("ships")), ("9", None)],
        );
    }

    #[test]
    fn dates_and_times_are_not_figures() {
        check("en", "On Feb. 22, 2026, at 4:30 p.m., it closed.", &[]);
        check("en", "It opened in 1978 with 20 cranes.", &[("20", Some("cranes"))]);
    }

    #[test]
    fn verbs_are_not_units() {
        check(
            "en",
            "The bus with 12 sank; 14 drowned and 9 survivors swam.",
            &[("12", None), ("14", None), ("9", Some("survivors"))],
        );
        check(
            "es",
            "El barco con 12 zarpó con 3 marineros nuevos.",
            &[("12", None), ("3", Some("marineros"))],
        );
        check("de", "Am Kai liegen 12 Schiffe, 9 sanken.", &[("12", Some("schiffe")), ("9", None)]);
    }

    #[test]
    fn money_and_shares_in_ten_languages() {
        check(
            "fr",
            "Le quai coûte 3 millions d'euros et 2 % de plus.",
            &[("3000000", Some("EUR")), ("2", Some("%"))],
        );
        check("it", "Il molo costa 90 euro al giorno.", &[("90", Some("EUR"))]);
        check("en", "The pier cost CA$40 a day.", &[("40", Some("CAD"))]);
        check("pt", "O cais custa R$ 90 por dia.", &[("90", Some("BRL"))]);
        check("ru", "Причал стоит 90 рублей в день.", &[("90", Some("RUB"))]);
        check("zh", "码头有7人，费用90元。", &[("7", Some("人")), ("90", Some("CNY"))]);
        check("ja", "港で7人が費用90円を払った。", &[("7", Some("人")), ("90", Some("JPY"))]);
        check("en", "It grew by 2 percentage points.", &[("2", Some("percentage points"))]);
        check("en", "It grew by 8 to 10 percent.", &[("8", Some("%"))]);
    }

    #[test]
    fn scores_and_labels_are_not_figures() {
        check("en", "Quayton won 3-1, and 2-0 before.", &[]);
        check("en", "Flight QA 286 left gate 14 for Highway 61.", &[]);
        check("es", "El vuelo QA 62 salió por la puerta 42 el 21 de diciembre de 2019.", &[]);
        check("fr", "Le train 8541 part à 18 h 05 de la voie 11.", &[]);
        check("it", "Il treno 9423 parte dal binario 16.", &[]);
        check("zh", "2023年5月12日，第7号。", &[]);
        check("en", "It ranked 3rd in May 5 runs.", &[]);
    }
}
