//! Hand-written code with plain sqlx, once for each backend. The types of sqlx, the form of parameters and
//! the way to read a new key differ.

/// Runs one of the functions below with the pool of any database.
macro_rules! twin {
    ($db:expr, $function:ident $(::<$M:ty>)? ($($argument:expr),*)) => {
        match $db.backend() {
            ::signals::db::Backend::Sqlite => {
                $crate::twin::sqlite::$function$(::<$M>)?($db.sqlite().unwrap(), $($argument),*).await
            }
            ::signals::db::Backend::Postgres => {
                $crate::twin::postgres::$function$(::<$M>)?($db.postgres().unwrap(), $($argument),*).await
            }
            ::signals::db::Backend::Mysql => {
                $crate::twin::mysql::$function$(::<$M>)?($db.mysql().unwrap(), $($argument),*).await
            }
            other => panic!("{other} is new here"),
        }
    };
}
pub(crate) use twin;

/// Converts a statement to PostgreSQL's parameters.
fn numbered(sql: &str) -> String {
    let parts = sql.split('?').enumerate();
    parts.map(|(number, part)| if number == 0 { part.to_owned() } else { format!("${number}{part}") }).collect()
}

/// The functions for one backend. `$sql` converts parameters; `$insert` and `$insert_many` return the
/// generated keys.
macro_rules! backend {
    ($module:ident, $Database:ident, $Pool:ident, $Connection:ident, $sql:expr, $($insert:item)*) => {
        pub mod $module {
            use std::collections::HashMap;
            use std::hint::black_box;
            use std::time::Duration;

            use sqlx::{AssertSqlSafe, $Connection, $Database, $Pool, QueryBuilder};

            use crate::bulk::CHUNK;
            use crate::models::{Bare, Compared, Item, Logged, Placed, Plain, Values, Watched};
            use crate::pair::timed;
            use crate::relations::{PlainEssay, PlainWriter};

            $($insert)*

            /// A run has few statements. Hand-written code would have them as literals.
            fn sql(text: &str) -> &'static str {
                String::leak(($sql)(text))
            }

            fn insert_of(table: &str) -> &'static str {
                sql(&format!("INSERT INTO {table} (name, email, age, score, note) VALUES (?, ?, ?, ?, ?)"))
            }

            async fn insert_item<M: Item>(connection: &mut $Connection, text: &'static str) -> M {
                let mut item = M::sample();
                let Values { name, email, age, score, note } = item.values();
                let id = insert(connection, text, |query| query.bind(name).bind(email).bind(age).bind(score).bind(note));
                let id = id.await;
                item.set_id(id);
                item
            }

            pub async fn inserts<M: Item>(pool: &$Pool, n: u32) -> Duration {
                let text = insert_of(M::meta().table());
                timed(async {
                    for _ in 0..n {
                        black_box(insert_item::<M>(&mut *pool.acquire().await.unwrap(), text).await);
                    }
                })
                .await
            }

            /// Runs on a connection that is not pinged, if one is idle.
            pub async fn unpinged_inserts<M: Item>(pool: &$Pool, n: u32) -> Duration {
                let text = insert_of(M::meta().table());
                timed(async {
                    for _ in 0..n {
                        let mut connection = match pool.try_acquire() {
                            Some(connection) => connection,
                            None => pool.acquire().await.unwrap(),
                        };
                        black_box(insert_item::<M>(&mut connection, text).await);
                    }
                })
                .await
            }

            pub async fn inserts_in_transaction(pool: &$Pool, n: u32) -> Duration {
                let text = insert_of("bare");
                let mut tx = pool.begin().await.unwrap();
                let taken = timed(async {
                    for _ in 0..n {
                        black_box(insert_item::<Bare>(&mut tx, text).await);
                    }
                })
                .await;
                tx.rollback().await.unwrap();
                taken
            }

            /// Runs each INSERT in a transaction, and calls a function for it.
            pub async fn transactions(pool: &$Pool, n: u32) -> Duration {
                let text = insert_of("watched");
                let receiver = async |item: &Watched| {
                    black_box(item);
                };
                timed(async {
                    for _ in 0..n {
                        let mut tx = pool.begin().await.unwrap();
                        let item = insert_item::<Watched>(&mut tx, text).await;
                        receiver(&item).await;
                        tx.commit().await.unwrap();
                    }
                })
                .await
            }

            /// Runs each INSERT with another row in its transaction.
            pub async fn transactions_with_entry(pool: &$Pool, n: u32) -> Duration {
                let text = insert_of("logged");
                let entry = sql("INSERT INTO entry (item, created) VALUES (?, ?)");
                timed(async {
                    for _ in 0..n {
                        let mut tx = pool.begin().await.unwrap();
                        let item = insert_item::<Logged>(&mut tx, text).await;
                        black_box(insert(&mut tx, entry, |query| query.bind(item.id).bind(true)).await);
                        tx.commit().await.unwrap();
                    }
                })
                .await
            }

            pub async fn updates(pool: &$Pool, n: u32, item: &mut Bare) -> Duration {
                let text = sql("UPDATE bare SET name = ?, email = ?, age = ?, score = ?, note = ? WHERE id = ?");
                timed(async {
                    for _ in 0..n {
                        item.age ^= 1;
                        let Bare { id, name, email, age, score, note } = &*item;
                        let query = sqlx::query(text).bind(name).bind(email).bind(age).bind(score).bind(note);
                        assert_eq!(query.bind(id).execute(pool).await.unwrap().rows_affected(), 1);
                    }
                })
                .await
            }

            pub async fn gets(pool: &$Pool, n: u32, id: i64) -> Duration {
                let text = sql("SELECT id, name, email, age, score, note FROM bare WHERE id = ?");
                timed(async {
                    for _ in 0..n {
                        let row: Plain = sqlx::query_as(text).bind(id).fetch_one(pool).await.unwrap();
                        assert!(row.is(id));
                    }
                })
                .await
            }

            pub async fn insert_chunks<M: Item>(pool: &$Pool, rows: &mut [M]) {
                let mut tx = pool.begin().await.unwrap();
                let table = M::meta().table();
                for rows in rows.chunks_mut(CHUNK) {
                    let mut query = QueryBuilder::<$Database>::new(format!("INSERT INTO {table} (name, email, age, score, note) "));
                    query.push_values(rows.iter(), |mut list, row| {
                        let Values { name, email, age, score, note } = row.values();
                        list.push_bind(name).push_bind(email).push_bind(age).push_bind(score).push_bind(note);
                    });
                    let ids = insert_many(&mut tx, query, rows.len()).await;
                    ids.into_iter().zip(rows).for_each(|(id, row)| row.set_id(id));
                }
                tx.commit().await.unwrap();
            }

            pub async fn update_all(pool: &$Pool, n: u32, table: &str, rows: u64) -> Duration {
                let text = sql(&format!("UPDATE {table} SET age = ?"));
                timed(async {
                    for round in 0..n {
                        // MySQL counts the rows that it changed, so each round changes them.
                        let query = sqlx::query(text).bind(i32::try_from(round).unwrap() + 1000);
                        assert!(query.execute(pool).await.unwrap().rows_affected() <= rows);
                    }
                })
                .await
            }

            pub async fn clear(pool: &$Pool, table: &str) {
                sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}"))).execute(pool).await.unwrap();
            }

            /// Reads every row, changes it in the program, and writes the value that is the same for all of
            /// them.
            pub async fn read_and_update(pool: &$Pool, age: i32) {
                let mut tx = pool.begin().await.unwrap();
                let keys = sqlx::query_scalar("SELECT id FROM compared ORDER BY id");
                let keys: Vec<i64> = keys.fetch_all(&mut *tx).await.unwrap();
                for keys in keys.chunks(CHUNK) {
                    let mut query = QueryBuilder::<$Database>::new("SELECT id, name, email, age, score, note FROM compared WHERE id IN ");
                    push_list(&mut query, keys);
                    let mut rows: Vec<Compared> = query.build_query_as().fetch_all(&mut *tx).await.unwrap();
                    let previous = rows.clone();
                    for row in &mut rows {
                        row.age = age;
                    }
                    let mut query = QueryBuilder::<$Database>::new("UPDATE compared SET age = ");
                    query.push_bind(age).push(" WHERE id IN ");
                    push_list(&mut query, keys);
                    query.build().execute(&mut *tx).await.unwrap();
                    black_box(rows.iter().zip(&previous).filter(|(row, previous)| row.age != previous.age).count());
                }
                tx.commit().await.unwrap();
            }

            /// Reads every writer, then their essays, and groups these.
            pub async fn prefetch(pool: &$Pool, each: usize) {
                let writers: Vec<PlainWriter> = sqlx::query_as("SELECT id, name FROM writer").fetch_all(pool).await.unwrap();
                let mut query = QueryBuilder::<$Database>::new("SELECT id, writer_id, title, score, note FROM essay WHERE writer_id IN ");
                push_list(&mut query, &writers.iter().map(|writer| writer.id).collect::<Vec<_>>());
                let essays: Vec<PlainEssay> = query.build_query_as().fetch_all(pool).await.unwrap();
                let mut grouped: HashMap<i64, Vec<PlainEssay>> = HashMap::new();
                for essay in essays {
                    grouped.entry(essay.writer_id).or_default().push(essay);
                }
                for writer in &writers {
                    assert_eq!(black_box(&grouped[&writer.id]).len(), each);
                }
            }

            /// Locks the rows that exist, updates them, and inserts the others.
            pub async fn upsert_chunks(pool: &$Pool, rows: &mut [Placed]) {
                let mut tx = pool.begin().await.unwrap();
                for rows in rows.chunks_mut(CHUNK) {
                    let places: Vec<i64> = rows.iter().map(|row| row.place).collect();
                    let mut query = QueryBuilder::<$Database>::new("SELECT id, place, name, age FROM placed WHERE place IN ");
                    push_list(&mut query, &places);
                    query.push(" ORDER BY id").push(LOCK);
                    let there: Vec<Placed> = query.build_query_as().fetch_all(&mut *tx).await.unwrap();
                    let mut there: HashMap<i64, Placed> = there.into_iter().map(|row| (row.place, row)).collect();
                    let (mut updated, mut previous, mut missing) = (Vec::new(), Vec::new(), Vec::new());
                    for row in rows {
                        match there.remove(&row.place) {
                            Some(old) => {
                                row.id = old.id;
                                row.age = old.age;
                                updated.push(&*row);
                                previous.push(old);
                            }
                            None => missing.push(row),
                        }
                    }
                    if !updated.is_empty() {
                        update_names(&mut tx, &updated).await;
                    }
                    black_box(updated.iter().zip(&previous).filter(|(row, previous)| row.name != previous.name).count());
                    if !missing.is_empty() {
                        let mut query = QueryBuilder::<$Database>::new("INSERT INTO placed (place, name, age) ");
                        query.push_values(missing.iter(), |mut list, row| {
                            list.push_bind(row.place).push_bind(&row.name).push_bind(row.age);
                        });
                        let ids = insert_many(&mut tx, query, missing.len()).await;
                        ids.into_iter().zip(&mut missing).for_each(|(id, row)| row.id = id);
                        black_box(missing.len());
                    }
                }
                tx.commit().await.unwrap();
            }

            fn push_list(query: &mut QueryBuilder<$Database>, keys: &[i64]) {
                query.push("(");
                let mut list = query.separated(", ");
                for key in keys {
                    list.push_bind(*key);
                }
                query.push(")");
            }
        }
    };
}

