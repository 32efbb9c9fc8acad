//! Values with a form of their own: addresses, networks, shares.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wirefold_fetcher::extract::check_selector;

/// Gives a type the JSON Schema of the text or number that it is written as. Its refusals are sentences for
/// people.
macro_rules! written_as {
    ($type:ident, { $($key:literal: $value:literal),+ }) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ $($key: $value),+ })
            }
        }
    };
}
pub(super) use written_as;

written_as!(Address, { "type": "string", "format": "uri" });
written_as!(TargetAddress, { "type": "string", "format": "uri" });
written_as!(Selector, { "type": "string" });
written_as!(Proxy, { "type": "string", "format": "uri" });
written_as!(Network, { "type": "string" });
written_as!(Share, { "type": "number", "minimum": 0, "maximum": 1 });

/// A web address: `http` or `https`, a host, no user or password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    url: url::Url,
    /// As it was written: wirefold must not change a feed's address.
    written: String,
}

impl Address {
    /// Reads an address. Its errors are written for people.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let address = Self::of_any_scheme(text)?;
        match address.url.scheme() {
            "http" | "https" => Ok(address),
            _ => Err(format!("{text:?} begins with neither https:// nor http://")),
        }
    }

    fn of_any_scheme(text: &str) -> Result<Self, String> {
        let url = url::Url::parse(text)
            .map_err(|error| format!("{text:?} is not a web address: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a user or password in a web address would appear in logs".to_owned());
        }
        Ok(Self { url, written: text.to_owned() })
    }

    /// The address, parsed.
    pub(crate) fn url(&self) -> &url::Url {
        &self.url
    }

    /// The address as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The target of a delivery: a web address, or a mail server as `smtps://` or `smtp://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetAddress(Address);

impl TargetAddress {
    /// The address, parsed.
    pub(crate) fn url(&self) -> &url::Url {
        &self.0.url
    }

    /// Whether it is the address of a mail server.
    pub(crate) fn is_of_mail(&self) -> bool {
        matches!(self.0.url.scheme(), "smtp" | "smtps")
    }

    /// Whether it is the address of a NATS server.
    pub(crate) fn is_of_nats(&self) -> bool {
        matches!(self.0.url.scheme(), "nats" | "tls")
    }
}

impl Serialize for TargetAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TargetAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        const OTHERS: [&str; 4] = ["smtp://", "smtps://", "nats://", "tls://"];
        let is_other = OTHERS.iter().any(|scheme| text.starts_with(scheme));
        let address = if is_other { Address::of_any_scheme(&text) } else { Address::parse(&text) };
        let address = address.map_err(serde::de::Error::custom)?;
        if address.url.host_str().is_none_or(str::is_empty) {
            return Err(serde::de::Error::custom(format!("{text:?} names no host")));
        }
        Ok(Self(address))
    }
}

/// A CSS selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Selector(pub(crate) String);

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        check_selector(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(text))
    }
}

/// A proxy: `socks5h`, `http` or `https`, a host, no user or password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy(pub(crate) url::Url);

impl Serialize for Proxy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_proxy = |url: &url::Url| {
            let is_open = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "socks5h" | "http" | "https") && url.has_host() && is_open
        };
        let refused = || format!("{text:?} is not a proxy such as socks5h://127.0.0.1:9050");
        let url = url::Url::parse(&text).ok().filter(is_proxy);
        url.map(Self).ok_or_else(refused).map_err(serde::de::Error::custom)
    }
}

/// A network in CIDR form, such as `192.168.0.0/16`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network(pub(crate) ipnet::IpNet);

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let alone = || text.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from);
        let network = text.parse().ok().or_else(alone);
        let refused = || format!("{text:?} is not a network such as 192.168.0.0/16 or fd00::/8");
        network.map(Self).ok_or_else(refused).map_err(serde::de::Error::custom)
    }
}

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Share(f64);

impl Share {
    /// A share that is certainly one.
    pub(super) fn of(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }

    /// The share, from 0 to 1.
    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        if (0.0..=1.0).contains(&share) {
            return Ok(Self(share));
        }
        Err(serde::de::Error::custom(format!("{share} is not a share from 0 to 1")))
    }
}
