//! Bodies: caps, bombs, and those that never end.

use std::io::Write as _;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get as route;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::server::{serve, serve_bytes, serve_drops, serve_for_ever};
use super::{client, get};
use crate::{Request, SendError};

const MIB: usize = 1024 * 1024;

fn zipped(mebibytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; MIB];
    for _ in 0..mebibytes {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

/// Gzip of this many times 8 MiB of zeros. A part that ends in a flush can be repeated, because RFC 1951 lets
/// blocks follow each other. The checksum at the end is never reached.
fn bomb(times: usize) -> Vec<u8> {
    const GZIP_HEADER: usize = 10;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&vec![0; 8 * MIB]).unwrap();
    encoder.flush().unwrap();
    let (header, block) = encoder.get_ref().split_at(GZIP_HEADER);
    [header, &block.repeat(times)].concat()
}

fn capped(url: &str, max_body: u64) -> Request {
    Request { max_body, ..get(url) }
}

#[tokio::test]
async fn a_body_may_be_as_large_as_its_limit() {
    let routes = Router::new().route("/", route(async || vec![b'x'; 1000]));
    let url = format!("http://{}/", serve(routes).await);
    assert_eq!(client().send(capped(&url, 1000)).await.unwrap().body.len(), 1000);
    let error = client().send(capped(&url, 999)).await.unwrap_err();
    assert_eq!(error, SendError::TooLarge { limit: 999 });
}

/// A server that gives this body in this encoding.
async fn encoded(encoding: &'static str, body: Vec<u8>) -> String {
    let routes = Router::new()
        .route("/", route(async move || ([(header::CONTENT_ENCODING, encoding)], body.clone())));
    format!("http://{}/", serve(routes).await)
}

fn zstd(body: &[u8]) -> Vec<u8> {
    compress_to_vec(body, CompressionLevel::Fastest)
}

#[tokio::test]
async fn requested_encodings_are_decoded() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"hello").unwrap();
    let gzip = encoder.finish().unwrap();
    let brotli = [&[0x0b, 2, 0x80][..], b"hello", &[3]].concat();
    let two_frames = [zstd(b"hel"), zstd(b"lo")].concat();
    for (encoding, body) in [
        ("gzip", gzip.clone()),
        ("X-GZIP", gzip),
        ("br", brotli),
        ("zstd", zstd(b"hello")),
        ("zstd", two_frames),
        ("identity", b"hello".to_vec()),
    ] {
        let url = encoded(encoding, body).await;
        assert_eq!(client().send(get(&url)).await.unwrap().body, "hello", "{encoding}");
    }
    let nothing = encoded("gzip", Vec::new()).await;
    assert_eq!(client().send(get(&nothing)).await.unwrap().body, "");
}

#[tokio::test]
async fn bodies_that_expand_too_much_are_refused() {
    let zeros = vec![0; 20 * MIB];
    for (encoding, body) in [("gzip", zipped(20)), ("zstd", zstd(&zeros))] {
        let url = encoded(encoding, body).await;
        let answer = client().send(capped(&url, 64 * MIB as u64)).await;
        let error = answer.map(|answer| answer.body.len()).unwrap_err();
        assert_eq!(error, SendError::Bomb { times: 200 }, "{encoding}");
    }
    let url = encoded("gzip", zipped(1)).await;
    assert_eq!(client().send(get(&url)).await.unwrap().body.len(), MIB, "a mebibyte harms nobody");
}

