//! Tests of the generated news.

use std::collections::{BTreeSet, HashMap};

use wirefold_score::Label;

use super::*;
use crate::statistics;

const SETTINGS: Settings = Settings { seed: 7, length: 100, limit: 10_000, footer_life: 500 };

impl Generator {
    /// All articles from the first one on, without end.
    fn articles(&self) -> impl Iterator<Item = Article> {
        (0..).map(|number| self.article(number))
    }
}

impl Article {
    /// The number of its words, including page chrome.
    fn words(&self) -> u32 {
        self.sentences().map(|sentence| sentence.words).sum()
    }
}

#[test]
fn an_article_is_the_same_from_the_same_seed_and_place_and_other_from_another() {
    let (one, same) = (Generator::new(SETTINGS), Generator::new(SETTINGS));
    let other = Generator::new(Settings { seed: 8, ..SETTINGS });
    let mut equal = 0;
    for (number, article) in (0..300).zip(one.articles()) {
        // By index alone: no earlier article was generated.
        let again = same.article(299 - number);
        let there = one.article(299 - number);
        assert_eq!(
            (again.id(), again.title.clone(), again.text()),
            (there.id(), there.title.clone(), there.text())
        );
        equal += usize::from(article.text() == other.article(number).text());
    }
    assert!(equal < 3, "{equal}");
}

/// The slope of the logarithm of a word's count over that of its rank. Function words of the grammars are left
/// out, and so are rare words. Ranks are at equal logarithmic distances.
fn zipf_slope(mut counts: Vec<u32>) -> f64 {
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let ranks = (0..).map(|step| (100.0 * 1.1_f64.powi(step)) as usize);
    let ranks = ranks.take_while(|rank| *rank < counts.len().min(10_000));
    let points: Vec<(f64, f64)> =
        ranks.map(|rank| ((rank as f64).ln(), f64::from(counts[rank - 1]).ln())).collect();
    let (over, of): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
    statistics::slope(&over, &of)
}

/// By Zipf's law the slope is near -1.
#[test]
fn words_lengths_and_kinds_are_those_of_news() {
    const COUNT: usize = 2_000;
    let articles: Vec<Article> = Generator::new(SETTINGS).articles().take(COUNT).collect();
    let benign: Vec<&Article> = articles.iter().filter(|it| it.kind != Kind::Hostile).collect();
    let mut words: HashMap<String, u32> = HashMap::new();
    for article in benign.iter().filter(|it| it.script.has_spaces()) {
        let text = article.text().to_lowercase();
        for word in text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()) {
            *words.entry(word.to_owned()).or_default() += 1;
        }
    }
    assert!(words.len() > 50_000, "{}", words.len());
    let slope = zipf_slope(words.into_values().collect());
    assert!((-1.08..-0.92).contains(&slope), "{slope}");
    let is_news = |it: &&&Article| {
        matches!(it.kind, Kind::Original | Kind::OwnWords | Kind::Copy | Kind::Version)
    };
    let mut lengths: Vec<u32> = benign.iter().filter(is_news).map(|it| it.words()).collect();
    lengths.sort_unstable();
    assert!((440..540).contains(&lengths[lengths.len() / 2]), "{}", lengths[lengths.len() / 2]);
    let longest = benign.iter().map(|it| it.words()).max();
    assert!(longest > Some(3_500), "{longest:?}");
    let outlets: BTreeSet<usize> = articles.iter().map(|it| it.outlet).collect();
    assert!(outlets.len() >= 40, "{}", outlets.len());
    let share =
        |is_so: fn(&&Article) -> bool| articles.iter().filter(is_so).count() as f64 / COUNT as f64;
    let (unspaced, copies) =
        (share(|it| !it.script.has_spaces()), share(|it| it.kind == Kind::Copy));
    assert!((0.05..0.12).contains(&unspaced), "{unspaced}");
    assert!((0.25..0.35).contains(&copies), "{copies}");
}

fn is_by_form(kind: Kind) -> bool {
    matches!(kind, Kind::Brief | Kind::List | Kind::Serial)
}

