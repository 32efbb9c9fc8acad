//! Finds the sequence of a time in a stream, without reading the stream from its beginning.
//!
//! Comes in: a stream and a time. Goes out: a sequence. It reads few messages.

use wirefold_flow::{Bus, BusError, UnixMillis};

/// The sequence of the first message stored at or after this time; the one after the last message if there is
/// none.
pub(super) async fn first_stored(
    bus: &dyn Bus,
    stream: &str,
    since: UnixMillis,
) -> Result<u64, BusError> {
    let (mut low, mut high) = (1, bus.stream_state(stream).await?.last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        // Expired messages are skipped.
        let kept = bus.read(stream, ">", middle).await?.ready(1).await?;
        match kept.first() {
            Some(stored) if stored.at < since => low = stored.sequence + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use wirefold_flow::sim::{SimBus, SimDisk, VirtualClock};
    use wirefold_flow::{Clock as _, Headers, Outgoing, StreamConfig};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_message_of_a_time_is_found() {
        let clock = VirtualClock::default();
        let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
        bus.create_stream(StreamConfig::new("S", &["s.>"])).await.unwrap();
        let begin = clock.now();
        for number in 1..=50 {
            let (subject, id) = ("s.a".to_owned(), number.to_string());
            let body = "x".into();
            bus.publish(Outgoing { subject, id, headers: Headers::new(), body }).await.unwrap();
            clock.advance(Duration::from_secs(10));
        }
        for (seconds, first) in [(0, 1), (1, 2), (10, 2), (250, 26), (490, 50), (491, 51)] {
            let since = begin.plus(Duration::from_secs(seconds));
            let found = first_stored(&*bus, "S", since).await.unwrap();
            assert_eq!(found, first, "{seconds} s");
        }
    }
}
