//! Receivers that call the library endlessly: the recursion limit ends each of them before the stack does.
//!
//! Each test runs itself again in a separate process, on a thread with half of the stack of a default thread
//! of Rust and tokio. An overflow would end that process.

mod deletes;
mod ends;
mod links;
mod nests;
mod saves;
mod sets;

use std::env;
use std::hint::black_box;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use signals::receivers::DEFAULT_RECURSION_LIMIT;
use signals::{Db, Error, Result};
use signals_test_behavior::{kind, url};

/// The stack that each test has.
const STACK: usize = 1024 * 1024;

/// How many bytes of the stack one level may take: half of what each receiver finds at least. The other half
/// is for the statement at the end of the nest.
const LEVEL: usize = 256 * 1024;

/// From here on, two levels are on different segments of the stack.
const APART: usize = 2 * LEVEL;

/// Set in the process that runs one test: how much stack it has.
const VARIABLE: &str = "SIGNALS_TEST_STACK";

/// What a receiver of a test keeps while it waits.
pub type Locals = [u8; 2048];

/// Where the stack of each level was, outermost first.
static LEVELS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Two KB that the compiler cannot optimize out.
#[inline(never)]
pub fn locals() -> Locals {
    black_box([7; 2048])
}

/// Records the position of the stack.
#[inline(never)]
pub fn enter(locals: &Locals) {
    let here = 0_u8;
    LEVELS.lock().unwrap().push((&raw const here).addr());
    black_box(locals);
}

/// How deep it is now.
pub fn depth() -> i64 {
    i64::try_from(LEVELS.lock().unwrap().len()).unwrap()
}

/// Runs `again` in a receiver that has two KB of locals.
macro_rules! with_locals {
    ($again:expr) => {{
        let kept = $crate::stack::locals();
        $crate::stack::enter(&kept);
        let outcome = $again;
        std::hint::black_box(&kept);
        outcome
    }};
}
use with_locals;

/// Makes a module with a model, a receiver that calls the library again, and a test that makes the first
/// call.
macro_rules! endless {
    (
        $(#[$doc:meta])*
        $name:ident($table:literal, $signal:ident $(, $option:ident)*):
        async |$instance:ident: $type:ty, $tx:ident| $again:expr,
        async |$db:ident| $first:expr
    ) => {
        $(#[$doc])*
        mod $name {
            use signals::{$signal, Model, Result, Tx, receiver};

            #[allow(unused_imports, reason = "some modules share a helper")]
            use super::*;
            use $crate::stack::{depth, is_ended, reaches_the_limit, with_locals};

            #[derive(Debug, Clone, Default, Model)]
            #[model(table = $table)]
            struct Row {
                id: i64,
                n: i64,
                name: String,
            }

            impl Row {
                /// A row that no other level has.
                fn new() -> Self {
                    Self { id: 0, n: depth(), name: "row".into() }
                }
            }

            #[receiver($signal, sender = Row $(, $option)*)]
            async fn again($instance: $type, $tx: &Tx) -> Result<()> {
                with_locals!($again)
            }

            #[test]
            fn at_the_limit() {
                reaches_the_limit(module_path!(), async |$db| is_ended($first));
            }
        }
    };
}
use endless;

/// Runs `work` with the tables of the module in a separate process. It must reach every level up to the
/// limit.
pub fn reaches_the_limit(module: &'static str, work: impl AsyncFnOnce(Db) + Send + 'static) {
    // Without the name of the crate.
    let test = format!("{}::at_the_limit", module.split_once("::").unwrap().1);
    let Ok(stack) = env::var(VARIABLE) else {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", &test, "--nocapture"])
            .env(VARIABLE, STACK.to_string())
            .env("SIGNALS_TEST_DATABASE", kind().name())
            .output()
            .unwrap();
        let (printed, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}:\n{printed}\n{complained}", output.status);
        assert!(printed.contains("1 passed"), "{printed}");
        return;
    };
    let stack = stack.parse().unwrap();
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = Db::connect(&url().await).await.unwrap();
            db.create_tables_of(|model| model.path().starts_with(module)).await.unwrap();
            work(db).await;
        });
    };
    thread::Builder::new().name(test.clone()).stack_size(stack).spawn(run).unwrap().join().unwrap();
    check_levels(&test);
}

/// As many levels as the limit allows ran, and none took too much.
fn check_levels(test: &str) {
    let levels = LEVELS.lock().unwrap();
    let sizes = levels.windows(2).map(|pair| pair[0].saturating_sub(pair[1])).filter(|size| *size < APART);
    let most = sizes.max().unwrap_or_default();
    println!("{test}: {} levels of {most} bytes", levels.len());
    assert_eq!(levels.len(), DEFAULT_RECURSION_LIMIT as usize);
    assert!(most <= LEVEL, "a level of {test} takes {most} bytes of the stack, and {LEVEL} are allowed");
}

/// The call failed, since signals nested too deep.
pub fn is_ended<T: std::fmt::Debug>(outcome: Result<T>) {
    let error = outcome.unwrap_err();
    let Error::Recursion(recursion) = &error else { panic!("{error}") };
    assert_eq!((recursion.limit, recursion.chain.len()), (DEFAULT_RECURSION_LIMIT, DEFAULT_RECURSION_LIMIT as usize));
}
