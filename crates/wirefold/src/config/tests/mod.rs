//! Tests of layers, origins and mistakes, each with its own files, environment and flags.

mod any_text;
mod bus;
mod deliveries;
mod layers;
mod mistakes;
mod sample;

use std::path::Path;

use tempfile::TempDir;

use super::{ConfigError, Loaded, Overrides, Sources, load};

/// A folder with a settings file, and an environment.
struct World {
    folder: TempDir,
    sources: Sources,
    flags: Overrides,
}

impl World {
    fn new(file: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = folder.path().join("etc.toml");
        let sources = Sources {
            environment: vec![("HOME".to_owned(), text(&folder.path().join("ann")))],
            folder: folder.path().to_path_buf(),
            file: None,
            machine: Some(machine),
        };
        let world = Self { folder, sources, flags: Overrides::default() };
        world.write("wirefold.toml", file);
        world
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        load(&self.sources, &self.flags)
    }

    fn loaded(&self) -> Loaded {
        self.load().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The mistakes, one on a line, without the name of the folder.
    fn mistakes(&self) -> String {
        let error = self.load().expect_err("a mistake");
        error.to_string().replace(&format!("{}/", self.folder.path().display()), "")
    }

    /// The origin of a key, without the name of the folder.
    fn origin(&self, key: &str) -> String {
        let origin = self.loaded().origins.of(key).to_string();
        origin.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
