//! Processes that this program starts, their lines, and what they take of the machine.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::queue::Result;

/// A process in a group of its own. It is killed with its children when this is dropped.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    pub fn start(mut command: Command) -> Result<Self> {
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let output = child.stdout.take().ok_or("the process has no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { input: child.stdin.take(), child, lines })
    }

    /// Returns the next line that the process prints.
    pub fn line(&self, timeout: Duration) -> Result<String> {
        Ok(self.lines.recv_timeout(timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => format!("a process printed no line within {timeout:?}"),
            RecvTimeoutError::Disconnected => "a process ended without a line".into(),
        })?)
    }

    /// Returns the next line as a number.
    pub fn number(&self, timeout: Duration) -> Result<f64> {
        let line = self.line(timeout)?;
        Ok(line.parse().map_err(|_| format!("`{line}` is not a number"))?)
    }

    /// Sends an empty line.
    pub fn send(&mut self) -> Result {
        let input = self.input.as_mut().ok_or("the input is closed")?;
        input.write_all(b"\n")?;
        Ok(input.flush()?)
    }

    /// Waits for the end of a process that ends by itself.
    pub fn wait(mut self) -> Result {
        drop(self.input.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("a process ended with {status}").into()) }
    }

    /// Returns the processor time of the process and its children, in seconds.
    pub fn seconds(&self) -> f64 {
        tree(self.child.id()).into_iter().filter_map(seconds).sum()
    }

    /// Returns the peak of the resident memory of the process and its children, in MiB.
    pub fn peak(&self) -> f64 {
        tree(self.child.id()).into_iter().filter_map(peak).sum()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group of this process alone.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// Returns the processor time of all processes with one of these names, in seconds.
pub fn seconds_of(names: &[&str]) -> f64 {
    let Ok(all) = fs::read_dir("/proc") else { return 0.0 };
    let pids = all.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_one =
        |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| names.contains(&name.trim_end()));
    pids.filter(is_one).filter_map(seconds).sum()
}

/// The sum of its threads, by the scheduler's own clock. The times in `stat` are samples at the ticks of a timer, with
/// which a process that sleeps for a fixed interval may be in step.
fn seconds(pid: u32) -> Option<f64> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let nanoseconds = threads.filter_map(|thread| {
        fs::read_to_string(thread.path().join("schedstat")).ok()?.split_whitespace().next()?.parse::<f64>().ok()
    });
    Some(nanoseconds.sum::<f64>() / 1e9)
}

fn peak(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

/// Returns a process and its descendants.
fn tree(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(pid) = all.get(next) {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        let children: Vec<u32> = children
            .flat_map(|ids| ids.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
            .collect();
        all.extend(children);
        next += 1;
    }
    all
}
