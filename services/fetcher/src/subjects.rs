//! Subjects of a NATS server as sources: programs publish articles there.
//!
//! A message is one article, or an array of them, in the JSON of `POST /articles`. It is
//! acknowledged once all of it is stored. If the process dies before that, the message comes again
//! and has no further effect, because the same article has the same id. A message that is not an
//! article goes to the dead letters with the reason, and is acknowledged once it is stored there.
//!
//! The caller provides the connection ([`SubscriptionOpener`]).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wirefold_address::{Arrival, Authority, identify};
use wirefold_envelope::{dead_letters, timestamp};
use wirefold_flow::{Answer, BoxFuture, BusError, DeadLetter, Point, Reason, StageContext, Stored};
use wirefold_proto::streams::Stage;
use wirefold_proto::{ArticleFetched, FeedId, Outlet, SubmittedArticle, TextSource};

use crate::FetcherError;
use crate::metrics::MESSAGES;
use crate::publish::{Publisher, retry_bus};

/// How many messages one read returns.
const AT_ONCE: usize = 64;
/// The wait before a failed subscription is opened again.
const PAUSE: Duration = Duration::from_secs(2);

/// A subject with articles.
#[derive(Clone)]
pub struct Source {
    /// The feed of its articles.
    pub feed: FeedId,
    /// The outlet of articles that have neither an outlet nor an address.
    pub outlet: Option<Outlet>,
    /// The subject, for people.
    pub subject: String,
    /// The server, for people, without secrets.
    pub server: String,
    /// Opens the subscription.
    pub opener: Arc<dyn SubscriptionOpener>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feed, subject, server, .. } = self;
        f.debug_struct("Source")
            .field("feed", feed)
            .field("subject", subject)
            .field("server", server)
            .finish_non_exhaustive()
    }
}

/// Opens a durable subscription to a subject.
pub trait SubscriptionOpener: Send + Sync {
    /// Opens it at its stored position. The error says what to repair, for people.
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Subscription>, String>>;
}

/// A durable subscription to a subject. Messages that are not acknowledged come again.
pub trait Subscription: Send {
    /// Waits for at least one message and returns at most `max`.
    fn next(&mut self, max: usize) -> Answer<'_, Vec<SubjectMessage>>;

    /// Acknowledges all messages that `next` has returned.
    fn acknowledge(&mut self) -> Answer<'_, ()>;
}

/// A message of a subject.
pub struct SubjectMessage {
    /// The message.
    pub message: Stored,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
}

/// Reads articles from the subjects until `stop`.
///
/// # Errors
/// An error of the bus that does not pass.
pub(crate) async fn run(
    context: &StageContext,
    sources: Vec<Source>,
    stop: CancellationToken,
) -> Result<(), FetcherError> {
    let mut followers = JoinSet::new();
    for source in sources {
        let publisher = Publisher::new(context.clone())?;
        let follower = Follower { context: context.clone(), publisher, source, stop: stop.clone() };
        followers.spawn(follower.follow());
    }
    while let Some(ended) = followers.join_next().await {
        match ended {
            Ok(ended) => ended?,
            Err(error) => {
                tracing::error!(%error, "a subject is no longer followed; please report it");
            }
        }
    }
    Ok(())
}

/// Follows one subject.
struct Follower {
    context: StageContext,
    publisher: Publisher,
    source: Source,
    stop: CancellationToken,
}

impl Follower {
    async fn follow(self) -> Result<(), FetcherError> {
        let Source { subject, server, feed, .. } = &self.source;
        let mut last_problem = None;
        loop {
            let opening = self.source.opener.open();
            let Some(opened) = self.stop.run_until_cancelled(opening).await else { return Ok(()) };
            let problem = match opened {
                Ok(subscription) => {
                    last_problem = None;
                    tracing::info!(subject, server, %feed, "subject is followed");
                    match self.read_subscription(subscription).await? {
                        None => return Ok(()),
                        Some(problem) => problem,
                    }
                }
                Err(problem) => problem,
            };
            // The same problem is logged only once.
            if last_problem.as_ref() != Some(&problem) {
                tracing::warn!(subject, server, why = problem, "subject cannot be followed");
            }
            last_problem = Some(problem);
            self.context.pause(PAUSE, &self.stop).await;
        }
    }

    /// Stores messages until the subscription fails, and returns the problem; `None` after the stop
    /// signal.
    async fn read_subscription(
        &self,
        mut subscription: Box<dyn Subscription>,
    ) -> Result<Option<String>, FetcherError> {
        loop {
            let next = subscription.next(AT_ONCE);
            let acknowledged = match self.stop.run_until_cancelled(next).await {
                None => return Ok(None),
                Some(Ok(messages)) => {
                    self.store_messages(messages).await?;
                    // If this fails, the messages come again, which has no effect.
                    subscription.acknowledge().await
                }
                Some(Err(error)) => Err(error),
            };
            if let Err(error) = acknowledged {
                return Ok(Some(error.to_string()));
            }
        }
    }

    /// Stores the articles of these messages.
    async fn store_messages(&self, messages: Vec<SubjectMessage>) -> Result<(), FetcherError> {
        let mut window = self.publisher.window();
        for delivered in &messages {
            match read(&delivered.message.body, &self.arrival()) {
                Ok(articles) => {
                    MESSAGES.add(1, &["taken"]);
                    for article in articles {
                        window.push(article).await?;
                    }
                }
                Err(why) => {
                    MESSAGES.add(1, &["dead"]);
                    self.dead_letter(delivered, why).await?;
                }
            }
        }
        window.finish().await?;
        crate::check_fail_point(&self.context, Point::Published)
    }

