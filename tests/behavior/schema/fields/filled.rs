//! Columns that the database fills: `generated`, `db_default`, `insert_only`, `read_only` and `reread`.

use signals::{Error, FieldSet, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, count, db, execute, kind, numbers, rows, texts};

#[tokio::test]
async fn a_generated_column_comes_back_from_every_write() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "filled_generated")]
    struct Line {
        id: i64,
        price: i64,
        amount: i64,
        #[model(generated, sql_type = "BIGINT GENERATED ALWAYS AS (price * amount) STORED")]
        total: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Line)]
    fn after(instance: &Line) {
        LOG.note(instance.total);
    }
    static CHANGED: Log = Log::new();
    #[receiver(post_save, sender = Line, changed(total))]
    fn total_changed(instance: &Line) {
        CHANGED.note(instance.total);
    }
    #[receiver(post_save, sender = Line, changed(total), on_commit)]
    fn total_committed(instance: &Line) {
        CHANGED.note(format_args!("committed {}", instance.total));
    }
    let line = |price, amount| Line { id: 0, price, amount, total: -1 };

    let db = db().await;
    let mut first = line(2, 3).create(&db).await?;
    assert_eq!(first.total, 6);
    (first.price, first.total) = (5, -1);
    first.save(&db).await?;
    assert_eq!(first.total, 15);
    (first.price, first.amount, first.total) = (7, 100, -1);
    first.save(&db).update_fields([Line::PRICE]).await?;
    assert_eq!((first.amount, first.total), (100, 21));
    assert_eq!(LOG.take(), ["6", "15", "21"]);
    // A write that is limited to other columns changes it too.
    assert_eq!(CHANGED.take(), ["6", "committed 6", "15", "committed 15", "21", "committed 21"]);

    let mut others = [line(1, 1), Line { id: 50, ..line(2, 2) }, line(3, 3)];
    Line::bulk_create(&db, &mut others).await?;
    assert_eq!(others.each_ref().map(|line| line.total), [1, 4, 9]);
    LOG.take();
    for line in &mut others {
        (line.price, line.total) = (10, -1);
    }
    Line::bulk_update(&db, &mut others, [Line::PRICE]).await?;
    assert_eq!(others.each_ref().map(|line| line.total), [10, 20, 30]);
    assert_eq!(LOG.take(), ["10", "20", "30"]);

    let many = Line::objects().filter(Line::TOTAL.ge(20)).order_by(Line::TOTAL.desc());
    assert_eq!(many.update(&db, Line::AMOUNT.set(0)).await?, 3);
    assert_eq!(LOG.take(), ["0", "0", "0"]);
    for line in &others {
        let row = Line::get(&db, line.id).await?;
        assert_eq!(row.total, row.price * row.amount);
    }
    Ok(())
}

