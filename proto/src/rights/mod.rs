//! The rights of each user of the NATS server, by subject, and the server's configuration with them.
//!
//! They follow from the tables in [`streams`](crate::streams): writers and readers of streams, how they read,
//! and writers of key-value buckets. This module adds the subjects of requests to JetStream.
//! `deploy/nats.conf` is [`document`].

mod conf;
mod jetstream;
mod service;

use crate::streams::{Role, STORES, STREAMS, StoreKind};
use crate::subjects::covers;
use jetstream::{append, keys, objects, reading, setup};

pub use conf::{document, line_of, password_variable};
pub use jetstream::{MARKS, PURGED, READERS, stream_of};
pub use service::{COMPARE, Service};

/// A right of a user, with its subjects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Right {
    /// Its purpose, as in "writes WF_OUTPUT".
    pub what: String,
    /// Patterns on which the user may publish.
    pub publish: Vec<String>,
    /// Patterns to which it may subscribe.
    pub subscribe: Vec<String>,
}

/// All rights of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// The user.
    pub user: Role,
    /// The rights. Each pattern occurs once.
    pub rights: Vec<Right>,
}

impl Rights {
    /// The rights of this user.
    #[must_use]
    pub fn of(user: Role) -> Self {
        let mut rights = vec![Right {
            what: "is answered".to_owned(),
            subscribe: user.inboxes(),
            ..Right::default()
        }];
        rights.extend(match user {
            Role::Setup => setup(),
            role => of_role(role),
        });
        let service = Service::ALL.into_iter().find(|service| service.role() == user);
        rights.extend(service.map(service::serving));
        match user {
            Role::Gateway => rights.push(jetstream::replaying()),
            Role::Reader => rights.push(service::asking()),
            _ => {}
        }
        let mut known: Vec<String> = Vec::new();
        for right in &mut rights {
            for list in [&mut right.publish, &mut right.subscribe] {
                list.retain(|pattern| !known.contains(pattern));
                known.extend(list.iter().cloned());
            }
        }
        Self { user, rights }
    }

    /// The patterns on which this user may publish.
    pub fn publish(&self) -> impl Iterator<Item = &str> {
        self.rights.iter().flat_map(|right| &right.publish).map(String::as_str)
    }

    /// The patterns to which this user may subscribe.
    pub fn subscribe(&self) -> impl Iterator<Item = &str> {
        self.rights.iter().flat_map(|right| &right.subscribe).map(String::as_str)
    }

    /// Whether this user may publish on a subject.
    #[must_use]
    pub fn may_publish(&self, subject: &str) -> bool {
        self.publish().any(|pattern| covers(pattern, subject))
    }

    /// Whether this user may subscribe to a subject or pattern.
    #[must_use]
    pub fn may_subscribe(&self, pattern: &str) -> bool {
        self.subscribe().any(|allowed| covers(allowed, pattern))
    }
}

/// A subject that matches a pattern.
#[must_use]
pub fn sample(pattern: &str) -> String {
    let tokens = pattern.split('.').map(|token| match token {
        "*" => "x",
        ">" => "x.y",
        other => other,
    });
    tokens.collect::<Vec<_>>().join(".")
}

