//! Compares queries and the percolator with a naive implementation.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use wirefold_text::extract::name_key;

use crate::fold::name_words;
use crate::{Document, Hit, Lists, Numbers, Percolator, Prepared, Query};

/// The ages of the articles of each event.
const AGES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(60), Duration::from_secs(3_600)];
const OUTLETS: [&str; 3] = ["harbour.example", "harper.example", "dawn.example"];
const WORDS: [&str; 9] =
    ["port", "strike", "quay", "dawn", "porter", "quorum", "ports", "striking", "portt"];
/// Words of scripts without spaces, and of Korean.
const RUNS: [&str; 6] = ["地震", "大地震", "震", "지진", "대지", "진동"];
const LANGUAGES: [&str; 4] = ["en", "de-at", "ja", ""];
const AGENCIES: [&str; 3] = ["AP", "Associated Press", "Kyodo"];

/// A query with its meaning, computed the slow way.
#[derive(Debug, Clone)]
enum Meaning {
    Word(String),
    Prefix(String),
    /// All forms of a word.
    Forms(String),
    TitleForms(String),
    /// Forms of one word near forms of another.
    FormsNear(String, String, usize),
    /// A run of characters.
    Run(&'static str),
    /// Runs of characters in this order, with anything between.
    Runs(&'static str, &'static str),
    /// Any of these words, by a list.
    List(Vec<String>),
    Agency(&'static str),
    Title(String),
    Anywhere(String),
    All,
    Phrase(Vec<String>),
    /// Words and the beginning of the next.
    PhrasePrefix(Vec<String>, String),
    Near(Vec<String>, Vec<String>, usize),
    Entity(Vec<String>),
    EntityPrefix(String),
    Outlet(&'static str),
    OutletPrefix(&'static str),
    Site(&'static str),
    Origins(u32),
    /// At least this many articles in ten minutes.
    Velocity(usize),
    Not(Box<Meaning>),
    And(Vec<Meaning>),
    Or(Vec<Meaning>),
}

#[derive(Debug, Clone)]
struct Article {
    title: Vec<String>,
    text: Vec<String>,
    /// Whether the text is longer than its lede, which ends with the last filler.
    is_long: bool,
    entities: Vec<Vec<String>>,
    outlet: &'static str,
    language: &'static str,
    agency: &'static str,
    origins: u32,
    /// The number of [`AGES`] that its event has.
    articles: usize,
}

impl Article {
    /// The number of words in the lede.
    fn lede(&self) -> usize {
        let last = self.text.iter().rposition(|word| word == "filler").filter(|_| self.is_long);
        last.map_or(self.text.len(), |last| last + 1)
    }

    /// The article without what comes behind its lede.
    fn head(&self) -> Self {
        Self { text: self.text[..self.lede()].to_vec(), ..self.clone() }
    }

    /// The common spelling of each entity, as words.
    fn keys(&self) -> Vec<Vec<String>> {
        self.entities.iter().map(|words| name_words(&words.join(" "))).collect()
    }
}

/// The agency with a name.
fn agency(name: &str) -> &str {
    if name == "Associated Press" { "AP" } else { name }
}

/// Whether two words are forms of one word in a language.
fn are_forms(language: &str, one: &str, other: &str) -> bool {
    use snowball_stemmers_rs::{Algorithm, Stemmer};
    let algorithm = match language {
        "en" => Algorithm::English,
        "de-at" => Algorithm::German,
        _ => return one == other,
    };
    let stemmer = Stemmer::create(algorithm);
    one == other || stemmer.stem(one) == stemmer.stem(other)
}

/// The characters of words without spaces inside, and other words, in order; `|` separates words.
fn characters(words: &[String]) -> Vec<String> {
    let is_run = |word: &str| RUNS.contains(&word);
    let mut all = Vec::new();
    for word in words {
        all.push("|".to_owned());
        match is_run(word) {
            true => all.extend(word.chars().map(String::from)),
            false => all.push(word.clone()),
        }
    }
    all
}

fn has_run(words: &[String], run: &str, is_whole: bool) -> bool {
    let mut found = characters(words);
    if !is_whole {
        found.retain(|character| character != "|");
    }
    let wanted: Vec<String> = run.chars().map(String::from).collect();
    found.windows(wanted.len()).any(|some| some == wanted)
}

impl Meaning {
    /// The lists that the query names.
    fn lists(&self, lists: &mut Lists) {
        match self {
            Self::List(words) => lists.insert(words.concat(), words.join("\n")),
            Self::Not(part) => part.lists(lists),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.lists(lists)),
            _ => {}
        }
    }

    fn query(&self) -> Option<Query> {
        let mut lists = Lists::default();
        self.lists(&mut lists);
        Query::parse_with(&self.written(), &lists).ok()
    }

    fn written(&self) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> =
                parts.iter().map(|part| format!("({})", part.written())).collect();
            parts.join(word)
        };
        match self {
            Self::Word(word) => word.clone(),
            Self::Prefix(stem) => format!("{stem}*"),
            Self::Forms(word) => format!("~{word}"),
            Self::TitleForms(word) => format!("title:~{word}"),
            Self::FormsNear(one, other, words) => format!("~{one} NEAR/{words} ~{other}"),
            Self::Run(run) => (*run).to_owned(),
            Self::Runs(one, other) => format!("\"{one} {other}\""),
            Self::List(words) => format!("@{}", words.concat()),
            Self::Agency(name) => format!("agency:\"{name}\""),
            Self::Title(word) => format!("title:{word}"),
            Self::Anywhere(word) => format!("anywhere:{word}"),
            Self::All => "*".to_owned(),
            Self::Phrase(words) => format!("\"{}\"", words.join(" ")),
            Self::PhrasePrefix(words, stem) => format!("\"{} {stem}*\"", words.join(" ")),
            Self::Near(one, other, words) => {
                format!("\"{}\" NEAR/{words} \"{}\"", one.join(" "), other.join(" "))
            }
            Self::Entity(words) => format!("entity:\"{}\"", words.join(" ")),
            Self::EntityPrefix(stem) => format!("entity:{stem}*"),
            Self::Outlet(name) => format!("outlet:{name}"),
            Self::OutletPrefix(stem) => format!("outlet:{stem}*"),
            Self::Site(host) => format!("site:{host}"),
            Self::Velocity(least) => format!("velocity>={least}/10m"),
            Self::Origins(least) => format!("origins>={least}"),
            Self::Not(part) => format!("-({})", part.written()),
            Self::And(parts) => joined(parts, " "),
            Self::Or(parts) => joined(parts, " OR "),
        }
    }

    /// Whether a part of an article meets it: the whole, or its title and lede.
    fn is_met(&self, whole: &Article, article: &Article) -> bool {
        let fields = [&article.title, &article.text];
        let has = |values: &[Vec<String>], words: &[String]| {
            values.iter().any(|value| value.windows(words.len()).any(|found| found == words))
        };
        match self {
            Self::All => true,
            Self::Entity(words) => has(&article.keys(), &name_words(&words.join(" "))),
            Self::EntityPrefix(stem) => {
                let stem = name_key(stem);
                article.keys().iter().flatten().any(|word| word.starts_with(&stem))
            }
            Self::Outlet(name) => article.outlet == *name,
            Self::OutletPrefix(stem) => article.outlet.starts_with(stem),
            Self::Site(host) => {
                article.outlet == *host || article.outlet.ends_with(&format!(".{host}"))
            }
            Self::Velocity(least) => {
                let recent = AGES.iter().take(article.articles).filter(|age| age.as_secs() <= 600);
                recent.count() >= *least
            }
            Self::Word(word) => fields.iter().any(|part| part.contains(word)),
            Self::Anywhere(word) => whole.title.contains(word) || whole.text.contains(word),
            Self::Forms(word) => {
                let is_form = |other: &String| are_forms(article.language, word, other);
                fields.iter().any(|part| part.iter().any(is_form))
            }
            Self::TitleForms(word) => {
                article.title.iter().any(|other| are_forms(article.language, word, other))
            }
            Self::FormsNear(one, other, words) => fields.iter().any(|part| {
                let part = characters(part);
                let part: Vec<&String> = part.iter().filter(|word| *word != "|").collect();
                let places = |wanted: &str| {
                    let is_form = |at: &usize| are_forms(article.language, wanted, part[*at]);
                    (0..part.len()).filter(is_form).collect::<Vec<usize>>()
                };
                let (ones, others) = (places(one), places(other));
                ones.iter().any(|at| others.iter().any(|to| at != to && at.abs_diff(*to) <= *words))
            }),
            Self::Run(run) => fields.iter().any(|part| has_run(part, run, true)),
            Self::Runs(one, other) => {
                fields.iter().any(|part| has_run(part, &format!("{one}{other}"), false))
            }
            Self::List(words) => {
                words.iter().any(|word| fields.iter().any(|part| part.contains(word)))
            }
            Self::Agency(name) => agency(article.agency) == agency(name),
            Self::Prefix(stem) => {
                fields.iter().any(|part| part.iter().any(|word| word.starts_with(stem)))
            }
            Self::Title(word) => article.title.contains(word),
            Self::Phrase(words) => fields
                .iter()
                .any(|part| part.windows(words.len()).any(|window| window == &words[..])),
            Self::PhrasePrefix(words, stem) => fields.iter().any(|part| {
                part.windows(words.len() + 1).any(|window| {
                    window.starts_with(words) && window[words.len()].starts_with(stem)
                })
            }),
            Self::Near(one, other, words) => fields.iter().any(|part| {
                let part: Vec<String> =
                    characters(part).into_iter().filter(|word| word != "|").collect();
                let starts = |wanted: &[String]| {
                    let stands = |at: &usize| part[*at..].starts_with(wanted);
                    (0..part.len()).filter(stands).collect::<Vec<usize>>()
                };
                let follows = |ones: &[usize], length: usize, others: &[usize]| {
                    let ends = ones.iter().map(|start| start + length);
                    ends.into_iter()
                        .any(|end| others.iter().any(|at| (end..end + words).contains(at)))
                };
                let (ones, others) = (starts(one), starts(other));
                follows(&ones, one.len(), &others) || follows(&others, other.len(), &ones)
            }),
            Self::Origins(least) => article.origins >= *least,
            Self::Not(part) => !part.is_met(whole, whole),
            Self::And(parts) => parts.iter().all(|part| part.is_met(whole, article)),
            Self::Or(parts) => parts.iter().any(|part| part.is_met(whole, article)),
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned)
}

fn stem() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["po", "qu", "port", "da", "quor", "str"]).prop_map(str::to_owned)
}

fn runs() -> impl Strategy<Value = &'static str> {
    prop::sample::select(RUNS.to_vec())
}

