//! Versions of one model.

pub mod first {
    use signals::Model;

    #[derive(Debug, Model)]
    #[model(table = "captured_book", capture)]
    pub struct Book {
        pub id: i64,
        pub title: String,
    }
}

/// Has another column.
pub mod second {
    use signals::Model;

    #[derive(Debug, Model)]
    #[model(table = "captured_book", capture)]
    pub struct Book {
        pub id: i64,
        pub title: String,
        pub pages: Option<i32>,
    }
}

/// Is not captured.
pub mod third {
    use signals::Model;

    #[derive(Debug, Model)]
    #[model(table = "captured_book")]
    pub struct Book {
        pub id: i64,
        pub title: String,
        pub pages: Option<i32>,
    }
}

/// Has a renamed column.
pub mod renamed_column {
    use signals::Model;

    #[derive(Debug, Model)]
    #[model(table = "captured_book", capture)]
    pub struct Book {
        pub id: i64,
        #[model(was = "title")]
        pub name: String,
    }
}

/// Has another table and a renamed column.
pub mod renamed_table {
    use signals::Model;

    #[derive(Debug, Model)]
    #[model(table = "captured_volume", was = "captured_book", capture)]
    pub struct Book {
        pub id: i64,
        #[model(was = "title")]
        pub name: String,
    }
}
