//! The five articles in `../shared/seeds`: one event, and two of them one text, in all orders.

use std::path::Path;

use wirefold_fold::{Detector, EventId, Incoming, Settings, StoryId};

/// The numbers of the two copies.
const COPIES: [usize; 2] = [1, 4];

/// The texts by number; `None` if the folder is absent.
fn texts() -> Option<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/seeds");
    let entries = std::fs::read_dir(folder).ok()?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|of| of == "txt"));
    paths.sort();
    Some(paths.iter().map(|path| std::fs::read_to_string(path).expect("a text")).collect())
}

/// All orders of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let with_last = |order: Vec<usize>| {
        (0..=order.len()).map(move |at| {
            let mut longer = order.clone();
            longer.insert(at, last);
            longer
        })
    };
    orders(last).into_iter().flat_map(with_last).collect()
}

#[test]
fn two_of_the_five_fold_in_all_orders_no_others_do_and_all_are_one_event() {
    let Some(texts) = texts() else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"SKIPPED: no ../shared/seeds\n");
        return;
    };
    assert_eq!((texts.len(), orders(5).len()), (5, 120));
    for order in orders(5) {
        let mut detector = Detector::new(Settings::default());
        let mut stories = [StoryId(0); 5];
        for number in &order {
            let text = &texts[*number];
            let verdict = detector.observe(&Incoming { text, ..Incoming::default() });
            stories[*number] = verdict.story;
            assert_eq!(verdict.event, EventId(0), "{number}, {order:?}");
        }
        for one in 0..5 {
            for other in 0..one {
                let are_copies = COPIES == [other, one];
                assert_eq!(stories[one] == stories[other], are_copies, "{other} {one}, {order:?}");
            }
        }
    }
}
