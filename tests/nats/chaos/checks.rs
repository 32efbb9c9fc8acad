//! The properties of the results.

use std::collections::BTreeMap;

use wirefold_flow::{EPOCH, Stored, conservation};
use wirefold_proto::{Alert, ArticleFetched, Published};

use super::forms;
use crate::pipeline::generated::GeneratedArticle;
use crate::pipeline::kept::StoredStreams;
use crate::pipeline::killed::{check_chains, check_same_output, judged_articles};
use crate::pipeline::targets::Target;

/// Checks all properties, compared with an undisturbed run over the same articles.
#[track_caller]
pub(super) fn check(kept: &StoredStreams, made: &[GeneratedArticle], target: &Target) {
    check_fetched(kept, made);
    check_writers(&kept.enriched);
    check_writers(&kept.output);
    let quiet = forms::replayed(&kept.fetched);
    check_verdicts(kept, &quiet);
    check_alerts(kept, &quiet);
    check_told(kept, target);
}

/// Every dropped article was fetched: no item is lost or repeated. If the server was killed, articles that
/// the fetcher was publishing may have changed their order.
#[track_caller]
fn check_fetched(kept: &StoredStreams, made: &[GeneratedArticle]) {
    let key = |stored: &Stored| {
        let fetched: ArticleFetched = wirefold_envelope::decode(stored).expect("an article");
        fetched.article.item_key
    };
    let mut keys: Vec<String> = kept.fetched.iter().map(key).collect();
    let mut expected: Vec<&str> = made.iter().map(|it| it.id.as_str()).chain(["last"]).collect();
    keys.sort_unstable();
    expected.sort_unstable();
    assert_eq!(keys, expected, "each article was fetched once");
    assert!(kept.dead.is_empty(), "{:?}", kept.dead);
}

/// After a take-over only the new writer writes: no record of an earlier epoch follows its own, and no input
/// was decided twice or left out.
#[track_caller]
fn check_writers(records: &[Stored]) {
    let mut reigning = 0;
    for record in records {
        let epoch = record.headers.get(EPOCH).and_then(|epoch| epoch.parse::<u64>().ok());
        let epoch = epoch.expect("each record has its epoch");
        // A note on suspects is on the same subject, and has the epoch of its writer.
        let is_new = record.id == format!("epoch-{epoch}");
        let expected = reigning + u64::from(is_new);
        assert_eq!(epoch, expected, "{} at {} is a zombie's", record.id, record.sequence);
        reigning = epoch;
    }
}

#[track_caller]
fn check_verdicts(kept: &StoredStreams, quiet: &StoredStreams) {
    check_chains(kept);
    check_same_output(kept, quiet);
    let (ours, theirs) = (judged_articles(kept), judged_articles(quiet));
    let accepted = kept.fetched.iter().map(|stored| stored.id.as_str());
    conservation(accepted, ours.keys().map(String::as_str), []).expect("each comes out once");
    for (id, body) in &ours {
        assert_eq!(Some(body), theirs.get(id), "{id}");
    }
    assert_eq!(forms::groups(kept), forms::groups(quiet));
}

/// Every revision exists once and says the same as in an undisturbed run.
#[track_caller]
fn check_alerts(kept: &StoredStreams, quiet: &StoredStreams) {
    let by_id = |of: &StoredStreams| -> BTreeMap<(String, u64), String> {
        let ids = of.alerts.iter().map(|alert| (alert.id.to_string(), alert.revision));
        ids.zip(forms::alerts(of)).collect()
    };
    let (ours, theirs) = (by_id(kept), by_id(quiet));
    assert_eq!(ours.len(), kept.alerts.len(), "a revision stands twice");
    for ((id, revision), said) in &ours {
        if theirs.get(&(id.clone(), *revision)) != Some(said) {
            let (told, expected) = (history(kept, id), history(quiet, id));
            panic!("revision {revision} of {id}:\n{told}\nwhere a quiet run says\n{expected}");
        }
    }
    assert_eq!(ours.len(), theirs.len(), "a revision is missing");
}

/// The revisions of an alert, one on a line.
fn history(kept: &StoredStreams, id: &str) -> String {
    let line = |alert: &Alert| {
        let Alert { revision, at, output, volume, outlets, copies, .. } = alert;
        format!("{revision} at {at} of {output}: {volume:?}, {outlets} outlets, {copies} copies\n")
    };
    kept.alerts.iter().filter(|alert| alert.id.to_string() == id).map(line).collect()
}

/// The target received each revision, or a newer one that is at least as loud, each with one id.
#[track_caller]
fn check_told(kept: &StoredStreams, target: &Target) {
    target.check_ids();
    let mut had: BTreeMap<String, Vec<&Alert>> = BTreeMap::new();
    for message in &target.messages {
        had.entry(message.alert.id.to_string()).or_default().push(&message.alert);
    }
    let is_told = |alert: &&Alert| {
        let had = had.get(&alert.id.to_string()).map(Vec::as_slice).unwrap_or_default();
        had.iter().any(|sent| {
            let is_newer = sent.revision > alert.revision && sent.volume >= alert.volume;
            sent.revision == alert.revision || is_newer
        })
    };
    let untold = kept.alerts.iter().filter(|alert| alert.held.is_none() && !is_told(alert));
    let untold: Vec<String> = untold.map(Published::message_id).collect();
    assert!(untold.is_empty(), "{untold:?}");
}
