//! What `inspectdb` prints for tables that need a decision.

use signals::schema::{self, Schema};
use signals::{Db, Model, ModelMeta, Result};
use signals_test_behavior::{Kind, elsewhere, execute, kind, url};

/// Makes a database with these tables. The names in double quotes are quoted as the database does it.
async fn made(statements: &[&str]) -> Result<Db> {
    let db = Db::connect(&url().await).await?;
    for sql in statements {
        execute(&db, sql.replace('"', if kind() == Kind::Mysql { "`" } else { "\"" })).await;
    }
    Ok(db)
}

/// Returns what is printed for the tables whose names begin so, letters of any case.
async fn printed(db: &Db, prefix: &str) -> Result<String> {
    Ok(Schema::read(db).await?.to_models(|table| table.name.to_lowercase().starts_with(prefix)))
}

#[track_caller]
fn assert_parts(printed: &str, parts: &[&str]) {
    for part in parts {
        assert!(printed.contains(part), "{part}: {printed}");
    }
}

#[tokio::test]
async fn two_references_of_the_same_columns_are_one_and_a_comment() -> Result<()> {
    let db = made(&[
        "CREATE TABLE twice_one (id BIGINT PRIMARY KEY)",
        "CREATE TABLE twice_two (id BIGINT PRIMARY KEY)",
        "CREATE TABLE twice_pair (a BIGINT, b BIGINT, PRIMARY KEY (a, b))",
        "CREATE TABLE twice_same (a BIGINT, b BIGINT, PRIMARY KEY (a, b))",
        "CREATE TABLE twice_child (id BIGINT PRIMARY KEY, one BIGINT, a BIGINT, b BIGINT, \
         CONSTRAINT t1 FOREIGN KEY (one) REFERENCES twice_one (id), CONSTRAINT t2 FOREIGN KEY (one) REFERENCES twice_two (id), \
         CONSTRAINT t3 FOREIGN KEY (a, b) REFERENCES twice_pair (a, b), CONSTRAINT t4 FOREIGN KEY (a, b) REFERENCES twice_same (a, b))",
    ])
    .await?;
    let printed = printed(&db, "twice_").await?;
    assert_parts(&printed, &["the field has another reference already", "the fields have another reference already"]);
    assert_eq!(printed.matches("references = Twice").count(), 1, "{printed}");
    assert_eq!(printed.matches("references(Twice").count(), 1, "{printed}");
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "beside_tenant")]
struct Tenant {
    // The database generates no keys.
    #[model(sql_type = "BIGINT")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "beside_order")]
struct Order {
    #[model(primary_key, references = Tenant, on_delete = cascade)]
    tenant_id: i64,
    #[model(primary_key)]
    order_id: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "beside_line")]
#[model(references(Order, fields(tenant_id, order_id), on_delete = set_null))]
struct Line {
    id: i64,
    #[model(references = Tenant, on_delete = cascade)]
    tenant_id: i64,
    order_id: Option<i64>,
}

