//! Tables of other schemas: schemas of PostgreSQL, databases of MySQL, attached files of SQLite.

use signals::schema::{self, Schema};
use signals::{Db, Error, Model, Result, post_delete, post_save, receiver};
use signals_test_behavior::{Kind, Log, count, execute, kind, url};
use tokio::sync::{Mutex, MutexGuard};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "schemas_customer")]
struct Customer {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "schemas_invoice", schema = "signals_schemas_billing", index(customer_id, total))]
#[model(many_to_many(tags: Tag, related = invoices, table = "schemas_tagged", columns(invoice_id, tag_id)))]
struct Invoice {
    id: i64,
    #[model(references = Customer, on_delete = cascade)]
    customer_id: i64,
    #[model(unique)]
    number: String,
    #[model(default = 0)]
    total: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "schemas_line", schema = "signals_schemas_billing")]
struct Line {
    id: i64,
    #[model(references = Invoice, on_delete = cascade)]
    invoice_id: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "schemas_tag", schema = "signals_schemas_billing")]
struct Tag {
    id: i64,
}

/// A row that references one of the other schema.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "schemas_payment")]
struct Payment {
    id: i64,
    #[model(references = Invoice, on_delete = cascade)]
    invoice_id: i64,
}

/// A table of the same name, where statements find it by that.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "schemas_invoice")]
struct Draft {
    id: i64,
    text: String,
}

/// The other schema is the same in all tests, so they run one after another.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Makes a database beside the other schema, with the tables of both.
async fn billing() -> (Db, MutexGuard<'static, ()>) {
    let alone = ALONE.lock().await;
    // An attached file belongs to its connection.
    let db = Db::builder(&url().await).max_connections(1).connect().await.unwrap();
    let again = "DROP SCHEMA IF EXISTS signals_schemas_billing";
    execute(
        &db,
        match kind() {
            Kind::Memory | Kind::File => "ATTACH ':memory:' AS signals_schemas_billing".to_owned(),
            Kind::Postgres => format!("{again} CASCADE; CREATE SCHEMA signals_schemas_billing"),
            // Tables of an earlier test reference those of the schema.
            Kind::Mysql => format!(
                "SET foreign_key_checks = 0; {again}; SET foreign_key_checks = 1; CREATE SCHEMA signals_schemas_billing"
            ),
        },
    )
    .await;
    db.create_tables_of(is_here).await.unwrap();
    (db, alone)
}

fn is_here(model: &signals::ModelMeta) -> bool {
    model.path().starts_with("existing::schemas::") && model.schema() != Some("signals_schemas_nowhere")
}

#[tokio::test]
async fn every_statement_names_the_schema() -> Result<()> {
    static LOG: Log = Log::new();
    #[receiver([post_save, post_delete], sender = Invoice)]
    fn heard(instance: &Invoice, signal: &str) {
        LOG.note(format!("{signal} {}", instance.number));
    }
    let (db, _alone) = billing().await;
    let draft = Draft { id: 0, text: "a".into() }.create(&db).await?;
    let customer = Customer { id: 0, name: "Ann".into() }.create(&db).await?;
    let invoice = |number: &str| Invoice { id: 0, customer_id: customer.id, number: number.into(), total: 1 };

    // One row: INSERT, UPDATE, UPDATE of some columns, SELECT, DELETE.
    let mut one = invoice("1").create(&db).await?;
    one.total = 5;
    one.save(&db).await?;
    one.number = "one".into();
    one.save(&db).update_fields([Invoice::NUMBER]).await?;
    assert_eq!(Invoice::get(&db, one.id).await?, one);
    assert_eq!(count(&db, "SELECT total FROM signals_schemas_billing.schemas_invoice").await, 5);
    assert!(invoice("one").create(&db).await.unwrap_err().is_unique_violation());
    assert_eq!(one.clone().delete(&db).await?.rows(), 1);

    // Several rows.
    let mut many = ["2", "3", "4"].map(invoice);
    Invoice::bulk_create(&db, &mut many).await?;
    for it in &mut many {
        it.total = it.id * 10;
    }
    Invoice::bulk_update(&db, &mut many, [Invoice::TOTAL]).await?;
    let [two, three, four] = many;
    let rich = Invoice::objects().filter(Invoice::TOTAL.ge(three.total)).order_by([Invoice::ID.asc()]);
    assert_eq!(rich.clone().all(&db).await?, [three.clone(), four.clone()]);
    assert_eq!(rich.update(&db, [Invoice::TOTAL.set(7)]).await?, 2);
    assert_eq!(Invoice::objects().filter(Invoice::TOTAL.eq(7)).count(&db).await?, 2);
    assert_eq!(Invoice::bulk_delete(&db, &[four]).await?.rows(), 1);

    // Links, and deletes that cascade within the schema and into it.
    let tag = Tag { id: 0 }.create(&db).await?;
    two.tags().add(&db, [&tag]).await?;
    two.tags().add(&db, [&tag]).await?;
    assert_eq!(tag.invoices().all(&db).await?, std::slice::from_ref(&two));
    assert_eq!(count(&db, "SELECT COUNT(*) FROM signals_schemas_billing.schemas_tagged").await, 1);
    Line { id: 0, invoice_id: two.id }.create(&db).await?;
    LOG.take();
    assert_eq!(customer.delete(&db).await?.rows(), 5);
    assert_eq!(LOG.take(), ["post_delete 3", "post_delete 2"]);
    assert_eq!(Draft::get(&db, draft.id).await?.text, "a", "the other table has the same name");
    Ok(())
}

