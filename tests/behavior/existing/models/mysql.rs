//! Models of the tables of a MySQL database, printed by `inspectdb`.
//! They need the features `chrono`, `json` of `signals-orm`, and the crates `chrono`, `serde_json`.

use signals::Model;

/// A row of the table `auth_group`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct AuthGroup {
    pub id: i32,
    #[model(unique, sql_type = "varchar(150)")]
    pub name: String,
}

/// A row of the table `auth_user`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(auth_group: AuthGroup, related = auth_user, through = AuthUserGroups))]
pub struct AuthUser {
    pub id: i32,
    #[model(sql_type = "varchar(128)")]
    pub password: String,
    pub last_login: Option<chrono::NaiveDateTime>,
    pub is_superuser: bool,
    #[model(unique, sql_type = "varchar(150)")]
    pub username: String,
    pub date_joined: chrono::NaiveDateTime,
    pub score: f64,
    #[model(json)]
    pub settings: serde_json::Value,
    #[model(sql_type = "binary(16)")]
    pub ticket: Option<Vec<u8>>,
}

/// A row of the table `auth_user_groups`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(user_id, group_id))]
pub struct AuthUserGroups {
    pub id: i64,
    #[model(references = AuthUser, on_delete = do_nothing)]
    pub user_id: i32,
    #[model(references = AuthGroup, on_delete = do_nothing)]
    pub group_id: i32,
}

/// A row of the table `Customers`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Customers")]
pub struct Customers {
    #[model(primary_key, column = "CustomerID", sql_type = "char(5)")]
    pub customer_id: String,
    #[model(column = "Company Name", sql_type = "varchar(40)")]
    pub company_name: String,
    #[model(column = "Type", sql_type = "text")]
    pub r#type: Option<String>,
    #[model(column = "self", sql_type = "mediumtext")]
    pub self_: Option<String>,
    #[model(column = "1st order")]
    pub column_1st_order: Option<chrono::NaiveDate>,
}

/// A row of the table `django_content_type`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(app_label, model))]
pub struct DjangoContentType {
    pub id: i32,
    #[model(sql_type = "varchar(100)")]
    pub app_label: String,
    #[model(sql_type = "varchar(100)")]
    pub model: String,
}

/// A row of the table `django_session`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(index(expire_date, session_key))]
pub struct DjangoSession {
    #[model(primary_key, sql_type = "varchar(40)")]
    pub session_key: String,
    pub session_data: String,
    #[model(index)]
    pub expire_date: chrono::NaiveDateTime,
}

/// A row of the table `Employees`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Employees")]
pub struct Employees {
    #[model(primary_key, column = "EmployeeID", sql_type = "mediumint(9)")]
    pub employee_id: i32,
    #[model(column = "LastName", sql_type = "varchar(20)")]
    pub last_name: String,
    #[model(column = "Photo")]
    pub photo: Option<Vec<u8>>,
    #[model(column = "ReportsTo")]
    #[model(references = Self, on_delete = do_nothing)]
    #[model(sql_type = "mediumint(9)")]
    pub reports_to: Option<i32>,
}

/// A row of the table `film`.
// Unique under a condition, or of an expression or a prefix: the index `title`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Film {
    #[model(primary_key)]
    pub film_id: i16,
    #[model(sql_type = "varchar(128)")]
    pub title: String,
    #[model(sql_type = "varchar(255)")]
    pub subtitle: Option<String>,
    // References language(language_id) ON DELETE RESTRICT: the other table is not a model.
    // The column `language_id` is left out: `tinyint(3) unsigned` is `u8`, which PostgreSQL does not have; leave the feature `postgres` out.
    // The column `release_year` is left out: no Rust type of this library holds `year(4)`.
    // The column `length` is left out: `smallint(5) unsigned` is `u16`, which PostgreSQL does not have; leave the feature `postgres` out.
    #[model(sql_type = "enum('G','PG','it''s')")]
    pub rating: Option<String>,
    // The column `special_features` is left out: no Rust type of this library holds `set('a','b')`.
    pub level: Option<i8>,
    #[model(sql_type = "timestamp")]
    pub last_update: chrono::DateTime<chrono::Utc>,
}

/// A row of the view `film_list`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(managed = false)]
pub struct FilmList {
    pub id: i16,
    #[model(sql_type = "varchar(128)")]
    pub title: String,
}

/// A row of the table `film_text`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct FilmText {
    pub film_id: i16,
    #[model(sql_type = "varchar(255)")]
    pub title: String,
    #[model(primary_key)]
    pub code: String,
}

// `language` is not a model: its key `language_id` is no field: `tinyint(3) unsigned` is `u8`, which PostgreSQL does not have; leave the feature `postgres` out.
// /// A row of the table `language`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct Language {
//     // The column `language_id` is left out: `tinyint(3) unsigned` is `u8`, which PostgreSQL does not have; leave the feature `postgres` out.
//     #[model(sql_type = "char(20)")]
//     pub name: String,
// }

// `log` is not a model: it has no primary key, and no unique key whose columns are not NULL.
// /// A row of the table `log`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct Log {
//     #[model(sql_type = "datetime")]
//     pub at: Option<chrono::NaiveDateTime>,
//     #[model(sql_type = "text")]
//     pub line: Option<String>,
// }

/// A row of the table `option`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "option")]
pub struct OptionRow {
    pub id: i64,
    #[model(sql_type = "tinytext")]
    pub r#type: String,
}

/// A row of the table `Orders`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Orders", index(employee_id, order_id))]
pub struct Orders {
    #[model(primary_key, column = "OrderID")]
    pub order_id: i64,
    #[model(column = "CustomerID")]
    #[model(references = Customers, on_delete = set_null)]
    #[model(sql_type = "char(5)")]
    pub customer_id: Option<String>,
    #[model(column = "EmployeeID")]
    #[model(references = Employees, on_delete = cascade)]
    #[model(sql_type = "mediumint(9)")]
    pub employee_id: i32,
    // The column `Freight` is left out: `decimal(10,2)` is `rust_decimal::Decimal`, which SQLite does not have; leave the feature `sqlite` out.
    #[model(column = "Quantity")]
    pub quantity: i32,
    #[model(column = "Total", generated)]
    pub total: Option<i32>,
    #[model(column = "ShippedAt", sql_type = "time")]
    pub shipped_at: Option<chrono::NaiveTime>,
}

// `price` is not a model: its key `amount` is no field: `decimal(8,2)` is `rust_decimal::Decimal`, which SQLite does not have; leave the feature `sqlite` out.
// /// A row of the table `price`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct Price {
//     // The column `amount` is left out: `decimal(8,2)` is `rust_decimal::Decimal`, which SQLite does not have; leave the feature `sqlite` out; an INSERT without it fails.
// }

// `rating_list` is not a model: it is a view, without a column `id`; mark the field that identifies a row as `primary_key`.
// /// A row of the view `rating_list`.
// #[derive(Debug, Clone, PartialEq, Model)]
// #[model(managed = false)]
// pub struct RatingList {
//     #[model(sql_type = "enum('G','PG','it''s')")]
//     pub rating: Option<String>,
//     pub films: i64,
// }

/// A row of the table `Region`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Region")]
pub struct Region {
    // The database generates no keys.
    #[model(primary_key, column = "RegionID", sql_type = "int(11)")]
    pub region_id: i32,
    #[model(column = "RegionDescription", sql_type = "char(50)")]
    pub region_description: String,
}
