//! Models of the tables of a PostgreSQL database, printed by `inspectdb`.
//! They need the features `chrono`, `json`, `uuid` of `signals-orm`, and the crates `chrono`, `serde_json`, `uuid`.
//! The enums need the feature `derive` of `sqlx`.

use signals::Model;

/// A row of the table `Customers`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Customers")]
pub struct Customers {
    #[model(primary_key, column = "CustomerID", sql_type = "character(5)")]
    pub customer_id: String,
    #[model(column = "Company Name", sql_type = "character varying(40)")]
    pub company_name: String,
    #[model(column = "Type")]
    pub r#type: Option<String>,
    #[model(column = "self")]
    pub self_: Option<String>,
    #[model(column = "1st order")]
    pub column_1st_order: Option<chrono::NaiveDate>,
}

/// A row of the table `Employees`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Employees")]
pub struct Employees {
    // The database generates no keys.
    #[model(primary_key, column = "EmployeeID", sql_type = "smallint")]
    pub employee_id: i16,
    #[model(column = "LastName", sql_type = "character varying(20)")]
    pub last_name: String,
    #[model(column = "Photo")]
    pub photo: Option<Vec<u8>>,
    // No index begins with this column, so a delete of the other row reads the whole table.
    #[model(column = "ReportsTo", references = Self, on_delete = do_nothing)]
    pub reports_to: Option<i16>,
}

/// A row of the table `Orders`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Orders", index(employee_id, order_id))]
pub struct Orders {
    #[model(primary_key, column = "OrderID")]
    pub order_id: i64,
    #[model(column = "CustomerID")]
    #[model(references = Customers, on_delete = set_null)]
    #[model(sql_type = "character(5)")]
    pub customer_id: Option<String>,
    #[model(column = "EmployeeID", references = Employees, on_delete = cascade)]
    pub employee_id: i16,
    // The column `Freight` is left out: `numeric(10,2)` is `rust_decimal::Decimal`, which SQLite does not have; leave the feature `sqlite` out.
    #[model(column = "Quantity")]
    pub quantity: i32,
    #[model(column = "Total", generated)]
    pub total: Option<i32>,
    #[model(column = "ShippedAt", sql_type = "time(0) without time zone")]
    pub shipped_at: Option<chrono::NaiveTime>,
}

/// A row of the table `auth_group`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct AuthGroup {
    pub id: i32,
    #[model(unique, sql_type = "character varying(150)")]
    pub name: String,
}

/// A row of the table `auth_user`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(auth_group: AuthGroup, related = auth_user, through = AuthUserGroups))]
pub struct AuthUser {
    pub id: i32,
    #[model(sql_type = "character varying(128)")]
    pub password: String,
    pub last_login: Option<chrono::DateTime<chrono::Utc>>,
    pub is_superuser: bool,
    #[model(unique, sql_type = "character varying(150)")]
    pub username: String,
    pub date_joined: chrono::DateTime<chrono::Utc>,
    pub score: f64,
    #[model(json)]
    pub settings: serde_json::Value,
    pub ticket: uuid::Uuid,
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

/// A row of the table `bill`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Bill {
    pub id: i64,
    // References billing.invoice(id) ON DELETE NO ACTION: the other table is not on the search path.
    pub invoice_id: Option<i64>,
}

/// A row of the table `django_content_type`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(app_label, model))]
pub struct DjangoContentType {
    pub id: i32,
    #[model(sql_type = "character varying(100)")]
    pub app_label: String,
    #[model(sql_type = "character varying(100)")]
    pub model: String,
}

/// A row of the table `django_session`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(index(expire_date, session_key))]
pub struct DjangoSession {
    #[model(primary_key, sql_type = "character varying(40)")]
    pub session_key: String,
    pub session_data: String,
    #[model(index)]
    pub expire_date: chrono::DateTime<chrono::Utc>,
}

/// A row of the table `film`.
// Unique under a condition, or of an expression or a prefix: the index `film_lower_title`.
// Unique under a condition, or of an expression or a prefix: the index `film_title_of_g`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Film {
    #[model(primary_key)]
    pub film_id: i32,
    #[model(sql_type = "character varying(128)")]
    pub title: String,
    #[model(references = Language, on_delete = do_nothing)]
    pub language_id: i32,
    pub release_year: Option<i32>,
    pub rating: MpaaRating,
    pub mood: Option<Mood>,
    // The column `special_features` is left out: `text[]` is `Vec<String>`, which SQLite does not have; leave the feature `sqlite` out.
    // The column `fulltext` is left out: no Rust type of this library holds `tsvector`.
    #[model(sql_type = "timestamp(3) without time zone")]
    pub last_update: chrono::NaiveDateTime,
}

/// A row of the view `film_list`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(managed = false)]
pub struct FilmList {
    pub id: i32,
    #[model(sql_type = "character varying(128)")]
    pub title: Option<String>,
}

/// A row of the table `film_text`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct FilmText {
    pub film_id: i16,
    #[model(sql_type = "character varying(255)")]
    pub title: String,
    #[model(primary_key)]
    pub code: String,
}

/// A row of the table `language`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Language {
    #[model(primary_key)]
    pub language_id: i32,
    #[model(sql_type = "character(20)")]
    pub name: String,
}

// `log` is not a model: it has no primary key, and no unique key whose columns are not NULL.
// /// A row of the table `log`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct Log {
//     pub at: Option<chrono::DateTime<chrono::Utc>>,
//     pub line: Option<String>,
// }

/// A row of the table `option`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "option")]
pub struct OptionRow {
    pub id: i64,
    pub r#type: String,
}

// `payment` is not a model: it has no primary key, and no unique key whose columns are not NULL.
// /// A row of the table `payment`.
// #[derive(Debug, Clone, PartialEq, Model)]
// #[model(managed = false)]
// pub struct Payment {
//     pub id: i64,
//     pub day: chrono::NaiveDate,
//     pub cents: i64,
// }

// `price` is not a model: its key `amount` is no field: `numeric(8,2)` is `rust_decimal::Decimal`, which SQLite does not have; leave the feature `sqlite` out.
// /// A row of the table `price`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct Price {
//     // The column `amount` is left out: `numeric(8,2)` is `rust_decimal::Decimal`, which SQLite does not have; leave the feature `sqlite` out; an INSERT without it fails.
// }

// `rating_list` is not a model: it is a view, without a column `id`; mark the field that identifies a row as `primary_key`.
// /// A row of the view `rating_list`.
// #[derive(Debug, Clone, PartialEq, Model)]
// #[model(managed = false)]
// pub struct RatingList {
//     pub rating: Option<MpaaRating>,
//     pub films: Option<i64>,
// }

/// A row of the table `reading`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(managed = false)]
pub struct Reading {
    // The database generates no keys.
    #[model(sql_type = "bigint")]
    pub id: i64,
    pub value: f32,
}

/// A value of the type `"Mood"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "\"Mood\"")]
pub enum Mood {
    #[sqlx(rename = "self")]
    ValueSelf,
    #[sqlx(rename = "ok")]
    Ok,
}

/// A value of the type `mpaa_rating`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "mpaa_rating")]
pub enum MpaaRating {
    #[sqlx(rename = "G")]
    G,
    #[sqlx(rename = "PG")]
    Pg,
    #[sqlx(rename = "PG-13")]
    Pg13,
    #[sqlx(rename = "NC-17")]
    Nc17,
}

// `public.payment_2024` has no model: it is a partition of another table.
// `public.reading_all` has no model: it is a partition of another table.
// `billing.invoice` has no model: a statement does not find it by its name alone; name its schema with `--schema`.
