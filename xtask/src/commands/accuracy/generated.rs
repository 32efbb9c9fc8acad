//! The generated set: the first articles of the generator's stream with the labels of their pairs.

use wirefold_score::Pairs;

use super::set::{Doc, LabelledSet};
use super::tables::Cells;
use crate::generator::{Article, Generator, Settings, describe, labels};

/// The seed of the card's generator. Another seed gives another set of the same kind.
const SEED: u64 = 0x77_69_72_65;
/// The size of hostile articles in bytes. They are small, because the card examines each text in a dozen
/// orders.
const LIMIT: usize = 20_000;
/// Footers change after this many articles, three times in the card's set.
const FOOTER_LIFE: u64 = 600;

fn generator(seed: u64) -> Generator {
    Generator::new(Settings { seed, length: 100, limit: LIMIT, footer_life: FOOTER_LIFE })
}

/// The first `count` articles of the card's seed, with labels.
pub(super) fn set(count: u64) -> LabelledSet {
    set_of(SEED, count)
}

/// The first `count` articles of a seed, with labels.
pub(super) fn set_of(seed: u64, count: u64) -> LabelledSet {
    let generator = generator(seed);
    let docs = (0..count).map(|number| doc(generator.article(number))).collect();
    let labels = Pairs(labels(&generator, count).collect());
    LabelledSet { name: "generated".to_owned(), docs, labels }
}

/// The measured properties of this many generated articles.
pub(super) fn description(count: u64) -> Cells {
    let mut cells = Cells::new(&["property", "measured"]);
    let rows = describe(&generator(SEED), count).rows();
    rows.into_iter().for_each(|(property, measured)| cells.row([property, measured]));
    cells
}

fn doc(article: Article) -> Doc {
    Doc {
        id: article.id(),
        url: Some(article.url()),
        text: article.text(),
        outlet: Some(article.host),
        title: Some(article.title),
        author: Some(article.byline).filter(|byline| !byline.is_empty()),
        published: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_is_written_is_read_back() {
        let set = set(200);
        let folder = std::env::temp_dir().join(format!("wirefold-{}-made", std::process::id()));
        set.write(&folder).unwrap();
        let read = LabelledSet::read(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let name = format!("wirefold-{}-made", std::process::id());
        assert!(read.unwrap() == LabelledSet { name, ..set });
    }
}
