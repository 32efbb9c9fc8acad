//! Checks the keys of each kind of delivery: which are required, and which do not apply.

use std::collections::BTreeMap;

use super::Finish;
use crate::config::origin::Origin;
use crate::config::settings::{Config, DeliveryConfig, DeliveryKind};

impl Finish<'_> {
    /// Checks the deliveries. Their secrets must have been read.
    pub(super) fn deliveries(&mut self, config: &Config) {
        let mut seen = BTreeMap::new();
        for (at, delivery) in config.delivery.iter().enumerate() {
            let key = format!("delivery.{at}");
            self.check_unique("delivery", &delivery.name, at, &mut seen);
            // The name becomes a part of the names of consumers and keys.
            let is_plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            if delivery.name.is_empty() || !delivery.name.chars().all(is_plain) {
                let what = "expected lower-case letters, digits, `-` and `_`, such as \"phone\"";
                self.refuse(&format!("{key}.name"), what);
            }
            if delivery.priority.is_some_and(|priority| !(1..=5).contains(&priority)) {
                self.refuse(&format!("{key}.priority"), "expected a number from 1 to 5");
            }
            self.inapplicable_keys(&key, delivery);
            self.file_only(&key, delivery);
            let missing = delivery.missing();
            for what in &missing {
                self.refuse(&key, *what);
            }
            if missing.is_empty() {
                self.values(&key, delivery);
            }
        }
    }

    /// Refuses keys that do not apply to the kind.
    fn inapplicable_keys(&mut self, key: &str, delivery: &DeliveryConfig) {
        for (name, is_set, kinds) in delivery.keys_of_kinds() {
            if is_set && !kinds.contains(&delivery.kind) {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
                let (word, kinds) = (delivery.kind.word(), kinds.join(", "));
                let what = format!("it means nothing to kind = {word:?}, only to {kinds}");
                self.refuse(&format!("{key}.{name}"), what);
            }
        }
    }

    /// A program or a path may only be set in a file. Otherwise setting a variable or a flag once would make
    /// wirefold run a program later.
    fn file_only(&mut self, key: &str, delivery: &DeliveryConfig) {
        for (name, is_set) in
            [("command", !delivery.command.is_empty()), ("path", delivery.path.is_some())]
        {
            let key = format!("{key}.{name}");
            if is_set && !matches!(self.origins.of(&key), Origin::File(_)) {
                self.refuse(&key, "it is only allowed in a file of settings");
            }
        }
    }

    /// Refuses values that cannot work.
    fn values(&mut self, key: &str, delivery: &DeliveryConfig) {
        let is_mail = delivery.url.as_ref().is_some_and(|url| url.is_of_mail());
        if is_mail != (delivery.kind == DeliveryKind::Email) && delivery.url.is_some() {
            let what = match is_mail {
                true => "only mail goes to smtp:// or smtps://; write url = \"https://…\"",
                false => "mail goes to a mail server; write url = \"smtps://…\"",
            };
            return self.refuse(&format!("{key}.url"), what);
        }
        let is_nats = delivery.url.as_ref().is_some_and(|url| url.is_of_nats());
        if is_nats != (delivery.kind == DeliveryKind::Nats) && delivery.url.is_some() {
            let what = match is_nats {
                true => "only kind = \"nats\" goes to nats:// or tls://; write url = \"https://…\"",
                false => "alerts for a subject go to a NATS server; write url = \"nats://…\"",
            };
            return self.refuse(&format!("{key}.url"), what);
        }
        if delivery.without_tls && delivery.user.is_some() && !is_of_this_machine(delivery) {
            let what = "a password would cross the network in the clear; leave `user` out, or use \
                        TLS";
            self.refuse(&format!("{key}.without_tls"), what);
        }
        if delivery.user.is_some() && delivery.secret.is_empty() {
            self.refuse(&format!("{key}.user"), "it has no password; write secret_env = \"…\"");
        }
        let is_notify = |url: &url::Url| url.path().contains("/notify/");
        if delivery.kind == DeliveryKind::Apprise
            && !delivery.url.as_ref().is_some_and(|url| is_notify(url.url()))
        {
            let what = "expected the address with its key, such as \
                        \"http://apprise.example:8000/notify/desk\"";
            self.refuse(&format!("{key}.url"), what);
        }
        let checked = delivery.checked().map(|it| wirefold_alerter::check_delivery(&it));
        if let Some(Err(why)) = checked {
            self.refuse(key, why);
        }
    }
}

/// Whether the mail server is on this machine, by its address.
fn is_of_this_machine(delivery: &DeliveryConfig) -> bool {
    let host = delivery.url.as_ref().and_then(|url| url.url().host_str());
    let host = host.unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = |it: std::net::IpAddr| it.is_loopback();
    host == "localhost" || host.parse().is_ok_and(is_loopback)
}
