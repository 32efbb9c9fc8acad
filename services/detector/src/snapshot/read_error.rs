//! Why a snapshot cannot be read.

use wirefold_flow::BusError;

use super::frames::InvalidSnapshot;

/// Why a snapshot could not be read.
pub(super) enum ReadError {
    Invalid(InvalidSnapshot),
    Bus(BusError),
    /// The segment with this name cannot be read.
    Segment(String, BusError),
}

impl ReadError {
    /// The unreadable segment, which the next snapshot writes again.
    pub(super) fn segment(&self) -> Option<&str> {
        match self {
            Self::Invalid(InvalidSnapshot::BrokenSegment(name)) | Self::Segment(name, _) => {
                Some(name)
            }
            Self::Invalid(_) | Self::Bus(_) => None,
        }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::Bus(error) => error.fmt(f),
            Self::Segment(name, error) => write!(f, "its {name} cannot be read: {error}"),
        }
    }
}

impl From<InvalidSnapshot> for ReadError {
    fn from(invalid: InvalidSnapshot) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<BusError> for ReadError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}
