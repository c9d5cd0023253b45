//! A run: a number of requests over a number of connections.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::dice::Dice;
use crate::loopback::{Server, Version};
use crate::pages::app;
use crate::visitor::Visitor;

/// The size of a run.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub requests: u32,
    pub connections: u32,
    pub seed: u64,
}

impl Load {
    /// Serves the app, runs the clients, and waits until everything has ended.
    pub async fn run(self) {
        let before = tasks();
        let server = Server::of(app()).await;
        let mut visitors = JoinSet::new();
        for which in 0..self.connections {
            let version = if which % 2 == 0 { Version::Http1 } else { Version::Http2 };
            let dice = Dice::new(self.seed, which.into());
            let mut visitor = Visitor { address: server.address, version, dice, client: None };
            visitors.spawn(async move {
                for number in (which..self.requests).step_by(self.connections as usize) {
                    visitor.visit(number).await;
                }
            });
        }
        while let Some(visited) = visitors.join_next().await {
            visited.unwrap();
        }
        server.stop().await;
        // The tasks of closed connections may not be dropped yet.
        while tasks() > before {
            tokio::task::yield_now().await;
        }
        // The runtime runs once more, which frees their sockets.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}
