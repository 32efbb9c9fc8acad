//! The place and the day of a report, from the dateline before its first sentence, in the forms of
//! agencies of many countries. The detector uses a simpler version:
//! `wirefold_text::extract::dateline`.

mod day;
mod words;

use wirefold_names::listing;
use wirefold_proto::{Dateline, FoundBy};
use wirefold_text::Text;
use wirefold_text::extract::{agency_by_alias, agency_by_name, dateline};

use self::day::{day, ends_in_day, is_day};
use self::words::{AGENCIES, LABELS, SHORT_PLACES, SHOUTED};

/// A dateline is at most this many bytes long.
const LONGEST: usize = 120;
/// Lower-case words inside a place have at most this many letters: `Frankfurt am Main`.
const MAX_SMALL_WORD: usize = 3;
/// Acronyms have at most this many letters: `NATO`, `FIFA`, `UNHCR`.
const MAX_ACRONYM: usize = 5;
/// An editor's notice is looked for in this many bytes at the start of a line.
const NOTICE: usize = 16;
/// The dateline is in one of this many first paragraphs. A title and a byline may precede it.
const PARAGRAPHS: usize = 5;

/// The dateline of a text. `None` if it has only an agency.
pub(crate) fn find_dateline(text: &Text) -> Option<Dateline> {
    let paragraphs = text.paragraphs().iter().take(PARAGRAPHS);
    let own = paragraphs.map(|paragraph| paragraph.span.of(text.original()).trim_start());
    let head = own.filter_map(|line| head(&line[..line.floor_char_boundary(LONGEST)])).next();
    let head = head.or_else(|| {
        let found = dateline(text)?;
        let colon = found.span.of(text.original()).trim_end().ends_with(':');
        let certain =
            !colon && (found.date.is_some() || has_agency(found.span.of(text.original())));
        let place = Some(found.place).filter(|place| is_place(place, certain));
        Some(Head { place, date: found.date })
    })?;
    let date = head.date.map(|printed| day(&printed).unwrap_or(printed));
    (head.place.is_some() || date.is_some()).then_some(Dateline {
        place: head.place,
        date,
        how: FoundBy::Rule,
    })
}

#[derive(Debug)]
struct Head {
    place: Option<String>,
    date: Option<String>,
}

/// Datelines without a dash directly after the place.
fn head(line: &str) -> Option<Head> {
    let line = without_notice(line);
    east_asian(line)
        .or_else(|| agency_first(line))
        .or_else(|| place_and_agency(line))
        .or_else(|| place_by_agency(line))
        .or_else(|| place_by_day(line))
}

/// Notices of editors before a dateline: `(Adds quotes)`.
const NOTICES: [&str; 6] = ["(adds", "(updates", "(recasts", "(corrects", "(refiles", "(writes"];

/// Removes an editor's notice from a line.
fn without_notice(line: &str) -> &str {
    let lower = line.get(..line.floor_char_boundary(NOTICE)).unwrap_or_default().to_lowercase();
    let is_notice = NOTICES.iter().any(|notice| lower.starts_with(notice));
    let behind = line.split_once(')').filter(|_| is_notice).map(|(_, behind)| behind.trim_start());
    behind.unwrap_or(line)
}

/// `【ロンドン共同】`, `［ロンドン　３日　ロイター］`, `(서울=연합뉴스)`, `新华社北京3月5日电`.
fn east_asian(line: &str) -> Option<Head> {
    if let Some(inner) = bracketed(line) {
        let inner = inner.trim();
        let beside = |agency: &&str| inner.strip_suffix(*agency).or(inner.strip_prefix(*agency));
        let place = AGENCIES.iter().find_map(beside)?;
        let place = place.trim_matches(['=', '＝', '・', '　', ' ']).trim_end_matches(['電', '电']);
        return (!place.is_empty() && !place.is_ascii()).then(|| with_day(place));
    }
    if !line.contains('电') && !line.contains('電') {
        return None;
    }
    let behind_agency = AGENCIES.iter().find_map(|agency| line.strip_prefix(agency))?;
    let (place, _) = behind_agency.split_once('电').or_else(|| behind_agency.split_once('電'))?;
    (!place.is_empty() && place.chars().count() <= 16 && !place.is_ascii()).then(|| with_day(place))
}

