//! The statements of plans, without a database.

use signals::db::Backend;
use signals::model::Entity as _;
use signals::schema::Schema;
use signals::schema::migration::{Loss, Options, Plan, Script};
use signals::{Model, ModelMeta};

#[derive(Debug, Model)]
#[model(table = "planning_town", schema = "planning_maps", was = "planning_place")]
struct Town {
    id: i64,
}

#[derive(Debug, Model)]
#[model(table = "planning_house")]
struct House {
    id: i64,
    #[model(references = Town, on_delete = do_nothing)]
    town_id: i64,
    #[model(references = House, on_delete = do_nothing)]
    next_id: Option<i64>,
    #[model(sql_type = "VARCHAR(2)")]
    name: Option<String>,
    #[model(index)]
    floors: Option<i32>,
}

#[derive(Debug, Model)]
#[model(table = "planning_house")]
struct Bigger {
    id: i64,
    #[model(references = Town, on_delete = do_nothing)]
    town_id: i64,
    #[model(references = House, on_delete = do_nothing)]
    next_id: Option<i64>,
    #[model(sql_type = "VARCHAR(40)", default = "unknown")]
    name: String,
    #[model(default = 1)]
    floors: i32,
    #[model(references = House, on_delete = do_nothing)]
    other_id: Option<i64>,
}

/// It has no column `floors`.
#[derive(Debug, Model)]
#[model(table = "planning_house")]
struct Flat {
    id: i64,
    #[model(references = Town, on_delete = do_nothing)]
    town_id: i64,
    next_id: Option<i64>,
    #[model(sql_type = "VARCHAR(2)", index)]
    name: Option<String>,
}

fn plan(backend: Backend, old: &'static ModelMeta, new: &'static ModelMeta, options: &Options) -> Plan {
    let schema = |meta| Schema::of_models([meta, Town::meta()], backend);
    Plan::between(&schema(old), &schema(new), options).unwrap()
}

fn scripts(backend: Backend, old: &'static ModelMeta, new: &'static ModelMeta, options: &Options) -> Vec<Script> {
    plan(backend, old, new, options).scripts().unwrap()
}

/// Checks that these texts are in a script, in this order.
#[track_caller]
fn has_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let place = rest.find(part);
        assert!(place.is_some(), "`{part}` is not in its place in:\n{text}");
        rest = &rest[place.unwrap()..];
    }
}

#[test]
fn a_reference_into_another_schema_is_no_difference() {
    for backend in [Backend::Postgres, Backend::Mysql] {
        let none = plan(backend, House::meta(), House::meta(), &Options::new());
        assert!(none.changes().is_empty(), "{:#?}", none.changes());
    }
}

#[test]
fn a_rename_of_a_table_in_a_schema_touches_no_other_table() {
    let options = Options::new().renames_of([Town::meta()]);
    let mut old = Schema::of_models([House::meta()], Backend::Postgres);
    let mut place = old.tables[0].clone();
    place.name = "planning_place".into();
    place.foreign_keys.clear();
    old.tables.push(place);
    let new = Schema::of_models([House::meta(), Town::meta()], Backend::Postgres);
    let plan = Plan::between(&old, &new, &options).unwrap();
    assert!(plan.changes().is_empty(), "{:#?}", plan.changes());
}

#[test]
fn all_checks_of_postgres_come_before_what_locks_tables() {
    let scripts = scripts(Backend::Postgres, House::meta(), Bigger::meta(), &Options::new());
    let checks = scripts.iter().find(|script| script.suffix == "_validate").unwrap();
    let parts = ["VALIDATE", "VALIDATE", "VALIDATE", "SET NOT NULL", "DROP CONSTRAINT", "SET NOT NULL"];
    has_in_order(&checks.up, &parts);
    assert!(!checks.up[checks.up.find("SET NOT NULL").unwrap()..].contains("VALIDATE"), "{}", checks.up);
}

#[test]
fn rows_get_a_default_of_the_new_type() {
    let postgres = scripts(Backend::Postgres, House::meta(), Bigger::meta(), &Options::new());
    has_in_order(&postgres[0].up, &["TYPE VARCHAR(40)", "UPDATE \"planning_house\" SET \"name\"", "IS NOT NULL"]);
    let mysql = scripts(Backend::Mysql, House::meta(), Bigger::meta(), &Options::new());
    let parts = [
        "`name` VARCHAR(40) NULL DEFAULT 'unknown'",
        "UPDATE `planning_house` SET `name` = 'unknown'",
        "MODIFY COLUMN `name` VARCHAR(40) NOT NULL DEFAULT 'unknown'",
    ];
    has_in_order(&mysql[0].up, &parts);
}

#[test]
fn an_index_is_not_dropped_concurrently_if_its_column_goes() {
    let scripts = scripts(Backend::Postgres, House::meta(), Flat::meta(), &Options::new().concurrently());
    let main = &scripts[0];
    has_in_order(&main.up, &["DROP INDEX \"planning_house__floors__idx\"", "DROP COLUMN \"floors\""]);
    has_in_order(&main.down, &["ADD COLUMN \"floors\"", "CREATE INDEX \"planning_house__floors__idx\""]);
    let others: Vec<_> = scripts.iter().filter(|script| script.suffix == "_index").collect();
    assert!(others.iter().all(|script| script.up.contains("CONCURRENTLY")), "{others:#?}");
    assert!(others.iter().all(|script| !script.up.contains("floors")), "{others:#?}");
    assert!(others.iter().any(|script| script.up.contains("CREATE INDEX CONCURRENTLY")), "{others:#?}");
}

#[test]
fn a_partitioned_table_is_changed_at_once() {
    let schema = |meta| Schema::of_models([meta, Town::meta()], Backend::Postgres);
    let mut old = schema(House::meta());
    old.tables[0].kind = signals::schema::TableKind::Partitioned;
    for new in [Bigger::meta(), Flat::meta()] {
        let plan = Plan::between(&old, &schema(new), &Options::new().concurrently()).unwrap();
        let scripts = plan.scripts().unwrap();
        assert_eq!(scripts.len(), 1, "{scripts:#?}");
        assert!(!scripts[0].up.contains("NOT VALID"), "{scripts:#?}");
    }
}

#[test]
fn a_shorter_type_is_a_loss_however_it_is_written() {
    for (backend, from, to, is_loss) in [
        (Backend::Mysql, "DATETIME(6)", "DATETIME", true),
        (Backend::Mysql, "TIME(3)", "TIME(0)", true),
        (Backend::Mysql, "DATETIME", "DATETIME(6)", false),
        (Backend::Mysql, "TIMESTAMP(0)", "TIMESTAMP", false),
        (Backend::Mysql, "CHAR(3)", "CHAR", true),
        (Backend::Mysql, "BIT(8)", "BIT", true),
        (Backend::Mysql, "BINARY", "BINARY(4)", false),
        (Backend::Postgres, "BIT(8)", "BIT", true),
        (Backend::Postgres, "TIMESTAMP(3)", "TIMESTAMP", false),
        (Backend::Postgres, "TIMESTAMP", "TIMESTAMP(3)", true),
    ] {
        let schema = |sql_type: &str| {
            let mut schema = Schema::of_models([House::meta(), Town::meta()], backend);
            schema.tables[0].columns[3].sql_type.text = sql_type.into();
            schema
        };
        let plan = Plan::between(&schema(from), &schema(to), &Options::new()).unwrap();
        let losses = plan.losses();
        let found = losses.iter().any(|loss| matches!(loss, Loss::Type { column, .. } if column == "name"));
        assert_eq!(found, is_loss, "{backend} {from} to {to}");
    }
}
