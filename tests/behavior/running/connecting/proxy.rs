//! A network that fails silently: a proxy in front of a server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use signals_test_behavior::url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Proxy {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    /// How many packets the clients sent.
    sent: AtomicUsize,
    /// The connections that carry something, by number.
    open: Mutex<HashMap<usize, watch::Sender<bool>>>,
    /// New connections carry nothing either.
    deaf: AtomicBool,
}

impl Proxy {
    /// A proxy in front of a new database.
    pub async fn start() -> Self {
        let behind = url().await;
        let (scheme, rest) = behind.split_once("://").unwrap();
        let (user, rest) = rest.split_once('@').unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("{scheme}://{user}@{}/{path}", listener.local_addr().unwrap());
        let shared =
            Arc::new(Shared { sent: AtomicUsize::new(0), open: Mutex::default(), deaf: AtomicBool::new(false) });
        tokio::spawn(serve(listener, host.to_owned(), Arc::clone(&shared)));
        Self { address, shared }
    }

    pub fn url(&self) -> &str {
        &self.address
    }

    pub fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::Relaxed)
    }

    /// Stops all traffic of the open connections, without closing them.
    pub fn silence_open(&self) {
        for connection in self.shared.open.lock().unwrap().values() {
            connection.send_replace(true);
        }
    }

    /// The same for new ones.
    pub fn silence_all(&self) {
        self.shared.deaf.store(true, Ordering::Relaxed);
        self.silence_open();
    }
}

async fn serve(listener: TcpListener, host: String, shared: Arc<Shared>) {
    for number in 0.. {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(&host).await.unwrap();
        let (silence, silent) = watch::channel(shared.deaf.load(Ordering::Relaxed));
        shared.open.lock().unwrap().insert(number, silence);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let up = async {
                let mut buffer = vec![0; 65536];
                while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
                    shared.sent.fetch_add(1, Ordering::Relaxed);
                    if *silent.borrow() {
                        std::future::pending::<()>().await;
                    }
                    if to_server.write_all(&buffer[..length]).await.is_err() {
                        break;
                    }
                }
            };
            let down = async {
                let mut buffer = vec![0; 65536];
                while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
                    if *silent.borrow() {
                        std::future::pending::<()>().await;
                    }
                    if to_client.write_all(&buffer[..length]).await.is_err() {
                        break;
                    }
                }
            };
            tokio::select! { () = up => {}, () = down => {} }
        });
    }
}