#[tokio::test]
async fn a_default_of_the_database_fills_a_field_that_is_none() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "filled_default")]
    struct Order {
        id: i64,
        name: String,
        #[model(db_default, default = "new")]
        status: Option<String>,
        #[model(db_default, default = 7)]
        stars: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Order)]
    fn after(instance: &Order) -> Result<(), Refused> {
        LOG.note(format!("{:?}", instance.status));
        if instance.name == "refused" { Err(Refused("the order")) } else { Ok(()) }
    }
    let order = |name: &str| Order { id: 0, name: name.into(), status: None, stars: None };
    let new = Some("new".to_owned());

    let db = db().await;
    let mut first = order("a").create(&db).await?;
    assert_eq!((&first.status, first.stars), (&new, Some(7)));
    first.status = Some("paid".into());
    first.save(&db).await?;
    (first.status, first.stars) = (None, None);
    first.save(&db).await?;
    // Only a value is written by an UPDATE.
    assert_eq!((first.status.as_deref(), first.stars), (Some("paid"), Some(7)));
    first.status = None;
    first.save(&db).update_fields([Order::STATUS]).await?;
    assert_eq!(Order::get(&db, first.id).await?, first);
    assert_eq!(LOG.take(), [r#"Some("new")"#, r#"Some("paid")"#, r#"Some("paid")"#, r#"Some("paid")"#]);
    // Nothing comes back of a write of other columns.
    first.name.push('!');
    first.save(&db).update_fields([Order::NAME]).await?;
    assert_eq!(Order::get(&db, first.id).await?, first);
    LOG.take();

    let mut set = [order("b"), Order { stars: Some(1), ..order("c") }, order("d"), Order { id: 90, ..order("e") }];
    Order::bulk_create(&db, &mut set).await?;
    assert_eq!(set.each_ref().map(|order| order.stars), [Some(7), Some(1), Some(7), Some(7)]);
    for order in &set {
        assert_eq!(Order::get(&db, order.id).await?, *order);
    }

    // A failed save leaves the field unset, so that the next one takes the default too.
    let mut refused = order("refused");
    assert!(refused.save(&db).await.is_err());
    assert_eq!(refused, order("refused"));
    // An assignment is explicit.
    Order::objects().filter(Order::ID.eq(first.id)).update(&db, Order::STATUS.set(None)).await?;
    assert_eq!(Order::get(&db, first.id).await?.status, None);
    assert_eq!(rows(&db, "filled_default").await, 5);
    Ok(())
}

#[tokio::test]
async fn no_update_writes_an_insert_only_column() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "filled_insert_only")]
    struct Note {
        id: i64,
        text: String,
        #[model(insert_only)]
        author: i64,
    }
    let db = db().await;
    let mut note = Note { id: 0, text: "a".into(), author: 1 }.create(&db).await?;
    (note.text, note.author) = ("b".into(), 2);
    note.save(&db).await?;
    assert_eq!((note.author, note.text.as_str()), (1, "b"));
    assert_eq!(Note::get(&db, note.id).await?, note);

    let refused = [
        note.save(&db).update_fields([Note::AUTHOR]).await,
        Note::bulk_update(&db, std::slice::from_mut(&mut note), [Note::AUTHOR]).await,
        Note::objects().update(&db, Note::AUTHOR.set(3)).await.map(drop),
    ];
    for refused in refused {
        let Err(Error::SaveOptions { problem, .. }) = refused else { panic!("{refused:?}") };
        assert!(problem.contains("`author`") && problem.contains("`insert_only`"), "{problem}");
    }
    assert_eq!(numbers(&db, "SELECT author FROM filled_insert_only").await, [1]);
    Ok(())
}

/// Creates a trigger that writes the number of the row's letters, after the statement if the database can.
async fn count_letters(db: &signals::Db, event: &str) {
    let table = "filled_reread";
    execute(
        db,
        match kind() {
            Kind::Memory | Kind::File => format!(
                "CREATE TRIGGER count_{event} AFTER {event} ON {table} BEGIN \
                 UPDATE {table} SET letters = length(new.text) WHERE id = new.id; END"
            ),
            Kind::Postgres => format!(
                "CREATE FUNCTION count_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 UPDATE {table} SET letters = length(new.text) \
                 WHERE id = new.id AND letters IS DISTINCT FROM length(new.text); RETURN NULL; END $$; \
                 CREATE TRIGGER count_{event} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION count_{event}()"
            ),
            Kind::Mysql => format!(
                "CREATE TRIGGER count_{event} BEFORE {event} ON {table} FOR EACH ROW SET new.letters = LENGTH(new.text)"
            ),
        },
    )
    .await;
}

