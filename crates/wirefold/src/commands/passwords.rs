//! `wirefold setup --passwords`: a random password for each user of `deploy/nats.conf`.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context;
use wirefold_proto::rights::password_variable;
use wirefold_proto::streams::Role;

use crate::exit::Exit;
use crate::global::Global;
use crate::output;

/// The key by which the detector signs its decisions.
const SIGNING_KEY: &str = "signing.key";
/// The file that the server includes.
const FOR_SERVER: &str = "nats.conf";

/// Writes the passwords.
pub(crate) fn run(folder: &Path, global: &Global) -> anyhow::Result<Exit> {
    let created = write(folder)?;
    global.note(format_args!(
        "{} in {}, {created} of them new",
        output::count(Role::ALL.len(), "password", "passwords"),
        folder.display()
    ));
    Ok(Exit::Ok)
}

/// Writes the missing files. Returns the number of new passwords.
fn write(folder: &Path) -> anyhow::Result<usize> {
    let shown = |path: &Path| format!("cannot write {}", path.display());
    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| shown(folder))?;
    let mut created = 0;
    let mut for_server = "# Written by `wirefold setup --passwords`.\n".to_owned();
    for user in Role::ALL {
        let path = folder.join(user.as_str());
        let (password, is_new) = existing_or_new(&path).with_context(|| shown(&path))?;
        created += usize::from(is_new);
        for_server.push_str(&format!("{}: \"{password}\"\n", password_variable(user)));
    }
    let signing_key = folder.join(SIGNING_KEY);
    existing_or_new(&signing_key).with_context(|| shown(&signing_key))?;
    let path = folder.join(FOR_SERVER);
    if std::fs::read_to_string(&path).is_ok_and(|current| current == for_server) {
        return Ok(created);
    }
    // The file is replaced in one step, so a server never reads half of it.
    let half = folder.join(format!(".{FOR_SERVER}.{}", std::process::id()));
    write_file(&half, &for_server).with_context(|| shown(&half))?;
    std::fs::rename(&half, &path).with_context(|| shown(&path))?;
    Ok(created)
}

fn existing_or_new(path: &Path) -> anyhow::Result<(String, bool)> {
    match std::fs::read_to_string(path) {
        // A file that a kill left empty has no password. A quotation mark would end the line of the
        // configuration.
        Ok(kept) if is_password(kept.trim()) => return Ok((kept.trim().to_owned(), false)),
        Ok(_) => std::fs::remove_file(path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let password = crate::random::hex::<24>()?;
    write_file(path, &password)?;
    Ok((password, true))
}

fn is_password(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_+/=.".contains(c))
}

fn write_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn each_user_has_a_password_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("passwords");
        assert_eq!(write(&folder).unwrap(), Role::ALL.len());
        let detector = text(&folder.join("detector"));
        assert!(detector.len() == 48 && detector != text(&folder.join("fetcher")));
        assert_eq!(text(&folder.join(SIGNING_KEY)).len(), 48);
        let for_server = text(&folder.join(FOR_SERVER));
        assert!(for_server.contains(&format!("WIREFOLD_DETECTOR_PASSWORD: \"{detector}\"\n")));
        for entry in std::fs::read_dir(&folder).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(write(&folder).unwrap(), 0);
        assert_eq!(text(&folder.join("detector")), detector);
        std::fs::write(folder.join("reader"), "").unwrap();
        std::fs::write(folder.join("cli"), "of-my-own\n").unwrap();
        assert_eq!(write(&folder).unwrap(), 1);
        assert!(text(&folder.join(FOR_SERVER)).contains("WIREFOLD_CLI_PASSWORD: \"of-my-own\"\n"));
    }
}
