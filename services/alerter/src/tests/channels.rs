//! One suite that every channel passes, and the special abilities of some.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;
use wirefold_flow::{StageContext, UnixMillis};
use wirefold_proto::{Alert, AlertArticle, FeedDigest, Secret, SubscriptionSettings, Tag, Volume};

use super::http::{Answer, Receiver};
use super::mail::email;
use super::newsroom::five;
use super::receivers::chat::{Next, Service, TOKEN, Target};
use super::receivers::smtp::{self, PASSWORD, Security};
use super::running::{Paper, Running, World, at_once, settings};
use super::watching::watch;
use crate::delivery::{Channel, Failure, Notice, Sent, ToSend};
use crate::kinds::{
    AppriseTarget, CommandTarget, DeliveryTarget, EmailTarget, FileTarget, MatrixTarget,
    NatsTarget, NtfyTarget, SlackTarget, StdoutTarget, TelegramTarget, WebhookTarget,
};
use crate::text::{Message, MessageLinks};
use crate::{Delivery, Settings};

pub(crate) const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

/// Longer than any channel allows, with characters that would end a header, clear a screen or reverse the
/// text.
pub(crate) fn nasty() -> String {
    format!("Fire\r\nBcc: all@news.example\r\n\r\n\u{1b}[2J\u{202e}<b>&\"{}", "ß".repeat(10_240))
}

pub(crate) fn delivery(target: DeliveryTarget) -> Delivery {
    Delivery {
        name: "desk".to_owned(),
        target,
        feed_digest: false,
        health: false,
        templates: crate::Templates::default(),
    }
}

pub(crate) fn alert(revision: u64, title: &str) -> Alert {
    let mut alert = crate::by_hand::sample("desk", NOW);
    (alert.revision, alert.headline.title) = (revision, title.to_owned());
    alert
}

/// A NATS server that records messages, refuses the first one on `busy.` and all on `closed.`.
#[derive(Debug, Default)]
pub(crate) struct Heard(std::sync::Mutex<Vec<(String, String, Vec<u8>)>>);

impl crate::Subjects for Heard {
    fn publish<'a>(
        &'a self,
        delivery: &'a str,
        subject: &'a str,
        id: &'a str,
        body: Vec<u8>,
    ) -> wirefold_flow::BoxFuture<'a, Result<(), Failure>> {
        assert_eq!(delivery, "desk");
        let mut heard = self.0.lock().unwrap();
        heard.push((subject.to_owned(), id.to_owned(), body));
        let answer = match subject {
            "busy.desk" if heard.len() == 1 => Err(Failure::later("busy")),
            "closed.desk" => Err(Failure::never("closed")),
            _ => Ok(()),
        };
        Box::pin(std::future::ready(answer))
    }
}

#[tokio::test]
async fn a_subject_gets_the_webhooks_json_under_one_id() {
    let heard = Arc::new(Heard::default());
    let printer: Arc<dyn crate::Printer> = Arc::new(Paper::default());
    let open_on = |subject: &str| {
        let kind = DeliveryTarget::Nats(NatsTarget { subject: subject.to_owned() });
        let subjects: Option<Arc<dyn crate::Subjects>> = Some(heard.clone());
        let settings = Settings { subjects, ..Settings::default() };
        Channel::open(&delivery(kind), &settings.means(printer.clone()))
    };
    let first = alert(1, "Tarrowgate dock talks collapse");
    let channel = open_on("busy.desk").unwrap();
    assert_eq!(later(send(&channel, &first, None).await), ("busy".to_owned(), None));
    send(&channel, &first, None).await.unwrap();
    assert_eq!(never(send(&open_on("closed.desk").unwrap(), &first, None).await), "closed");
    let heard_so_far = heard.0.lock().unwrap().clone();
    let (busy, again) = (&heard_so_far[0], &heard_so_far[1]);
    assert_eq!(busy, again, "tried again it is the same, id and all");
    let body: serde_json::Value = serde_json::from_slice(&busy.2).unwrap();
    assert_eq!(body["headline"]["title"], "Tarrowgate dock talks collapse");
    for refused in ["wirefold.v1.alert", "$JS.API.INFO", "news.*", "news..desk", ""] {
        assert!(open_on(refused).is_err(), "{refused:?}");
        let kind = DeliveryTarget::Nats(NatsTarget { subject: refused.to_owned() });
        assert!(crate::check_delivery(&delivery(kind)).is_err(), "{refused:?}");
    }
}

