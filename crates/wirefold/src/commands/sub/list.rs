//! `wirefold sub ls`.

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use wirefold_flow::{Clock, SystemClock};
use wirefold_gateway::shapes::SubscriptionList;
use wirefold_proto::SubscriptionRecord;

use super::subscriptions;
use crate::client::Client;
use crate::columns::{Cell, Columns};
use crate::exit::Exit;
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output;

const BAD: Style = AnsiColor::Red.on_default();

pub(super) async fn run(client: &Client, json: bool, global: &Global) -> anyhow::Result<Exit> {
    let SubscriptionList { subscriptions: all, waiting, .. } = subscriptions(client).await?;
    if json {
        all.iter().try_for_each(output::print_json)?;
    } else if all.is_empty() {
        global.note(format_args!(
            "no subscriptions yet: `wirefold sub add NAME --query QUERY`, or in wirefold.toml"
        ));
    } else {
        output::print_styled(&table(&all, now()).render())?;
        if !waiting.is_empty() {
            let waiting = waiting.join(", ");
            global.note(format_args!("note: waiting for the next `wirefold up`: {waiting}"));
        }
    }
    Ok(Exit::Ok)
}

fn now() -> Timestamp {
    wirefold_envelope::timestamp(SystemClock.now())
}

fn table(all: &[SubscriptionRecord], now: Timestamp) -> Columns {
    let mut table = Columns::new(&["id", "alerts", "copies folded", "goes to", "from", "query"]);
    for record in all {
        let settings = &record.subscription;
        let to = match settings.deliveries.as_slice() {
            // As the alerter fills it in.
            [] => "stdout".to_owned(),
            some => some.join(", "),
        };
        let to = match record.muted_until {
            Some(until) if until == Timestamp::MAX => format!("{to} (muted)"),
            Some(until) if until > now => {
                format!("{to} (muted until {})", LocalTime::system().minute(until))
            }
            _ => to,
        };
        let query = match &record.problem {
            Some(problem) => Cell::styled(format!("{}: {problem}", settings.query), BAD),
            None => Cell::new(&settings.query),
        };
        table.push(vec![
            Cell::new(settings.id.as_str()),
            Cell::new(record.alerts.to_string()),
            Cell::new(record.copies_folded.to_string()),
            Cell::new(to),
            Cell::faint(record.managed_by.as_deref().unwrap_or("command")),
            query,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_proto::decode;

    #[test]
    fn a_muted_subscription_is_told() {
        let sample = include_bytes!("../../../../../proto/samples/wirefold.subscription.2.json");
        let mut record: SubscriptionRecord = decode(sample).unwrap();
        let mut shown = |until: Option<Timestamp>| {
            record.muted_until = until;
            let now = "2026-03-01T12:00:00Z".parse().unwrap();
            let table = table(std::slice::from_ref(&record), now).render_plain();
            anstream::adapter::strip_str(&table).to_string()
        };
        assert!(shown(Some(Timestamp::MAX)).contains(" (muted)"));
        assert!(shown(Some("2026-03-01T13:00:00Z".parse().unwrap())).contains(" (muted until "));
        assert!(!shown(Some("2026-03-01T11:00:00Z".parse().unwrap())).contains("muted"));
        assert!(!shown(None).contains("muted"));
    }
}
