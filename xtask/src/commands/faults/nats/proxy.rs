//! A proxy in front of a server, which simulates a broken network.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::fault::Network;
use crate::machine::lock;

/// The number of bytes that are passed on at a time.
const AT_ONCE: usize = 64 << 10;

/// A proxy, which listens until the process ends.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    target: SocketAddr,
    rule: Mutex<Rule>,
    open: Mutex<Vec<Arc<Connection>>>,
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
        let rule = Mutex::new(Rule { network: Network::Whole, name: None });
        let shared = Arc::new(Shared { target, rule, open: Mutex::default() });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let carrying = accepting.clone();
                std::thread::spawn(move || carrying.carry(client));
            }
        });
        Ok(Proxy { address, shared })
    }

    /// Sets the state of the network for the client with this name, or for all. Returns the number of connections that
    /// break.
    pub(super) fn set(&self, network: Network, name: Option<&str>) -> usize {
        let rule = Rule { network, name: name.map(str::to_owned) };
        *lock(&self.shared.rule) = rule.clone();
        let mut broken = 0;
        for connection in lock(&self.shared.open).iter() {
            if !rule.is_about(lock(&connection.name).as_deref()) {
                continue;
            }
            match network {
                Network::Cut | Network::Mute => connection.end(),
                Network::HalfOpen => connection.is_dead.store(true, Ordering::Relaxed),
                Network::Whole | Network::Slow(_) => continue,
            }
            broken += 1;
        }
        broken
    }

    /// The names of the connected clients.
    pub(super) fn names(&self) -> Vec<String> {
        let open = lock(&self.shared.open);
        let names: BTreeSet<String> = open.iter().filter_map(|it| lock(&it.name).clone()).collect();
        names.into_iter().collect()
    }
}

impl Rule {
    fn is_about(&self, name: Option<&str>) -> bool {
        self.name.is_none() || self.name.as_deref() == name
    }
}

impl Shared {
    fn carry(&self, mut client: TcpStream) {
        let rule = lock(&self.rule).clone();
        if rule.name.is_none() {
            match rule.network {
                Network::Cut => return,
                Network::Mute | Network::HalfOpen => return swallow(&mut client),
                Network::Whole | Network::Slow(_) => {}
            }
        }
        let Ok(server) = TcpStream::connect(self.target) else { return };
        let (name, is_dead) = (Mutex::default(), AtomicBool::new(false));
        let connection = Arc::new(Connection { client, server, name, is_dead });
        lock(&self.open).push(connection.clone());
        std::thread::scope(|scope| {
            let (at_client, at_server) = (&connection.client, &connection.server);
            scope.spawn(|| self.pump(&connection, at_server, at_client, false));
            self.pump(&connection, at_client, at_server, true);
        });
        lock(&self.open).retain(|it| !Arc::ptr_eq(it, &connection));
    }

    /// Passes one direction on until either end closes.
    fn pump(&self, on: &Connection, mut from: &TcpStream, mut to: &TcpStream, is_client: bool) {
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
                    std::thread::park_timeout(Duration::from_millis(millis as u64));
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
