//! An app with its own server thread, and a minimal client.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use axum::Router;
use tokio::runtime::Builder;

use crate::clock::Clock;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const CONNECTIONS: u32 = 32;

/// Connections to an app.
pub struct Served {
    connections: Vec<TcpStream>,
    /// A response. All responses have the same length.
    answer: Vec<u8>,
    clock: Clock,
}

impl Served {
    /// Serves an app, and connects to it.
    pub fn new(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let clock = serve(app, listener);
        let mut connections: Vec<_> = (0..CONNECTIONS).map(|_| connect(address)).collect();
        let answer = first_answer(&mut connections[0]);
        Self { connections, answer, clock }
    }

    /// Sends at least this number of requests. Returns how long the server's thread ran for `times` of them.
    pub fn work(&mut self, times: u32) -> Duration {
        let before = self.clock.ran();
        let asked = self.waves(times);
        self.clock.ran().saturating_sub(before) * times / asked
    }

    /// Sends requests over each connection until there are enough, and returns their number.
    fn waves(&mut self, times: u32) -> u32 {
        let waves = times.div_ceil(CONNECTIONS);
        for _ in 0..waves {
            for connection in &mut self.connections {
                connection.write_all(REQUEST).unwrap();
            }
            for connection in &mut self.connections {
                connection.read_exact(&mut self.answer).unwrap();
            }
        }
        waves * CONNECTIONS
    }
}

/// Serves an app by one worker until the end of the program, and returns its clock.
fn serve(app: Router, listener: TcpListener) -> Clock {
    let (sender, receiver) = channel();
    let send_clock = move || sender.send(Clock::here()).unwrap_or_default();
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).on_thread_start(send_clock).enable_all().build().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let served = async { axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await };
        runtime.block_on(served).unwrap();
    });
    receiver.recv().unwrap()
}

fn connect(address: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_nodelay(true).unwrap();
    connection
}

fn first_answer(connection: &mut TcpStream) -> Vec<u8> {
    connection.write_all(REQUEST).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"!") {
        let mut byte = [0];
        connection.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    answer
}
