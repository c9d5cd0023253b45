//! The keys of rows that `bulk_create` inserts.

use signals::{Db, Error, Model, Result, pre_save, receiver};
use signals_test_behavior::{Kind, db, elsewhere, execute, kind, rows};

use super::ids;

/// Makes SQLite choose other keys at random if the greatest key is taken. It does not do so in tables of
/// [`Db::create_tables`].
async fn seek_keys(db: &Db, table: &str) {
    if kind().is_sqlite() {
        let columns = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL";
        execute(db, format!("DROP TABLE {table}; CREATE TABLE {table} ({columns})")).await;
    }
}

/// Creates a trigger that inserts another row for each row that matches the condition, so that keys are not
/// consecutive. MySQL does not allow that on the same table, so there it inserts into `twins`.
async fn insert_twins(db: &Db, table: &str, condition: &str) {
    let insert = format!("INSERT INTO {table} (name, size) VALUES (REPLACE(NEW.name, 'new', 'twin'), 1);");
    let sql = match kind() {
        Kind::Memory | Kind::File => {
            format!("CREATE TRIGGER twin AFTER INSERT ON {table} WHEN {condition} BEGIN {insert} END")
        }
        Kind::Postgres => format!(
            "CREATE FUNCTION twin() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert} RETURN NEW; END $$;
            CREATE TRIGGER twin BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION twin()"
        ),
        Kind::Mysql => format!(
            "CREATE TABLE twins LIKE {table};
            CREATE TRIGGER twin AFTER INSERT ON {table} FOR EACH ROW BEGIN IF {condition} THEN {} END IF; END",
            insert.replace(table, "twins"),
        ),
    };
    execute(db, sql).await;
}

#[tokio::test]
async fn keys_are_right_where_a_trigger_inserts_too() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_trigger")]
    struct Item {
        id: i64,
        name: String,
        size: i32,
    }

    let db = db().await;
    insert_twins(&db, "bulk_create_trigger", "NEW.name NOT LIKE 'twin%'").await;
    let mut items: Vec<Item> = (0..5).map(|number| Item { id: 0, name: format!("new {number}"), size: 0 }).collect();
    Item::bulk_create(&db, &mut items).batch_size(3).await?;
    for item in items {
        assert_eq!(Item::get(&db, item.id).await?, item);
    }
    let twins = if kind() == Kind::Mysql { rows(&db, "twins").await } else { 0 };
    assert_eq!(rows(&db, "bulk_create_trigger").await + twins, 10);
    Ok(())
}

#[tokio::test]
async fn rows_that_the_database_leaves_out_fail_the_whole() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_left_out")]
    struct Item {
        id: i64,
        name: String,
    }

    let db = db().await;
    let leave_out = match kind() {
        Kind::Memory | Kind::File => {
            "DROP TABLE bulk_create_left_out;
            CREATE TABLE bulk_create_left_out (id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT IGNORE)"
        }
        Kind::Postgres => {
            "CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF EXISTS (SELECT FROM bulk_create_left_out WHERE name = NEW.name) THEN RETURN NULL; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER leave_out BEFORE INSERT ON bulk_create_left_out FOR EACH ROW EXECUTE FUNCTION leave_out()"
        }
        // There is nothing that leaves a row out.
        Kind::Mysql => "CREATE UNIQUE INDEX refuse ON bulk_create_left_out (name(10))",
    };
    execute(&db, leave_out).await;
    let mut items = ["a", "b", "a"].map(|name| Item { id: 0, name: name.into() });
    let error = Item::bulk_create(&db, &mut items).await.unwrap_err();
    if kind() == Kind::Mysql {
        assert!(error.is_unique_violation(), "{error}");
    } else {
        assert!(error.to_string().contains("inserted 2 of 3 rows of `Item`"), "{error}");
    }
    assert_eq!((ids(&items), rows(&db, "bulk_create_left_out").await), (vec![0; 3], 0));
    Ok(())
}

#[tokio::test]
async fn keys_that_do_not_fit_leave_nothing_behind() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "bulk_create_small_key")]
    struct Small {
        id: i16,
        name: String,
    }

    let db = db().await;
    let widen = match kind() {
        Kind::Memory | Kind::File => "",
        // A sequence does not continue after a given key.
        Kind::Postgres => "ALTER TABLE bulk_create_small_key ALTER id TYPE BIGINT, ALTER id RESTART WITH 32767",
        Kind::Mysql => "ALTER TABLE bulk_create_small_key MODIFY id BIGINT NOT NULL AUTO_INCREMENT",
    };
    execute(&db, widen).await;
    let mut last = [Small { id: i16::MAX - 1, name: "last".into() }];
    Small::bulk_create(&db, &mut last).await?;
    let mut more: Vec<Small> = (0..3).map(|number| Small { id: 0, name: format!("{number}") }).collect();
    let error = Small::bulk_create(&db, &mut more).await.unwrap_err();
    assert!(matches!(error, Error::KeyOutOfRange { model: "Small", .. }), "{error}");
    assert_eq!(rows(&db, "bulk_create_small_key").await, 1);
    assert!(more.iter().all(|small| small.id == 0));
    Ok(())
}

