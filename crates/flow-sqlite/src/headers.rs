//! Headers as they stand in a row: each name and value after its length.

use wirefold_flow::{BusError, Headers};

pub(crate) fn encode(headers: &Headers) -> Vec<u8> {
    let mut row = Vec::new();
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        row.extend(length.to_le_bytes());
        row.extend(&text.as_bytes()[..length as usize]);
    }
    row
}

pub(crate) fn decode(row: &[u8]) -> Result<Headers, BusError> {
    let mut rest = row;
    let mut texts = Vec::new();
    while !rest.is_empty() {
        let (text, after) = next(rest)
            .ok_or_else(|| BusError::Damaged("headers of a message are cut short".to_owned()))?;
        texts.push(text);
        rest = after;
    }
    Ok(texts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

fn next(row: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = row.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_and_damage_is_told() {
        let headers: Headers = [("a", "ä"), ("", ""), ("b", "=\n")].into_iter().collect();
        let row = encode(&headers);
        assert_eq!(decode(&row).unwrap(), headers);
        assert!(decode(&row[..row.len() - 1]).is_err());
        assert_eq!(decode(&[]).unwrap(), Headers::new());
    }
}
