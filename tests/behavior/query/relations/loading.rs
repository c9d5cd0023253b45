//! Rows that are loaded for several others.

use signals::{Error, Model, Result};
use signals_test_behavior::db;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "relations_author")]
struct Author {
    id: i64,
}

/// A diamond: two references to one model.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "relations_book")]
struct Book {
    id: i64,
    #[model(references = Author, related = books, on_delete = cascade)]
    author_id: i64,
    #[model(references = Author, related = edited, on_delete = set_null)]
    editor_id: Option<i64>,
    pages: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "relations_chapter")]
struct Chapter {
    id: i64,
    #[model(references = Book, related = chapters, on_delete = cascade)]
    book_id: i64,
}

/// Makes three authors. The first wrote books of 1, 2 and 3 pages, and edited the only book of the second.
async fn authors(db: &signals::Db) -> Result<Vec<Author>> {
    let mut authors = vec![Author { id: 0 }, Author { id: 0 }, Author { id: 0 }];
    Author::bulk_create(db, &mut authors).await?;
    for (author, editor, pages) in [(0, None, 1), (1, Some(0), 4), (0, Some(2), 2), (0, None, 3)] {
        let (author_id, editor_id) = (authors[author].id, editor.map(|editor: usize| authors[editor].id));
        Book { id: 0, author_id, editor_id, pages }.create(db).await?;
    }
    Ok(authors)
}

fn pages<'a>(books: impl IntoIterator<Item = &'a Book>) -> Vec<i64> {
    books.into_iter().map(|book| book.pages).collect()
}

#[tokio::test]
async fn rows_are_loaded_for_many_others_in_the_order_asked_for() -> Result<()> {
    let db = db().await;
    let authors = authors(&db).await?;
    let descending = Book::objects().order_by(Book::PAGES.desc());
    let books = Author::BOOKS.load_from(&db, &authors, descending.clone()).await?;
    let of_each: Vec<_> = authors.iter().map(|author| pages(books.of(author))).collect();
    assert_eq!(of_each, [vec![3, 2, 1], vec![4], vec![]]);
    // The groups have the order of the authors.
    let reversed = Author::BOOKS.load_from(&db, authors.iter().rev(), descending.filter(Book::PAGES.gt(1))).await?;
    assert_eq!(pages(reversed.rows()), [4, 3, 2]);
    assert_eq!(pages(reversed.of(&authors[0])), [3, 2]);
    Ok(())
}

#[tokio::test]
async fn the_two_references_of_a_diamond_are_two_relations() -> Result<()> {
    let db = db().await;
    let authors = authors(&db).await?;
    let edited = Author::EDITED.load(&db, &authors).await?;
    assert_eq!(authors.iter().map(|author| pages(edited.of(author))).collect::<Vec<_>>(), [vec![4], vec![], vec![2]]);
    let books = Book::objects().order_by(Book::PAGES.asc()).all(&db).await?;
    let editors = Book::EDITOR.load(&db, &books).await?;
    let [one, two, three] = &authors[..] else { panic!("{authors:?}") };
    assert_eq!(books.iter().map(|book| editors.of(book)).collect::<Vec<_>>(), [None, Some(three), None, Some(one)]);
    let writers = Book::AUTHOR.load(&db, &books).await?;
    assert_eq!(writers.of(&books[3]), Some(two));
    assert_eq!(writers.rows().len(), 2, "each is read once");
    Ok(())
}

#[tokio::test]
async fn a_next_line_loads_the_next_relation() -> Result<()> {
    let db = db().await;
    let authors = authors(&db).await?;
    for book in Book::objects().all(&db).await? {
        for _ in 0..book.pages {
            Chapter { id: 0, book_id: book.id }.create(&db).await?;
        }
    }
    let books = Author::BOOKS.load(&db, &authors).await?;
    let chapters = Book::CHAPTERS.load(&db, books.rows()).await?;
    let of = |author| books.of(author).iter().map(|book| chapters.of(book).len()).sum::<usize>();
    assert_eq!(authors.iter().map(of).collect::<Vec<_>>(), [6, 4, 0]);
    assert_eq!(chapters.into_rows().len(), 10);
    Ok(())
}

