//! Shortens a decision so that it fits into 2 KB.
//!
//! A decision and pending changes come in; the encoded decision goes out, with as many of the
//! changes as fit.

use std::collections::VecDeque;

use wirefold_proto::{ArticleJudged, MAX_DECISION_BYTES, StoryChange, encode};

/// Encodes a decision with as many of the pending changes as fit, but at least one, and removes
/// those from the queue. If the decision is too large, the weakest evidence is dropped first.
pub(crate) fn encode_to_fit(
    record: &mut ArticleJudged,
    pending: &mut VecDeque<StoryChange>,
) -> Vec<u8> {
    record.changes = pending.iter().take(1).cloned().collect();
    let mut body = loop {
        match encode(record) {
            Ok(body) => break body,
            Err(_) => drop_weakest(record).expect("parts of a fixed size fit"),
        }
    };
    let first = record.changes.len();
    record.changes.extend(
        pending.iter().skip(first).take(count_that_fit(first, body.len(), pending)).cloned(),
    );
    if record.changes.len() > first {
        body = encode(record).expect("a list of JSON grows by its items and a comma each");
    }
    pending.drain(..record.changes.len());
    body
}

/// How many of the pending changes fit after the `sent` ones in a decision of this size. An encoded change adds
/// its own bytes and a comma.
fn count_that_fit(sent: usize, bytes: usize, pending: &VecDeque<StoryChange>) -> usize {
    if sent == 0 {
        // Not even the first one fits.
        return 0;
    }
    let sizes = pending.iter().skip(sent).map(|change| {
        serde_json::to_vec(change).map_or(MAX_DECISION_BYTES, |encoded| encoded.len() + 1)
    });
    let mut free = MAX_DECISION_BYTES.saturating_sub(bytes);
    sizes
        .take_while(|size| {
            let fits = *size <= free;
            free = free.saturating_sub(*size);
            fits
        })
        .count()
}

