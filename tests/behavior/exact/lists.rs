//! Lists of keys in conditions, of many different lengths.

use signals::{Db, Error, Model, Result};
use signals_test_behavior::{Kind, db, elsewhere, kind};
use sqlx::Connection as _;

/// Declares a model with a table of the test's own.
macro_rules! note {
    ($table:literal) => {
        #[derive(Debug, Clone, Model)]
        #[model(table = $table)]
        struct Note {
            id: i64,
            size: i64,
        }
    };
}

/// How many values a statement takes.
fn most() -> i64 {
    if kind().is_sqlite() { 32_766 } else { 65_535 }
}

/// How many statements the connection keeps that is used next.
async fn kept(db: &Db) -> usize {
    match kind() {
        Kind::Memory | Kind::File => db.sqlite().unwrap().acquire().await.unwrap().cached_statements_size(),
        Kind::Postgres => db.postgres().unwrap().acquire().await.unwrap().cached_statements_size(),
        Kind::Mysql => db.mysql().unwrap().acquire().await.unwrap().cached_statements_size(),
    }
}

#[tokio::test]
async fn lists_of_many_lengths_leave_few_statements() -> Result<()> {
    note!("exact_lists_lengths");
    let db = signals_test_behavior::database(|builder| builder.max_connections(1)).await;
    Note::bulk_create(&db, &mut vec![Note { id: 0, size: 1 }; 3]).await?;
    let before = kept(&db).await;
    for length in (1..=700).chain(1000..1020).chain(15_990..16_010).chain(30_000..30_020) {
        let found = Note::objects().filter(Note::ID.in_(1..=length).and(Note::SIZE.eq(1))).count(&db).await?;
        assert_eq!(found, u64::try_from(length.min(3)).unwrap());
    }
    let others = Note::objects().filter(Note::ID.not_in(2..=100_i64)).all(&db).await?;
    assert_eq!(others.iter().map(|note| note.id).collect::<Vec<_>>(), [1]);
    // Eleven powers of two, one longer in MySQL, and the other query.
    let grown = kept(&db).await - before;
    assert!(grown <= 13, "{grown}");
    Ok(())
}

#[tokio::test]
async fn a_list_that_is_too_long_is_an_error_with_the_maximum() -> Result<()> {
    note!("exact_lists_too_long");
    let db = db().await;
    let too_long = |outcome: Result<u64>| match outcome.unwrap_err() {
        error @ Error::TooManyValues { .. } => error.to_string(),
        error => panic!("{error}"),
    };
    let all = || Note::objects().filter(Note::ID.in_(1..=100_000_i64));
    let problem = too_long(all().count(&db).await);
    assert!(problem.starts_with("the list for `id` of `Note` has 100000 values"), "{problem}");
    assert!(problem.contains(&format!("at most {}", most())), "{problem}");
    too_long(all().update(&db, [Note::SIZE.set(2)]).await);
    too_long(all().delete(&db).await.map(|deleted| deleted.rows()));

    // The maximum number, in one list and in two lists.
    assert_eq!(Note::objects().filter(Note::ID.in_(1..=most())).count(&db).await?, 0);
    let halves = Note::ID.in_(1..=most() / 2).or(Note::SIZE.in_(1..=most() / 2));
    assert_eq!(Note::objects().filter(halves).count(&db).await?, 0);
    let over = Note::ID.in_(1..=most()).and(Note::SIZE.eq(1));
    let problem = too_long(Note::objects().filter(over).count(&db).await);
    assert!(problem.starts_with(&format!("a query of `Note` has {} values", most() + 1)), "{problem}");
    Ok(())
}

#[tokio::test]
async fn links_of_many_numbers_leave_few_statements() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_lists_page", many_to_many(words: Word))]
    struct Page {
        id: i64,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_lists_word")]
    struct Word {
        id: i64,
    }
    if elsewhere(&[Kind::Memory, Kind::File, Kind::Postgres]) {
        // MySQL keeps the last 500 statements, whatever they are.
        return Ok(());
    }
    let db = signals_test_behavior::database(|builder| builder.max_connections(1)).await;
    let mut page = Page { id: 0 };
    page.save(&db).await?;
    Word::bulk_create(&db, &mut vec![Word { id: 0 }; 600]).await?;
    let before = kept(&db).await;
    for words in (20..=560).step_by(9) {
        page.words().add(&db, 1..=words).quiet().await?;
        page.words().remove(&db, 1..=words).quiet().await?;
    }
    let grown = kept(&db).await - before;
    assert!(grown <= 25, "{grown}");
    Ok(())
}

#[tokio::test]
async fn references_to_no_row_of_many_numbers_leave_few_statements() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_lists_folder")]
    struct Folder {
        #[model(primary_key)]
        name: String,
    }
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_lists_file")]
    struct File {
        id: i64,
        #[model(references = Folder, on_delete = do_nothing)]
        folder_id: String,
    }
    let db = signals_test_behavior::database(|builder| builder.max_connections(1)).await;
    Folder { name: "0".into() }.create(&db).await?;
    let files: Vec<_> = (0..300).map(|id| File { id, folder_id: id.to_string() }).collect();
    let before = kept(&db).await;
    for length in (2..=300).step_by(3) {
        let folders = File::FOLDER.load(&db, &files[..length]).await?;
        assert_eq!(folders.rows().len(), 1);
    }
    // Nine powers of two to read the rows, and as many to ask whether the others are spelled differently.
    let grown = kept(&db).await - before;
    assert!(grown <= 18, "{grown}");
    Ok(())
}
