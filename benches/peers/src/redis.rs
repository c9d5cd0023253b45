//! A Redis server for Celery, and the Python that has Celery.

use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process::Process;
use crate::queue::Result;

/// A server of its own on a free port of this machine, without persistence.
pub struct Redis {
    _server: Process,
    pub url: String,
}

impl Redis {
    pub fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--daemonize", "no", "--loglevel", "warning"]);
        let server = Process::start(command)?;
        for _ in 0..50 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(Self { _server: server, url: format!("redis://127.0.0.1:{port}/0") });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("redis-server does not answer".into())
    }
}

/// Returns the Python that can run Celery, or the reason why none can.
pub fn python() -> Result<String> {
    let python = std::env::var("PEERS_PYTHON").unwrap_or_else(|_| "python3".into());
    let imports = Command::new(&python)
        .args(["-c", "import celery, kombu.transport.redis, psycopg"])
        .stderr(Stdio::null())
        .status();
    match imports {
        Ok(status) if status.success() => Ok(python),
        Ok(_) => {
            Err(format!("`{python}` has no Celery; `pip install celery redis packaging 'psycopg[binary]'`").into())
        }
        Err(error) => Err(format!("`{python}` cannot be started: {error}").into()),
    }
}
