//! Proxies: only if configured, and with the same checks of requests.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::{client_that_allows, get, refusal};
use crate::{Request, SendError};

type Named = Arc<Mutex<Vec<String>>>;

/// A SOCKS5 proxy that records the requested names, and answers in place of every host.
async fn proxy() -> (Url, Named) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let named = Named::default();
    let noted = named.clone();
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let noted = noted.clone();
            tokio::spawn(async move {
                // Clients may connect at any time.
                let _ = serve(connection, noted).await;
            });
        }
    });
    (format!("socks5h://{address}").parse().unwrap(), named)
}

/// RFC 1928: methods, no login, a request by name, then the bytes of both sides.
async fn serve(mut connection: TcpStream, noted: Named) -> std::io::Result<()> {
    let mut methods = [0; 2];
    connection.read_exact(&mut methods).await?;
    connection.read_exact(&mut vec![0; methods[1].into()]).await?;
    connection.write_all(&[5, 0]).await?;
    let mut head = [0; 5];
    connection.read_exact(&mut head).await?;
    assert_eq!(head[..4], [5, 1, 0, 3], "it asks by name");
    let mut name = vec![0; usize::from(head[4]) + 2];
    connection.read_exact(&mut name).await?;
    let port = u16::from_be_bytes([name[name.len() - 2], name[name.len() - 1]]);
    let name = String::from_utf8_lossy(&name[..name.len() - 2]).into_owned();
    noted.lock().unwrap().push(format!("{name}:{port}"));
    connection.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    let mut question = [0; 4096];
    let _ = connection.read(&mut question).await?;
    connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere").await
}

#[tokio::test]
async fn a_proxy_is_given_names_and_finds_their_addresses_itself() {
    let (proxy, named) = proxy().await;
    let through = Request { proxy: Some(proxy), ..get("http://hidden.onion/feed") };
    let answer = client_that_allows(&[]).send(through).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"there"[..]));
    assert_eq!(*named.lock().unwrap(), ["hidden.onion:80"]);
}

#[tokio::test]
async fn a_proxy_does_not_widen_allowed_requests() {
    let (proxy, named) = proxy().await;
    for url in ["http://127.0.0.1/", "http://10.0.0.1/", "http://[::1]/", "http://a.example:22/"] {
        let through = Request { proxy: Some(proxy.clone()), ..get(url) };
        let error = client_that_allows(&[]).send(through).await.unwrap_err();
        assert!(matches!(error, SendError::Refused { .. }), "{url}: {error:?}");
    }
    assert!(named.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_choice_there_is_none() {
    // Any proxy would find a name of loopback; here its address is refused.
    refusal(&client_that_allows(&[]), "http://localhost/").await;
}
