//! The expansion of models.

use insta::assert_snapshot;
use quote::{format_ident, quote};

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
    assert!(lines(&expansion) <= 145, "{} lines", lines(&expansion));
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

#[test]
fn a_reference_names_its_target() {
    let expansion = pretty(&derive(quote! {
        #[model(unique(user_id, slug), unique(slug, parent_id), index(parent_id, slug))]
        struct Page {
            id: i64,
            #[model(references = blog::User, on_delete = cascade)]
            user_id: i64,
            slug: String,
            #[model(index, on_delete = set_null)]
            #[model(references = Self)]
            parent_id: Option<i64>,
        }
    }));
    assert_snapshot!(columns_meta(&expansion));
}

#[test]
fn a_reference_to_a_column_names_its_constant() {
    let expansion = pretty(&derive(quote! {
        #[model(schema = "shop")]
        struct Order {
            id: i64,
            #[model(references = Customer, to = r#type, on_delete = set_null)]
            customer: Option<String>,
        }
    }));
    assert_snapshot!(columns_meta(&expansion));
}

#[test]
fn a_composite_key_is_a_tuple() {
    let expansion = pretty(&derive(quote! {
        #[model(references(shop::Order, fields(tenant, r#type), on_delete = cascade))]
        #[model(references(Self, fields(tenant, r#type, before), on_delete = set_null))]
        struct Line {
            #[model(primary_key)]
            tenant: String,
            #[model(primary_key, column = "order_type")]
            r#type: i64,
            #[model(primary_key)]
            place: i32,
            before: Option<i32>,
        }
    }));
    assert_snapshot!(columns_meta(&expansion));
    assert_snapshot!(key(&expansion));
}

#[test]
fn a_form_of_sqlite_is_in_the_codec_of_its_column() {
    let expansion = derive(quote! {
        struct A { id: i64, #[model(sqlite = datetime, auto_now)] at: Option<T> }
    });
    let expansion = expansion.to_string();
    for part in [
        "const __AT : & __signals :: FieldCodec < Option < T > > = \
         __signals :: FieldCodec :: < Option < T > > :: stored :: < __signals :: form :: DateTime > () ;",
        "self . at = __signals :: now_as :: < __signals :: form :: DateTime , _ > ()",
    ] {
        assert!(expansion.contains(part), "{expansion}");
    }
}

#[test]
fn every_on_delete_has_its_variant() {
    for (word, variant) in [
        ("cascade", "Cascade"),
        ("protect", "Protect"),
        ("restrict", "Restrict"),
        ("set_null", "SetNull"),
        ("set_default", "SetDefault"),
        ("do_nothing", "DoNothing"),
        ("database", "Database"),
    ] {
        let word = format_ident!("{word}");
        let expansion = derive(quote! {
            struct A { id: i64, #[model(references = B, on_delete = #word, default = 1)] b: Option<i64> }
        });
        let variant = ["__signals :: OnDelete :: ", variant, ")"].concat();
        assert!(expansion.to_string().contains(&variant), "{expansion}");
    }
}

#[test]
fn a_reference_makes_a_constant_for_each_direction() {
    let expansion = pretty(&derive(quote! {
        #[model(references(shop::Order, fields(tenant, order_id), related = lines, on_delete = cascade))]
        pub struct Line {
            id: i64,
            tenant: i64,
            pub order_id: Option<i64>,
            #[model(unique, references = Receipt, to = number, relation = paid, related = line, on_delete = cascade)]
            receipt: String,
        }
    }));
    assert_snapshot!(relations(&expansion));
}

#[test]
fn a_relation_makes_its_links_and_a_method_for_each_side() {
    let expansion = pretty(&derive(quote! {
        #[model(many_to_many(toppings: Topping, related = pizzas))]
        pub struct Pizza { id: i64 }
    }));
    assert_snapshot!(relations(&expansion));
}

#[test]
fn the_links_follow_the_model() {
    let expansion = pretty(&derive(quote! {
        #[model(crate = my::signals, table = "pies", many_to_many(r#type: menu::HTTPKind, table = "kinds_of_pies"))]
        pub(crate) struct r#Pie { id: i64 }
    }));
    assert_snapshot!(relations(&expansion));
}

#[test]
fn a_relation_of_a_model_to_itself_tells_its_columns() {
    let expansion = pretty(&derive(quote! {
        #[model(many_to_many(friends: Self, symmetrical), many_to_many(follows: Person, related = followers))]
        struct Person { id: i64 }
    }));
    assert_snapshot!(relations(&expansion));
}

#[test]
fn links_have_the_columns_of_both_keys() {
    let expansion = pretty(&derive(quote! {
        #[model(many_to_many(tags: Tag, columns(tenant, "Number", tag_id, lang)))]
        struct Order { #[model(primary_key)] tenant: String, #[model(primary_key)] number: i64 }
    }));
    assert_snapshot!(relations(&expansion));
}

#[test]
fn a_relation_goes_through_a_model_of_the_users_own() {
    let expansion = pretty(&derive(quote! {
        #[model(many_to_many(members: Person, related = groups, through = Membership))]
        #[model(many_to_many(guests: Person, through = Visit, through_fields(group_id, guest_id)))]
        pub struct Group { id: i64 }
    }));
    assert_snapshot!(relations(&expansion));
}

#[test]
fn links_whose_columns_are_named_have_no_id() {
    let expansion = pretty(&derive(quote! {
        #[model(many_to_many(actors: Actor, related = films, table = "film_actor", columns(r#type, "the actor")))]
        pub struct Film { id: i64 }
    }));
    assert_snapshot!(relations(&expansion));
}

#[test]
fn a_stub_has_its_relations_too() {
    let expansion = derive(quote! {
        #[model(tabel = "x", many_to_many(toppings: Topping), many_to_many(toppings: Topping))]
        pub struct Pizza { id: i64 }
    });
    assert_eq!(expansion.to_string().matches("fn toppings").count(), 1, "{expansion}");
}

/// Returns the part of an expansion that describes the model.
fn columns_meta(expansion: &str) -> &str {
    let from = expansion.find("static META").unwrap();
    let to = expansion.find("static STATE").unwrap();
    &expansion[from..to]
}

/// Returns the part of an expansion that reads and sets the key.
fn key(expansion: &str) -> &str {
    let from = expansion.find("type Key").unwrap();
    let to = expansion.find("fn field(").unwrap();
    &expansion[from..to]
}

/// Returns the part of an expansion that comes after the model's own.
fn relations(expansion: &str) -> &str {
    let end = "\n};\n";
    &expansion[expansion.find(end).unwrap() + end.len()..]
}
