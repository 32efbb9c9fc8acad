//! `wirefold check`: whether the settings work on this machine, and with other options whether a NATS server
//! fits, whether all that is stored is whole, and whether a running wirefold is ready.

mod deep;
mod nats;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use wirefold_alerter::WEB_PORTS;
use wirefold_fetcher::extract::Extractor;
use wirefold_gateway::shapes::{DeliveryList, DeliveryRow};
use wirefold_proto::{SubscriptionId, SubscriptionSettings};

use crate::client::{Client, Need, block_on, exit_of};
use crate::config::{
    self, ConfigError, DeliveryConfig, DeliveryKind, Instance, Loaded, Overrides, suggestion,
};
use crate::exchange::readiness;
use crate::exit::Exit;
use crate::finding::{Finding, print_findings};
use crate::global::Global;
use crate::output::{self, clean, count};
use crate::up::nats::name_default_server;
use crate::up::{SOCKET, subjects};

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold check
  wirefold check --config /etc/wirefold/wirefold.toml
  wirefold check --deep                         what is stored, while `up` does not run
  wirefold check --deep /backups/monday -q      a backup; print only problems
  wirefold check --ready                        for containers
  wirefold check --nats nats://localhost:4222 --role detector

Exit codes: 0 all is well, 1 something stored is damaged or missing, wirefold is not ready, or a subscription
names a delivery that does not exist, 2 something must be fixed before `up`, 3 nothing is stored there, 4 the NATS server cannot be reached.")]
pub(crate) struct CheckArguments {
    /// Print one JSON object for each finding.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    instance: Instance,
    /// Change a setting for this run, as TOML. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Read everything that is stored instead, in the data folder, on the NATS server of the settings, or in
    /// a backup, and report what is damaged or missing, how much room each part takes, and when it is full.
    /// It changes nothing.
    #[arg(long, value_name = "BACKUP", num_args = 0..=1, default_missing_value = "")]
    deep: Option<String>,
    /// Ask a running wirefold instead whether it is ready.
    #[arg(long, conflicts_with = "deep")]
    ready: bool,
    /// The address of the health port for `--ready`: the `--operations` of `up`; by default
    /// `operations.listen` of the settings.
    #[arg(long, value_name = "ADDR", requires = "ready")]
    operations: Option<String>,
    /// Check the NATS server instead: whether it fits, and whether a user may do what its role does
    /// and nothing else. It leaves nothing there. Without URL it checks the configured server, or
    /// nats://127.0.0.1:4222.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "",
          conflicts_with_all = ["deep", "ready"])]
    nats: Option<String>,
    /// The role to check; by default the one that `bus.user` names.
    #[arg(long, value_name = "ROLE", requires = "nats")]
    role: Option<String>,
}

/// Runs `check`.
pub(crate) fn run(arguments: &CheckArguments, global: &Global) -> anyhow::Result<Exit> {
    if arguments.ready {
        return ready(arguments, global);
    }
    if let Some(backup) = &arguments.deep {
        let backup = Some(Path::new(backup)).filter(|_| !backup.is_empty());
        let findings = block_on(deep::check(&arguments.instance, backup))?;
        let bad = print_findings(&findings, arguments.json, global)?;
        if bad == 0 {
            return Ok(Exit::Ok);
        }
        let bad = count(bad, "thing is", "things are");
        global
            .note(format_args!("{bad} damaged: docs/how-to/mend-damaged-data.md says what to do"));
        return Ok(Exit::Failure);
    }
    let loaded = Overrides::of_set(&arguments.set)
        .and_then(|overrides| config::load_here(&arguments.instance, overrides));
    let mut silent = Vec::new();
    let findings = match (&arguments.nats, loaded) {
        (Some(url), Ok(loaded)) => of_server(arguments, url, loaded)?,
        (_, loaded) => {
            let mut findings = findings(&loaded);
            if let Ok(loaded) = &loaded {
                let stored = block_on(stored_deliveries(&arguments.instance));
                let stored = stored.unwrap_or_else(|error| {
                    findings.push(Finding::look(format!("{UNREAD}: {error:#}")));
                    Vec::new()
                });
                silent = absent_deliveries(loaded, &stored);
            }
            findings.push(sandbox());
            findings
        }
    };
    let bad = print_findings(&findings, arguments.json, global)?;
    let silent = print_findings(&silent, arguments.json, global)?;
    if bad > 0 {
        global.note(format_args!("{} to fix before `wirefold up`", count(bad, "thing", "things")));
        return Ok(Exit::Usage);
    }
    if silent > 0 {
        global.note("`wirefold up` starts, and sends nothing to a delivery that does not exist");
        return Ok(Exit::Failure);
    }
    Ok(Exit::Ok)
}

