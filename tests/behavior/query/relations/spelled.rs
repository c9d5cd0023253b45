//! Keys of text that the database finds equal, although they are spelled differently.

use futures_util::TryStreamExt as _;
use signals::{Db, Model, Result};
use signals_test_behavior::{Kind, execute, kind, url};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_country", many_to_many(labels: Label, through = Labeled))]
struct Country {
    #[model(primary_key)]
    code: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_city")]
struct City {
    id: i64,
    #[model(references = Country, related = cities, on_delete = do_nothing)]
    country_id: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_label")]
struct Label {
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_labeled", unique(country_id, label_id))]
struct Labeled {
    id: i64,
    #[model(references = Country, on_delete = do_nothing)]
    country_id: String,
    #[model(references = Label, on_delete = do_nothing)]
    label_id: i64,
}

/// A country whose links may have none.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_region", many_to_many(labels: Label, through = RegionLabel, related = regions))]
struct Region {
    #[model(primary_key)]
    code: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_region_label")]
struct RegionLabel {
    id: i64,
    #[model(references = Region, on_delete = do_nothing)]
    region_id: Option<String>,
    #[model(references = Label, on_delete = do_nothing)]
    label_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_shelf")]
struct Shelf {
    #[model(primary_key)]
    hall: i64,
    #[model(primary_key)]
    code: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_book", references(Shelf, fields(hall, shelf_id), related = books, on_delete = do_nothing))]
struct Book {
    id: i64,
    hall: i64,
    shelf_id: String,
}

/// Makes the tables. The keys and the references to them have this type.
async fn tables(sql_type: &str) -> Result<Db> {
    tables_at(&address().await, sql_type).await
}

/// The address of a new database. The operators of an extension are found by the search path.
async fn address() -> String {
    url().await + if kind() == Kind::Postgres { ",public" } else { "" }
}

async fn tables_at(url: &str, sql_type: &str) -> Result<Db> {
    let db = Db::connect(url).await?;
    for table in [
        format!("spelled_country (code {sql_type} PRIMARY KEY)"),
        format!("spelled_city (id BIGINT PRIMARY KEY, country_id {sql_type} NOT NULL)"),
        "spelled_label (id BIGINT PRIMARY KEY)".to_owned(),
        format!("spelled_labeled (id BIGINT PRIMARY KEY, country_id {sql_type} NOT NULL, label_id BIGINT NOT NULL)"),
        format!("spelled_region (code {sql_type} PRIMARY KEY)"),
        format!("spelled_region_label (id BIGINT PRIMARY KEY, region_id {sql_type}, label_id BIGINT)"),
        format!("spelled_shelf (hall BIGINT, code {sql_type}, PRIMARY KEY (hall, code))"),
        format!("spelled_book (id BIGINT PRIMARY KEY, hall BIGINT NOT NULL, shelf_id {sql_type} NOT NULL)"),
    ] {
        execute(&db, format!("CREATE TABLE {table}")).await;
    }
    Ok(db)
}

/// Makes the tables with keys whose case does not count.
async fn folded() -> Result<Db> {
    folded_at(&address().await).await
}

async fn folded_at(at: &str) -> Result<Db> {
    let sql_type = match kind() {
        Kind::Postgres => "public.citext",
        Kind::Mysql => "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        Kind::Memory | Kind::File => "TEXT COLLATE NOCASE",
    };
    if kind() == Kind::Postgres {
        let sql = "SELECT pg_advisory_lock(7); CREATE EXTENSION IF NOT EXISTS citext SCHEMA public; \
                   SELECT pg_advisory_unlock(7)";
        execute(&Db::connect(&url().await).await?, sql).await;
    }
    tables_at(at, sql_type).await
}

fn country(code: &str) -> Country {
    Country { code: code.into() }
}

fn city(id: i64, country: &str) -> City {
    City { id, country_id: country.into() }
}

fn ids(cities: &[City]) -> Vec<i64> {
    let mut ids: Vec<_> = cities.iter().map(|city| city.id).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn rows_of_another_spelling_are_those_of_their_row() -> Result<()> {
    let db = folded().await?;
    let mut countries = ["no", "Se", "fi"].map(country);
    Country::bulk_create(&db, &mut countries).await?;
    let mut cities = [city(1, "NO"), city(2, "no"), city(3, "se"), city(4, "nO")];
    City::bulk_create(&db, &mut cities).await?;

    let loaded = Country::CITIES.load(&db, &countries).await?;
    let of_each: Vec<_> = countries.iter().map(|country| ids(loaded.of(country))).collect();
    assert_eq!(of_each, [vec![1, 2, 4], vec![3], vec![]]);
    assert_eq!(loaded.rows().len(), 4);
    let ordered = City::objects().filter(City::ID.ne(2)).order_by(City::ID.desc());
    let loaded = Country::CITIES.load_from(&db, &countries, ordered).await?;
    assert_eq!(loaded.of(&countries[0]).iter().map(|city| city.id).collect::<Vec<_>>(), [4, 1]);

    let back = City::COUNTRY.load(&db, &cities).await?;
    let of_each: Vec<_> = cities.iter().map(|city| back.of(city).map(|country| country.code.as_str())).collect();
    assert_eq!(of_each, [Some("no"), Some("no"), Some("Se"), Some("no")]);
    assert_eq!(back.rows().len(), 2, "each is read once");
    let others = Country::objects().filter(Country::CODE.ne("no"));
    let back = City::COUNTRY.load_from(&db, &cities, others).await?;
    assert_eq!((back.of(&cities[0]), back.of(&cities[2])), (None, Some(&countries[1])));
    Ok(())
}

#[tokio::test]
async fn rows_that_are_asked_for_in_two_spellings_are_found_by_both() -> Result<()> {
    let db = folded().await?;
    country("no").create(&db).await?;
    City::bulk_create(&db, &mut [city(1, "NO"), city(2, "No")]).await?;
    let both = [country("no"), country("NO")];
    let loaded = Country::CITIES.load(&db, &both).await?;
    assert_eq!((ids(loaded.of(&both[0])), ids(loaded.of(&both[1]))), (vec![1, 2], vec![1, 2]));
    assert_eq!(loaded.rows().len(), 2);
    Ok(())
}

#[tokio::test]
async fn many_rows_of_other_spellings_are_found() -> Result<()> {
    let db = folded().await?;
    let codes: Vec<_> = (0..1_300).map(|i| format!("code {i}")).collect();
    let mut countries: Vec<_> = codes.iter().map(|code| country(code)).collect();
    Country::bulk_create(&db, &mut countries).await?;
    // Each is in two statements, and in two spellings.
    let mut cities: Vec<_> = (1..).zip(&codes).map(|(id, code)| city(id, &code.to_uppercase())).collect();
    cities.extend((1_301..).zip(&codes).map(|(id, code)| city(id, &code.replace('c', "C"))));
    City::bulk_create(&db, &mut cities).await?;
    let loaded = Country::CITIES.load(&db, &countries).await?;
    assert!((1..).zip(&countries).all(|(id, country)| ids(loaded.of(country)) == [id, id + 1_300]));
    let back = City::COUNTRY.load(&db, &cities).await?;
    assert!(cities.iter().zip(countries.iter().cycle()).all(|(city, country)| back.of(city) == Some(country)));
    assert_eq!(back.rows().len(), 1_300);
    Ok(())
}

/// sqlx asks for a type that a connection does not know in a way that ends a statement without a name.
#[tokio::test]
async fn a_statement_of_many_values_may_be_the_first_of_its_connection() -> Result<()> {
    if kind() == Kind::Memory {
        return Ok(()); // it has one connection
    }
    let at = address().await;
    let db = folded_at(&at).await?;
    let codes: Vec<_> = (0..1_300).map(|i| format!("code {i}")).collect();
    let mut countries: Vec<_> = codes.iter().map(|code| country(code)).collect();
    Country::bulk_create(&db, &mut countries).await?;
    let mut cities: Vec<_> = (1..).zip(&codes).map(|(id, code)| city(id, code)).collect();
    City::bulk_create(&db, &mut cities).await?;
    Label { id: 1 }.create(&db).await?;
    let links = (1..).zip(&codes).map(|(id, code)| Labeled { id, country_id: code.clone(), label_id: 1 });
    Labeled::bulk_create(&db, &mut links.collect::<Vec<_>>()).await?;
    db.close().await?;

    let new = async || Db::connect(&at).await;
    let all = Country::objects().filter(Country::CODE.in_(codes.clone()));
    assert_eq!(all.all(&new().await?).await?.len(), 1_300);
    assert!(all.clone().order_by(Country::CODE.asc()).first(&new().await?).await?.is_some());
    let tx = new().await?.begin().await?;
    assert_eq!(all.stream(&tx).try_collect::<Vec<_>>().await?.len(), 1_300);
    tx.commit().await?;
    let loaded = Country::CITIES.load(&new().await?, &countries).await?;
    assert!(countries.iter().all(|country| loaded.of(country).len() == 1));
    let loaded = Country::LABELS.load(&new().await?, &countries).await?;
    assert!(countries.iter().all(|country| loaded.of(country).len() == 1));
    let tx = new().await?.begin().await?;
    City::COUNTRY.load(&tx, &cities).await?;
    assert_eq!(all.delete(&tx).await?.rows(), 1_300);
    tx.commit().await
}

/// A city that others delete as soon as its first row was read.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "spelled_visited", managed = false)]
struct Visited {
    id: i64,
    #[model(references = Country, related = visited, on_delete = do_nothing)]
    country_id: String,
}

#[tokio::test]
async fn a_row_that_is_deleted_meanwhile_does_not_hide_those_that_are_spelled_like_it() -> Result<()> {
    if kind() != Kind::Postgres {
        // No function of the others may delete from a table that its statement reads.
        return Ok(());
    }
    let db = folded().await?;
    let countries = ["no", "se"].map(country);
    Country::bulk_create(&db, &mut countries.clone()).await?;
    City::bulk_create(&db, &mut [city(1, "NO"), city(2, "NO"), city(3, "SE")]).await?;
    for sql in [
        "CREATE FUNCTION spelled_visit(bigint) RETURNS bigint LANGUAGE sql AS \
         'DELETE FROM spelled_city WHERE id = $1 RETURNING id'",
        "CREATE VIEW spelled_visited AS SELECT id, country_id FROM spelled_city \
         WHERE CASE id WHEN 1 THEN spelled_visit(id) = 1 ELSE true END",
    ] {
        execute(&db, sql).await;
    }
    let loaded = Country::VISITED.load(&db, &countries).await?;
    let of_each = countries.each_ref().map(|country| loaded.of(country).iter().map(|row| row.id).collect::<Vec<_>>());
    assert_eq!(of_each, [vec![1, 2], vec![3]]);
    Ok(())
}

#[tokio::test]
async fn spaces_at_the_end_count_as_the_database_counts_them() -> Result<()> {
    let sql_type = match kind() {
        Kind::Postgres => "CHAR(4)",
        Kind::Mysql => "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        Kind::Memory | Kind::File => "TEXT COLLATE RTRIM",
    };
    let db = tables(sql_type).await?;
    country("no").create(&db).await?;
    City::bulk_create(&db, &mut [city(1, "no  "), city(2, "no")]).await?;
    let asked = [country("no")];
    assert_eq!(ids(Country::CITIES.load(&db, &asked).await?.of(&asked[0])), [1, 2]);
    let cities = [city(1, "no"), city(2, "no  "), city(3, "no ")];
    let back = City::COUNTRY.load(&db, &cities).await?;
    assert!(cities.iter().all(|city| back.of(city).is_some()), "{back:?}");
    Ok(())
}

#[tokio::test]
async fn a_part_of_a_key_may_be_spelled_differently() -> Result<()> {
    let db = folded().await?;
    let shelf = |hall, code: &str| Shelf { hall, code: code.into() };
    let mut shelves = [shelf(1, "a"), shelf(2, "a"), shelf(1, "b")];
    Shelf::bulk_create(&db, &mut shelves).await?;
    let book = |id, hall, code: &str| Book { id, hall, shelf_id: code.into() };
    let mut books = [book(1, 1, "A"), book(2, 2, "A"), book(3, 1, "b")];
    Book::bulk_create(&db, &mut books).await?;
    let loaded = Shelf::BOOKS.load(&db, &shelves).await?;
    let of_each: Vec<_> = shelves.iter().map(|shelf| loaded.of(shelf)).collect();
    assert_eq!(of_each, [&books[..1], &books[1..2], &books[2..]]);
    let back = Book::SHELF.load(&db, &books).await?;
    assert!(books.iter().zip(&shelves).all(|(book, shelf)| back.of(book) == Some(shelf)));
    Ok(())
}

#[tokio::test]
async fn links_of_other_spellings_lead_to_their_rows() -> Result<()> {
    let db = folded().await?;
    let mut countries = ["no", "se"].map(country);
    Country::bulk_create(&db, &mut countries).await?;
    Label::bulk_create(&db, &mut [1, 2, 3].map(|id| Label { id })).await?;
    let link = |id, code: &str, label_id| Labeled { id, country_id: code.into(), label_id };
    Labeled::bulk_create(&db, &mut [link(1, "NO", 1), link(2, "no", 2), link(3, "SE", 3)]).await?;
    let loaded = Country::LABELS.load(&db, &countries).await?;
    let of_each: Vec<Vec<_>> =
        countries.iter().map(|country| loaded.of(country).iter().map(|label| label.id).collect()).collect();
    assert_eq!(of_each, [vec![1, 2], vec![3]]);
    Ok(())
}

#[tokio::test]
async fn links_with_optional_references_are_found_in_other_spellings_too() -> Result<()> {
    let db = folded().await?;
    let mut regions = ["no", "se"].map(|code| Region { code: code.into() });
    Region::bulk_create(&db, &mut regions).await?;
    Label::bulk_create(&db, &mut [1, 2, 3].map(|id| Label { id })).await?;
    let link = |id, code: Option<&str>, label_id| RegionLabel { id, region_id: code.map(Into::into), label_id };
    let mut links = [
        link(1, Some("NO"), Some(1)),
        link(2, Some("no"), Some(2)),
        link(3, Some("SE"), Some(3)),
        link(4, None, Some(3)),
        link(5, Some("No"), None),
    ];
    RegionLabel::bulk_create(&db, &mut links).await?;
    let loaded = Region::LABELS.load(&db, &regions).await?;
    let of_each: Vec<Vec<_>> =
        regions.iter().map(|region| loaded.of(region).iter().map(|label| label.id).collect()).collect();
    assert_eq!(of_each, [vec![1, 2], vec![3]]);
    assert_eq!(loaded.rows().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_row_that_two_statements_read_by_two_spellings_is_there_once() -> Result<()> {
    let db = folded().await?;
    country("no").create(&db).await?;
    City::bulk_create(&db, &mut [city(1, "no"), city(2, "no")]).await?;
    Label { id: 1 }.create(&db).await?;
    Labeled { id: 1, country_id: "no".into(), label_id: 1 }.create(&db).await?;
    // A statement has 1,024 keys, so "NO" is in the second one.
    let mut asked = vec![country("no")];
    asked.extend((0..1_100).map(|i| country(&format!("none {i}"))));
    asked.push(country("NO"));
    let loaded = Country::CITIES.load(&db, &asked).await?;
    assert_eq!((ids(loaded.of(&asked[0])), ids(loaded.of(&asked[1_101]))), (vec![1, 2], vec![1, 2]));
    assert_eq!(loaded.rows().len(), 2);
    let loaded = Country::LABELS.load(&db, &asked).await?;
    assert_eq!((loaded.of(&asked[0]).len(), loaded.of(&asked[1_101]).len(), loaded.rows().len()), (1, 1, 1));
    Ok(())
}
