//! `wirefold check`: whether the settings work on this machine, one line for each finding.

mod checks;
mod nats;

use clap::Args;
use wirefold_fetcher::extract::Extractor;

use crate::client::block_on;
use crate::config::Instance;
use crate::config::{self, ConfigError, Loaded, Overrides};
use crate::exit::Exit;
use crate::finding::{Finding, Mark, print_findings};
use crate::global::Global;
use crate::output;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold check
  wirefold check --config /etc/wirefold/wirefold.toml
  wirefold check --nats nats://localhost:4222 --role detector

Exit codes: 0 all is well, 2 something must be fixed, 4 the NATS server cannot be reached.")]
pub(crate) struct CheckArguments {
    /// Print one JSON object for each finding.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    instance: Instance,
    /// Change a setting for this run, as TOML. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Check the NATS server instead: whether it fits, and whether a user may do what its role does
    /// and nothing else. It leaves nothing there. Without URL it checks the configured server, or
    /// nats://127.0.0.1:4222.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    nats: Option<String>,
    /// The role to check; by default the one that `bus.user` names.
    #[arg(long, value_name = "ROLE", requires = "nats")]
    role: Option<String>,
}

/// Runs `check`.
pub(crate) fn run(arguments: &CheckArguments, global: &Global) -> anyhow::Result<Exit> {
    let loaded = Overrides::of_set(&arguments.set)
        .and_then(|overrides| config::load_here(&arguments.instance, overrides));
    let findings = match (&arguments.nats, loaded) {
        (Some(url), Ok(loaded)) => of_server(arguments, url, loaded)?,
        (_, loaded) => findings(loaded).into_iter().chain([sandbox()]).collect(),
    };
    let bad = print_findings(&findings, arguments.json, global)?;
    if bad == 0 {
        return Ok(Exit::Ok);
    }
    let bad = output::count(bad, "thing", "things");
    global.note(format_args!("{bad} to fix before `wirefold up`"));
    Ok(Exit::Usage)
}

/// The default server.
const SERVER: &str = "nats://127.0.0.1:4222";

fn of_server(
    arguments: &CheckArguments,
    url: &str,
    mut loaded: Loaded,
) -> anyhow::Result<Vec<Finding>> {
    let servers = &mut loaded.config.bus.nats;
    if !url.is_empty() {
        *servers = vec![url.to_owned()];
    } else if servers.is_empty() {
        servers.push(SERVER.to_owned());
    }
    block_on(nats::check_server(&loaded.config, arguments.role.as_deref()))
}

fn findings(loaded: Result<Loaded, ConfigError>) -> Vec<Finding> {
    match loaded {
        Err(error) => error.problems.iter().map(|it| Finding::bad(it.to_string())).collect(),
        Ok(loaded) => checks::all(&loaded),
    }
}

/// How far this system confines the child process that reads pages.
fn sandbox() -> Finding {
    let extractor = crate::extraction::settings(1).map(Extractor::new);
    let answer = extractor.and_then(|it| block_on(async { Ok(it.sandbox().await?) }));
    match answer {
        Err(error) => Finding::bad(format!("pages cannot be read: {error:#}")),
        Ok(sandbox) if sandbox.missing.is_empty() => {
            Finding::good("pages are read in a process without network, files and other processes")
        }
        Ok(sandbox) => Finding::new(
            Mark::Look,
            format!(
                "pages are read in a process that this system does not fully confine: {}",
                sandbox.missing.join("; ")
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    fn found(text: &str) -> Vec<Finding> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("wirefold.toml"), text).unwrap();
        let sources = Sources { folder: folder.path().to_path_buf(), ..Sources::default() };
        let mut overrides = Overrides::default();
        if !text.contains("data =") {
            let data = folder.path().join("data");
            overrides.flag("--data", "data", data.to_string_lossy());
        }
        for key in ["page.listen", "operations.listen"] {
            if !text.contains(key) {
                overrides.flag("--listen", key, "127.0.0.1:0");
            }
        }
        findings(load(&sources, &overrides))
    }

    fn bad(text: &str) -> Vec<String> {
        let bad = found(text).into_iter().filter(|finding| finding.mark != Mark::Good);
        bad.map(|finding| finding.what).collect()
    }

    #[test]
    fn good_settings_have_only_good_findings() {
        let text = "[[feed]]\nurl = \"https://harbour.example/rss\"\n[[subscription]]\nname = \"all\"\n\
                    query = \"*\"\n";
        assert_eq!(bad(text), Vec::<String>::new());
        assert!(found(text).len() >= 4, "{:?}", found(text));
    }

    #[test]
    fn every_mistake_of_the_file_is_a_finding() {
        assert_eq!(bad("windw = 1\npag = 2\n").len(), 2);
    }

    #[test]
    fn a_query_that_does_not_parse_is_named_with_its_column() {
        let bad = bad("[[subscription]]\nname = \"all\"\nquery = \"port AND\"\n");
        assert_eq!(bad.len(), 1, "{bad:?}");
        assert!(bad[0].contains("wirefold.toml:3") && bad[0].contains("column 9"), "{bad:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let bad = bad("data = \"/proc/wirefold\"\n");
        assert!(bad.len() == 1 && bad[0].contains("/proc/wirefold"), "{bad:?}");
    }

    #[test]
    fn a_port_in_use_is_named_with_the_remedy() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let bad = bad(&format!("page.listen = \"{address}\"\n"));
        assert!(bad.len() == 1 && bad[0].contains("--listen"), "{bad:?}");
    }

    #[test]
    fn an_address_in_a_private_network_is_reported() {
        let private = "[[delivery]]\nname = \"desk\"\nkind = \"webhook\"\n\
                       url = \"http://192.168.1.9/hook\"\nsecret = \"whsec_a2V5\"\n";
        let findings_found = bad(private);
        assert!(
            findings_found.len() == 1 && findings_found[0].contains("fetcher.allow_private"),
            "{findings_found:?}"
        );
        let allowed = format!("fetcher.allow_private = [\"192.168.0.0/16\"]\n{private}");
        assert_eq!(bad(&allowed), Vec::<String>::new());
    }
}