fn ready(arguments: &CheckArguments, global: &Global) -> anyhow::Result<Exit> {
    let address = match arguments.operations.clone() {
        Some(address) => address,
        None => {
            let loaded = config::load_here(&arguments.instance, Overrides::default())?;
            loaded.config.operations.listen.to_string()
        }
    };
    let answer =
        block_on(async { Ok(tokio::time::timeout(ANSWER_TIMEOUT, readiness(&address)).await) })?;
    let why = match answer {
        Ok(Ok((status, said))) if status.is_success() => {
            global.note(clean(said.trim()));
            return Ok(Exit::Ok);
        }
        Ok(Ok((status, said))) => format!("not ready ({status}): {}", clean(said.trim())),
        Ok(Err(error)) => format!("{address}: {error:#}"),
        Err(_) => format!("{address}: no answer within 5 s"),
    };
    output::note(format_args!("error: {why}"));
    Ok(Exit::Failure)
}

fn of_server(
    arguments: &CheckArguments,
    url: &str,
    mut loaded: Loaded,
) -> anyhow::Result<Vec<Finding>> {
    if !url.is_empty() {
        loaded.config.bus.nats = vec![url.to_owned()];
    }
    name_default_server(&mut loaded.config.bus);
    block_on(nats::check_server(&loaded.config, arguments.role.as_deref()))
}

fn findings(loaded: &Result<Loaded, ConfigError>) -> Vec<Finding> {
    match loaded {
        Err(error) => error.problems.iter().map(|it| Finding::bad(it.to_string())).collect(),
        Ok(loaded) => all(loaded),
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
        Ok(sandbox) => Finding::look(format!(
            "pages are read in a process that this system does not fully confine: {}",
            sandbox.missing.join("; ")
        )),
    }
}

/// Runs all checks.
fn all(loaded: &Loaded) -> Vec<Finding> {
    let mut findings = vec![files(loaded)];
    findings.extend(loaded.warnings.iter().map(|it| Finding::look(it.to_string())));
    findings.push(data_folder(&loaded.config.data));
    findings.extend(readable(&loaded.config.data));
    findings.extend(ports(loaded));
    findings.extend(feeds(loaded));
    findings.extend(sources(loaded));
    findings.extend(subscriptions(loaded));
    findings.extend(deliveries(loaded));
    findings
}

fn files(loaded: &Loaded) -> Finding {
    let names: Vec<String> = loaded.files.iter().map(|file| file.display().to_string()).collect();
    match names.is_empty() {
        true => Finding::good(
            "no file of settings: the defaults apply; `wirefold config init` writes one",
        ),
        false => Finding::good(format!("settings: {}", names.join(", "))),
    }
}

