//! TLS with certificates that the tests trust, and addresses of this machine.

use super::*;
use crate::tests::channels::{alert, later, to_send};
use crate::tests::mail::email;
use crate::tests::receivers::smtp::{Security as Offered, Server};

async fn send(email: &EmailTarget, trusted: Option<&Server>) -> Sent {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let client =
        Client::new(wirefold_http_client::Settings { allow, ..Default::default() }).unwrap();
    let root = |server: &Server| Certificate::from_der(server.certificate.clone()).unwrap();
    let roots: Vec<Certificate> = trusted.map(root).into_iter().collect();
    email.send_with(&client, &to_send(&alert(1, "Port strike"), None, None), &roots).await
}

#[tokio::test]
async fn login_and_mail_go_over_tls() {
    for offered in [Offered::StartTls, Offered::Tls] {
        let server = Server::start(offered).await;
        send(&email(&server), Some(&server)).await.unwrap();
        let mails = server.mails();
        assert_eq!((mails[0].over_tls, mails[0].logged_in), (true, true), "{offered:?}");
    }
}

#[tokio::test]
async fn nothing_goes_to_a_server_without_tls_or_with_a_certificate_of_nobody() {
    let stranger = Server::start(Offered::Tls).await;
    later(send(&email(&stranger), None).await);
    let plain = Server::start(Offered::Plain).await;
    let insists = EmailTarget { without_tls: false, ..email(&plain) };
    later(send(&insists, Some(&plain)).await);
    assert!(stranger.mails().is_empty() && plain.mails().is_empty());
}
