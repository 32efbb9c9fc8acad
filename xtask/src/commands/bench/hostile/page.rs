//! The page, which a reader requests during the day.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::machine::Stopwatch;

/// The number of requests in each consecutive five minutes.
const REQUESTS: usize = 5;
/// The pause between them.
const APART: Duration = Duration::from_millis(10);

/// The page on a port of its own.
pub(super) struct Page {
    address: SocketAddr,
}

impl Page {
    /// Serves the page for as long as the process runs.
    pub(super) async fn serve(router: Router) -> anyhow::Result<Page> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listen for the page")?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Page { address })
    }

    /// Requests the first page a few times. Returns the milliseconds of each answer.
    pub(super) async fn ask(&self) -> anyhow::Result<Vec<f64>> {
        let mut times = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let watch = Stopwatch::start();
            let answer = self.get().await.context("ask for the page")?;
            times.push(watch.seconds() * 1e3);
            ensure!(answer.starts_with("HTTP/1.1 200"), "the page answers {answer:.60}");
            tokio::time::sleep(APART).await;
        }
        Ok(times)
    }

    async fn get(&self) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        let request =
            format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
