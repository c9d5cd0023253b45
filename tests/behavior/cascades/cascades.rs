//! Deletes of rows that others reference with `on_delete = cascade`. The files beside this one test the other
//! actions and circles.

mod circles;
mod large;
mod leaving;
mod left_alone;
mod refusing;
mod sets;
mod unseen;

use signals::{
    AnyModel, DeleteOrigin, Error, Model, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver,
};

use signals_test_behavior::{Log, Refused, count_in, db, kind, refused, rows};

/// Whether the database refused to leave a reference without its row.
fn is_broken_reference(error: &Error) -> bool {
    let Error::Database { source, .. } = error else { return false };
    let is_said = !kind().is_sqlite() || error.to_string().contains("FOREIGN KEY constraint failed");
    is_said && source.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}

/// Why a row is deleted, in few words.
fn why(origin: DeleteOrigin, root: Option<&dyn AnyModel>) -> String {
    let key = root.and_then(AnyModel::pk).map_or_else(|| "a set".into(), |key| key.to_string());
    match origin {
        DeleteOrigin::Direct => format!("itself, {key}"),
        DeleteOrigin::Set => format!("of {key}"),
        DeleteOrigin::Cascade { root } => format!("with {} {key}", root.name()),
        _ => panic!("{origin:?}"),
    }
}

// E88, E90, E92, E93, E94, E107: cascaded rows get both signals, with the root's origin; children come before
// parents, and a child's post_delete still finds its parent.
#[tokio::test]
async fn cascaded_rows_get_their_signals_before_what_they_reference() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_signals_author")]
    struct Author {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_signals_book")]
    struct Book {
        id: i64,
        #[model(references = Author, on_delete = cascade)]
        author_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Book)]
    async fn book(
        signal: &str,
        instance: &Book,
        origin: DeleteOrigin,
        root: Option<&dyn AnyModel>,
        tx: &Tx,
    ) -> Result<()> {
        let book = Book::find(tx, instance.id).await?.is_some();
        let author = Author::find(tx, instance.author_id).await?.is_some();
        LOG.note(format!("{signal} book {} {book} {author} {}", instance.id, why(origin, root)));
        Ok(())
    }
    #[receiver([pre_delete, post_delete], sender = Author)]
    fn author(signal: &str, instance: &Author, origin: DeleteOrigin, root: Option<&dyn AnyModel>) {
        LOG.note(format!("{signal} author {} {}", instance.id, why(origin, root)));
    }

    let db = db().await;
    let (mut kept, mut gone) = (Author { id: 0 }, Author { id: 0 });
    kept.save(&db).await?;
    gone.save(&db).await?;
    for author_id in [gone.id, kept.id, gone.id] {
        Book { id: 0, author_id }.save(&db).await?;
    }
    let deleted = gone.delete(&db).await?;
    assert_eq!(
        LOG.take(),
        [
            "pre_delete book 1 true true with Author 2",
            "pre_delete book 3 true true with Author 2",
            "pre_delete author 2 itself, 2",
            "post_delete book 3 false true with Author 2",
            "post_delete book 1 false true with Author 2",
            "post_delete author 2 itself, 2",
        ]
    );
    assert_eq!((deleted.rows(), deleted.by_model()["Book"], deleted.by_model()["Author"]), (3, 2, 1));
    assert_eq!((rows(&db, "cascades_signals_book").await, rows(&db, "cascades_signals_author").await), (1, 1));
    Ok(())
}

