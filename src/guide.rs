//! The guide, from a first app to the differences between databases. Each chapter is a module.
//!
//! `mdbook serve docs` shows the same chapters as a book with search.

/// Makes a module for each chapter. The links of `links.md` come first, so they take precedence. A chapter
/// has links of the same names at its end, for the book.
macro_rules! chapters {
    ($($chapter:ident = $file:literal,)*) => {
        $(
            #[doc = include_str!("guide/links.md")]
            #[doc = include_str!(concat!("../docs/src/", $file))]
            pub mod $chapter {}
        )*
    };
}

chapters! {
    first_app = "first-app.md",
    models = "models.md",
    receivers = "receivers.md",
    saving = "saving.md",
    what_sends = "what-sends.md",
    querying = "querying.md",
    relations = "relations.md",
    many_to_many = "many-to-many.md",
    transactions = "transactions.md",
    own_signals = "own-signals.md",
    recipes = "recipes.md",
    tasks = "tasks.md",
    capture = "capture.md",
    worker = "worker.md",
    schedules = "schedules.md",
    exactly_once = "exactly-once.md",
    command_line = "command-line.md",
    migrations = "migrations.md",
    existing_database = "existing-database.md",
    testing = "testing.md",
    web = "web.md",
    databases = "databases.md",
    from_django = "from-django.md",
    from_celery = "from-celery.md",
    from_seaorm = "from-seaorm.md",
    faq = "faq.md",
    glossary = "glossary.md",
}