#[tokio::test]
async fn references_across_schemas_are_constraints_if_the_database_has_them() -> Result<()> {
    let (db, _alone) = billing().await;
    let orphan = Invoice { id: 0, customer_id: 9, number: "1".into(), total: 0 }.create(&db).await;
    match kind() {
        Kind::Memory | Kind::File | Kind::Mysql => assert!(orphan.is_ok(), "such a reference needs a schema"),
        Kind::Postgres => assert!(orphan.unwrap_err().is_foreign_key_violation()),
    }
    let unpaid = Payment { id: 0, invoice_id: 9 }.create(&db).await;
    match kind() {
        Kind::Memory | Kind::File => assert!(unpaid.is_ok(), "a reference is within its file"),
        Kind::Postgres | Kind::Mysql => assert!(unpaid.unwrap_err().is_foreign_key_violation()),
    }
    assert!(Line { id: 0, invoice_id: 9 }.create(&db).await.unwrap_err().is_foreign_key_violation());
    Ok(())
}

#[tokio::test]
async fn tables_of_other_schemas_are_compared_and_printed() -> Result<()> {
    let (db, _alone) = billing().await;
    // A second call finds the tables, and makes nothing.
    db.create_tables_of(is_here).await?;
    let differences = schema::check_of(&db, is_here).await?;
    assert_eq!(differences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());

    let read = Schema::read_with(&db, &["signals_schemas_billing"]).await?;
    let printed = read.to_models(|table| table.schema.as_deref() == Some("signals_schemas_billing"));
    let relation = "many_to_many(schemas_tag: SchemasTag, related = schemas_invoice, table = \"schemas_tagged\", \
                    columns(invoice_id, tag_id))";
    for part in
        ["schema = \"signals_schemas_billing\"", "references = SchemasInvoice, on_delete = do_nothing", relation]
    {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert!(!printed.contains("SchemasCustomer {"), "{printed}");

    execute(&db, "ALTER TABLE signals_schemas_billing.schemas_line RENAME COLUMN invoice_id TO invoice").await;
    let differences = schema::check_of(&db, is_here).await?;
    assert_eq!(differences[0].table(), "signals_schemas_billing.schemas_line");
    Ok(())
}

#[tokio::test]
async fn a_schema_that_does_not_exist_is_an_error_of_the_database() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "missing", schema = "signals_schemas_nowhere")]
    struct Missing {
        id: i64,
    }
    let db = Db::connect(&url().await).await?;
    let error = db.create_tables_of(signals::ModelMeta::is::<Missing>).await.unwrap_err();
    assert!(matches!(error, Error::Database { .. }), "{error}");
    assert!(matches!(Missing { id: 0 }.create(&db).await, Err(Error::Database { .. })));
    Ok(())
}

#[tokio::test]
async fn values_are_those_of_the_file_that_the_model_names() -> Result<()> {
    if !matches!(kind(), Kind::Memory | Kind::File) {
        return Ok(());
    }
    let (db, _alone) = billing().await;
    execute(&db, "INSERT INTO signals_schemas_billing.schemas_invoice VALUES (1, 1, '1', 'many')").await;
    execute(&db, "INSERT INTO main.schemas_invoice VALUES (1, 'a')").await;
    let differences = schema::check_of(&db, is_here).await?;
    let [only] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!(
        (only.table().as_str(), only.columns()),
        ("signals_schemas_billing.schemas_invoice", &["total".into()][..])
    );
    assert_eq!((only.kind.name(), only.found().as_str()), ("value", "text many"));
    Ok(())
}