backend! {
    sqlite, Sqlite, SqlitePool, SqliteConnection, str::to_owned,

    type Query<'q> = sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments>;

    async fn insert<'q>(connection: &mut SqliteConnection, text: &'static str, bind: impl FnOnce(Query<'q>) -> Query<'q>) -> i64 {
        bind(sqlx::query(text)).execute(connection).await.unwrap().last_insert_rowid()
    }

    async fn insert_many(connection: &mut SqliteConnection, mut query: QueryBuilder<Sqlite>, rows: usize) -> Vec<i64> {
        let last = query.build().execute(connection).await.unwrap().last_insert_rowid();
        (last - i64::try_from(rows).unwrap() + 1..=last).collect()
    }

    const LOCK: &str = "";

    async fn update_names(connection: &mut SqliteConnection, rows: &[&Placed]) {
        let mut query = QueryBuilder::new("UPDATE placed SET name = v.column2 FROM (");
        query.push_values(rows, |mut list, row| {
            list.push_bind(row.id).push_bind(&row.name);
        });
        query.push(") AS v WHERE placed.id = v.column1");
        query.build().execute(connection).await.unwrap();
    }
}

backend! {
    postgres, Postgres, PgPool, PgConnection, super::numbered,

    type Query<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

    async fn insert<'q>(connection: &mut PgConnection, text: &'static str, bind: impl FnOnce(Query<'q>) -> Query<'q>) -> i64 {
        let text = AssertSqlSafe(format!("{text} RETURNING id"));
        sqlx::Row::get(&bind(sqlx::query(text)).fetch_one(connection).await.unwrap(), 0)
    }

    async fn insert_many(connection: &mut PgConnection, mut query: QueryBuilder<Postgres>, _: usize) -> Vec<i64> {
        query.push(" RETURNING id");
        query.build_query_scalar().fetch_all(connection).await.unwrap()
    }

    const LOCK: &str = " FOR UPDATE";

    async fn update_names(connection: &mut PgConnection, rows: &[&Placed]) {
        let mut query = QueryBuilder::new("UPDATE placed SET name = v.column2 FROM (");
        query.push_values(rows, |mut list, row| {
            list.push_bind(row.id).push_bind(&row.name);
        });
        query.push(") AS v WHERE placed.id = v.column1");
        query.build().execute(connection).await.unwrap();
    }
}

