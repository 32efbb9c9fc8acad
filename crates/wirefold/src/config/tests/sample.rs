//! The samples that are shipped can be used.

use super::*;

#[test]
fn the_sample_file_reads_and_means_something() {
    let sample = std::fs::read_to_string("../../deploy/wirefold.toml").unwrap();
    let world = World::new(&sample);
    let config = world.loaded().config;
    assert!(!config.feed.is_empty() && !config.subscription.is_empty());
    assert!(!config.delivery.is_empty() && !config.source.is_empty());
}
