//! Gets several messages by sequence.
//!
//! Comes in: sequences. Goes out: a message or an error for each. Messages that are close to each other come with one
//! request, all others with a request each, side by side. It never reads beyond the range of the sequences.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use wirefold_flow::{BusError, Stored};

use crate::connect::SharedLink;
use crate::direct_get::{DirectGet, Received};

/// From so many on one question for all costs less than one for each.
const FEW: usize = 4;
/// With one question come all that stand in between: at most so many for each that is wanted.
const BETWEEN: u64 = 2;
/// Single questions at once.
const AT_ONCE: usize = 64;

pub(crate) async fn get_each(
    link: &SharedLink,
    stream: &str,
    sequences: &[u64],
) -> Result<Vec<Result<Stored, BusError>>, BusError> {
    let mut found = match range(sequences) {
        Some((first, last)) => between(link, stream, first, last).await,
        None => HashMap::new(),
    };
    let each: Vec<_> =
        sequences.iter().map(|sequence| (*sequence, found.remove(sequence))).collect();
    let each = each.into_iter().map(async |(sequence, before)| match before {
        Some(stored) => Ok(stored),
        None => link.get(stream, sequence).await,
    });
    Ok(stream::iter(each).buffered(AT_ONCE).collect().await)
}

/// From where to where, if one question is worth it.
fn range(sequences: &[u64]) -> Option<(u64, u64)> {
    let (first, last) = (*sequences.iter().min()?, *sequences.iter().max()?);
    let is_close = last - first < BETWEEN * sequences.len() as u64;
    (sequences.len() >= FEW && is_close).then_some((first, last))
}

/// What stands there, as far as the server says so: what is missing is asked for singly.
async fn between(link: &SharedLink, stream: &str, first: u64, last: u64) -> HashMap<u64, Stored> {
    let mut found = HashMap::new();
    let mut direct = DirectGet::new(link.clone(), stream, ">");
    let mut from = first;
    while from <= last {
        let most = usize::try_from(last - from + 1).unwrap_or(usize::MAX);
        if direct.ask_for(from, most).await.is_err() {
            return found;
        }
        loop {
            match direct.next_part(stream).await {
                Ok(Received::Message(stored)) => {
                    from = stored.sequence + 1;
                    found.insert(stored.sequence, stored);
                }
                // An answer ends early where it is large.
                Ok(Received::End { is_dry: false }) if from <= last => break,
                Ok(Received::End { .. } | Received::Lost) | Err(_) => return found,
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn one_question_is_asked_where_most_of_the_answer_is_wanted() {
        assert_eq!(range(&[]), None);
        assert_eq!(range(&[3, 4, 5]), None, "too few");
        assert_eq!(range(&[7, 5, 6, 4]), Some((4, 7)));
        assert_eq!(range(&[1, 2, 3, 8]), Some((1, 8)));
        assert_eq!(range(&[1, 2, 3, 9]), None, "too far apart");
    }
}
