//! The time that threads ran. Other programs on the machine affect it less than the elapsed time.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The clock of a thread, from Linux.
pub struct Clock(PathBuf);

impl Clock {
    /// Returns the clock of this thread.
    pub fn here() -> Self {
        let thread = fs::read_link("/proc/thread-self").unwrap_or_default();
        Self(Path::new("/proc").join(thread).join("schedstat"))
    }

    /// Returns how long the thread has run so far.
    pub fn ran(&self) -> Duration {
        let text = fs::read_to_string(&self.0).unwrap();
        Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
    }
}

/// Returns how long all threads of this process have run so far.
pub fn all_ran() -> Duration {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    threads.map(|thread| Clock(thread.unwrap().path().join("schedstat")).ran()).sum()
}
