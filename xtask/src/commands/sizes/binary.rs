//! The size of a binary as an operating system loads it: code, and embedded data.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

/// The most code that a shipped binary may hold, in bytes.
const MOST_CODE: u64 = 20_000_000;
/// The most data that a shipped binary may embed, in bytes.
const MOST_DATA: u64 = 15_000_000;

/// Sizes in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Binary {
    /// Instructions.
    pub(crate) code: u64,
    /// The rest: word lists, tables of characters, texts, and data for the loader and for panics.
    pub(crate) data: u64,
}

impl Binary {
    /// Reads the sections of a 64-bit ELF file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let file = fs::read(path).with_context(|| path.display().to_string())?;
        Self::of(&file).with_context(|| format!("{} is read otherwise", path.display()))
    }

    /// In words.
    pub(crate) fn in_megabytes(&self) -> [String; 2] {
        [self.code, self.data].map(|bytes| format!("{:.1} MB", bytes as f64 / 1e6))
    }

    /// Fails if it is larger than allowed.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let [code, data] = self.in_megabytes();
        ensure!(self.code <= MOST_CODE, "{code} of code: at most {} MB", MOST_CODE / 1_000_000);
        ensure!(self.data <= MOST_DATA, "{data} of data: at most {} MB", MOST_DATA / 1_000_000);
        Ok(())
    }

    fn of(file: &[u8]) -> anyhow::Result<Self> {
        if !file.starts_with(b"\x7fELF\x02\x01") {
            bail!("no 64-bit ELF file of this byte order");
        }
        let (table, size) = (number(file, 40, 8)?, number(file, 58, 2)?);
        let sections = number(file, 60, 2)?;
        let mut binary = Self::default();
        for section in (0..sections).map(|index| table + size * index) {
            let (kind, flags) = (number(file, section + 4, 4)?, number(file, section + 8, 8)?);
            // Only sections that are loaded (SHF_ALLOC) and are in the file (not SHT_NOBITS).
            if flags & 2 == 0 || kind == 8 {
                continue;
            }
            // SHF_EXECINSTR.
            let to = if flags & 4 == 0 { &mut binary.data } else { &mut binary.code };
            *to += number(file, section + 32, 8)? as u64;
        }
        ensure!(binary.code > 0, "it has no sections");
        Ok(binary)
    }
}

fn bytes(file: &[u8], at: usize, length: usize) -> anyhow::Result<&[u8]> {
    let end = at.checked_add(length).context("a place beyond all")?;
    file.get(at..end).context("it ends too soon")
}

/// A little-endian number of this many bytes.
fn number(file: &[u8], at: usize, length: usize) -> anyhow::Result<usize> {
    let written = bytes(file, at, length)?;
    Ok(written.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::Binary;

    #[cfg(target_os = "linux")]
    #[test]
    fn this_program_is_code_and_data() {
        let own = std::env::current_exe().unwrap();
        let read = Binary::read(&own).unwrap();
        let whole = std::fs::metadata(own).unwrap().len();
        assert!(read.code > 100_000 && read.data > 100_000, "{read:?}");
        assert!(read.code + read.data < whole, "{read:?} of {whole}");
    }

    #[test]
    fn too_much_of_either_is_refused() {
        let check = |code, data| Binary { code, data }.check().map_err(|why| why.to_string());
        assert_eq!(check(20_000_000, 15_000_000), Ok(()));
        assert_eq!(check(20_100_000, 0), Err("20.1 MB of code: at most 20 MB".to_owned()));
        assert_eq!(check(0, 15_100_000), Err("15.1 MB of data: at most 15 MB".to_owned()));
    }

    #[test]
    fn a_file_that_ends_too_soon_is_refused() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(Binary::of(&own[..200]).is_err());
        assert!(Binary::of(b"#!/bin/sh\n").is_err());
    }
}