fn bracketed(line: &str) -> Option<&str> {
    let pairs = [('【', '】'), ('［', '］'), ('（', '）'), ('〔', '〕'), ('(', ')'), ('[', ']')];
    let (_, close) = pairs.into_iter().find(|(open, _)| line.starts_with(*open))?;
    let inner = &line[line.chars().next()?.len_utf8()..];
    inner.split_once(close).map(|(inner, _)| inner)
}

/// Splits `北京3月5日`, `ロンドン　３日` into place and day.
fn with_day(printed: &str) -> Head {
    let digit = |c: char| c.is_numeric();
    let (place, date) = printed.split_at(printed.find(digit).unwrap_or(printed.len()));
    let date = date.trim_end_matches('　').trim();
    let place = place.trim_matches(['　', ' ', '=']).to_owned();
    Head { place: Some(place).filter(|place| !place.is_empty()), date: non_empty(date) }
}

/// `(ANSA) - ROMA, 5 MAR - Il porto`, `/ТАСС/ МОСКВА, 5 марта.`: the agency before the place.
fn agency_first(line: &str) -> Option<Head> {
    let inner = line.strip_prefix(['(', '/', '['])?;
    let (agency, rest) = inner.split_once([')', '/', ']'])?;
    if !is_agency(agency) {
        return None;
    }
    let rest = rest.trim_start_matches(DASHES);
    let (end, _) = rest.match_indices([' ', '.']).find(|(at, _)| {
        let behind = rest[*at..].trim_start_matches(['.', ' ']);
        behind.starts_with(['-', '–', '—'])
    })?;
    let found = place_and_day(&rest[..end]);
    found.place.as_ref().is_some_and(|place| is_place(place, true)).then_some(found)
}

const DASHES: &[char] = &[' ', '-', '–', '—', '\u{a0}'];

/// `Madrid, 5 mar (EFE) El puerto`, `Berlin (dpa). Der Hafen`, `MOSCOW. March 5 (Interfax) The port`:
/// a place and an agency in brackets, with or without a dash.
fn place_and_agency(line: &str) -> Option<Head> {
    let bracketed = |open: char, close: char| {
        let (printed, rest) = line.split_once(open)?;
        let (agency, behind) = rest.split_once(close)?;
        let goes_on = behind.chars().any(char::is_alphabetic);
        (goes_on && is_agency(agency)).then_some(printed)
    };
    let printed = bracketed('(', ')').or_else(|| bracketed('/', '/'))?;
    let printed = printed.trim().trim_end_matches(['.', ',', '-', '–', '—', ' ']);
    let found = place_and_day(printed);
    let is_proper = |word: &str| !word.starts_with(char::is_lowercase);
    let is_dateline = found.place.as_ref().map_or(found.date.is_some(), |place| {
        let mut all = place.split(' ');
        is_place(place, true)
            && place.split(' ').next_back().is_some_and(is_proper)
            && all.all(|word| is_proper(word) || word.chars().count() <= MAX_SMALL_WORD)
    });
    is_dateline.then_some(found)
}

/// `SYDNEY, AAP - The port`, `دمشق-سانا`: place and agency without brackets.
fn place_by_agency(line: &str) -> Option<Head> {
    let first = line.split(' ').next()?;
    let joined = first.split_once('-').filter(|(_, agency)| is_agency(agency));
    let apart = || {
        let (head, _) = line.split_once(" - ").or_else(|| line.split_once(" – "))?;
        head.rsplit_once(", ").filter(|(_, agency)| is_agency(agency))
    };
    // `Київ. 5 березня. УНІАН. Порт`
    let in_sentences = || {
        let (place, rest) = line.split_once(". ")?;
        let (date, rest) = rest.split_once(". ").filter(|(date, _)| is_day(date))?;
        let agency = rest.split(' ').next()?.trim_end_matches('.');
        is_agency(agency).then(|| line.get(..place.len() + 2 + date.len())).flatten()
    };
    let printed = joined.or_else(apart).map(|(printed, _)| printed).or_else(in_sentences)?;
    let found = place_and_day(printed);
    found.place.as_ref().is_some_and(|place| is_place(place, true)).then_some(found)
}

/// `Brussels, 5 March 2026 – The port`: a known place and a day before a dash.
fn place_by_day(line: &str) -> Option<Head> {
    let (printed, _) = [" – ", " — ", " - "].into_iter().find_map(|dash| line.split_once(dash))?;
    let found = place_and_day(printed);
    let is_listed = |place: &String| listing(place).is_place && is_place(place, true);
    (found.date.is_some() && found.place.as_ref().is_some_and(is_listed)).then_some(found)
}

