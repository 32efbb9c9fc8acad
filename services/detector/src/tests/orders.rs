//! The user's five articles, `../shared/seeds/*.txt`, as files in a watched folder, in every order.

use std::collections::BTreeSet;

use wirefold_proto::{AgencyHow, Class, OutputArticle};

use super::harness::{Harness, TestArticle, decision};

/// The texts in the order of their names. `None`, with a message, if the folder does not exist.
fn texts() -> Option<Vec<String>> {
    let folder =
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/seeds"));
    let Ok(entries) = std::fs::read_dir(folder) else {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"SKIPPED: ../shared/seeds is absent\n",
        );
        return None;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    Some(paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect())
}

async fn judge(texts: &[String], order: [usize; 5]) -> Vec<OutputArticle> {
    let harness = Harness::new().await;
    let file = |(place, number): (usize, &usize)| {
        TestArticle::file(&format!("{number}.txt"), &texts[*number])
            .enriched(i64::try_from(place).unwrap())
    };
    let articles: Vec<_> = order.iter().enumerate().map(file).collect();
    harness.publish(&articles).await;
    harness.run_to(5).await.iter().map(decision).collect()
}

#[tokio::test]
async fn five_articles_are_four_stories_in_every_order() {
    let Some(texts) = texts() else { return };
    for order in permutations() {
        let records = judge(&texts, order).await;
        let copies = records.iter().filter(|record| record.verdict.class == Class::Copy);
        assert_eq!(copies.count(), 1, "{order:?}");
        let stories: BTreeSet<_> = records.iter().map(|record| record.verdict.story).collect();
        assert_eq!(stories.len(), 4, "{order:?}");
        let twins: Vec<_> =
            (0..5).filter(|place| matches!(order[*place], 1 | 4)).map(|p| &records[p]).collect();
        assert_eq!(twins[0].verdict.story, twins[1].verdict.story, "{order:?}");
        // The copy without an agency inherits it from the other, at once or by a later change.
        let inferred = twins.iter().any(|record| {
            record.verdict.agency.as_ref().is_some_and(|a| a.how == AgencyHow::Inferred)
        });
        assert!(inferred || !twins[1].changes.is_empty(), "{order:?}");
    }
}

fn permutations() -> Vec<[usize; 5]> {
    let mut found = Vec::new();
    for code in 0..5_usize.pow(5) {
        let order: [usize; 5] =
            std::array::from_fn(|place| code / 5_usize.pow(u32::try_from(place).unwrap()) % 5);
        let mut sorted = order;
        sorted.sort_unstable();
        if sorted == [0, 1, 2, 3, 4] {
            found.push(order);
        }
    }
    assert_eq!(found.len(), 120);
    found
}
