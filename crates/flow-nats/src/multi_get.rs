//! Gets several messages by sequence. Messages that are close to each other are fetched with one request,
//! others with one request each, concurrently.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use wirefold_flow::{BusError, Stored};

use crate::connect::SharedLink;
use crate::direct_get::{DirectGet, Received};

/// From this number of messages on, one request for all costs less than one for each.
const FEW: usize = 4;
/// One request also returns the messages in between. It is used if the range has less than this many
/// sequences for each wanted one.
const BETWEEN: u64 = 2;
/// The most single requests at once.
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

/// The first and last sequence, if one request for the range is cheaper.
fn range(sequences: &[u64]) -> Option<(u64, u64)> {
    let (first, last) = (*sequences.iter().min()?, *sequences.iter().max()?);
    let is_close = last - first < BETWEEN * sequences.len() as u64;
    (sequences.len() >= FEW && is_close).then_some((first, last))
}

/// The messages of a range, as far as the answer has them. Missing ones are then requested singly.
async fn between(link: &SharedLink, stream: &str, first: u64, last: u64) -> HashMap<u64, Stored> {
    let mut found = HashMap::new();
    let mut direct = DirectGet::new(link.clone(), stream, ">");
    let mut from = first;
    while from <= last {
        let most = usize::try_from(last - from + 1).unwrap_or(usize::MAX);
        if direct.request_at_most(from, most).await.is_err() {
            return found;
        }
        loop {
            match direct.next_part(stream).await {
                Ok(Received::Message(stored)) => {
                    from = stored.sequence + 1;
                    found.insert(stored.sequence, stored);
                }
                // A large answer ends early.
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
