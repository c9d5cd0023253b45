//! The table in docs/src/conformance.md and the tests agree: the entry that each test covers, and its
//! databases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use signals_test_behavior::Kind;

/// The binaries whose tests the table names only by their modules.
const OF_DJANGO: [&str; 7] = ["cascades", "many_to_many", "query", "saving", "schema", "tools", "transactions"];

/// How many entries the list of Django's behavior has.
const ENTRIES: u32 = 206;

/// One row of the table.
struct Row {
    /// The letter of its section.
    letter: char,
    /// The tests that it names.
    tests: BTreeSet<String>,
    /// The text for each kind of database.
    kinds: Vec<String>,
}

/// The source's facts about a test.
struct Test {
    /// The letters and numbers in the comment above it.
    entries: BTreeSet<(char, u32)>,
    /// The kinds of database on which it runs; the tests of the web run on none.
    kinds: Vec<Kind>,
}

/// The rows, by their entries.
fn table() -> BTreeMap<u32, Row> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/conformance.md")).unwrap();
    let (mut table, mut letter) = (BTreeMap::new(), ' ');
    for line in text.lines() {
        if let Some(section) = line.strip_prefix("### ") {
            letter = section.chars().next().unwrap();
        }
        let Some(row) = line.strip_prefix("| ") else { continue };
        let cells: Vec<_> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        let (first, last) = cells[0].split_once('–').unwrap_or((cells[0], cells[0]));
        let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse()) else { continue };
        let names = cells[2].split('`').filter(|name| name.contains("::") && !name.contains(' '));
        let tests: BTreeSet<_> = names.map(str::to_owned).collect();
        for entry in first..=last {
            let kinds = cells[3..].iter().map(|cell| (*cell).to_owned()).collect();
            let row = Row { letter, tests: tests.clone(), kinds };
            assert!(table.insert(entry, row).is_none(), "entry {entry} has two rows");
        }
    }
    table
}

/// The tests of the binaries of this crate, those of the web's, and those of `cost`.
fn tests() -> BTreeMap<String, Test> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeMap::new();
    read(&here.join("../../signals-web/tests/suite"), "web::", &mut tests);
    for test in tests.values_mut() {
        test.kinds.clear();
    }
    let mut costs = BTreeMap::new();
    read(&here.join("../cost"), "cost::", &mut costs);
    for test in costs.values_mut() {
        test.kinds = vec![Kind::Memory];
    }
    tests.append(&mut costs);
    for binary in OF_DJANGO {
        read(&here.join(binary), "", &mut tests);
    }
    read(&here.join("exact"), "exact::", &mut tests);
    read(&here.join("running"), "running::", &mut tests);
    tests
}

fn read(folder: &Path, prefix: &str, tests: &mut BTreeMap<String, Test>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let module = format!("{prefix}{}", path.file_stem().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{module}::"), tests);
        } else {
            read_module(&fs::read_to_string(&path).unwrap(), &module, tests);
        }
    }
}

fn read_module(text: &str, module: &str, tests: &mut BTreeMap<String, Test>) {
    let (mut numbers, mut is_test, mut current) = (BTreeSet::new(), false, None);
    for line in text.lines() {
        let name = line.strip_prefix("async fn ").or(line.strip_prefix("fn ")).and_then(|rest| rest.split_once("()"));
        if let Some((name, _)) = name {
            current = is_test.then(|| format!("{module}::{name}"));
            if let Some(name) = &current {
                let entries = std::mem::take(&mut numbers);
                let other = tests.insert(name.clone(), Test { entries, kinds: Kind::ALL.into() });
                assert!(other.is_none(), "two tests are called {name}");
            }
            is_test = false;
        } else if line.ends_with("test]") || line.starts_with("#[tokio::test(") {
            is_test = true;
        } else if let Some(comment) = line.strip_prefix("// ") {
            numbers.extend(comment.split(':').next().unwrap().split(", ").filter_map(entry));
        } else if let (Some((_, named)), Some(name)) = (line.split_once("elsewhere(&["), &current) {
            let is_named = |kind: &Kind| named.contains(&format!("Kind::{kind:?}"));
            tests.get_mut(name).unwrap().kinds.retain(is_named);
        }
    }
}

/// The letter and the number of `D69`.
fn entry(word: &str) -> Option<(char, u32)> {
    let letter = word.chars().next().filter(char::is_ascii_uppercase)?;
    Some((letter, word[1..].parse().ok()?))
}

#[test]
fn every_entry_has_a_row() {
    assert!(table().into_keys().eq(1..=ENTRIES));
}

#[test]
fn every_row_names_the_tests_that_carry_its_number() {
    let tests = tests();
    let mut wrong = Vec::new();
    for (entry, Row { tests: named, .. }) in table() {
        let carries = |test: &Test| test.entries.iter().any(|(_, number)| *number == entry);
        let carrying: BTreeSet<_> =
            tests.iter().filter(|(_, test)| carries(test)).map(|(name, _)| name.clone()).collect();
        wrong.extend(named.difference(&carrying).map(|test| format!("{entry} is not above {test}")));
        wrong.extend(carrying.difference(&named).map(|test| format!("{entry} does not name {test}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_letter_of_an_entry_is_that_of_its_section() {
    let table = table();
    let mut wrong = Vec::new();
    for (name, test) in tests() {
        let misses = |(letter, number): &(char, u32)| table.get(number).is_none_or(|row| row.letter != *letter);
        wrong.extend(
            test.entries.into_iter().filter(misses).map(|(letter, number)| format!("{letter}{number} above {name}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_row_lists_the_databases_of_its_tests() {
    let tests = tests();
    let mut wrong = Vec::new();
    for (entry, Row { tests: named, kinds, .. }) in table() {
        let run_on =
            |kind: &Kind| named.iter().any(|name| tests.get(name).is_some_and(|test| test.kinds.contains(kind)));
        let shown = |kind: &Kind| if run_on(kind) { "yes" } else { "–" };
        let is_of_none = named.iter().all(|name| name.starts_with("web::"));
        let expected: Vec<_> = Kind::ALL.iter().map(|kind| if is_of_none { "" } else { shown(kind) }).collect();
        if kinds != expected {
            wrong.push(format!("{entry}: | {} |", expected.join(" | ")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
