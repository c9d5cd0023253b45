//! Parameters that are references, for fields that are references and for others.

#![forbid(unsafe_code, unused_imports)]
#![deny(warnings)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use signals::receiver;

trait Index: Send + Sync {}

impl Index for Vec<u8> {}

/// A type whose own methods have nothing to do with it, and one that is a trait of the library.
#[derive(Debug)]
pub struct Lend(u8);

impl Lend {
    fn lend(&self) -> u8 {
        self.0
    }
}

signals::signal! {
    asked<'a> {
        text: String,
        list: Vec<u8>,
        array: [u8; 2],
        path: PathBuf,
        shared: Arc<Vec<u8>>,
        boxed: Box<dyn Index>,
        own: Lend,
        lent: &'a Vec<u8>,
        lent_slice: &'a [u8],
        lent_text: &'static str,
        lent_dyn: &'a dyn Index,
        lent_twice: &'a &'a str,
        open: &'a mut Vec<u8>,
        open_slice: &'a mut [u8],
        open_dyn: &'a mut dyn Index,
        maybe: Option<&'a String>,
        maybe_open: Option<&'a mut String>,
    }
}

#[receiver(asked)]
fn by_reference(
    text: &str,
    list: &[u8],
    array: &[u8],
    path: &Path,
    shared: &Vec<u8>,
    boxed: &dyn Index,
    own: &Lend,
    lent: &[u8],
    lent_slice: &[u8],
    lent_text: &'static str,
    lent_dyn: &dyn Index,
    lent_twice: &str,
    open: &[u8],
    open_slice: &[u8],
    open_dyn: &dyn Index,
    maybe: Option<&String>,
    maybe_open: Option<&String>,
) {
    let _ = (text, list, array, path, shared, boxed as *const _, own.lend(), lent, lent_slice, lent_text);
    let _ = (lent_dyn as *const _, lent_twice, open, open_slice, open_dyn as *const _, maybe, maybe_open);
}

#[receiver(asked)]
async fn by_mutable_reference(
    text: &mut str,
    list: &mut [u8],
    array: &mut [u8; 2],
    own: &mut Lend,
    open: &mut Vec<u8>,
    open_slice: &mut [u8],
    maybe: &Option<&String>,
    shared: &Arc<Vec<u8>>,
) {
    let _ = (text, list, array, own, open, open_slice, maybe, shared);
}

fn main() {}
