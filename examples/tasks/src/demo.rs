//! The whole story in one process.

use std::time::SystemTime;

use signals::tasks::{DbTasks as _, scheduled_tasks};
use signals::{BoxError, Db, Model as _};

use crate::orders::{Order, SearchEntry, pay, sent_mails};

/// The database is in memory, so that no worker of another process takes the runs.
pub(crate) async fn play() -> Result<(), BoxError> {
    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables().await?;
    let mut seen = sent_mails().await?.len();

    println!("A save stores the order and the runs of its durable receivers, and calls none of them:");
    let mut mug = Order::new("ann@example.com", "mug").create(&db).await?;
    Order::new("bob@example.com", "tea").create(&db).await?;
    print_mails(&mut seen).await?;

    println!("A rollback removes the runs with the order:");
    let tx = db.begin().await?;
    Order::new("eve@example.com", "nothing").create(&tx).await?;
    tx.rollback().await?;
    println!("  {} orders", Order::objects().count(&db).await?);

    println!("A worker calls the receivers after the commit; here `drain_tasks` does:");
    db.drain_tasks().await?;
    print_mails(&mut seen).await?;

    println!("Five saves are one write of the search index, after a second without a save:");
    for size in 1..=5 {
        mug.item = format!("mug of size {size}");
        mug.save(&db).await?;
    }
    db.make_tasks_due().await?;
    db.drain_tasks().await?;
    let entry = SearchEntry::get(&db, mug.id).await?;
    println!("  {:?}, written {} time(s)", entry.text, entry.writes);

    println!("A payment ships the order, which enqueues a mail for three days later:");
    pay(&db, mug.id).await?;
    db.drain_tasks().await?;
    println!("  shipped: {}", Order::get(&db, mug.id).await?.shipped);
    print_mails(&mut seen).await?;
    println!("Three days later:");
    db.make_tasks_due().await?;
    db.drain_tasks().await?;
    print_mails(&mut seen).await?;

    println!("A beat enqueues the report at 06:00 in Berlin:");
    let now = SystemTime::now();
    db.tick_beat(now).await?;
    for morning in scheduled_tasks().iter().filter_map(|schedule| schedule.next_after(now)) {
        db.tick_beat(morning).await?;
    }
    db.drain_tasks().await?;
    print_mails(&mut seen).await?;
    Ok(())
}

/// Prints the new mails without their keys.
async fn print_mails(seen: &mut usize) -> Result<(), BoxError> {
    let mails = sent_mails().await?;
    println!("  {} mail(s)", mails.len() - *seen);
    for mail in &mails[*seen..] {
        println!("  {}", mail.split_once(' ').map_or(mail.as_str(), |(_key, mail)| mail));
    }
    *seen = mails.len();
    Ok(())
}
