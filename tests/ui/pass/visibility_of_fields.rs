//! A column is as visible as its field, and a private type may be that of a private field.

#![deny(private_interfaces, unreachable_pub, warnings)]

mod models {
    use signals::Model;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Settings {
        dark: bool,
    }

    #[derive(sqlx::Type)]
    enum Role {
        Guest,
    }

    #[derive(Model)]
    pub(crate) struct User {
        pub(crate) id: i64,
        pub(super) email: String,
        role: Role,
        #[model(json)]
        settings: Settings,
    }

    impl User {
        pub(crate) fn new() -> Self {
            Self { id: 0, email: String::new(), role: Role::Guest, settings: Settings { dark: true } }
        }

        pub(crate) fn private_columns(&self) -> [&'static str; 2] {
            assert!(matches!(self.role, Role::Guest) && self.settings.dark);
            [Self::ROLE.name(), Self::SETTINGS.name()]
        }
    }
}

use models::User;

fn main() {
    let user = User::new();
    assert_eq!((user.id, user.email.as_str()), (0, ""));
    assert_eq!([User::ID.name(), User::EMAIL.name()], ["id", "email"]);
    assert_eq!(user.private_columns(), ["role", "settings"]);
}
