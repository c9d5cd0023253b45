//! Random pairs of schemas: each is reached from the other, and rows keep their values.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use signals::Model;
use signals::db::Backend;
use signals::model::Entity as _;
use signals::schema::migration::{Options, Rename};
use signals::schema::{Action, ColumnSchema, Schema, Table};
use signals_test_behavior::{Kind, kind, texts};

use super::Project;

/// The parts of which schemas are made.
#[derive(Debug, Model)]
#[model(table = "planning_parent")]
struct Parent {
    #[model(primary_key)]
    id: i32,
    small: i16,
    int: i32,
    big: i64,
    #[model(sql_type = "VARCHAR(20)")]
    short: String,
    #[model(sql_type = "VARCHAR(40)")]
    long: String,
}

#[derive(Debug, Model)]
#[model(table = "planning_parts", unique(one, two), index(one, two))]
struct Child {
    id: i64,
    #[model(references = Parent, on_delete = do_nothing)]
    parent_id: Option<i32>,
    one: i32,
    two: i32,
}

/// A column of the child, by its place among the names.
#[derive(Debug, Clone, Copy)]
struct Spec {
    /// Which of the types of its family.
    size: usize,
    is_nullable: bool,
    has_default: bool,
}

/// The child's table.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
struct Side {
    /// Two numbers and two texts.
    columns: [Option<Spec>; 4],
    is_unique_together: bool,
    is_unique: bool,
    is_indexed: bool,
    reference: Option<Action>,
    has_wide_key: bool,
}

const NAMES: [&str; 4] = ["age", "rank", "name", "town"];

fn spec() -> impl Strategy<Value = Spec> {
    (0..3_usize, any::<bool>(), any::<bool>()).prop_map(|(size, is_nullable, has_default)| Spec {
        size,
        is_nullable,
        has_default,
    })
}

fn side() -> impl Strategy<Value = Side> {
    let column = || proptest::option::weighted(0.8, spec());
    let columns = [column(), column(), column(), column()];
    let actions = vec![None, Some(Action::NoAction), Some(Action::Cascade)];
    let keys = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (columns, keys, proptest::sample::select(actions)).prop_map(|(columns, keys, reference)| Side {
        columns,
        is_unique_together: keys.0,
        is_unique: keys.1,
        is_indexed: keys.2,
        reference,
        has_wide_key: keys.3,
    })
}

/// Two schemas whose rows are accepted by both: a column that only one has is filled in the other direction, too.
#[derive(Debug, Clone)]
struct Pair {
    old: Side,
    new: Side,
    is_column_renamed: bool,
    is_table_renamed: bool,
}

fn pair() -> impl Strategy<Value = Pair> {
    (side(), side(), any::<bool>(), any::<bool>()).prop_map(
        |(mut old, mut new, is_column_renamed, is_table_renamed)| {
            for place in 0..NAMES.len() {
                match (&mut old.columns[place], &mut new.columns[place]) {
                    (Some(only), None) | (None, Some(only)) => only.has_default |= !only.is_nullable,
                    // Its rows may be NULL.
                    (Some(old), Some(new)) if old.is_nullable => new.has_default |= !new.is_nullable,
                    _ => {}
                }
            }
            Pair { old, new, is_column_renamed, is_table_renamed }
        },
    )
}

impl Pair {
    fn has_both(&self, place: usize) -> bool {
        self.old.columns[place].is_some() && self.new.columns[place].is_some()
    }

    fn schema(&self, backend: Backend, is_new: bool) -> Schema {
        let mut schema = Schema::of_models([Parent::meta(), Child::meta()], backend);
        let [parent, child] = &mut schema.tables[..] else { unreachable!() };
        let side = if is_new { &self.new } else { &self.old };
        let pool = parent.columns.clone();
        parent.columns.truncate(1);
        let key = &pool[if side.has_wide_key { 3 } else { 2 }];
        parent.columns[0].sql_type = key.sql_type.clone();
        parent.columns[0].generation = None;
        self.fill(child, side, &pool, is_new);
        child.columns[1].sql_type = key.sql_type.clone();
        if is_new && self.is_table_renamed {
            child.name = "planning_bits".into();
        }
        schema
    }

