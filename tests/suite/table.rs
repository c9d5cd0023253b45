//! The table in tests/README.md and the numbers above the tests say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// How many entries the list of Django's behavior has.
const ENTRIES: u32 = 206;

/// The tests that each row names, by the row's entries.
fn table() -> BTreeMap<u32, BTreeSet<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/README.md")).unwrap();
    let mut table = BTreeMap::new();
    for row in text.lines().filter_map(|line| line.strip_prefix("| ")) {
        let (entries, rest) = row.split_once(" |").unwrap();
        let (first, last) = entries.split_once('–').unwrap_or((entries, entries));
        let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse()) else { continue };
        let tests: BTreeSet<_> =
            rest.split('`').filter(|name| name.contains("::") && !name.contains(' ')).map(str::to_owned).collect();
        for entry in first..=last {
            assert!(table.insert(entry, tests.clone()).is_none(), "entry {entry} has two rows");
        }
    }
    table
}

/// The tests of this binary, each with the numbers in the comment above it.
fn tests() -> BTreeMap<String, BTreeSet<u32>> {
    let mut tests = BTreeMap::new();
    read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite").as_path(), "", &mut tests);
    tests
}

fn read(folder: &Path, prefix: &str, tests: &mut BTreeMap<String, BTreeSet<u32>>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let module = format!("{prefix}{}", path.file_stem().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{module}::"), tests);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut numbers = BTreeSet::new();
        let mut is_test = false;
        for line in text.lines() {
            let name =
                line.strip_prefix("async fn ").or(line.strip_prefix("fn ")).and_then(|rest| rest.split_once("()"));
            if let (Some((name, _)), true) = (name, is_test) {
                tests.insert(format!("{module}::{name}"), std::mem::take(&mut numbers));
                is_test = false;
            } else if line.ends_with("test]") {
                is_test = true;
            } else if let Some(comment) = line.strip_prefix("// ") {
                numbers.extend(comment.split(':').next().unwrap().split(", ").filter_map(entry));
            }
        }
    }
}

/// The number of `D69`.
fn entry(word: &str) -> Option<u32> {
    word.strip_prefix(|letter: char| letter.is_ascii_uppercase())?.parse().ok()
}

#[test]
fn every_entry_has_a_row() {
    assert!(table().into_keys().eq(1..=ENTRIES));
}

#[test]
fn every_row_names_the_tests_that_carry_its_number() {
    let tests = tests();
    let mut wrong = Vec::new();
    for (entry, named) in table() {
        let carrying: BTreeSet<_> =
            tests.iter().filter(|(_, entries)| entries.contains(&entry)).map(|(name, _)| name.clone()).collect();
        wrong.extend(named.difference(&carrying).map(|test| format!("{entry} is not above {test}")));
        wrong.extend(carrying.difference(&named).map(|test| format!("{entry} does not name {test}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