fn of_role(role: Role) -> Vec<Right> {
    let mut rights = Vec::new();
    for stream in STREAMS {
        let own = stream.writers.iter().filter(|writer| writer.role == role);
        let subjects: Vec<String> =
            own.flat_map(|writer| writer.subjects).map(|&subject| subject.to_owned()).collect();
        if !subjects.is_empty() {
            rights.push(append(&stream, subjects));
        }
    }
    for stream in STREAMS {
        for reader in stream.readers.iter().filter(|reader| reader.role == role) {
            rights.push(reading(&stream, role, reader.by));
        }
    }
    for store in STORES {
        let (writes, reads) = (store.writers.contains(&role), store.readers.contains(&role));
        if writes || reads {
            rights.push(match store.kind {
                StoreKind::KeyValue => keys(store.name, role, writes),
                StoreKind::Objects => objects(store.name, writes),
            });
        }
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Rights {
        Rights::of(Role::from_word(name).expect("a user"))
    }

    #[test]
    fn users_are_named_once_and_found() {
        for user in Role::ALL {
            assert_eq!(Role::from_word(user.as_str()), Some(user));
        }
        assert_eq!(Role::from_word("root"), None);
    }

    #[test]
    fn each_writes_its_own() {
        let cases = [
            ("fetcher", "wirefold.v1.article.fetched.harbour", true),
            ("fetcher", "wirefold.v1.article.enriched", false),
            ("gateway", "wirefold.v1.article.fetched.push", true),
            ("gateway", "wirefold.v1.article.fetched.harbour", false),
            ("gateway", "wirefold.v1.control.story.split", true),
            ("detector", "wirefold.v1.output.epoch", true),
            ("detector", "wirefold.v1.dead.detector", true),
            ("detector", "wirefold.v1.dead.enricher", false),
            ("detector", "wirefold.v1.output.article.copy.en", true),
            ("enricher", "wirefold.v1.output.article.copy.en", false),
            ("enricher", "wirefold.v1.article.enriched", true),
            ("enricher", "wirefold.v1.article.enriched.epoch", true),
            ("enricher", "$KV.wf_leases.enricher", true),
            ("alerter", "wirefold.v1.alert.a.e-1.1", true),
            ("setup", "wirefold.v1.control.story.split", false),
            ("reader", "wirefold.v1.control.story.split", false),
            ("reader", "wirefold.v1.compare", true),
            ("reader", "$SRV.STATS.wirefold-detector.x", true),
            ("fetcher", "$SRV.PING", false),
            ("gateway", "wirefold.v1.output.article.copy.en", false),
            ("reader", "$KV.wf_stories.story.s-1", false),
            ("reader", "$JS.API.DIRECT.GET.KV_wf_stories.$KV.wf_stories.story.s-1", true),
            ("reader", "$JS.API.DIRECT.GET.KV_wf_deliveries.$KV.wf_deliveries.a", false),
            ("detector", "$KV.wf_marks.WF_ENRICHED.detector", true),
            ("detector", "$KV.wf_marks.WF_OUTPUT.alerter", false),
            ("alerter", "$KV.wf_subscriptions.subscription.a", true),
            ("gateway", "$KV.wf_subscriptions.subscription.a", false),
            ("detector", "$KV.wf_leases.detector", true),
            ("gateway", "$KV.wf_leases.detector", false),
            ("gateway", "$KV.wf_deliveries.desk.gone", true),
            ("gateway", "$KV.wf_deliveries.replayed", true),
            ("gateway", "$KV.wf_deliveries.added", true),
            ("gateway", "$KV.wf_deliveries.desk.floods", false),
        ];
        for (user, subject, may) in cases {
            assert_eq!(of(user).may_publish(subject), may, "{user} {subject}");
        }
    }

    #[test]
    fn nobody_deletes_and_only_setup_makes_and_purges() {
        for user in Role::ALL {
            let rights = Rights::of(user);
            for stream in STREAMS {
                let name = stream.name;
                for verb in ["STREAM.DELETE", "STREAM.MSG.DELETE", "STREAM.SNAPSHOT"] {
                    assert!(!rights.may_publish(&format!("$JS.API.{verb}.{name}")), "{user}");
                }
                assert!(!rights.may_publish(&format!("$JS.API.CONSUMER.DELETE.{name}.enricher")));
                let makes = rights.may_publish(&format!("$JS.API.STREAM.CREATE.{name}"));
                assert_eq!(makes, user == Role::Setup, "{user} {name}");
            }
            let purges = rights.may_publish("$JS.API.STREAM.PURGE.WF_FETCHED");
            assert_eq!(purges, user == Role::Setup, "{user}");
        }
    }

    #[test]
    fn users_may_subscribe_only_to_their_own_subjects() {
        for user in Role::ALL {
            let rights = Rights::of(user);
            for other in Role::ALL {
                let inbox = format!("_INBOX_{other}.a.b");
                assert_eq!(rights.may_subscribe(&inbox), user == other, "{user} {inbox}");
            }
            for pattern in [">", "wirefold.>", "wirefold.v1.alert.>", "$KV.>", "$JS.>"] {
                assert!(!rights.may_subscribe(pattern), "{user} {pattern}");
            }
            // Only roles that read a stream in order get its announcements.
            let hears = rights.may_subscribe("wirefold.stored.WF_ALERTS.>");
            assert_eq!(hears, matches!(user.as_str(), "alerter" | "gateway"), "{user}");
        }
    }

    #[test]
    fn each_service_answers_for_itself_and_outsiders_ask_all() {
        let outsider = of("reader");
        for service in Service::ALL {
            let subject = service.health_subject();
            assert!(outsider.may_publish(&subject) && !outsider.may_subscribe(&subject));
            let name = service.name();
            for user in Role::ALL {
                let is_its = user == service.role();
                let rights = Rights::of(user);
                assert_eq!(rights.may_subscribe(&subject), is_its, "{user} {subject}");
                for own in [format!("$SRV.STATS.{name}"), format!("$SRV.STATS.{name}.x")] {
                    assert_eq!(rights.may_subscribe(&own), is_its, "{user} {own}");
                }
                let compares = user.as_str() == "gateway";
                assert_eq!(rights.may_subscribe(COMPARE), compares, "{user}");
            }
        }
    }

    /// The creator of a consumer decides where its messages go.
    #[test]
    fn only_setup_makes_readers() {
        for user in Role::ALL {
            let rights = Rights::of(user);
            let mut makes = rights
                .publish()
                .filter(|it| it.starts_with("$JS.API.CONSUMER.") && it.contains("CREATE"));
            assert_eq!(makes.next().is_some(), user == Role::Setup, "{user}");
        }
    }

    #[test]
    fn a_durable_consumer_belongs_to_its_owner() {
        for (user, may) in [("reader", true), ("enricher", false), ("gateway", false)] {
            for subject in [
                "$JS.API.CONSUMER.MSG.NEXT.WF_OUTPUT.reader",
                "$JS.ACK.WF_OUTPUT.reader.1.2.3.4.5",
                "$JS.ACK._.x.WF_OUTPUT.reader.1.2.3.4.5",
            ] {
                assert_eq!(of(user).may_publish(subject), may, "{user} {subject}");
            }
        }
        let making = "$JS.API.CONSUMER.CREATE.WF_OUTPUT.reader.wirefold.v1.output.>";
        for (user, may) in [("setup", true), ("detector", false), ("enricher", false)] {
            assert_eq!(of(user).may_publish(making), may, "{user}");
        }
        for user in ["alerter", "gateway"] {
            for reader in ["WF_OUTPUT.reader", "WF_ALERTS.reader", "WF_OUTPUT.gateway-x-1"] {
                assert!(!of(user).may_publish(&format!("$JS.API.CONSUMER.MSG.NEXT.{reader}")));
            }
        }
        let outsider = of("reader");
        assert!(outsider.may_publish("$JS.API.CONSUMER.MSG.NEXT.WF_ALERTS.reader"));
    }
}
