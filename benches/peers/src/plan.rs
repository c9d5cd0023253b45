//! What the command line asks for.

use crate::database::Server;
use crate::figure::{Part, Peer};
use crate::queue::Result;

const USAGE: &str = "\
signals-peers [PART..] [--database sqlite|postgres|mysql].. [--queue signals|apalis|graphile|celery].. [--rounds N]
The parts are rates, latency, idle and memory; without one, all are measured. The servers are those of
SIGNALS_TEST_POSTGRES_URL and SIGNALS_TEST_MYSQL_URL. PEERS_PYTHON is the Python that has Celery.";

pub struct Plan {
    pub parts: Vec<Part>,
    pub servers: Vec<Server>,
    pub peers: Vec<Peer>,
    pub rounds: usize,
}

impl Plan {
    pub fn from_args(args: &[String]) -> Result<Self> {
        let (mut parts, mut databases, mut peers, mut rounds) = (Vec::new(), Vec::new(), Vec::new(), 3);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().map(String::as_str).ok_or(USAGE);
            match arg.as_str() {
                "--database" => databases.push(value()?.to_owned()),
                "--queue" => peers.push(find(&Peer::ALL, value()?, Peer::name)?),
                "--rounds" => rounds = value()?.parse()?,
                part => parts.push(find(&Part::ALL, part, Part::name)?),
            }
        }
        let or_all = |list: Vec<Peer>| if list.is_empty() { Peer::ALL.to_vec() } else { list };
        let parts = if parts.is_empty() { Part::ALL.to_vec() } else { parts };
        Ok(Self { parts, servers: servers(&databases)?, peers: or_all(peers), rounds })
    }
}

fn find<T: Copy>(all: &[T], name: &str, of: impl Fn(T) -> &'static str) -> Result<T> {
    all.iter().copied().find(|one| of(*one) == name).ok_or_else(|| format!("`{name}` is unknown\n{USAGE}").into())
}

/// Returns the databases of these names, or all that are there.
fn servers(names: &[String]) -> Result<Vec<Server>> {
    let all = [
        Some(Server::Sqlite),
        std::env::var("SIGNALS_TEST_POSTGRES_URL").ok().map(Server::Postgres),
        std::env::var("SIGNALS_TEST_MYSQL_URL").ok().map(Server::Mysql),
    ];
    let present: Vec<_> = all.into_iter().flatten().collect();
    if names.is_empty() {
        return Ok(present);
    }
    let find = |name: &String| {
        let found = present.iter().find(|server| server.name() == name).cloned();
        found.ok_or_else(|| format!("`{name}` is unknown, or its server is not set\n{USAGE}").into())
    };
    names.iter().map(find).collect()
}
