//! The texts of errors for mistakes. The UI tests of the facade show their positions.

mod credentials;
mod expectation;
mod followed;
mod many_to_many;
mod model;
mod receiver;
mod scheduled;
mod signal;
mod task;

use super::errors;
