//! A proxy in front of a server, which loses packets or breaks connections.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A proxy on a port of its own. Its connections are closed when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    server: String,
    port: u16,
    state: Arc<Mutex<State>>,
}

/// What becomes of new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pass,
    Swallow,
    Refuse,
    Closed,
}

#[derive(Debug)]
struct State {
    mode: Mode,
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// Whether its bytes are lost in both directions. It never passes any again.
    swallows: Arc<AtomicBool>,
}

impl Connection {
    /// Returns whether the server sees it at this port.
    fn is_at(&self, port: u16) -> bool {
        self.server.local_addr().is_ok_and(|address| address.port() == port)
    }

    fn close(&self) {
        drop(self.client.shutdown(Shutdown::Both));
        drop(self.server.shutdown(Shutdown::Both));
    }
}

impl Proxy {
    /// Starts a proxy in front of the server of this URL, which names its host and port.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { mode: Mode::Pass, connections: Vec::new() }));
        let proxy = Self { server: server(url).to_owned(), port, state: Arc::clone(&state) };
        let server = proxy.server.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                match state.mode {
                    Mode::Closed => return,
                    Mode::Refuse => {}
                    Mode::Pass | Mode::Swallow => {
                        let swallows = state.mode == Mode::Swallow;
                        let server = TcpStream::connect(server.as_str());
                        // The client may be gone.
                        if let Ok(connection) = server.and_then(|server| connected(client, server, swallows)) {
                            state.connections.push(connection);
                        }
                    }
                }
            }
        });
        proxy
    }

    /// Returns the URL with the proxy in place of the server.
    pub fn url(&self, url: &str) -> String {
        url.replacen(&self.server, &format!("127.0.0.1:{}", self.port), 1)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loses all bytes of the present connections, and passes those of new ones.
    pub fn swallow_present(&self) {
        for connection in &self.state().connections {
            connection.swallows.store(true, Ordering::Relaxed);
        }
    }

    /// Returns whether the server sees a connection of this proxy at this port.
    pub fn has(&self, port: u16) -> bool {
        self.state().connections.iter().any(|connection| connection.is_at(port))
    }

    /// Loses all bytes of the connection that the server sees at this port, and returns whether there is one.
    pub fn swallow(&self, port: u16) -> bool {
        let state = self.state();
        let Some(connection) = state.connections.iter().find(|connection| connection.is_at(port)) else { return false };
        connection.swallows.store(true, Ordering::Relaxed);
        true
    }

    /// Loses all bytes of the present connections, and of new ones.
    pub fn swallow_all(&self) {
        self.swallow_present();
        self.state().mode = Mode::Swallow;
    }

    /// Closes all connections, and refuses new ones.
    pub fn refuse(&self) {
        self.close(Mode::Refuse);
    }

    /// Passes the bytes of new connections.
    pub fn pass(&self) {
        self.state().mode = Mode::Pass;
    }

    fn close(&self, mode: Mode) {
        let mut state = self.state();
        state.mode = mode;
        state.connections.drain(..).for_each(|connection| connection.close());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.close(Mode::Closed);
        // Its thread ends after another connection.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// Returns the host and the port of a URL.
fn server(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    rest.rsplit('@').next().unwrap_or_default()
}

fn connected(client: TcpStream, server: TcpStream, swallows: bool) -> io::Result<Connection> {
    let swallows = Arc::new(AtomicBool::new(swallows));
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (from, to, swallows) = (from.try_clone()?, to.try_clone()?, Arc::clone(&swallows));
        thread::spawn(move || copy(from, to, &swallows));
    }
    Ok(Connection { client, server, swallows })
}

fn copy(mut from: TcpStream, mut to: TcpStream, swallows: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !swallows.load(Ordering::Relaxed) && to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // The end of a connection is lost too.
    if !swallows.load(Ordering::Relaxed) {
        drop(to.shutdown(Shutdown::Both));
    }
}