// E88, E106, E123: the root is the instance on which delete() was called, also for receivers without a
// sender. Cascaded rows are loaded with all their columns. No save signal is sent.
#[tokio::test]
async fn the_origin_holds_the_instance_that_was_deleted() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_root_band")]
    struct Band {
        id: i64,
        #[model(skip)]
        tag: String,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_root_song")]
    struct Song {
        id: i64,
        title: String,
        #[model(references = Band, on_delete = cascade)]
        band_id: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Song)]
    fn song(instance: &Song, root: Option<&dyn AnyModel>) {
        let band = root.unwrap().downcast_ref::<Band>().unwrap();
        LOG.note(format!("{} {} {}", instance.title, band.tag, band.id));
    }
    #[receiver([pre_save, post_save], sender = Song)]
    fn saved() {
        LOG.note("saved");
    }

    let db = db().await;
    let mut band = Band { id: 0, tag: "in memory alone".into() };
    band.save(&db).await?;
    let mut song = Song { id: 0, title: "Song".into(), band_id: Some(band.id) };
    song.save(&db).await?;
    song.title = "never saved".into();
    LOG.take();
    band.delete(&db).await?;
    assert_eq!(LOG.take(), ["Song in memory alone 1", "Song in memory alone 1"]);
    assert_eq!((band.id, song.id), (1, 1));
    Ok(())
}

