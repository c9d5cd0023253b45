//! Checks the layers of the modules of signals-core, signals-tasks and signals-schema, which the tables of ARCHITECTURE.md list.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod circles;
mod imports;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use circles::circles;
use imports::Sources;

/// Each module and its layer. A module imports from lower layers and, on its own layer, from the modules
/// listed after it.
const LAYERS: [(&str, u32, &[&str]); 12] = [
    ("context", 0, &[]),
    ("error", 0, &[]),
    ("backend", 1, &[]),
    ("signal", 1, &[]),
    ("model", 2, &[]),
    ("registry", 2, &["model"]),
    ("dispatch", 3, &[]),
    ("db", 4, &[]),
    ("query", 5, &["sql"]),
    ("sql", 5, &[]),
    ("store", 6, &[]),
    ("private", 7, &[]),
];

/// The same of signals-tasks.
const TASK_LAYERS: [(&str, u32, &[&str]); 44] = [
    ("arguments", 0, &["crate_path"]),
    ("causes", 0, &[]),
    ("crate_path", 0, &[]),
    ("dialect", 0, &["models"]),
    ("holdoff", 0, &[]),
    ("host", 0, &[]),
    ("merged", 0, &["arguments"]),
    ("models", 0, &["crate_path", "trace"]),
    ("own", 0, &["causes", "crate_path"]),
    ("retry", 0, &[]),
    ("schedule", 0, &[]),
    ("shutdown", 0, &[]),
    ("time", 0, &[]),
    ("trace", 0, &[]),
    ("store", 1, &[]),
    ("context", 2, &[]),
    ("blocking", 2, &["definition"]),
    ("definition", 2, &["context", "threads"]),
    ("listen", 2, &[]),
    ("outcome", 2, &[]),
    ("output", 2, &["definition"]),
    ("registry", 2, &["definition"]),
    ("scheduled", 2, &["definition"]),
    ("signals", 2, &["outcome"]),
    ("threads", 2, &[]),
    ("wake", 2, &[]),
    ("writer", 2, &[]),
    ("bulk", 3, &["enqueue", "manage"]),
    ("capture", 3, &[]),
    ("durable", 3, &["enqueue", "enqueue_all"]),
    ("enqueue", 3, &[]),
    ("enqueue_all", 3, &["enqueue"]),
    ("execute", 3, &["merging", "metrics"]),
    ("manage", 3, &["enqueue"]),
    ("merging", 3, &[]),
    ("metrics", 3, &["status"]),
    ("queues", 3, &["enqueue"]),
    ("status", 3, &["capture"]),
    ("beat", 4, &[]),
    ("drain", 4, &["beat", "draining", "eager"]),
    ("draining", 4, &[]),
    ("eager", 4, &["draining"]),
    ("worker", 4, &["beat"]),
    ("private", 5, &[]),
];

/// The same of signals-schema.
const SCHEMA_LAYERS: [(&str, u32, &[&str]); 12] = [
    ("description", 0, &[]),
    ("dialect", 0, &[]),
    ("defaults", 1, &[]),
    ("planned", 1, &[]),
    ("read", 1, &[]),
    ("types", 1, &[]),
    ("rust_type", 2, &[]),
    ("compare", 2, &["difference", "rust_type"]),
    ("difference", 2, &[]),
    ("inspect", 2, &["rust_type"]),
    ("check", 3, &[]),
    ("migration", 3, &[]),
];

#[test]
fn a_module_imports_only_from_lower_layers() {
    imports_only_from_below(&sources(), &LAYERS);
    imports_only_from_below(&sources_of("signals-tasks"), &TASK_LAYERS);
    imports_only_from_below(&sources_of("signals-schema"), &SCHEMA_LAYERS);
}

