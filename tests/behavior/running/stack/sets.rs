//! Receivers that write several rows, or that find a row or create it.

use super::endless;

endless! {
    bulk_create("stack_bulk_create", post_save):
    async |instance: &Row, tx| { let _ = instance; Row::bulk_create(tx, &mut [Row::new(), Row::new()]).await },
    async |db| Row::bulk_create(&db, &mut [Row::new()]).await
}

endless! {
    bulk_update("stack_bulk_update", post_save):
    async |instance: &Row, tx| Row::bulk_update(tx, &mut [Row { id: instance.id, ..Row::new() }], [Row::N]).await,
    async |db| {
        let mut row = Row::new();
        row.save(&db).quiet().await.unwrap();
        Row::bulk_update(&db, &mut [row], [Row::N]).await
    }
}

endless! {
    update("stack_update", post_save):
    async |instance: &Row, tx| {
        Row::objects().filter(Row::ID.eq(instance.id)).update(tx, [Row::N.set(depth())]).await.map(drop)
    },
    async |db| {
        Row::new().save(&db).quiet().await.unwrap();
        Row::objects().update(&db, [Row::N.set(depth())]).await
    }
}

endless! {
    get_or_create("stack_get_or_create", post_save):
    async |instance: &Row, tx| {
        Row::objects().filter(Row::N.gt(instance.n)).get_or_create(tx, Row::new).await.map(drop)
    },
    async |db| Row::objects().get_or_create(&db, Row::new).await
}

endless! {
    update_or_create("stack_update_or_create", post_save):
    async |instance: &Row, tx| {
        let one = Row::objects().filter(Row::ID.eq(instance.id));
        one.update_or_create(tx, |row| row.n = depth(), Row::new).await.map(drop)
    },
    async |db| Row::objects().update_or_create(&db, |row| row.n = depth(), Row::new).await
}

endless! {
    update_or_create_of_a_new_row("stack_update_or_new", post_save):
    async |instance: &Row, tx| {
        let one = Row::objects().filter(Row::ID.gt(instance.id));
        one.update_or_create(tx, |row| row.n = depth(), Row::new).await.map(drop)
    },
    async |db| Row::objects().update_or_create(&db, |row| row.n = depth(), Row::new).await
}

endless! {
    within_a_db("stack_within", post_save):
    async |instance: &Row, tx| {
        let db = tx.as_db()?;
        Row::objects().filter(Row::N.gt(instance.n)).get_or_create(&db, Row::new).await.map(drop)
    },
    async |db| Row::objects().get_or_create(&db, Row::new).await
}