/// Any word of an article.
fn any_word() -> impl Strategy<Value = String> {
    prop_oneof![3 => word(), 1 => runs().prop_map(str::to_owned)]
}

fn phrase() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(word(), 1..3)
}

fn meaning() -> impl Strategy<Value = Meaning> {
    let outlet = || prop::sample::select(OUTLETS.to_vec());
    let leaf = prop_oneof![
        6 => word().prop_map(Meaning::Word),
        1 => stem().prop_map(Meaning::Prefix),
        1 => word().prop_map(Meaning::Forms),
        1 => word().prop_map(Meaning::TitleForms),
        1 => (word(), word(), 1..4_usize)
            .prop_map(|(one, other, words)| Meaning::FormsNear(one, other, words)),
        1 => runs().prop_map(Meaning::Run),
        1 => (runs(), runs()).prop_map(|(one, other)| Meaning::Runs(one, other)),
        1 => prop::collection::vec(word(), 1..3).prop_map(Meaning::List),
        1 => prop::sample::select(AGENCIES.to_vec()).prop_map(Meaning::Agency),
        1 => word().prop_map(Meaning::Title),
        1 => word().prop_map(Meaning::Anywhere),
        1 => Just(Meaning::All),
        1 => prop::collection::vec(word(), 1..4).prop_map(Meaning::Phrase),
        1 => (phrase(), stem()).prop_map(|(words, stem)| Meaning::PhrasePrefix(words, stem)),
        1 => (phrase(), phrase(), 1..4_usize)
            .prop_map(|(one, other, words)| Meaning::Near(one, other, words)),
        1 => phrase().prop_map(Meaning::Entity),
        1 => stem().prop_map(Meaning::EntityPrefix),
        1 => outlet().prop_map(Meaning::Outlet),
        1 => prop::sample::select(vec!["har", "daw", "x.y"]).prop_map(Meaning::OutletPrefix),
        1 => prop::sample::select(vec!["example", "dawn.example"]).prop_map(Meaning::Site),
        1 => (0..4_u32).prop_map(Meaning::Origins),
        1 => (0..4_usize).prop_map(Meaning::Velocity),
    ];
    leaf.prop_recursive(4, 16, 3, |part| {
        prop_oneof![
            part.clone().prop_map(|part| Meaning::Not(Box::new(part))),
            prop::collection::vec(part.clone(), 1..4).prop_map(Meaning::And),
            prop::collection::vec(part, 1..4).prop_map(Meaning::Or),
        ]
    })
}