pub(crate) fn open(kind: DeliveryTarget) -> Channel {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let printer: Arc<dyn crate::Printer> = Arc::new(Paper::default());
    let subjects: Option<Arc<dyn crate::Subjects>> = Some(Arc::new(Heard::default()));
    let settings = Settings { allow, subjects, ..Settings::default() };
    Channel::open(&delivery(kind), &settings.means(printer)).unwrap()
}

pub(crate) async fn send(channel: &Channel, alert: &Alert, target_id: Option<&str>) -> Sent {
    send_with(channel, alert, target_id, None).await
}

pub(crate) async fn send_with(
    channel: &Channel,
    alert: &Alert,
    target_id: Option<&str>,
    links: Option<MessageLinks>,
) -> Sent {
    channel.send(&to_send(alert, target_id, links)).await
}

/// The message of a revision.
pub(crate) fn to_send<'a>(
    alert: &'a Alert,
    target_id: Option<&'a str>,
    links: Option<MessageLinks>,
) -> ToSend<'a> {
    ToSend::Alert(Message {
        alert,
        subscription: "Night desk",
        page: Some("http://127.0.0.1:8787/events/x".to_owned()),
        manage: Some("http://127.0.0.1:8787/alerts".to_owned()),
        links,
        demo: false,
        now: NOW,
        target_id,
        is_overtaken: false,
        zone: jiff::tz::TimeZone::UTC,
        templates: None,
    })
}

/// The reason of a retry, and its earliest time.
#[track_caller]
pub(crate) fn later(sent: Sent) -> (String, Option<Duration>) {
    match sent {
        Err(Failure::Later { after, why }) => (why, after),
        other => panic!("expected to be tried again, got {other:?}"),
    }
}