// E90, E91, E100, E105, E111: all pre_delete come before any write of the delete, so the rows that are to go
// unseen, and those to be emptied, are as they were.
#[tokio::test]
async fn every_pre_delete_comes_before_any_write() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_phases_club")]
    struct Club {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_phases_member")]
    struct Member {
        id: i64,
        #[model(references = Club, on_delete = cascade)]
        club_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_phases_notice")]
    struct Notice {
        id: i64,
        #[model(references = Club, on_delete = cascade)]
        club_id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_phases_guest")]
    struct Guest {
        id: i64,
        #[model(references = Club, on_delete = set_null)]
        club_id: Option<i64>,
    }
    static LOG: Log = Log::new();
    async fn look(signal: &str, sender: &str, tx: &Tx) -> Result<()> {
        let clubs = count_in(tx, "SELECT count(*) FROM cascades_phases_club").await;
        let members = count_in(tx, "SELECT count(*) FROM cascades_phases_member").await;
        let notices = count_in(tx, "SELECT count(*) FROM cascades_phases_notice").await;
        let guests = count_in(tx, "SELECT count(club_id) FROM cascades_phases_guest").await;
        LOG.note(format!("{signal} {sender} {clubs} {members} {notices} {guests}"));
        Ok(())
    }
    #[receiver([pre_delete, post_delete], sender = Member)]
    async fn member(signal: &str, tx: &Tx) -> Result<()> {
        look(signal, "member", tx).await
    }
    #[receiver([pre_delete, post_delete], sender = Club)]
    async fn club(signal: &str, tx: &Tx) -> Result<()> {
        look(signal, "club", tx).await
    }

    let db = db().await;
    let mut club = Club { id: 0 };
    club.save(&db).await?;
    for _ in 0..2 {
        Member { id: 0, club_id: club.id }.save(&db).await?;
        Notice { id: 0, club_id: club.id }.save(&db).await?;
        Guest { id: 0, club_id: Some(club.id) }.save(&db).await?;
    }
    let deleted = club.delete(&db).await?;
    assert_eq!(
        LOG.take(),
        [
            "pre_delete member 1 2 2 2",
            "pre_delete member 1 2 2 2",
            "pre_delete club 1 2 2 2",
            "post_delete member 1 0 0 0",
            "post_delete member 1 0 0 0",
            "post_delete club 0 0 0 0",
        ]
    );
    // Rows that were not read are counted too; rows whose reference was cleared are not.
    assert_eq!(format!("{:?}", deleted.by_model()), r#"{"Club": 1, "Member": 2, "Notice": 2}"#);
    Ok(())
}

// E97, E98: an error anywhere undoes every row. In a transaction it undoes only this delete; in Django the
// outer transaction is lost.
#[tokio::test]
async fn an_error_undoes_the_whole_cascade() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_failing_folder")]
    struct Folder {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_failing_file")]
    struct File {
        id: i64,
        #[model(references = Folder, on_delete = cascade)]
        folder_id: i64,
        fails: String,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = File)]
    fn fail(signal: &str, instance: &File, tx: &Tx) -> Result<(), Refused> {
        tx.on_commit(async { LOG.note("committed") }).unwrap();
        if instance.fails == signal { Err(Refused("file")) } else { Ok(()) }
    }

    let db = db().await;
    for fails in ["pre_delete", "post_delete"] {
        let mut folder = Folder { id: 0 };
        folder.save(&db).await?;
        let mut file = File { id: 0, folder_id: folder.id, fails: String::new() };
        file.save(&db).await?;
        let mut failing = File { id: 0, folder_id: folder.id, fails: fails.into() };
        failing.save(&db).await?;

        assert_eq!(refused(&folder.delete(&db).await.unwrap_err()), Some("file"));
        let tx = db.begin().await?;
        let mut other = Folder { id: 0 };
        other.save(&tx).await?;
        assert_eq!(refused(&folder.delete(&tx).await.unwrap_err()), Some("file"));
        assert_eq!(File::get(&tx, file.id).await?.folder_id, folder.id);
        other.delete(&tx).await?;
        tx.commit().await?;
        assert!(LOG.take().is_empty());

        failing.fails.clear();
        failing.save(&db).await?;
        assert_eq!(folder.delete(&db).await?.rows(), 3);
        assert_eq!(LOG.take(), ["committed"; 4]);
    }
    assert_eq!(rows(&db, "cascades_failing_file").await, 0);
    Ok(())
}

// E99, E100: a missing row only sends `pre_delete`; a missing row is not counted.
#[tokio::test]
async fn a_row_that_is_gone_is_signaled_and_not_counted() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_gone_owner")]
    struct Owner {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_gone_pet")]
    struct Pet {
        id: i64,
        #[model(references = Owner, on_delete = cascade)]
        owner_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Owner)]
    fn owner(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let deleted = Owner { id: 5 }.delete(&db).await?;
    assert_eq!((deleted.rows(), deleted.by_model().len()), (0, 0));
    assert_eq!(LOG.take(), ["pre_delete"]);
    assert!(Pet::find(&db, 1).await?.is_none());
    Ok(())
}

// E92, E93, E107: three generations; a key may be a text, which is ordered as a text.
#[tokio::test]
async fn a_cascade_goes_on_through_rows_that_nobody_hears() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_chain_country")]
    struct Country {
        #[model(primary_key)]
        code: String,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_chain_city")]
    struct City {
        id: i64,
        #[model(references = Country, on_delete = cascade)]
        country: String,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_chain_street")]
    struct Street {
        #[model(primary_key)]
        name: String,
        #[model(references = City, on_delete = cascade)]
        city_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Street)]
    fn street(signal: &str, instance: &Street, origin: DeleteOrigin, root: Option<&dyn AnyModel>) {
        LOG.note(format!("{signal} {} {}", instance.name, why(origin, root)));
    }
    let db = db().await;
    for code in ["AT", "CH"] {
        Country { code: code.into() }.save(&db).await?;
    }
    let mut city = City { id: 0, country: "AT".into() };
    city.save(&db).await?;
    for name in ["Ring", "Am Hof", "Zeile"] {
        Street { name: name.into(), city_id: city.id }.save(&db).await?;
    }
    let deleted = Country::get(&db, "AT").await?.delete(&db).await?;
    let told = |signal: &str, name: &str| format!("{signal} {name} with Country AT");
    assert_eq!(
        LOG.take(),
        [
            told("pre_delete", "Am Hof"),
            told("pre_delete", "Ring"),
            told("pre_delete", "Zeile"),
            told("post_delete", "Zeile"),
            told("post_delete", "Ring"),
            told("post_delete", "Am Hof"),
        ]
    );
    assert_eq!(format!("{:?}", deleted.by_model()), r#"{"City": 1, "Country": 1, "Street": 3}"#);
    assert_eq!(rows(&db, "cascades_chain_country").await, 1);
    Ok(())
}

// E97, E98, E107: receivers of whole sets get a model's cascaded rows together; receivers that wait for the
// commit get each row.
#[tokio::test]
async fn sets_and_the_end_of_the_transaction_are_heard_of_cascaded_rows() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "cascades_kinds_list")]
    struct List {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "cascades_kinds_item")]
    struct Item {
        id: i64,
        #[model(references = List, on_delete = cascade)]
        list_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Item, set)]
    fn items(signal: &str, instances: &[Item], origin: DeleteOrigin, root: Option<&dyn AnyModel>) {
        let ids: Vec<_> = instances.iter().map(|item| item.id).collect();
        LOG.note(format!("{signal} {ids:?} {}", why(origin, root)));
    }
    #[receiver(post_delete, sender = Item, on_commit)]
    fn item_is_gone(instance: &Item) {
        LOG.note(format!("gone {}", instance.id));
    }
    #[receiver(post_delete, sender = List, on_rollback)]
    fn list_is_back(instance: &List) {
        LOG.note(format!("back {}", instance.id));
    }
    let db = db().await;
    let mut list = List { id: 0 };
    list.save(&db).await?;
    for _ in 0..3 {
        Item { id: 0, list_id: list.id }.save(&db).await?;
    }
    let seen = ["pre_delete [1, 2, 3] with List 1", "post_delete [3, 2, 1] with List 1"];
    let tx = db.begin().await?;
    list.delete(&tx).await?;
    assert_eq!(LOG.take(), seen);
    tx.rollback().await?;
    assert_eq!(LOG.take(), ["back 1"]);
    let tx = db.begin().await?;
    list.delete(&tx).await?;
    LOG.take();
    tx.commit().await?;
    assert_eq!(LOG.take(), ["gone 3", "gone 2", "gone 1"]);
    Ok(())
}