fn article() -> impl Strategy<Value = Article> {
    let words = |most| prop::collection::vec(any_word(), 0..most);
    let about = (prop::collection::vec(phrase(), 0..3), prop::sample::select(OUTLETS.to_vec()));
    let select = prop::sample::select::<&'static str>;
    let of_all = (select(LANGUAGES.to_vec()), select(AGENCIES.to_vec()));
    let numbers = (0..4_u32, 0..=AGES.len(), of_all);
    let text = (words(8), any::<bool>(), words(5));
    (words(4), text, about, numbers).prop_map(|(title, body, about, numbers)| {
        let (mut whole, is_long, end) = body;
        if is_long {
            whole.extend(std::iter::repeat_n("filler".to_owned(), 30));
        }
        whole.extend(end);
        let ((entities, outlet), (origins, articles, (language, agency))) = (about, numbers);
        Article {
            title,
            text: whole,
            is_long,
            entities,
            outlet,
            language,
            agency,
            origins,
            articles,
        }
    })
}

fn prepared(article: &Article) -> Prepared {
    let (lede, rest) = article.text.split_at(article.lede());
    let text = format!("{}\n{}", lede.join(" "), rest.join(" "));
    let entities: Vec<String> = article.keys().iter().map(|words| words.join(" ")).collect();
    Prepared::new(&Document {
        title: &article.title.join(" "),
        text: &text,
        outlet: article.outlet,
        site: article.outlet,
        language: article.language,
        agency: article.agency,
        entities: &entities.iter().map(String::as_str).collect::<Vec<&str>>(),
        ..Document::default()
    })
}

