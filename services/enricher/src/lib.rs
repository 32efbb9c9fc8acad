//! Finds language, dateline, names, quotations and figures, and writes the output stream.
