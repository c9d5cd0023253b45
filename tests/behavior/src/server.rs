//! Separate servers for tests, which can be killed: PostgreSQL, MariaDB, and a pooler in front of PostgreSQL.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::time::{Duration, Instant};
use std::{fs, thread};

use program::{is_installed, skipped};
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;

use crate::Kind;

/// How long it may take to listen.
const LONGEST_START: Duration = Duration::from_mins(3);

/// A server on a port of its own, with its data in a folder that goes with it. It is killed when this is
/// dropped.
#[derive(Debug)]
pub struct Server {
    program: Program,
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Postgres,
    Mariadb,
    Pgbouncer,
}

impl Program {
    fn path(self) -> PathBuf {
        match self {
            Self::Postgres => postgres("postgres"),
            Self::Mariadb => "mariadbd".into(),
            Self::Pgbouncer => "pgbouncer".into(),
        }
    }

    /// The tests that need it, and the package that has it.
    fn package(self) -> (&'static str, &'static str) {
        match self {
            Self::Postgres => ("PostgreSQL that goes away", "postgresql"),
            Self::Mariadb => ("MariaDB that goes away", "mariadb-server"),
            Self::Pgbouncer => ("PostgreSQL behind PgBouncer", "pgbouncer"),
        }
    }
}

impl Server {
    /// A new server of this kind, if its programs are installed.
    ///
    /// # Panics
    ///
    /// If it does not start, or if it is not installed and `SIGNALS_TEST_REQUIRE` is `all`.
    pub fn start(kind: Kind) -> Option<Self> {
        let server = match kind {
            Kind::Postgres => Self::prepared(Program::Postgres),
            Kind::Mysql => Self::prepared(Program::Mariadb),
            Kind::Memory | Kind::File => panic!("SQLite has no server"),
        }?;
        server.make_data();
        Some(server.started(|_| {}))
    }

    /// A pooler that gives each transaction any of three connections of the PostgreSQL at `url`, if it is
    /// installed.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn pooler(url: &str) -> Option<Self> {
        let server = Self::prepared(Program::Pgbouncer)?;
        let behind = PgConnectOptions::from_str(url).unwrap();
        let (host, port, user) = (behind.get_host(), behind.get_port(), behind.get_username());
        Some(server.started(|server| {
            let settings = format!(
                "[databases]\n* = host={host} port={port} user={user}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n\
                 auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nignore_startup_parameters = extra_float_digits\n",
                server.port
            );
            fs::write(server.path("pgbouncer.ini"), settings).unwrap();
        }))
    }

    fn prepared(program: Program) -> Option<Self> {
        if !is_installed(&program.path()) {
            let (what, package) = program.package();
            skipped(what, &format!("install Debian's package {package}"));
            return None;
        }
        let folder = tempfile::Builder::new().prefix("signals").tempdir().unwrap();
        // Whoever the server runs as reads and writes here.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        Some(Self { program, folder, port: 0, running: None })
    }

    /// Starts it on a free port, after `configure` has written what names the port.
    fn started(mut self, configure: impl Fn(&Self)) -> Self {
        for _ in 0..10 {
            self.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            configure(&self);
            // Another program may take the port first.
            if self.run() {
                return self;
            }
        }
        panic!("it ends at once: {}", self.log());
    }

    /// The address that [`Db`](signals::Db) takes.
    pub fn url(&self) -> String {
        match self.program {
            Program::Postgres | Program::Pgbouncer => format!("postgres://postgres@127.0.0.1:{}/postgres", self.port),
            Program::Mariadb => format!("mysql://root@127.0.0.1:{}/test", self.port),
        }
    }

    /// Kills it like a power failure: no messages are sent, and nothing is finished.
    ///
    /// # Panics
    ///
    /// If it is not running.
    pub fn kill(&mut self) {
        let mut child = self.running.take().unwrap();
        // Without a signal, the children of PostgreSQL would continue to run.
        let signal = if self.program == Program::Postgres { "-QUIT" } else { "-KILL" };
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, pid.as_str()]).status().unwrap().success());
        child.wait().unwrap();
    }

    /// Starts it on its existing data.
    ///
    /// # Panics
    ///
    /// If it does not listen within a minute.
    pub fn restart(&mut self) {
        let until = Instant::now() + LONGEST_START;
        while !self.run() {
            // A client of another test may have its port for a while.
            assert!(Instant::now() < until, "{}", self.log());
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Runs its program, and returns whether it listens. Otherwise it has ended.
    fn run(&mut self) -> bool {
        let log = fs::File::create(self.path("log")).unwrap();
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.running = Some(command.spawn().unwrap());
        let until = Instant::now() + LONGEST_START;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < until, "{}", self.log());
            thread::sleep(Duration::from_millis(20));
            if self.has_ended() {
                return false;
            }
        }
        !self.has_ended()
    }

    /// Returns whether its program has ended by itself.
    fn has_ended(&mut self) -> bool {
        self.running.take_if(|child| child.try_wait().unwrap().is_some()).is_some()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// Returns the command that runs it.
    fn command(&self) -> Command {
        let (data, port) = (self.path("data"), self.port);
        match self.program {
            Program::Postgres => {
                let mut command = as_postgres(&self.program.path());
                command.arg("-D").arg(&data).arg("-k").arg(self.folder.path());
                command.args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
                command
            }
            Program::Mariadb => {
                let mut command = Command::new(self.program.path());
                command.args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1"]);
                command.arg(format!("--port={port}")).arg(format!("--datadir={}", data.display()));
                command.arg(format!("--socket={}", self.path("socket").display()));
                command
            }
            Program::Pgbouncer => {
                let mut command = as_postgres(&self.program.path());
                command.arg(self.path("pgbouncer.ini"));
                command
            }
        }
    }

    fn make_data(&self) {
        let data = self.path("data");
        let mut command = if self.program == Program::Postgres {
            let mut command = as_postgres(&postgres("initdb"));
            command.arg("-D").arg(&data).args(["-A", "trust", "-U", "postgres"]);
            command
        } else {
            let mut command = Command::new("mariadb-install-db");
            command.args(["--no-defaults", "--user=root", "--auth-root-authentication-method=normal"]);
            command.arg(format!("--datadir={}", data.display()));
            command
        };
        let made = command.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}

/// Returns the path of a program of PostgreSQL; Debian does not put it in `PATH`.
fn postgres(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions.map(|version| version.unwrap().path().join("bin").join(name)).max();
    newest.unwrap_or_else(|| name.into())
}

/// Runs it as the user `postgres` if this process is root, because it refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}
