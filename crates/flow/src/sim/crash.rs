//! A crash at one point of a loop, for tests.
//!
//! It crashes once, and never by chance.

use crate::loops::{FailPoints, Point};

/// Crashes a loop whenever it comes to one point.
#[derive(Debug, Clone, Copy)]
pub struct CrashAt(pub Point);

impl FailPoints for CrashAt {
    fn crashes_at(&self, point: Point) -> bool {
        point == self.0
    }
}
