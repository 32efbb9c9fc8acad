//! How several fetchers share the feeds.
//!
//! Each fetcher writes a key of its own into `wf_leases` again and again. The fetchers whose keys change are the members. A host
//! belongs to the member for which the hash of both is highest (rendezvous hashing; Thaler and Ravishankar, 1998), so pacing and
//! pauses of a host stay in one process. If a member leaves, only its hosts move; if one joins, only those that it gets. The
//! member that joined first also carries out commands, follows lists and reads files and subjects: it *leads*.
//!
//! Members count rounds, and compare no clocks of two machines. For a moment two may take a host for theirs: then it gets a
//! request too many, but records are written by compare-and-set, and articles have the same ids.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;
use wirefold_flow::{BusError, Event, KeyValue, StageContext, UnixMillis};
use wirefold_proto::FeedSettings;
use wirefold_proto::streams::LEASES;

use crate::sites::host_key;
use crate::stable_hash::hash;

/// The beginning of the members' keys.
const PREFIX: &str = "fetcher";
/// The time between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// A member whose key did not change for this many rounds is gone.
const ROUNDS_UNTIL_GONE: u32 = 5;
/// For this many rounds a new member leaves its hosts alone: the others stop polling them meanwhile.
const ROUNDS_OF_A_NEWCOMER: u32 = 7;
/// A member that wrote nothing for longer joins anew: the others may have taken its hosts.
const SILENCE: Duration = Duration::from_secs(4);
/// The longest wait for the key to be deleted at the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// The feeds of one fetcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    own: String,
    /// The fetchers that poll, in the order in which they joined.
    members: Vec<String>,
}

impl Share {
    /// All feeds: there is no other fetcher.
    pub(crate) fn alone() -> Self {
        Self { own: String::new(), members: vec![String::new()] }
    }

    /// The feeds of one of these members.
    #[cfg(test)]
    pub(crate) fn of(own: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|it| (*it).to_owned()).collect();
        Self { own: own.to_owned(), members }
    }

    /// Whether there can be other fetchers.
    pub(crate) fn is_shared(&self) -> bool {
        !self.own.is_empty()
    }

    /// The name of this fetcher; empty if it shares nothing.
    pub(crate) fn own(&self) -> &str {
        &self.own
    }

    /// Whether this fetcher does what only one may do.
    pub(crate) fn leads(&self) -> bool {
        self.members.first() == Some(&self.own)
    }

    /// Whether this fetcher polls a feed. The address in its settings decides, wherever it redirects to.
    pub(crate) fn has(&self, feed: &FeedSettings) -> bool {
        let host = Url::parse(&feed.url).map(|url| host_key(&url)).unwrap_or_default();
        let rank = |member: &&String| hash(&[member, &host]);
        self.members.iter().max_by_key(rank) == Some(&self.own)
    }

    /// Whether another fetcher of this name polls.
    pub(crate) fn is_another(&self, name: &str) -> bool {
        name != self.own && self.members.iter().any(|member| member == name)
    }
}

/// The membership of this fetcher, renewed by a task.
pub(crate) struct Membership {
    pub(crate) share: watch::Receiver<Share>,
    leaving: CancellationToken,
    task: JoinHandle<()>,
}

impl Membership {
    /// Joins the other fetchers under a name that nobody else has. Waits for the bus if it is away.
    pub(crate) async fn join(context: &StageContext, name: &str) -> Result<Self, BusError> {
        let keys = context.bus.key_value(LEASES.name)?;
        let mut rounds = Rounds::new(context.clone(), keys, name);
        let first = loop {
            match rounds.next().await {
                Err(error) if error.may_pass() => rounds.failed(&error),
                share => break share?,
            }
            context.wait(ROUND).await;
        };
        let (to, share) = watch::channel(first);
        let leaving = CancellationToken::new();
        let task = tokio::spawn(rounds.run(to, leaving.clone()));
        Ok(Self { share, leaving, task })
    }

    /// Leaves the others, who take the hosts over at once.
    pub(crate) async fn leave(mut self) {
        self.leaving.cancel();
        // Only the end of the runtime ends it sooner.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Another fetcher, as this one knows it.
struct Other {
    revision: u64,
    /// When it joined by its own clock, which only orders.
    joined: u64,
    unchanged: u32,
}

struct Rounds {
    context: StageContext,
    keys: Arc<dyn KeyValue>,
    own: String,
    joined: UnixMillis,
    /// The rounds since it joined.
    done: u32,
    /// When its key was written last.
    written: UnixMillis,
    others: BTreeMap<String, Other>,
}

impl Rounds {
    fn new(context: StageContext, keys: Arc<dyn KeyValue>, name: &str) -> Self {
        let now = context.clock.now();
        let (own, others) = (format!("{PREFIX}.{name}"), BTreeMap::new());
        Self { context, keys, own, joined: now, done: 0, written: now, others }
    }

    async fn run(mut self, to: watch::Sender<Share>, leaving: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = leaving.cancelled() => break,
                () = self.context.wait(ROUND) => {}
            }
            let share = match self.next().await {
                Ok(share) => share,
                Err(error) => {
                    self.failed(&error);
                    self.share()
                }
            };
            to.send_if_modified(|known| {
                let is_new = *known != share;
                *known = share;
                is_new
            });
        }
        tokio::select! {
            biased;
            _ = self.keys.delete(&self.own) => {}
            () = self.context.wait(FAREWELL) => {}
        }
    }

