//! Writes of models with a version that fail or are dropped leave the row, its version and the instance as before.

use std::fmt::Debug;

use signals::{Db, Error, Model, Result, Tx, post_save, pre_save, receiver};
use sqlx::AssertSqlSafe;
use tokio::task::yield_now;

use crate::support::{ENOUGH, MOMENTS, When, database, drop_at, hold_back};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "version_audit")]
struct Audit {
    id: i64,
    title: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Create,
    BulkCreate,
    UpsertNew,
    Save,
    Fields,
    Bulk,
    Computed,
    Upsert,
    UpsertComputed,
}

const CREATING: [Call; 3] = [Call::Create, Call::BulkCreate, Call::UpsertNew];
const UPDATING: [Call; 6] = [Call::Save, Call::Fields, Call::Bulk, Call::Computed, Call::Upsert, Call::UpsertComputed];

impl Call {
    fn all() -> impl Iterator<Item = Self> {
        CREATING.into_iter().chain(UPDATING)
    }

    /// The version of a row that it has written.
    fn written(self) -> i64 {
        if CREATING.contains(&self) { 1 } else { 2 }
    }
}

/// A row or an instance: its key, path, title and version.
type Fields = (i64, String, String, i64);

/// A model with a version.
trait Versioned: Model + Debug {
    const TABLE: &'static str;
    /// Whether every field of an instance is restored, and not only the key and the version.
    const IS_CLONE: bool;

    fn new(path: &str, title: &str) -> Self;
    fn fields(&self) -> Fields;
    fn set_title(&mut self, title: &str);

    /// The call on rows that get the titles of the instances.
    async fn on_db(call: Call, db: &Db, pages: &mut [Self]) -> Result<()>;
    async fn in_tx(call: Call, tx: &Tx, pages: &mut [Self]) -> Result<()>;

    /// What a failed write restores in an instance.
    fn restored(&self) -> Fields {
        let (id, path, title, version) = self.fields();
        if Self::IS_CLONE { (id, path, title, version) } else { (id, String::new(), String::new(), version) }
    }
}

/// The call on a `Db` or a `Tx`.
macro_rules! run {
    ($call:expr, $on:expr, $pages:expr) => {
        match $call {
            Call::Create | Call::Save => $pages[1].save($on).await,
            Call::BulkCreate => Self::bulk_create($on, $pages).batch_size(1).await,
            Call::Fields => $pages[1].save($on).update_fields([Self::TITLE]).await,
            Call::Bulk => Self::bulk_update($on, $pages, [Self::TITLE]).batch_size(1).await,
            Call::Computed => {
                let new = Self::TITLE.set(Self::TITLE.concat(" new"));
                Self::objects().update($on, new).batch_size(1).await.map(drop)
            }
            Call::UpsertNew | Call::Upsert => {
                let upsert = Self::bulk_create($on, $pages).batch_size(1).on_conflict([Self::PATH]);
                upsert.update([Self::TITLE]).await
            }
            Call::UpsertComputed => {
                let upsert = Self::bulk_create($on, $pages).on_conflict([Self::PATH]);
                upsert.update_with(Self::TITLE.set(Self::TITLE.concat(" new"))).await
            }
        }
    };
}

/// Declares a model in a module, with receivers that write.
macro_rules! versioned {
    ($module:ident, $name:ident, $table:literal, $is_clone:literal, [$($derive:ident),*]) => {
        mod $module {
            use super::*;

            #[derive($($derive),*, Model)]
            #[model(table = $table)]
            pub(super) struct $name {
                id: i64,
                #[model(unique)]
                path: String,
                title: String,
                #[model(version)]
                version: i64,
            }

            #[receiver(pre_save, sender = $name)]
            async fn before(instance: &mut $name, tx: &Tx) -> Result<()> {
                Audit { id: 0, title: format!("{} before", instance.title) }.save(tx).await?;
                yield_now().await;
                Ok(())
            }

            #[receiver(post_save, sender = $name)]
            async fn after(instance: &$name, previous: Option<&$name>, tx: &Tx) -> Result<()> {
                assert_eq!(previous.map_or(0, |page| page.version) + 1, instance.version);
                Audit { id: 0, title: format!("{} after", instance.title) }.save(tx).await
            }

            impl Versioned for $name {
                const TABLE: &'static str = $table;
                const IS_CLONE: bool = $is_clone;

                fn new(path: &str, title: &str) -> Self {
                    Self { id: 0, path: path.into(), title: title.into(), version: 0 }
                }

                fn fields(&self) -> Fields {
                    (self.id, self.path.clone(), self.title.clone(), self.version)
                }

                fn set_title(&mut self, title: &str) {
                    self.title = title.into();
                }

                async fn on_db(call: Call, db: &Db, pages: &mut [Self]) -> Result<()> {
                    run!(call, db, pages)
                }

                async fn in_tx(call: Call, tx: &Tx, pages: &mut [Self]) -> Result<()> {
                    run!(call, tx, pages)
                }
            }
        }
    };
}

