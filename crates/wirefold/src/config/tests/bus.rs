//! The settings of the bus.

use crate::config::{Config, Overrides, Sources, load};

fn config_of(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let made = tempfile::tempdir().unwrap();
    std::fs::write(made.path().join("wirefold.toml"), text).unwrap();
    std::fs::write(made.path().join("nats.password"), "of a file\n").unwrap();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment = environment.iter().map(owned).collect();
    let folder = made.path().to_owned();
    let sources = Sources { folder, environment, ..Sources::default() };
    let loaded = load(&sources, &Overrides::default());
    loaded.map(|it| it.config).map_err(|error| error.to_string())
}

#[test]
fn one_address_is_a_list_of_one_and_passwords_are_not_shown() {
    let nats = ("WIREFOLD_BUS__NATS", "nats://one:4222");
    let (user, password) = (("WIREFOLD_BUS__USER", "me"), ("WIREFOLD_BUS__PASSWORD", "hush"));
    let config = config_of("", &[nats, user, password]).unwrap();
    assert_eq!(config.bus.addresses(), "nats://one:4222");
    assert_eq!(config.bus.password.as_ref().map(|it| it.secret.expose()), Some("hush"));
    assert!(!format!("{config:?}").contains("hush"));

    let text = "bus.nats = [\"nats://a\", \"tls://b\"]\nbus.user = \"me\"\n\
                bus.password = \"file:nats.password\"\n";
    let filed = config_of(text, &[]).unwrap();
    assert_eq!(filed.bus.addresses(), "nats://a,tls://b");
    assert_eq!(filed.bus.password.as_ref().map(|it| it.secret.expose()), Some("of a file"));
}

#[test]
fn invalid_arguments_are_refused() {
    for (text, part) in [
        ("bus.nats = \"nats://me:hush@one\"\n", "`password`"),
        ("bus.nats = \"http://one\"\n", "nats://host:4222"),
        ("bus.password = \"hush\"\n", "no `bus.user`"),
        ("bus.user = \"me\"\nbus.password = \"file:absent\"\n", "cannot be read"),
    ] {
        let error = config_of(text, &[]).unwrap_err();
        assert!(error.contains(part) && !error.contains("hush@"), "{error}");
    }
}
