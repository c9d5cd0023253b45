//! Every key that the macros understand.

/// A key of an attribute, such as `unique` or `table = ".."`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The key itself.
    pub(crate) name: &'static str,
    /// The key as a user writes it, for messages to show.
    pub(crate) usage: &'static str,
}

impl Key {
    const fn flag(name: &'static str) -> Self {
        Self { name, usage: name }
    }

    const fn value(name: &'static str, usage: &'static str) -> Self {
        Self { name, usage }
    }

    /// Whether the key stands alone, without a value.
    pub(crate) fn is_flag(self) -> bool {
        self.name == self.usage
    }
}

/// The keys of one kind of attribute.
pub(crate) struct Keys {
    /// The attribute's name.
    pub(crate) attribute: &'static str,
    /// What may be written in it.
    pub(crate) known: &'static [Key],
    /// What may be written in the same attribute elsewhere.
    pub(crate) elsewhere: &'static [Key],
    /// Where that is.
    pub(crate) place: &'static str,
    /// What to say of a bare name that is none of the known keys.
    pub(crate) bare: &'static str,
}

pub(crate) const CRATE: Key = Key::value("crate", "crate = path::to::signals");

pub(crate) const TABLE: Key = Key::value("table", "table = \"users\"");

pub(crate) const PRIMARY_KEY: Key = Key::flag("primary_key");
pub(crate) const UNIQUE: Key = Key::flag("unique");
pub(crate) const INDEX: Key = Key::flag("index");
pub(crate) const DEFAULT: Key = Key::value("default", "default = 0");
pub(crate) const COLUMN: Key = Key::value("column", "column = \"name\"");
pub(crate) const SQL_TYPE: Key = Key::value("sql_type", "sql_type = \"TEXT\"");
pub(crate) const SKIP: Key = Key::flag("skip");
pub(crate) const JSON: Key = Key::flag("json");
pub(crate) const AUTO_NOW: Key = Key::flag("auto_now");
pub(crate) const AUTO_NOW_ADD: Key = Key::flag("auto_now_add");

pub(crate) const SENDER: Key = Key::value("sender", "sender = User");
pub(crate) const PRIORITY: Key = Key::value("priority", "priority = -10");
pub(crate) const UID: Key = Key::value("uid", "uid = \"search.reindex\"");
pub(crate) const ROBUST: Key = Key::flag("robust");
pub(crate) const RAW: Key = Key::flag("raw");

const STRUCT_KEYS: &[Key] = &[TABLE, CRATE];

const FIELD_KEYS: &[Key] = &[PRIMARY_KEY, UNIQUE, INDEX, DEFAULT, COLUMN, SQL_TYPE, SKIP, JSON, AUTO_NOW, AUTO_NOW_ADD];

/// What `#[model(..)]` takes on the struct.
pub(crate) static MODEL: Keys =
    Keys { attribute: "model", known: STRUCT_KEYS, elsewhere: FIELD_KEYS, place: "a field", bare: "" };

/// What `#[model(..)]` takes on a field.
pub(crate) static FIELD: Keys =
    Keys { attribute: "model", known: FIELD_KEYS, elsewhere: STRUCT_KEYS, place: "the struct", bare: "" };

/// What `#[receiver(..)]` takes after its signals.
pub(crate) static RECEIVER: Keys = Keys {
    attribute: "receiver",
    known: &[SENDER, PRIORITY, UID, ROBUST, RAW, CRATE],
    elsewhere: &[],
    place: "",
    bare: "a model is written `sender = User`, several signals as a list: `#[receiver([post_save, post_delete])]`",
};

/// What `#[signal(..)]` takes on a signal.
pub(crate) static SIGNAL: Keys = Keys { attribute: "signal", known: &[CRATE], elsewhere: &[], place: "", bare: "" };
