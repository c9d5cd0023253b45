//! What both databases of apalis 1.0 share. Its worker is generic over the storage, so this is a macro.

use apalis::prelude::{BoxDynError, Task, TaskBuilder};

use crate::queue::Result;
use crate::runs;

/// Builds the stored form of a run.
pub fn stored(number: i64) -> Result<Task<Vec<u8>>> {
    Ok(TaskBuilder::new(serde_json::to_vec(&number)?).build())
}

pub async fn nothing(_number: i64) -> std::result::Result<(), BoxDynError> {
    runs::ended();
    Ok(())
}

pub async fn stamp(number: i64) -> std::result::Result<(), BoxDynError> {
    runs::print_stamp(number);
    Ok(())
}

/// Runs a worker of the storage for one job. The compiler cannot see that its future is `Send`, so a thread drives it,
/// as that of `main` would.
macro_rules! run_worker {
    ($storage:expr, $pool:expr, $job:expr, $effect:path) => {{
        use ::apalis::prelude::{ParallelizeExt as _, WorkerBuilder, WorkerBuilderExt as _};
        let (storage, pool, runtime) = ($storage, $pool, tokio::runtime::Handle::current());
        let drive = move || {
            let worker = WorkerBuilder::new("peers").backend(storage).data(pool);
            match $job {
                $crate::queue::Job::Nothing => runtime.block_on(worker.build($crate::queues::apalis::nothing).run()),
                $crate::queue::Job::Stamp => runtime.block_on(worker.build($crate::queues::apalis::stamp).run()),
                $crate::queue::Job::Effect => {
                    let worker = worker.concurrency($crate::queue::setting("PEERS_CONCURRENCY", EFFECTS));
                    runtime.block_on(worker.parallelize(tokio::spawn).build($effect).run())
                }
            }
        };
        tokio::task::spawn_blocking(drive).await??;
    }};
}
