//! The news agencies and the forms of their names.

use std::sync::OnceLock;

use crate::word_filter::WordFilter;
use crate::words::normalise;
use rustc_hash::FxHashMap;

/// One agency per line. The first lines of the file explain the columns.
const LINES: &str = include_str!("../../data/agencies.tsv");

/// A news agency and its names.
struct Agency {
    /// The short name used everywhere in wirefold.
    name: &'static str,
    /// Its home country, as ISO 3166-1 alpha-2.
    country: &'static str,
    /// Full names. They match in any case.
    forms: Vec<&'static str>,
    /// Codes. They match only in this spelling.
    codes: Vec<&'static str>,
    /// Ambiguous codes, which often mean something else (`PA` is a state, `共同` is "joint"). They
    /// count only where nothing but an agency can stand.
    ambiguous_codes: Vec<&'static str>,
    /// Other names that people search for, such as its site. They are not looked for in texts.
    other_names: Vec<&'static str>,
    /// Its item in Wikidata, if known.
    wikidata: Option<&'static str>,
}

impl Agency {
    fn read(line: &'static str) -> Agency {
        let mut columns = line.split('\t');
        let (name, country) =
            (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        let mut list = || -> Vec<&'static str> {
            let names = columns.next().unwrap_or_default().split('|');
            names.filter(|one: &&str| !one.is_empty()).collect()
        };
        let [forms, codes, ambiguous_codes, other_names] = std::array::from_fn(|_| list());
        let wikidata = columns.next().filter(|item| !item.is_empty());
        Agency { name, country, forms, codes, ambiguous_codes, other_names, wikidata }
    }

    /// All its names, for comparison without case.
    fn aliases(&self) -> impl Iterator<Item = &'static str> {
        let lists = [&self.forms, &self.codes, &self.ambiguous_codes, &self.other_names];
        std::iter::once(self.name).chain(lists.into_iter().flatten().copied())
    }
}

/// The agencies of the table, read once.
fn agencies() -> &'static [Agency] {
    static AGENCIES: OnceLock<Vec<Agency>> = OnceLock::new();
    AGENCIES.get_or_init(|| {
        LINES.lines().filter(|line| !line.starts_with('#')).map(Agency::read).collect()
    })
}

/// One way to name an agency.
pub(super) struct Form {
    /// The agency's short name.
    pub(super) agency: &'static str,
    /// The words of the form in normal form.
    pub(super) words: Vec<String>,
    /// The only spelling that matches, for codes.
    pub(super) spelling: Option<&'static str>,
    /// Whether it is an ambiguous code.
    pub(super) is_ambiguous: bool,
}

/// The forms that begin with the word `first` (in normal form), the longest first: `interfax
/// ukraine` before `interfax`.
pub(super) fn forms(first: &str) -> &'static [Form] {
    let table = Table::get();
    if !table.first_words.may_contain(first.as_bytes()) {
        return &[];
    }
    table.forms.get(first).map_or(&[], Vec::as_slice)
}

/// The first words of all forms.
pub(super) fn first_words() -> &'static WordFilter {
    &Table::get().first_words
}

/// The forms by their first word.
struct Table {
    forms: FxHashMap<String, Vec<Form>>,
    first_words: WordFilter,
}

impl Table {
    fn get() -> &'static Table {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            let forms = table();
            let first_words = WordFilter::new(forms.keys().map(String::as_str));
            Table { forms, first_words }
        })
    }
}

fn table() -> FxHashMap<String, Vec<Form>> {
    let mut table: FxHashMap<String, Vec<Form>> = FxHashMap::default();
    for agency in agencies() {
        let full = agency.forms.iter().map(|printed| (printed, None, false));
        let codes = agency.codes.iter().map(|printed| (printed, Some(*printed), false));
        let ambiguous_codes =
            agency.ambiguous_codes.iter().map(|printed| (printed, Some(*printed), true));
        for (printed, spelling, is_ambiguous) in full.chain(codes).chain(ambiguous_codes) {
            let words: Vec<String> = normalise(printed).split(' ').map(str::to_owned).collect();
            let first = words[0].clone();
            let form = Form { agency: agency.name, words, spelling, is_ambiguous };
            table.entry(first).or_default().push(form);
        }
    }
    for forms in table.values_mut() {
        forms.sort_by_key(|form| usize::MAX - form.words.len());
    }
    table
}