/// The reason of a permanent refusal.
#[track_caller]
pub(crate) fn never(sent: Sent) -> String {
    match sent {
        Err(Failure::Never { why }) => why,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// An alert with a title and lines of the greatest length, which escaping makes longer.
fn with_long_lines(revision: u64) -> Alert {
    let mut alert = alert(revision, &"&".repeat(300));
    let article = |number: u64| AlertArticle {
        id: format!("a-{number:026}").parse().unwrap(),
        enriched: 0,
        agency: None,
        outlet: "harbour.example".parse().unwrap(),
        via: None,
        title: "🔥".repeat(300),
        headline_only: false,
        url: Some(format!("https://harbour.example/{}?a&b={number}", "🔥".repeat(60))),
        seen: alert.at,
        claims: Vec::new(),
        story: None,
    };
    alert.articles = (0..20).map(article).collect();
    alert
}

/// Digests go there, too.
async fn tell(channel: &Channel) {
    let digest = FeedDigest {
        schema: Tag::new(),
        id: "feed-digest.desk.1".to_owned(),
        at: wirefold_envelope::timestamp(NOW),
        feeds: 9,
        feeds_with_problems: 1,
        problems: Vec::new(),
    };
    let notice = Notice {
        kind: crate::delivery::NoticeKind::Digest,
        id: digest.id.clone(),
        title: "1 of 9 feeds needs a look".to_owned(),
        lines: vec!["pier: HTTP 403".to_owned()],
        more: 0,
        see: "`wirefold feed ls --problems`",
        is_loud: false,
        json: serde_json::to_value(&digest).unwrap(),
        page: Some("http://127.0.0.1:8787/feeds".to_owned()),
        now: NOW,
    };
    channel.send(&ToSend::Notice(notice)).await.unwrap();
}

/// Checks a loud revision, a second one, a duplicate and a hostile title.
pub(crate) async fn takes_revisions(kind: DeliveryTarget) {
    let shown = format!("{:?}", delivery(kind.clone()));
    assert!(!shown.contains(TOKEN) && !shown.contains(PASSWORD), "{shown}");
    let accepts_silent = kind.accepts_silent();
    let channel = open(kind);
    let first = alert(1, "Tarrowgate dock talks collapse");
    let target_id = send(&channel, &first, None).await.unwrap();
    let mut second = alert(2, "Tarrowgate docks reopen");
    send(&channel, &second, target_id.as_deref()).await.unwrap();
    send(&channel, &second, target_id.as_deref()).await.unwrap();
    if accepts_silent {
        (second.revision, second.volume) = (3, Volume::Silent);
        send(&channel, &second, target_id.as_deref()).await.unwrap();
    }
    send(&channel, &alert(4, &nasty()), target_id.as_deref()).await.unwrap();
    send(&channel, &with_long_lines(5), target_id.as_deref()).await.unwrap();
    send(&channel, &alert(6, ""), target_id.as_deref()).await.unwrap();
    tell(&channel).await;
}

#[tokio::test]
async fn every_channel_takes_revisions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.jsonl");
    let program = ["sh", "-c", "grep -q wirefold"].map(str::to_owned).to_vec();
    let hook = Receiver::start([]).await;
    let server = smtp::Server::start(Security::Plain).await;
    let headers = BTreeMap::new();
    for kind in [
        DeliveryTarget::Stdout(StdoutTarget),
        DeliveryTarget::Command(CommandTarget { command: program }),
        DeliveryTarget::File(FileTarget { path: path.clone() }),
        DeliveryTarget::Nats(NatsTarget { subject: "news.alerts".to_owned() }),
        DeliveryTarget::Webhook(WebhookTarget {
            url: hook.url.clone(),
            secrets: Vec::new(),
            headers,
        }),
        DeliveryTarget::Ntfy(NtfyTarget { url: hook.url.clone(), token: None }),
        DeliveryTarget::Email(email(&server)),
    ] {
        takes_revisions(kind).await;
    }
    assert_eq!(server.mails().len(), 7);
    let lines = std::fs::read_to_string(&path).unwrap();
    assert_eq!(lines.lines().count(), 7, "the double is one line");
    for service in [Service::Slack, Service::Telegram, Service::Matrix, Service::Apprise] {
        let target = Target::start(service).await;
        takes_revisions(target.kind()).await;
        assert!(!target.seen().is_empty());
    }
}

/// Answers other than success.
async fn takes_no(service: Service) {
    let target = Target::start(service).await;
    let channel = open(target.kind());
    let first = alert(1, "Tarrowgate dock talks collapse");
    target.answer_next(Next::Busy);
    let (why, after) = later(send(&channel, &first, None).await);
    assert_eq!(after, Some(Duration::from_secs(7)), "{service:?}: {why}");
    target.answer_next(Next::Refused);
    let refused = never(send(&channel, &first, None).await);
    let is_open = refused.contains(TOKEN) || refused.contains(&TOKEN[..20]);
    assert!(refused.starts_with("status 400") && !is_open, "{service:?}: {refused}");
    if service != Service::Apprise {
        target.answer_next(Next::Garbage);
        let (garbage, _) = later(send(&channel, &first, None).await);
        assert!(garbage.contains("answer"), "{garbage}");
    }
    assert_eq!(target.seen().len(), 0);
    send(&channel, &first, None).await.unwrap();
    assert_eq!(target.seen().len(), 1);
}

#[tokio::test]
async fn every_service_may_refuse_and_be_busy() {
    for service in [Service::Slack, Service::Telegram, Service::Matrix, Service::Apprise] {
        takes_no(service).await;
    }
    let answers = [Answer::RetryAfter(429, "7"), Answer::RetryAfter(429, "7")];
    let hook = Receiver::start(answers).await;
    for kind in [
        DeliveryTarget::Webhook(WebhookTarget {
            url: hook.url.clone(),
            secrets: vec![],
            headers: BTreeMap::new(),
        }),
        DeliveryTarget::Ntfy(NtfyTarget { url: hook.url.clone(), token: None }),
    ] {
        let sent = send(&open(kind), &alert(1, "Port strike"), None).await;
        assert!(matches!(sent, Err(Failure::Later { after: Some(_), .. })), "{sent:?}");
    }
}

#[tokio::test]
async fn no_channel_goes_where_the_http_client_does_not() {
    let private = || Url::parse("http://10.0.0.1/notify/x").unwrap();
    let token = || Secret::new(TOKEN);
    let mail = EmailTarget {
        server: "smtp://10.0.0.1".parse().unwrap(),
        without_tls: true,
        login: None,
        from: "desk@news.example".to_owned(),
        to: vec!["night@news.example".to_owned()],
    };
    for kind in [
        DeliveryTarget::Slack(SlackTarget { url: Secret::new(private()) }),
        DeliveryTarget::Telegram(TelegramTarget {
            url: private(),
            token: token(),
            chat: "1".to_owned(),
        }),
        DeliveryTarget::Matrix(MatrixTarget {
            url: private(),
            token: token(),
            room: "!a:b".to_owned(),
        }),
        DeliveryTarget::Apprise(AppriseTarget { url: private(), token: None }),
        DeliveryTarget::Email(mail),
    ] {
        let sent = send(&open(kind.clone()), &alert(1, "Port strike"), None).await;
        let (why, _) = later(sent);
        assert!(
            why.contains("not in a public or allowed network") && !why.contains(TOKEN),
            "{kind:?}: {why}"
        );
    }
}

/// A message is edited in place. A loud revision also sends a short message, because an edit does not notify.
async fn edits_in_place(service: Service) {
    let target = Target::start(service).await;
    let channel = open(target.kind());
    let target_id = send(&channel, &alert(1, "Talks collapse"), None).await.unwrap();
    let mut silent = alert(2, "Talks go on");
    silent.volume = Volume::Silent;
    assert_eq!(send(&channel, &silent, target_id.as_deref()).await, Ok(None));
    let edited = target.seen();
    assert_eq!((edited.len(), edited[0].edits, edited[0].has_notified), (1, 1, true), "{edited:?}");
    assert!(edited[0].text.contains("Talks go on"));
    assert_eq!(send(&channel, &alert(3, "Docks reopen"), target_id.as_deref()).await, Ok(None));
    let seen = target.seen();
    assert_eq!((seen.len(), seen[0].edits, seen[1].has_notified), (2, 2, true), "{seen:?}");
    assert!(seen[0].text.contains("Docks reopen") && seen[1].text.contains("Docks reopen"));
}

#[tokio::test]
async fn chats_edit_in_place_and_notify_if_loud() {
    edits_in_place(Service::Telegram).await;
    edits_in_place(Service::Matrix).await;
}

/// The state after a kill between the message and the record that it was sent.
#[tokio::test]
async fn a_room_of_matrix_sees_no_double() {
    let target = Target::start(Service::Matrix).await;
    let channel = open(target.kind());
    let first = alert(1, "Talks collapse");
    let target_id = send(&channel, &first, None).await.unwrap();
    assert_eq!(send(&channel, &first, None).await.unwrap(), target_id);
    for _ in 0..2 {
        send(&channel, &alert(2, "Docks reopen"), target_id.as_deref()).await.unwrap();
    }
    let seen = target.seen();
    assert_eq!((seen.len(), seen[0].edits), (2, 1), "{seen:?}");
}

#[tokio::test]
async fn a_message_deleted_at_the_service_is_sent_anew() {
    let target = Target::start(Service::Telegram).await;
    let channel = open(target.kind());
    let target_id = send(&channel, &alert(2, "Docks reopen"), Some("77")).await.unwrap();
    assert_eq!((target_id.as_deref(), target.seen().len()), (Some("1"), 1));
}

/// A newer revision is there already, but it has not notified for this one yet.
#[tokio::test]
async fn an_overtaken_revision_notifies_and_edits_nothing() {
    for service in [Service::Telegram, Service::Matrix] {
        let target = Target::start(service).await;
        let channel = open(target.kind());
        let mut newer = alert(2, "Docks reopen");
        newer.volume = Volume::Silent;
        let target_id = send(&channel, &newer, None).await.unwrap();
        let overtaken = alert(1, "Talks collapse");
        let message = Message {
            alert: &overtaken,
            subscription: "Night desk",
            page: None,
            manage: None,
            links: None,
            demo: false,
            now: NOW,
            target_id: target_id.as_deref(),
            is_overtaken: true,
            zone: jiff::tz::TimeZone::UTC,
            templates: None,
        };
        assert_eq!(channel.send(&ToSend::Alert(message)).await, Ok(None));
        let seen = target.seen();
        let notified: Vec<bool> = seen.iter().map(|it| it.has_notified).collect();
        assert_eq!((notified, seen[0].edits), (vec![false, true], 0), "{seen:?}");
    }
}

/// The id of the message survives the process.
#[tokio::test]
async fn a_restart_edits_the_same_message_on() {
    for service in [Service::Telegram, Service::Matrix] {
        let target = Target::start(service).await;
        let mut world = World::new().await;
        for given in five() {
            let (observer, mut log) = watch();
            let context = StageContext { observer, ..world.context() };
            let names = vec!["desk".to_owned()];
            let subscription = SubscriptionSettings { deliveries: names, ..at_once() };
            let deliveries = vec![delivery(target.kind())];
            let allow = vec!["127.0.0.0/8".parse().unwrap()];
            let settings = Settings { deliveries, allow, ..settings([subscription]) };
            let running = Running::start(&context, &settings, &world.paper);
            world.newsroom.tell(given).await;
            log.wait_for("alerter-desk done").await;
            running.stop().await;
        }
        let seen = target.seen();
        assert!(seen[0].edits >= 3, "{service:?}: {seen:?}");
        let loud = world.alerts().await.iter().filter(|it| it.volume == Volume::Loud).count();
        assert_eq!(seen.iter().filter(|it| it.has_notified).count(), loud, "{service:?}: {seen:?}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_and_a_program_that_is_not_there_are_tried_again() {
    for kind in [
        DeliveryTarget::File(FileTarget {
            path: Path::new("/no/such/folder/alerts.jsonl").to_owned(),
        }),
        DeliveryTarget::Command(CommandTarget { command: vec!["/no/such/program".to_owned()] }),
    ] {
        let sent = send(&open(kind), &alert(1, "Port strike"), None).await;
        let (why, _) = later(sent);
        assert!(why.starts_with("/no/such/"), "{why}");
    }
}

#[tokio::test]
async fn a_message_by_hand_has_the_time_of_the_machine() {
    let target = Target::start(Service::Slack).await;
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let zone = Some(jiff::tz::TimeZone::get("Europe/Berlin").unwrap());
    let told = Settings { allow, zone, ..settings([]) };
    let printer: Arc<dyn crate::Printer> = Arc::new(Paper::default());
    let (desk, subscription) = (delivery(target.kind()), at_once());
    let first = alert(1, "Port strike");
    crate::send_again(&first, &subscription, &desk, &told, &printer, NOW).await.unwrap().unwrap();
    crate::send_sample(&desk, &told, &printer, NOW).await.unwrap().unwrap();
    for seen in target.seen() {
        assert!(seen.text.contains("first seen 09:00 CET"), "{}", seen.text);
    }
}

#[tokio::test]
async fn a_sample_says_that_it_is_one_and_what_became_of_it() {
    let target = Target::start(Service::Slack).await;
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let told = Settings { allow, page: Some("http://127.0.0.1:8787".into()), ..settings([]) };
    let printer: Arc<dyn crate::Printer> = Arc::new(Paper::default());
    let desk = delivery(target.kind());
    let outcome = crate::send_sample(&desk, &told, &printer, NOW).await.unwrap();
    assert_eq!(outcome, Ok(()));
    let text = &target.seen()[0].text;
    assert!(text.contains("*TEST ·") && text.contains("wirefold alert test desk"), "{text}");
    target.answer_next(Next::Busy);
    let busy = crate::send_sample(&desk, &told, &printer, NOW).await.unwrap();
    assert!(matches!(busy, Err(Failure::Later { after: Some(_), .. })), "{busy:?}");
}
