//! The modules of signals-core stand in layers: ARCHITECTURE.md has the table, and this keeps it true.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// Each module and its layer. A module imports from lower layers; on one layer, from the modules named behind it.
const LAYERS: [(&str, u32, &[&str]); 11] = [
    ("error", 0, &[]),
    ("backend", 1, &[]),
    ("signal", 1, &[]),
    ("model", 2, &[]),
    ("registry", 2, &["model"]),
    ("dispatch", 3, &[]),
    ("db", 4, &[]),
    ("query", 5, &[]),
    ("sql", 5, &[]),
    ("store", 6, &[]),
    ("private", 7, &[]),
];

#[test]
fn a_module_imports_only_from_lower_layers() {
    for (file, module, text) in sources() {
        let (_, layer, beside) = LAYERS.iter().find(|(name, ..)| *name == module).expect("a module of the table");
        for other in mentioned_modules(&text) {
            let (_, below, _) = LAYERS.iter().find(|(name, ..)| *name == other).expect("a module of the table");
            assert!(
                other == module || below < layer || beside.contains(&other.as_str()),
                "{} imports from `{other}`, which is not below `{module}`",
                file.display(),
            );
        }
    }
}

#[test]
fn only_the_registry_and_private_name_inventory() {
    for (file, module, text) in sources() {
        assert!(
            !text.contains("inventory::") || module == "registry" || module == "private",
            "{} names inventory",
            file.display(),
        );
    }
}

#[test]
fn only_the_backends_and_their_connections_name_a_database() {
    // `db` holds the connections of each, `error` reads their codes, `private` says which types they take.
    let knowing = ["backend", "db", "error", "private"];
    let names_one = |line: &str| {
        ["sqlite", "postgres", "mysql"].iter().any(|name| line.contains(&format!("feature = \"{name}\"")))
            && !line.contains("test")
    };
    for (file, module, text) in sources() {
        assert!(
            !text.lines().any(names_one) || knowing.contains(&module.as_str()),
            "{} names a database; what differs belongs to the `Capabilities` of the backends",
            file.display(),
        );
    }
}

// Marked by hand: rustc's own lint, `exported_private_dependencies`, needs nightly.
#[test]
fn the_architecture_lists_the_public_dependencies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    for package in ["signals-core", "signals-web"] {
        let manifest = fs::read_to_string(root.join(package).join("Cargo.toml")).unwrap();
        let marked = manifest.lines().filter_map(|line| line.strip_suffix(" # public"));
        let names = marked.map(|line| format!("`{}`", line.split(['.', ' ']).next().unwrap_or_default()));
        let expected = format!("- {package}: {}\n", names.collect::<Vec<_>>().join(", "));
        assert!(architecture.contains(&expected), "ARCHITECTURE.md should have the line:\n{expected}");
    }
}

/// Every file of signals-core with its module and its code.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("signals-core/src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inner = path.strip_prefix(&root).expect("a file below the root");
            let top = inner.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
            if top != "lib" {
                let text = fs::read_to_string(&path).expect("readable source");
                sources.push((path, top, code(&text)));
            }
        }
    }
    assert!(sources.len() > 30, "the sources were found");
    sources
}

/// The text without comments: a link in the documentation is no import.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules that follow `crate::`, in `use` lines and paths alike.
fn mentioned_modules(text: &str) -> Vec<String> {
    text.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>())
        .filter(|module| !module.is_empty())
        .collect()
}
