//! `wirefold sub export` and `wirefold sub import`: subscriptions in the form of a file of settings.

use std::path::Path;

use serde::{Deserialize, Serialize};
use wirefold_fetcher::slug;
use wirefold_gateway::shapes::Accepted;
use wirefold_proto::SubscriptionSettings;

use super::subscriptions;
use crate::client::Client;
use crate::config::SubscriptionConfig;
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::output::{self, count};

#[derive(Serialize)]
struct Written {
    subscription: Vec<SubscriptionSettings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(default)]
    subscription: Vec<SubscriptionConfig>,
}

/// Prints all subscriptions as `[[subscription]]` tables.
pub(super) async fn export(client: &Client, json: bool, global: &Global) -> anyhow::Result<Exit> {
    let records = subscriptions(client).await?.subscriptions;
    let subscription: Vec<SubscriptionSettings> =
        records.into_iter().map(|record| record.subscription).collect();
    if json {
        subscription.iter().try_for_each(output::print_json)?;
    } else if subscription.is_empty() {
        global.note(format_args!("note: no subscriptions yet: `wirefold sub add NAME --query Q`"));
    } else {
        return output::print(toml::to_string(&Written { subscription })?.as_bytes());
    }
    Ok(Exit::Ok)
}

/// Adds the subscriptions of a file, or changes those with the same ids. If one is refused, it prints the
/// reason and adds the others.
pub(super) async fn import(
    client: &Client,
    file: &Path,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Stop::new(Exit::Usage, format!("{shown}: {error}")))?;
    let read: Read = toml::from_str(&text)
        .map_err(|error| Stop::new(Exit::Usage, format!("{shown}: {error}")))?;
    let (mut added, mut refused) = (0, 0);
    for wanted in &read.subscription {
        let answer = match settings(wanted) {
            Ok(settings) => client
                .post::<Accepted>("/api/v1/subscriptions", &settings)
                .await
                .map_err(Into::into),
            Err(error) => Err(error),
        };
        match answer {
            Ok(accepted) if json => output::print_json(&accepted)?,
            Ok(_) => added += 1,
            Err(error) => {
                refused += 1;
                output::note(format_args!("{shown}: {:?}: {error}", wanted.name));
            }
        }
    }
    if !json {
        let added = count(added, "subscription", "subscriptions");
        global.note(format_args!("{added} of {shown} added or changed{}", client.when()));
    }
    Ok(if refused > 0 { Exit::Partial } else { Exit::Ok })
}

fn settings(wanted: &SubscriptionConfig) -> anyhow::Result<SubscriptionSettings> {
    let id = match &wanted.id {
        Some(id) => id.clone(),
        None => slug::of_name(&wanted.name).parse()?,
    };
    Ok(wanted.settings(id))
}