#[tokio::test]
async fn a_column_that_triggers_write_is_read_again() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "filled_reread", reread)]
    struct Word {
        id: i64,
        text: String,
        #[model(read_only)]
        letters: Option<i64>,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Word)]
    fn after(instance: &Word) {
        LOG.note(format!("{:?}", instance.letters));
    }
    let word = |text: &str| Word { id: 0, text: text.into(), letters: Some(-1) };
    let db = db().await;
    count_letters(&db, "INSERT").await;
    count_letters(&db, "UPDATE").await;

    let mut first = word("one").create(&db).await?;
    assert_eq!(first.letters, Some(3));
    first.text = "seven".into();
    first.save(&db).await?;
    assert_eq!(first.letters, Some(5));
    let mut set = [word("a"), word("ab")];
    Word::bulk_create(&db, &mut set).await?;
    assert_eq!(set.each_ref().map(|word| word.letters), [Some(1), Some(2)]);
    assert_eq!(LOG.take(), ["Some(3)", "Some(5)", "Some(1)", "Some(2)"]);
    assert_eq!(numbers(&db, "SELECT letters FROM filled_reread ORDER BY id").await, [5, 1, 2]);
    Ok(())
}

#[tokio::test]
async fn a_column_of_a_table_made_elsewhere_is_only_read() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "filled_read_only")]
    struct Page {
        id: i64,
        title: String,
        #[model(read_only)]
        state: Option<String>,
    }
    let db = db().await;
    execute(&db, "DROP TABLE filled_read_only").await;
    let key = match kind() {
        Kind::Memory | Kind::File => "INTEGER PRIMARY KEY",
        Kind::Postgres => "BIGSERIAL PRIMARY KEY",
        Kind::Mysql => "BIGINT PRIMARY KEY AUTO_INCREMENT",
    };
    let columns = format!("id {key}, title VARCHAR(20) NOT NULL, state VARCHAR(20) NOT NULL DEFAULT 'draft'");
    execute(&db, format!("CREATE TABLE filled_read_only ({columns})")).await;
    let mut page = Page { id: 0, title: "a".into(), state: Some("b".into()) }.create(&db).await?;
    assert_eq!(page.state.as_deref(), Some("draft"));
    execute(&db, "UPDATE filled_read_only SET state = 'shown'").await;
    page.title = "c".into();
    page.save(&db).await?;
    assert_eq!(page.state.as_deref(), Some("shown"));
    assert_eq!(texts(&db, "SELECT state FROM filled_read_only").await, ["shown"]);
    Ok(())
}

#[tokio::test]
async fn a_value_that_cannot_be_read_undoes_the_write() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "filled_unreadable")]
    struct Share {
        id: i64,
        part: i64,
        // NULL if `part` is 0.
        #[model(generated, sql_type = "BIGINT GENERATED ALWAYS AS (NULLIF(part, 0)) STORED")]
        whole: i64,
    }
    let share = |part| Share { id: 0, part, whole: -1 };
    let db = db().await;
    let mut refused = share(0);
    assert!(refused.save(&db).await.is_err());
    assert_eq!(refused, share(0));
    assert!(Share::bulk_create(&db, &mut [share(1), share(0)]).await.is_err());
    assert_eq!(rows(&db, "filled_unreadable").await, 0);

    let mut kept = share(2).create(&db).await?;
    kept.part = 0;
    assert!(kept.save(&db).await.is_err());
    assert_eq!(count(&db, "SELECT part FROM filled_unreadable").await, 2);
    Ok(())
}

#[tokio::test]
async fn a_default_comes_back_only_into_the_rows_that_write_its_column() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "filled_per_row")]
    struct Order {
        id: i64,
        name: String,
        #[model(db_default, default = 7)]
        stars: Option<i64>,
    }
    #[receiver(pre_save, sender = Order)]
    fn widen(instance: &Order, update_fields: Option<&mut FieldSet>) {
        if let Some(fields) = update_fields.filter(|_| instance.id == 1) {
            fields.insert(Order::STARS);
        }
    }
    let db = db().await;
    let mut orders = [1, 2].map(|id| Order { id, name: "a".into(), stars: None });
    Order::bulk_create(&db, &mut orders).await?;
    for order in &mut orders {
        order.stars = None;
    }
    Order::bulk_update(&db, &mut orders, [Order::NAME]).await?;
    assert_eq!(orders.each_ref().map(|order| order.stars), [Some(7), None]);
    Ok(())
}
