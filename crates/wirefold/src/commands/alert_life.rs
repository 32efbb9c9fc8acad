//! `wirefold alert show` and `wirefold alert replay`: the life of an alert, and sending it again.

use anstyle::{AnsiColor, Style};
use wirefold_gateway::shapes::{
    AlertDelivery, AlertDetail, DeadRow, ResendReport, ResendRequest, describe_hold,
};
use wirefold_proto::{Alert, AlertAttempt, AttemptOutcome, Volume};

use crate::client::{Client, escaped};
use crate::columns::{Cell, Columns};
use crate::exit::Exit;
use crate::local_time::LocalTime;
use crate::output::{self, clean, count};

const LOUD: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
/// The command that lists the ids of alerts.
const LIST: &str = "wirefold alert ls";

/// Shows an alert with its revisions and deliveries.
pub(super) async fn show(client: &Client, id: &str, json: bool) -> anyhow::Result<Exit> {
    let found = client.get::<AlertDetail>(&format!("/api/v1/alerts/{}", escaped(id))).await;
    let found = found.map_err(|error| error.see(LIST))?;
    if json {
        output::print_json(&found)?;
        return Ok(Exit::Ok);
    }
    let time = LocalTime::system();
    let alert = &found.alert;
    let head = format!("{}\n{}\n\n", clean(&alert.headline.title), alert.id);
    output::print_styled(&head)?;
    let revisions: String = found.revisions.iter().map(|it| revision(it, &time)).collect();
    output::print_styled(&revisions)?;
    let hidden = alert.revision.saturating_sub(found.revisions.len() as u64);
    if hidden > 0 {
        output::print_styled(&format!("{hidden} older revisions are not shown\n"))?;
    }
    if !found.deliveries.is_empty() {
        output::print_styled("\n")?;
        output::print_styled(&deliveries(&found, &time).render())?;
        output::print_styled(&attempts(&found.deliveries, &time))?;
    }
    Ok(Exit::Ok)
}

/// `2  12:04  updated  loud · 5 outlets, at most 3 origins, 2 copies folded`, and the reasons below it.
fn revision(alert: &Alert, time: &LocalTime) -> String {
    let volume = match (&alert.held, alert.volume) {
        (Some(hold), _) => {
            let until = hold.until.map(|until| format!(" until {}", time.minute(until)));
            format!("{}{}", describe_hold(hold.reason), until.unwrap_or_default())
        }
        (None, Volume::Loud) => format!("{LOUD}loud{LOUD:#}"),
        (None, Volume::Silent) => "silent".to_owned(),
    };
    let number = |value: u32, one, many| count(value as usize, one, many);
    let outlets = number(alert.outlets, "outlet", "outlets");
    let origins = number(alert.origins, "origin", "origins");
    let copies = number(alert.copies, "copy", "copies");
    let reasons: Vec<&str> = alert.reasons.iter().map(|reason| reason.words.as_str()).collect();
    format!(
        "{:>4}  {}  {}  {volume} · {outlets}, at most {origins}, {copies} folded\n      {}\n",
        alert.revision,
        time.minute(alert.at),
        alert.state.as_str(),
        clean(&reasons.join("; "))
    )
}

fn deliveries(found: &AlertDetail, time: &LocalTime) -> Columns {
    let mut table = Columns::new(&["delivery", "took", "what"]);
    for delivery in &found.deliveries {
        let took = match delivery.taken {
            0 => "nothing".to_owned(),
            taken => format!("revision {taken}"),
        };
        let what = describe_delivery(found, delivery);
        table.push(vec![Cell::new(&delivery.delivery), Cell::new(took), Cell::new(what)]);
    }
    for dead in &found.dead {
        let what = gave_up(dead, time);
        let who = dead.letter.delivery.as_deref().unwrap_or("(one of them)");
        table.push(vec![Cell::new(who), Cell::new("gave up"), Cell::styled(what, BAD)]);
    }
    table
}

/// The stored attempts of all deliveries, in order of time. Empty if there was none.
fn attempts(deliveries: &[AlertDelivery], time: &LocalTime) -> String {
    let each = |it: &'_ AlertDelivery| {
        it.attempts.iter().map(|attempt| (it.delivery.clone(), attempt.clone())).collect::<Vec<_>>()
    };
    let mut all: Vec<(String, AlertAttempt)> = deliveries.iter().flat_map(each).collect();
    if all.is_empty() {
        return String::new();
    }
    all.sort_by_key(|(_, attempt)| attempt.at);
    let lines: String =
        all.iter().map(|(delivery, it)| format!("  {}\n", attempt(delivery, it, time))).collect();
    format!("\nattempts\n{lines}")
}

