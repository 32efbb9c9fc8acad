//! [`Settings`]: the limits of the window.

/// The seconds of a day. The window moves by days.
pub(crate) const DAY: i64 = 24 * 3600;

/// The limits of the window. How articles are judged is no setting: the fitted table decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long articles are compared with new ones, in seconds.
    pub window: i64,
    /// The number of bytes that the articles of the window may take: their texts, and 1 KiB for each. If they
    /// take more, articles leave early: those of the sites that take most.
    pub window_bytes: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { window: 7 * DAY, window_bytes: u64::MAX }
    }
}
