//! Parameters that single sites add to addresses without distinguishing pages.

/// Sites by their registrable domain, each with such parameters, in lower case.
const SITES: [(&str, &[&str]); 10] = [
    ("bbc.co.uk", &["ns_mchannel", "pinned_post_locator", "pinned_post_asset_id"]),
    ("bbc.com", &["ns_mchannel", "pinned_post_locator", "pinned_post_asset_id"]),
    ("faz.net", &["gepc"]),
    ("medium.com", &["source", "sk"]),
    ("reuters.com", &["taid", "feedtype", "feedname"]),
    ("spiegel.de", &["sara_ref", "sara_ecid"]),
    ("theguardian.com", &["cmp"]),
    ("washingtonpost.com", &["itid", "tid"]),
    ("yahoo.com", &["soc_src", "soc_trk"]),
    ("youtube.com", &["feature", "si", "pp", "ab_channel"]),
];

/// Whether a parameter of this site's addresses does not distinguish pages.
pub(crate) fn is_dropped(site: &str, pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let rules = SITES.iter().find(|(domain, _)| *domain == site);
    rules.is_some_and(|(_, dropped)| dropped.contains(&name.as_str()))
}
