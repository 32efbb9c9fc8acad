//! The texts that are timed: originals of the repository, generated news, and the acceptance suites.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

use crate::commands::bench::news::News;
use crate::generator::{Kind, Script};
use crate::{enriched, tree};

/// The seed of the generated news.
const SEED: u64 = 20_260_301;
/// The number of generated articles in which articles of a script are searched.
const GENERATED: usize = 20_000;
/// The number of words of an article that is made of sentences.
const WORDS: usize = 480;
/// The number of its sentences in a paragraph.
const PARAGRAPH: usize = 3;
/// A language with fewer words in all is left out.
const FEWEST: usize = 2 * WORDS;

/// An article.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Article {
    #[serde(default)]
    pub(super) title: String,
    pub(super) text: String,
}

/// Articles of one kind.
pub(super) struct Set {
    pub(super) name: String,
    /// Whether the goal for English news applies.
    pub(super) is_english: bool,
    pub(super) articles: Vec<Article>,
    /// Copies of the articles with the changes that outlets make. Empty if there are none.
    pub(super) copies: Vec<Article>,
}

/// All sets, with at most this many articles each.
pub(super) fn sets(most: usize) -> anyhow::Result<Vec<Set>> {
    let mut sets = generated(most);
    sets.push(originals(most)?);
    let shapes = [
        ("real-shape, English", "real-shape/docs.jsonl"),
        ("wire-shape, English", "wire-shape/docs.jsonl"),
        ("langs-shape, German", "langs-shape/de.docs.jsonl"),
        ("langs-shape, Arabic", "langs-shape/ar.docs.jsonl"),
    ];
    for (name, path) in shapes {
        // Missing suites are not an error: the other sets are measured.
        let Some(articles) = enriched::lines::<Article>(path)? else { continue };
        sets.push(set(name.to_owned(), articles, most));
    }
    sets.extend(languages(most)?);
    Ok(sets)
}

fn set(name: String, mut articles: Vec<Article>, most: usize) -> Set {
    articles.truncate(most);
    let is_english = name.ends_with("English");
    Set { name, is_english, articles, copies: Vec::new() }
}

/// A fixture article with its language.
#[derive(Deserialize)]
struct Fixture {
    lang: String,
    #[serde(flatten)]
    article: Article,
}

/// The fixture articles in English.
fn originals(most: usize) -> anyhow::Result<Set> {
    let path = tree::root().join("seeds/articles.jsonl");
    let lines =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let rows = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Fixture>, _>>()?;
    let english = rows.into_iter().filter(|row| row.lang == "en").map(|row| row.article);
    Ok(set("seeds, English".to_owned(), english.collect(), most))
}

/// Generated articles by script, with copies of those in Latin letters.
fn generated(most: usize) -> Vec<Set> {
    let mut news = News::new(SEED, 100);
    let mut by_script: BTreeMap<Script, Set> = BTreeMap::new();
    for _ in 0..GENERATED.min(most * 50) {
        let made = news.next();
        let set = by_script.entry(made.script).or_insert_with(|| Set {
            name: format!("generated, {}", made.script.name()),
            is_english: made.script == Script::Latin,
            articles: Vec::new(),
            copies: Vec::new(),
        });
        let article = Article { title: made.title.clone(), text: made.text() };
        match made.kind {
            Kind::Original if set.articles.len() < most => set.articles.push(article),
            Kind::Copy if set.copies.len() < most => set.copies.push(article),
            _ => {}
        }
    }
    by_script.into_values().collect()
}

/// Articles made of the sentences of `languages`, one set for each language.
fn languages(most: usize) -> anyhow::Result<Vec<Set>> {
    let path = tree::root().join("../shared/suites/languages/rows.tsv");
    let Ok(rows) = std::fs::read_to_string(path) else { return Ok(Vec::new()) };
    let mut by_language: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows.lines().skip(1) {
        let mut columns = row.split('\t');
        if let (Some(language), Some(_), Some(text)) =
            (columns.next(), columns.next(), columns.next())
        {
            by_language.entry(language).or_default().push(text);
        }
    }
    let made = by_language.into_iter().map(|(language, texts)| (language, articles(&texts)));
    let known = made.filter(|(_, articles)| !articles.is_empty());
    Ok(known
        .map(|(language, articles)| set(format!("languages, {language}"), articles, most))
        .collect())
}

/// Articles of some [`WORDS`] words each, in paragraphs.
fn articles(texts: &[&str]) -> Vec<Article> {
    let words = |text: &str| {
        let analysed = wirefold_text::Text::new(text);
        let alone = analysed.words().iter().filter(|word| word.alone).count();
        analysed.words().len() - alone * 2 / 5
    };
    if texts.iter().map(|text| words(text)).sum::<usize>() < FEWEST {
        return Vec::new();
    }
    let mut all = Vec::new();
    let (mut text, mut count, mut sentences) = (String::new(), 0, 0);
    for part in texts {
        text.push_str(part);
        sentences += 1;
        text.push(if sentences % PARAGRAPH == 0 { '\n' } else { ' ' });
        count += words(part);
        if count >= WORDS {
            let title = texts.first().map_or_else(String::new, |first| (*first).to_owned());
            all.push(Article { title, text: std::mem::take(&mut text) });
            count = 0;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_of_the_generator_is_a_set_and_copies_have_originals() {
        let sets = generated(20);
        let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
        assert!(names.contains(&"generated, Latin") && names.contains(&"generated, Chinese"));
        assert!(sets.iter().all(|set| !set.articles.is_empty() && set.articles.len() <= 20));
        assert!(!sets[0].copies.is_empty());
    }

    #[test]
    fn sentences_become_articles() {
        let sentence = "The harbour of the small town stayed shut all day.";
        let made = articles(&vec![sentence; 100]);
        assert_eq!(made.len(), 2);
        assert_eq!(made[0].text.lines().count(), 16);
        assert!(articles(&[sentence]).is_empty());
    }
}
