//! `check --nats`: whether a NATS server fits, and whether a user may do what its role needs and nothing
//! else.

use std::collections::BTreeSet;
use std::time::Duration;

use wirefold_flow::{Bus as _, BusError};
use wirefold_flow_nats::{Attempt, NatsBus};
use wirefold_proto::rights::{READERS, Right, Rights, line_of, sample};
use wirefold_proto::streams::{Role, STREAMS};

use crate::config::Config;
use crate::exit::stop;
use crate::finding::Finding;
use crate::output::count;
use crate::up::nats::connect_within;

/// How long the server may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The number of missing refusals that are printed one by one.
const MAX_PRINTED: usize = 10;
/// The file with the permissions.
const FILE: &str = "deploy/nats.conf";

/// Checks the server of these settings as the user of a role.
///
/// # Errors
/// Exit code 4 if the server cannot be reached or does not let the user in, 2 if there is no such role.
pub(super) async fn check_server(
    config: &Config,
    role: Option<&str>,
) -> anyhow::Result<Vec<Finding>> {
    let named = role.or(config.bus.user.as_deref());
    let Some(user) = named.and_then(Role::from_word) else {
        stop!(Usage, "name the role with --role: {}", Role::ALL.map(Role::as_str).join(", "));
    };
    let bus = connect_within(ANSWER_TIMEOUT, &config.bus, user.as_str()).await?;
    let place = config.bus.addresses();
    let version = bus.server_version();
    let mut findings =
        vec![Finding::good(format!("nats-server {version} with JetStream, {place}"))];
    let login = config.bus.user.as_deref().unwrap_or("(none)");
    let anything = [
        Attempt::Publish("wirefold-check.anything".to_owned()),
        Attempt::Subscribe(">".to_owned()),
    ];
    if bus.are_refused(&anything).await?.contains(&false) {
        findings.push(Finding::look(format!(
            "user {login} may do everything there: {FILE} has a user for each role"
        )));
    } else {
        findings.extend(check_rights(&bus, user, login).await?);
    }
    findings.extend(check_streams(&bus, user).await);
    bus.close().await;
    Ok(findings)
}

/// Tries the rights of a role's user as the user who is logged in.
async fn check_rights(bus: &NatsBus, user: Role, login: &str) -> Result<Vec<Finding>, BusError> {
    let rights = Rights::of(user);
    let mut findings = Vec::new();
    for right in &rights.rights {
        findings.push(try_right(bus, user, login, right).await?);
    }
    let foreign: Vec<Attempt> = foreign(&rights).into_iter().collect();
    let refused = bus.are_refused(&foreign).await?;
    let let_in: Vec<&Attempt> =
        foreign.iter().zip(refused).filter(|(_, refused)| !refused).map(|(it, _)| it).collect();
    if let_in.is_empty() {
        let others = count(foreign.len(), "other thing is", "other things are");
        findings.push(Finding::good(format!("{user} may do nothing else: {others} refused")));
    }
    let line = line_of(user, None).unwrap_or_default();
    for attempt in let_in.iter().take(MAX_PRINTED) {
        let what = describe(attempt);
        findings.push(Finding::bad(format!(
            "user {login} must not be allowed to {what}: correct its rights as in {FILE}, line {line}"
        )));
    }
    if let_in.len() > MAX_PRINTED {
        let more = let_in.len() - MAX_PRINTED;
        findings
            .push(Finding::bad(format!("user {login} may do {more} more things that it must not")));
    }
    Ok(findings)
}

