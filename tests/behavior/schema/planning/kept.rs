//! Parts that only the database has.

use signals::Model;
use signals::model::Entity as _;
use signals::schema::Schema;
use signals::schema::migration::{Loss, Options, Plan};
use signals_test_behavior::{Kind, kind};

use super::Project;

mod before {
    use super::Model;

    #[derive(Debug, Model)]
    #[model(table = "planning_team")]
    pub struct Team {
        pub id: i64,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_player")]
    pub struct Player {
        pub id: i64,
        #[model(unique)]
        pub number: i32,
        #[model(references = Team, on_delete = do_nothing)]
        pub team_id: Option<i64>,
    }
}

mod after {
    use super::Model;

    /// It has neither the unique key nor the reference.
    #[derive(Debug, Model)]
    #[model(table = "planning_player")]
    pub struct Player {
        pub id: i64,
        pub number: i32,
        pub team_id: Option<i64>,
    }

    #[derive(Debug, Model)]
    #[model(table = "planning_member", was = "planning_player")]
    pub struct Member {
        pub id: i64,
    }
}

#[tokio::test]
async fn a_unique_key_and_a_reference_are_not_dropped_silently() {
    let project = Project::new(&[before::Team::meta(), before::Player::meta()]).await;
    let models = [before::Team::meta(), after::Player::meta()];
    let new = Schema::of_models(models, project.db.backend());
    let plan = Plan::between(&project.schema().await, &new, &Options::new()).unwrap();
    let losses = plan.losses();
    assert_eq!(losses.len(), 2, "{losses:#?}");
    assert!(losses.iter().any(|loss| matches!(loss, Loss::Unique { columns, .. } if columns == &["number"])));
    let is_reference = |loss: &Loss| matches!(loss, Loss::Reference { target, .. } if target == "planning_team");
    assert!(losses.iter().any(is_reference), "{losses:#?}");
    assert!(losses.iter().all(|loss| loss.to_string().contains("is dropped; to keep it, write `")), "{losses:#?}");
}

#[tokio::test]
async fn a_kept_column_of_a_renamed_table_keeps_its_keys() {
    let mut project = Project::new(&[before::Team::meta(), before::Player::meta()]).await;
    let models = [before::Team::meta(), after::Member::meta()];
    let keeping = |table| Options::new().keep_column(table, "number").keep_column(table, "team_id");
    let new = Schema::of_models(models, project.db.backend());
    let old_name = keeping("planning_player").renames_of(models);
    assert_eq!(Plan::between(&project.schema().await, &new, &old_name).unwrap().changes().len(), 1);
    let changes = project.migrate(&models, &keeping("planning_member")).await;
    assert_eq!(changes, ["rename the table `planning_player` to `planning_member`"]);
    let schema = project.schema().await;
    let member = schema.table("planning_member").unwrap();
    assert!(member.indexes.iter().any(|index| index.is_unique && index.columns == ["number"]), "{member:#?}");
    assert_eq!(member.foreign_keys.len(), 1);
}

#[tokio::test]
async fn what_is_not_there_is_neither_kept_nor_dropped() {
    let project = Project::new(&[before::Team::meta(), before::Player::meta()]).await;
    let new = Schema::of_models([after::Member::meta()], project.db.backend());
    let options = Options::new().renames_of([after::Member::meta()]);
    for (options, expected) in [
        (
            options.clone().keep_column("planning_player", "no"),
            "there is no column `no` of `planning_member` to keep: its columns without a field: `number`, `team_id`",
        ),
        (
            options.clone().keep_column("planning_plyer", "number"),
            "there is no column `number` of `planning_plyer` to keep: no model has this table",
        ),
        (
            options.clone().keep_column("planning_member", "id"),
            "there is no column `id` of `planning_member` to keep: its columns without a field: `number`, `team_id`",
        ),
        (
            options.drop_table("planning_teams"),
            "there is no table `planning_teams` to drop: the tables without a model: `planning_team`",
        ),
    ] {
        let refusal = Plan::between(&project.schema().await, &new, &options).unwrap_err();
        assert_eq!(refusal.to_string(), expected);
    }
}

/// MODIFY forgets what it does not repeat.
#[tokio::test]
async fn checks_of_columns_and_invisible_ones_stay_in_mariadb() {
    #[derive(Debug, Model)]
    #[model(table = "planning_checked")]
    struct Checked {
        id: i64,
        size: Option<i64>,
        hidden: Option<i64>,
        #[model(sql_type = "JSON")]
        doc: Option<String>,
    }
    if kind() != Kind::Mysql {
        return;
    }
    let mut project = Project::empty().await;
    if !project.texts("SELECT VERSION()").await[0].contains("MariaDB") {
        return;
    }
    project
        .execute(
            "CREATE TABLE planning_checked (id BIGINT AUTO_INCREMENT PRIMARY KEY, size INT NOT NULL CHECK (size > 0),
            hidden INT NOT NULL DEFAULT 1 INVISIBLE COMMENT 'it''s', doc JSON NOT NULL)",
        )
        .await;
    project.migrate(&[Checked::meta()], &Options::new()).await;
    let made = project
        .texts("SELECT CONCAT(EXTRA, ' ', COLUMN_COMMENT) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'planning_checked' AND COLUMN_NAME = 'hidden'")
        .await;
    assert_eq!(made, ["INVISIBLE it's"]);
    for values in ["(size) VALUES (0)", "(doc) VALUES ('x')"] {
        let refused = format!("INSERT INTO planning_checked {values}");
        let outcome = sqlx::query(sqlx::AssertSqlSafe(refused)).execute(project.db.mysql().unwrap()).await;
        assert!(outcome.is_err(), "{values}");
    }
}
