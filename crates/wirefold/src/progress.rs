//! A bar that shows the progress of a long command. It is only shown on a terminal.

use std::io::{IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

/// How often a second the bar is drawn at most.
const TIMES_A_SECOND: u8 = 10;

/// A progress bar. Clones share one bar. It is removed with the last clone.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar that is never drawn.
    pub(crate) fn hidden() -> Progress {
        Progress { bar: ProgressBar::hidden() }
    }

    /// A bar for reading these paths, by their bytes. The size of standard input is unknown. The bar is
    /// hidden if `is_streaming`, because other lines go to the same terminal.
    pub(crate) fn of_reading(paths: &[PathBuf], is_streaming: bool, is_quiet: bool) -> Progress {
        let is_mixed = is_streaming && std::io::stdout().is_terminal();
        let is_typed = paths.iter().any(|path| is_standard_input(path));
        if is_mixed || (is_typed && std::io::stdin().is_terminal()) {
            return Progress::hidden();
        }
        match is_typed {
            true => Progress::with_template(None, "{msg} {bytes}", "reading", is_quiet),
            false => {
                let bytes = paths.iter().map(|path| size_of(path)).sum();
                let template = "{msg} [{wide_bar}] {bytes} of {total_bytes}, {eta}";
                Progress::with_template(Some(bytes), template, "reading", is_quiet)
            }
        }
    }

    /// A bar for judging this many articles.
    pub(crate) fn of_judging(articles: usize, is_quiet: bool) -> Progress {
        let template = "{msg} [{wide_bar}] {pos} of {len} articles, {eta}";
        Progress::with_template(Some(articles as u64), template, "judging", is_quiet)
    }

    /// A bar for probing this many feeds.
    pub(crate) fn of_probing(feeds: usize, is_quiet: bool) -> Progress {
        let template = "{msg}: {pos} of {len} feeds";
        Progress::with_template(Some(feeds as u64), template, "looking", is_quiet)
    }

    fn with_template(
        all: Option<u64>,
        template: &str,
        what: &'static str,
        is_quiet: bool,
    ) -> Progress {
        let is_watched = !is_quiet && std::io::stderr().is_terminal();
        // The templates are constants with valid keys.
        let style = ProgressStyle::with_template(template);
        let Some(style) = style.ok().filter(|_| is_watched) else { return Progress::hidden() };
        let target = ProgressDrawTarget::stderr_with_hz(TIMES_A_SECOND);
        let bar = ProgressBar::with_draw_target(all, target)
            .with_style(style.progress_chars("=> "))
            .with_message(what)
            .with_finish(ProgressFinish::AndClear);
        Progress { bar }
    }

    /// A reader that advances the bar.
    pub(crate) fn counting<R: Read>(&self, reader: R) -> impl Read + use<R> {
        self.bar.wrap_read(reader)
    }

    /// Advances the bar by one article or feed.
    pub(crate) fn one_more(&self) {
        self.bar.inc(1);
    }

    /// Prints something while the bar is hidden.
    pub(crate) fn aside<T>(&self, say: impl FnOnce() -> T) -> T {
        self.bar.suspend(say)
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The bytes of a file, or of the files of a folder.
fn size_of(path: &Path) -> u64 {
    let Ok(metadata) = std::fs::metadata(path) else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| entry.metadata().ok()).filter(|it| it.is_file());
    files.map(|file| file.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_folder_is_that_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "four").unwrap();
        std::fs::write(folder.path().join("b.jsonl"), "{}\n").unwrap();
        std::fs::create_dir(folder.path().join("c")).unwrap();
        std::fs::write(folder.path().join("c/d.txt"), "not read").unwrap();
        assert_eq!(size_of(folder.path()), 7);
        assert_eq!(size_of(&folder.path().join("a.txt")), 4);
        assert_eq!(size_of(&folder.path().join("none")), 0);
    }

    #[test]
    fn nothing_is_drawn_without_a_terminal() {
        let progress = Progress::of_judging(2, false);
        assert!(progress.bar.is_hidden(), "a test has no terminal");
        progress.one_more();
        let mut read = String::new();
        progress.counting(&b"text"[..]).read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), progress.aside(|| 7)), ("text", 7));
        progress.end();
    }
}
