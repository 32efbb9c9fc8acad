//! `wirefold sub show`.

use wirefold_proto::{GroupBy, Interval, SubscriptionRecord};

use crate::columns::{Cell, Columns};
use crate::local_time::LocalTime;
use crate::output;

/// The alerter's default. `sub show` prints it even before the alerter has set it.
const GROUP_WAIT: &str = "30s";
const UPDATE_INTERVAL: &str = "15m";
const ON: &str = "new, origins+2, material";

/// Prints the subscription. If it `waits`, the next `up` carries out the command.
pub(super) fn print(record: &SubscriptionRecord, waits: bool) -> anyhow::Result<()> {
    output::print_styled(&table(record, waits, &LocalTime::system()).render_plain())
}

fn table(record: &SubscriptionRecord, waits: bool, time: &LocalTime) -> Columns {
    let it = &record.subscription;
    let mut table = Columns::new(&["", ""]);
    let mut line = |name: &str, value: String| {
        table.push(vec![Cell::faint(name), Cell::new(value)]);
    };
    let interval = |given: Option<Interval>, default: &str| {
        given.map_or_else(|| default.to_owned(), |given| given.to_string())
    };
    let number = |given: Option<u32>, default: &str| {
        given.map_or_else(|| default.to_owned(), |given| given.to_string())
    };
    line("id", it.id.to_string());
    line("name", it.name.clone());
    line("query", it.query.clone());
    if let Some(problem) = &record.problem {
        line("problem", problem.clone());
    }
    if waits {
        line("alerts", "from the next `wirefold up` on".to_owned());
    }
    line("group_by", it.group_by.unwrap_or(GroupBy::Event).as_str().to_owned());
    line("on", if it.on.is_empty() { ON.to_owned() } else { it.on.join(", ") });
    line("min_outlets", number(it.min_outlets, "1"));
    line("min_origins", number(it.min_origins, "1"));
    line("group_wait", interval(it.group_wait, GROUP_WAIT));
    line("update_interval", interval(it.update_interval, UPDATE_INTERVAL));
    line("repeat_interval", interval(it.repeat_interval, "never"));
    let quiet = it.quiet_hours.as_ref();
    let quiet = quiet.map(|hours| format!("{} to {} {}", hours.from, hours.to, hours.time_zone));
    line("quiet_hours", quiet.unwrap_or_else(|| "none".to_owned()));
    if let Some(zone) = &it.time_zone {
        line("time_zone", zone.clone());
    }
    if let Some(condition) = &it.break_quiet {
        line("break_quiet", condition.clone());
    }
    if !it.inhibited_by.is_empty() {
        let ids: Vec<&str> = it.inhibited_by.iter().map(|id| id.as_str()).collect();
        line("inhibited_by", ids.join(", "));
    }
    line("max_per_day", number(it.max_per_day, "no limit"));
    if let Some(digest) = it.digest {
        line("digest", digest.as_str().to_owned());
    }
    let printed = it.deliveries.is_empty();
    line("deliveries", if printed { "stdout".to_owned() } else { it.deliveries.join(", ") });
    if let Some(until) = record.muted_until {
        let is_for_ever = until == jiff::Timestamp::MAX;
        let until = if is_for_ever { "somebody unmutes it".to_owned() } else { time.minute(until) };
        line("muted until", until);
    }
    line("managed by", record.managed_by.clone().unwrap_or_else(|| "command".to_owned()));
    line("alerts", format!("{}, {} copies folded into them", record.alerts, record.copies_folded));
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_proto::decode;

    #[test]
    fn defaults_are_told() {
        let sample = include_bytes!("../../../../../proto/samples/wirefold.subscription.2.json");
        let mut record: SubscriptionRecord = decode(sample).unwrap();
        record.subscription.on.clear();
        record.subscription.group_wait = None;
        record.subscription.repeat_interval = None;
        record.muted_until = Some(jiff::Timestamp::MAX);
        record.managed_by = Some("wirefold.toml:14".to_owned());
        let time = LocalTime::fixed("2026-03-01T12:00:00Z".parse().unwrap());
        let shown =
            anstream::adapter::strip_str(&table(&record, true, &time).render_plain()).to_string();
        let line = |name: &str| {
            let line = shown.lines().find(|line| line.starts_with(name)).unwrap_or(&shown);
            line[name.len()..].trim().to_owned()
        };
        assert_eq!(line("on "), ON);
        assert_eq!(line("group_wait"), "30s");
        assert_eq!(line("repeat_interval"), "never");
        assert_eq!(line("muted until"), "somebody unmutes it");
        assert_eq!(line("managed by"), "wirefold.toml:14");
        assert_eq!(line("alerts"), "from the next `wirefold up` on");
    }
}