/// The short name of the agency with exactly this short name.
#[must_use]
pub fn agency_by_name(name: &str) -> Option<&'static str> {
    agencies().iter().map(|agency| agency.name).find(|short| *short == name)
}

/// The home country of an agency and its item in Wikidata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgencyHome {
    /// The country, as ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// The item, if known.
    pub wikidata: Option<&'static str>,
}

/// The home of the agency with this short name.
///
/// ```
/// use wirefold_text::extract::agency_home;
///
/// let home = agency_home("Reuters").expect("an agency");
/// assert_eq!((home.country, home.wikidata), ("GB", Some("Q130879")));
/// ```
#[must_use]
pub fn agency_home(name: &str) -> Option<AgencyHome> {
    let found = agencies().iter().find(|agency| agency.name == name);
    found.map(|&Agency { country, wikidata, .. }| AgencyHome { country, wikidata })
}

/// The short name of the agency that a search means by `alias`: any of its names, its code or its
/// site, in any case.
///
/// ```
/// use wirefold_text::extract::agency_by_alias;
///
/// assert_eq!(agency_by_alias("associated press"), Some("AP"));
/// assert_eq!(agency_by_alias("apnews.com"), Some("AP"));
/// assert_eq!(agency_by_alias("press"), None);
/// ```
#[must_use]
pub fn agency_by_alias(alias: &str) -> Option<&'static str> {
    static ALIASES: OnceLock<FxHashMap<String, &'static str>> = OnceLock::new();
    let aliases = ALIASES.get_or_init(|| {
        let of_one =
            |agency: &'static Agency| agency.aliases().map(|name| (normalise(name), agency.name));
        agencies().iter().flat_map(of_one).collect()
    });
    aliases.get(&normalise(alias)).copied()
}

/// Whether the whole of `name` is the name of an agency.
pub(super) fn is_agency(name: &str) -> bool {
    let name = name.trim();
    let normal = normalise(name);
    let first = normal.split(' ').next().unwrap_or_default();
    forms(first).iter().any(|form| {
        form.words.iter().map(String::as_str).eq(normal.split(' '))
            && form.spelling.is_none_or(|spelling| spelling == name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_finds_its_own_agency() {
        for alias in ["AP", "ap", "Associated Press", "apnews", "美联社"] {
            assert_eq!(agency_by_alias(alias), Some("AP"), "{alias}");
        }
        assert_eq!(agency_by_alias("Australian Associated Press"), Some("AAP"));
        assert_eq!(agency_by_alias("interfax"), Some("Interfax"));
        assert_eq!(agency_by_alias("Interfax-Ukraine"), Some("Interfax-Ukraine"));
        assert_eq!(agency_by_alias("Harbour Ledger"), None);
        for agency in agencies() {
            for alias in agency.aliases() {
                assert_eq!(agency_by_alias(alias), Some(agency.name), "{alias}");
            }
        }
    }

    #[test]
    fn the_table_has_no_duplicates_or_broken_rows() {
        assert!(agencies().len() >= 150, "{} agencies", agencies().len());
        let mut names: Vec<&str> = agencies().iter().map(|agency| agency.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), agencies().len(), "two agencies have one name");
        for agency in agencies() {
            let is_code = agency.country.len() == 2 && agency.country.is_ascii();
            assert!(is_code, "{}: {}", agency.name, agency.country);
            let is_item =
                |item: &str| item.strip_prefix('Q').is_some_and(|n| n.parse::<u32>().is_ok());
            assert!(agency.wikidata.is_none_or(is_item), "{}", agency.name);
            let is_named = agency.aliases().nth(1).is_some();
            assert!(is_named, "{} has no spelling", agency.name);
        }
    }
}
