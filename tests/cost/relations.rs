//! Round trips of relations: the cost of a change with and without receivers.

use signals::{Db, M2mAction, Model, Result, Tx, m2m_changed, receiver};

use crate::watch::statements;

/// Its `plain` has no receivers, its `counted` has one, and its `followed` has one that takes the
/// transaction.
#[derive(Debug, Clone, Model)]
#[model(
    table = "relations_post",
    many_to_many(plain: Tag, related = plain_posts),
    many_to_many(counted: Tag),
    many_to_many(followed: Tag)
)]
struct Post {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_tag", many_to_many(likes: Self, symmetrical))]
struct Tag {
    id: i64,
}

/// Its links restrict the deletes of tags, and not their own.
#[derive(Debug, Clone, Model)]
#[model(table = "relations_shelf", many_to_many(tags: Tag, through = Shelved))]
struct Shelf {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_shelved", unique(shelf_id, tag_id))]
struct Shelved {
    id: i64,
    #[model(references = Shelf, on_delete = cascade)]
    shelf_id: i64,
    #[model(references = Tag, on_delete = restrict)]
    tag_id: i64,
}

#[receiver(m2m_changed, sender = PostCounted)]
fn count(action: M2mAction) {
    let _ = action;
}

#[receiver(m2m_changed, sender = PostFollowed)]
async fn follow(action: M2mAction, tx: &Tx) -> Result<()> {
    let _ = (action, tx);
    Ok(())
}

const POST: Post = Post { id: 1 };
const TAG: Tag = Tag { id: 1 };

async fn database() -> Db {
    let db = Db::connect("sqlite::memory:").await.expect("a database");
    db.create_tables().await.expect("tables");
    POST.clone().save(&db).await.expect("a post");
    for id in 1..=3 {
        Tag { id }.save(&db).await.expect("a tag");
    }
    db
}

async fn cost(db: &Db, change: impl IntoFuture<Output = Result<()>>) -> Vec<String> {
    statements(db, async { change.await.expect("a change") }).await
}

// F138
#[tokio::test]
async fn a_change_that_nobody_hears_is_one_plain_statement() {
    let db = database().await;
    let add = cost(&db, POST.plain().add(&db, [1, 2, 3])).await;
    assert_eq!(
        add,
        [
            r#"INSERT INTO "relations_post_plain" ("post_id", "tag_id") VALUES (?, ?), (?, ?), (?, ?) ON CONFLICT ("post_id", "tag_id") DO NOTHING"#
        ]
    );
    let remove = cost(&db, TAG.plain_posts().remove(&db, [1])).await;
    assert_eq!(remove, [r#"DELETE FROM "relations_post_plain" WHERE "tag_id" = ? AND "post_id" IN (?)"#]);
    let clear = cost(&db, POST.plain().clear(&db)).await;
    assert_eq!(clear, [r#"DELETE FROM "relations_post_plain" WHERE "post_id" = ?"#]);
    assert!(cost(&db, POST.plain().add(&db, [] as [i64; 0])).await.is_empty());

    assert_eq!(cost(&db, TAG.likes().add(&db, [2])).await.len(), 1, "both ways at once");
    assert_eq!(cost(&db, TAG.likes().remove(&db, [2])).await.len(), 1);
    assert_eq!(cost(&db, TAG.likes().clear(&db)).await.len(), 1);

    let mut shelf = Shelf { id: 0 };
    shelf.save(&db).await.expect("a shelf");
    assert_eq!(cost(&db, shelf.tags().add(&db, [1, 2])).await.len(), 1);
    assert_eq!(cost(&db, shelf.tags().remove(&db, [1])).await.len(), 1, "whatever else its references restrict");
    assert_eq!(cost(&db, shelf.tags().clear(&db)).await.len(), 1);
}

// F138: a receiver of an add costs one SELECT; a removal costs the same as before.
#[tokio::test]
async fn a_change_that_is_heard_looks_first_what_is_missing() {
    let db = database().await;
    let add = cost(&db, POST.counted().add(&db, [1, 2, 3])).await;
    assert_eq!(add.len(), 2, "{add:#?}");
    assert_eq!(
        add[0],
        r#"SELECT "tag_id" FROM "relations_post_counted" WHERE "post_id" = ? AND "tag_id" IN (?, ?, ?, ?)"#
    );
    let again = cost(&db, POST.counted().add(&db, [1, 2, 3])).await;
    assert_eq!(again.len(), 1, "nothing is missing: {again:#?}");
    assert_eq!(cost(&db, POST.counted().remove(&db, [1])).await.len(), 1);
    assert_eq!(cost(&db, POST.counted().clear(&db)).await.len(), 1);
}

#[tokio::test]
async fn a_change_whose_receivers_need_it_is_one_transaction() {
    let db = database().await;
    let add = cost(&db, POST.followed().add(&db, [1])).await;
    assert_eq!(add.first().map(String::as_str), Some("BEGIN IMMEDIATE"), "{add:#?}");
    assert_eq!(add.last().map(String::as_str), Some("COMMIT"), "{add:#?}");
    assert_eq!(add.iter().filter(|text| text.contains("COMMIT")).count(), 1, "{add:#?}");
    let set = cost(&db, POST.followed().set(&db, [2])).await;
    assert_eq!(set.iter().filter(|text| text.contains("BEGIN") || text.contains("SAVEPOINT")).count(), 1, "{set:#?}");
    let unchanged = cost(&db, POST.plain().set(&db, [] as [i64; 0])).await;
    assert_eq!(unchanged.len(), 3, "it reads in a transaction, and writes nothing: {unchanged:#?}");
}

/// A reference, and the way back.
#[derive(Debug, Clone, Model)]
#[model(table = "relations_page")]
struct Page {
    id: i64,
    #[model(references = Shelf, related = pages, on_delete = cascade)]
    shelf_id: Option<i64>,
}

async fn loading(db: &Db, load: impl Future<Output = Result<impl Sized>>) -> Vec<String> {
    statements(db, async { drop(load.await.expect("rows")) }).await
}

#[tokio::test]
async fn a_relation_of_many_rows_is_one_statement_for_each_1024_keys() {
    let db = database().await;
    let shelves = |count: i64| (1..=count).map(|id| Shelf { id }).collect::<Vec<_>>();
    let [one, three, most, more] = [1, 3, 1024, 1025].map(shelves);
    let load = loading(&db, Shelf::PAGES.load(&db, &one)).await;
    let select = r#"SELECT "relations_page"."id", "relations_page"."shelf_id" FROM "relations_page" WHERE "relations_page"."shelf_id" IN"#;
    assert_eq!(load, [format!("{select} (?)")]);
    // Lists of similar lengths share a statement.
    assert_eq!(loading(&db, Shelf::PAGES.load(&db, &three)).await, [format!("{select} (?, ?, ?, ?)")]);
    assert_eq!(loading(&db, Shelf::PAGES.load(&db, &most)).await.len(), 1);
    assert_eq!(loading(&db, Shelf::PAGES.load(&db, &more)).await.len(), 2);
    assert_eq!(loading(&db, Shelf::PAGES.load(&db, &[])).await, [""; 0]);
    let twice = three.iter().chain(&three);
    assert_eq!(loading(&db, Shelf::PAGES.load(&db, twice)).await.len(), 1);

    let linked = loading(&db, Shelf::TAGS.load(&db, &most)).await;
    assert_eq!(linked.len(), 1, "{linked:#?}");
    assert_eq!(loading(&db, Shelf::TAGS.load(&db, &more)).await.len(), 2);
}

#[tokio::test]
async fn a_reference_sends_each_key_once_and_none_for_null() {
    let db = database().await;
    let page = |shelf_id| Page { id: 0, shelf_id };
    let pages: Vec<_> = (0..5_000).map(|i| page(Some(i % 2 + 1))).chain([page(None)]).collect();
    let load = loading(&db, Page::SHELF.load(&db, &pages)).await;
    let select = r#"SELECT "relations_shelf"."id" FROM "relations_shelf" WHERE "relations_shelf"."id" IN (?, ?)"#;
    assert_eq!(load, [select]);
    assert_eq!(loading(&db, Page::SHELF.load(&db, &pages[5_000..])).await, [""; 0]);
    let of = loading(&db, Page::SHELF.of(&pages[0]).all(&db)).await;
    assert_eq!(of, [r#"SELECT "relations_shelf"."id" FROM "relations_shelf" WHERE "relations_shelf"."id" = ?"#]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_room")]
struct Room {
    #[model(primary_key)]
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_lamp")]
struct Lamp {
    id: i64,
    #[model(references = Room, related = lamps, on_delete = cascade)]
    room_id: String,
}

#[tokio::test]
async fn keys_of_text_that_are_spelled_as_their_rows_take_no_further_statement() {
    let db = database().await;
    let rooms = ["hall", "attic"].map(|name| Room { name: name.into() });
    for room in &rooms {
        room.clone().save(&db).await.expect("a room");
    }
    let lamp = Lamp { id: 0, room_id: "hall".into() }.create(&db).await.expect("a lamp");
    assert_eq!(loading(&db, Room::LAMPS.load(&db, &rooms)).await.len(), 1);
    assert_eq!(loading(&db, Lamp::ROOM.load(&db, [&lamp])).await.len(), 1);
    // A reference to no row may be one to a row of another spelling.
    let lost = Lamp { id: 2, room_id: "Hall".into() };
    assert_eq!(loading(&db, Lamp::ROOM.load(&db, [&lamp, &lost])).await.len(), 2);
}

/// Upper and lower case do not count in its key, nor in the references to it.
#[derive(Debug, Clone, Model)]
#[model(table = "relations_folder", many_to_many(marks: Mark, through = Marked))]
struct Folder {
    #[model(primary_key, sql_type = "TEXT COLLATE NOCASE")]
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_file")]
struct File {
    id: i64,
    #[model(references = Folder, related = files, on_delete = do_nothing, sql_type = "TEXT COLLATE NOCASE")]
    folder_id: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_mark")]
struct Mark {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relations_marked", unique(folder_id, mark_id))]
struct Marked {
    id: i64,
    #[model(references = Folder, on_delete = do_nothing, sql_type = "TEXT COLLATE NOCASE")]
    folder_id: String,
    #[model(references = Mark, on_delete = do_nothing)]
    mark_id: i64,
}

fn folder(name: &str) -> Folder {
    Folder { name: name.into() }
}

/// Makes 900 folders, and returns 1,000 with a file each, of which 100 are absent.
async fn folders(db: &Db) -> (Vec<Folder>, Vec<File>) {
    let folders: Vec<_> = (0..1_000).map(|i| folder(&format!("folder {i}"))).collect();
    let mut files: Vec<_> = (1..).zip(&folders).map(|(id, it)| File { id, folder_id: it.name.clone() }).collect();
    let mut links: Vec<_> =
        (1..).zip(&folders).map(|(id, it)| Marked { id, folder_id: it.name.clone(), mark_id: 1 }).collect();
    Mark { id: 1 }.save(db).await.expect("a mark");
    Folder::bulk_create(db, &mut folders[..900].to_vec()).await.expect("folders");
    File::bulk_create(db, &mut files[..900]).await.expect("files");
    Marked::bulk_create(db, &mut links[..900]).await.expect("links");
    (folders, files)
}

#[tokio::test]
async fn keys_of_text_without_rows_take_one_further_statement_for_each_512_of_a_reference() {
    let db = database().await;
    let (folders, files) = folders(&db).await;
    assert_eq!(loading(&db, File::FOLDER.load(&db, &files[..900])).await.len(), 1);
    let load = loading(&db, File::FOLDER.load(&db, &files)).await;
    assert_eq!(load.len(), 2);
    assert!(load[1].starts_with(r#"SELECT "relations_folder"."name", (CASE WHEN"#), "{load:#?}");
    let lost: Vec<_> = (0..1_000).map(|id| File { id, folder_id: format!("lost {id}") }).collect();
    assert_eq!(loading(&db, File::FOLDER.load(&db, &lost)).await.len(), 1, "no row was read, so none equals them");
    assert_eq!(loading(&db, File::FOLDER.load(&db, lost[..600].iter().chain(&files[..1]))).await.len(), 3);

    assert_eq!(loading(&db, Folder::FILES.load(&db, &folders)).await.len(), 1);
    assert_eq!(loading(&db, Folder::MARKS.load(&db, &folders)).await.len(), 1);
}

#[tokio::test]
async fn a_key_of_text_that_is_spelled_differently_takes_one_further_statement_or_two() {
    let db = database().await;
    let (folders, mut files) = folders(&db).await;
    let folders = &folders[..900];
    files.truncate(900);
    files[7].folder_id = "Folder 7".into();
    assert_eq!(loading(&db, File::FOLDER.load(&db, &files)).await.len(), 2);

    // The second asks whether other keys equal the row too.
    files[7].clone().save(&db).await.expect("a file");
    let load = loading(&db, Folder::FILES.load(&db, folders)).await;
    assert_eq!(load.len(), 3);
    assert!(load[1].ends_with(r#"FROM "relations_file" WHERE "relations_file"."id" IN (?)"#), "{load:#?}");
    Marked { id: 8, folder_id: "Folder 7".into(), mark_id: 1 }.save(&db).await.expect("a link");
    assert_eq!(loading(&db, Folder::MARKS.load(&db, folders)).await.len(), 3);
}

#[tokio::test]
async fn bytes_without_rows_take_no_further_statement() {
    #[derive(Debug, Clone, Model)]
    #[model(table = "relations_blob")]
    struct Blob {
        #[model(primary_key)]
        hash: Vec<u8>,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "relations_blob_use")]
    struct Use {
        id: i64,
        #[model(references = Blob, on_delete = do_nothing)]
        blob_id: Vec<u8>,
    }
    let db = database().await;
    let mut blob = Blob { hash: vec![1] };
    blob.save(&db).await.expect("a blob");
    let uses = [1, 2].map(|id: u8| Use { id: id.into(), blob_id: vec![id] });
    assert_eq!(loading(&db, Use::BLOB.load(&db, &uses)).await.len(), 1);
}
