//! For how long threads ran, which others on the machine change less than the time that passed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The clock of a thread, where Linux keeps it.
pub struct Clock(PathBuf);

impl Clock {
    /// That of this thread.
    pub fn here() -> Self {
        let thread = fs::read_link("/proc/thread-self").unwrap_or_default();
        Self(Path::new("/proc").join(thread).join("schedstat"))
    }

    /// For how long the thread ran so far.
    pub fn ran(&self) -> Duration {
        let told = fs::read_to_string(&self.0).unwrap();
        Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
    }
}

/// For how long all threads of this process ran so far.
pub fn all_ran() -> Duration {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    threads.map(|thread| Clock(thread.unwrap().path().join("schedstat")).ran()).sum()
}
