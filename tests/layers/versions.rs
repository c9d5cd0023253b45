//! Checks that the published crates have one version. The derive and the facade depend on internals of
//! signals-core, so they require exactly that version.

use std::collections::BTreeSet;
use std::fs;

use super::repository;

/// The published crates other than the facade.
const CRATES: [&str; 6] =
    ["signals-core", "signals-derive", "signals-manage", "signals-schema", "signals-tasks", "signals-web"];

/// Files that must have a dependency line.
const FILES_WITH_A_LINE: [&str; 6] = [
    "README.md",
    "docs/src/databases.md",
    "docs/src/first-app.md",
    "docs/src/migrations.md",
    "docs/src/own-signals.md",
    "docs/src/tasks.md",
];

/// Returns the text between `beginning`, which ends in a quote, and the next quote.
fn quoted<'a>(manifest: &'a str, beginning: &str) -> &'a str {
    let rest = manifest.lines().find_map(|line| line.strip_prefix(beginning));
    rest.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no line begins with {beginning}"))
}

#[test]
fn the_crates_have_one_version_and_pin_each_other_to_it() {
    let root = repository();
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let workspace = read("Cargo.toml");
    let version = quoted(&workspace, "version = \"");
    for package in CRATES {
        let pinned = quoted(&workspace, &format!("{package} = {{ path = \"{package}\", version = \""));
        assert_eq!(pinned, format!("={version}"), "the version of {package} in [workspace.dependencies]");
        assert!(read(&format!("{package}/Cargo.toml")).contains("\nversion.workspace = true\n"), "{package}");
    }
    let facade = workspace.split("\n[package]\n").nth(1).unwrap();
    assert!(facade.contains("\nversion.workspace = true\n"), "signals-orm");
}

/// Returns the shortest requirement that allows this version: a prerelease is allowed only if it is named.
fn requirement(version: &str) -> &str {
    match version.rsplit_once('.') {
        Some((compatible, _)) if !version.contains('-') => compatible,
        _ => version,
    }
}

#[test]
fn a_requirement_names_a_prerelease_in_full() {
    assert_eq!(requirement("0.2.1"), "0.2");
    assert_eq!(requirement("0.2.0-rc.1"), "0.2.0-rc.1");
}

#[test]
fn the_dependency_lines_of_the_documentation_take_this_version() {
    let root = repository();
    let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let required = format!("\"{}\"", requirement(quoted(&workspace, "version = \"")));
    let readmes = CRATES.map(|package| root.join(package).join("README.md"));
    let chapters = fs::read_dir(root.join("docs/src")).unwrap().map(|entry| entry.unwrap().path());
    let pages = chapters.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    let mut with_a_line = BTreeSet::new();
    for file in pages.chain(readmes).chain([root.join("README.md")]) {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.starts_with("signals-orm = ")) {
            assert!(line.contains(&required), "{}: {line}", file.display());
            with_a_line.insert(file.clone());
        }
    }
    for file in FILES_WITH_A_LINE {
        assert!(with_a_line.contains(&root.join(file)), "{file} has no line that begins with `signals-orm = `");
    }
}
