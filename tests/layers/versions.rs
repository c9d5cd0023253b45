//! The crates that are published have one version: generated code names the insides of the others.

use std::fs;

use super::repository;

/// The published crates beside the facade.
const CRATES: [&str; 4] = ["signals-core", "signals-derive", "signals-tasks", "signals-web"];

/// What stands between the quotes behind this beginning of a line.
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

#[test]
fn the_dependency_lines_of_the_documentation_take_this_version() {
    let root = repository();
    let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let version = quoted(&workspace, "version = \"");
    let (compatible, _) = version.rsplit_once('.').unwrap();
    let chapters = fs::read_dir(root.join("docs/src")).unwrap().map(|entry| entry.unwrap().path());
    let mut lines = 0;
    for file in chapters.chain([root.join("README.md")]).filter(|file| file.extension().is_some_and(|it| it == "md")) {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.starts_with("signals-orm = ")) {
            assert!(line.contains(&format!("\"{compatible}\"")), "{}: {line}", file.display());
            lines += 1;
        }
    }
    assert!(lines > 1, "the README and the guide have such lines");
}
