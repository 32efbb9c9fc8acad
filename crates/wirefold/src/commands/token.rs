//! `wirefold token`: who has access if the page is served to other machines.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use wirefold_flow::{Clock as _, SystemClock};
use wirefold_gateway::shapes::{PageStatus, Status};
use wirefold_gateway::tokens::{Kind, SIGN_IN_LINK, Scope, TokenError, TokenFile, TokenRecord};
use wirefold_proto::Interval;

use super::{one_of, print_line};
use crate::client::{Client, ClientOptions, block_on};
use crate::columns::{Cell, Columns};
use crate::config::Overrides;
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output;

/// Arguments of `token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    #[command(flatten)]
    options: ClientOptions,
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token for a program or a feed reader, and print it this one time.
    #[command(after_help = "\
Examples:
  wirefold token add grafana --scope read
  wirefold token add reader --scope feeds    then https://HOST/t/TOKEN/feeds/all.atom
  wirefold token add ci --expires 30d
  curl -H \"Authorization: Bearer TOKEN\" http://HOST:8787/api/v1/status")]
    Add {
        /// A name, for `token ls` and `token revoke`.
        #[arg(value_name = "NAME")]
        name: String,
        /// The actions that it allows: `full` is everything, `read` page, feeds and API without changes, and
        /// `feeds` only what is under /feeds/, as a feed reader does.
        #[arg(long, default_value = "full", value_name = "SCOPE",
              value_parser = one_of::<Scope>(&["full", "read", "feeds"]))]
        scope: Scope,
        /// How long it is valid, such as 30d; by default until it is revoked.
        #[arg(long, value_name = "SPAN")]
        expires: Option<Interval>,
    },
    /// List tokens and signed-in browsers, with when each was used last.
    #[command(after_help = "Example:\n  wirefold token ls")]
    Ls,
    /// Revoke a token at once, or all browsers of a name.
    #[command(after_help = "Example:\n  wirefold token revoke grafana")]
    Revoke {
        /// Its name, from `token ls`.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Print a link that signs a browser in. It works once, within an hour.
    #[command(after_help = "\
Examples:
  wirefold token sign-in
  wirefold token sign-in ana --scope read")]
    SignIn {
        /// The name of the browser's user.
        #[arg(default_value = "browser", value_name = "NAME")]
        name: String,
        /// The actions that the browser may do, as in `token add`.
        #[arg(long, default_value = "full", value_name = "SCOPE",
              value_parser = one_of::<Scope>(&["full", "read", "feeds"]))]
        scope: Scope,
    },
}

/// A line of `token ls --json`: everything except the hash.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    kind: Kind,
    scope: Scope,
    created: Timestamp,
    expires: Option<Timestamp>,
    last_used: Option<Timestamp>,
}

/// The output of `token add --json` and `token sign-in --json`.
#[derive(Serialize)]
struct NewToken<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    expires: Option<Timestamp>,
}

/// Runs a `token` command.
pub(crate) fn run(arguments: &TokenArguments, global: &Global) -> anyhow::Result<Exit> {
    let tokens = TokenFile::new(&arguments.options.instance.folder()?);
    let now = wirefold_envelope::timestamp(SystemClock.now());
    let json = arguments.options.json;
    match &arguments.command {
        TokenCommand::Add { name, scope, expires } => {
            let end = expires.map(|span| now.checked_add(span.duration())).transpose();
            let end = end.context("the token ends after the last date of the calendar")?;
            let new_token = tokens.add(name, Kind::Token, *scope, end, now);
            print_token(name, &new_token.map_err(stop)?, end, json, global)
        }
        TokenCommand::Ls => list(&tokens.list(now).map_err(stop)?, json, global),
        TokenCommand::Revoke { name } => {
            let ended = tokens.revoke(name, now).map_err(stop)?;
            if ended == 0 {
                let what = format!("there is no token {name:?}: `wirefold token ls` lists them");
                return Err(Stop::new(Exit::NotFound, what).into());
            }
            global.note(format_args!(
                "revoked {name}: {} at once",
                output::count(ended, "entry ended", "entries ended")
            ));
            Ok(Exit::Ok)
        }
        TokenCommand::SignIn { name, scope } => {
            let end = now.checked_add(SIGN_IN_LINK).ok();
            let code = tokens.add(name, Kind::SignIn, *scope, end, now).map_err(stop)?;
            print_link(arguments, name, &code, end, global)
        }
    }
}

