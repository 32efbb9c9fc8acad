//! `traceparent` of W3C Trace Context, version 00.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A position in a trace. Neither id is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
}

/// Why a `traceparent` was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// Not of the form of version 00.
    #[error("traceparent {0:?}: expected `00-<32 hex>-<16 hex>-<2 hex>` in lower case")]
    Form(String),
    /// Another version.
    #[error("traceparent version {0:?}: this reader knows version 00")]
    Version(String),
    /// An id of zeros only, which means that there is no id.
    #[error("traceparent: a trace id or parent id of zeros")]
    Zero,
}

const SAMPLED: u8 = 1;

impl TraceParent {
    /// A position in a trace.
    ///
    /// # Errors
    /// [`TraceError::Zero`] if an id is zero.
    pub fn new(trace_id: u128, parent_id: u64, sampled: bool) -> Result<Self, TraceError> {
        if trace_id == 0 || parent_id == 0 {
            return Err(TraceError::Zero);
        }
        Ok(Self { trace_id, parent_id, flags: if sampled { SAMPLED } else { 0 } })
    }

    /// The trace.
    #[must_use]
    pub fn trace_id(self) -> u128 {
        self.trace_id
    }

    /// The span that published the message.
    #[must_use]
    pub fn parent_id(self) -> u64 {
        self.parent_id
    }

    /// Whether the publisher recorded the trace.
    #[must_use]
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The same trace with another span as parent.
    ///
    /// # Errors
    /// [`TraceError::Zero`] where the id is zero.
    pub fn child(self, parent_id: u64) -> Result<Self, TraceError> {
        Self::new(self.trace_id, parent_id, self.is_sampled())
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace_id, parent_id, flags } = self;
        write!(f, "00-{trace_id:032x}-{parent_id:016x}-{flags:02x}")
    }
}

impl FromStr for TraceParent {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, TraceError> {
        let form = || TraceError::Form(crate::ids::shortened(text));
        let is_hex = |part: &str, digits: usize| {
            part.len() == digits && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let (version, rest) = text.split_once('-').ok_or_else(form)?;
        if !is_hex(version, 2) {
            return Err(form());
        }
        if version != "00" {
            return Err(TraceError::Version(version.to_owned()));
        }
        let parts: Vec<&str> = rest.split('-').collect();
        let [trace, parent, flags] = parts.as_slice() else {
            return Err(form());
        };
        if !is_hex(trace, 32) || !is_hex(parent, 16) || !is_hex(flags, 2) {
            return Err(form());
        }
        let trace_id = u128::from_str_radix(trace, 16).map_err(|_| form())?;
        let parent_id = u64::from_str_radix(parent, 16).map_err(|_| form())?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| form())?;
        Ok(Self { flags, ..Self::new(trace_id, parent_id, false)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn broken_ones_are_refused() {
        let form = |text: String| {
            assert_eq!(
                text.parse::<TraceParent>(),
                Err(TraceError::Form(crate::ids::shortened(&text)))
            );
        };
        form(String::new());
        form("00".into());
        form(format!("0-{TRACE}-b7ad6b7169203331-01"));
        form(format!("00-{TRACE}-b7ad6b7169203331"));
        form(format!("00-{TRACE}-b7ad6b7169203331-01-more"));
        form(format!("00-{TRACE}-b7ad6b7169203331-1"));
        form(format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()));
        form(format!("00-+{}-b7ad6b7169203331-01", &TRACE[1..]));
        let zero = [
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{TRACE}-0000000000000000-01"),
        ];
        for text in zero {
            assert_eq!(text.parse::<TraceParent>(), Err(TraceError::Zero));
        }
        for version in ["01", "ff"] {
            let text = format!("{version}-{TRACE}-b7ad6b7169203331-01");
            assert_eq!(text.parse::<TraceParent>(), Err(TraceError::Version(version.into())));
        }
    }

    #[test]
    fn a_child_stays_in_its_trace() {
        let parent = TraceParent::new(7, 1, true).unwrap();
        let child = parent.child(2).unwrap();
        assert_eq!((child.trace_id(), child.parent_id(), child.is_sampled()), (7, 2, true));
        assert_eq!(parent.child(0), Err(TraceError::Zero));
    }

    proptest! {
        #[test]
        fn round_trip(trace in 1u128.., parent in 1u64.., flags: u8) {
            let text = format!("00-{trace:032x}-{parent:016x}-{flags:02x}");
            let read: TraceParent = text.parse().unwrap();
            prop_assert_eq!(read.to_string(), text);
            prop_assert_eq!(read.is_sampled(), flags & 1 == 1);
        }
    }
}
