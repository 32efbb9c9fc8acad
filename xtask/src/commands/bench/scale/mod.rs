//! `bench scale`: documents on shards compared with one detector, and the costs at ten and a hundred million
//! articles a day.

mod bus;
mod compare;
mod document;
mod simulate;

use std::io::Write as _;
use std::path::Path;

use super::Common;
use super::detect::NEWS;
use crate::generator;

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 50_000;
const QUICK: usize = 5_000;
/// The number of shards by default.
const SHARDS: usize = 2;
/// The run spans eight days, one more than the window.
const SPAN_MILLIS: i64 = 8 * 86_400 * 1_000;
/// The size of hostile articles in bytes.
const LIMIT: usize = 20_000;

/// The arguments of `bench scale`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) common: Common,
    /// How many articles [default: 50000].
    #[arg(long, value_name = "N")]
    articles: Option<usize>,
    /// How many shards of documents.
    #[arg(long, value_name = "N", default_value_t = SHARDS)]
    shards: usize,
}

/// Judges the articles twice, simulates, and prints the tables.
pub(super) fn run(arguments: &Arguments, folder: &Path) -> anyhow::Result<()> {
    let usual = if arguments.common.quick { QUICK } else { ARTICLES };
    let articles = arguments.articles.unwrap_or(usual).max(1);
    let news = generator::Settings { limit: LIMIT, ..NEWS };
    let apart = SPAN_MILLIS / i64::try_from(articles)?;
    let compared = compare::compare(folder, news, (articles, arguments.shards), apart)?;
    let block = document::block(&compared);
    writeln!(std::io::stdout(), "{} of the articles are copies.\n\n{block}", compared.copies)?;
    if arguments.common.write {
        document::write(&block)?;
    }
    Ok(())
}