fn stop(error: TokenError) -> anyhow::Error {
    match error {
        TokenError::Taken(_) | TokenError::Name(_) => {
            Stop::new(Exit::Usage, error.to_string()).into()
        }
        other => other.into(),
    }
}

fn print_token(
    name: &str,
    token: &str,
    expires: Option<Timestamp>,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    if json {
        let new_token = NewToken { name, token: Some(token), link: None, expires };
        print_line("wirefold.cli.token-made/1", &new_token)?;
        return Ok(Exit::Ok);
    }
    output::print(format!("{token}\n").as_bytes())?;
    global.note(format_args!(
        "note: this is the only time that it is shown. Programs send it as `Authorization: Bearer TOKEN`, feed readers as \
         password or in the address: /t/TOKEN/feeds/all.atom"
    ));
    Ok(Exit::Ok)
}

fn print_link(
    arguments: &TokenArguments,
    name: &str,
    code: &str,
    expires: Option<Timestamp>,
    global: &Global,
) -> anyhow::Result<Exit> {
    let page = page_of(arguments)?;
    let link = format!("{}/sign-in/{code}", page.address);
    if arguments.options.json {
        let new_token = NewToken { name, token: None, link: Some(&link), expires };
        print_line("wirefold.cli.token-made/1", &new_token)?;
        return Ok(Exit::Ok);
    }
    output::print(format!("{link}\n").as_bytes())?;
    global.note(format_args!("note: it signs one browser in, once, within an hour"));
    if !page.asks_for_tokens {
        global.note(format_args!(
            "note: the page at {} requires no sign-in; it does if `page.listen` is not loopback, or with `page.tokens = true`",
            page.address
        ));
    }
    Ok(Exit::Ok)
}

/// The page as the running `up` serves it, or else as in the settings.
fn page_of(arguments: &TokenArguments) -> anyhow::Result<PageStatus> {
    let place = &arguments.options.instance;
    let answer = block_on(async {
        let Some(client) = Client::running(place).await? else { return Ok(None) };
        let status: Status = client.get("/api/v1/status").await?;
        Ok(Some(status.page))
    })?;
    if let Some(page) = answer {
        return Ok(page);
    }
    let config = crate::config::load_here(place, Overrides::default())?.config;
    let address = config.page_address(config.page.listen);
    Ok(PageStatus { address, asks_for_tokens: config.page.asks_for_tokens() })
}

fn list(tokens: &[TokenRecord], json: bool, global: &Global) -> anyhow::Result<Exit> {
    if json {
        for it in tokens {
            let TokenRecord { name, kind, scope, created, expires, last_used, .. } = it;
            let (kind, scope, created) = (*kind, *scope, *created);
            let (expires, last_used) = (*expires, *last_used);
            let listed = Listed { name, kind, scope, created, expires, last_used };
            print_line("wirefold.cli.token/1", &listed)?;
        }
        return Ok(Exit::Ok);
    }
    if tokens.is_empty() {
        global.note(format_args!("no tokens: `wirefold token add NAME` makes one"));
        return Ok(Exit::Ok);
    }
    let time = LocalTime::system();
    let when = |at: Option<Timestamp>, never: &str| {
        at.map_or_else(|| never.to_owned(), |at| time.minute(at))
    };
    let mut table = Columns::new(&["name", "what", "scope", "made", "last used", "until"]);
    for it in tokens {
        let what = match it.kind {
            Kind::Session => "browser",
            Kind::SignIn => "sign-in link",
            _ => "token",
        };
        table.push(vec![
            Cell::new(it.name.clone()),
            Cell::new(what),
            Cell::new(it.scope.to_string()),
            Cell::faint(time.minute(it.created)),
            Cell::new(when(it.last_used, "never")),
            Cell::faint(when(it.expires, "you revoke it")),
        ]);
    }
    output::print_styled(&table.render())?;
    Ok(Exit::Ok)
}
