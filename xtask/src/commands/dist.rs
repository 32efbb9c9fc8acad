//! `cargo xtask dist`: makes a tarball, a .deb and a wheel with one static binary, each with its SHA-256 beside
//! it.
//!
//! The same commit, toolchain and C compiler give the same bytes: names are sorted, and every file has the
//! time of the commit and no owner. Lists of packages name the folder of the build.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use super::{output_of, run_command, say, tools};
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
const FILES: [(&str, &str); 7] = [
    ("LICENSE", "LICENSE"),
    ("NOTICE", "NOTICE"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("deploy/wirefold.toml", "examples/wirefold.toml"),
    ("deploy/systemd/wirefold.service", "examples/wirefold.service"),
    ("deploy/systemd/wirefold.sysusers", "examples/wirefold.sysusers"),
    ("seeds/starter.opml", "examples/starter.opml"),
];

/// The output of the binary about itself: the arguments, and the file in the tarball.
const PRINTED: [(&[&str], &str); 4] = [
    (&["man"], "man/wirefold.1"),
    (&["completion", "bash"], "completions/wirefold.bash"),
    (&["completion", "fish"], "completions/wirefold.fish"),
    (&["completion", "zsh"], "completions/_wirefold"),
];

/// The folder with the files of the tarball, beside the binary. The .deb takes some from there.
const STAGED: &str = "package";
/// The packages of the binary, in the tarball. cargo-cyclonedx writes them beside the manifest.
const PACKAGES: &str = "wirefold.cdx.json";
/// The arguments that `cargo auditable build --locked` gives its wrapper of the compiler.
const AUDITABLE_ARGUMENTS: &str = r#"{"offline":false,"locked":true,"frozen":false,"config":[]}"#;
/// The largest binary, in bytes.
const MOST_BYTES: u64 = 50_000_000;

/// Builds once, packs three times, and prints the packages with their sums.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = tree::root();
    let target = match &arguments.target {
        Some(target) => target.clone(),
        None => host()?,
    };
    let dist = Dist { time: commit_time(&root)?, is_auditable: has("auditable"), root, target };
    if !dist.is_auditable {
        say_missing("list of packages in the binary", "auditable")?;
    }
    dist.build()?;
    let folder = dist.root.join("target/packages").join(&dist.target);
    for stale in [&folder, &dist.built().join(STAGED)] {
        if stale.exists() {
            fs::remove_dir_all(stale)?;
        }
        fs::create_dir_all(stale)?;
    }
    dist.make_tarball(&folder)?;
    dist.make_deb(&folder)?;
    dist.make_wheel(&folder)?;
    write_sums(&folder)?;
    Ok(ExitCode::SUCCESS)
}

/// The source of all packages.
struct Dist {
    root: PathBuf,
    target: String,
    /// The time of the commit, in seconds since 1970.
    time: String,
    /// Whether the binary contains the list of its packages, which scanners of images read.
    is_auditable: bool,
}

impl Dist {
    /// The folder of the binary.
    fn built(&self) -> PathBuf {
        self.root.join("target").join(&self.target).join("dist")
    }

