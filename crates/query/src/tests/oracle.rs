//! Queries and the percolator against a naive reading of the same words.

use proptest::prelude::*;

use crate::{Document, Numbers, Percolator, Prepared, Query};

const WORDS: [&str; 6] = ["port", "strike", "quay", "dawn", "porter", "quorum"];

/// A query with its meaning, written down the slow way.
#[derive(Debug, Clone)]
enum Meaning {
    Word(String),
    Prefix(String),
    Title(String),
    Phrase(Vec<String>),
    Near(String, String, usize),
    Origins(u32),
    Not(Box<Meaning>),
    And(Vec<Meaning>),
    Or(Vec<Meaning>),
}

#[derive(Debug, Clone)]
struct Article {
    title: Vec<String>,
    text: Vec<String>,
    origins: u32,
}

impl Meaning {
    fn written(&self) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> =
                parts.iter().map(|part| format!("({})", part.written())).collect();
            parts.join(word)
        };
        match self {
            Self::Word(word) => word.clone(),
            Self::Prefix(stem) => format!("{stem}*"),
            Self::Title(word) => format!("title:{word}"),
            Self::Phrase(words) => format!("\"{}\"", words.join(" ")),
            Self::Near(one, other, words) => format!("{one} NEAR/{words} {other}"),
            Self::Origins(least) => format!("origins>={least}"),
            Self::Not(part) => format!("-({})", part.written()),
            Self::And(parts) => joined(parts, " "),
            Self::Or(parts) => joined(parts, " OR "),
        }
    }

    fn holds(&self, article: &Article) -> bool {
        let fields = [&article.title, &article.text];
        match self {
            Self::Word(word) => fields.iter().any(|part| part.contains(word)),
            Self::Prefix(stem) => {
                fields.iter().any(|part| part.iter().any(|word| word.starts_with(stem)))
            }
            Self::Title(word) => article.title.contains(word),
            Self::Phrase(words) => fields
                .iter()
                .any(|part| part.windows(words.len()).any(|window| window == &words[..])),
            Self::Near(one, other, words) => fields.iter().any(|part| {
                let pairs = (0..part.len())
                    .flat_map(|here| (0..part.len()).map(move |there| (here, there)));
                pairs.into_iter().any(|(here, there)| {
                    let distance = here.abs_diff(there);
                    part[here] == *one && part[there] == *other && (1..=*words).contains(&distance)
                })
            }),
            Self::Origins(least) => article.origins >= *least,
            Self::Not(part) => !part.holds(article),
            Self::And(parts) => parts.iter().all(|part| part.holds(article)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(article)),
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned)
}

fn meaning() -> impl Strategy<Value = Meaning> {
    let leaf = prop_oneof![
        4 => word().prop_map(Meaning::Word),
        1 => prop::sample::select(vec!["po", "qu", "port", "da"])
            .prop_map(|stem| Meaning::Prefix(stem.to_owned())),
        1 => word().prop_map(Meaning::Title),
        1 => prop::collection::vec(word(), 1..4).prop_map(Meaning::Phrase),
        1 => (word(), word(), 1..4_usize)
            .prop_map(|(one, other, words)| Meaning::Near(one, other, words)),
        1 => (0..4_u32).prop_map(Meaning::Origins),
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
    let words = |most| prop::collection::vec(word(), 0..most);
    (words(4), words(8), 0..4_u32).prop_map(|(title, text, origins)| Article {
        title,
        text,
        origins,
    })
}

fn prepared(article: &Article) -> Prepared {
    let (title, text) = (article.title.join(" "), article.text.join(" "));
    Prepared::new(&Document { title: &title, text: &text, ..Document::default() })
}

proptest! {
    #[test]
    fn a_query_means_what_it_says(meaning in meaning(), article in article()) {
        // Refused where it is negative only, and then there is nothing to compare.
        if let Ok(query) = Query::parse(&meaning.written()) {
            let numbers = Numbers { origins: article.origins, ..Numbers::default() };
            let found = query.matches(&prepared(&article), &numbers).is_some();
            prop_assert_eq!(found, meaning.holds(&article), "{}", meaning.written());
        }
    }

    #[test]
    fn the_percolator_finds_what_brute_force_finds(
        meanings in prop::collection::vec(meaning(), 1..30),
        removed in prop::collection::vec(0..30_usize, 0..10),
        article in article(),
    ) {
        let mut percolator = Percolator::new();
        let mut all = std::collections::BTreeMap::new();
        for (id, meaning) in meanings.iter().enumerate() {
            if let Ok(query) = Query::parse(&meaning.written()) {
                percolator.insert(id, query.clone());
                all.insert(id, query);
            }
        }
        for id in removed {
            percolator.remove(&id);
            all.remove(&id);
        }
        let numbers = Numbers { origins: article.origins, ..Numbers::default() };
        let prepared = prepared(&article);
        let expected: Vec<usize> = all
            .iter()
            .filter(|(_, query)| query.matches(&prepared, &numbers).is_some())
            .map(|(id, _)| *id)
            .collect();
        let hits = percolator.matches(&prepared, |_| numbers);
        prop_assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}", odd in "[-a*:\"()NEARANDOR/>=<5 ]{0,60}") {
        let article = prepared(&Article { title: vec![], text: vec![], origins: 0 });
        for query in [text, odd].iter().filter_map(|text| Query::parse(text).ok()) {
            let _ = query.matches(&article, &Numbers::default());
        }
    }
}
