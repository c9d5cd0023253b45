//! The error of sends that nest past the limit, and the text of their chain.

use std::error::Error as StdError;
use std::fmt;

use super::receiver::ReceiverCall;

/// Sends that nested past the limit.
///
/// Its text shows each step once, and a cycle with the number of its repetitions.
///
/// # Examples
///
/// ```standalone_crate
/// # use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
/// # #[derive(Debug, Clone, Model)]
/// # struct Note { id: i64, text: String, stars: i32 }
/// #[receiver(post_save, sender = Note)]
/// async fn save_again(instance: &Note, tx: &Tx) -> Result<()> {
///     instance.clone().save(tx).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// let error = Note { id: 0, text: String::new(), stars: 0 }.create(&db).await.unwrap_err();
/// let Error::Recursion(recursion) = error else { unreachable!() };
/// assert_eq!((recursion.limit, recursion.chain.len()), (32, 32));
/// assert!(recursion.chain.iter().all(|step| step.receiver.ends_with("::save_again")));
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct RecursionError {
    /// The maximum depth of nested sends.
    pub limit: u32,
    /// Each call of a receiver, outermost first.
    pub chain: Vec<ReceiverCall>,
}

impl RecursionError {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, chain: Vec::new() }
    }
}

impl fmt::Display for RecursionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signals nested deeper than {} levels; the chain was:", self.limit)?;
        let (before, cycle) = split(&self.chain);
        for step in before {
            write!(f, "\n  {step}")?;
        }
        let times = (self.chain.len() - before.len()) / cycle.len().max(1);
        match cycle {
            [] => {}
            [step] => write!(f, "\n  {step}, {times} times")?,
            steps => {
                write!(f, "\n  {times} times:")?;
                for step in steps {
                    write!(f, "\n    {step}")?;
                }
            }
        }
        f.write_str("\na receiver must not send its own signal endlessly: save with `.quiet()` in it, or only if something changed")
    }
}

impl StdError for RecursionError {}

/// Returns the steps before a cycle, and the steps of the cycle once. Without a cycle, the second part is
/// empty.
fn split(chain: &[ReceiverCall]) -> (&[ReceiverCall], &[ReceiverCall]) {
    for start in 0..chain.len() {
        let (before, rest) = chain.split_at(start);
        let repeats = |period: &usize| rest.iter().zip(&rest[*period..]).all(|(step, later)| step == later);
        if let Some(period) = (1..=rest.len() / 2).find(repeats) {
            return (before, &rest[..period]);
        }
    }
    (chain, &[])
}

#[cfg(test)]
mod tests {
    use super::{ReceiverCall, RecursionError};

    fn shown(names: &str) -> String {
        let step = |name: char| ReceiverCall::new("post_save", "Model", name.to_string(), "file.rs", 1);
        let text = RecursionError { limit: 9, chain: names.chars().map(step).collect() }.to_string();
        let steps = text.lines().skip(1).filter(|line| line.starts_with(' '));
        steps.map(|line| line.replace("post_save of `Model`: receiver ", "").replace(" (file.rs:1)", "")).collect()
    }

    #[test]
    fn a_cycle_is_shown_once_with_its_count() {
        assert_eq!(shown("aaaa"), "  `a`, 4 times");
        assert_eq!(shown("xabababa"), "  `x`  3 times:    `a`    `b`");
        assert_eq!(shown("abc"), "  `a`  `b`  `c`");
        assert_eq!(shown("abcc"), "  `a`  `b`  `c`, 2 times");
    }
}
