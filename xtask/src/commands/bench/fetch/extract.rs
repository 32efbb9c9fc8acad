//! Pages a second, and how much of their articles is found, on the pages of the test suite of readability.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use wirefold_feed::html;
use wirefold_fetcher::extract::{Extractor, Rule, Settings};

use super::super::report::Report;
use crate::machine::{Stopwatch, peak_memory};
use crate::tree;

/// A page and the text of its article in the suite.
struct Example {
    page: String,
    expected: String,
}

/// Reads all pages with wirefold's extractor in its child process, and with `dom_smoothie` in this one.
pub(super) async fn run(report: &mut Report) -> anyhow::Result<()> {
    let folder = tree::root().join("../shared/suites/readability/test/test-pages");
    let mut examples = read(&folder).with_context(|| format!("read {}", folder.display()))?;
    if report.is_quick() {
        examples.truncate(30);
    }
    let (extractor, rule) = (Extractor::new(child()?), Rule::default());
    // The start of the child is not measured.
    let _ = extractor.extract(Bytes::from_static(b"<p>ready</p>"), "", &rule).await;
    let watch = Stopwatch::start();
    let mut ours = Vec::new();
    for example in &examples {
        let page =
            extractor.extract(example.page.clone().into(), "https://page.example/", &rule).await;
        ours.push(page.map(|page| page.text).unwrap_or_default());
    }
    let all = examples.len() as f64;
    let own_speed = all / watch.seconds();
    let rival_watch = Stopwatch::start();
    let theirs: Vec<String> = examples.iter().map(|example| smooth(&example.page)).collect();
    let rival_speed = all / rival_watch.seconds();
    report.add("pages extracted, in a child", own_speed, "pages/s");
    report.beside("dom_smoothie", rival_speed);
    report.add("… F1 of words, by that suite", mean_f1(&examples, &ours), "");
    report.beside("dom_smoothie", mean_f1(&examples, &theirs));
    report.hidden("memory of the bench", peak_memory(std::process::id())? as f64, "bytes");
    Ok(())
}

/// The product beside this program, as its own child.
pub(in super::super) fn child() -> anyhow::Result<Settings> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name("wirefold");
    anyhow::ensure!(program.exists(), "build {} first", program.display());
    Ok(Settings {
        program,
        args: vec!["extract-worker".to_owned()],
        workers: 1,
        memory: 768 << 20,
        cpu: Duration::from_secs(2),
        wall: Duration::from_secs(30),
    })
}

fn read(folder: &Path) -> anyhow::Result<Vec<Example>> {
    let mut folders: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    folders.sort_by_key(std::fs::DirEntry::file_name);
    let example = |entry: &std::fs::DirEntry| {
        let page = std::fs::read_to_string(entry.path().join("source.html"))?;
        let expected = std::fs::read_to_string(entry.path().join("expected.html"))?;
        Ok(Example { page, expected: html::to_text(&expected) })
    };
    folders.iter().map(example).collect()
}

fn smooth(page: &str) -> String {
    let article = dom_smoothie::Readability::new(page, None, None).and_then(|mut it| it.parse());
    article.map(|article| html::to_text(&article.content)).unwrap_or_default()
}

fn mean_f1(examples: &[Example], found: &[String]) -> f64 {
    let all = examples.iter().zip(found).map(|(example, found)| f1(&example.expected, found));
    all.sum::<f64>() / examples.len().max(1) as f64
}

/// The harmonic mean of precision and recall over words, counted with repetitions.
fn f1(expected: &str, found: &str) -> f64 {
    let (expected, found) = (count_words(expected), count_words(found));
    let count = |words: &HashMap<String, usize>| words.values().sum::<usize>();
    let both: usize =
        expected.iter().map(|(word, times)| *times.min(found.get(word).unwrap_or(&0))).sum();
    let all = count(&expected) + count(&found);
    if all == 0 { 1.0 } else { 2.0 * both as f64 / all as f64 }
}

fn count_words(text: &str) -> HashMap<String, usize> {
    let mut words = HashMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_is_counted_as_by_hand() {
        assert_eq!(f1("the ferry left late", "The ferry left"), 6.0 / 7.0);
        assert_eq!(f1("a a b", "a c"), 2.0 / 5.0);
        assert_eq!((f1("", ""), f1("a", "")), (1.0, 0.0));
    }
}
