//! Publishes articles as fast as the bus acknowledges them.

use futures_util::{TryStreamExt as _, stream};
use wirefold_flow::{Bus, Outgoing};

use super::articles::Ready;

/// The number of publishes that wait for their acknowledgement at a time.
const WINDOW: usize = 100;

/// Publishes in order, in a bounded window.
pub(super) async fn publish(bus: &dyn Bus, messages: Vec<Outgoing>) -> anyhow::Result<()> {
    let publishing = stream::iter(messages.into_iter().map(|message| Ok(bus.publish(message))));
    publishing.try_buffered(WINDOW).try_for_each(|_| async { Ok(()) }).await?;
    Ok(())
}

/// The messages of articles in their order.
pub(super) fn messages(articles: &[Ready]) -> Vec<Outgoing> {
    articles.iter().map(|article| article.message.clone()).collect()
}
