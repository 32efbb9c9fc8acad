//! `cargo xtask dist`: makes a tarball with a static binary, with its SHA-256 and the list of its packages
//! beside it.
//!
//! The same commit, toolchain and C compiler give the same bytes: names are sorted, and every file has the
//! time of the commit and no owner.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use crate::tree;

/// The arguments of `dist`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The target, with its standard library and a C compiler for it; this machine's by default.
    /// A target with musl asks no glibc for host names.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
}

/// The files beside the binary: their path in the repository and in the tarball.
const FILES: [(&str, &str); 6] = [
    ("LICENSE", "LICENSE"),
    ("NOTICE", "NOTICE"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("deploy/wirefold.toml", "examples/wirefold.toml"),
    ("deploy/systemd/wirefold.service", "examples/wirefold.service"),
    ("seeds/starter.opml", "examples/starter.opml"),
];

/// The output of the binary about itself: the arguments, and the file in the tarball.
const PRINTED: [(&[&str], &str); 4] = [
    (&["man"], "man/wirefold.1"),
    (&["completion", "bash"], "completions/wirefold.bash"),
    (&["completion", "fish"], "completions/wirefold.fish"),
    (&["completion", "zsh"], "completions/_wirefold"),
];

/// The packages of the binary, in the tarball. cargo-cyclonedx writes them beside the manifest.
const PACKAGES: &str = "wirefold.cdx.json";
/// The largest binary, in bytes.
const MOST_BYTES: u64 = 50_000_000;

/// Builds, packs, and prints the path of the tarball.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = tree::root();
    let target = match &arguments.target {
        Some(target) => target.clone(),
        None => host()?,
    };
    build(&root, &target)?;
    let folder = root.join("target/dist-tarball");
    let name = format!("wirefold-{}-{target}-static", env!("CARGO_PKG_VERSION"));
    let packed = folder.join(&name);
    if packed.exists() {
        fs::remove_dir_all(&packed)?;
    }
    let binary = root.join("target").join(&target).join("dist/wirefold");
    let bytes = fs::metadata(&binary)?.len();
    ensure!(bytes <= MOST_BYTES, "{bytes} bytes of binary: at most {MOST_BYTES}");
    fill(&root, &binary, &packed)?;
    let packages = root.join("crates/wirefold").join(PACKAGES);
    if packages.is_file() {
        fs::copy(&packages, packed.join(PACKAGES))?;
        fs::copy(&packages, folder.join(format!("{name}.cdx.json")))?;
    } else {
        writeln!(io::stdout(), "no list of packages: run `cargo cyclonedx --format json` first")?;
    }
    let tarball = format!("{name}.tar.gz");
    pack(&folder, &name, &tarball, &commit_time(&root)?)?;
    let sum = hex(&Sha256::digest(fs::read(folder.join(&tarball))?));
    // The format of `sha256sum --check`.
    fs::write(folder.join(format!("{tarball}.sha256")), format!("{sum}  {tarball}\n"))?;
    writeln!(io::stdout(), "{sum}  {}", folder.join(&tarball).display())?;
    Ok(ExitCode::SUCCESS)
}

/// Builds a binary that needs no shared library to start.
fn build(root: &Path, target: &str) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo");
    if has_auditable() {
        // The binary then contains the list of its packages, which scanners of images read.
        cargo.arg("auditable");
    } else {
        let mut out = io::stdout();
        writeln!(
            out,
            "no list of packages in the binary: `cargo install --locked cargo-auditable`"
        )?;
    }
    cargo.args(["build", "--profile", "dist", "--locked", "--package", "wirefold"]);
    // With an explicit target, build scripts and macros are not affected: they cannot be static.
    cargo.args(["--target", target]).current_dir(root);
    let folder = root.display();
    let flags = format!("-C target-feature=+crt-static --remap-path-prefix={folder}=wirefold");
    ensure!(cargo.env("RUSTFLAGS", flags).status()?.success(), "the build failed");
    Ok(())
}

/// Whether cargo-auditable is installed.
fn has_auditable() -> bool {
    let told = Command::new("cargo").args(["auditable", "--version"]).output();
    told.is_ok_and(|output| output.status.success())
}

/// Copies all files of the tarball into a folder.
fn fill(root: &Path, binary: &Path, packed: &Path) -> anyhow::Result<()> {
    let place = |to: &str| -> anyhow::Result<_> {
        let to = packed.join(to);
        fs::create_dir_all(to.parent().context("a file stands in a folder")?)?;
        Ok(to)
    };
    fs::copy(binary, place("bin/wirefold")?).context("no binary")?;
    for (from, to) in FILES {
        fs::copy(root.join(from), place(to)?).with_context(|| from.to_owned())?;
    }
    for (arguments, to) in PRINTED {
        let told = Command::new(packed.join("bin/wirefold")).args(arguments).output()?;
        ensure!(told.status.success(), "wirefold {arguments:?} failed");
        fs::write(place(to)?, told.stdout)?;
    }
    Ok(())
}

/// Makes a reproducible tarball of a folder.
fn pack(folder: &Path, name: &str, tarball: &str, time: &str) -> anyhow::Result<()> {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"]);
    tar.args(["--mode=u+rw,go+r,go-w", "--format=gnu", &format!("--mtime=@{time}"), name]);
    let mut tar = tar.current_dir(folder).stdout(Stdio::piped()).spawn().context("no tar")?;
    let packed = tar.stdout.take().context("its output is piped")?;
    let to = fs::File::create(folder.join(tarball))?;
    let mut gzip = Command::new("gzip");
    gzip.args(["--no-name", "--best"]).stdin(packed).stdout(to);
    ensure!(gzip.status().context("no gzip")?.success(), "gzip failed");
    ensure!(tar.wait()?.success(), "tar failed");
    Ok(())
}

/// Two lower-case digits for each byte.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The target of this machine's compiler.
fn host() -> anyhow::Result<String> {
    let told = output(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

/// The time of the commit, in seconds since 1970.
fn commit_time(root: &Path) -> anyhow::Result<String> {
    let mut git = Command::new("git");
    Ok(output(git.args(["log", "-1", "--format=%ct"]).current_dir(root))?.trim().to_owned())
}

/// The output of a command. Fails if the command fails.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FILES, pack};
    use crate::tree;

    #[test]
    fn every_file_that_is_packed_is_there() {
        for (from, _) in FILES {
            assert!(tree::root().join(from).is_file(), "{from}");
        }
    }

    #[test]
    fn a_folder_written_later_makes_the_same_tarball() {
        let made = tempfile::tempdir().unwrap();
        let tarballs = ["one", "other"].map(|parent| {
            let folder = made.path().join(parent);
            fs::create_dir_all(folder.join("w/bin")).unwrap();
            fs::write(folder.join("w/bin/wirefold"), "binary").unwrap();
            let written = fs::File::open(folder.join("w/bin/wirefold")).unwrap();
            let apart = std::time::Duration::from_secs(parent.len() as u64 * 1000);
            written.set_modified(std::time::UNIX_EPOCH + apart).unwrap();
            pack(&folder, "w", "w.tar.gz", "1700000000").unwrap();
            fs::read(folder.join("w.tar.gz")).unwrap()
        });
        assert_eq!(tarballs[0], tarballs[1]);
    }
}
