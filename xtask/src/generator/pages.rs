//! Items of feeds that are not plain articles: digests, merged texts, briefs from a template, pages with a
//! video, walls, lists of headlines, live blogs and galleries.

use super::article::{Paragraph, Role, Sentence};
use super::news::Draft;
use super::words::{Script, capitalised};
use super::writer::Writer;

/// Templates of briefs in English: markets, weather, sport, police, traffic, elections.
const TEMPLATES: [&str; 8] = [
    "{G} placed bonds worth {#} million crowns with buyers in {L} on {D}. The bonds carry a coupon of {#} \
     percent and fall due in {#} months. Bids were received for {#} million crowns, {#} percent more than \
     at the last sale in {M}. The lead manager was {G}. Trading begins on {D}.",
    "{G} reported a profit of {#} million crowns for the quarter that ended in {M}, against {#} million a \
     year before. Sales rose {#} percent to {#} million. The company expects a margin of {#} percent for \
     the year and will pay {#} crowns a share. Shares closed {#} percent higher on {D}.",
    "{L} beat {L} by {#} points to {#} on {D}. {P} scored {#} times in the first half and {P} {#} times in \
     the second. The match was seen by {#} people. {L} is in place {#} of the league with {#} points and \
     meets {L} on {D}.",
    "The weather service expects {#} millimetres of rain in {L} on {D} and winds of {#} kilometres an hour. \
     Temperatures reach {#} degrees by day and fall to {#} at night. In {L} it stays dry. A warning holds \
     from {D} to {D}.",
    "Police in {L} stopped {#} drivers on {D} between {#} and {#} in the evening. Of these {#} were above \
     the limit and {#} had no licence. The fastest was measured at {#} kilometres an hour where {#} are \
     allowed. {P} of the police said that controls go on in {M}.",
    "The road between {L} and {L} is closed from {D} to {D} for works on {#} metres of its surface. Traffic \
     is led over {L}, which takes {#} minutes longer. Buses of line {#} do not stop at {#} places. The works \
     cost {#} crowns and end in {M}.",
    "With {#} percent of the votes counted, {P} leads in {L} with {#} percent before {P} with {#} percent. \
     The turnout was {#} percent at noon on {D}, {#} points more than four years ago. {G} is expected to \
     confirm the count of {#} districts by {D}.",
    "{#} lots were sold at {G} in {L} on {D} for {#} crowns in all. The highest price, {#} crowns, was paid \
     for a {w} of the collection of {P}. Of the lots offered {#} percent found buyers. The next sale with \
     {#} lots is in {M}.",
];

/// A template with other names and numbers. Scripts without templates have four sentences.
pub(super) fn brief(writer: &mut Writer<'_>) -> Draft {
    let title = writer.headline();
    let text = match writer.script {
        Script::Latin => {
            let template = *writer.random.pick(&TEMPLATES);
            capitalised(&writer.fill(template))
        }
        _ => (0..4).map(|_| writer.sentence()).collect::<Vec<String>>().join(writer.space()),
    };
    let sentences = vec![writer.sentence_of(text)];
    Draft { title, byline: String::new(), paragraphs: vec![sentences] }
}

