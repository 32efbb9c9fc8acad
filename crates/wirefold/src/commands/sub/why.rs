//! `wirefold sub why`.

use anstyle::{AnsiColor, Style};
use wirefold_gateway::shapes::{ArticleAlert, ArticleAlerts, ArticleOutcome, FoundWord};

use super::one;
use crate::client::{Client, escaped};
use crate::commands::why::{LIST, id_of};
use crate::commands::words::short;
use crate::exit::Exit;
use crate::output::{self, clean};

const TOLD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

pub(super) async fn run(
    client: &Client,
    article: &str,
    subscription: Option<&str>,
    json: bool,
) -> anyhow::Result<Exit> {
    let id = id_of(client, article).await?;
    let mut path = format!("/api/v1/articles/{}/alerts", escaped(&id));
    if let Some(wanted) = subscription {
        let (record, _) = one(client, wanted).await?;
        path.push_str(&format!("?subscription={}", escaped(record.subscription.id.as_str())));
    }
    let found = client.get::<ArticleAlerts>(&path).await.map_err(|error| error.see(LIST))?;
    if json {
        output::print_json(&found)?;
        return Ok(Exit::Ok);
    }
    let shown = short(&found.article.to_string());
    let head = format!("{shown} · {} · {}", found.outlet, found.title);
    output::print_styled(&format!("{}\n", clean(&head)))?;
    if found.subscriptions.is_empty() {
        output::print_styled("no subscriptions: `wirefold sub add NAME --query QUERY`\n")?;
    } else {
        let lines: String = found.subscriptions.iter().map(in_lines).collect();
        output::print_styled(&lines)?;
    }
    Ok(Exit::Ok)
}

/// `harbour  notified · port (title)`, and the reasons below it.
fn in_lines(it: &ArticleAlert) -> String {
    let outcome = describe(it.outcome);
    let style = match it.outcome {
        ArticleOutcome::Notified => TOLD,
        ArticleOutcome::Problem => BAD,
        _ => Style::new(),
    };
    let found = match describe_match(it) {
        none if none.is_empty() => none,
        some => format!(" · {}", clean(&some)),
    };
    let id = it.subscription.as_str();
    format!("\n{id}  {style}{outcome}{style:#}{found}\n    {}\n", clean(&it.why))
}

fn describe(outcome: ArticleOutcome) -> &'static str {
    match outcome {
        ArticleOutcome::Notified => "notified",
        ArticleOutcome::Silent => "silent",
        ArticleOutcome::Held => "held",
        ArticleOutcome::Counted => "counted",
        ArticleOutcome::NoAlert => "no alert",
        ArticleOutcome::NoMatch => "no match",
        ArticleOutcome::Baseline => "baseline",
        ArticleOutcome::Problem => "problem",
    }
}

/// `port (title), strike (text); only in passing`.
fn describe_match(it: &ArticleAlert) -> String {
    let word = |found: &FoundWord| format!("{} ({})", found.word, found.place);
    let words: Vec<String> = it.found.iter().map(word).collect();
    let passing = if it.in_passing { "; only in passing" } else { "" };
    format!("{}{passing}", words.join(", "))
}
