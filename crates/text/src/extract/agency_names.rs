//! The news agencies and the forms of their names.

use std::sync::OnceLock;

use crate::likely::Likely;
use crate::words::normalise;
use rustc_hash::FxHashMap;

/// One agency a line, its columns as the first lines say.
const LINES: &str = include_str!("../../data/agencies.tsv");

/// A news agency and how texts name it.
struct Agency {
    /// The short name used everywhere in wirefold.
    name: &'static str,
    /// Where it is at home, as ISO 3166-1 alpha-2.
    country: &'static str,
    /// Full names, in any letters.
    forms: Vec<&'static str>,
    /// Codes: they mean the agency only in this very spelling.
    codes: Vec<&'static str>,
    /// Shy codes mean something else as often (`PA` is a state, `共同` is "joint"): they count only
    /// where nothing but an agency can stand.
    shy: Vec<&'static str>,
    /// What people call it besides, such as its site. No text is read by these.
    called: Vec<&'static str>,
    /// Its item in Wikidata, where it is known.
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
        let [forms, codes, shy, called] = std::array::from_fn(|_| list());
        let wikidata = columns.next().filter(|item| !item.is_empty());
        Agency { name, country, forms, codes, shy, called, wikidata }
    }

    /// Everything it may be called, whatever the capitals.
    fn aliases(&self) -> impl Iterator<Item = &'static str> {
        let lists = [&self.forms, &self.codes, &self.shy, &self.called];
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
    /// The only spelling that counts, for codes.
    pub(super) spelling: Option<&'static str>,
    /// Whether it is a shy code.
    pub(super) is_shy: bool,
}

/// The forms that begin with the word `first` (in normal form), the longest first: `interfax
/// ukraine` before `interfax`.
pub(super) fn forms(first: &str) -> &'static [Form] {
    let table = Table::get();
    if !table.first_words.has_word(first) {
        return &[];
    }
    table.forms.get(first).map_or(&[], Vec::as_slice)
}

/// Whether the name of an agency may begin with a word in this normal form.
#[must_use]
pub fn may_begin_agency(normal: &str) -> bool {
    let shape = (normal.bytes().next().unwrap_or_default(), normal.len());
    first_words().has(shape) && !forms(normal).is_empty()
}

/// The words that forms begin with.
pub(super) fn first_words() -> &'static Likely {
    &Table::get().first_words
}

/// The forms by their first word.
struct Table {
    forms: FxHashMap<String, Vec<Form>>,
    first_words: Likely,
}

impl Table {
    fn get() -> &'static Table {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            let forms = table();
            let first_words = Likely::new(forms.keys().map(String::as_str));
            Table { forms, first_words }
        })
    }
}

fn table() -> FxHashMap<String, Vec<Form>> {
    let mut table: FxHashMap<String, Vec<Form>> = FxHashMap::default();
    for agency in agencies() {
        let full = agency.forms.iter().map(|printed| (printed, None, false));
        let codes = agency.codes.iter().map(|printed| (printed, Some(*printed), false));
        let shy = agency.shy.iter().map(|printed| (printed, Some(*printed), true));
        for (printed, spelling, is_shy) in full.chain(codes).chain(shy) {
            let words: Vec<String> = normalise(printed).split(' ').map(str::to_owned).collect();
            let first = words[0].clone();
            let form = Form { agency: agency.name, words, spelling, is_shy };
            table.entry(first).or_default().push(form);
        }
    }
    for forms in table.values_mut() {
        forms.sort_by_key(|form| usize::MAX - form.words.len());
    }
    table
}

/// The short name of an agency that has this very name.
#[must_use]
pub fn agency_named(name: &str) -> Option<&'static str> {
    agencies().iter().map(|agency| agency.name).find(|known| *known == name)
}

/// Where an agency is at home, and its item in Wikidata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgencyHome {
    /// The country, as ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// The item, where it is known.
    pub wikidata: Option<&'static str>,
}

/// What is known of the agency with this short name.
///
/// ```
/// use wirefold_text::extract::agency_home;
///
/// let home = agency_home("Reuters").expect("an agency");
/// assert_eq!((home.country, home.wikidata), ("GB", Some("Q130879")));
/// ```
#[must_use]
pub fn agency_home(name: &str) -> Option<AgencyHome> {
    let known = agencies().iter().find(|agency| agency.name == name);
    known.map(|&Agency { country, wikidata, .. }| AgencyHome { country, wikidata })
}

/// The short name of the agency that somebody means who asks for an agency of this name: any name of it,
/// its code or its site, whatever the capitals.
///
/// ```
/// use wirefold_text::extract::agency_called;
///
/// assert_eq!(agency_called("associated press"), Some("AP"));
/// assert_eq!(agency_called("apnews.com"), Some("AP"));
/// assert_eq!(agency_called("press"), None);
/// ```
#[must_use]
pub fn agency_called(alias: &str) -> Option<&'static str> {
    static ALIASES: OnceLock<FxHashMap<String, &'static str>> = OnceLock::new();
    let aliases = ALIASES.get_or_init(|| {
        let of_one =
            |agency: &'static Agency| agency.aliases().map(|name| (normalise(name), agency.name));
        agencies().iter().flat_map(of_one).collect()
    });
    aliases.get(&normalise(alias)).copied()
}

/// Whether `name` is the name of an agency and nothing else.
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
    fn every_name_of_an_agency_means_it_and_no_other() {
        for alias in ["AP", "ap", "Associated Press", "apnews", "美联社"] {
            assert_eq!(agency_called(alias), Some("AP"), "{alias}");
        }
        assert_eq!(agency_called("Australian Associated Press"), Some("AAP"));
        assert_eq!(agency_called("interfax"), Some("Interfax"));
        assert_eq!(agency_called("Interfax-Ukraine"), Some("Interfax-Ukraine"));
        assert_eq!(agency_called("Harbour Ledger"), None);
        for agency in agencies() {
            for alias in agency.aliases() {
                assert_eq!(agency_called(alias), Some(agency.name), "{alias}");
            }
        }
    }

    #[test]
    fn the_table_is_whole() {
        assert!(agencies().len() >= 150, "{} agencies", agencies().len());
        let mut names: Vec<&str> = agencies().iter().map(|agency| agency.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), agencies().len(), "a name stands twice");
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
