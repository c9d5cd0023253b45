//! Models of the tables of a SQLite database, printed by `inspectdb`.
//! They need the features `chrono`, `json` of `signals-orm`, and the crates `chrono`, `serde_json`.

use signals::Model;

/// A row of the table `Customers`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Customers")]
pub struct Customers {
    #[model(primary_key, column = "CustomerID")]
    pub customer_id: String,
    #[model(column = "Company Name")]
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
    #[model(primary_key, column = "EmployeeID")]
    pub employee_id: i64,
    #[model(column = "LastName")]
    pub last_name: String,
    #[model(column = "Photo")]
    pub photo: Option<Vec<u8>>,
    // No index begins with this column, so a delete of the other row reads the whole table.
    #[model(column = "ReportsTo", references = Self, on_delete = do_nothing)]
    pub reports_to: Option<i64>,
}

/// A row of the table `Orders`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Orders", index(employee_id, order_id))]
pub struct Orders {
    #[model(primary_key, column = "OrderID")]
    pub order_id: i64,
    #[model(column = "CustomerID", references = Customers, on_delete = set_null)]
    pub customer_id: Option<String>,
    #[model(column = "EmployeeID", references = Employees, on_delete = cascade)]
    pub employee_id: i64,
    #[model(column = "Freight", sql_type = "DECIMAL(10, 2)")]
    pub freight: Option<f64>,
    #[model(column = "Total", generated)]
    pub total: Option<f64>,
    #[model(column = "ShippedAt")]
    pub shipped_at: Option<chrono::NaiveTime>,
}

/// A row of the table `Region`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "Region")]
pub struct Region {
    // The database generates no keys.
    #[model(primary_key, column = "RegionID", sql_type = "INT")]
    pub region_id: i64,
    #[model(column = "RegionDescription")]
    pub region_description: String,
}

/// A row of the table `auth_group`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct AuthGroup {
    pub id: i64,
    #[model(unique)]
    pub name: String,
}

/// A row of the table `auth_user`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(many_to_many(auth_group: AuthGroup, related = auth_user, through = AuthUserGroups))]
pub struct AuthUser {
    pub id: i64,
    pub password: String,
    #[model(sqlite = datetime)]
    pub last_login: Option<chrono::NaiveDateTime>,
    pub is_superuser: bool,
    #[model(unique)]
    pub username: String,
    #[model(sqlite = datetime)]
    pub date_joined: chrono::NaiveDateTime,
    pub score: f64,
    #[model(json, sql_type = "JSON")]
    pub settings: serde_json::Value,
}

/// A row of the table `auth_user_groups`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(user_id, group_id))]
pub struct AuthUserGroups {
    pub id: i64,
    #[model(references = AuthUser, on_delete = do_nothing)]
    pub user_id: i64,
    #[model(references = AuthGroup, on_delete = do_nothing)]
    pub group_id: i64,
}

/// A row of the table `django_content_type`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(unique(app_label, model))]
pub struct DjangoContentType {
    pub id: i64,
    pub app_label: String,
    pub model: String,
}

/// A row of the table `django_session`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(index(expire_date, session_key))]
pub struct DjangoSession {
    #[model(primary_key)]
    pub session_key: String,
    pub session_data: String,
    #[model(index, sqlite = datetime)]
    pub expire_date: chrono::NaiveDateTime,
}

/// A row of the table `film`.
// Unique under a condition, or of an expression or a prefix: the index `film_title_of_g`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Film {
    #[model(primary_key)]
    pub film_id: i64,
    pub title: String,
    #[model(references = Language, on_delete = do_nothing)]
    pub language_id: i64,
    pub rating: Option<String>,
    #[model(sqlite = datetime)]
    pub last_update: chrono::NaiveDateTime,
}

/// A row of the view `film_list`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(managed = false)]
pub struct FilmList {
    pub id: i64,
    pub title: Option<String>,
}

/// A row of the table `film_text`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct FilmText {
    pub film_id: i64,
    pub title: String,
    #[model(primary_key)]
    pub code: String,
}

/// A row of the table `language`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Language {
    #[model(primary_key)]
    pub language_id: i64,
    pub name: String,
}

// `log` is not a model: it has no primary key, and no unique key whose columns are not NULL.
// /// A row of the table `log`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct Log {
//     #[model(sqlite = datetime)]
//     pub at: Option<chrono::NaiveDateTime>,
//     pub line: Option<String>,
// }

/// A row of the table `option`.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "option")]
pub struct OptionRow {
    pub id: i64,
    pub r#type: String,
}

/// A row of the table `pair`.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Pair {
    #[model(primary_key)]
    pub code: String,
    // The column `untyped` is left out: the column has no type, so its values may be of any.
}

// `price` is not a model: its key `amount` is `DECIMAL(8, 2)`, and no key has this type.
// /// A row of the table `price`.
// #[derive(Debug, Clone, PartialEq, Model)]
// pub struct Price {
//     #[model(sql_type = "DECIMAL(8, 2)")]
//     pub amount: Option<f64>,
// }

// `rating_list` is not a model: it is a view, without a column `id`; mark the field that identifies a row as `primary_key`.
// /// A row of the view `rating_list`.
// #[derive(Debug, Clone, PartialEq, Model)]
// #[model(managed = false)]
// pub struct RatingList {
//     pub rating: Option<String>,
//     // The column `films` is left out: the column has no type, so its values may be of any.
// }

// `main.gone` has no model: the database cannot describe it: error returned from database: (code: 1) no such table: main.no_such_table.
