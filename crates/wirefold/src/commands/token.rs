//! `wirefold token`: who has access if the page is served to other machines.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;
use wirefold_gateway::shapes::{PageStatus, Status};
use wirefold_gateway::tokens::{Kind, SIGN_IN_LINK, Scope, TokenError, TokenFile, TokenRecord};
use wirefold_proto::Interval;

use super::one_of;
use crate::client::{Client, ClientOptions, block_on};
use crate::columns::{Cell, Columns};
use crate::config::Overrides;
use crate::exit::{Exit, Stop, stop};
use crate::global::Global;
use crate::local_time::{self, LocalTime};
use crate::output::{self, count};

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
        /// `feeds` only what feed readers and reader apps ask for.
        #[arg(long, default_value = "full", value_name = "SCOPE",
              value_parser = one_of::<Scope>(["full", "read", "feeds"]))]
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
              value_parser = one_of::<Scope>(["full", "read", "feeds"]))]
        scope: Scope,
    },
}

/// Runs a `token` command.
pub(crate) fn run(arguments: &TokenArguments, global: &Global) -> anyhow::Result<Exit> {
    let tokens = TokenFile::new(&arguments.options.instance.folder()?);
    let now = local_time::now();
    let json = arguments.options.json;
    match &arguments.command {
        TokenCommand::Add { name, scope, expires } => {
            let end = expires.map(|span| now.checked_add(span.duration())).transpose();
            let end = end.context("the token ends after the last date of the calendar")?;
            let token = tokens.add(name, Kind::Token, *scope, end, now).map_err(refused)?;
            print_made(name, "token", &token, end, json)?;
            if !json {
                global.note(
                    "note: this is the only time that it is shown. Programs send it as \
                     `Authorization: Bearer TOKEN`, feed readers as password or in the address: \
                     /t/TOKEN/feeds/all.atom",
                );
            }
        }
        TokenCommand::Ls => list(&tokens.list(now).map_err(refused)?, json, global)?,
        TokenCommand::Revoke { name } => {
            let ended = tokens.revoke(name, now).map_err(refused)?;
            if ended == 0 {
                stop!(NotFound, "there is no token {name:?}: `wirefold token ls` lists them");
            }
            let ended = count(ended, "entry ended", "entries ended");
            global.note(format_args!("revoked {name}: {ended} at once"));
        }
        TokenCommand::SignIn { name, scope } => {
            let end = now.checked_add(SIGN_IN_LINK).ok();
            let code = tokens.add(name, Kind::SignIn, *scope, end, now).map_err(refused)?;
            let page = page_of(arguments)?;
            print_made(name, "link", &format!("{}/sign-in/{code}", page.address), end, json)?;
            if !json {
                global.note("note: it signs one browser in, once, within an hour");
            }
            if !json && !page.asks_for_tokens {
                global.note(format_args!(
                    "note: the page at {} requires no sign-in; it does if `page.listen` is not loopback, or with `page.tokens = \"always\"`",
                    page.address
                ));
            }
        }
    }
    Ok(Exit::Ok)
}

fn refused(error: TokenError) -> anyhow::Error {
    match error {
        TokenError::Taken(_) | TokenError::Name(_) => {
            Stop::new(Exit::Usage, error.to_string()).into()
        }
        other => other.into(),
    }
}

/// Prints a new token, or a link to sign in.
fn print_made(
    name: &str,
    what: &str,
    value: &str,
    expires: Option<Timestamp>,
    as_json: bool,
) -> anyhow::Result<()> {
    if as_json {
        let schema = "wirefold.cli.token-made/1";
        return output::print_json(
            &json!({ "schema": schema, "name": name, what: value, "expires": expires }),
        );
    }
    output::print(format!("{value}\n").as_bytes()).map(drop)
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

fn list(tokens: &[TokenRecord], as_json: bool, global: &Global) -> anyhow::Result<()> {
    if as_json {
        // Everything except the hash.
        return tokens.iter().try_for_each(|it| {
            output::print_json(&json!({
                "schema": "wirefold.cli.token/1", "name": it.name, "kind": it.kind, "scope": it.scope,
                "created": it.created, "expires": it.expires, "last_used": it.last_used,
            }))
        });
    }
    if tokens.is_empty() {
        global.note("no tokens: `wirefold token add NAME` makes one");
        return Ok(());
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
    output::print_styled(&table.render())
}