    fn failed(&mut self, error: &BusError) {
        self.context.observer.observe("fetcher", Event::of_failure(error));
        self.join_anew_after_silence();
    }

    /// Writes the own key, and reads those of the others.
    async fn next(&mut self) -> Result<Share, BusError> {
        self.join_anew_after_silence();
        let begun = self.context.clock.now();
        self.keys.put(&self.own, self.joined.0.to_string().into()).await?;
        self.written = begun;
        self.done += 1;
        for entry in self.keys.changes(&[PREFIX], 0).await? {
            let joined = entry.value.and_then(|it| str::from_utf8(&it).ok()?.parse().ok());
            match joined {
                _ if entry.key == self.own => {}
                None => drop(self.others.remove(&entry.key)),
                Some(joined) => self.note(entry.key, entry.revision, joined),
            }
        }
        let is_gone = |other: &Other| other.unchanged >= ROUNDS_UNTIL_GONE;
        let gone = self.others.iter().filter(|(_, it)| is_gone(it)).map(|(key, _)| key.clone());
        for key in gone.collect::<Vec<_>>() {
            tracing::warn!(fetcher = key, "another fetcher is gone, and its feeds move");
            self.keys.delete(&key).await?;
            self.others.remove(&key);
        }
        Ok(self.share())
    }

    fn note(&mut self, key: String, revision: u64, joined: u64) {
        let other = self.others.entry(key).or_insert(Other { revision, joined, unchanged: 0 });
        let unchanged = if other.revision == revision { other.unchanged + 1 } else { 0 };
        *other = Other { revision, joined, unchanged };
    }

    /// After an outage, or if this process stood still, the others may have taken its hosts.
    fn join_anew_after_silence(&mut self) {
        let now = self.context.clock.now();
        if now.since(self.written) > SILENCE && !self.others.is_empty() {
            (self.joined, self.done) = (now, 0);
        }
    }

    fn share(&self) -> Share {
        let polls = self.others.is_empty() || self.done > ROUNDS_OF_A_NEWCOMER;
        let own = polls.then_some((self.joined.0, &self.own));
        let others = self.others.iter().map(|(key, other)| (other.joined, key));
        let mut members: Vec<(u64, &String)> = others.chain(own).collect();
        members.sort_unstable();
        let members = members.into_iter().map(|(_, key)| key.clone()).collect();
        Share { own: self.own.clone(), members }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(url: &str) -> FeedSettings {
        FeedSettings::new("harbour".parse().expect("an id"), url)
    }

    fn feeds() -> impl Iterator<Item = FeedSettings> {
        (0..300).map(|nth| feed(&format!("https://{nth}.example/feed")))
    }

    #[test]
    fn each_host_belongs_to_one_member() {
        let all = ["a", "b", "c"];
        let mut counts = [0; 3];
        for feed in feeds() {
            let owners = all.map(|own| Share::of(own, &all).has(&feed));
            assert_eq!(owners.iter().filter(|has| **has).count(), 1, "{}", feed.url);
            counts.iter_mut().zip(owners).for_each(|(count, has)| *count += i32::from(has));
        }
        assert!(counts.iter().all(|count| (60..140).contains(count)), "{counts:?}");
        let of_one_host = ["https://a.example/1", "http://www.a.example:80/2?x"];
        let owners = of_one_host.map(|it| all.map(|own| Share::of(own, &all).has(&feed(it))));
        assert_eq!(owners[0], owners[1]);
    }

    #[test]
    fn only_the_hosts_of_a_member_move_when_it_leaves() {
        for feed in feeds() {
            let (before, after) = (Share::of("a", &["a", "b", "c"]), Share::of("a", &["a", "b"]));
            let was_of_c = Share::of("c", &["a", "b", "c"]).has(&feed);
            assert!(before.has(&feed) == after.has(&feed) || was_of_c, "{}", feed.url);
        }
    }

    #[test]
    fn a_fetcher_alone_has_everything_and_leads() {
        let alone = Share::alone();
        assert!(alone.leads() && !alone.is_shared());
        assert!(feeds().all(|feed| alone.has(&feed)) && alone.has(&feed("no address")));
        let newcomer = Share::of("b", &["a"]);
        assert!(!newcomer.leads() && !feeds().any(|feed| newcomer.has(&feed)));
    }
}