fn numbers(article: &Article) -> Numbers<'static> {
    Numbers { origins: article.origins, ages: &AGES[..article.articles], ..Numbers::default() }
}

/// A change of a percolator.
#[derive(Debug, Clone)]
enum Change {
    Put(usize, Meaning),
    Remove(usize),
    Ask(Article),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (0..20_usize, meaning()).prop_map(|(id, meaning)| Change::Put(id, meaning)),
        2 => (0..20_usize).prop_map(Change::Remove),
        1 => article().prop_map(Change::Ask),
    ]
}

proptest! {
    #[test]
    fn a_query_agrees_with_its_meaning(meaning in meaning(), article in article()) {
        // The parser refuses it if it has only negations. Then there is nothing to compare.
        if let Some(query) = meaning.query() {
            let found = query.matches(&prepared(&article), &numbers(&article));
            let is_in_head = meaning.is_met(&article, &article.head());
            let expected = meaning.is_met(&article, &article).then_some(!is_in_head);
            prop_assert_eq!(found.map(|it| it.in_passing), expected, "{}", meaning.written());
        }
    }

    /// After any sequence of additions, replacements and removals, it finds exactly the hits of the
    /// single queries.
    #[test]
    fn the_percolator_agrees_with_brute_force(
        changes in prop::collection::vec(change(), 1..60),
        last in article(),
    ) {
        let (mut percolator, mut all) = (Percolator::default(), BTreeMap::new());
        for change in changes.into_iter().chain([Change::Ask(last)]) {
            match change {
                Change::Put(id, meaning) => {
                    if let Some(query) = meaning.query() {
                        percolator.insert(id, &query);
                        all.insert(id, query);
                    }
                }
                Change::Remove(id) => {
                    percolator.remove(&id);
                    all.remove(&id);
                }
                Change::Ask(article) => {
                    let (numbers, prepared) = (numbers(&article), prepared(&article));
                    let expected: Vec<Hit<usize>> = all
                        .iter()
                        .filter_map(|(id, query)| {
                            let matched = query.matches(&prepared, &numbers)?;
                            Some(Hit { id: *id, matched })
                        })
                        .collect();
                    let hits = percolator.matches(&prepared, |_| numbers);
                    prop_assert_eq!(&hits, &expected);
                    let candidates = percolator.candidates(&prepared);
                    prop_assert!(hits.iter().all(|hit| candidates.contains(&&hit.id)));
                }
            }
            prop_assert_eq!(percolator.len(), all.len());
        }
        all.keys().for_each(|id| percolator.remove(id));
        prop_assert!(percolator.is_empty() && percolator.filings() == 0);
    }

    #[test]
    fn the_parser_accepts_any_text(text in "\\PC{0,60}", odd in "[-~@a地진*:\"()NEARANDOR/>=<5 ]{0,60}") {
        let article = Prepared::new(&Document::default());
        for query in [text, odd].iter().filter_map(|text| Query::parse(text).ok()) {
            let _ = query.matches(&article, &Numbers::default());
        }
    }
}
