//! Input from streams and snapshots.

use wirefold_dedup::codec::{Reader, Writer};
use wirefold_dedup::{Detector, Incoming, Settings};
use wirefold_proto::{
    Alert, AlertDigest, ArticleFetched, ArticleJudged, ControlCommand, DeadLetter, FeedRecord,
    HealthReport, Message, OutputArticle, OutputStory, StoryRecord, SubscriptionRecord,
};

use super::kind;

/// The bytes as a body of each message. A body that can be read must be written and read again without
/// change.
pub(in super::super) fn message(bytes: &[u8]) -> u64 {
    let name = wirefold_proto::name_of(bytes).map(|name| name.into_owned());
    let said = [
        read::<ArticleFetched>(bytes),
        read::<ArticleJudged>(bytes),
        read::<OutputArticle>(bytes),
        read::<OutputStory>(bytes),
        read::<Alert>(bytes),
        read::<AlertDigest>(bytes),
        read::<ControlCommand>(bytes),
        read::<DeadLetter>(bytes),
        read::<FeedRecord>(bytes),
        read::<StoryRecord>(bytes),
        read::<SubscriptionRecord>(bytes),
        read::<HealthReport>(bytes),
    ];
    let wanted = said.iter().flatten().find(|said| !said.contains("this reader expects"));
    let name = name.unwrap_or_else(|error| error.to_string());
    kind(
        &[said.iter().filter(|said| said.is_none()).count() + 1],
        &[name, wanted.cloned().unwrap_or_default()],
    )
}

/// Why a body is not this message. `None` if it is.
fn read<M: Message>(bytes: &[u8]) -> Option<String> {
    let message: M = match wirefold_proto::decode(bytes) {
        Ok(message) => message,
        Err(error) => return Some(error.to_string()),
    };
    let written = match wirefold_proto::encode(&message) {
        Ok(written) => written,
        Err(too_large) => return Some(too_large.to_string()),
    };
    let again: M = wirefold_proto::decode(&written).expect("written data can be read");
    let again = wirefold_proto::encode(&again).expect("it was small enough before");
    assert_eq!(written, again, "{}", String::from_utf8_lossy(bytes));
    None
}

/// The bytes as a snapshot of the detector, which is either refused, or read and then used.
pub(in super::super) fn snapshot(bytes: &[u8]) -> u64 {
    let mut pieces = bytes.split(|byte| *byte == MARK).map(<[u8]>::to_vec);
    let mut next = || pieces.next();
    let mut reader = Reader::new(&mut next);
    let Some(mut detector) = Detector::read_from(Settings::default(), &mut reader) else {
        return kind(&[], &["refused".to_owned()]);
    };
    observe(&mut detector, 99, "The ferry ran aground in the fog, and nobody was hurt on Monday.");
    kind(&[detector.articles(), bytes.len()], &["read".to_owned()])
}

/// The separator of the pieces of a snapshot. It damages a piece that contains it, which is intended.
const MARK: u8 = 0xf7;

/// The snapshot of a detector with a few articles.
pub(in super::super) fn snapshots() -> Vec<Vec<u8>> {
    let mut detector = Detector::new(Settings::default());
    let mut snapshots = Vec::new();
    let towns = ["Aldmoor", "Brackwater", "Calder Bay", "Dunmere"];
    for number in 0..12_usize {
        let town = towns[number % towns.len()];
        let text = format!(
            "{town} will close its old harbour bridge for repairs. The council voted {number} to 4 on \
             Tuesday. “It cannot carry the buses any longer,” said the engineer Mara Voss of {town}. Work \
             begins in March and costs {number}2 million crowns, the mayor told reporters."
        );
        observe(&mut detector, i64::try_from(number).unwrap_or_default(), &text);
        let mut whole = Vec::new();
        let mut give = |piece: Vec<u8>| {
            whole.extend(piece);
            whole.push(MARK);
        };
        let mut writer = Writer::new(&mut give);
        detector.write_to(&mut writer);
        writer.finish();
        snapshots.push(whole);
    }
    snapshots
}

fn observe(detector: &mut Detector, number: i64, text: &str) {
    let time = 1_700_000_000 + number * 3_600;
    let item = number.to_string();
    detector.observe(&Incoming {
        items: &[&item],
        outlet: Some("The Harbour Post"),
        title: "Bridge to close",
        text,
        time,
        published: time,
        ..Incoming::default()
    });
}
