//! The name of this host, and the id of a worker on it.

use std::{env, fs, process};

use uuid::Uuid;

/// Returns the name of this host, if it is known.
pub(crate) fn name() -> Option<String> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| env::var("HOSTNAME").ok());
    let host: String = host.or_else(|| env::var("COMPUTERNAME").ok())?.trim().chars().take(100).collect();
    Some(host).filter(|host| !host.is_empty())
}

/// Returns whether the worker of this id runs on the host of this name.
pub(crate) fn is_of(worker_id: &str, host: Option<&str>) -> bool {
    host.is_some() && worker_id.rsplitn(3, ':').nth(2) == host
}

/// Returns the host, the process id, and a number that is different at each start.
pub(crate) fn worker_id() -> String {
    let random = Uuid::now_v7().as_u64_pair().1 & 0xffff_ffff;
    format!("{}:{}:{random:08x}", name().unwrap_or_default(), process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_of_an_unknown_host_is_on_no_host() {
        assert!(is_of("web-1:7:00ff", Some("web-1")));
        assert!(is_of("fe80::1:7:00ff", Some("fe80::1")));
        assert!(!is_of("web-1:7:00ff", Some("web-2")));
        assert!(!is_of(":7:00ff", None) && !is_of(":7:00ff", Some("web-1")));
    }
}
