//! The numbers of an event, and comparisons with them.

use std::time::Duration;

/// The numbers of the event (or story) of an article, as the caller counts them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Numbers<'a> {
    /// The number of its origins.
    pub origins: u32,
    /// The number of its outlets.
    pub outlets: u32,
    /// The age of each of its articles, in any order.
    pub ages: &'a [Duration],
}

/// A number that a query can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    Origins,
    Outlets,
    /// Articles within this time.
    Velocity(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    AtLeast,
    AtMost,
    More,
    Less,
    Equal,
}

/// The signs of the relations, in the order of [`Relation`]. A sign comes before its own beginning.
pub(crate) const RELATIONS: [(&str, Relation); 5] = [
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    (">", Relation::More),
    ("<", Relation::Less),
    ("=", Relation::Equal),
];

/// A comparison of a number with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) quantity: Quantity,
    pub(crate) relation: Relation,
    pub(crate) value: u32,
}

impl Comparison {
    pub(crate) fn is_true(&self, numbers: &Numbers<'_>) -> bool {
        let found = match self.quantity {
            Quantity::Origins => numbers.origins,
            Quantity::Outlets => numbers.outlets,
            Quantity::Velocity(window) => {
                let recent = numbers.ages.iter().filter(|age| **age <= window).count();
                u32::try_from(recent).unwrap_or(u32::MAX)
            }
        };
        match self.relation {
            Relation::Less => found < self.value,
            Relation::AtMost => found <= self.value,
            Relation::Equal => found == self.value,
            Relation::AtLeast => found >= self.value,
            Relation::More => found > self.value,
        }
    }
}

/// A description of the right form of a comparison.
pub(crate) type Expected = &'static str;

/// Parses `origins>=2` or `velocity>5/10m`. `None` if the text has no comparison sign.
pub(crate) fn comparison(text: &str) -> Option<Result<Comparison, Expected>> {
    let at = text.find(['<', '>', '='])?;
    let (name, rest) = text.split_at(at);
    let (sign, relation) = RELATIONS.into_iter().find(|(sign, _)| rest.starts_with(sign))?;
    Some(read(name, relation, &rest[sign.len()..]))
}

fn read(name: &str, relation: Relation, value: &str) -> Result<Comparison, Expected> {
    let (value, quantity) = match name {
        "origins" => (value, Quantity::Origins),
        "outlets" => (value, Quantity::Outlets),
        "velocity" => {
            const FORM: Expected =
                "a number of articles and a time above 0, such as velocity>5/10m";
            let (count, window) = value.split_once('/').ok_or(FORM)?;
            let window = duration(window).filter(|window| !window.is_zero());
            (count, Quantity::Velocity(window.ok_or(FORM)?))
        }
        _ => return Err("origins, outlets or velocity before the comparison"),
    };
    let value = number(value).ok_or("a whole number, such as origins>=2")?;
    Ok(Comparison { quantity, relation, value })
}

pub(crate) fn number(text: &str) -> Option<u32> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

fn duration(text: &str) -> Option<Duration> {
    let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
    let (digits, seconds) =
        units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))?;
    Some(Duration::from_secs(u64::from(number(digits)?) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons() {
        let ages = [0, 60, 600, 601].map(Duration::from_secs);
        let numbers = Numbers { origins: 2, outlets: 10, ages: &ages };
        let cases = [
            ("origins>=2", true),
            ("origins>2", false),
            ("origins<3", true),
            ("outlets=10", true),
            ("outlets<=9", false),
            ("velocity>2/10m", true),
            ("velocity>3/10m", false),
            ("velocity>=4/11m", true),
            ("velocity=1/30s", true),
        ];
        for (text, expected) in cases {
            let comparison = comparison(text).expect("a comparison").expect("a good one");
            assert_eq!(comparison.is_true(&numbers), expected, "{text}");
        }
        assert!(comparison("plain").is_none());
        for bad in [
            "origins>", "origins>-1", "velocity>5", "velocity>5/10", "velocity>5/0m", "copies>2",
            ">2",
        ] {
            assert!(comparison(bad).expect("looks like one").is_err(), "{bad}");
        }
    }
}