#[tokio::test]
async fn a_column_has_a_reference_of_its_own_beside_that_of_several() -> Result<()> {
    let db = made(&[]).await?;
    let is_here = |model: &ModelMeta| model.table().starts_with("beside_");
    db.create_tables_of(is_here).await?;
    let text = printed(&db, "beside_").await?;
    assert_parts(
        &text,
        &[
            "#[model(references = BesideTenant, on_delete = do_nothing)]",
            "references(BesideOrder, fields(tenant_id, order_id)",
        ],
    );
    let differences = schema::check_of(&db, is_here).await?;
    assert_eq!(differences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());

    let tenant = Tenant { id: 7 }.create(&db).await?;
    let order = Order { tenant_id: 7, order_id: 1 }.create(&db).await?;
    let line = Line { id: 0, tenant_id: 7, order_id: Some(1) }.create(&db).await?;
    let kept = Line { id: 0, tenant_id: 7, order_id: None }.create(&db).await?;
    assert!(Line { id: 0, tenant_id: 8, order_id: None }.create(&db).await.unwrap_err().is_foreign_key_violation());
    assert!(Line { id: 0, tenant_id: 7, order_id: Some(2) }.create(&db).await.unwrap_err().is_foreign_key_violation());
    order.delete(&db).await?;
    assert_eq!(Line::get(&db, line.id).await?, Line { order_id: None, ..line }, "only what may be NULL");
    Order { tenant_id: 7, order_id: 2 }.create(&db).await?;
    assert_eq!(tenant.delete(&db).await?.rows(), 4);
    assert!(Line::find(&db, kept.id).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_reference_to_a_table_that_was_not_chosen_is_a_comment() -> Result<()> {
    let db = made(&[
        "CREATE TABLE left_parent (id BIGINT PRIMARY KEY)",
        "CREATE TABLE chosen_child (id BIGINT PRIMARY KEY, parent_id BIGINT, FOREIGN KEY (parent_id) REFERENCES left_parent (id))",
    ])
    .await?;
    let printed = printed(&db, "chosen_").await?;
    assert_parts(&printed, &["// References left_parent(id) ON DELETE ", ": the other table is not a model."]);
    assert!(!printed.contains("references ="), "{printed}");
    Ok(())
}

/// SQLite has one table and one column for these names.
#[tokio::test]
async fn names_that_differ_only_by_case_are_two_structs_and_one_field() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = made(&[
        "CREATE TABLE \"cased_Note\" (id BIGINT PRIMARY KEY)",
        "CREATE TABLE cased_note (id BIGINT PRIMARY KEY)",
    ])
    .await?;
    if kind() == Kind::Postgres {
        execute(&db, "ALTER TABLE cased_note ADD COLUMN title TEXT, ADD COLUMN \"Title\" TEXT").await;
    }
    let text = printed(&db, "cased_").await?;
    assert_parts(&text, &["table = \"cased_Note\"", "pub struct CasedNote {", "pub struct CasedNote2 {"]);
    if kind() == Kind::Postgres {
        let note = "// The column `Title` is left out: another column has this name with letters of another case.";
        assert_parts(&text, &["    pub title: Option<String>,", note]);
    }
    Ok(())
}

#[tokio::test]
async fn a_counted_part_of_a_key_is_set_by_the_model() -> Result<()> {
    let counted = match kind() {
        Kind::Memory | Kind::File => return Ok(()),
        Kind::Postgres => "BIGSERIAL",
        Kind::Mysql => "BIGINT AUTO_INCREMENT",
    };
    let sql = format!("CREATE TABLE counted_part (number {counted}, shop BIGINT, PRIMARY KEY (number, shop))");
    let printed = printed(&made(&[&sql]).await?, "counted_").await?;
    let note = "    // The database counts this part of the key, and a model sets it.\n    #[model(primary_key";
    assert_parts(&printed, &[note, "    #[model(primary_key)]\n    pub shop: i64,"]);
    Ok(())
}

#[tokio::test]
async fn a_foreign_table_is_not_managed() -> Result<()> {
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let db = made(&[
        "DROP FOREIGN DATA WRAPPER IF EXISTS signals_wrapper CASCADE",
        "CREATE FOREIGN DATA WRAPPER signals_wrapper",
        "CREATE SERVER signals_server FOREIGN DATA WRAPPER signals_wrapper",
        "CREATE FOREIGN TABLE remote_note (id BIGINT NOT NULL, title TEXT) SERVER signals_server",
        "CREATE FOREIGN TABLE remote_line (title TEXT) SERVER signals_server",
    ])
    .await?;
    let printed = printed(&db, "remote_").await?;
    let printed_as = "/// A row of the foreign or virtual table `remote_note`.\n#[derive(Debug, Clone, PartialEq, Model)]\n\
                      #[model(managed = false)]\npub struct RemoteNote {\n    pub id: i64,";
    assert_parts(
        &printed,
        &[printed_as, "// `remote_line` is not a model: it is a foreign or virtual table, without a column `id`"],
    );
    execute(&db, "DROP FOREIGN DATA WRAPPER signals_wrapper CASCADE").await;
    Ok(())
}

#[tokio::test]
async fn keys_of_other_types_than_integers_are_fields() -> Result<()> {
    let (uuid, bytes) = match kind() {
        Kind::Memory | Kind::File => ("BLOB", "BLOB"),
        Kind::Postgres => ("UUID", "BYTEA"),
        Kind::Mysql => ("UUID", "VARBINARY(16)"),
    };
    let uuid = format!("CREATE TABLE typed_uuid (id {uuid} NOT NULL PRIMARY KEY)");
    let bytes = format!("CREATE TABLE typed_bytes (id {bytes} NOT NULL PRIMARY KEY)");
    let db = made(&[
        &uuid,
        &bytes,
        "CREATE TABLE typed_char (id CHAR(5) NOT NULL PRIMARY KEY)",
        "CREATE TABLE typed_date (id DATE NOT NULL PRIMARY KEY)",
        "CREATE TABLE typed_child (id DATE NOT NULL PRIMARY KEY, FOREIGN KEY (id) REFERENCES typed_date (id) ON DELETE CASCADE)",
        "CREATE TABLE typed_moment (id TIMESTAMP NOT NULL PRIMARY KEY)",
    ])
    .await?;
    let text = printed(&db, "typed_").await?;
    let uuid = match kind() {
        Kind::Memory | Kind::File => "pub id: Vec<u8>,",
        Kind::Postgres => "pub id: uuid::Uuid,",
        Kind::Mysql => "pub id: String,",
    };
    assert_parts(
        &text,
        &[
            uuid,
            "pub id: Vec<u8>,",
            "pub id: String,",
            "pub id: chrono::NaiveDate,",
            "references = TypedDate, on_delete = cascade",
            "// `typed_moment` is not a model: its key `id` is `timestamp",
        ]
        .map(|part| if kind().is_sqlite() { part.replace("`timestamp", "`TIMESTAMP") } else { part.to_owned() })
        .each_ref()
        .map(String::as_str),
    );
    Ok(())
}

#[tokio::test]
async fn an_enum_of_postgres_is_a_key() -> Result<()> {
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let db = made(&[
        "CREATE TYPE coin AS ENUM ('euro', 'US dollar')",
        "CREATE TABLE coined_rate (coin coin PRIMARY KEY, rate BIGINT NOT NULL)",
        "CREATE TABLE coined_price (id BIGINT PRIMARY KEY, coin coin NOT NULL REFERENCES coined_rate)",
    ])
    .await?;
    let text = printed(&db, "coined_").await?;
    assert_parts(
        &text,
        &[
            "    #[model(primary_key)]\n    pub coin: Coin,",
            "references = CoinedRate, on_delete = do_nothing",
            "#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type, signals::model::PrimaryKey)]\n#[sqlx(type_name = \"coin\")]",
        ],
    );
    Ok(())
}

#[tokio::test]
async fn the_own_database_of_mysql_may_be_named_as_a_schema() -> Result<()> {
    if elsewhere(&[Kind::Mysql]) {
        return Ok(());
    }
    let db = made(&["CREATE TABLE own_note (id BIGINT PRIMARY KEY)"]).await?;
    let own = signals_test_behavior::texts(&db, "SELECT CAST(DATABASE() AS CHAR)").await.remove(0);
    let schema = Schema::read_with(&db, &[&own]).await?;
    assert_eq!(schema.tables.iter().filter(|table| table.name == "own_note").count(), 1);
    let named = schema.table_in(Some(&own), "own_note").map(|table| &table.name);
    assert_eq!(
        (named, schema.table("own_note").map(|table| &table.name)),
        (Some(&"own_note".into()), Some(&"own_note".into()))
    );
    assert_eq!(schema.to_models(|_| true).matches("pub struct").count(), 1);
    Ok(())
}

/// The values say what the declared types do not.
/// The fields of a table that `inspectdb` printed, by hand.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "formed_row", managed = false)]
struct FormedRow {
    id: i64,
    #[model(sqlite = datetime)]
    django: chrono::NaiveDateTime,
    sqlx: Option<chrono::NaiveDateTime>,
    #[model(sqlite = unix_seconds, sql_type = "DATETIME")]
    unix: Option<chrono::NaiveDateTime>,
    #[model(sqlite = unix_millis, sql_type = "TIMESTAMP")]
    millis: Option<chrono::NaiveDateTime>,
    #[model(sqlite = julian_day, sql_type = "DATETIME")]
    days: Option<chrono::NaiveDateTime>,
    #[model(sql_type = "YEAR")]
    year: Option<i64>,
    #[model(sql_type = "MONEY")]
    money: Option<f64>,
    empty: Option<chrono::NaiveDateTime>,
    #[model(sql_type = "BOOLEAN")]
    flag: Option<String>,
}

#[tokio::test]
async fn forms_of_sqlite_are_chosen_by_the_values() -> Result<()> {
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return Ok(());
    }
    let columns = "id INTEGER PRIMARY KEY, django DATETIME NOT NULL, sqlx DATETIME, unix DATETIME, millis TIMESTAMP, \
                   days DATETIME, year YEAR, money MONEY, empty DATETIME, flag BOOLEAN";
    let db = made(&[
        &format!("CREATE TABLE formed_row ({columns})"),
        "INSERT INTO formed_row VALUES (1, '2024-01-02 03:04:05', '2024-01-02 03:04:05.500', 1704164645, 1704164645678, \
         julianday('2024-01-02 03:04:05'), 2006, 1.5, NULL, 't'), \
         (2, '2024-01-02 03:04:05.500000', NULL, NULL, NULL, NULL, NULL, 2, NULL, NULL)",
    ])
    .await?;
    let text = schema::inspect(&db).await?;
    assert_parts(
        &text,
        &[
            "    #[model(sqlite = datetime)]\n    pub django: chrono::NaiveDateTime,\n    pub sqlx: Option<chrono::NaiveDateTime>,",
            "    #[model(sqlite = unix_seconds, sql_type = \"DATETIME\")]\n    pub unix: Option<chrono::NaiveDateTime>,",
            "    #[model(sqlite = unix_millis, sql_type = \"TIMESTAMP\")]\n",
            "    #[model(sqlite = julian_day, sql_type = \"DATETIME\")]\n",
            "    #[model(sql_type = \"YEAR\")]\n    pub year: Option<i64>,",
            "pub money: Option<f64>,\n    pub empty: Option<chrono::NaiveDateTime>,",
            "    #[model(sql_type = \"BOOLEAN\")]\n    pub flag: Option<String>,",
        ],
    );

    let differences = schema::check_of(&db, ModelMeta::is::<FormedRow>).await?;
    assert_eq!(differences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    for row in FormedRow::objects().all(&db).await? {
        let same = FormedRow::objects().filter(FormedRow::DJANGO.eq(row.django).and(FormedRow::ID.eq(row.id)));
        assert_eq!(same.get(&db).await?, row);
    }
    Ok(())
}

#[tokio::test]
async fn a_reference_that_no_model_can_have_is_neither_reported_nor_dropped() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "unkeyed_parent")]
    struct Parent {
        id: i64,
        #[model(unique)]
        flag: bool,
        #[model(unique)]
        size: f64,
        #[model(unique)]
        moment: chrono::NaiveDateTime,
        #[model(unique)]
        number: i64,
    }
    #[derive(Debug, Model)]
    #[model(table = "unkeyed_child")]
    struct Child {
        id: i64,
        flag: bool,
        size: f64,
        moment: chrono::NaiveDateTime,
        number: i64,
    }
    let [flag, size, moment] = match kind() {
        Kind::Memory | Kind::File => ["BOOLEAN", "REAL", "DATETIME"],
        Kind::Postgres => ["BOOLEAN", "FLOAT8", "TIMESTAMP"],
        Kind::Mysql => ["BOOLEAN", "DOUBLE", "DATETIME(6)"],
    };
    let is_here = |model: &ModelMeta| model.is::<Parent>() || model.is::<Child>();
    let db = made(&[]).await?;
    db.create_tables_of(ModelMeta::is::<Parent>).await?;
    let key = match kind() {
        Kind::Memory | Kind::File => "INTEGER PRIMARY KEY",
        Kind::Postgres => "BIGSERIAL PRIMARY KEY",
        Kind::Mysql => "BIGINT AUTO_INCREMENT PRIMARY KEY",
    };
    let reference = |column: &str| format!("FOREIGN KEY ({column}) REFERENCES unkeyed_parent ({column})");
    let references = ["flag", "size", "moment", "number"].map(reference).join(", ");
    let columns =
        format!("flag {flag} NOT NULL, size {size} NOT NULL, moment {moment} NOT NULL, number BIGINT NOT NULL");
    execute(&db, format!("CREATE TABLE unkeyed_child (id {key}, {columns}, {references})")).await;

    let differences = schema::check_of(&db, is_here).await?;
    let [only] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!((only.kind.name(), only.columns()), ("reference unknown", &["number".to_owned()][..]));
    let models: Vec<_> = schema::models().into_iter().filter(|model| is_here(model)).collect();
    let new = Schema::of_models(models, db.backend());
    let plan = schema::migration::Plan::between(&Schema::read(&db).await?, &new, &schema::migration::Options::new());
    let changes: Vec<_> = plan.unwrap().changes().iter().map(ToString::to_string).collect();
    assert!(changes.len() == 1 && changes[0].contains("number"), "{changes:?}");
    Ok(())
}
