//! Answers feedparser's questions: paths on standard input, one line of JSON each.

use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for path in io::stdin().lock().lines() {
        let path = path?;
        let bytes = std::fs::read(&path)?;
        writeln!(out, "{}", wirefold_feed::answer(&path, &bytes))?;
    }
    Ok(())
}