/// `2026-03-01 14:02:10 +01:00  desk: revision 2: 503 Service Unavailable, next try 14:02:41`.
fn attempt(delivery: &str, attempt: &AlertAttempt, time: &LocalTime) -> String {
    let why = attempt.why.as_deref().map(clean).unwrap_or_default();
    let outcome_words = match (attempt.outcome, attempt.next) {
        (AttemptOutcome::Taken, _) => "taken".to_owned(),
        (AttemptOutcome::Open, _) => "no answer yet, or wirefold ended before one came".to_owned(),
        (AttemptOutcome::Failed, Some(next)) => {
            format!("{why}, next try {}", time.second_after(next, attempt.at))
        }
        (AttemptOutcome::Failed, None) => format!("{why}, is tried again"),
        (AttemptOutcome::GivenUp, _) => format!("{BAD}{why}, given up{BAD:#}"),
    };
    let (at, delivery) = (time.second(attempt.at), clean(delivery));
    format!("{at}  {delivery}: revision {}: {outcome_words}", attempt.revision)
}

/// The state of a delivery with the newest revision that notifies.
fn describe_delivery(found: &AlertDetail, delivery: &AlertDelivery) -> String {
    let is_sent = |alert: &&Alert| alert.volume == Volume::Loud && alert.held.is_none();
    let Some(newest) = found.revisions.iter().rev().find(is_sent) else {
        let what = match delivery.taken {
            0 => "no loud revision was due yet",
            _ => "has the silent revisions; no loud one was sent yet",
        };
        return what.to_owned();
    };
    match delivery.taken_loud >= newest.revision {
        true => "has all that notified".to_owned(),
        false => format!("revision {} is under way, or was given up on", newest.revision),
    }
}

/// `revision 3 at 12:04 after 5 tries: 503; wirefold dead show 7`.
fn gave_up(dead: &DeadRow, time: &LocalTime) -> String {
    let letter = &dead.letter;
    let revision = letter.subject.rsplit('.').next().unwrap_or_default();
    let tries = count(letter.attempts as usize, "try", "tries");
    let (at, reason) = (time.minute(letter.at), &letter.reason);
    format!(
        "revision {revision} at {at} after {tries}: {reason}; wirefold dead show {}",
        dead.sequence
    )
}

/// Sends an alert again.
pub(super) async fn replay(
    client: &Client,
    id: &str,
    delivery: Option<String>,
    json: bool,
) -> anyhow::Result<Exit> {
    client.must_run("alert replay")?;
    let path = format!("/api/v1/alerts/{}/replay", escaped(id));
    let sent = client.post::<ResendReport>(&path, &ResendRequest { delivery }).await;
    let sent = sent.map_err(|error| error.see(LIST))?;
    if json {
        output::print_json(&sent)?;
    } else {
        for it in &sent.deliveries {
            let line = match &it.why {
                None => format!("✓ {} accepted revision {}", it.delivery, sent.revision),
                Some(why) => {
                    format!("✗ {} did not accept revision {}: {why}", it.delivery, sent.revision)
                }
            };
            output::print_styled(&format!("{}\n", clean(&line)))?;
        }
    }
    let taken = sent.deliveries.iter().filter(|it| it.taken).count();
    Ok(match taken {
        taken if taken == sent.deliveries.len() => Exit::Ok,
        0 => Exit::Failure,
        _ => Exit::Partial,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_listed_in_order_of_time() {
        let at = |text: &str| format!("2026-03-01T{text}Z").parse().unwrap();
        let one = |time: &str, outcome, why: Option<&str>, next: Option<&str>| AlertAttempt {
            revision: 1,
            at: at(time),
            outcome,
            why: why.map(str::to_owned),
            next: next.map(at),
        };
        let of = |name: &str, attempts| AlertDelivery {
            delivery: name.to_owned(),
            taken: 0,
            taken_loud: 0,
            attempts,
        };
        let busy = Some("503 Service Unavailable");
        let deliveries = [
            of(
                "desk",
                vec![
                    one("14:02:10", AttemptOutcome::Failed, busy, Some("14:02:41")),
                    one("14:02:41", AttemptOutcome::Open, None, None),
                    one("14:02:50", AttemptOutcome::Taken, None, None),
                ],
            ),
            of(
                "phone",
                vec![one("14:02:11", AttemptOutcome::GivenUp, Some("410: gone\u{1b}"), None)],
            ),
        ];
        let lines = attempts(&deliveries, &LocalTime::fixed(at("15:00:00")));
        let lines = anstream::adapter::strip_str(&lines).to_string();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(
            lines,
            [
                "",
                "attempts",
                "  2026-03-01 14:02:10 +00:00  desk: revision 1: 503 Service Unavailable, next try 14:02:41",
                "  2026-03-01 14:02:11 +00:00  phone: revision 1: 410: gone, given up",
                "  2026-03-01 14:02:41 +00:00  desk: revision 1: no answer yet, or wirefold ended before one came",
                "  2026-03-01 14:02:50 +00:00  desk: revision 1: taken",
            ]
        );
        assert_eq!(attempts(&[of("desk", Vec::new())], &LocalTime::fixed(at("15:00:00"))), "");
    }
}
