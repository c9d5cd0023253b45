//! Files of one module that import from each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::Path;

/// The circles among these imports: the files of each, in order.
pub(crate) fn circles(imports: &BTreeMap<Path, BTreeSet<Path>>) -> Vec<Vec<Path>> {
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        imports.keys().map(|file| (file, reached_from(file, imports))).collect();
    let mut circles = BTreeSet::new();
    for (file, others) in &reached {
        let circle: Vec<Path> = others
            .iter()
            .filter(|other| reached.get(**other).is_some_and(|back| back.contains(file)))
            .map(|other| (*other).clone())
            .collect();
        if !circle.is_empty() {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// The files that a file imports from, directly or through others.
fn reached_from<'a>(file: &'a Path, imports: &'a BTreeMap<Path, BTreeSet<Path>>) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        for other in imports.get(file).into_iter().flatten() {
            if reached.insert(other) {
                next.push(other);
            }
        }
    }
    reached
}
