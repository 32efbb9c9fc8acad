//! The log of permissions that the server has refused.
//!
//! A refused request gets no answer and would run into its time limit. The server reports the refusal
//! separately. So a call waits for its answer and also for a refusal.

use std::collections::VecDeque;

use tokio::sync::watch;
use wirefold_flow::BusError;

/// The most refusals in the log. The callers of older ones have been notified.
const MAX_LOGGED: usize = 64;

/// One refusal of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Whether it is about a publish. Otherwise it is about a subscription.
    pub(crate) publish: bool,
    pub(crate) subject: String,
}

impl Refusal {
    /// Parses the server's text, such as `Permissions Violation for Publish to "a.b"`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let about = lower.split_once("permissions violation for ")?.1;
        let subject = text.split('"').nth(1)?.to_owned();
        Some(Self { publish: about.starts_with("publish"), subject })
    }

    pub(crate) fn into_error(self, user: &str) -> BusError {
        let verb = if self.publish { "publish to" } else { "subscribe to" };
        BusError::NotAllowed { user: user.to_owned(), what: format!("{verb} {}", self.subject) }
    }
}

#[derive(Default)]
struct Log {
    count: u64,
    last: VecDeque<Refusal>,
}

impl Log {
    /// The first refusal after `mark` that `concerns` the caller.
    fn find(&self, mark: u64, concerns: &impl Fn(&Refusal) -> bool) -> Option<Refusal> {
        let fresh = usize::try_from(self.count.saturating_sub(mark)).unwrap_or(usize::MAX);
        let logged = self.last.len();
        self.last
            .iter()
            .skip(logged.saturating_sub(fresh))
            .find(|refusal| concerns(refusal))
            .cloned()
    }
}

/// The refusals of one connection.
#[derive(Default)]
pub(crate) struct Refusals(watch::Sender<Log>);

impl Refusals {
    pub(crate) fn add(&self, refusal: Refusal) {
        self.0.send_modify(|log| {
            log.count += 1;
            log.last.push_back(refusal);
            if log.last.len() > MAX_LOGGED {
                log.last.pop_front();
            }
        });
    }

    /// The number of refusals so far.
    pub(crate) fn mark(&self) -> u64 {
        self.0.borrow().count
    }

    /// The first refusal since `mark`, if there is one.
    pub(crate) fn since(&self, mark: u64, concerns: impl Fn(&Refusal) -> bool) -> Option<Refusal> {
        self.0.borrow().find(mark, &concerns)
    }

    /// Returns once there is a refusal since `mark`.
    pub(crate) async fn wait_for(&self, mark: u64, concerns: impl Fn(&Refusal) -> bool) -> Refusal {
        let mut seen = self.0.subscribe();
        loop {
            let found = seen.borrow_and_update().find(mark, &concerns);
            if let Some(refusal) = found {
                return refusal;
            }
            if seen.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_are_understood() {
        let publish = Refusal::parse("Permissions Violation for Publish to \"wf.A.b\"").unwrap();
        assert_eq!(publish, Refusal { publish: true, subject: "wf.A.b".into() });
        let queue = "'Permissions Violation for Subscription to \"a.>\" using queue \"q\"'";
        assert_eq!(
            Refusal::parse(queue).unwrap(),
            Refusal { publish: false, subject: "a.>".into() }
        );
        assert_eq!(Refusal::parse("Authorization Violation"), None);
        let said = publish.into_error("fetcher").to_string();
        assert_eq!(
            said,
            "user fetcher may not publish to wf.A.b: correct its permissions on the server"
        );
    }

    #[test]
    fn only_later_refusals_are_found() {
        let refusals = Refusals::default();
        let refuse = |subject: &str| {
            refusals.add(Refusal { publish: true, subject: subject.to_owned() });
        };
        refuse("a");
        let mark = refusals.mark();
        assert_eq!(refusals.since(mark, |_| true), None);
        for number in 0..MAX_LOGGED {
            refuse(&format!("b{number}"));
        }
        assert_eq!(refusals.since(mark, |_| true).unwrap().subject, "b0");
        assert_eq!(refusals.since(0, |refusal| refusal.subject == "a"), None);
    }
}