#[tokio::test]
async fn a_key_beyond_the_numbers_of_its_field_leaves_no_row() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "bulk_create_unsigned")]
    struct Unsigned {
        id: i64,
        name: String,
    }

    if elsewhere(&[Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    let widen = "ALTER TABLE bulk_create_unsigned MODIFY id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, \
                 AUTO_INCREMENT = 9223372036854775808";
    execute(&db, widen).await;
    let mut one = Unsigned { id: 0, name: "one".into() };
    let error = one.save(&db).await.unwrap_err();
    assert!(matches!(error, Error::KeyOutOfRange { key: 9_223_372_036_854_775_808, .. }), "{error}");
    let mut more = [one.clone(), one.clone()];
    let error = Unsigned::bulk_create(&db, &mut more).await.unwrap_err();
    assert!(matches!(error, Error::KeyOutOfRange { model: "Unsigned", .. }), "{error}");
    assert_eq!((rows(&db, "bulk_create_unsigned").await, one.id, more[0].id), (0, 0, 0));
    Ok(())
}

#[tokio::test]
async fn random_keys_close_to_the_greatest_are_returned() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_random")]
    struct Item {
        id: i64,
        name: String,
        size: i32,
    }

    let db = db().await;
    seek_keys(&db, "bulk_create_random").await;
    let mut items: Vec<Item> = (0..5).map(|size| Item { id: 0, name: "new".into(), size }).collect();
    items[0].id = i64::MAX - 2;
    let created = Item::bulk_create(&db, &mut items).await;
    if kind() == Kind::Mysql {
        // Keys continue after the given one, and then reach the maximum.
        assert!(matches!(created, Err(Error::Database { .. })), "{created:?}");
        assert_eq!((ids(&items), rows(&db, "bulk_create_random").await), (vec![i64::MAX - 2, 0, 0, 0, 0], 0));
        return Ok(());
    }
    created?;
    for item in &items {
        assert_eq!(Item::get(&db, item.id).await?, *item);
    }
    if kind() == Kind::Postgres {
        assert_eq!(ids(&items[1..]), [1, 2, 3, 4], "a sequence does not know of the key that was given");
    }
    Ok(())
}

// No database documents the order of RETURNING. The rows get their keys by it.
#[tokio::test]
async fn many_keys_are_answered_in_the_order_of_the_rows() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_answered")]
    struct Item {
        id: i64,
        #[model(unique)]
        name: String,
        #[model(index)]
        size: i64,
    }

    let db = db().await;
    seek_keys(&db, "bulk_create_answered").await;
    if kind().is_sqlite() {
        let indexes = "CREATE UNIQUE INDEX bulk_create_answered_name ON bulk_create_answered (name);
            CREATE INDEX bulk_create_answered_size ON bulk_create_answered (size)";
        execute(&db, indexes).await;
    }
    insert_twins(&db, "bulk_create_answered", "NEW.size % 3 = 0").await;
    let items = |prefix: &str| -> Vec<Item> {
        let name = |size: i64| format!("new {prefix} {}", size * 7919 % 5000);
        (0..5000).map(|size| Item { id: 0, name: name(size), size: -size }).collect()
    };
    let mut written = items("ascending");
    Item::bulk_create(&db, &mut written).await?;
    assert!(written.is_sorted_by_key(|item| item.id));

    if kind().is_sqlite() {
        Item { id: i64::MAX, name: "the greatest".into(), size: 1 }.save(&db).await?;
        let mut random = items("random");
        Item::bulk_create(&db, &mut random).await?;
        assert!(!random.is_sorted_by_key(|item| item.id));
        written.extend(random);
    }
    let mut stored = Item::objects().filter(Item::SIZE.le(0)).all(&db).await?;
    stored.sort_by_key(|item| item.id);
    written.sort_by_key(|item| item.id);
    assert!(stored == written);
    Ok(())
}

#[tokio::test]
async fn a_great_key_that_a_receiver_gives_scatters_those_behind_it() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_great")]
    struct Item {
        id: i64,
        name: String,
        size: i32,
    }
    #[receiver(pre_save, sender = Item)]
    fn number(instance: &mut Item) {
        if instance.size == 3 {
            instance.id = i64::MAX;
        }
    }

    let db = db().await;
    seek_keys(&db, "bulk_create_great").await;
    let mut items: Vec<Item> = (0..9).map(|size| Item { id: 0, name: "new".into(), size }).collect();
    let created = Item::bulk_create(&db, &mut items).batch_size(3).await;
    if kind() == Kind::Mysql {
        // There is no key after the greatest.
        assert!(matches!(created, Err(Error::Database { .. })), "{created:?}");
        assert_eq!((ids(&items), rows(&db, "bulk_create_great").await), (vec![0; 9], 0));
        return Ok(());
    }
    created?;
    for item in items {
        assert_eq!(Item::get(&db, item.id).await?, item);
    }
    Ok(())
}

#[tokio::test]
async fn keys_of_every_kind_are_set() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_uuid")]
    struct Token {
        id: uuid::Uuid,
        name: String,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_optional")]
    struct Optional {
        id: Option<i32>,
    }
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "bulk_create_text")]
    struct Country {
        id: Option<String>,
    }

    let db = db().await;
    let mut tokens: Vec<Token> =
        (0..3).map(|number| Token { id: uuid::Uuid::nil(), name: format!("{number}") }).collect();
    Token::bulk_create(&db, &mut tokens).await?;
    for token in tokens {
        assert_eq!(Token::get(&db, token.id).await?, token);
    }

    // A model of nothing but its key.
    let mut optional = [None, Some(3), None].map(|id| Optional { id });
    Optional::bulk_create(&db, &mut optional).await?;
    let made = if kind() == Kind::Postgres { [1, 2] } else { [4, 5] };
    assert_eq!(optional.map(|row| row.id), [Some(made[0]), Some(3), Some(made[1])]);
    assert_eq!(rows(&db, "bulk_create_optional").await, 3);

    let mut countries = [Some("de".to_owned()), None].map(|id| Country { id });
    let error = Country::bulk_create(&db, &mut countries).await.unwrap_err();
    assert!(matches!(error, Error::KeyMissing { .. }), "{error}");
    assert_eq!(rows(&db, "bulk_create_text").await, 0);
    Ok(())
}
