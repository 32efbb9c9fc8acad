//! Tests of stored tokens and of access by them.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const DAY: Duration = Duration::from_hours(24);

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    time("2026-03-01T12:00:00Z")
}

fn tokens() -> (tempfile::TempDir, TokenFile) {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(&folder.path().join("data"));
    (folder, file)
}

#[test]
fn a_token_lets_in_until_it_is_revoked() {
    let (_folder, file) = tokens();
    // Another process changes the file.
    let other = TokenFile::new(file.path.parent().unwrap());
    assert_eq!(file.holder("wft_nothing", noon()).unwrap(), None);
    let secret = other.add("desk", Kind::Token, Scope::Read, None, noon()).unwrap();
    let holder = file.holder(&secret, noon()).unwrap().unwrap();
    assert_eq!((holder.name.as_str(), holder.scope), ("desk", Scope::Read));
    assert_eq!(other.list(noon()).unwrap()[0].last_used, Some(noon()));
    assert_eq!(other.revoke("desk", noon()).unwrap(), 1);
    assert_eq!(file.holder(&secret, noon()).unwrap(), None);
    assert_eq!(other.revoke("desk", noon()).unwrap(), 0);
}

#[test]
fn nothing_secret_is_stored_and_only_its_owner_reads_it() {
    let (_folder, file) = tokens();
    let secret = file.add("desk", Kind::Token, Scope::Full, None, noon()).unwrap();
    let written = fs::read_to_string(&file.path).unwrap();
    assert!(!written.contains(&secret) && !written.contains(&secret[4..]));
    assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
    let folder = fs::metadata(file.path.parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_token_ends_at_its_time() {
    let (_folder, file) = tokens();
    let end = noon() + DAY;
    let secret = file.add("week", Kind::Token, Scope::Full, Some(end), noon()).unwrap();
    let before = time("2026-03-02T11:59:59Z");
    assert!(file.holder(&secret, before).unwrap().is_some());
    assert_eq!(file.holder(&secret, end).unwrap(), None);
    // Its name is free again.
    file.add("week", Kind::Token, Scope::Full, None, end).unwrap();
}

#[test]
fn a_link_signs_in_once_and_within_its_hour() {
    let (_folder, file) = tokens();
    let link = || file.add("ana", Kind::SignIn, Scope::Read, Some(noon() + SIGN_IN_LINK), noon());
    let code = link().unwrap();
    assert_eq!(file.holder(&code, noon()).unwrap(), None, "a code is no token");
    let session = file.redeem(&code, noon()).unwrap().unwrap();
    assert_eq!(file.redeem(&code, noon()).unwrap(), None, "it worked twice");
    let holder = file.holder(&session, noon() + DAY).unwrap().unwrap();
    assert_eq!((holder.kind, holder.scope), (Kind::Session, Scope::Read));
    assert_eq!(file.holder(&session, noon() + SESSION).unwrap(), None);

    let late = link().unwrap();
    assert_eq!(file.redeem(&late, noon() + SIGN_IN_LINK).unwrap(), None);
    let replaced = link().unwrap();
    link().unwrap();
    assert_eq!(file.redeem(&replaced, noon()).unwrap(), None, "a new link replaces the old one");
}

#[test]
fn a_session_ends_with_its_token() {
    let (_folder, file) = tokens();
    let end = noon() + DAY;
    let secret = file.add("desk", Kind::Token, Scope::Full, Some(end), noon()).unwrap();
    let token = file.holder(&secret, noon()).unwrap().unwrap();
    let session = file.session_of(&token, noon()).unwrap();
    assert_eq!(file.holder(&session, end).unwrap(), None, "it outlived its token");
    assert!(file.holder(&session, noon()).unwrap().is_some());
    assert_eq!(file.revoke("desk", noon()).unwrap(), 2);
    assert_eq!(file.holder(&session, noon()).unwrap(), None);
}

#[test]
fn mistakes_are_told() {
    let (_folder, file) = tokens();
    let add = |name: &str| file.add(name, Kind::Token, Scope::Full, None, noon());
    add("desk").unwrap();
    assert!(matches!(add("desk"), Err(TokenError::Taken(_))));
    for name in ["", "a b", "a/b", "x\u{1b}[2J", &"x".repeat(65), "cli"] {
        assert!(matches!(add(name), Err(TokenError::Name(_))), "{name:?}");
    }
    fs::write(&file.path, "{").unwrap();
    assert!(matches!(file.list(noon()), Err(TokenError::Damaged { .. })));
    assert!(matches!(add("more"), Err(TokenError::Damaged { .. })));
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "{", "a damaged file was written over");
}