fn data_folder(folder: &Path) -> Finding {
    let shown = folder.display();
    // A missing folder will be created in the nearest ancestor that exists.
    let existing = folder.ancestors().find(|ancestor| ancestor.exists());
    let existing = existing.filter(|e| !e.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let probe = existing.join(format!(".wirefold-check-{}", std::process::id()));
    let written = std::fs::write(&probe, b"may be deleted\n");
    let _ = std::fs::remove_file(&probe);
    match written {
        Ok(()) => Finding::good(format!("data folder {shown} can be written")),
        Err(error) => Finding::bad(format!(
            "data folder {shown} cannot be written: {error}; set `data`, or pass --data"
        )),
    }
}

/// Reports a data folder or files in it that other users of the machine can read. Older versions made such
/// files.
fn readable(folder: &Path) -> Option<Finding> {
    let is_open = |path: &Path| {
        let mode = std::fs::metadata(path).map(|it| it.permissions().mode()).unwrap_or(0);
        mode & 0o077 != 0
    };
    let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let open = files.filter(|path| path.is_file() && is_open(path)).count();
    let shown = folder.display();
    let what = match (is_open(folder), open) {
        (false, 0) => return None,
        (true, 0) => format!("others may look into the data folder {shown}"),
        (_, open) => {
            format!("others may read {} of the data folder {shown}", count(open, "file", "files"))
        }
    };
    Some(Finding::look(format!("{what}: run `chmod -R go= {shown}`")))
}

fn ports(loaded: &Loaded) -> Vec<Finding> {
    let config = &loaded.config;
    let runs = std::os::unix::net::UnixStream::connect(config.data.join(SOCKET)).is_ok();
    let port = |what: &str, flag: &str, address: SocketAddr| match TcpListener::bind(address) {
        Ok(_) => Finding::good(format!("{what}: {address} is free")),
        Err(_) if runs => Finding::good(format!("{what}: {address} is in use, and wirefold runs")),
        Err(error) => Finding::bad(format!(
            "{what}: wirefold cannot listen on {address} ({error}); stop the program that uses it, or pass {flag}"
        )),
    };
    vec![
        port("page", "--listen", config.page.listen),
        port("health and metrics", "--operations", config.operations.listen),
    ]
}

fn feeds(loaded: &Loaded) -> Vec<Finding> {
    let feeds = &loaded.config.feed;
    let private = feeds.iter().enumerate().filter_map(|(at, feed)| {
        private_address(loaded, &format!("feed.{at}.url"), feed.url.url())
    });
    let written = count(feeds.len(), "feed written here", "feeds written here");
    let all = format!("{written}; `wirefold feed ls` also lists feeds added by command");
    private.chain([Finding::good(all)]).collect()
}

fn sources(loaded: &Loaded) -> Vec<Finding> {
    let look = |(at, source): (usize, &config::SourceConfig)| {
        let shown = source.path.display();
        let place = loaded.origins.managed_by("source", at);
        match source.path.exists() {
            true => Finding::good(format!("source {shown}")),
            false => Finding::bad(format!("{place}: source {shown} is not there; make it")),
        }
    };
    loaded.config.source.iter().enumerate().map(look).collect()
}

/// The beginning of a finding.
const UNREAD: &str = "subscriptions and deliveries that were added by command were not checked";

/// The deliveries that were added by command, and those that stored subscriptions name: of a running wirefold, or of the
/// data folder. None if there is no data.
async fn stored_deliveries(instance: &Instance) -> anyhow::Result<Vec<DeliveryRow>> {
    let client = match Client::connect(instance, Need::Data).await {
        Err(error) if exit_of(&error) == Exit::NotFound => return Ok(Vec::new()),
        client => client?,
    };
    let list: DeliveryList = client.get("/api/v1/deliveries").await?;
    Ok(list.deliveries)
}

/// Reports the deliveries that subscriptions name and that do not exist. `up` starts without them.
fn absent_deliveries(loaded: &Loaded, stored: &[DeliveryRow]) -> Vec<Finding> {
    let written = loaded.config.delivery.iter().map(|it| it.name.as_str());
    let added = stored.iter().filter(|it| it.added.is_some()).map(|it| it.name.as_str());
    let names: Vec<&str> = written.chain(added).collect();
    let of = |(at, subscription): (usize, &config::SubscriptionConfig)| {
        let named = subscription.deliveries.iter().map(|name| ("deliveries", name));
        let second = subscription.escalation.iter().map(|second| ("escalation", &second.to));
        let absent = named.chain(second).filter(|(_, name)| !names.contains(&name.as_str()));
        let what = |(key, name): (&str, &String)| {
            let place = loaded.origins.of(&format!("subscription.{at}.{key}"));
            let (subscription, nearest) = (&subscription.name, suggestion(name, &names));
            format!(
                "{place}: subscription {subscription}: no delivery is called {name:?}; {nearest}"
            )
        };
        absent.map(|absent| Finding::bad(what(absent))).collect::<Vec<_>>()
    };
    let all = &loaded.config.subscription;
    let is_stored = |id: &&SubscriptionId| all.iter().all(|it| it.id.as_ref() != Some(*id));
    let absent = stored.iter().filter(|it| !names.contains(&it.name.as_str()));
    let of_stored = absent.flat_map(|it| {
        let nearest = suggestion(&it.name, &names);
        it.subscriptions.iter().filter(is_stored).map(move |id| {
            let name = &it.name;
            Finding::bad(format!("subscription {id}: no delivery is called {name:?}; {nearest}"))
        })
    });
    all.iter().enumerate().flat_map(of).chain(of_stored).collect()
}

fn subscriptions(loaded: &Loaded) -> Vec<Finding> {
    let look = |(at, subscription): (usize, &config::SubscriptionConfig)| {
        let settings = subscription.id.clone().map(|id| subscription.settings(id));
        let named = |it: &SubscriptionSettings| it.named_deliveries().cloned().collect::<Vec<_>>();
        if let Some(settings) = settings
            && let Err(why) = wirefold_alerter::check(&settings, &named(&settings), &loaded.lists)
        {
            // It begins with the key that it is about.
            let key = why.split(':').next().unwrap_or_default();
            let place = loaded.origins.nearest(&format!("subscription.{at}.{key}")).pointed();
            return Finding::bad(format!("{place}: subscription {}: {why}", subscription.name));
        }
        Finding::good(format!("subscription {}", subscription.name))
    };
    let all = loaded.config.subscription.iter().enumerate();
    all.clone().map(look).chain(all.flat_map(|it| absent_inhibitors(loaded, it))).collect()
}

/// Reports inhibitors of a subscription that are in no file. They may have been added by command.
fn absent_inhibitors(
    loaded: &Loaded,
    (at, subscription): (usize, &config::SubscriptionConfig),
) -> Vec<Finding> {
    let all = &loaded.config.subscription;
    let is_here = |id: &&SubscriptionId| all.iter().any(|other| other.id.as_ref() == Some(*id));
    let absent = subscription.inhibited_by.iter().filter(|id| !is_here(id));
    let place = loaded.origins.managed_by("subscription", at);
    let name = &subscription.name;
    let finding = |id| {
        Finding::look(format!(
            "{place}: subscription {name}: no file has the subscription {id} of `inhibited_by`; add \
             it, or leave it out"
        ))
    };
    absent.map(finding).collect()
}

fn deliveries(loaded: &Loaded) -> Vec<Finding> {
    let look = |(at, delivery): (usize, &DeliveryConfig)| delivery_at(loaded, at, delivery);
    loaded.config.delivery.iter().enumerate().map(look).collect()
}

fn delivery_at(loaded: &Loaded, at: usize, delivery: &DeliveryConfig) -> Finding {
    let (key, name) = (format!("delivery.{at}"), &delivery.name);
    let place = format!("{}: delivery {name}", loaded.origins.of(&key));
    let bad = |why: &str| Finding::bad(format!("{place}: {why}"));
    if subjects::lacks_server(&loaded.config, delivery) {
        return bad(subjects::NO_SERVER);
    }
    // A NATS server is not reached through the HTTP client.
    let guarded = delivery.url.as_ref().filter(|_| delivery.kind != DeliveryKind::Nats);
    let url = guarded.map(|address| address.url());
    if let Some(private) = url.and_then(|url| private_address(loaded, &format!("{key}.url"), url)) {
        return private;
    }
    if let Some(why) = url.and_then(|url| odd_port(loaded, url)) {
        return bad(&why);
    }
    if let Some((part, why)) = absent_file(delivery) {
        let there = loaded.origins.of(&format!("{key}.{part}")).pointed();
        return Finding::bad(format!("{there}: delivery {name}: {why}"));
    }
    let secret = delivery.secret.first();
    match (delivery.kind, secret) {
        (DeliveryKind::Slack, Some(hook))
            if url::Url::parse(hook.secret.expose())
                .is_ok_and(|hook| is_refused(loaded, &hook)) =>
        {
            return bad(&format!("its address {PRIVATE}"));
        }
        (DeliveryKind::Webhook, None) => {
            return Finding::look(format!("{place} is not signed; set `secret`"));
        }
        (DeliveryKind::Stdout, _) => return Finding::good(format!("delivery {name}")),
        _ => {}
    }
    Finding::good(format!("delivery {name}; `wirefold alert test {name}` sends a sample"))
}

/// The program or folder of a delivery that does not exist, with its key. Programs without an absolute path are found when
/// they run.
fn absent_file(delivery: &DeliveryConfig) -> Option<(&'static str, String)> {
    let program = delivery.command.first().map(Path::new);
    if let Some(program) = program.filter(|it| it.is_absolute() && !it.is_file()) {
        return Some(("command", format!("{} is not there", program.display())));
    }
    let folder = delivery.path.as_ref()?.parent()?;
    // A bare file name is in the working folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let is_missing = !folder.is_dir();
    is_missing.then(|| ("path", format!("the folder {} is not there; make it", folder.display())))
}

/// The end of a finding about an address in a private network.
const PRIVATE: &str = "is in a private network and will be refused; if it is yours, add it to \
                       `fetcher.allow_private`";

/// Reports an address that will be refused because it is in a private network that is not allowed. Host names
/// are resolved and checked with each request.
fn private_address(loaded: &Loaded, key: &str, url: &url::Url) -> Option<Finding> {
    let place = loaded.origins.of(key);
    is_refused(loaded, url).then(|| Finding::bad(format!("{place}: {url} {PRIVATE}")))
}

/// Why the HTTP client will refuse the port of an address that is not private.
fn odd_port(loaded: &Loaded, url: &url::Url) -> Option<String> {
    let port = url.port().filter(|port| !WEB_PORTS.contains(port))?;
    let is_let_in = match address_in(url) {
        Some(address) => is_allowed(loaded, address),
        // The address of a name is resolved and checked with each request.
        None => !loaded.config.private_networks().is_empty(),
    };
    let is_of_web = matches!(url.scheme(), "http" | "https");
    (is_of_web && !is_let_in).then(|| {
        format!(
            "port {port} will be refused: only {WEB_PORTS:?} are allowed; if the host is yours, add its \
             network to `fetcher.allow_private`"
        )
    })
}

fn is_refused(loaded: &Loaded, url: &url::Url) -> bool {
    let is_private = |address: IpAddr| match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    address_in(url).is_some_and(|it| is_private(it) && !is_allowed(loaded, it))
}

/// The address that a host is; `None` for a name that must be resolved.
fn address_in(url: &url::Url) -> Option<IpAddr> {
    match url.host_str()?.trim_matches(['[', ']']) {
        "localhost" => Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)),
        host => host.parse().ok(),
    }
}