// E119: both deletes send `pre_delete` for a row that a receiver deletes itself. The second finds no row, and
// sends no `post_delete`.
#[tokio::test]
async fn a_nested_delete_signals_its_rows_again() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "cascades_nested_house")]
    struct House {
        id: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "cascades_nested_room")]
    struct Room {
        id: i64,
        #[model(references = House, on_delete = cascade)]
        house_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Room)]
    async fn room(
        signal: &str,
        instance: &Room,
        origin: DeleteOrigin,
        root: Option<&dyn AnyModel>,
        tx: &Tx,
    ) -> Result<()> {
        LOG.note(format!("{signal} {} {}", instance.id, why(origin, root)));
        if signal == "pre_delete" && instance.id == 1 {
            assert_eq!(Room { id: 2, house_id: 1 }.delete(tx).await?.rows(), 1);
        }
        Ok(())
    }
    let db = db().await;
    let mut house = House { id: 0 };
    house.save(&db).await?;
    for _ in 0..2 {
        Room { id: 0, house_id: house.id }.save(&db).await?;
    }
    let deleted = house.delete(&db).await?;
    assert_eq!(
        LOG.take(),
        [
            "pre_delete 1 with House 1",
            "pre_delete 2 itself, 2",
            "post_delete 2 itself, 2",
            "pre_delete 2 with House 1",
            "post_delete 1 with House 1",
        ]
    );
    assert_eq!(format!("{:?}", deleted.by_model()), r#"{"House": 1, "Room": 1}"#);
    Ok(())
}

// E123: a quiet delete sends no signal for any row. It still deletes the referencing rows, because the
// database would refuse the delete otherwise.
#[tokio::test]
async fn a_quiet_delete_cascades_in_silence() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "cascades_quiet_forum")]
    struct Forum {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "cascades_quiet_post")]
    struct Post {
        id: i64,
        #[model(references = Forum, on_delete = cascade)]
        forum_id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver([pre_delete, post_delete], sender = Post)]
    fn post(signal: &str) {
        LOG.note(signal);
    }
    #[receiver(post_delete, sender = Post, on_commit)]
    fn is_gone() {
        LOG.note("gone");
    }
    #[receiver([pre_delete, post_delete], sender = Forum)]
    fn forum(signal: &str) {
        LOG.note(signal);
    }
    let db = db().await;
    let mut forum = Forum { id: 0 };
    forum.save(&db).await?;
    Post { id: 0, forum_id: forum.id }.save(&db).await?;
    assert_eq!(forum.delete(&db).quiet().await?.rows(), 2);
    assert!(LOG.take().is_empty());
    assert_eq!(rows(&db, "cascades_quiet_post").await, 0);
    Ok(())
}
