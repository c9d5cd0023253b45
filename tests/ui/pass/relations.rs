//! Models reference each other, once or many times, and the generated items are documented.

#![deny(missing_docs, missing_debug_implementations, unreachable_pub, warnings)]
#![forbid(unsafe_code)]

use signals::model::Entity;
use signals::Model;

/// What is on a pizza.
#[derive(Debug, Clone, Model)]
pub struct Topping {
    /// The primary key.
    pub id: i64,
}

/// Who bakes; the key is of another type.
#[derive(Debug, Clone, Model)]
pub struct Baker {
    /// The primary key.
    #[model(primary_key)]
    pub name: String,
    /// Who taught them.
    #[model(index, references = Self, on_delete = set_null)]
    pub teacher: Option<String>,
}

/// A pizza.
#[derive(Debug, Model)]
#[model(many_to_many(toppings: Topping, related = pizzas))]
#[model(many_to_many(bakers: Baker, table = "who_bakes_what"), unique(name, baker))]
pub struct Pizza {
    /// The primary key.
    pub id: i64,
    /// What the menu says.
    pub name: String,
    /// Who invented it.
    #[model(on_delete = protect, references = Baker)]
    pub baker: String,
    /// Who is known for it.
    #[model(references = crate::Baker)]
    #[model(on_delete = set_default, default = "nobody")]
    known_for: Option<String>,
}

mod people {
    use signals::Model;

    #[derive(Model)]
    #[model(many_to_many(friends: Self, symmetrical))]
    #[model(many_to_many(follows: Person, related = followers), many_to_many(r#type: super::Topping))]
    #[model(many_to_many(groups: super::Group, related = members, through = Membership))]
    #[model(many_to_many(invited: super::Group, through = Membership, through_fields(invited_by, group_id)))]
    pub(super) struct Person {
        id: i64,
    }

    #[derive(Model)]
    #[model(unique(person_id, group_id))]
    pub(super) struct Membership {
        id: i64,
        #[model(references = Person, on_delete = cascade)]
        person_id: i64,
        #[model(references = super::Group, on_delete = cascade)]
        pub(super) group_id: i64,
        #[model(references = Person, on_delete = do_nothing)]
        invited_by: Option<i64>,
    }

    pub(super) fn friends(person: &Person) {
        let _ = (person.friends(), person.follows(), person.followers(), person.groups(), person.invited());
    }
}

macro_rules! linked {
    ($name:ident, $relation:ident, $target:ty, $key:ty) => {
        /// A model that a macro writes.
        #[derive(Debug, Model)]
        #[model(many_to_many($relation: $target))]
        pub struct $name {
            /// The primary key.
            pub id: i64,
            /// Another reference.
            #[model(references = $target, on_delete = cascade)]
            pub other: $key,
        }
    };
}

linked!(Menu, pizzas, Pizza, i64);
linked!(Team, groups, crate::Group, Option<i64>);

/// A group of people.
#[derive(Debug, Model)]
pub struct Group {
    /// The primary key.
    pub id: i64,
}

fn main() {
    // In a function, too.
    #[derive(Model)]
    #[model(many_to_many(tags: Tag, related = pages))]
    struct Page {
        id: uuid::Uuid,
    }
    #[derive(Model)]
    struct Tag {
        id: Option<i64>,
    }
    assert_eq!(PageTags::PAGE_ID.name(), "page_id");
    assert_eq!(PageTags { id: 0, page_id: uuid::Uuid::nil(), tag_id: None }.tag_id, None);

    let (_, _) = (Pizza::toppings, Topping::pizzas);
    let _ = people::friends;
    assert_eq!(PizzaToppings::meta().table(), "pizza_toppings");
    assert_eq!(PizzaBakers::meta().table(), "who_bakes_what");
    assert_eq!(MenuPizzas::PIZZA_ID.name(), "pizza_id");
    assert_eq!(TeamGroups::meta().table(), "team_groups");
    assert_eq!(PizzaBakers { id: 0, pizza_id: 1, baker_id: String::new() }.pizza_id, 1);
}
