//! A receiver gets exactly the row that a load returns, whatever its types.

use behavior::{Kind, execute, kind};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use signals::tasks::{DbTasks as _, Task, TaskCapture};
use signals::{Model, post_save, receiver};
use sqlx::types::chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "captured_wide", capture)]
struct Wide {
    #[model(primary_key)]
    tenant: i32,
    #[model(primary_key)]
    code: String,
    #[model(column = "an odd \"name\" it's `so` \\ {}")]
    odd: i16,
    yes: bool,
    big: i64,
    single: f32,
    double: f64,
    text: String,
    bytes: Vec<u8>,
    id: Uuid,
    day: NaiveDate,
    time: NaiveTime,
    local: NaiveDateTime,
    moment: DateTime<Utc>,
    #[model(json)]
    document: serde_json::Value,
    maybe_text: Option<String>,
    maybe_bytes: Option<Vec<u8>>,
    maybe_double: Option<f64>,
    maybe_moment: Option<DateTime<Utc>>,
    maybe_id: Option<Uuid>,
    touched: i32,
}

/// The text of all values, which the test compares.
impl Serialize for Wide {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{self:?}"))
    }
}

impl<'de> Deserialize<'de> for Wide {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("is only written"))
    }
}

/// Has a document that may be the JSON `null`, which is not NULL.
#[derive(Debug, Clone, Model)]
#[model(table = "captured_document", capture)]
struct Document {
    id: i64,
    #[model(json)]
    body: serde_json::Value,
}

#[receiver(post_save, sender = Document, durable, changed(body), uid = "document.saved")]
fn document_saved(instance: &Document) {
    let _ = instance;
}

#[tokio::test]
async fn a_document_may_be_null() -> signals::Result<()> {
    let db = signals_test_tasks::db().await;
    execute(&db, "INSERT INTO captured_document (id, body) VALUES (1, 'null')").await;
    assert_eq!(db.drain_tasks().await?.done, 1);
    Ok(())
}

#[receiver(post_save, sender = Wide, durable(snapshot), uid = "wide.saved")]
fn saved(instance: &Wide, previous: Option<&Wide>) {
    let _ = (instance, previous);
}

fn wide(code: &str) -> Wide {
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let time = NaiveTime::from_hms_micro_opt(23, 59, 58, 123_456).unwrap();
    Wide {
        tenant: -7,
        code: code.into(),
        odd: i16::MIN,
        yes: true,
        big: i64::MAX,
        single: 16_777_217.7,
        double: 0.1 + 0.2,
        text: "it's \"quoted\" \\ \n\t é 😀 {\"blob\": \"00\"} $1 ? %".into(),
        bytes: (0..=255).collect(),
        id: Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
        day,
        time,
        local: day.and_time(time),
        moment: day.and_time(time).and_utc(),
        document: serde_json::json!({ "a": [1, 2.5, "\u{1}", null], "blob": "00" }),
        maybe_text: None,
        maybe_bytes: None,
        maybe_double: None,
        maybe_moment: None,
        maybe_id: None,
        touched: 0,
    }
}

#[tokio::test]
async fn a_captured_row_is_the_row_that_a_load_returns() -> signals::Result<()> {
    let db = signals_test_tasks::db().await;
    let plain = wide("plain");
    let mut rows = vec![
        Wide { maybe_text: Some(String::new()), maybe_bytes: Some(Vec::new()), ..plain.clone() },
        Wide {
            code: "null".into(),
            yes: false,
            big: i64::MIN,
            single: 1e-38,
            double: -1.797_693_134_862_315_7e308,
            maybe_double: Some(5e-300),
            maybe_moment: Some(plain.moment),
            maybe_id: Some(Uuid::nil()),
            bytes: Vec::new(),
            text: String::new(),
            ..plain.clone()
        },
    ];
    if kind() != Kind::Postgres {
        rows.push(Wide { code: "nul".into(), text: "a\0b".into(), ..plain.clone() });
    }
    let doubles = [
        (1.0 / 3.0, 1.0 / 3.0),
        (1e23, 1e23),
        (123_456_789.123_456_79, 123_456.79),
        (4.35, 4.35),
        (f64::from(f32::MIN_POSITIVE), f32::MIN_POSITIVE),
        (2.5, 0.1),
        (1.0, 3.4e38),
        (0.0, 0.0),
    ];
    for (place, (double, single)) in doubles.into_iter().enumerate() {
        rows.push(Wide { code: format!("double {place}"), double, single, ..plain.clone() });
    }
    Wide::bulk_create(&db, &mut rows).quiet().await?;
    assert_eq!(TaskCapture::objects().count(&db).await?, 0);
    let mut loaded = Wide::objects().all(&db).await?;
    execute(&db, "UPDATE captured_wide SET touched = touched + 1").await;
    assert_eq!(TaskCapture::objects().count(&db).await?, rows.len() as u64);
    db.drain_tasks().await?;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for run in Task::objects().all(&db).await? {
        let arguments: serde_json::Value = serde_json::from_str(&run.args).unwrap();
        before.push(arguments["previous"].as_str().unwrap().to_owned());
        after.push(arguments["instance"].as_str().unwrap().to_owned());
    }
    let texts = |rows: &[Wide]| {
        let mut texts: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
        texts.sort();
        texts
    };
    before.sort();
    after.sort();
    assert_eq!(before, texts(&loaded));
    for row in &mut loaded {
        row.touched = 1;
    }
    assert_eq!(after, texts(&loaded));
    Ok(())
}
