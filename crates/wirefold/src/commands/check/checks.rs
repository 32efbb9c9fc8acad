//! The checks of `wirefold check`.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use wirefold_alerter::WEB_PORTS;
use wirefold_proto::SubscriptionId;
use wirefold_query::Query;

use crate::config::{DeliveryConfig, DeliveryKind, Loaded, Origin};
use crate::finding::{Finding, Mark};
use crate::output::count;
use crate::up::SOCKET;
use crate::up::alert_subjects;

/// Runs all checks.
pub(super) fn all(loaded: &Loaded) -> Vec<Finding> {
    let mut findings = vec![files(loaded)];
    findings.extend(loaded.warnings.iter().map(|it| Finding::new(Mark::Look, it.to_string())));
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
        true => {
            Finding::good("no file of settings: the defaults apply; `wirefold init` writes one")
        }
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
    Some(Finding::new(Mark::Look, format!("{what}: run `chmod -R go= {shown}`")))
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
    let mut findings: Vec<Finding> = private.collect();
    let written = count(feeds.len(), "feed written here", "feeds written here");
    findings.push(Finding::good(format!(
        "{written}; `wirefold feed ls` also lists feeds added by command"
    )));
    findings
}

fn sources(loaded: &Loaded) -> Vec<Finding> {
    let look = |(at, source): (usize, &crate::config::SourceConfig)| {
        let shown = source.path.display();
        let place = loaded.origins.managed_by("source", at);
        match source.path.exists() {
            true => Finding::good(format!("source {shown}")),
            false => Finding::bad(format!("{place}: source {shown} is not there; make it")),
        }
    };
    loaded.config.source.iter().enumerate().map(look).collect()
}

