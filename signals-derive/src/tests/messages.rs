//! What is said of mistakes; where it is said, the UI tests of the facade show.

mod credentials;
mod expectation;
mod model;
mod receiver;
mod signal;

use super::errors;
