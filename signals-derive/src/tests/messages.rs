//! What is said of mistakes; where it is said, the UI tests of the facade show.

mod credentials;
mod model;
mod receiver;
mod signal;
mod task;

use super::errors;
