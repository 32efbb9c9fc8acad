//! Decides which addresses may be connected to: the public ones, and those that the operator allows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// The special ranges of IPv4 that are not globally reachable. IANA registry, RFC 6890.
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 8),
    v4(10, 0, 0, 8),
    v4(100, 64, 0, 10),
    v4(127, 0, 0, 8),
    v4(169, 254, 0, 16),
    v4(172, 16, 0, 12),
    v4(192, 0, 0, 24),
    v4(192, 0, 2, 24),
    v4(192, 88, 99, 24),
    v4(192, 168, 0, 16),
    v4(198, 18, 0, 15),
    v4(198, 51, 100, 24),
    v4(203, 0, 113, 24),
    v4(224, 0, 0, 4),
    v4(240, 0, 0, 4),
];

/// The range that IANA has assigned to the public network. RFC 4291, section 2.4.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// The ranges within [`GLOBAL_V6`] that are not public hosts: protocol assignments including Teredo, examples, 6to4 (which
/// contains any IPv4 address), and examples again.
const SPECIAL_V6: [Ipv6Net; 4] =
    [v6(0x2001, 0, 23), v6(0x2001, 0xdb8, 32), v6(0x2002, 0, 16), v6(0x3fff, 0, 20)];

const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// Which addresses may be connected to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Addresses {
    allow: Vec<IpNet>,
    /// Allowed hosts, [`normalised`].
    hosts: Vec<String>,
}

impl Addresses {
    pub(crate) fn new(allow: Vec<IpNet>, hosts: &[String]) -> Self {
        let hosts = hosts.iter().map(|host| normalised(host)).collect();
        Self { allow, hosts }
    }

    /// Whether the operator allows this host by its name, whatever its addresses are.
    pub(crate) fn allow_name(&self, host: &str) -> bool {
        !self.hosts.is_empty() && self.hosts.contains(&normalised(host))
    }

    /// Whether the operator allows the host of a URL, by its name or with its port.
    pub(crate) fn allow_host(&self, url: &Url) -> bool {
        let is_named = matches!(url.host(), Some(Host::Domain(name)) if self.allow_name(name));
        is_named || self.hosts.contains(&with_port(url))
    }

    /// The part of these exceptions that applies to requests whose home is `home`: the networks that contain one of its
    /// addresses `found`, and the host of `home` itself. So a feed in a public or another network cannot lead into a
    /// private network.
    pub(crate) fn allowed_for_home(&self, home: &Url, found: &[IpAddr]) -> Self {
        let is_home = |net: &&IpNet| found.iter().any(|ip| net.contains(&ip.to_canonical()));
        let allow = self.allow.iter().filter(is_home).copied().collect();
        let names = [normalised(home.host_str().unwrap_or_default()), with_port(home)];
        let hosts = self.hosts.iter().filter(|host| names.contains(host)).cloned().collect();
        Self { allow, hosts }
    }

    /// Whether only the public network is allowed.
    pub(crate) fn is_public_only(&self) -> bool {
        self.allow.is_empty() && self.hosts.is_empty()
    }

    /// Whether any network besides the public one is allowed.
    pub(crate) fn allow_networks(&self) -> bool {
        !self.allow.is_empty()
    }

    /// Whether this address is in a network that the operator allows.
    pub(crate) fn allow_by_network(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allow.iter().any(|net| net.contains(&address))
    }

    /// Whether this address may be connected to.
    pub(crate) fn allow(&self, address: IpAddr) -> bool {
        is_public(address) || self.allow_by_network(address)
    }
}

/// Host and port, such as `127.0.0.1:8080`.
fn with_port(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", normalised(url.host_str().unwrap_or_default()))
}

/// A host in lower case, without a dot at the end.
fn normalised(host: &str) -> String {
    host.trim_end_matches('.').to_lowercase()
}

/// Whether an address can be that of a public host. An IPv4 address that is mapped into IPv6 counts as the IPv4 address.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|net| net.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_where_they_end() {
        let public = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2a00:1450::1",
        ];
        let special = [
            "0.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.255.255.255",
            "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.8", "192.88.99.1",
            "192.168.255.255", "198.19.255.255", "224.0.0.1", "255.255.255.255", "::", "::1",
            "::ffff:10.0.0.1", "64:ff9b::a00:1", "100::1", "2001::1", "2001:1ff:ffff::1",
            "2001:db8::1", "2002:7f00:1::", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1",
            "fe80::1", "ff02::1",
        ];
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in special {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn the_list_lets_in_its_nets_and_nothing_else() {
        let addresses = Addresses::new(vec!["10.1.0.0/16".parse().unwrap()], &[]);
        for (address, allowed) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("127.0.0.1", false),
            ("1.1.1.1", true),
        ] {
            assert_eq!(addresses.allow(address.parse().unwrap()), allowed, "{address}");
        }
        assert!(!addresses.allow_by_network("1.1.1.1".parse().unwrap()));
    }
}