/// Some servers encode wrongly, and work in compatibility mode.
#[tokio::test]
async fn the_plainest_way_asks_for_no_encoding() {
    let echo = |headers: HeaderMap| async move {
        headers.get("accept-encoding").map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let url = format!("http://{}/", serve(Router::new().route("/", route(echo))).await);
    let plain = Request { is_plain: true, ..get(&url) };
    assert_eq!(client().send(plain).await.unwrap().body, "identity");
}

/// The most memory this process has used, in bytes; zero if the system does not report it.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// A gibibyte of zeros in a few megabytes of gzip: reading stops at the cap and not at the end.
#[tokio::test]
async fn a_bomb_is_stopped_at_the_cap() {
    let bomb = Bytes::from(bomb(128));
    assert!(bomb.len() < 8 * MIB, "{}", bomb.len());
    let routes = Router::new()
        .route("/", route(async move || ([(header::CONTENT_ENCODING, "gzip")], bomb.clone())));
    let url = format!("http://{}/", serve(routes).await);
    let before = peak_memory();
    let error = client().send(capped(&url, 8 * MIB as u64)).await.unwrap_err();
    assert_eq!(error, SendError::TooLarge { limit: 8 * MIB as u64 });
    let grown = peak_memory() - before;
    assert!(grown < 128 * MIB, "grown by {grown} bytes");
}

#[tokio::test]
async fn an_endless_body_is_stopped_at_the_cap() {
    let (address, written) = serve_for_ever(b"HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 65_536]).await;
    let error = client().send(capped(&format!("http://{address}/"), MIB as u64)).await.unwrap_err();
    assert_eq!(error, SendError::TooLarge { limit: MIB as u64 });
    let written = written.await.unwrap();
    assert!(written < 64 * MIB, "{written} bytes written before the client was gone");
}

/// Servers name an encoding that the body does not have, none, or one that nobody knows.
#[tokio::test]
async fn the_bytes_of_a_body_count_more_than_its_header() {
    let text = || b"<rss>hello</rss>".to_vec();
    let zip = |body: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&text()).unwrap();
    let zlib = zlib.finish().unwrap();
    let raw = zlib[2..zlib.len() - 4].to_vec();
    for (encoding, body) in [
        ("", zip(&text())),
        ("gzip", text()),
        ("br", text()),
        ("deflate", text()),
        ("UTF-8", text()),
        ("none", zip(&text())),
        ("aws-chunked", text()),
        ("aws-chunked,gzip", zip(&text())),
        ("gzip, gzip", zip(&zip(&text()))),
        ("br", zip(&text())),
        ("gzip", zstd(&text())),
        ("gzip", zlib.clone()),
        ("identity", zlib.clone()),
        ("deflate", zlib),
        ("deflate", raw),
        ("gzip", [zip(&text()), b"\0\0garbage".to_vec()].concat()),
    ] {
        let url = encoded(encoding, body).await;
        assert_eq!(client().send(get(&url)).await.unwrap().body, text(), "{encoding}");
    }
    let nested = encoded("gzip", zip(&zipped(20))).await;
    let error = client().send(capped(&nested, 64 * MIB as u64)).await.unwrap_err();
    assert_eq!(error, SendError::Bomb { times: 200 });
}

#[tokio::test]
async fn broken_answers_are_broken() {
    for answer in [
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\no\x01ps",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let address = serve_bytes(answer.as_bytes().to_vec()).await;
        let error = client().send(get(&format!("http://{address}/"))).await.unwrap_err();
        assert!(matches!(error, SendError::Broken { .. }), "{answer:?}: {error:?}");
    }
    let headers = "X: y\r\n".repeat(100_000);
    let endless = serve_bytes(format!("HTTP/1.1 200 OK\r\n{headers}").into_bytes()).await;
    let refused = client().send(get(&format!("http://{endless}/"))).await.unwrap_err();
    assert!(matches!(refused, SendError::Broken { .. }), "{refused:?}");
}

/// Every byte would postpone a deadline that applies to single reads.
#[tokio::test]
async fn slow_and_silent_servers_meet_the_deadline() {
    let after = Duration::from_millis(300);
    let dripping = serve_drops(b"HTTP/1.1 200 OK\r\n\r\n", Duration::from_millis(20)).await;
    let silent = serve_bytes(Vec::new()).await;
    let unfinished =
        serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec()).await;
    for address in [dripping, silent, unfinished] {
        let request = Request { total: after, ..get(&format!("http://{address}/")) };
        assert_eq!(client().send(request).await.unwrap_err(), SendError::TimedOut { after });
    }
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for status in [204, 304, 404, 410, 429, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        let routes = Router::new().route("/", route(async move || status));
        let url = format!("http://{}/", serve(routes).await);
        let answer = client().send(get(&url)).await.unwrap();
        assert_eq!(answer.status, status.as_u16());
        assert_eq!(answer.is_success(), status.is_success());
    }
}
