//! Quotations that the leads of several stories share. The map joins them; they never count as copying.

use std::ops::Range;

use wirefold_dedup::{Block, Body, Overlap};

use crate::analysed_text::AnalysedText;

/// The most leads that are compared with each other, which limits the work for an event's page.
const MAX_LEADS: usize = 10;
/// A part of a quotation that two leads share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::page) struct Quoted {
    /// Its words in the text.
    pub words: Range<usize>,
    /// The number of the quotation, from 0. It is shown as a letter.
    pub which: usize,
}

/// The letter of a quotation: `a` to `z`, then `a2` and so on.
pub(in crate::page) fn letter(which: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(which % 26).unwrap_or(0));
    match which / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{}", round + 1),
    }
}

/// The quotations that each lead shares with others.
pub(in crate::page) fn shared(leads: &[&AnalysedText]) -> Vec<Vec<Quoted>> {
    let mut found: Vec<Vec<Quoted>> = vec![Vec::new(); leads.len()];
    let mut next = 0;
    for (there, old) in leads.iter().enumerate().take(MAX_LEADS) {
        for (here, new) in leads.iter().enumerate().take(MAX_LEADS).skip(there + 1) {
            for block in &Overlap::quotations_between(&new.body, &old.body) {
                let (left, right) = (there_words(&old.body, block), here_words(&new.body, block));
                let known = which(&found[there], &left).or_else(|| which(&found[here], &right));
                let which = known.unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
                add(&mut found[there], left, which);
                add(&mut found[here], right, which);
            }
        }
    }
    found.iter_mut().for_each(|quoted| quoted.sort_by_key(|quoted| quoted.words.start));
    found
}

fn here_words(body: &Body, block: &Block) -> Range<usize> {
    body.text_range(&(block.here as usize..(block.here + block.len) as usize))
}

fn there_words(body: &Body, block: &Block) -> Range<usize> {
    body.text_range(&(block.there as usize..(block.there + block.len) as usize))
}

fn which(quoted: &[Quoted], words: &Range<usize>) -> Option<usize> {
    let meets = |known: &&Quoted| known.words.start < words.end && words.start < known.words.end;
    quoted.iter().find(meets).map(|quoted| quoted.which)
}

fn add(quoted: &mut Vec<Quoted>, words: Range<usize>, which: usize) {
    match quoted.iter_mut().find(|quoted| quoted.which == which) {
        Some(known) if known.words.start < words.end && words.start < known.words.end => {
            known.words = known.words.start.min(words.start)..known.words.end.max(words.end);
        }
        Some(_) => {}
        None => quoted.push(Quoted { words, which }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_quotation_has_one_letter_in_all_leads() {
        let speech = "“We are going to open the harbour again before the first snow comes,”";
        let texts = [
            format!("{speech} the mayor of the island said to us on Monday."),
            format!("In the town hall there was no doubt at all. {speech} said the mayor."),
            format!("It rained. The mayor, asked about it, was short. {speech} she answered."),
            "Nothing that anybody said is in this one.".to_owned(),
        ];
        let readings: Vec<AnalysedText> =
            texts.iter().map(|text| AnalysedText::new(text)).collect();
        let found = shared(&readings.iter().collect::<Vec<_>>());
        for (quoted, reading) in found.iter().zip(&readings).take(3) {
            assert_eq!(quoted.iter().map(|q| q.which).collect::<Vec<_>>(), [0]);
            assert!(quoted[0].words.end <= reading.len());
        }
        assert!(found[3].is_empty());
        assert_eq!((letter(0), letter(27)), ("a".to_owned(), "b2".to_owned()));
    }
}
