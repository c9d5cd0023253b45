//! The models, and the work that workers do after the commit.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, io};

use serde::{Deserialize, Serialize};
use signals::tasks::{Context, scheduled, task};
use signals::{BoxError, Db, Model, Result, Tx, post_save, receiver, signal};
use tokio::fs::{self, OpenOptions};
use tokio::io::AsyncWriteExt as _;

#[derive(Debug, Clone, Model, Serialize)]
#[model(table = "orders")]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) email: String,
    pub(crate) item: String,
    pub(crate) paid: bool,
    pub(crate) shipped: bool,
}

impl Order {
    pub(crate) fn new(email: &str, item: &str) -> Self {
        Self { id: 0, email: email.into(), item: item.into(), paid: false, shipped: false }
    }
}

/// What a search engine would have. The key is that of the order.
#[derive(Debug, Model)]
#[model(table = "search_index")]
pub(crate) struct SearchEntry {
    pub(crate) id: i64,
    pub(crate) text: String,
    /// How often it was written, to show what `debounce` saves.
    pub(crate) writes: i64,
}

signal! {
    /// Sent when the payment of an order has arrived.
    #[derive(Serialize, Deserialize)]
    pub(crate) order_paid { order_id: i64 }
}

/// `changed(email)` holds for a new order, and for one whose address was corrected.
#[receiver(post_save, sender = Order, durable, changed(email), queue = "mail", max_attempts = 5)]
async fn confirm(instance: &Order, ctx: &Context) -> Result<(), BoxError> {
    send_mail(ctx, &instance.email, &format!("order {} is confirmed: {}", instance.id, instance.item)).await
}

/// Saves that follow each other within a second are one run. It gets the latest row.
#[receiver(post_save, sender = Order, durable, changed(item), debounce = "1s", queue = "search")]
async fn reindex(instance: &Order, tx: &Tx) -> Result<()> {
    let writes = SearchEntry::find(tx, instance.id).await?.map_or(0, |entry| entry.writes);
    SearchEntry { id: instance.id, text: instance.item.clone(), writes: writes + 1 }.save(tx).await
}

/// Takes `tx`, so it marks the order and enqueues the next task exactly once, also if its worker is killed.
#[receiver(order_paid, durable, queue = "shipping")]
async fn ship(order_id: i64, tx: &Tx) -> Result<()> {
    let mut order = Order::get(tx, order_id).await?;
    order.shipped = true;
    order.save(tx).await?;
    ask_for_review::enqueue(tx, order_id).delay(Duration::from_hours(72)).await?;
    Ok(())
}

/// Takes the key and not the order: the address may change within the three days.
#[task(queue = "mail")]
async fn ask_for_review(order_id: i64, ctx: &Context, db: &Db) -> Result<(), BoxError> {
    let order = Order::get(db, order_id).await?;
    send_mail(ctx, &order.email, &format!("how is your {}?", order.item)).await
}

#[scheduled(cron = "0 6 * * *", tz = "Europe/Berlin")]
#[task(queue = "mail")]
async fn report(ctx: &Context, db: &Db) -> Result<(), BoxError> {
    let all = Order::objects().count(db).await?;
    let paid = Order::objects().filter(Order::PAID.eq(true)).count(db).await?;
    send_mail(ctx, "boss@example.com", &format!("{all} orders, {paid} paid")).await
}

/// The signal is sent on the transaction. So its run is stored if and only if the payment is.
pub(crate) async fn pay(db: &Db, order_id: i64) -> Result<Order> {
    let tx = db.begin().await?;
    let mut order = Order::get(&tx, order_id).await?;
    order.paid = true;
    order.save(&tx).await?;
    order_paid.on(&tx).send(OrderPaid { order_id }).await?;
    tx.commit().await?;
    Ok(order)
}

/// Appends to the file that stands for the mail server. A worker may be killed between the mail and the end of
/// its run, and the next attempt sends it again. So this server ignores a key that it has, as good ones do.
async fn send_mail(ctx: &Context, to: &str, text: &str) -> Result<(), BoxError> {
    let key = ctx.idempotency_key();
    if sent_mails().await?.iter().any(|mail| mail.starts_with(key)) {
        return Ok(());
    }
    let mut file = OpenOptions::new().create(true).append(true).open(mails()).await?;
    file.write_all(format!("{key} to {to}: {text}\n").as_bytes()).await?;
    Ok(file.flush().await?)
}

/// Returns the lines of that file.
pub(crate) async fn sent_mails() -> io::Result<Vec<String>> {
    match fs::read_to_string(mails()).await {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn mails() -> PathBuf {
    folder().join("mails.txt")
}

pub(crate) fn folder() -> PathBuf {
    env::var_os("SHOP_FOLDER").map_or_else(|| env::temp_dir().join("signals-shop"), PathBuf::from)
}
