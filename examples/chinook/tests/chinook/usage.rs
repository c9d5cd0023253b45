//! The command line.

use super::{Store, small_store};
use program::run;

use crate::CHINOOK;

const NOTHING: [&str; 0] = [];

#[test]
fn a_missing_argument_prints_the_usage_and_exits_2() {
    let ended = run(CHINOOK, NOTHING);
    ended.failed(2, &["which file?"]);
    assert!(ended.stderr.contains("usage: chinook [--database URL] FILE"), "{ended:#?}");
}

#[test]
fn a_wrong_command_line_exits_2() {
    run(CHINOOK, ["--databse", "x", "y"]).failed(2, &["unknown option `--databse`"]);
    run(CHINOOK, ["one.json", "two.json"]).failed(2, &["more than one file"]);
    run(CHINOOK, ["one.json", "--database"]).failed(2, &["`--database` needs a URL"]);
    run(CHINOOK, ["--database", "x", "--database", "y"]).failed(2, &["given twice"]);
}

#[test]
fn help_is_no_error() {
    run(CHINOOK, ["--help"]).printed(&["usage: chinook"]);
}

#[test]
fn a_database_that_cannot_be_opened_exits_1() {
    let store = Store::of(&small_store());
    let load = |url: &str| run(CHINOOK, [store.data().into_os_string(), "--database".into(), url.into()]);
    load("oracle://somewhere").failed(1, &["`oracle://somewhere` names no backend of this build"]);
    load("sqlite:///no/such/folder/store.db").failed(1, &["unable to open database file"]);
}
