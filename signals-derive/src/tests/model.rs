//! What a model becomes.

use insta::assert_snapshot;
use quote::quote;

use crate::model::derive;

use super::{lines, pretty};

#[test]
fn a_model_of_five_fields_is_short() {
    let expansion = pretty(&derive(quote! {
        #[derive(Debug, Clone, Model)]
        pub struct User {
            pub id: i64,
            #[model(unique)]
            pub email: String,
            nickname: Option<String>,
            pub(crate) age: i32,
            active: bool,
        }
    }));
    assert_snapshot!(expansion);
    assert!(lines(&expansion) < 150, "{} lines", lines(&expansion));
}

#[test]
fn every_attribute_has_its_place() {
    let expansion = pretty(&derive(quote! {
        #[model(table = "people", crate = my::signals)]
        pub(crate) struct HTTPPerson {
            #[model(primary_key, column = "person_id", sql_type = "CHAR(36)")]
            pub key: Uuid,
            #[model(unique)]
            #[model(index)]
            email: String,
            #[model(default = "it's \"new\"")]
            state: String,
            #[model(default = -1_000)]
            balance: i64,
            #[model(default = 1.50)]
            factor: f64,
            #[model(default = true)]
            active: bool,
            #[model(default = sql("CURRENT_TIMESTAMP"))]
            seen_at: DateTime<Utc>,
            #[model(json)]
            prefs: signals::Prefs,
            #[model(skip)]
            cache: Cache,
            #[model(auto_now)]
            updated_at: DateTime<Utc>,
            #[model(auto_now_add)]
            created_at: DateTime<Utc>,
            r#type: u8,
        }
    }));
    assert_snapshot!(expansion);
}

#[test]
fn a_struct_that_is_no_model_gets_a_stub() {
    let expansion = pretty(&derive(quote! {
        struct Point { x: i64, #[model(unique, colum = "b")] y: i64 }
    }));
    assert_snapshot!(expansion);
}

#[test]
fn a_generic_struct_gets_a_stub_with_its_parameters() {
    let expansion = pretty(&derive(quote! {
        struct Page<'a, T: Clone = u8> where T: Copy { id: u32, item: &'a T }
    }));
    assert_snapshot!(expansion);
}
