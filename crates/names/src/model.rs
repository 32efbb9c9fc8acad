//! The weights of the model: a table of features by their hash, eight bytes each.

use std::hint::select_unpredictable;
use std::io::{Read, Write};
use std::sync::OnceLock;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::chain::{Scores, TAGS, Transitions};
use crate::gazetteer::Gazetteer;

/// The model as `cargo xtask train names` writes it.
const PACKED: &[u8] = include_bytes!("../data/model.bin");

/// A weight for each tag in two's complement, and a check value from the feature's hash. A row with
/// check value 0 is free.
pub(crate) type Row = [u8; TAGS + 1];

/// Selects every second byte of eight.
const LANES: u64 = 0x00ff_00ff_00ff_00ff;
/// Adds 128 to each byte.
const OFFSET: u64 = 0x8080_8080_8080_8080;
/// The most features whose shifted weights fit in sixteen bits in total.
const MOST_SUMMED: usize = 257;

/// Weights and lists.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// The table. Its length is a power of two.
    pub(crate) rows: Vec<Row>,
    /// The value of one unit of a weight.
    pub(crate) scale: f32,
    pub(crate) transitions: Transitions,
    pub(crate) gazetteer: Gazetteer,
}

impl Model {
    /// The embedded model, unpacked at first use.
    pub(crate) fn embedded() -> &'static Self {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| Self::read(PACKED).expect("a test reads the embedded model"))
    }

    pub(crate) fn read(packed: &[u8]) -> Option<Self> {
        let mut body = Vec::new();
        ZlibDecoder::new(packed).read_to_end(&mut body).ok()?;
        let numbers = |bytes: &[u8]| -> Vec<u32> {
            let fours = bytes.chunks_exact(4);
            fours.map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
        };
        let head = 4 * (3 + TAGS * TAGS);
        let (first, rest) = body.split_at_checked(head)?;
        let first = numbers(first);
        let (row_count, slot_count) = (first[0] as usize, first[1] as usize);
        let scale = f32::from_bits(first[2]);
        let mut transitions = [[0.0; TAGS]; TAGS];
        for (step, bits) in transitions.iter_mut().flatten().zip(&first[3..]) {
            *step = f32::from_bits(*bits);
        }
        let (table, rest) = rest.split_at_checked(row_count.checked_mul(TAGS + 1)?)?;
        let rows = table.as_chunks().0.to_vec();
        let slots = numbers(rest.get(..slot_count.checked_mul(4)?)?);
        let gazetteer = Gazetteer::new(slots)?;
        rows.len().is_power_of_two().then_some(Self { rows, scale, transitions, gazetteer })
    }

    /// Packs the model for [`Self::read`].
    pub(crate) fn write(&self) -> std::io::Result<Vec<u8>> {
        let mut out = ZlibEncoder::new(Vec::new(), Compression::best());
        let counts = [self.rows.len(), self.gazetteer.slots().len()];
        for count in counts {
            let count = u32::try_from(count).map_err(std::io::Error::other)?;
            out.write_all(&count.to_le_bytes())?;
        }
        out.write_all(&self.scale.to_le_bytes())?;
        for step in self.transitions.iter().flatten() {
            out.write_all(&step.to_le_bytes())?;
        }
        out.write_all(self.rows.as_flattened())?;
        for slot in self.gazetteer.slots() {
            out.write_all(&slot.to_le_bytes())?;
        }
        out.finish()
    }

    /// The row of a feature, if it has one.
    pub(crate) fn row(&self, feature: u64) -> Option<&Row> {
        let (at, check) = self.slot_of(feature);
        [at, at ^ 1].map(|at| &self.rows[at]).into_iter().find(|row| row[TAGS] == check)
    }

    /// The row of a feature (the feature is in this row or in its neighbour), and its check value.
    pub(crate) fn slot_of(&self, feature: u64) -> (usize, u8) {
        let at = (feature >> 8) as usize & (self.rows.len() - 1);
        let check = (feature >> 56) as u8;
        (at, if check == 0 { 1 } else { check })
    }

    /// The score of each tag, by the features of a token. The loop has no branch, so that the
    /// lookup of the next feature does not wait for this one's row. At most one of two neighbouring
    /// rows belongs to the feature. Weights are shifted by 128, so that sums of four fit in one
    /// number without borrowing from each other.
    pub(crate) fn scores(&self, features: &[u64]) -> Scores {
        debug_assert!(features.len() <= MOST_SUMMED, "a sum may exceed sixteen bits");
        let pairs = self.rows.as_chunks::<2>().0;
        let (mut even, mut odd) = (0_u64, 0_u64);
        for feature in features {
            let (at, check) = self.slot_of(*feature);
            let [first, second] = pairs[at / 2];
            let check = u64::from(check);
            // From a plain condition or a mask the compiler generates a branch, which is often
            // mispredicted.
            let own = |row: Row| {
                let row = u64::from_le_bytes(row);
                select_unpredictable(row >> 56 == check, row, 0)
            };
            let shifted = (own(first) | own(second)) ^ OFFSET;
            even += shifted & LANES;
            odd += (shifted >> 8) & LANES;
        }
        let zero = 128 * features.len() as i32;
        std::array::from_fn(|tag| {
            let lanes = if tag.is_multiple_of(2) { even } else { odd };
            let sum = (lanes >> (8 * (tag & !1))) as u16;
            (i32::from(sum) - zero) as f32 * self.scale
        })
    }
}