    /// A program that builds the binary. All of them get the same flags and the same time for the files that they
    /// pack, so that Cargo builds once: the build scripts of C run again if that time changes.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let folder = self.root.display();
        let flags = format!("-C target-feature=+crt-static --remap-path-prefix={folder}=wirefold");
        command.env("RUSTFLAGS", flags).env("SOURCE_DATE_EPOCH", &self.time);
        if self.is_auditable {
            // As `cargo auditable` does, which cannot start maturin.
            command.env("RUSTC_WORKSPACE_WRAPPER", "cargo-auditable");
            command.env("CARGO_AUDITABLE_ORIG_ARGS", AUDITABLE_ARGUMENTS);
        }
        command.current_dir(&self.root);
        command
    }

    /// Builds a binary that needs no shared library to start.
    fn build(&self) -> anyhow::Result<()> {
        let mut cargo = self.command("cargo");
        cargo.args(["build", "--profile", "dist", "--locked", "--package", "wirefold"]);
        // With an explicit target, build scripts and macros are not affected: they cannot be static.
        run_command(cargo.args(["--target", &self.target]))?;
        let bytes = fs::metadata(self.built().join("wirefold"))?.len();
        ensure!(bytes <= MOST_BYTES, "{bytes} bytes of binary: at most {MOST_BYTES}");
        Ok(())
    }

    /// Makes the tarball, with the list of packages beside it.
    fn make_tarball(&self, folder: &Path) -> anyhow::Result<()> {
        let name = format!("wirefold-{}-{}-static", env!("CARGO_PKG_VERSION"), self.target);
        let staged = self.built().join(STAGED);
        fill(&self.root, &self.built().join("wirefold"), &staged)?;
        let packages = self.root.join("crates/wirefold").join(PACKAGES);
        if packages.is_file() {
            fs::copy(&packages, staged.join(PACKAGES))?;
            fs::copy(&packages, folder.join(format!("{name}.cdx.json")))?;
        } else {
            say("no list of packages: run `cargo cyclonedx --format json` first\n")?;
        }
        pack(&staged, &name, &folder.join(format!("{name}.tar.gz")), &self.time)
    }

    /// Makes the .deb that `package.metadata.deb` of crates/wirefold describes, if cargo-deb is installed.
    fn make_deb(&self, folder: &Path) -> anyhow::Result<()> {
        if !has("deb") {
            return say_missing(".deb", "deb");
        }
        let mut cargo = self.command("cargo");
        cargo.args(["deb", "--no-build", "--no-strip", "--locked", "--package", "wirefold"]);
        cargo.args(["--quiet", "--target", &self.target, "--output"]).arg(folder);
        run_command(cargo.stdout(Stdio::null()))
    }

    /// Makes the wheel that pyproject.toml describes, if pip can install maturin.
    fn make_wheel(&self, folder: &Path) -> anyhow::Result<()> {
        let maturin = match tools::maturin() {
            Ok(maturin) => maturin,
            Err(error) => {
                return say(&format!(
                    "no wheel: pip cannot install xtask/maturin.txt: {error:#}\n"
                ));
            }
        };
        let mut maturin = self.command(maturin);
        maturin.args(["build", "--quiet", "--target", &self.target, "--out"]).arg(folder);
        run_command(&mut maturin)
    }
}

/// Whether a command of Cargo is installed.
fn has(command: &str) -> bool {
    output_of(Command::new("cargo").args([command, "--version"])).is_ok()
}

/// Says what is not made, and the command of Cargo that would make it.
fn say_missing(what: &str, command: &str) -> anyhow::Result<()> {
    say(&format!("no {what}: run `cargo install --locked cargo-{command}` first\n"))
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
        let printed = output_of(Command::new(packed.join("bin/wirefold")).args(arguments))?;
        fs::write(place(to)?, printed)?;
    }
    Ok(())
}

/// Makes a reproducible tarball of a folder, which has this name in it.
fn pack(staged: &Path, name: &str, tarball: &Path, time: &str) -> anyhow::Result<()> {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"]);
    tar.args(["--mode=u+rw,go+r,go-w", "--format=gnu", &format!("--mtime=@{time}")]);
    tar.args([
        &format!("--transform=s,^\\.,{name},"),
        "--use-compress-program=gzip --no-name --best",
    ]);
    run_command(tar.arg("--file").arg(tarball).arg(".").current_dir(staged))
}

/// Writes the SHA-256 of each package beside it, as `sha256sum --check` reads it, and prints it.
fn write_sums(folder: &Path) -> anyhow::Result<()> {
    let paths = tree::entries(folder)?;
    for path in paths.iter().filter(|path| path.extension().is_none_or(|it| it != "json")) {
        let sum = hex(&Sha256::digest(fs::read(path)?));
        let name = path.file_name().context("it is a file")?.display();
        fs::write(format!("{}.sha256", path.display()), format!("{sum}  {name}\n"))?;
        say(&format!("{sum}  {}\n", path.display()))?;
    }
    Ok(())
}