backend! {
    mysql, MySql, MySqlPool, MySqlConnection, str::to_owned,

    type Query<'q> = sqlx::query::Query<'q, MySql, sqlx::mysql::MySqlArguments>;

    async fn insert<'q>(connection: &mut MySqlConnection, text: &'static str, bind: impl FnOnce(Query<'q>) -> Query<'q>) -> i64 {
        let id = bind(sqlx::query(text)).execute(connection).await.unwrap().last_insert_id();
        i64::try_from(id).unwrap()
    }

    async fn insert_many(connection: &mut MySqlConnection, mut query: QueryBuilder<MySql>, rows: usize) -> Vec<i64> {
        let first = i64::try_from(query.build().execute(connection).await.unwrap().last_insert_id()).unwrap();
        (first..).take(rows).collect()
    }

    const LOCK: &str = " FOR UPDATE";

    async fn update_names(connection: &mut MySqlConnection, rows: &[&Placed]) {
        let mut query = QueryBuilder::new("UPDATE placed JOIN (");
        let mut list = query.separated(" UNION ALL ");
        for row in rows {
            list.push("SELECT ").push_bind_unseparated(row.id).push_unseparated(" AS id, ");
            list.push_bind_unseparated(&row.name).push_unseparated(" AS name");
        }
        query.push(") AS v ON placed.id = v.id SET placed.name = v.name");
        query.build().execute(connection).await.unwrap();
    }
}