/// The beginnings of several texts, each under a heading.
pub(super) fn digest(writer: &mut Writer<'_>, items: &[Draft]) -> Draft {
    let mut paragraphs = vec![writer.paragraph(1)];
    for item in items {
        let heading = writer.headline();
        paragraphs.push(vec![writer.sentence_of(heading)]);
        let sentences = item.paragraphs.iter().flatten();
        let own = sentences.filter(|sentence| matches!(sentence.role, Role::Own(_)));
        paragraphs.push(own.take(writer.random.within(2..5)).cloned().collect());
    }
    paragraphs.push(writer.paragraph(1));
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// One whole text, followed by the beginning of another.
pub(super) fn merge(writer: &mut Writer<'_>, first: &Draft, second: &Draft) -> Draft {
    let mut paragraphs = first.paragraphs.clone();
    let rest = second.paragraphs.len().min(1 + first.paragraphs.len() / 3);
    paragraphs.extend_from_slice(&second.paragraphs[..rest]);
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// A new text around some paragraphs of another.
pub(super) fn partial(own: &mut Draft, other: &Draft, writer: &mut Writer<'_>) {
    let from = writer.random.below(other.paragraphs.len());
    let wanted = own.words() * writer.random.within(20..55) / 100;
    let mut taken = 0;
    let stretch = other.paragraphs[from..].iter().take_while(|paragraph| {
        let is_wanted = taken < wanted;
        taken += paragraph.iter().map(|sentence| sentence.words as usize).sum::<usize>();
        is_wanted
    });
    let stretch: Vec<Paragraph> = stretch.cloned().collect();
    let at = writer.random.within(1..own.paragraphs.len() + 1);
    own.paragraphs.splice(at..at, stretch);
}

/// Background: the last paragraphs of an earlier text at the end of a new one.
pub(super) fn background(own: &mut Draft, earlier: &Draft, writer: &mut Writer<'_>) {
    let count = writer.random.within(1..3).min(earlier.paragraphs.len());
    own.paragraphs.extend_from_slice(&earlier.paragraphs[earlier.paragraphs.len() - count..]);
}

/// A page with a video: one to three lines, and the text of the player.
pub(super) fn video(writer: &mut Writer<'_>, player: &[Sentence]) -> Draft {
    let sentences = writer.random.within(1..4);
    let mut paragraphs = vec![writer.paragraph(sentences)];
    paragraphs.extend(player.iter().map(|line| vec![line.clone()]));
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// The beginning of a text above a wall.
pub(super) fn paywall(writer: &mut Writer<'_>, text: &Draft, wall: &Paragraph) -> Draft {
    let count = writer.random.within(1..3).min(text.paragraphs.len());
    let mut paragraphs = text.paragraphs[..count].to_vec();
    paragraphs.push(wall.clone());
    Draft { title: text.title.clone(), byline: text.byline.clone(), paragraphs }
}

/// A list of headlines with the first sentence of each text.
pub(super) fn topic(writer: &mut Writer<'_>, items: &[Draft], about: &[Sentence]) -> Draft {
    let mut paragraphs = vec![about.to_vec()];
    for item in items {
        paragraphs.push(vec![Sentence::new(item.title.clone(), writer.script, Role::Chrome)]);
        let first = item.paragraphs.iter().flatten().next();
        paragraphs.push(first.cloned().into_iter().collect());
    }
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// The first entries of a live blog, each under its time.
pub(super) fn live(writer: &mut Writer<'_>, notice: &[Sentence]) -> Draft {
    let mut paragraphs = vec![notice.to_vec()];
    for _ in 0..writer.random.within(1..5) {
        let (hour, minute) = (writer.random.within(6..23), writer.random.below(60));
        let time = format!("{hour:02}:{minute:02}");
        paragraphs.push(vec![Sentence::new(time, writer.script, Role::Chrome)]);
        let sentences = writer.random.within(1..4);
        paragraphs.push(writer.paragraph(sentences));
    }
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// Captions of pictures, each with its photographer.
pub(super) fn gallery(writer: &mut Writer<'_>) -> Draft {
    let count = writer.random.within(5..16);
    let photographer = writer.happening.person(1).to_owned();
    let mut paragraphs = Vec::new();
    for picture in 1..=count {
        let place = Sentence::new(format!("{picture}/{count}"), writer.script, Role::Chrome);
        let by = format!("({photographer})");
        let credit = Sentence::new(by, writer.script, Role::Chrome);
        paragraphs.push(vec![place, writer.own(), credit]);
    }
    Draft { title: writer.headline(), byline: photographer, paragraphs }
}
