//! The table of well-known names, which is compiled in.

use std::ops::Range;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use wirefold_proto::EntityKind;
use wirefold_text::extract::name_key;
use wirefold_text::{Text, normalise};

use crate::word_set::WordMap;

/// The lines of the table: kind, name and other spellings of one entity each.
const TABLE: &str = include_str!("../../data/entities.tsv");

/// A well-known person, organisation or place.
#[derive(Debug)]
pub(super) struct KnownEntity {
    pub(super) kind: EntityKind,
    /// The common spelling of all variants.
    pub(super) key: String,
    /// Its id, the same in all articles: `country:FR`, `place:lviv`.
    pub(super) id: String,
    /// The country of a place.
    pub(super) country: Option<&'static str>,
    /// Its item in Wikidata.
    pub(super) wikidata: Option<&'static str>,
}

/// One spelling of a name.
#[derive(Debug)]
struct Spelling {
    /// Its words after the first, in normal form.
    rest: Vec<String>,
    /// The only form that matches, if case distinguishes it from a word: `WHO`.
    verbatim: Option<&'static str>,
    /// The index of its entity.
    known: usize,
}

/// All well-known names by the first word of their spellings.
#[derive(Debug, Default)]
pub(super) struct Table {
    known: Vec<KnownEntity>,
    /// Indices by the key of the name. Other spellings are not keys.
    by_key: FxHashMap<String, usize>,
    by_first: WordMap<Vec<Spelling>>,
}

/// A known name in a text.
#[derive(Debug, Clone)]
pub(super) struct Hit<'a> {
    pub(super) known: &'a KnownEntity,
    /// Its words, as indices into the text's.
    pub(super) words: Range<usize>,
}

/// The table, which is read once.
pub(super) fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| Table::read(TABLE))
}

impl Table {
    fn read(lines: &'static str) -> Self {
        let mut table = Self::default();
        for line in lines.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let word = columns.next().unwrap_or_default();
            let kind = match word {
                "person" => EntityKind::Person,
                "organisation" => EntityKind::Organisation,
                _ => EntityKind::Place,
            };
            let name = columns.next().unwrap_or_default();
            let known = table.known.len();
            let others = columns.next().unwrap_or_default().split('|');
            let code = columns.next().filter(|code| !code.is_empty());
            let own_code = code.and_then(|code| code.strip_prefix('='));
            let key = name_key(name);
            let id = match own_code {
                Some(own) => format!("country:{own}"),
                None => format!("{word}:{}", key.replace(' ', "-")),
            };
            let country = own_code.or(code);
            let wikidata = columns.next().filter(|item| !item.is_empty());
            table.by_key.entry(key.clone()).or_insert(known);
            table.known.push(KnownEntity { kind, key, id, country, wikidata });
            for spelling in std::iter::once(name).chain(others).filter(|s| !s.is_empty()) {
                table.add_spelling(spelling, known);
            }
        }
        for spellings in table.by_first.meanings_mut() {
            spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.rest.len()));
        }
        table
    }

    fn add_spelling(&mut self, spelling: &'static str, known: usize) {
        let mut words = normalise(spelling).split(' ').map(str::to_owned).collect::<Vec<_>>();
        let first = words.remove(0);
        let is_acronym = spelling.is_ascii() && !spelling.contains(|c: char| c.is_lowercase());
        let verbatim = is_acronym.then_some(spelling);
        self.by_first.entry(&first).push(Spelling { rest: words, verbatim, known });
    }

    /// The entity with this key.
    pub(super) fn keyed(&self, key: &str) -> Option<&KnownEntity> {
        self.by_key.get(key).map(|known| &self.known[*known])
    }

    /// The longest listed name that begins at word `start`.
    pub(super) fn longest_at(&self, text: &Text, start: usize) -> Option<Hit<'_>> {
        let words = text.words();
        let spellings = self.by_first.get(text.normal(&words[start]))?;
        let spelling = spellings.iter().find(|spelling| {
            let end = start + 1 + spelling.rest.len();
            let follows = || words[start + 1..end].iter().map(|word| text.normal(word));
            end <= words.len()
                && follows().eq(spelling.rest.iter().map(String::as_str))
                && spelling.verbatim.is_none_or(|form| is_verbatim(text, start..end, form))
        })?;
        let end = start + 1 + spelling.rest.len();
        Some(Hit { known: &self.known[spelling.known], words: start..end })
    }
}

/// Whether the words have exactly this form in the original, apart from dots.
fn is_verbatim(text: &Text, words: Range<usize>, form: &str) -> bool {
    let (first, last) = (text.words()[words.start].span, text.words()[words.end - 1].span);
    let printed = text.original()[first.start..last.end].chars().filter(|c| *c != '.');
    printed.eq(form.chars().filter(|c| *c != '.'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_complete_and_no_spelling_is_ambiguous() {
        let table = table();
        assert!(table.known.len() > 400);
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            assert!((2..=5).contains(&columns.len()), "{line}");
            assert!(matches!(columns[0], "person" | "organisation" | "place"), "{line}");
        }
        for (first, spellings) in table.by_first.iter() {
            for (at, one) in spellings.iter().enumerate() {
                let other = spellings[at + 1..].iter().find(|s| s.rest == one.rest);
                assert!(other.is_none_or(|other| other.known == one.known), "{first} {one:?}");
            }
        }
    }

    #[test]
    fn ids_are_country_codes_or_our_own() {
        let id = |original: &str| {
            let text = Text::new(original);
            table().longest_at(&text, 0).map(|hit| (hit.known.id.as_str(), hit.known.country))
        };
        assert_eq!(id("Франция просит"), id("France asks"));
        assert_eq!(id("France asks"), Some(("country:FR", Some("FR"))));
        assert_eq!(id("Lviv is"), Some(("place:lviv", Some("UA"))));
        assert_eq!(id("Scotland is"), Some(("place:scotland", Some("GB"))));
        assert_eq!(id("UN aides"), Some(("organisation:united-nations", None)));
        let items: Vec<&str> = table().known.iter().filter_map(|known| known.wikidata).collect();
        let is_item =
            |item: &&str| item.strip_prefix('Q').is_some_and(|n| n.parse::<u32>().is_ok());
        assert!(items.len() > 100 && items.iter().all(is_item), "{items:?}");
        assert_eq!(
            items.iter().collect::<BTreeSet<_>>().len(),
            items.len(),
            "an item stands twice"
        );
        let is_country = |one: &&KnownEntity| one.id.starts_with("country:");
        let countries: Vec<_> = table().known.iter().filter(is_country).collect();
        assert!(countries.iter().all(|country| country.wikidata.is_some()));
        let mut ids: Vec<&str> = table().known.iter().map(|known| known.id.as_str()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    #[test]
    fn prefers_the_longest_spelling_and_acronyms_need_capitals() {
        let hit = |original: &str| {
            let text = Text::new(original);
            table().longest_at(&text, 0).map(|hit| (hit.known.key.clone(), hit.words.end))
        };
        assert_eq!(hit("New York City is large"), Some((name_key("New York"), 3)));
        assert_eq!(hit("Who is it"), None);
        assert_eq!(hit("WHO is it"), Some((name_key("World Health Organization"), 1)));
        assert_eq!(hit("U.N. aides"), Some((name_key("United Nations"), 2)));
        assert_eq!(hit("泽连斯基说"), Some((name_key("Volodymyr Zelenskyy"), 4)));
    }
}
