use signals::{Result, post_save};

fn connect() -> Result<()> {
    post_save.connect("stats.count", |_event| Ok(()))?;
    Ok(())
}

fn main() {}
