//! A crash at one point of a loop, for tests.

use crate::loops::{FailPoints, Point};

/// Crashes a loop whenever it reaches one point.
#[derive(Debug, Clone, Copy)]
pub struct CrashAt(pub Point);

impl FailPoints for CrashAt {
    fn crashes_at(&self, point: Point) -> bool {
        point == self.0
    }
}
