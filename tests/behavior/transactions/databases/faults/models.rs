//! Models whose receivers write, with references of every kind.

use signals::{Db, Error, Model, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver};
use signals_test_behavior::{texts, texts_in};

use crate::databases::log::note;

#[derive(Debug, Clone, Model)]
#[model(table = "faults_audit")]
pub struct Audit {
    pub id: i64,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "faults_order")]
pub struct Order {
    pub id: i64,
    pub name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "faults_line")]
pub struct Line {
    pub id: i64,
    pub name: String,
}

/// A tree, whose rows cannot be deleted in any order.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "faults_folder")]
pub struct Folder {
    pub id: i64,
    pub name: String,
    #[model(references = Folder, on_delete = cascade)]
    pub parent_id: Option<i64>,
}

/// Heard.
#[derive(Debug, Clone, Model)]
#[model(table = "faults_file")]
pub struct File {
    pub id: i64,
    pub name: String,
    #[model(references = Folder, on_delete = cascade)]
    pub folder_id: i64,
}

/// Deleted unseen.
#[derive(Debug, Clone, Model)]
#[model(table = "faults_mark")]
pub struct Mark {
    pub id: i64,
    pub name: String,
    #[model(references = Folder, on_delete = cascade)]
    pub folder_id: i64,
}

/// Emptied.
#[derive(Debug, Clone, Model)]
#[model(table = "faults_link")]
pub struct Link {
    pub id: i64,
    pub name: String,
    #[model(references = Folder, on_delete = set_null)]
    pub folder_id: Option<i64>,
}

async fn audit(name: &str, tx: &Tx) -> Result<()> {
    Audit { id: 0, name: name.into() }.save(tx).await
}

#[receiver(pre_save, sender = Order)]
async fn before_save(instance: &mut Order, tx: &Tx) -> Result<()> {
    audit(&instance.name, tx).await
}

#[receiver(post_save, sender = Order)]
async fn make_line(instance: &Order, using: &str, tx: &Tx) -> Result<()> {
    let (using, name) = (using.to_owned(), instance.name.clone());
    tx.on_commit(async move { note(&using, name) }).unwrap();
    Line { id: 0, name: instance.name.clone() }.save(tx).await
}

#[receiver(post_save, sender = Line)]
async fn audit_line(instance: &Line, tx: &Tx) -> Result<()> {
    audit(&format!("{} line", instance.name), tx).await
}

#[receiver(post_save, sender = Order, robust, priority = 1)]
async fn fail_robustly(tx: &Tx) -> Result<()> {
    audit("robust", tx).await?;
    Err(Error::other("robust"))
}

#[receiver([pre_delete, post_delete], sender = File)]
async fn audit_file(instance: &File, tx: &Tx) -> Result<()> {
    audit(&instance.name, tx).await
}

#[receiver(post_delete, sender = Folder)]
async fn audit_folder(instance: &Folder, using: &str, tx: &Tx) -> Result<()> {
    let (using, name) = (using.to_owned(), instance.name.clone());
    tx.on_commit(async move { note(&using, name) }).unwrap();
    audit(&instance.name, tx).await
}

pub fn order(name: &str) -> Order {
    Order { id: 0, name: name.into() }
}

/// Two folders in another, each with a file, a mark and a link, all of them named so.
pub async fn folders(db: &Db, name: &str) -> Result<Folder> {
    let tx = db.begin().await?;
    let mut root = Folder { id: 0, name: name.into(), parent_id: None };
    root.save(&tx).await?;
    let name = || name.to_owned();
    for _ in 0..2 {
        let mut folder = Folder { id: 0, name: name(), parent_id: Some(root.id) };
        folder.save(&tx).await?;
        File { id: 0, name: name(), folder_id: folder.id }.save(&tx).await?;
        Mark { id: 0, name: name(), folder_id: folder.id }.save(&tx).await?;
        Link { id: 0, name: name(), folder_id: Some(folder.id) }.save(&tx).await?;
    }
    tx.commit().await?;
    Ok(root)
}

/// The query of every row of every table in one text. Keys are omitted, because undone writes use up some. A
/// set reference is shown as `+`.
fn everything() -> String {
    let of = |table: &str, flag: &str| format!("SELECT '{table}' AS place, name, {flag} AS flag FROM faults_{table}");
    let is_set = |column: &str| format!("CASE WHEN {column} IS NULL THEN '-' ELSE '+' END");
    let tables = [
        of("audit", "''"),
        of("order", "''"),
        of("line", "''"),
        of("folder", &is_set("parent_id")),
        of("file", "''"),
        of("mark", "''"),
        of("link", &is_set("folder_id")),
    ];
    // A concatenation that every database takes is not to be had, but a REPLACE is.
    let line = "REPLACE(REPLACE(REPLACE('place name flag', 'place', place), 'name', name), 'flag', flag)";
    format!("SELECT {line} FROM ({}) AS everything ORDER BY 1", tables.join(" UNION ALL "))
}

pub async fn rows(db: &Db) -> Vec<String> {
    texts(db, everything()).await
}

pub async fn rows_in(tx: &Tx) -> Vec<String> {
    texts_in(tx, everything()).await
}

/// Asserts that references are checked, and that a save succeeds.
pub async fn assert_usable(tx: &Tx) -> Result<()> {
    let savepoint = tx.begin().await?;
    let dangling = File { id: 0, name: "dangling".into(), folder_id: 77_777 }.save(&savepoint).await;
    assert!(dangling.is_err(), "references are checked");
    savepoint.rollback().await?;
    let savepoint = tx.begin().await?;
    order("usable").save(&savepoint).await?;
    savepoint.rollback().await
}