#[tokio::test]
async fn instances_with_the_same_key_have_the_same_rows() -> Result<()> {
    let db = db().await;
    let authors = authors(&db).await?;
    let twice = [&authors[0], &authors[0].clone(), &authors[0]];
    let books = Author::BOOKS.load(&db, twice.iter().copied()).await?;
    assert_eq!((books.rows().len(), books.of(&Author { id: authors[0].id }).len()), (3, 3));
    // Nothing was loaded for the others.
    assert!(books.of(&authors[1]).is_empty() && books.of(&Author { id: 0 }).is_empty());
    let none = Author::BOOKS.load(&db, &[]).await?;
    assert!(none.rows().is_empty() && none.of(&authors[0]).is_empty());
    Ok(())
}

#[tokio::test]
async fn a_limit_would_count_the_rows_of_all_so_it_is_an_error() -> Result<()> {
    let db = db().await;
    let authors = authors(&db).await?;
    for sliced in [Book::objects().limit(2), Book::objects().offset(1)] {
        let error = Author::BOOKS.load_from(&db, &authors, sliced).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { model: "Book", .. }), "{error}");
        assert!(error.to_string().contains("use a window function"), "{error}");
    }
    assert_eq!(Author::BOOKS.of(&authors[0]).limit(2).count(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_transaction_loads_what_it_wrote() -> Result<()> {
    let db = db().await;
    let authors = authors(&db).await?;
    let tx = db.begin().await?;
    Author::BOOKS.of(&authors[0]).delete(&tx).await?;
    let books = Author::BOOKS.load(&tx, &authors).await?;
    assert_eq!((books.rows().len(), books.of(&authors[0]).len()), (1, 0));
    tx.rollback().await?;
    assert_eq!(Author::BOOKS.load(&db, &authors).await?.rows().len(), 4);
    Ok(())
}

#[tokio::test]
async fn equal_keys_on_both_sides_of_a_part_are_read_once() -> Result<()> {
    let db = db().await;
    let mut authors: Vec<Author> = (0..1025).map(|_| Author { id: 0 }).collect();
    Author::bulk_create(&db, &mut authors).await?;
    let (first, last) = (authors[0].id, authors[1024].id);
    for author_id in [first, last] {
        Book { id: 0, author_id, editor_id: None, pages: 7 }.create(&db).await?;
    }
    // The first 1,024 keys are one statement. The first key comes again after them, and the last one twice.
    let asked: Vec<Author> = authors.iter().chain([&authors[0], &authors[1024]]).cloned().collect();
    let books = Author::BOOKS.load(&db, &asked).await?;
    assert_eq!(books.rows().len(), 2);
    assert_eq!((books.of(&asked[1025]).len(), books.of(&asked[1026]).len()), (1, 1));

    let book = |author_id| Book { id: 0, author_id, editor_id: None, pages: 1 };
    let asked: Vec<Book> = asked.iter().map(|author| book(author.id)).collect();
    let authors = Book::AUTHOR.load(&db, &asked).await?;
    assert_eq!(authors.rows().len(), 1025);
    assert_eq!(authors.of(&asked[1025]).map(|author| author.id), Some(first));
    Ok(())
}

#[tokio::test]
async fn a_constant_of_ones_own_stays_if_the_relation_has_another_name() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "relations_bought")]
    struct Bought {
        id: i64,
        #[model(references = Author, relation = buyer, on_delete = cascade)]
        author_id: i64,
    }

    impl Bought {
        const AUTHOR: &'static str = "a constant of the application";
    }

    let db = db().await;
    let author = Author { id: 0 }.create(&db).await?;
    let bought = Bought { id: 0, author_id: author.id }.create(&db).await?;
    assert_eq!(Bought::BUYER.of(&bought).get(&db).await?, author);
    assert!(Bought::AUTHOR.contains("application"));
    Ok(())
}
