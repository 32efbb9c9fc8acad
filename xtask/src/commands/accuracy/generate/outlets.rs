//! Invented outlets with the lines that they print on their pages.

use wirefold_score::Random;

/// A publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outlet {
    /// Its host, under `.example`, where nobody can publish.
    pub(crate) host: String,
    /// What stands between its paragraphs.
    pub(crate) joint: &'static str,
    /// Two or three paragraphs of its own.
    pub(crate) lines: Vec<String>,
}

/// Where every base appears first.
pub(crate) const WIRE: &str = "northline-wire.example";

const TOWNS: [&str; 10] = [
    "Alderwick",
    "Bexmoor",
    "Crayford",
    "Dunmere",
    "Eskdale",
    "Fallowgate",
    "Grinstow",
    "Hollinsea",
    "Inverlea",
    "Juniper Hill",
];
const PAPERS: [&str; 3] = ["Courier", "Examiner", "Mail"];

const HABITS: [&str; 6] = [
    "Get the {paper} by e-mail",
    "Have the {paper} on your telephone",
    "Let the {paper} wake you",
    "Start your day with the {paper}",
    "Take the {paper} along to breakfast",
    "Read the {paper} before the first bus leaves",
];
const GIFTS: [&str; 6] = [
    "with the tide table and the menus of all schools",
    "with a crossword that a retired judge sets",
    "with both lottery draws and the prices at the fish auction",
    "with what our neighbors have to sell or give away",
    "with a photograph from the archive and its story",
    "with every planned closure of roads and bridges",
];
const TERMS: [&str; 5] = [
    "on six days a week and for less than a cup of tea.",
    "each evening at half past five, free for as long as you like.",
    "whenever something happens that cannot wait until morning.",
    "for a month at no charge, and not a day longer than you want.",
    "in large print or read aloud, as suits your eyes.",
];
const MAKERS: [&str; 6] = [
    "The {paper} is set and printed in {town}, in a former cannery",
    "Eleven people and a dog make the {paper} above the chemist’s in {town}",
    "The {paper} has come out in {town} since the year of the great frost",
    "A trust of readers in {town} has owned the {paper} for two generations",
    "The {paper} of {town} belongs to nobody but its subscribers",
    "Four sisters founded the {paper} in {town} with a borrowed press",
];
const PROMISES: [&str; 6] = [
    "and puts right what it got wrong on the page where it stood.",
    "and pays no one for interviews, favors or pictures.",
    "and keeps news and opinion on different sheets of paper.",
    "and takes advertisements from everyone but parties at elections.",
    "and names its sources unless that would put them in danger.",
    "and answers every letter that bears a return address.",
];
const CALLS: [&str; 6] = [
    "Saw something that ought to be in the paper?",
    "Do you know more about this than we do?",
    "Were you there, or do you have a picture?",
    "Is anything in this article not as it should be?",
    "Would you rather tell us in person?",
    "Does your club or parish have a date to announce?",
];
const WAYS: [&str; 5] = [
    "Ring the night desk of the {paper} and ask for whoever is awake.",
    "Our door at {town} market is open until the last page is gone.",
    "Put a note into the green box of the {paper} at any {town} post office.",
    "Send a line to the desk of the {paper} and we will call back by noon.",
    "Come by the {town} office on a Thursday, when the editor makes soup.",
];

/// The sites that print the wire's texts and others.
pub(crate) fn sites(seed: u64) -> Vec<Outlet> {
    let mut random = Random::named(seed, "outlets");
    let names = TOWNS.iter().flat_map(|town| PAPERS.iter().map(move |paper| (town, paper)));
    names.map(|(town, paper)| site(town, paper, &mut random)).collect()
}

/// The outlet of every base: a wire prints no lines of its own.
pub(crate) fn wire() -> Outlet {
    Outlet { host: WIRE.to_owned(), joint: "\n\n", lines: Vec::new() }
}

fn site(town: &str, paper: &str, random: &mut Random) -> Outlet {
    let full = format!("{town} {paper}");
    let fill = |line: String| line.replace("{paper}", &full).replace("{town}", town);
    let letter = [*random.pick(&HABITS), *random.pick(&GIFTS), *random.pick(&TERMS)].join(" ");
    let about = [*random.pick(&MAKERS), *random.pick(&PROMISES)].join(" ");
    let contact = [*random.pick(&CALLS), *random.pick(&WAYS)].join(" ");
    let mut lines = vec![fill(letter), fill(about), fill(contact)];
    if random.chance(33) {
        lines.remove(random.below(3));
    }
    Outlet {
        host: format!("{}.example", full.to_lowercase().replace(' ', "-")),
        joint: if random.chance(50) { "\n" } else { "\n\n" },
        lines,
    }
}