    fn fill(&self, child: &mut Table, side: &Side, pool: &[ColumnSchema], is_new: bool) {
        let (mut unique, mut index) = (child.indexes[0].clone(), child.indexes[1].clone());
        let mut of_reference = child.indexes[2].clone();
        if !index.columns.contains(&"two".to_owned()) {
            std::mem::swap(&mut index, &mut of_reference);
        }
        child.columns.truncate(2);
        child.indexes = vec![of_reference];
        for (place, spec) in side.columns.iter().enumerate() {
            if let Some(spec) = spec {
                child.columns.push(self.column(place, *spec, pool, is_new));
            }
        }
        match side.reference {
            Some(action) => child.foreign_keys[0].on_delete = action,
            None => child.foreign_keys.clear(),
        }
        child.foreign_keys.iter_mut().for_each(|key| key.rule = None);
        if side.is_unique_together && self.has_both(0) && self.has_both(1) {
            unique.columns = vec![self.name(0, is_new), self.name(1, is_new)];
            child.indexes.push(unique.clone());
        }
        if side.is_unique && self.has_both(2) {
            unique.columns = vec![self.name(2, is_new)];
            child.indexes.push(unique);
        }
        if side.is_indexed && side.columns[3].is_some() {
            index.columns = vec![self.name(3, is_new)];
            child.indexes.push(index);
        }
    }

    /// The first column gets another name.
    fn name(&self, place: usize, is_new: bool) -> String {
        if place == 0 && is_new && self.is_column_renamed { "years".into() } else { NAMES[place].into() }
    }

    fn column(&self, place: usize, spec: Spec, pool: &[ColumnSchema], is_new: bool) -> ColumnSchema {
        let is_text = place > 1;
        let mut column = if is_text { &pool[4 + spec.size % 2] } else { &pool[1 + spec.size] }.clone();
        column.name = self.name(place, is_new);
        column.is_nullable = spec.is_nullable;
        column.default = spec.has_default.then(|| if is_text { "'it''s'".to_owned() } else { "99".to_owned() });
        column
    }

    /// The values of a column in two rows before, the second of which is NULL if that can be.
    fn values(&self, place: usize) -> Option<[String; 2]> {
        let spec = self.old.columns[place]?;
        let is_text = place > 1;
        let value = |number: usize| if is_text { format!("'v{number}'") } else { number.to_string() };
        Some([value(1), if spec.is_nullable { "NULL".into() } else { value(2) }])
    }

    /// The values of a column after: NULL has become the default if the column was ever NOT NULL.
    fn expected(&self, place: usize) -> Option<[String; 2]> {
        let values = self.values(place).filter(|_| self.has_both(place))?;
        let new = self.new.columns[place]?;
        let filled = if place > 1 { "'it''s'" } else { "99" };
        let fill = |value: String| if value == "NULL" && !new.is_nullable { filled.to_owned() } else { value };
        let shown = |value: String| fill(value).trim_matches('\'').replace("''", "'");
        Some(values.map(shown))
    }
}

async fn holds(pair: &Pair) {
    let mut project = Project::empty().await;
    let backend = project.db.backend();
    let (old, new) = (pair.schema(backend, false), pair.schema(backend, true));
    project.migrate_to(&old, &Options::new()).await;
    let places: Vec<_> = (0..NAMES.len()).filter(|place| pair.old.columns[*place].is_some()).collect();
    project.execute("INSERT INTO planning_parent (id) VALUES (1)").await;
    for row in 0..2 {
        let names = places.iter().map(|place| escaped(NAMES[*place]));
        let names: Vec<_> = ["parent_id".to_owned()].into_iter().chain(names).collect();
        let values = places.iter().map(|place| pair.values(*place).unwrap()[row].clone());
        let values: Vec<_> = ["1".to_owned()].into_iter().chain(values).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        project.execute(&format!("INSERT INTO planning_parts ({names}) VALUES ({values})")).await;
    }
    let mut options = Options::new();
    if pair.is_table_renamed {
        options = options.renames([Rename::table("planning_parts", "planning_bits")]);
    }
    if pair.is_column_renamed && pair.has_both(0) {
        options = options.renames([Rename::column(&new.tables[1].name, "age", "years")]);
    }
    project.migrate_to(&new, &options).await;
    let table = &new.tables[1].name;
    for place in 0..NAMES.len() {
        if let Some(expected) = pair.expected(place) {
            let name = escaped(&pair.name(place, true));
            let kind = if kind() == Kind::Mysql { "CHAR" } else { "TEXT" };
            let sql = format!("SELECT COALESCE(CAST({name} AS {kind}), 'NULL') FROM {table} ORDER BY id");
            assert_eq!(texts(&project.db, &*sql).await, expected, "{name}");
        }
    }
    project.db.close().await.unwrap();
}

fn escaped(name: &str) -> String {
    signals_test_behavior::quoted(name)
}

#[test]
fn every_schema_is_reached_from_every_other() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cases = match kind() {
        Kind::Memory => 40,
        Kind::File | Kind::Mysql => 8,
        // A server with many schemas takes about a second to describe one.
        Kind::Postgres => 4,
    };
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let outcome = runner.run(&pair(), |pair| {
        runtime.block_on(holds(&pair));
        Ok(())
    });
    outcome.unwrap();
}