/// `Paris, le 5 mars 2026`, `QUAYTON, Norland, March 5`, `МОСКВА, 5 марта`, `MOSCOW. March 5`.
fn place_and_day(printed: &str) -> Head {
    let printed = printed.trim().trim_end_matches([',', '.']);
    let cuts = printed.match_indices([',', '.', ' ']).map(|(at, _)| at);
    let split = cuts.map(|at| printed.split_at(at)).find(|(place, rest)| {
        let rest = rest.trim_start_matches([',', '.', ' ']);
        !place.ends_with(char::is_numeric) && is_day(rest)
    });
    match split {
        _ if is_day(printed) => Head { place: None, date: non_empty(printed) },
        Some((place, date)) => {
            let date = date.trim_start_matches([',', '.', ' ']);
            Head { place: non_empty(place), date: non_empty(date) }
        }
        None => Head { place: non_empty(printed), date: None },
    }
}

fn non_empty(printed: &str) -> Option<String> {
    let printed = printed.trim().trim_end_matches([',', '.']);
    (!printed.is_empty()).then(|| printed.to_owned())
}

/// Whether the first of the names between brackets or slashes is an agency: `dpa/lno`, `Reuters`.
fn is_agency(printed: &str) -> bool {
    let first = printed.split(['/', ',', ';']).next().unwrap_or_default().trim();
    // A lower-case word is an agency only if it is exactly its short name: `dpa`.
    let is_alias = || !first.starts_with(char::is_lowercase) && agency_by_alias(first).is_some();
    agency_by_name(first).is_some() || AGENCIES.contains(&first) || is_alias()
}

fn has_agency(head: &str) -> bool {
    head.split(['(', ')', '/', '[', ']']).skip(1).any(is_agency)
}

/// Whether `place` may be a place. `certain` is false without an agency or a day beside it: then a
/// word in capitals may be a label or an acronym.
fn is_place(place: &str, certain: bool) -> bool {
    let words: Vec<&str> =
        place.split([' ', ',', '/', '-', '\u{a0}']).filter(|w| !w.is_empty()).collect();
    let is_shouted = |word: &&str| {
        let lower = word.to_lowercase();
        SHOUTED.contains(&lower.as_str()) || LABELS.contains(&lower.as_str())
    };
    // `New Delhi` contains a label and is a place.
    let is_listed = || words.len() > 1 && listing(place).is_place;
    let is_label = words.iter().any(is_shouted) && !is_listed();
    let (Some(first), false) = (words.first(), is_label) else {
        return false;
    };
    let is_name = first.chars().next().is_some_and(|c| !c.is_lowercase() && c.is_alphabetic())
        && words.len() <= 7
        && !place.contains(['?', '!', '"', '“', '”', ':'])
        && !ends_in_day(place);
    is_name && (certain || SHORT_PLACES.contains(first) || is_likely(place, &words))
}