/// Two lower-case digits for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The target of this machine's compiler.
fn host() -> anyhow::Result<String> {
    let told = output_of(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

/// The time of the commit, in seconds since 1970.
fn commit_time(root: &Path) -> anyhow::Result<String> {
    let mut git = Command::new("git");
    Ok(output_of(git.args(["log", "-1", "--format=%ct"]).current_dir(root))?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use toml::{Table, Value};

    use super::{FILES, PRINTED, STAGED, pack};
    use crate::tree;

    fn read(path: &str) -> String {
        fs::read_to_string(tree::root().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The manifest of the binary, with the description of the .deb.
    fn manifest() -> Table {
        read("crates/wirefold/Cargo.toml").parse().unwrap()
    }

    fn texts(list: &Value) -> Vec<&str> {
        list.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
    }

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
            fs::create_dir_all(folder.join("bin")).unwrap();
            fs::write(folder.join("bin/wirefold"), "binary").unwrap();
            let written = fs::File::open(folder.join("bin/wirefold")).unwrap();
            let apart = std::time::Duration::from_secs(parent.len() as u64 * 1000);
            written.set_modified(std::time::UNIX_EPOCH + apart).unwrap();
            let tarball = made.path().join(format!("{parent}.tar.gz"));
            pack(&folder, "w", &tarball, "1700000000").unwrap();
            fs::read(tarball).unwrap()
        });
        assert_eq!(tarballs[0], tarballs[1]);
    }

    #[test]
    fn the_deb_has_the_binary_and_all_that_it_prints_and_only_files_that_there_are() {
        let manifest = manifest();
        let deb = &manifest["package"]["metadata"]["deb"];
        let crate_folder = tree::root().join("crates/wirefold");
        let assets: Vec<_> = deb["assets"].as_array().unwrap().iter().map(texts).collect();
        let (built, kept): (Vec<_>, Vec<_>) =
            assets.iter().map(|asset| asset[0]).partition(|from| from.starts_with("target/"));
        let printed = PRINTED.map(|(_, to)| format!("target/release/{STAGED}/{to}"));
        let binary = ["target/release/wirefold".to_owned()];
        assert_eq!(built, [&binary[..], &printed[..]].concat());
        let scripts = deb["maintainer-scripts"].as_str().unwrap();
        let units = deb["systemd-units"]["unit-scripts"].as_str().unwrap();
        // cargo-deb finds these by their names.
        let found = [
            format!("{scripts}/postrm"),
            format!("{units}/wirefold.service"),
            format!("{units}/wirefold.sysusers"),
        ];
        let license = texts(&deb["license-file"])[0];
        for path in kept.into_iter().chain([license]).chain(found.iter().map(String::as_str)) {
            assert!(crate_folder.join(path).is_file(), "{path}");
        }
    }

    /// A value in a unit: `User=wirefold`.
    fn value<'a>(unit: &'a str, key: &str) -> &'a str {
        let (_, after) = unit.split_once(&format!("{key}=")).unwrap_or_else(|| panic!("no {key}"));
        after.split_whitespace().next().unwrap_or_default()
    }

    #[test]
    fn unit_user_settings_and_purge_of_the_deb_name_one_user_and_one_folder() {
        let unit = read("deploy/systemd/wirefold.service");
        let (user, data) = (value(&unit, "User"), value(&unit, "WIREFOLD_DATA"));
        assert_eq!(data, format!("/var/lib/{}", value(&unit, "StateDirectory")));
        // A Debian of its required packages alone has no /bin/kill.
        for key in ["ExecStart", "ExecReload"] {
            assert!(["wirefold", "/bin/sh"].contains(&value(&unit, key)), "{key}");
        }
        let made = read("deploy/systemd/wirefold.sysusers");
        assert!(made.contains(&format!("\nu {user} - \"wirefold\" {data}\n")), "{made}");
        let settings: Table = read("deploy/debian/wirefold.toml").parse().unwrap();
        assert_eq!(settings["data"].as_str(), Some(data));
        let script = read("deploy/debian/postrm");
        let purge = format!("rm -rf {data} /etc/wirefold\n");
        for needed in ["\n#DEBHELPER#\n", &purge, &format!("userdel {user}\n")] {
            assert!(script.contains(needed), "{needed}");
        }
    }

    #[test]
    fn the_wheel_and_the_deb_have_the_profile_and_the_version_of_the_binary() {
        let manifest = manifest();
        let wheel: Table = read("pyproject.toml").parse().unwrap();
        let (maturin, project) = (&wheel["tool"]["maturin"], &wheel["project"]);
        assert_eq!(maturin["manifest-path"].as_str(), Some("crates/wirefold/Cargo.toml"));
        assert_eq!(project["name"], manifest["package"]["name"]);
        // The tarball takes the version of xtask.
        assert_eq!(manifest["package"]["version"]["workspace"].as_bool(), Some(true));
        assert!(
            texts(&project["dynamic"]).contains(&"version") && project.get("version").is_none()
        );
        let deb = &manifest["package"]["metadata"]["deb"];
        assert_eq!([&maturin["profile"], &deb["profile"]].map(Value::as_str), [Some("dist"); 2]);
        for path in texts(&project["license-files"]) {
            assert!(tree::root().join(path).is_file(), "{path}");
        }
        let [build_tool] = texts(&wheel["build-system"]["requires"])[..] else {
            panic!("one tool")
        };
        assert!(
            read("xtask/maturin.txt").contains(&format!("\n{build_tool} \\\n")),
            "{build_tool}"
        );
    }
}
