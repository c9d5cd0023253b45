//! Columns that are added, dropped and changed.

use signals::Model;
use signals::model::Entity as _;
use signals::schema::migration::Options;
use signals_test_behavior::{Kind, kind};

use super::Project;

mod before {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_note")]
    pub struct Note {
        pub id: i64,
        pub title: String,
        pub size: i32,
        pub stars: Option<i32>,
        pub text: String,
        pub gone: Option<String>,
        #[model(default = 1)]
        pub rank: i32,
    }
}

mod after {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_note")]
    pub struct Note {
        pub id: i64,
        pub title: String,
        pub size: i64,
        #[model(default = 0)]
        pub stars: i32,
        pub text: Option<String>,
        #[model(default = 2)]
        pub rank: i32,
        pub added: Option<String>,
        #[model(default = "it's new")]
        pub state: String,
        #[model(default = true)]
        pub open: bool,
    }
}

#[tokio::test]
async fn rows_keep_their_values_while_columns_change() {
    let mut project = Project::new(&[before::Note::meta()]).await;
    project
        .execute("INSERT INTO planning_note (title, size, stars, text) VALUES ('a', 7, 3, 'x'), ('b', 8, NULL, 'y')")
        .await;
    let changes = project.migrate(&[after::Note::meta()], &Options::new()).await;
    assert_eq!(changes.len(), if kind() == Kind::Memory || kind() == Kind::File { 7 } else { 8 }, "{changes:#?}");
    let rows = "SELECT CONCAT(title, size, stars, text, CAST(rank AS CHAR(1)), state) FROM planning_note ORDER BY id";
    let rows = if matches!(kind(), Kind::Memory | Kind::File) {
        rows.replace("CONCAT(", "(").replace(", CAST(rank AS CHAR(1)), ", "||rank||").replace(", ", "||")
    } else {
        rows.replace("rank", "\"rank\"").replace('"', if kind() == Kind::Mysql { "`" } else { "\"" })
    };
    assert_eq!(project.texts(&rows).await, ["a73x1it's new", "b80y1it's new"]);
    assert!(project.migrate(&[after::Note::meta()], &Options::new()).await.is_empty());
}

mod typed {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_typed")]
    pub struct Before {
        pub id: i64,
        pub title: String,
        #[model(default = 5)]
        pub size: i32,
        pub open: Option<i32>,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_typed")]
    pub struct After {
        pub id: i64,
        pub title: String,
        pub size: f64,
        #[model(default = true)]
        pub open: bool,
    }
}

/// An integer of PostgreSQL cannot be set to `true`.
#[tokio::test]
async fn a_default_stays_while_a_type_changes_and_null_becomes_one_of_the_new_type() {
    let mut project = Project::new(&[typed::Before::meta()]).await;
    project.execute("INSERT INTO planning_typed (title, open) VALUES ('a', 0), ('b', NULL)").await;
    project.migrate(&[typed::After::meta()], &Options::new()).await;
    project.execute("INSERT INTO planning_typed (title) VALUES ('c')").await;
    let of = |condition: &str| format!("SELECT title FROM planning_typed WHERE {condition} ORDER BY title");
    assert_eq!(project.texts(&of("size = 5")).await, ["a", "b", "c"]);
    assert_eq!(project.texts(&of("open")).await, ["b", "c"]);
}
