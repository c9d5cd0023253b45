//! Lists the skipped tests at the end: Cargo runs the test of this name as the last one before the doctests.

fn main() {
    let skipped = program::take_skipped();
    if skipped.is_empty() {
        return println!("\nNo test was skipped.");
    }
    println!("\nSkipped:");
    for line in skipped {
        println!("  {line}");
    }
    println!();
}