versioned!(copied, Page, "version_page", true, [Debug, Clone]);
versioned!(uncopied, Sheet, "version_sheet", false, [Debug]);

use copied::Page;
use uncopied::Sheet;

/// A database with two rows, and the instances of a call.
async fn begun<V: Versioned>(call: Call) -> (Db, Vec<V>) {
    let db = database("version_").await;
    let mut pages = ["one", "two"].map(|path| V::new(path, path));
    V::bulk_create(&db, &mut pages).quiet().await.unwrap();
    let new = ["one new", "two new"];
    if CREATING.contains(&call) {
        return (db, std::iter::zip(["three", "two more"], new).map(|(path, title)| V::new(path, title)).collect());
    }
    std::iter::zip(&mut pages, new).for_each(|(page, title)| page.set_title(title));
    (db, pages.into())
}

fn restored<V: Versioned>(pages: &[V]) -> Vec<Fields> {
    pages.iter().map(V::restored).collect()
}

/// The rows, and what receivers wrote.
type Rows = (Vec<Fields>, Vec<Audit>);

async fn rows_of<V: Versioned>(db: &Db) -> Rows {
    let mut pages: Vec<Fields> = V::objects().all(db).await.unwrap().iter().map(V::fields).collect();
    pages.sort();
    (pages, Audit::objects().all(db).await.unwrap())
}

async fn rows_in<V: Versioned>(tx: &Tx) -> Rows {
    let mut pages: Vec<Fields> = V::objects().all(tx).await.unwrap().iter().map(V::fields).collect();
    pages.sort();
    (pages, Audit::objects().all(tx).await.unwrap())
}

/// Asserts that the last row was written, with its version.
fn assert_written(rows: &Rows, call: Call, context: &str) {
    let (_, _, title, version) = rows.0.last().unwrap();
    assert!(title.starts_with("two new") && *version == call.written(), "{context}: {rows:?}");
}

async fn check_errors<V: Versioned>() {
    for call in Call::all() {
        let write = if CREATING.contains(&call) { "INSERT" } else { "UPDATE" };
        for (moment, table) in [("BEFORE", V::TABLE), ("AFTER", V::TABLE), ("BEFORE", "audit"), ("AFTER", "audit")] {
            for (raise, word) in [("ABORT", "two%"), ("FAIL", "two%"), ("FAIL", "%after")] {
                if table == V::TABLE && word == "%after" {
                    continue;
                }
                let event =
                    if table == V::TABLE { format!("{write} ON {table}") } else { "INSERT ON version_audit".into() };
                let context = format!("{call:?}: {raise} {moment} {event} of {word}");
                let (db, mut pages) = begun::<V>(call).await;
                let sql = format!(
                    "CREATE TRIGGER broken {moment} {event} WHEN NEW.title LIKE '{word}' \
                     BEGIN SELECT RAISE({raise}, 'injected'); END"
                );
                sqlx::query(AssertSqlSafe(sql)).execute(db.sqlite().unwrap()).await.unwrap();
                let (instances, before) = (restored(&pages), rows_of::<V>(&db).await);
                let error = V::on_db(call, &db, &mut pages).await.unwrap_err();
                assert!(error.find::<sqlx::Error>().unwrap().to_string().contains("injected"), "{context}: {error}");
                assert_eq!(
                    (restored(&pages), rows_of::<V>(&db).await),
                    (instances.clone(), before.clone()),
                    "{context}"
                );

                let tx = db.begin().await.unwrap();
                V::in_tx(call, &tx, &mut pages).await.unwrap_err();
                assert_eq!((restored(&pages), rows_in::<V>(&tx).await), (instances, before), "{context}");
                tx.commit().await.unwrap();
                sqlx::query("DROP TRIGGER broken").execute(db.sqlite().unwrap()).await.unwrap();
                V::on_db(call, &db, &mut pages).await.unwrap_or_else(|error| panic!("{context}: {error}"));
                assert_written(&rows_of::<V>(&db).await, call, &context);
            }
        }
    }
}

