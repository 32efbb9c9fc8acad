//! The languages of other people's titles, sentences and texts: `../shared/suites/languages`.

use std::collections::BTreeMap;
use std::path::Path;

use wirefold_language::identify;

#[derive(Default)]
struct Count {
    all: usize,
    right: usize,
    wrong: usize,
}

impl Count {
    fn shares(&self) -> (f64, f64) {
        let share = |part: usize| part as f64 / self.all as f64;
        (share(self.right), share(self.wrong))
    }
}

#[test]
fn languages_of_other_peoples_texts() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites/languages");
    let Ok(rows) = std::fs::read_to_string(suite.join("rows.tsv")) else {
        eprintln!("SKIPPED: {} is absent", suite.display());
        return;
    };
    let others = std::fs::read_to_string(suite.join("others.txt")).unwrap();
    let others: Vec<&str> = others.split_whitespace().collect();
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for row in rows.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (language, kind, text) = (columns[0], columns[1], columns[2]);
        let group = if others.contains(&language) { "other" } else { "known" };
        let count = counts.entry(format!("{group} {kind}")).or_default();
        count.all += 1;
        match identify(text, None) {
            Some(found) if found.code == language => count.right += 1,
            Some(found) => {
                count.wrong += 1;
                eprintln!("{kind} {language} {} {:.2} {text:.90}", found.code, found.confidence);
            }
            None => {}
        }
    }
    let mut wrong_of_others = Count::default();
    for (group, count) in &counts {
        let (right, wrong) = count.shares();
        eprintln!("{group}: {} rows, right {right:.3}, wrong {wrong:.3}", count.all);
        if group.starts_with("other") {
            wrong_of_others.all += count.all;
            wrong_of_others.wrong += count.wrong;
        }
    }
    let holds = |group: &str, least_right: f64, most_wrong: f64| {
        let (right, wrong) = counts[group].shares();
        assert!(right >= least_right && wrong <= most_wrong, "{group}: {right:.3} {wrong:.3}");
    };
    holds("known title", 0.97, 0.01);
    holds("known sentence", 0.985, 0.01);
    holds("known text", 0.985, 0.012);
    let (_, wrong) = wrong_of_others.shares();
    assert!(wrong <= 0.05, "languages that it does not know: {wrong:.3}");
}