fn imports_only_from_below(sources: &[(PathBuf, String, String)], layers: &[(&str, u32, &[&str])]) {
    for (file, module, text) in sources {
        let (_, layer, beside) = layers.iter().find(|(name, ..)| name == module).expect("a module of the table");
        for other in mentioned_modules(text) {
            let (_, below, _) = layers.iter().find(|(name, ..)| *name == other).expect("a module of the table");
            assert!(
                other == *module || below < layer || beside.contains(&other.as_str()),
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

/// The files outside of `backend` that name a backend's feature.
const NAMING: [&str; 4] = [
    // Errors are classified without a database at hand.
    "error/database/backends.rs",
    // `db.sqlite()`, `tx.postgres()`, ..
    "db/handle/native.rs",
    // Which types of keys all backends take.
    "model/key/types.rs",
    // Which backends take a field's type.
    "private/models/support.rs",
];

#[test]
fn only_the_backends_name_a_database() {
    let names_one = |line: &str| {
        ["sqlite", "postgres", "mysql"].iter().any(|name| line.contains(&format!("feature = \"{name}\"")))
            && !line.contains("(test")
    };
    for (file, module, text) in sources() {
        let is_named = NAMING.iter().any(|naming| file.ends_with(naming));
        assert!(
            is_named || module == "backend" || !text.lines().any(names_one),
            "{} names a database; what differs belongs to `backend`",
            file.display(),
        );
    }
}

/// The existing circles, each with the files that may be in it.
const CIRCLES: [&[&str]; 2] = [
    // A `Db` may represent a transaction, and a `Tx` has the `Db` that it was begun on.
    &["db/handle/db", "db/handle/tx"],
    // A model has columns, and a column may reference a model.
    &["model", "model/column", "model/meta", "model/reference", "model/field_codec", "model/field_set", "model/filled"],
];

#[test]
fn files_of_a_module_import_in_no_circle() {
    let imports = imports_within_modules();
    let mut found = Vec::new();
    let mut allowed = CIRCLES.to_vec();
    for circle in circles(&imports) {
        let may_be_in = |files: &[&str]| circle.iter().all(|file| is_among(&file.join("/"), files));
        if CIRCLES.iter().any(|files| may_be_in(files)) {
            allowed.retain(|files| !may_be_in(files));
            continue;
        }
        for file in &circle {
            let others = imports[file].iter().filter(|other| circle.contains(other)).map(|other| other.join("/"));
            found.push(format!("{} imports from {}", file.join("/"), others.collect::<Vec<_>>().join(", ")));
        }
    }
    assert!(found.is_empty(), "these files import from each other in a circle:\n{}", found.join("\n"));
    assert!(allowed.is_empty(), "there is no circle in these files any more: {allowed:?}");
}

/// Whether a file is one of these, or the only one that is named is its module.
fn is_among(file: &str, files: &[&str]) -> bool {
    files.contains(&file) || matches!(files, [module] if file.starts_with(&format!("{module}/")))
}

/// The imports of a crate of these files, as `file imports other`.
fn imports_of(files: &[(&str, &str)]) -> BTreeMap<imports::Path, BTreeSet<imports::Path>> {
    let files = files.iter().map(|(path, text)| (path.split('/').map(str::to_owned).collect(), (*text).to_owned()));
    Sources::new(files).imports()
}

#[test]
fn a_planted_circle_is_found() {
    let one = ("parent/one", "use std::fmt;\nuse super::two::Two;\npub struct One(Two);");
    let straight = [one, ("parent", "mod one;\nmod two;\npub use one::One;"), ("parent/two", "pub struct Two;")];
    assert_eq!(circles(&imports_of(&straight)), Vec::<Vec<imports::Path>>::new());
    for planted in [
        "use crate::parent::one::One;\npub struct Two(One);",
        // By the name that the module re-exports.
        "use super::One;\npub struct Two(One);",
        // By the module's name that it imports.
        "use crate::parent;\npub struct Two(parent::One);",
        // Without `use`, and within a module of the file.
        "pub struct Two(super::one::One);",
        "mod inner { pub(super) struct Two(super::super::One); }",
        "use super::{self, one::{self as other, One as Uno}};\npub struct Two(Uno);",
    ] {
        let [one, parent, _] = straight;
        let found = circles(&imports_of(&[one, parent, ("parent/two", planted)]));
        let circle = ["one", "two"].map(|file| vec!["parent".to_owned(), file.to_owned()]).to_vec();
        assert!(found.iter().any(|files| circle.iter().all(|file| files.contains(file))), "{planted}: {found:?}");
    }
}

#[test]
fn only_what_is_imported_counts() {
    let own = |text: &str| {
        let files = [("parent", text), ("parent/one", "pub struct One;"), ("parent/two", "use super::three;")];
        imports_of(&files)[&vec!["parent".to_owned()]].len()
    };
    assert_eq!(own("mod one;\npub use one::One;"), 0, "a re-export");
    assert_eq!(own("mod one;\npub use one::One;\nstruct Parent(One);"), 1, "a re-export that is used");
    assert_eq!(own("mod one;\nuse one::One;"), 1, "an import");
    assert_eq!(own("mod one;\nfn f() { one::make() }"), 1, "a path");
    assert_eq!(own("mod one;\n// one::One\nconst TEXT: &str = \"one::One\";"), 0, "a comment and a text");
    assert_eq!(own("mod one;\npub(in crate::parent::one) fn f() {}"), 0, "a visibility");
    assert_eq!(own("mod one;\n#[cfg(test)]\nmod tests {\n    use super::one::One;\n}"), 0, "a unit test");
}

/// The imports between files of one module.
fn imports_within_modules() -> BTreeMap<imports::Path, BTreeSet<imports::Path>> {
    let root = repository().join("signals-core/src");
    let files = sources().into_iter().map(|(file, _, text)| {
        let inner = file.strip_prefix(&root).expect("a file below the root").with_extension("");
        (inner.iter().map(|name| name.to_str().unwrap().to_owned()).collect(), text)
    });
    let mut imports = Sources::new(files).imports();
    for (file, others) in &mut imports {
        others.retain(|other| other.first() == file.first());
    }
    imports
}

// Marked by hand: rustc's own lint, `exported_private_dependencies`, needs nightly.
#[test]
fn the_architecture_lists_the_public_dependencies() {
    let root = repository();
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    for package in ["signals-core", "signals-manage", "signals-tasks", "signals-web"] {
        let manifest = fs::read_to_string(root.join(package).join("Cargo.toml")).unwrap();
        let marked = manifest.lines().filter_map(|line| line.strip_suffix(" # public"));
        let names = marked.map(|line| format!("`{}`", line.split(['.', ' ']).next().unwrap_or_default()));
        let expected = format!("- {package}: {}\n", names.collect::<Vec<_>>().join(", "));
        assert!(architecture.contains(&expected), "ARCHITECTURE.md should have the line:\n{expected}");
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every file of signals-core with its module and its code.
fn sources() -> Vec<(PathBuf, String, String)> {
    sources_of("signals-core")
}

fn sources_of(package: &str) -> Vec<(PathBuf, String, String)> {
    let root = repository().join(package).join("src");
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
    assert!(sources.len() > 20, "the sources were found");
    sources
}

/// Returns the text without comments: a link in the documentation is not an import.
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
