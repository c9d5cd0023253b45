//! Tables whose keys have several columns.

use signals::schema::Schema;
use signals::{Db, Model as _, Result, schema};
use signals_test_behavior::{Kind, execute, kind, url};

use super::{adopted, assert_printed, name, postgres_database, round_trip};
use crate::composite::{mysql, postgres, sqlite};

#[tokio::test]
async fn keys_of_several_columns_become_fields_of_the_key() -> Result<()> {
    let db = adopted("composite", &format!("composite_{}", name())).await;
    assert_printed(&db, &format!("composite/{}.rs", name())).await
}

/// Loads, saves and deletes the rows of these models.
macro_rules! uses {
    ($db:ident, $module:ident) => {{
        use $module::{Actor, ActorFilm, Film, OrderDetails, Shipment};

        round_trip::<Actor>(&$db).await?;
        round_trip::<Film>(&$db).await?;
        assert_eq!(Actor::get(&$db, 2).await?.film().keys(&$db).await?, [1]);
        assert_eq!(Film::get(&$db, 1).await?.actor().count(&$db).await?, 2);
        assert_eq!(ActorFilm::get(&$db, (1, 1)).await?.film_id, 1);
        round_trip::<OrderDetails>(&$db).await?;
        round_trip::<Shipment>(&$db).await?;
        assert_eq!(OrderDetails::get(&$db, (1, 2)).await?.delete(&$db).await?.rows(), 1);
        assert_eq!(Shipment::get(&$db, 1).await?.order_id, None, "ON DELETE SET NULL is `set_null`");
        assert_eq!(Actor::get(&$db, 1).await?.delete(&$db).await?.rows(), 2, "ON DELETE CASCADE is `cascade`");
    }};
}

#[tokio::test]
async fn models_with_keys_of_several_columns_load_save_and_delete_rows() -> Result<()> {
    let db = adopted("composite_uses", &format!("composite_{}", name())).await;
    match kind() {
        Kind::Memory | Kind::File => uses!(db, sqlite),
        Kind::Postgres => uses!(db, postgres),
        Kind::Mysql => uses!(db, mysql),
    }
    Ok(())
}

#[tokio::test]
async fn models_with_keys_of_several_columns_have_no_difference() -> Result<()> {
    let db = adopted("composite_differs", &format!("composite_{}", name())).await;
    let module = format!("::composite::{}::", name());
    let differences = schema::check_of(&db, |model| model.path().contains(&module)).await?;
    let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(differences, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn tables_of_nothing_but_links_become_relations() -> Result<()> {
    let url = if kind() == Kind::Postgres { postgres_database("links").await } else { url().await };
    let db = Db::connect(&url).await?;
    let references = "FOREIGN KEY (note_id) REFERENCES note (id) ON DELETE CASCADE, \
                      FOREIGN KEY (tag_id) REFERENCES tag (id) ON DELETE CASCADE";
    for sql in [
        "CREATE TABLE note (id BIGINT PRIMARY KEY)".to_owned(),
        "CREATE TABLE tag (id BIGINT PRIMARY KEY)".to_owned(),
        format!(
            "CREATE TABLE a_tagged (note_id BIGINT NOT NULL, tag_id BIGINT NOT NULL, UNIQUE (note_id, tag_id), {references})"
        ),
        format!(
            "CREATE TABLE b_tagged (note_id BIGINT, tag_id BIGINT, last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
             PRIMARY KEY (note_id, tag_id), {references})"
        ),
        format!(
            "CREATE TABLE c_tagged (note_id BIGINT, tag_id BIGINT, place INT, PRIMARY KEY (note_id, tag_id), {references})"
        ),
        format!("CREATE TABLE d_tagged (note_id BIGINT NOT NULL, tag_id BIGINT NOT NULL, {references})"),
        "CREATE TABLE page (book_id BIGINT, number BIGINT, PRIMARY KEY (book_id, number))".to_owned(),
        "CREATE TABLE f_page (number BIGINT, book BIGINT, tag_id BIGINT, PRIMARY KEY (tag_id, number, book), \
         FOREIGN KEY (book, number) REFERENCES page (book_id, number) ON DELETE CASCADE, \
         FOREIGN KEY (tag_id) REFERENCES tag (id) ON DELETE CASCADE)"
            .to_owned(),
        "CREATE TABLE g_extra (note_id BIGINT PRIMARY KEY, FOREIGN KEY (note_id) REFERENCES note (id), \
         FOREIGN KEY (note_id) REFERENCES tag (id))"
            .to_owned(),
        "CREATE TABLE h_extra (book_id BIGINT, number BIGINT, PRIMARY KEY (book_id, number), \
         FOREIGN KEY (book_id, number) REFERENCES page (book_id, number), FOREIGN KEY (number) REFERENCES tag (id))"
            .to_owned(),
        "CREATE TABLE e_tagged (note_id BIGINT, \"Tag\" BIGINT, PRIMARY KEY (note_id, \"Tag\"), \
         FOREIGN KEY (note_id) REFERENCES note (id), FOREIGN KEY (\"Tag\") REFERENCES tag (id))"
            .replace('"', if kind() == Kind::Mysql { "`" } else { "\"" }),
    ] {
        execute(&db, sql).await;
    }
    let printed = Schema::read(&db).await?.to_models(|table| !table.name.starts_with("signals"));
    let relations: Vec<_> = printed.match_indices("many_to_many(").map(|(at, _)| &printed[at..]).collect();
    let relations: Vec<_> = relations.iter().map(|text| text.split_once(")]").unwrap().0).collect();
    assert_eq!(
        relations,
        [
            "many_to_many(tag: Tag, related = note, table = \"a_tagged\", columns(note_id, tag_id))",
            "many_to_many(b_tagged: Tag, related = b_tagged, through = BTagged)",
            "many_to_many(e_tagged: Tag, related = e_tagged, table = \"e_tagged\", columns(note_id, \"Tag\"))",
            "many_to_many(page: Page, related = tag, table = \"f_page\", columns(tag_id, book, number))",
        ],
        "a row that extends another one is no link: {printed}"
    );
    let structs: Vec<_> = ["ATagged", "BTagged", "CTagged", "ETagged", "FPage"]
        .map(|name| printed.contains(&format!("struct {name} ")))
        .into();
    assert_eq!(structs, [false, true, true, false, false], "{printed}");
    assert_eq!(printed.matches("which the database refuses").count(), 1, "only the last does not cascade: {printed}");
    assert!(printed.contains("// `d_tagged` is not a model"), "{printed}");
    // A table that is asked for alone has its struct.
    let printed = Schema::read(&db).await?.to_models(|table| table.name == "a_tagged");
    assert!(printed.contains("pub struct ATagged {"), "{printed}");
    Ok(())
}
