//! One model for each set of receivers, all with the same columns.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use signals::{Model, Result, Tx, post_save, pre_save, receiver};

macro_rules! item {
    ($($(#[$doc:meta])* $model:ident in $table:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Model)]
        #[model(table = $table)]
        pub struct $model {
            pub id: i64,
            pub name: String,
            pub email: String,
            pub age: i32,
            pub score: f64,
            pub note: Option<String>,
        }

        impl Item for $model {
            fn sample() -> Self {
                let (name, email) = ("Alice Example".to_owned(), "alice@example.com".to_owned());
                Self { id: 0, name, email, age: 42, score: 0.5, note: None }
            }

            fn values(&self) -> Values<'_> {
                let Self { name, email, age, score, note, .. } = self;
                Values { name, email, age: *age, score: *score, note: note.as_deref() }
            }

            fn set_id(&mut self, id: i64) {
                self.id = id;
            }
        }
    )*};
}

/// The values of a row without its key, as hand-written code binds them.
pub struct Values<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub age: i32,
    pub score: f64,
    pub note: Option<&'a str>,
}

/// The operations of the cases on any of these models.
pub trait Item: Model {
    /// Returns a new instance.
    fn sample() -> Self;
    /// Returns the values for plain sqlx.
    fn values(&self) -> Values<'_>;
    /// Sets the key that the database generated.
    fn set_id(&mut self, id: i64);
}

/// The columns of [`Bare`], read by sqlx's own derive.
#[derive(Debug, sqlx::FromRow)]
pub struct Plain {
    id: i64,
    name: String,
    email: String,
    age: i32,
    score: f64,
    note: Option<String>,
}

impl Plain {
    /// Reads every column, and returns whether the key is this one.
    pub fn is(&self, id: i64) -> bool {
        let Self { id: own, name, email, age, score, note } = self;
        black_box((name, email, age, score, note));
        *own == id
    }
}

item! {
    /// No receivers.
    Bare in "bare";
    /// Receivers that need no transaction.
    Edited in "edited";
    /// A receiver that takes the transaction but does not use it.
    Watched in "watched";
    /// A receiver that writes a row in the same transaction.
    Logged in "logged";
    /// A receiver that is called for each row.
    Counted in "counted";
    /// A receiver that is called for each set of rows.
    Totaled in "totaled";
    /// A receiver that compares each row with its previous values.
    Compared in "compared";
}

/// The number of created instances of `Edited`.
static CREATED: AtomicU64 = AtomicU64::new(0);

#[receiver(pre_save, sender = Edited)]
fn lower_case(instance: &mut Edited) {
    instance.email.make_ascii_lowercase();
}

#[receiver(post_save, sender = Edited)]
fn count(created: bool) {
    CREATED.fetch_add(u64::from(created), Ordering::Relaxed);
}

#[receiver(post_save, sender = Watched)]
#[expect(clippy::unused_async, reason = "what is measured is a receiver that could wait")]
async fn watch(tx: &Tx) -> Result<()> {
    let _ = tx;
    Ok(())
}

#[receiver(post_save, sender = Counted)]
fn count_each(created: bool) {
    CREATED.fetch_add(u64::from(created), Ordering::Relaxed);
}

#[receiver(post_save, sender = Totaled, set)]
fn count_all(instances: &[Totaled]) {
    CREATED.fetch_add(instances.len() as u64, Ordering::Relaxed);
}

#[receiver(post_save, sender = Compared)]
fn compare(instance: &Compared, previous: Option<&Compared>) {
    let changed = previous.is_some_and(|previous| previous.age != instance.age);
    CREATED.fetch_add(u64::from(changed), Ordering::Relaxed);
}

/// A row of upserts, with a receiver that compares it with its previous values.
#[derive(Debug, Clone, Model)]
#[model(table = "placed")]
pub struct Placed {
    pub id: i64,
    #[model(unique)]
    pub place: i64,
    pub name: String,
    pub age: i32,
}

#[receiver(post_save, sender = Placed)]
fn compare_placed(instance: &Placed, previous: Option<&Placed>, created: bool) {
    let changed = previous.is_some_and(|previous| previous.name != instance.name);
    CREATED.fetch_add(u64::from(changed || created), Ordering::Relaxed);
}

/// The row that the receiver of `Logged` writes.
#[derive(Debug, Clone, Model)]
#[model(table = "entry")]
pub struct Entry {
    pub id: i64,
    pub item: i64,
    pub created: bool,
}

#[receiver(post_save, sender = Logged)]
async fn log(instance: &Logged, created: bool, tx: &Tx) -> Result<()> {
    Entry { id: 0, item: instance.id, created }.save(tx).await
}
