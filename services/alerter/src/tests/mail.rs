//! E-mail against a mail server on the loopback.

use wirefold_proto::Secret;

use super::channels::{alert, later, nasty, never, open, send, send_with};
use super::receivers::smtp::{PASSWORD, Security, Server, USER};
use crate::kinds::{DeliveryTarget, EmailTarget};
use crate::text::MessageLinks;

/// Settings for sending mail to a server.
pub(crate) fn email(server: &Server) -> EmailTarget {
    EmailTarget {
        server: server.url.clone(),
        without_tls: server.is_plain(),
        login: Some((USER.to_owned(), Secret::new(PASSWORD))),
        from: "Night desk <desk@news.example>".to_owned(),
        to: vec!["Ann <ann@news.example>".to_owned(), "ben@news.example".to_owned()],
    }
}

#[tokio::test]
async fn the_mails_of_one_alert_are_one_thread() {
    let server = Server::start(Security::Plain).await;
    let channel = open(DeliveryTarget::Email(email(&server)));
    let target_id = send(&channel, &alert(1, "Häfen: talks collapse"), None).await.unwrap();
    let first = target_id.as_deref().expect("the first mail's id is target_id");
    for _ in 0..2 {
        assert_eq!(send(&channel, &alert(2, "Docks reopen"), Some(first)).await, Ok(None));
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 3);
    let header = |at: usize, name: &str| mails[at].header(name);
    assert_eq!(header(0, "Message-ID").as_deref(), Some(first));
    assert_eq!((header(0, "In-Reply-To"), header(0, "References")), (None, None));
    assert_eq!(header(1, "In-Reply-To").as_deref(), Some(first));
    assert_eq!(header(1, "References").as_deref(), Some(first));
    assert_eq!(mails[1], mails[2], "a double is the same mail");
    assert_ne!(header(0, "Message-ID"), header(1, "Message-ID"));
    assert!(first.ends_with("@news.example>") && first.starts_with('<'), "{first}");
    assert!(first.chars().all(|c| c.is_ascii_alphanumeric() || "<>@.-_".contains(c)), "{first}");
    assert_eq!(mails[0].from, "desk@news.example");
    assert_eq!(mails[0].to, ["ann@news.example", "ben@news.example"]);
    assert!(mails[0].logged_in);
    assert_eq!(header(0, "List-Unsubscribe"), None, "its page is open to its own machine only");
    assert_eq!(header(0, "Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(header(0, "Date").as_deref(), Some("Fri, 15 Jan 2027 08:00:00 +0000"));
    assert_eq!(header(1, "Subject").as_deref(), Some("Docks reopen"));
    for part in ["text/plain; charset=utf-8", "text/html; charset=utf-8"] {
        assert!(mails[0].data.contains(part), "{}", mails[0].data);
    }
}

#[tokio::test]
async fn a_mail_program_unsubscribes_at_once_where_the_page_speaks_tls() {
    let server = Server::start(Security::Plain).await;
    let channel = open(DeliveryTarget::Email(email(&server)));
    let link = |scheme: &str, what: &str| format!("{scheme}://news.example/links/{what}");
    for scheme in ["https", "http"] {
        let links = MessageLinks {
            mute: link(scheme, "m"),
            corrections_only: link(scheme, "c"),
            unsubscribe: link(scheme, "u"),
        };
        send_with(&channel, &alert(1, "Port strike"), None, Some(links)).await.unwrap();
    }
    let mails = server.mails();
    let list = mails[0].header("List-Unsubscribe");
    assert_eq!(list.as_deref(), Some("<https://news.example/links/u>"));
    let at_once = mails[0].header("List-Unsubscribe-Post");
    assert_eq!(at_once.as_deref(), Some("List-Unsubscribe=One-Click"));
    assert_eq!(mails[1].header("List-Unsubscribe-Post"), None, "RFC 8058 wants TLS");
    let text = &mails[0].data;
    for offer in ["Mute this alert: https://news.example/links/m", ">Only corrections of it</a>"] {
        assert!(text.contains(offer), "{text}");
    }
}

#[tokio::test]
async fn no_title_makes_a_header_or_a_part() {
    let server = Server::start(Security::Plain).await;
    let channel = open(DeliveryTarget::Email(email(&server)));
    let boundary = |data: &str| data.split("boundary=\"").nth(1).map(|it| it[..18].to_owned());
    send(&channel, &alert(1, "Port strike"), None).await.unwrap();
    let known = boundary(&server.mails()[0].data).unwrap();
    send(&channel, &alert(1, &format!("--{known}")), None).await.unwrap();
    send(&channel, &alert(1, &nasty()), None).await.unwrap();
    let mails = server.mails();
    assert_eq!(mails[1].data.matches(&format!("\n--{known}")).count(), 3, "{}", mails[1].data);
    let names = |at: usize| -> Vec<String> {
        let head = mails[at].data.split("\n\n").next().unwrap();
        let lines = head.lines().filter(|line| !line.starts_with(' '));
        lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    };
    assert_eq!(names(2), names(0));
    assert_eq!(mails[2].to.len(), 2);
}

#[tokio::test]
async fn codes_say_whether_to_try_again() {
    let server = Server::start(Security::Plain).await;
    let channel = open(DeliveryTarget::Email(email(&server)));
    let first = alert(1, "Port strike");
    server.answer_next("451 4.7.1 greylisted");
    let (greylisted, _) = later(send(&channel, &first, None).await);
    assert!(greylisted.contains("451") && greylisted.contains("greylisted"), "{greylisted}");
    // One mail for all receivers, and one for each.
    for _ in 0..3 {
        server.answer_next("554 5.7.1 looks like spam");
    }
    let spam = never(send(&channel, &first, None).await);
    assert!(spam.contains("554"), "{spam}");
    // The operator must correct a wrong password, so there is no retry.
    let login = Some((USER.to_owned(), Secret::new("wrong horse")));
    let locked_out = open(DeliveryTarget::Email(EmailTarget { login, ..email(&server) }));
    let (login_refused, _) = later(send(&locked_out, &first, None).await);
    assert!(login_refused.contains("535"), "{login_refused}");
    assert!(login_refused.ends_with("with AUTH PLAIN …"), "{login_refused}");
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn one_unknown_receiver_costs_the_others_nothing() {
    let server = Server::start(Security::Plain).await;
    let channel = open(DeliveryTarget::Email(email(&server)));
    server.refuse("ann@news.example");
    send(&channel, &alert(1, "Port strike"), None).await.unwrap();
    let mails = server.mails();
    assert_eq!((mails.len(), mails[0].to.as_slice()), (1, &["ben@news.example".to_owned()][..]));
}
