//! The near-duplicate detector: dedup behind the ordered loop, its decisions as the log.