#[test]
fn labelled_pairs_share_words_and_all_others_share_next_to_none() {
    const COUNT: u64 = 400;
    let generator = Generator::new(SETTINGS);
    let shingles = |article: &Article| -> BTreeSet<String> {
        let own = article.paragraphs.iter().flatten();
        let own = own.filter(|its| matches!(its.role, Role::Own(_)));
        let texts: Vec<&str> = own.map(|sentence| sentence.text.as_str()).collect();
        let joined = texts.join(" ").replace(['\u{200b}', '\u{ad}'], "");
        let words: Vec<String> = joined.split(' ').map(str::to_lowercase).collect();
        words.windows(5).map(|run| run.join(" ")).collect()
    };
    let articles: Vec<Article> = generator.articles().take(COUNT as usize).collect();
    let runs: Vec<BTreeSet<String>> = articles.iter().map(shingles).collect();
    let mut carriers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, run) in runs.iter().enumerate() {
        run.iter().for_each(|shingle| carriers.entry(shingle).or_default().push(number));
    }
    let mut common: HashMap<(usize, usize), usize> = HashMap::new();
    for numbers in carriers.values() {
        for (at, b) in numbers.iter().enumerate() {
            numbers[..at].iter().for_each(|a| *common.entry((*a, *b)).or_default() += 1);
        }
    }
    let found: std::collections::BTreeMap<_, _> = labels(&generator, COUNT).collect();
    let mut musts = 0;
    for (a, here) in runs.iter().enumerate() {
        for (b, there) in runs.iter().enumerate().skip(a + 1) {
            let (one, other) = (&articles[a], &articles[b]);
            if !one.script.has_spaces() || here.len().min(there.len()) < 40 {
                continue;
            }
            let shared = common.get(&(a, b)).copied().unwrap_or_default();
            let share = 100 * shared / here.len().min(there.len());
            match found.get(&(a, b)).map(|(label, _)| label) {
                Some(Label::Reprint) => {
                    musts += 1;
                    let is_version = one.item == other.item;
                    assert!(share >= 25 || is_version, "{} {}: {share} %", one.id(), other.id());
                }
                Some(Label::Partial) => {}
                // Articles of one template share its words.
                None if one.kind == other.kind && is_by_form(one.kind) => {}
                None => {
                    let lists = |it: &Article| matches!(it.kind, Kind::Digest | Kind::Topic);
                    let most = if lists(one) || lists(other) { 55 } else { 22 };
                    assert!(share < most, "{} {}: {share} %", one.id(), other.id());
                }
            }
        }
    }
    assert!(musts > 40, "{musts}");
}

#[test]
fn every_kind_edit_and_trick_is_made() {
    let generator = Generator::new(SETTINGS);
    let names: BTreeSet<&str> =
        (0..6_000).map(|number| name(&generator.planner.plan(number))).collect();
    let wanted = [
        "base", "own", "exact", "newlede", "droptail", "moved", "reworded", "inserted",
        "quotations", "mixed", "hidden", "corrected", "updated", "trimmed", "partial", "merge",
        "digest", "followup", "brief", "video", "paywall", "topic", "live", "gallery", "recipes",
        "nominees", "results", "boxscore", "weather", "horoscope", "stocks", "obituary", "serial",
        "archive", "correction", "oneword", "longword", "oneshingle", "wall", "hotkeys",
        "mixedscripts", "marks",
    ];
    assert_eq!(names, wanted.into());
}

#[test]
fn a_footer_changes_with_time() {
    let generator = Generator::new(SETTINGS);
    let outlets = generator.planner.outlets();
    assert!(outlets.all.len() >= 40);
    let footer = |number: u64| {
        let mut article = generator.article(4);
        let before = article.paragraphs.len();
        article.number = number;
        let mut random = Random::new(1);
        article.outlet = outlets.all.iter().position(|it| it.clutter == 3).unwrap();
        outlets.add_page_chrome(&mut article, &[], &mut random);
        article.paragraphs.split_off(before).last().map(|lines| lines[0].text.clone())
    };
    assert_eq!(footer(10), footer(20));
    assert_ne!(footer(10), footer(510));
}