fn is_allowed(loaded: &Loaded, address: IpAddr) -> bool {
    loaded.config.private_networks().iter().any(|net| net.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};
    use crate::finding::Mark;

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
        findings(&load(&sources, &overrides))
    }

    #[test]
    fn a_delivery_that_does_not_exist_is_named_with_its_place_and_the_nearest_one() {
        let text = "[[delivery]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = \"https://n.example/x\"\n\
                    [[subscription]]\nname = \"Storms\"\nquery = \"*\"\n\
                    deliveries = [\"phone\", \"fone\"]\n";
        assert_eq!(bad(text), Vec::<String>::new(), "`up` starts");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("wirefold.toml"), text).unwrap();
        let sources = Sources { folder: folder.path().to_path_buf(), ..Sources::default() };
        let absent = absent_deliveries(&load(&sources, &Overrides::default()).unwrap(), &[]);
        let told: Vec<&str> = absent.iter().map(|finding| finding.what.as_str()).collect();
        let at = folder.path().join("wirefold.toml:8").display().to_string();
        assert_eq!(
            told,
            [format!(
                "{at}: subscription Storms: no delivery is called \"fone\"; did you mean `phone`?"
            )]
        );
    }

    fn bad(text: &str) -> Vec<String> {
        let bad = found(text).into_iter().filter(|finding| finding.mark != Mark::Good);
        bad.map(|finding| finding.what).collect()
    }

    #[test]
    fn good_settings_have_only_good_findings() {
        let text = "[[feed]]\nurl = \"https://harbour.example/rss\"\n[[delivery]]\nname = \"chief\"\n\
                    kind = \"ntfy\"\nurl = \"https://n.example/x\"\n[[subscription]]\nname = \"all\"\n\
                    query = \"*\"\nescalation = \"chief after 15m\"\n";
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
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
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