/// Tries one permission. The finding says what is refused, and where to allow it.
async fn try_right(
    bus: &NatsBus,
    user: Role,
    login: &str,
    right: &Right,
) -> Result<Finding, BusError> {
    let publish = right.publish.iter().map(|it| (it, Attempt::Publish(sample(it))));
    let subscribe = right.subscribe.iter().map(|it| (it, Attempt::Subscribe(it.clone())));
    let (patterns, attempts): (Vec<&String>, Vec<Attempt>) = publish.chain(subscribe).unzip();
    let refused = bus.are_refused(&attempts).await?;
    let mut missing = patterns.iter().zip(&attempts).zip(refused).filter(|(_, refused)| *refused);
    let what = &right.what;
    Ok(match missing.next() {
        None => Finding::good(format!(
            "{user} {what}: {}",
            count(attempts.len(), "subject", "subjects")
        )),
        Some(((pattern, attempt), _)) => {
            let line = line_of(user, Some(pattern)).or(line_of(user, None)).unwrap_or_default();
            let more = match missing.count() {
                0 => String::new(),
                more => format!(", and {more} more actions"),
            };
            let action = describe(attempt);
            Finding::bad(format!(
                "{user} {what}: user {login} may not {action}{more}: see {FILE}, line {line}"
            ))
        }
    })
}

fn describe(attempt: &Attempt) -> String {
    match attempt {
        Attempt::Publish(subject) => format!("publish to {subject}"),
        Attempt::Subscribe(pattern) => format!("subscribe to {pattern}"),
    }
}

/// The actions that only others may do, or nobody, as far as they are not among this user's rights.
fn foreign(rights: &Rights) -> BTreeSet<Attempt> {
    let mut publish = BTreeSet::new();
    let mut subscribe: BTreeSet<String> =
        ["$JS.>", "$KV.>", "wirefold.>"].map(str::to_owned).into();
    for other in Role::ALL {
        let of_other = Rights::of(other);
        publish.extend(of_other.publish().map(sample));
        subscribe.extend(of_other.subscribe().map(str::to_owned));
    }
    for stream in STREAMS {
        let name = stream.name;
        subscribe.extend(stream.subjects.iter().map(|&subject| subject.to_owned()));
        publish.extend(["DELETE", "PURGE"].map(|verb| format!("$JS.API.STREAM.{verb}.{name}")));
    }
    publish.retain(|subject| !rights.may_publish(subject));
    subscribe.retain(|pattern| !rights.may_subscribe(pattern));
    let publish = publish.into_iter().map(Attempt::Publish);
    publish.chain(subscribe.into_iter().map(Attempt::Subscribe)).collect()
}

/// Whether the streams that this user may see exist, with its durable consumers.
async fn check_streams(bus: &NatsBus, user: Role) -> Vec<Finding> {
    let rights = Rights::of(user);
    let remedy = "run `wirefold setup --nats URL` as user setup";
    let mut findings = Vec::new();
    for stream in STREAMS {
        let name = stream.name;
        if !rights.may_publish(&format!("$JS.API.STREAM.INFO.{name}")) {
            continue;
        }
        findings.push(match bus.stream_state(name).await {
            Ok(state) => {
                let messages = count(state.messages, "message", "messages");
                Finding::good(format!("{name} exists: {messages}"))
            }
            Err(BusError::NoStream(_)) => Finding::bad(format!("no stream {name}: {remedy}")),
            Err(error) => Finding::bad(error.to_string()),
        });
    }
    for (stream, durable) in READERS.iter().filter(|(_, durable)| *durable == user.as_str()) {
        findings.push(match bus.has_consumer(stream, durable).await {
            Ok(true) => Finding::good(format!("the consumer {stream}/{durable} exists")),
            Ok(false) | Err(BusError::NoStream(_)) => {
                Finding::bad(format!("no consumer {stream}/{durable}: {remedy}"))
            }
            Err(error) => Finding::bad(error.to_string()),
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_actions_are_not_among_the_rights_of_a_user() {
        for user in Role::ALL {
            let rights = Rights::of(user);
            let foreign = foreign(&rights);
            let publish = |subject: &str| foreign.contains(&Attempt::Publish(subject.to_owned()));
            assert!(publish("$JS.API.STREAM.DELETE.WF_FETCHED"), "{user}");
            assert_eq!(publish("$JS.API.STREAM.PURGE.WF_OUTPUT"), user != Role::Setup, "{user}");
            assert!(foreign.len() > 100, "{user}: {}", foreign.len());
        }
    }
}
