//! `kill -9` for each process and for the server during work: nothing is lost, repeated or decided
//! differently.

use std::collections::BTreeSet;

use wirefold_proto::streams::FETCHED;

use super::over::{NatsPipeline, SERVER};
use crate::pipeline::generated::{Numbers, articles};
use crate::pipeline::kept::StoredStreams;
use crate::pipeline::killed::{
    LAST, check_alerts, check_conserved, check_same_output, drop_file, folder_of_drops,
    judged_articles, undisturbed, wait_for_last,
};
use crate::pipeline::targets::Target;
use crate::pipeline::up::now;
use crate::pipeline::{PATIENCE, say};

const SEED: u64 = 20_261_123;
/// Each is killed once the articles of one more file are in the output.
const VICTIMS: [&str; 7] =
    ["detector", "enricher", "alerter", SERVER, "gateway", "fetcher", "pruner"];
const FILE: usize = 20;

/// Pending alerts are sent after their deadline.
#[track_caller]
pub(super) fn wait_for_messages(target: &mut Target, kept: &StoredStreams) {
    let expected: BTreeSet<String> = kept.alerts.iter().map(|it| it.id.to_string()).collect();
    let deadline = now().plus(PATIENCE);
    target.read_arrived();
    while target.alerts() != expected && target.next_within(deadline.since(now())).is_some() {}
}

#[test]
fn nothing_is_lost_or_repeated_whichever_process_is_killed() {
    let made = articles((VICTIMS.len() + 1) * FILE, &mut Numbers::from_seed(SEED));
    let mut target = Target::open();
    let folder = folder_of_drops(&target, "0s");
    let drop_file = |nth| drop_file(&folder, &format!("{nth:03}"), &made[nth * FILE..][..FILE]);
    let over = NatsPipeline::start(&folder);
    drop_file(0);
    for (nth, victim) in VICTIMS.iter().enumerate() {
        drop_file(nth + 1);
        over.until_output(nth * FILE + FILE / 2);
        if *victim == SERVER {
            // Articles that a fetcher was publishing then change their order, which the chaos tests cover.
            // Here every article must be in order.
            over.until(&FETCHED, ">", (nth + 2) * FILE);
        }
        over.kill(victim);
    }
    over.until_output(made.len());
    folder.write("dropped/last.txt", LAST.as_bytes());
    over.until_output(made.len() + 1);
    wait_for_last(&mut target);
    let kept = over.kept();
    wait_for_messages(&mut target, &kept);
    let ended = over.up.terminate();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    target.read_arrived();

    check_conserved(&kept, &made);
    let undisturbed = undisturbed(&kept.fetched);
    check_same_output(&kept, &undisturbed);
    let (ours, theirs) = (judged_articles(&kept), judged_articles(&undisturbed));
    assert_eq!(ours.len(), theirs.len());
    for (id, body) in &ours {
        assert_eq!(Some(body), theirs.get(id), "{id}");
    }
    check_alerts(&kept, &undisturbed, &target);
    say(format_args!(
        "  {} killed: {} articles, {} alerts, {} epochs",
        VICTIMS.len(),
        ours.len(),
        target.alerts().len(),
        kept.output.iter().filter(|it| it.subject.ends_with(".epoch")).count(),
    ));
}