/// Whether the text before a dash is a place and not a label or an acronym: a list of places has
/// it; or it has a region after it or is one word in capitals, and no list has it as anything else.
fn is_likely(place: &str, words: &[&str]) -> bool {
    let name = place.split(',').next().unwrap_or_default().trim();
    let entry = listing(name);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let has_region = place.contains(',') && words.len() > 1;
    let is_unknown = entry.common == 0 && !entry.is_other_name && letters > MAX_ACRONYM;
    let is_shouted = words.len() == 1 && !name.chars().any(char::is_lowercase);
    (entry.is_place && letters > 2) || (is_unknown && (has_region || is_shouted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(original: &str, expected: Option<(&str, Option<&str>)>) {
        let found = find_dateline(&Text::new(original));
        let told = found.as_ref().map(|d| (d.place.as_deref().unwrap_or(""), d.date.as_deref()));
        assert_eq!(told, expected, "{original}");
    }

    #[test]
    fn heads_with_a_dash() {
        check(
            "QUAYTON, Norland, March 3 (Reuters) - The port is shut.",
            Some(("QUAYTON, Norland", Some("March 3"))),
        );
        check("Berlin (dpa) - Der Hafen ist zu.", Some(("Berlin", None)));
        check("KYIV — The port is shut.", Some(("KYIV", None)));
        check("ISTANBUL – Liman kapandı.", Some(("ISTANBUL", None)));
    }

    #[test]
    fn heads_without_a_dash() {
        check("Madrid, 5 mar (EFE). El puerto está cerrado.", Some(("Madrid", Some("5 mar"))));
        check("Berlin (dpa/lno). Der Hafen ist zu.", Some(("Berlin", None)));
        check("MOSCOW. March 5 (Interfax) The port is shut.", Some(("MOSCOW", Some("March 5"))));
        check("Paris (AFP) Le port est fermé.", Some(("Paris", None)));
        check("МОСКВА, 5 марта. /ТАСС/. Порт закрыт.", Some(("МОСКВА", Some("5 марта"))));
    }

    #[test]
    fn the_agency_first() {
        check("(ANSA) - ROMA, 5 MAR - Il porto è chiuso.", Some(("ROMA", Some("5 MAR"))));
        check("(ANSA) - GENOVA - Il porto è chiuso.", Some(("GENOVA", None)));
        check("(CNN) - The port, they say, - is shut.", None);
    }

    #[test]
    fn heads_of_east_asia() {
        check("【ロンドン共同】港が閉鎖された。", Some(("ロンドン", None)));
        check("［ロンドン　３日　ロイター］港が閉鎖された。", Some(("ロンドン", Some("３日"))));
        check("(서울=연합뉴스) 항구가 닫혔다.", Some(("서울", None)));
        check("新华社北京3月5日电 港口关闭。", Some(("北京", Some("3月5日"))));
        check("新华社是通讯社。港口关闭。", None);
    }

    #[test]
    fn a_date_with_its_year_is_a_day() {
        check(
            "QUAYTON, March 5, 2026 (Reuters) - The port is shut.",
            Some(("QUAYTON", Some("2026-03-05"))),
        );
        check(
            "Paris, le 5 mars 2026 (AFP) - Le port est fermé.",
            Some(("Paris", Some("2026-03-05"))),
        );
        check(
            "Berlin, 5. März 2026 (dpa) - Der Hafen ist zu.",
            Some(("Berlin", Some("2026-03-05"))),
        );
        check("МОСКВА, 5 марта 2026 /ТАСС/. Порт закрыт.", Some(("МОСКВА", Some("2026-03-05"))));
        check("新华社北京2026年3月5日电 港口关闭。", Some(("北京", Some("2026-03-05"))));
    }

    #[test]
    fn words_in_capitals_are_not_places() {
        for label in [
            "BREAKING", "WATCH LIVE", "TOP STORIES", "NATO", "FIFA", "WEATHER WARNING", "SPORT",
            "COMMENT",
        ] {
            check(&format!("{label} — The port is shut."), None);
            check(&format!("{label}: The port is shut."), None);
        }
        check("Berlin (east) - Der Hafen ist zu.", None);
        check("The port (Reuters said so) is shut.", None);
        check("Who (AP) is this about?", None);
        check("By Ada Ruiz (AP) in the port", None);
        check("Shares rose after talks (Reuters) in the port.", None);
    }

    #[test]
    fn bad_input() {
        for text in ["", "(", "【", "()", "新华社电", "/ /", "(AP)", "(ANSA) -", "٣٣٣ (AP) x"]
        {
            let _ = find_dateline(&Text::new(text));
        }
        check(&"【共同".repeat(10_000), None);
    }

    /// Invented datelines with their places and days.
    const CASES: &str = include_str!("dateline/cases.tsv");

    #[test]
    fn heads_of_many_agencies_are_read_and_labels_are_not() {
        let (mut asked, mut right) = ([0_usize; 2], [0_usize; 2]);
        let (mut wrong, mut invented) = (Vec::new(), Vec::new());
        for line in CASES.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap_or_default();
            let (head, gold) = (next().replace("\\n", "\n"), [next(), next()]);
            let found = find_dateline(&Text::new(&head));
            let told = found.as_ref().map(|it| [it.place.as_deref(), it.date.as_deref()]);
            let told = told.unwrap_or_default().map(Option::unwrap_or_default);
            for at in 0..2 {
                asked[at] += usize::from(!gold[at].is_empty());
                right[at] += usize::from(!gold[at].is_empty() && gold[at] == told[at]);
            }
            if told != gold {
                wrong.push(format!("{head}: {told:?}"));
            }
            // Labels and names are never places.
            if gold[0].is_empty() && !told[0].is_empty() {
                invented.push(format!("{head}: {told:?}"));
            }
        }
        let share = |at: usize| right[at] as f64 / asked[at] as f64;
        assert!(invented.is_empty(), "{invented:#?}; {right:?} of {asked:?}: {wrong:#?}");
        assert!(share(0) >= 0.95 && share(1) >= 0.95, "{right:?} of {asked:?}: {wrong:#?}");
    }
}
