//! Reads secrets from files and from the environment.

use std::path::Path;

use wirefold_proto::Secret;

use super::Finish;
use crate::config::settings::Config;

/// The size limit of a file of secrets, in bytes.
const LARGEST_SECRET: u64 = 64 << 10;

impl Finish<'_> {
    /// Reads the secrets of deliveries.
    pub(super) fn secrets(&mut self, config: &mut Config) {
        for (at, delivery) in config.delivery.iter_mut().enumerate() {
            let mut secrets = Vec::new();
            if let Some(path) = &delivery.secret_file {
                match read_secret(path) {
                    Ok(text) => secrets.extend(text.lines().filter_map(one_secret)),
                    Err(why) => {
                        let what = format!("{} cannot be read: {why}", path.display());
                        self.refuse(&format!("delivery.{at}.secret_file"), what);
                    }
                }
            }
            if let Some(name) = &delivery.secret_env {
                match self.sources.variable(name) {
                    Some(text) => secrets.extend(text.split_whitespace().filter_map(one_secret)),
                    None => {
                        let what = format!("the environment variable {name} is not set");
                        self.refuse(&format!("delivery.{at}.secret_env"), what);
                    }
                }
            }
            delivery.secret.append(&mut secrets);
        }
    }

    /// Reads the passwords of addresses and servers.
    pub(super) fn passwords(&mut self, config: &mut Config) {
        for (at, it) in config.access.iter_mut().enumerate() {
            let source = PasswordSource {
                file: it.password_file.as_deref(),
                variable: it.password_env.as_deref(),
            };
            self.password(&format!("access.{at}"), &source, it.user.is_some(), &mut it.password);
        }
        for (at, it) in config.nats.iter_mut().enumerate() {
            let source = PasswordSource {
                file: it.password_file.as_deref(),
                variable: it.password_env.as_deref(),
            };
            self.password(&format!("nats.{at}"), &source, it.user.is_some(), &mut it.password);
        }
    }

    fn password(
        &mut self,
        key: &str,
        source: &PasswordSource<'_>,
        has_user: bool,
        password: &mut Option<Secret>,
    ) {
        if let Some(path) = source.file {
            match read_secret(path) {
                Ok(text) => *password = text.lines().find_map(one_secret),
                Err(why) => {
                    let what = format!("{} cannot be read: {why}", path.display());
                    self.refuse(&format!("{key}.password_file"), what);
                }
            }
        }
        if let Some(name) = source.variable {
            match self.sources.variable(name) {
                Some(text) => *password = one_secret(text),
                None => {
                    let what = format!("the environment variable {name} is not set");
                    self.refuse(&format!("{key}.password_env"), what);
                }
            }
        }
        if !has_user && password.is_some() {
            self.refuse(key, "its password has no user; write user = \"desk\"");
        }
    }
}

/// The source of a password.
struct PasswordSource<'a> {
    file: Option<&'a Path>,
    variable: Option<&'a str>,
}

pub(super) fn read_secret(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_SECRET {
        return Err(format!("it is larger than {} KiB", LARGEST_SECRET >> 10));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

pub(super) fn one_secret(text: &str) -> Option<Secret> {
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text))
}
