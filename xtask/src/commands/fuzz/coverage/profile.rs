//! A raw profile of LLVM 19 and later (version 10): header, ids of the binary, a record for each function,
//! counters, names. `InstrProfData.inc` of LLVM describes it.

use std::io::Read as _;

const MAGIC: u64 = 0xff6c_7072_6f66_7281;
const VERSION: u64 = 10;
/// The version is in the lowest bits, the kind of instrumentation in the highest.
const VERSION_BITS: u64 = 0x00ff_ffff_ffff_ffff;
const HEADER: usize = 16 * 8;
const RECORD: usize = 64;
/// The offset of the number of counters in a record.
const COUNT_AT: usize = 48;

/// The part of a profile that is used.
pub(super) struct Profile {
    /// Mangled names of functions.
    pub(super) names: Vec<String>,
    pub(super) functions: Vec<Function>,
}

/// A function.
pub(super) struct Function {
    /// The first half of the MD5 of its name.
    pub(super) name: u64,
    /// The count of each region.
    pub(super) counters: Vec<u64>,
}

/// Reads a profile. `None` if the bytes are not one of this version.
pub(super) fn read(bytes: &[u8]) -> Option<Profile> {
    let field = |at: usize| number(bytes, at * 8);
    let size = |at: usize| usize::try_from(field(at)?).ok();
    if field(0)? != MAGIC || field(1)? & VERSION_BITS != VERSION {
        return None;
    }
    let [ids, count, padding, counters, behind] = [2, 3, 4, 5, 6].map(size);
    let [bitmaps, behind_bitmaps, names] = [7, 8, 9].map(size);
    let records = HEADER + ids?;
    let first = records + count? * RECORD + padding?;
    let named = first + counters? * 8 + behind? + bitmaps? + behind_bitmaps?;
    let delta = field(10)?;
    let function = |at: usize| {
        let record = records + at * RECORD;
        // Counters are given by their distance from the record; `delta` is the distance of the first ones.
        let distance = number(bytes, record + 16)?.wrapping_add((at * RECORD) as u64);
        let start = first + usize::try_from(distance.wrapping_sub(delta)).ok()?;
        let length = bytes.get(record + COUNT_AT..record + COUNT_AT + 4)?;
        let regions = u32::from_le_bytes(length.try_into().ok()?) as usize;
        let counted = (0..regions).map(|region| number(bytes, start + region * 8));
        Some(Function { name: number(bytes, record)?, counters: counted.collect::<Option<_>>()? })
    };
    let functions = (0..count?).map(function).collect::<Option<_>>()?;
    Some(Profile { names: names_in(bytes.get(named..named + names?)?)?, functions })
}

/// Reads blocks of names. Each has its length and its compressed length, which is 0 if it is not compressed.
fn names_in(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while bytes.iter().any(|byte| *byte != 0) {
        let (plain, packed) = (leb(&mut bytes)?, leb(&mut bytes)?);
        let (piece, rest) = bytes.split_at_checked(if packed == 0 { plain } else { packed })?;
        bytes = rest;
        let mut text = Vec::new();
        match packed {
            0 => text.extend_from_slice(piece),
            _ => drop(flate2::read::ZlibDecoder::new(piece).read_to_end(&mut text).ok()?),
        }
        let text = String::from_utf8(text).ok()?;
        names.extend(text.split('\u{1}').map(str::to_owned));
    }
    Some(names)
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// A number in groups of seven bits, the lowest first (LEB128).
fn leb(bytes: &mut &[u8]) -> Option<usize> {
    let (mut value, mut shift) = (0_usize, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        shift += 7;
    }
}