#[tokio::test]
async fn an_error_at_any_statement_restores_the_version() {
    check_errors::<Page>().await;
    check_errors::<Sheet>().await;
}

async fn check_refused_commits<V: Versioned>() {
    for call in Call::all() {
        let (db, mut pages) = begun::<V>(call).await;
        let (instances, before) = (restored(&pages), rows_of::<V>(&db).await);
        let refuse = async |refuses: bool| {
            let mut connection = db.sqlite().unwrap().acquire().await.unwrap();
            connection.lock_handle().await.unwrap().set_commit_hook(move || !refuses);
        };
        refuse(true).await;
        let error = V::on_db(call, &db, &mut pages).await.unwrap_err();
        assert!(error.to_string().starts_with("COMMIT failed: "), "{call:?}: {error}");
        refuse(false).await;
        assert_eq!((restored(&pages), rows_of::<V>(&db).await), (instances, before), "{call:?}");
        V::on_db(call, &db, &mut pages).await.unwrap();
        assert_written(&rows_of::<V>(&db).await, call, &format!("{call:?}"));
    }
}

#[tokio::test]
async fn a_refused_commit_restores_the_version() {
    check_refused_commits::<Page>().await;
    check_refused_commits::<Sheet>().await;
}

async fn check_stale<V: Versioned>() {
    let (db, mut pages) = begun::<V>(Call::Save).await;
    let tx = db.begin().await.unwrap();
    let mut other = V::objects().all(&tx).await.unwrap().pop().unwrap();
    other.save(&tx).await.unwrap();
    let before = rows_in::<V>(&tx).await;
    for call in [Call::Save, Call::Fields, Call::Bulk] {
        let instances = restored(&pages);
        let error = V::in_tx(call, &tx, &mut pages).await.unwrap_err();
        assert!(matches!(error, Error::Stale { .. }), "{call:?}: {error}");
        assert_eq!((restored(&pages), rows_in::<V>(&tx).await), (instances, before.clone()), "{call:?}");
    }
    tx.commit().await.unwrap();
    assert_eq!(rows_of::<V>(&db).await, before);
}

#[tokio::test]
async fn a_stale_save_is_an_error_in_the_same_transaction_that_goes_on() {
    check_stale::<Page>().await;
    check_stale::<Sheet>().await;
}

async fn check_drops<V: Versioned>(calls: impl IntoIterator<Item = Call>) {
    for call in calls {
        let mut dropped = 0;
        for when in MOMENTS {
            let mut completed = 0;
            for await_point in 0.. {
                let context = format!("{call:?} dropped at {await_point}, {when:?}");
                let (db, mut pages) = begun::<V>(call).await;
                hold_back(&db).await;
                let tx = db.begin().await.unwrap();
                Audit { id: 0, title: "first".into() }.save(&tx).await.unwrap();
                let (instances, before) = (restored(&pages), rows_in::<V>(&tx).await);
                if let Some(done) = drop_at(V::in_tx(call, &tx, &mut pages), await_point, when).await {
                    done.unwrap();
                    assert_written(&rows_in::<V>(&tx).await, call, &context);
                    completed += 1;
                    if completed == ENOUGH {
                        break;
                    }
                    continue;
                }
                dropped += 1;
                assert_eq!(restored(&pages), instances, "{context}");
                if when == When::AtOnce {
                    assert_eq!(rows_in::<V>(&tx).await, before, "{context}");
                }
                tx.commit().await.unwrap();
                assert_eq!(rows_of::<V>(&db).await, before, "{context}");
            }
        }
        assert!(dropped >= 8, "{call:?}: {dropped}");
    }
}

#[tokio::test]
async fn a_dropped_call_restores_the_version() {
    check_drops::<Page>(Call::all()).await;
    check_drops::<Sheet>([Call::Create, Call::Save]).await;
}
