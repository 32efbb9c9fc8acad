//! Publishes articles on the bus: headers, a window of acknowledgements, retries during an outage.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinSet;
use wirefold_envelope::{Forgotten, Sender, sent, timestamp};
use wirefold_flow::{Backoff, BusError, Event, StageContext};
use wirefold_proto::{ArticleFetched, TextSource, forgotten_address, forgotten_outlet};

use crate::metrics::{ARTICLES, FORGOTTEN, OVERSIZED};

const SENDER: Sender = Sender { source: "/wirefold/fetcher" };
/// How many publishes may wait for their acknowledgement.
const WINDOW: usize = 32;
/// The waits before a call to the bus is repeated.
const RETRY: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));

/// Publishes articles. Clones share everything.
#[derive(Clone)]
pub(crate) struct Publisher {
    context: StageContext,
    forgotten: Forgotten,
}

impl Publisher {
    pub(crate) fn new(context: StageContext) -> Result<Self, BusError> {
        let forgotten = Forgotten::open(&*context.bus)?;
        Ok(Self { context, forgotten })
    }

    /// Whether people had wirefold forget the page or outlet of this link. Then it is not requested.
    pub(crate) async fn has_forgotten(&self, link: &str) -> Result<bool, BusError> {
        let page = wirefold_address::canonical(link).unwrap_or_else(|| link.to_owned());
        let outlet = wirefold_address::site_of(link).map(|outlet| forgotten_outlet(&outlet));
        let keys: Vec<String> = [forgotten_address(&page)].into_iter().chain(outlet).collect();
        self.is_forgotten(&keys).await
    }

    async fn is_forgotten(&self, keys: &[String]) -> Result<bool, BusError> {
        let now = self.context.clock.now();
        retry_bus(&self.context, || self.forgotten.has(keys, now)).await
    }

    /// Whether people had wirefold forget the article. Counts it if so.
    async fn is_left_out(&self, article: &ArticleFetched) -> Result<bool, BusError> {
        let is_forgotten = self.is_forgotten(&article.article.forgotten_keys()).await?;
        if is_forgotten {
            FORGOTTEN.add(1, &[]);
        }
        Ok(is_forgotten)
    }

    /// Returns once the article is stored. Waits while the stream is full or the bus is away.
    async fn store(&self, article: &ArticleFetched) -> Result<(), BusError> {
        let now = self.context.clock.now();
        let Ok(message) = SENDER.outgoing(article, timestamp(now)) else {
            OVERSIZED.add(1, &[]);
            tracing::warn!(article = %article.id, url = article.article.url, "article skipped: too large for a message");
            return Ok(());
        };
        let StageContext { bus, clock, .. } = &self.context;
        retry_bus(&self.context, || bus.publish(sent(&message, clock.now()))).await?;
        ARTICLES.add(1, &[text_label(article.text_source)]);
        Ok(())
    }

    /// A window of publishes under way.
    pub(crate) fn window(&self) -> Window {
        Window { publisher: self.clone(), under_way: JoinSet::new() }
    }
}

/// Publishes under way, at most [`WINDOW`]. They are passed to the bus in order.
pub(crate) struct Window {
    publisher: Publisher,
    under_way: JoinSet<Result<(), BusError>>,
}

impl Window {
    /// Passes an article to the bus. Waits only while the window is full.
    pub(crate) async fn push(&mut self, article: ArticleFetched) -> Result<(), BusError> {
        while self.under_way.len() >= WINDOW {
            self.finish_one().await?;
        }
        // Checked here and not in the task, where later articles could overtake this one.
        if self.publisher.is_left_out(&article).await? {
            return Ok(());
        }
        let publisher = self.publisher.clone();
        let mut publishing = Box::pin(async move { publisher.store(&article).await });
        // Polled once before it becomes a task, because tasks start in any order.
        match poll_once(publishing.as_mut()).await {
            Poll::Ready(published) => published,
            Poll::Pending => {
                self.under_way.spawn(publishing);
                Ok(())
            }
        }
    }

    /// Waits until everything is stored.
    pub(crate) async fn finish(mut self) -> Result<(), BusError> {
        while !self.under_way.is_empty() {
            self.finish_one().await?;
        }
        Ok(())
    }

    /// Waits for one of the publishes under way.
    async fn finish_one(&mut self) -> Result<(), BusError> {
        match self.under_way.join_next().await {
            None => Ok(()),
            Some(Ok(published)) => published,
            Some(Err(ended)) => Err(BusError::Unavailable(ended.to_string())),
        }
    }
}

async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// Repeats a request to the bus while its error may pass.
pub(crate) async fn retry_bus<T, F, A>(context: &StageContext, mut ask: A) -> Result<T, BusError>
where
    F: Future<Output = Result<T, BusError>>,
    A: FnMut() -> F,
{
    let mut backoff = RETRY;
    loop {
        match ask().await {
            Err(error) if error.may_pass() => {
                context.observer.observe("fetcher", Event::BusFailed(&error));
                backoff.wait(&*context.clock).await;
            }
            answer => return answer,
        }
    }
}

fn text_label(from: TextSource) -> &'static str {
    match from {
        TextSource::Feed => "feed",
        TextSource::Teaser => "teaser",
        TextSource::Page => "page",
        TextSource::Given => "given",
    }
}