fn subscriptions(loaded: &Loaded) -> Vec<Finding> {
    let deliveries = loaded.config.delivery.iter();
    let names: Vec<String> = deliveries.map(|delivery| delivery.name.clone()).collect();
    let look = |(at, subscription): (usize, &crate::config::SubscriptionConfig)| {
        let queries = [
            ("query", Some(&subscription.query)),
            ("break_quiet", subscription.break_quiet.as_ref()),
        ];
        for (key, query) in queries {
            if let Some(query) = query
                && let Err(error) = Query::parse_with(query, &loaded.lists)
            {
                let place = loaded.origins.of(&format!("subscription.{at}.{key}"));
                return Finding::bad(format!("{place}: `{key}`, {error}"));
            }
        }
        let settings = subscription.id.clone().map(|id| subscription.settings(id));
        if let Some(settings) = settings
            && let Err(why) = wirefold_alerter::check(&settings, &names, &loaded.lists)
        {
            let place = loaded.origins.managed_by("subscription", at);
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
    (at, subscription): (usize, &crate::config::SubscriptionConfig),
) -> Vec<Finding> {
    let all = &loaded.config.subscription;
    let is_here = |id: &&SubscriptionId| all.iter().any(|other| other.id.as_ref() == Some(*id));
    let absent = subscription.inhibited_by.iter().filter(|id| !is_here(id));
    let place = loaded.origins.managed_by("subscription", at);
    let findings_of = absent.map(|id| {
        Finding::new(
            Mark::Look,
            format!(
                "{place}: subscription {}: no file has the subscription {id} of `inhibited_by`; add \
                 it, or leave it out",
                subscription.name
            ),
        )
    });
    findings_of.collect()
}

fn deliveries(loaded: &Loaded) -> Vec<Finding> {
    let look = |(at, delivery): (usize, &DeliveryConfig)| delivery_at(loaded, at, delivery);
    loaded.config.delivery.iter().enumerate().map(look).collect()
}

fn delivery_at(loaded: &Loaded, at: usize, delivery: &DeliveryConfig) -> Finding {
    let key = format!("delivery.{at}");
    let place = loaded.origins.of(&key);
    if alert_subjects::lacks_server(&loaded.config, delivery) {
        return Finding::bad(format!(
            "{place}: delivery {}: {}",
            delivery.name,
            alert_subjects::NO_SERVER
        ));
    }
    // A NATS server is not reached through the HTTP client.
    let guarded = delivery.url.as_ref().filter(|_| delivery.kind != DeliveryKind::Nats);
    let url = guarded.map(|address| address.url());
    if let Some(private) = url.and_then(|url| private_address(loaded, &format!("{key}.url"), url)) {
        return private;
    }
    if let Some(why) = url.and_then(|url| odd_port(loaded, url)) {
        return Finding::bad(format!("{place}: delivery {}: {why}", delivery.name));
    }
    let name = &delivery.name;
    if delivery.kind == DeliveryKind::Slack && delivery.secret.is_empty() {
        let what = format!(
            "{place}: delivery {name}: everybody who reads its `url` can post there; set `secret_env` \
             instead"
        );
        return Finding::new(Mark::Look, what);
    }
    let secret = delivery.secret.first().filter(|_| delivery.kind == DeliveryKind::Slack);
    if let Some(hook) = secret.and_then(|it| url::Url::parse(it.expose()).ok())
        && is_refused(loaded, &hook)
    {
        return Finding::bad(format!(
            "{place}: delivery {name}: its address is in a private network and will be refused; if \
             it is yours, add it to `fetcher.allow_private`"
        ));
    }
    if let Some(bad) = program(&place, delivery).or_else(|| folder_of_file(&place, delivery)) {
        return bad;
    }
    if delivery.kind == DeliveryKind::Webhook {
        let odd = delivery.secret.iter().any(|it| !it.expose().starts_with("whsec_"));
        if odd {
            return Finding::bad(format!(
                "{place}: delivery {name}: a key of a webhook begins with whsec_ and is base64"
            ));
        }
        if delivery.secret.is_empty() {
            let what = format!("{place}: delivery {name} is not signed; set `secret_env`");
            return Finding::new(Mark::Look, what);
        }
    }
    let hint = match delivery.kind {
        DeliveryKind::Stdout => String::new(),
        _ => format!("; `wirefold alert test {name}` sends a sample"),
    };
    Finding::good(format!("delivery {name}{hint}"))
}

/// Reports a program with an absolute path that does not exist. Other programs are found when they run.
fn program(place: &Origin, delivery: &DeliveryConfig) -> Option<Finding> {
    let program = Path::new(delivery.command.first()?);
    let is_missing = program.is_absolute() && !program.is_file();
    let (name, shown) = (&delivery.name, program.display());
    is_missing.then(|| Finding::bad(format!("{place}: delivery {name}: {shown} is not there")))
}

fn folder_of_file(place: &Origin, delivery: &DeliveryConfig) -> Option<Finding> {
    let folder = delivery.path.as_ref()?.parent()?;
    // A bare file name is in the working folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (name, shown) = (&delivery.name, folder.display());
    let what = || format!("{place}: delivery {name}: the folder {shown} is not there; make it");
    (!folder.is_dir()).then(|| Finding::bad(what()))
}

/// Reports an address that will be refused because it is in a private network that is not allowed. Host names
/// are resolved and checked with each request.
fn private_address(loaded: &Loaded, key: &str, url: &url::Url) -> Option<Finding> {
    let place = loaded.origins.of(key);
    is_refused(loaded, url).then(|| {
        Finding::bad(format!(
            "{place}: {url} is in a private network and will be refused; if it is yours, add it to \
             `fetcher.allow_private`"
        ))
    })
}

/// Why the HTTP client will refuse the port of an address that is not private.
fn odd_port(loaded: &Loaded, url: &url::Url) -> Option<String> {
    let port = url.port().filter(|port| !WEB_PORTS.contains(port))?;
    let allowed = &loaded.config.fetcher.allow_private;
    let is_let_in = match url.host()? {
        // The address of a name is resolved and checked with each request.
        url::Host::Domain(_) => !allowed.is_empty(),
        url::Host::Ipv4(address) => allowed.iter().any(|net| net.0.contains(&IpAddr::V4(address))),
        url::Host::Ipv6(address) => allowed.iter().any(|net| net.0.contains(&IpAddr::V6(address))),
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
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let address = match host {
        "localhost" => Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)),
        _ => host.parse().ok(),
    };
    let Some(address) = address else { return false };
    let is_private = match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    is_private && !loaded.config.fetcher.allow_private.iter().any(|net| net.0.contains(&address))
}
