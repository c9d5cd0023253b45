//! The compiler's errors for mistakes, and programs that must compile without warnings.
//!
//! A folder is a kind of mistake, and a file is one mistake, named for it. The `.stderr` beside it is the
//! output for the user. After a change, `TRYBUILD=overwrite cargo test --test ui` rewrites it; read it before
//! you commit it.

#[test]
fn a_mistake_is_explained_where_it_is_made() {
    // These share one call of Cargo. Cases that must compile would need a call each.
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*/*/*.rs");
}

#[test]
fn generated_code_gets_along_with_its_surroundings() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
}