    fn arrival(&self) -> Arrival {
        Arrival {
            feed: self.source.feed.clone(),
            // A publisher on that subject is trusted like the operator.
            authority: Authority::Operator,
            outlet: self.source.outlet.clone(),
            text_source: TextSource::Given,
            seen: timestamp(self.context.clock.now()),
        }
    }

    /// Stores a message in the dead letters.
    async fn dead_letter(
        &self,
        delivered: &SubjectMessage,
        reason: String,
    ) -> Result<(), BusError> {
        let Source { subject, server, .. } = &self.source;
        let sequence = delivered.message.sequence;
        tracing::warn!(subject, server, sequence, reason, "message moved to the dead letters");
        let stream = format!("{} at {server}", delivered.message.stream);
        let message = Stored { stream, ..delivered.message.clone() };
        let letter = DeadLetter {
            stage: Stage::Fetcher.as_str(),
            reason: &Reason::rejected(reason),
            attempts: delivered.attempt,
            at: self.context.clock.now(),
            message: &message,
            body: Some(&message.body),
        };
        let dead = dead_letters(Stage::Fetcher);
        retry_bus(&self.context, || self.context.publish_letter(&dead, &letter)).await
    }
}

/// The most articles of one message.
const MOST: usize = 1_000;

/// The articles of a message: one object, or an array of them. If one is invalid, none is used. The
/// error is for people.
pub(super) fn read(body: &[u8], arrival: &Arrival) -> Result<Vec<ArticleFetched>, String> {
    let no_json = |error: serde_json::Error| format!("not an article in JSON: {error}");
    let is_array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let parts: Vec<Box<RawValue>> = match is_array {
        true => serde_json::from_slice(body).map_err(no_json)?,
        false => vec![serde_json::from_slice(body).map_err(no_json)?],
    };
    if parts.len() > MOST {
        return Err(format!("more than {MOST} articles in one message"));
    }
    let describe = |number: usize, why: String| match is_array {
        true => format!("article {}: {why}", number + 1),
        false => why,
    };
    let one = |(number, part): (usize, &RawValue)| {
        let submitted: SubmittedArticle =
            serde_json::from_str(part.get()).map_err(|error| describe(number, no_json(error)))?;
        identify(submitted, arrival).map_err(|why| describe(number, why.to_string()))
    };
    parts.iter().map(|part| &**part).enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use wirefold_address::Authority;
    use wirefold_proto::TextSource;

    use super::*;

    fn articles_in(body: &str) -> Result<Vec<ArticleFetched>, String> {
        let arrival = Arrival {
            feed: "desk".parse().unwrap(),
            authority: Authority::Operator,
            outlet: "wire".parse().ok(),
            text_source: TextSource::Given,
            seen: "2026-03-01T12:00:00Z".parse().unwrap(),
        };
        read(body.as_bytes(), &arrival)
    }

    #[test]
    fn a_message_is_one_article_or_several() {
        let one = articles_in(
            r#" {"id":"7","text":"One.\n\nTwo.","title":" A\nb ","author":"Ann",
                "url":"https://www.harbour.example/x?utm_source=a","published":"2026-03-01T10:00:00Z"}"#,
        );
        let one = &one.unwrap()[0];
        assert_eq!((one.article.title.as_str(), one.text.as_str()), ("A b", "One.\n\nTwo."));
        assert_eq!(one.article.outlet.as_str(), "harbour.example");
        assert_eq!(one.article.canonical_url.as_deref(), Some("https://harbour.example/x"));
        assert_eq!((one.article.item_key.as_str(), one.article.baseline), ("7", false));
        let two = articles_in(r#"[{"text":"A."},{"text":"B.","outlet":"The Ledger"}]"#).unwrap();
        let outlets: Vec<&str> = two.iter().map(|it| it.article.outlet.as_str()).collect();
        assert_eq!(outlets, ["wire", "the ledger"]);
        assert!(articles_in("[]").unwrap().is_empty());
        let via = r#"{"text":"A.","url":"https://harbour.example/a","feed":"planet.example"}"#;
        let via = &articles_in(via).unwrap()[0];
        assert_eq!(via.article.outlet_label(), "harbour.example via planet.example");
    }

    #[test]
    fn reports_why_a_message_has_no_articles() {
        for (body, why) in [
            ("", "not an article in JSON: EOF"),
            ("oops", "not an article in JSON: expected value"),
            ("{}", "missing field `text`"),
            (r#"{"text":" "}"#, "`text` and `title` are empty"),
            (r#"{"text":"a","extra":1}"#, "unknown field `extra`"),
            (r#"{"text":"a","url":"javascript:1"}"#, "`url` \"javascript:1\" is not a web address"),
            (r#"{"text":"a","published":"yesterday"}"#, "not an article in JSON"),
            (r#"[{"text":"a"},{"text":""}]"#, "article 2: `text` and `title` are empty"),
            (r#"{"text":"a"} {"text":"b"}"#, "trailing characters"),
        ] {
            let error = articles_in(body).unwrap_err();
            assert!(error.contains(why), "{error} for {body}");
        }
        assert!(articles_in("\u{feff}{\"text\":\"a\"}").is_err());
    }
}