/// Drops the weakest piece of evidence; `None` if nothing is left to drop.
fn drop_weakest(record: &mut ArticleJudged) -> Option<()> {
    let verdict = &mut record.verdict;
    let evidence = verdict.agency.as_mut().map(|agency| &mut agency.evidence);
    let (matches, holds) = (&mut verdict.matches, &mut verdict.holds);
    match evidence {
        Some(evidence) if evidence.len() > 1 => evidence.truncate(1),
        _ if matches.len() > 1 && matches.len() >= holds.len() => drop(matches.pop()),
        _ if !holds.is_empty() => drop(holds.pop()),
        Some(evidence) if !evidence.is_empty() => evidence.clear(),
        _ if !matches.is_empty() => matches.clear(),
        _ => drop(record.changes.pop()?),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_proto::{
        Agency, AgencyEvidence, AgencyHow, Class, Confidence, Containment, CopyKind, DecisionId,
        EventState, EvidencePlace, Input, MaterialReason, Materiality, Novelty, Offsets, Simhash,
        StoryState, Tag, Target, TextMatch, Verdict,
    };

    fn agency() -> Agency {
        let piece = AgencyEvidence {
            place: EvidencePlace::CopyrightLine,
            words: "\"\\".repeat(40),
            article: Some(id("z")),
        };
        Agency {
            name: "An agency of a long name".to_owned(),
            how: AgencyHow::Mentioned,
            confidence: Confidence::Certainly,
            evidence: vec![piece.clone(), piece],
        }
    }

    fn id(digit: &str) -> wirefold_proto::ArticleId {
        format!("a-7{}", digit.repeat(25)).parse().unwrap()
    }

    /// A decision in which every field is as large as its type allows, with far more evidence than
    /// is sent.
    fn extreme() -> ArticleJudged {
        let seen = "9999-12-30T22:00:00.999999999Z".parse().unwrap();
        let found = TextMatch {
            id: id("z"),
            contained: Containment::new(0.1234).unwrap(),
            containing: Containment::new(0.1234).unwrap(),
            passages: u32::MAX,
            longest: u32::MAX,
            fetched: Some(u64::MAX),
        };
        ArticleJudged {
            schema: Tag::new(),
            decision: DecisionId { epoch: u64::MAX, input: Input::Article(u64::MAX) },
            input: Offsets { fetched: u64::MAX, control: u64::MAX },
            id: id("z"),
            seen,
            verdict: Verdict {
                class: Class::Version,
                kind: Some(CopyKind::Partial),
                comparable: false,
                story: id("z").into(),
                event: id("z").into(),
                lead: id("z"),
                origin: id("z"),
                origin_confidence: Some(Confidence::Certainly),
                matches: vec![found; 40],
                holds: vec![id("z").into(); 40],
                shared_quotations: u32::MAX,
                agency: Some(agency()),
                novelty: Novelty::new(0.1234).unwrap(),
                material: Some(Materiality {
                    material: false,
                    reason: MaterialReason::LedeRewritten,
                    detail: Some("\"\\".repeat(40)),
                }),
                simhash: Simhash(u64::MAX),
            },
            story_state: StoryState {
                revision: u64::MAX,
                articles: u32::MAX,
                versions: u32::MAX,
                outlets: u32::MAX,
                first_seen: seen,
            },
            event_state: EventState {
                revision: u64::MAX,
                stories: u32::MAX,
                articles: u32::MAX,
                versions: u32::MAX,
                outlets: u32::MAX,
                origins: u32::MAX,
                first_seen: seen,
                continues: Some(id("z").into()),
            },
            lead_fetched: Some(u64::MAX),
            changes: Vec::new(),
            baseline: true,
        }
    }

    fn changes() -> VecDeque<StoryChange> {
        let credited = StoryChange::Credited { story: id("z").into(), agency: agency() };
        let target = Target::Event(id("z").into());
        let merged = StoryChange::Merged { from: target, into: target, links: vec![id("z")] };
        [credited.clone(), merged.clone(), merged, credited].into()
    }

    #[test]
    fn the_most_extreme_decision_fits_and_changes_wait_their_turn() {
        let mut pending = changes();
        let (mut changes_sent, mut rounds) = (Vec::new(), 0);
        while !pending.is_empty() {
            let mut record = extreme();
            let body = encode_to_fit(&mut record, &mut pending);
            assert!(body.len() <= MAX_DECISION_BYTES, "{}", body.len());
            assert!(!record.changes.is_empty(), "a change waits for ever");
            changes_sent.extend(record.changes);
            rounds += 1;
        }
        assert_eq!(changes_sent, Vec::from(changes()));
        assert!(rounds > 1);
    }

    /// The same with a trial for each change.
    fn encode_by_trials(
        record: &mut ArticleJudged,
        pending: &mut VecDeque<StoryChange>,
    ) -> Vec<u8> {
        let mut body = encode_to_fit(record, &mut pending.iter().take(1).cloned().collect());
        while let Some(next) = pending.get(record.changes.len()) {
            record.changes.push(next.clone());
            let Ok(larger) = encode(record) else {
                record.changes.pop();
                break;
            };
            body = larger;
        }
        pending.drain(..record.changes.len());
        body
    }

    #[test]
    fn as_many_changes_are_sent_as_a_trial_for_each_would_send() {
        let mut sent = std::collections::BTreeSet::new();
        for matches in 0..14 {
            for count in 0..12 {
                let mut record = extreme();
                record.verdict.matches.truncate(matches);
                record.verdict.holds.truncate(matches % 3);
                (record.verdict.agency, record.verdict.material) = (None, None);
                let mut tried = record.clone();
                // Merges alone are small.
                let all = changes();
                let some = all.iter().skip(1).take(2 + matches % 2);
                let mut pending: VecDeque<_> = some.cycle().take(count).cloned().collect();
                let mut left = pending.clone();
                let body = encode_to_fit(&mut record, &mut pending);
                assert_eq!(body, encode_by_trials(&mut tried, &mut left));
                assert_eq!((&record, &pending), (&tried, &left));
                sent.insert(record.changes.len());
            }
        }
        assert!(sent.len() > 2, "{sent:?}");
    }

    #[test]
    fn a_decision_that_fits_is_left_whole() {
        let mut record = extreme();
        record.verdict.matches.truncate(2);
        record.verdict.holds.clear();
        record.verdict.agency = None;
        let before = record.clone();
        encode_to_fit(&mut record, &mut VecDeque::new());
        assert_eq!(record, before);
    }
}
