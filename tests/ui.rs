//! What the compiler says of mistakes, and that it has nothing to say of what is right.
//!
//! A folder is a kind of mistake, and a file is one mistake, named for it. The `.stderr` beside it is what a user sees; after a change,
//! `TRYBUILD=overwrite cargo test --test ui` writes it anew, to be read before it is committed.

#[test]
fn a_mistake_is_explained_where_it_is_made() {
    // All in one call of Cargo, which cases that pass would make one call for each.
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*/*/*.rs");
}

#[test]
fn generated_code_gets_along_with_its_surroundings() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
}
