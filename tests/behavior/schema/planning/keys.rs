//! Unique keys, indexes and references that are added, dropped and changed.

use signals::Model;
use signals::model::Entity as _;
use signals::schema::migration::Options;

use super::Project;

mod before {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_user")]
    pub struct User {
        #[model(primary_key)]
        pub id: i32,
        #[model(unique)]
        pub email: String,
        #[model(sql_type = "VARCHAR(40)")]
        pub name: String,
        #[model(index)]
        pub town: String,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_post", unique(author_id, place))]
    pub struct Post {
        pub id: i64,
        #[model(references = User, on_delete = cascade)]
        pub author_id: i32,
        #[model(references = User, on_delete = set_null)]
        pub editor_id: Option<i32>,
        pub reader_id: Option<i32>,
        pub place: i32,
        #[model(index)]
        pub day: i32,
    }
}

mod after {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_user", unique(name, town))]
    pub struct User {
        #[model(primary_key)]
        pub id: i64,
        #[model(index)]
        pub email: String,
        #[model(sql_type = "VARCHAR(40)")]
        pub name: String,
        pub town: String,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_post", index(day, place))]
    pub struct Post {
        pub id: i64,
        #[model(references = User, on_delete = database)]
        pub author_id: i64,
        pub editor_id: Option<i32>,
        #[model(references = User, on_delete = do_nothing)]
        pub reader_id: Option<i64>,
        #[model(unique)]
        pub place: i32,
        pub day: i32,
        #[model(references = Tag, on_delete = set_null)]
        pub tag_id: Option<i64>,
    }

    /// It and its topic reference each other.
    #[derive(Debug, Model)]
    #[model(table = "planning_tag")]
    pub struct Tag {
        pub id: i64,
        #[model(references = Topic, on_delete = do_nothing)]
        pub topic_id: Option<i64>,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_topic")]
    pub struct Topic {
        pub id: i64,
        #[model(references = Tag, on_delete = do_nothing)]
        pub tag_id: Option<i64>,
        #[model(references = Topic, on_delete = do_nothing)]
        pub parent_id: Option<i64>,
    }
}

#[tokio::test]
async fn keys_and_references_change_and_rows_stay() {
    let mut project = Project::new(&[before::User::meta(), before::Post::meta()]).await;
    project
        .execute("INSERT INTO planning_user (id, email, name, town) VALUES (1, 'a', 'ann', 'x'), (2, 'b', 'bob', 'y')")
        .await;
    project
        .execute("INSERT INTO planning_post (author_id, editor_id, reader_id, place, day) VALUES (1, 2, 2, 1, 1), (2, NULL, NULL, 2, 1)")
        .await;
    let models = [after::User::meta(), after::Post::meta(), after::Tag::meta(), after::Topic::meta()];
    let changes = project.migrate(&models, &Options::new()).await;
    assert!(changes.iter().any(|it| it.contains("ON DELETE CASCADE")), "{changes:#?}");
    assert_eq!(signals_test_behavior::rows(&project.db, "planning_user").await, 2);
    assert_eq!(signals_test_behavior::rows(&project.db, "planning_post").await, 2);
    // The database deletes the rows itself, and checks the new reference.
    project.execute("DELETE FROM planning_post WHERE reader_id = 2").await;
    project.execute("DELETE FROM planning_user WHERE id = 2").await;
    assert_eq!(signals_test_behavior::rows(&project.db, "planning_post").await, 0);
}

#[tokio::test]
async fn made_tables_are_those_of_create_tables() {
    let models = [after::User::meta(), after::Post::meta(), after::Tag::meta(), after::Topic::meta()];
    let project = Project::new(&models).await;
    let mut made = project.schema().await;
    let other = signals::Db::connect(&signals_test_behavior::url().await).await.unwrap();
    other.create_tables_of(|model| models.contains(&model)).await.unwrap();
    let mut created = signals::schema::Schema::read(&other).await.unwrap();
    created.tables.retain(|table| table.is_visible);
    for table in made.tables.iter_mut().chain(&mut created.tables) {
        table.schema = None;
        // PostgreSQL numbers constraints whose names are taken; the order of the lists is that of the names.
        table.indexes.sort_by(|one, other| one.columns.cmp(&other.columns));
        table.foreign_keys.sort_by(|one, other| one.columns.cmp(&other.columns));
    }
    let text = |schema: &signals::schema::Schema| format!("{:#?}", schema.tables);
    assert_eq!(text(&made), text(&created));
}
