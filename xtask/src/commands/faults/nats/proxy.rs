//! A proxy in front of a server, which simulates a broken network.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The number of bytes that are passed on at a time.
const AT_ONCE: usize = 64 << 10;

/// The state of the network for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// It works.
    Whole,
    /// Connections end, and new ones are refused.
    Cut,
    /// Connections stay open but pass nothing on, for ever. New connections are the same.
    HalfOpen,
    /// Connections end. New ones are accepted but never answered.
    Mute,
    /// Each packet takes this many milliseconds longer.
    Slow(u64),
}

/// A proxy, which listens until the process ends.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    target: SocketAddr,
    rule: Mutex<Rule>,
    open: Mutex<Vec<Arc<Connection>>>,
    /// The number of connections that were affected.
    struck: AtomicU64,
}

#[derive(Clone)]
struct Rule {
    network: Network,
    /// Only connections of the client with this name.
    name: Option<String>,
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// The name of the client, once it has sent it.
    name: Mutex<Option<String>>,
    /// Whether it passes nothing on any more.
    is_dead: AtomicBool,
}

impl Proxy {
    pub(super) fn before(target: SocketAddr) -> std::io::Result<Proxy> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            target,
            rule: Mutex::new(Rule { network: Network::Whole, name: None }),
            open: Mutex::default(),
            struck: AtomicU64::new(0),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let carrying = accepting.clone();
                std::thread::spawn(move || carrying.carry(client));
            }
        });
        Ok(Proxy { address, shared })
    }

    /// Sets the state of the network for the client with this name, or for all.
    pub(super) fn set(&self, network: Network, name: Option<&str>) {
        let rule = Rule { network, name: name.map(str::to_owned) };
        *lock(&self.shared.rule) = rule.clone();
        for connection in lock(&self.shared.open).iter() {
            if !rule.is_about(lock(&connection.name).as_deref()) {
                continue;
            }
            match network {
                Network::Cut | Network::Mute => {
                    connection.end();
                    self.shared.struck.fetch_add(1, Ordering::Relaxed);
                }
                Network::HalfOpen => {
                    connection.is_dead.store(true, Ordering::Relaxed);
                    self.shared.struck.fetch_add(1, Ordering::Relaxed);
                }
                Network::Whole | Network::Slow(_) => {}
            }
        }
    }

    /// The number of connections that were affected.
    pub(super) fn struck(&self) -> u64 {
        self.shared.struck.load(Ordering::Relaxed)
    }

    /// The names of the connected clients.
    pub(super) fn names(&self) -> Vec<String> {
        let open = lock(&self.shared.open);
        let mut names: Vec<String> = open.iter().filter_map(|it| lock(&it.name).clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

impl Rule {
    fn is_about(&self, name: Option<&str>) -> bool {
        self.name.is_none() || self.name.as_deref() == name
    }
}

impl Shared {
    fn carry(self: Arc<Self>, mut client: TcpStream) {
        let rule = lock(&self.rule).clone();
        if rule.name.is_none() {
            match rule.network {
                Network::Cut => return,
                Network::Mute | Network::HalfOpen => return swallow(&mut client),
                Network::Whole | Network::Slow(_) => {}
            }
        }
        let Ok(server) = TcpStream::connect(self.target) else { return };
        let clones =
            (client.try_clone(), server.try_clone(), client.try_clone(), server.try_clone());
        let (Ok(from_client), Ok(to_server), Ok(to_client), Ok(from_server)) = clones else {
            return;
        };
        let (name, is_dead) = (Mutex::default(), AtomicBool::new(false));
        let connection = Arc::new(Connection { client, server, name, is_dead });
        lock(&self.open).push(connection.clone());
        let (there, back) = (self.clone(), connection.clone());
        let answering =
            std::thread::spawn(move || there.pump(&back, from_server, to_client, false));
        self.pump(&connection, from_client, to_server, true);
        let _ = answering.join();
        lock(&self.open).retain(|it| !Arc::ptr_eq(it, &connection));
    }

    /// Passes one direction on until either end closes.
    fn pump(&self, on: &Connection, mut from: TcpStream, mut to: TcpStream, is_client: bool) {
        let mut buffer = vec![0; AT_ONCE];
        while let Ok(bytes) = from.read(&mut buffer) {
            if bytes == 0 {
                break;
            }
            let mut name = lock(&on.name);
            if is_client && name.is_none() {
                *name = called(&buffer[..bytes]);
            }
            let rule = lock(&self.rule).clone();
            let is_hit = rule.is_about(name.as_deref());
            drop(name);
            match rule.network {
                // The connection was made before its name was known.
                Network::Cut if is_hit => break,
                Network::Mute | Network::HalfOpen if is_hit && is_client => {
                    on.is_dead.store(true, Ordering::Relaxed);
                }
                Network::Slow(millis) if is_hit => {
                    std::thread::park_timeout(Duration::from_millis(millis));
                }
                _ => {}
            }
            let is_dead = on.is_dead.load(Ordering::Relaxed);
            if !is_dead && to.write_all(&buffer[..bytes]).is_err() {
                break;
            }
        }
        // A client that is cut off does not notice that the other end is gone.
        if !on.is_dead.load(Ordering::Relaxed) || is_client {
            on.end();
        }
    }
}

impl Connection {
    fn end(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

/// Reads until the client closes.
fn swallow(client: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while client.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {}
}

/// The name of a client in its first line.
fn called(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let (_, rest) = text.split_once("\"name\":\"")?;
    Some(rest.split('"').next()?.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
