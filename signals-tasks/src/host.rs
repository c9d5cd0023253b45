//! The name of this host, and the id of a worker on it.

use std::{env, fs, process};

use uuid::Uuid;

/// Returns the name of this host, or an empty text if it is unknown.
pub(crate) fn name() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| env::var("HOSTNAME").ok());
    let host = host.or_else(|| env::var("COMPUTERNAME").ok()).unwrap_or_default();
    host.trim().chars().take(100).collect()
}

/// Returns the host, the process id, and a number that is different at each start.
pub(crate) fn worker_id() -> String {
    let random = Uuid::now_v7().as_u64_pair().1 & 0xffff_ffff;
    format!("{}:{}:{random:08x}", name(), process::id())
}
