//! `cargo xtask train fold` fits the judge of copies; see [`fold`].
//!
//! `cargo xtask train names` makes `crates/names/data/model.bin` from the train files of
//! `../shared/suites/names`, the lists beside it and the table of the enricher. It takes a minute on one
//! core. The same files give the same weights. The dev files are only for `cargo xtask accuracy enrich`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use wirefold_names::train::{Material, train};

use super::say;
use crate::{labelled_names, tree};

mod fold;

/// The arguments of `train`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(value_enum)]
    model: Trainable,
}

/// The models.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Trainable {
    /// The judge of copies.
    Fold,
    /// The tagger of people, organisations and places.
    Names,
}

/// The languages of the suite whose scripts have no capitals. The tagger does not handle them.
const WITHOUT_CAPITALS: [&str; 3] = ["ja", "ko", "zh"];
const SEED: u64 = 7;

/// Trains and writes the model.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = tree::root();
    match arguments.model {
        Trainable::Fold => fold::run(&root)?,
        Trainable::Names => names(&root)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn names(root: &Path) -> anyhow::Result<()> {
    let mut samples = Vec::new();
    for file in labelled_names::files(root, ".train.jsonl") {
        if !WITHOUT_CAPITALS.contains(&labelled_names::part(&file).as_str()) {
            samples.extend(labelled_names::read(&file)?);
        }
    }
    if samples.is_empty() {
        bail!("../shared/suites/names is absent: the names are learned from it");
    }
    let folder = root.join("crates/names/data");
    let lists = std::fs::read(folder.join("gazetteer.txt.z")).context("read gazetteer.txt.z")?;
    let table = root.join("services/enricher/data/entities.tsv");
    let table = std::fs::read_to_string(table).context("read entities.tsv")?;
    let material = Material { samples, lists, table };
    say(&format!("{} sentences\n", material.samples.len()))?;
    let model = train(&material, SEED, |round, loss| {
        let _ = say(&format!("round {round}: loss {loss:.3}\n"));
    })?;
    let packed = model.packed()?;
    let target = folder.join("model.bin");
    std::fs::write(&target, &packed).with_context(|| format!("write {}", target.display()))?;
    say(&format!("{} features, {} bytes\n", model.features, packed.len()))
}
