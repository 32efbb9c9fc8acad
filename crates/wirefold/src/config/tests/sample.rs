//! The sample files that are shipped are valid.

use super::*;

#[test]
fn the_sample_file_reads_and_means_something() {
    let sample = std::fs::read_to_string("../../deploy/wirefold.toml").unwrap();
    let world = World::new(&sample);
    let config = world.loaded().config;
    assert!(!config.feed.is_empty() && !config.subscription.is_empty());
    assert!(!config.delivery.is_empty() && !config.source.is_empty());
}

#[test]
fn the_settings_of_the_containers_read() {
    for (path, feeds) in [("containers", 0), ("demo", 8)] {
        let sample = std::fs::read_to_string(format!("../../deploy/{path}.toml")).unwrap();
        let config = World::new(&sample).loaded().config;
        assert_eq!(config.feed.len(), feeds, "{path}");
        assert!(!config.subscription.is_empty(), "{path}");
    }
}

#[test]
fn the_settings_of_the_deb_read() {
    let settings = std::fs::read_to_string("../../deploy/debian/wirefold.toml").unwrap();
    let config = World::new(&settings).loaded().config;
    assert_eq!(config.data, Path::new("/var/lib/wirefold"));
    assert!(config.feed.is_empty() && config.subscription.is_empty());
}

#[test]
fn the_page_is_served_beyond_loopback_where_the_settings_say_so() {
    let world = World::new("[page]\nlisten = \"0.0.0.0:8787\"\ntokens = \"never\"\n");
    assert!(world.loaded().config.page.listen.ip().is_unspecified());
}
