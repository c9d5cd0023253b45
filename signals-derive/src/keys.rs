//! All keys of the macros.

/// A key of an attribute, such as `unique` or `table = ".."`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The key itself.
    pub(crate) name: &'static str,
    /// The key as a user writes it, for messages.
    pub(crate) usage: &'static str,
    pub(crate) form: Form,
}

/// The form of a key's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing: `unique`.
    Flag,
    /// `= value`
    Value,
    /// `(entry, entry)`
    List,
    /// A list that may be given several times.
    Lists,
    /// Nothing, or a list: `durable` or `durable(snapshot)`.
    FlagOrList,
}

impl Key {
    const fn flag(name: &'static str) -> Self {
        Self { name, usage: name, form: Form::Flag }
    }

    const fn value(name: &'static str, usage: &'static str) -> Self {
        Self { name, usage, form: Form::Value }
    }

    const fn list(name: &'static str, usage: &'static str) -> Self {
        Self { name, usage, form: Form::List }
    }

    const fn lists(name: &'static str, usage: &'static str) -> Self {
        Self { name, usage, form: Form::Lists }
    }

    const fn flag_or_list(name: &'static str, usage: &'static str) -> Self {
        Self { name, usage, form: Form::FlagOrList }
    }

    /// Returns whether the key has no value.
    pub(crate) fn is_flag(self) -> bool {
        self.form == Form::Flag
    }
}

/// The keys of one kind of attribute.
pub(crate) struct Keys {
    /// The attribute's name.
    pub(crate) attribute: &'static str,
    /// The keys that are allowed in it.
    pub(crate) known: &'static [Key],
    /// Keys that are allowed too, and that messages do not list.
    pub(crate) unlisted: &'static [Key],
    /// The keys that are allowed in the same attribute on another item.
    pub(crate) elsewhere: &'static [Key],
    /// The name of that other item.
    pub(crate) place: &'static str,
    /// The advice for a bare name that is not a known key.
    pub(crate) bare: &'static str,
}

pub(crate) const CRATE: Key = Key::value("crate", "crate = path::to::signals");

pub(crate) const REREAD: Key = Key::flag("reread");
pub(crate) const CAPTURE: Key = Key::flag("capture");
pub(crate) const TABLE: Key = Key::value("table", "table = \"users\"");
pub(crate) const SCHEMA: Key = Key::value("schema", "schema = \"billing\"");
pub(crate) const WAS: Key = Key::value("was", "was = \"old_name\"");
pub(crate) const VALIDATE: Key = Key::value("validate", "validate = check");
pub(crate) const UNIQUE_TOGETHER: Key = Key::lists("unique", "unique(pizza_id, topping_id)");
pub(crate) const INDEX_TOGETHER: Key = Key::lists("index", "index(state, due_at)");
pub(crate) const MANAGED: Key = Key::value("managed", "managed = false");
pub(crate) const MANY_TO_MANY: Key = Key::lists("many_to_many", "many_to_many(toppings: Topping)");

pub(crate) const REFERENCES_TOGETHER: Key =
    Key::lists("references", "references(Order, fields(tenant_id, order_id), on_delete = cascade)");
pub(crate) const FIELDS: Key = Key::list("fields", "fields(tenant_id, order_id)");

pub(crate) const RELATED: Key = Key::value("related", "related = pizzas");
pub(crate) const THROUGH: Key = Key::value("through", "through = Membership");
pub(crate) const THROUGH_FIELDS: Key = Key::list("through_fields", "through_fields(group_id, person_id)");
pub(crate) const SYMMETRICAL: Key = Key::flag("symmetrical");
pub(crate) const LINK_TABLE: Key = Key::value("table", "table = \"pizza_toppings\"");
pub(crate) const LINK_COLUMNS: Key = Key::list("columns", "columns(pizza_id, topping_id)");

pub(crate) const PRIMARY_KEY: Key = Key::flag("primary_key");
pub(crate) const UNIQUE: Key = Key::flag("unique");
pub(crate) const INDEX: Key = Key::flag("index");
pub(crate) const DEFAULT: Key = Key::value("default", "default = 0");
pub(crate) const COLUMN: Key = Key::value("column", "column = \"name\"");
pub(crate) const SQL_TYPE: Key = Key::value("sql_type", "sql_type = \"TEXT\"");
pub(crate) const SQLITE: Key = Key::value("sqlite", "sqlite = datetime");
pub(crate) const SKIP: Key = Key::flag("skip");
pub(crate) const JSON: Key = Key::flag("json");
pub(crate) const AUTO_NOW: Key = Key::flag("auto_now");
pub(crate) const AUTO_NOW_ADD: Key = Key::flag("auto_now_add");
pub(crate) const GENERATED: Key = Key::flag("generated");
pub(crate) const READ_ONLY: Key = Key::flag("read_only");
pub(crate) const DB_DEFAULT: Key = Key::flag("db_default");
pub(crate) const INSERT_ONLY: Key = Key::flag("insert_only");
pub(crate) const VERSION: Key = Key::flag("version");
pub(crate) const REFERENCES: Key = Key::value("references", "references = User");
pub(crate) const TO: Key = Key::value("to", "to = email");
pub(crate) const ON_DELETE: Key = Key::value("on_delete", "on_delete = cascade");
pub(crate) const REVERSE: Key = Key::value("related", "related = orders");
pub(crate) const RELATION_NAME: Key = Key::value("relation", "relation = author");

pub(crate) const SENDER: Key = Key::value("sender", "sender = User");
pub(crate) const PRIORITY: Key = Key::value("priority", "priority = -10");
pub(crate) const UID: Key = Key::value("uid", "uid = \"search.reindex\"");
pub(crate) const ROBUST: Key = Key::flag("robust");
pub(crate) const RAW: Key = Key::flag("raw");
pub(crate) const SET: Key = Key::flag("set");
pub(crate) const ON_COMMIT: Key = Key::flag("on_commit");
pub(crate) const ON_ROLLBACK: Key = Key::flag("on_rollback");
pub(crate) const EACH: Key = Key::flag("each");
pub(crate) const CHANGED: Key = Key::list("changed", "changed(email, name)");
pub(crate) const WHEN: Key = Key::list("when", "when(status: Status::Draft => Status::Published)");

pub(crate) const NAME: Key = Key::value("name", "name = \"mail.send_welcome\"");
pub(crate) const ALIASES: Key = Key::list("aliases", "aliases(\"old.name\")");
pub(crate) const QUEUE: Key = Key::value("queue", "queue = \"mail\"");
pub(crate) const MAX_ATTEMPTS: Key = Key::value("max_attempts", "max_attempts = 5");
pub(crate) const BACKOFF: Key = Key::value("backoff", "backoff = \"10s\"");
pub(crate) const SENSITIVE: Key = Key::list("sensitive", "sensitive(password)");
pub(crate) const BLOCKING: Key = Key::flag("blocking");
pub(crate) const TIMEOUT: Key = Key::value("timeout", "timeout = \"30s\"");

pub(crate) const DURABLE: Key = Key::flag_or_list("durable", "durable(snapshot)");
pub(crate) const DEBOUNCE: Key = Key::value("debounce", "debounce = \"5s\"");
pub(crate) const MAX_WAIT: Key = Key::value("max_wait", "max_wait = \"1m\"");
pub(crate) const COALESCE: Key = Key::flag("coalesce");
pub(crate) const PARALLEL: Key = Key::flag("parallel");
pub(crate) const CRON: Key = Key::value("cron", "cron = \"*/5 * * * *\"");
pub(crate) const EVERY: Key = Key::value("every", "every = \"30s\"");
pub(crate) const TZ: Key = Key::value("tz", "tz = \"Europe/Berlin\"");
pub(crate) const MISSED: Key = Key::value("missed", "missed = \"last\"");
pub(crate) const OVERLAP: Key = Key::value("overlap", "overlap = \"skip\"");

pub(crate) const SHOW: Key = Key::flag("show");

const STRUCT_KEYS: &[Key] = &[
    TABLE,
    SCHEMA,
    WAS,
    UNIQUE_TOGETHER,
    INDEX_TOGETHER,
    REFERENCES_TOGETHER,
    MANAGED,
    MANY_TO_MANY,
    REREAD,
    VALIDATE,
    CAPTURE,
    CRATE,
];

const FIELD_KEYS: &[Key] = &[
    PRIMARY_KEY,
    UNIQUE,
    INDEX,
    DEFAULT,
    COLUMN,
    WAS,
    SQL_TYPE,
    SQLITE,
    SKIP,
    JSON,
    AUTO_NOW,
    AUTO_NOW_ADD,
    GENERATED,
    READ_ONLY,
    DB_DEFAULT,
    INSERT_ONLY,
    VERSION,
    REFERENCES,
    TO,
    ON_DELETE,
    REVERSE,
    RELATION_NAME,
];

/// The keys of `#[model(..)]` on the struct.
pub(crate) static MODEL: Keys =
    Keys { attribute: "model", known: STRUCT_KEYS, unlisted: &[], elsewhere: FIELD_KEYS, place: "a field", bare: "" };

/// The keys of `#[model(..)]` on a field.
pub(crate) static FIELD: Keys = Keys {
    attribute: "model",
    known: FIELD_KEYS,
    unlisted: &[],
    elsewhere: STRUCT_KEYS,
    place: "the struct",
    bare: "",
};

/// The keys of `many_to_many(..)` after the relation's name and model.
pub(crate) static RELATION: Keys = Keys {
    attribute: "many_to_many",
    known: &[RELATED, THROUGH, THROUGH_FIELDS, SYMMETRICAL, LINK_TABLE, SCHEMA, LINK_COLUMNS],
    unlisted: &[],
    elsewhere: &[],
    place: "",
    bare: "another relation is a `many_to_many(..)` of its own",
};

/// The keys of `references(..)` on the struct, after the model.
pub(crate) static REFERENCE: Keys = Keys {
    attribute: "references",
    known: &[FIELDS, ON_DELETE, REVERSE, RELATION_NAME],
    unlisted: &[],
    elsewhere: &[],
    place: "",
    bare: "the fields are a list: `fields(tenant_id, order_id)`",
};

/// The keys of `#[receiver(..)]` after its signals.
pub(crate) static RECEIVER: Keys = Keys {
    attribute: "receiver",
    known: &[SENDER, CHANGED, WHEN, PRIORITY, UID, ROBUST, RAW, SET, ON_COMMIT, ON_ROLLBACK, EACH, DURABLE, CRATE],
    unlisted: &[DEBOUNCE, MAX_WAIT, COALESCE, PARALLEL, QUEUE, MAX_ATTEMPTS, BACKOFF, TIMEOUT, ALIASES],
    elsewhere: &[],
    place: "",
    bare: "a model is written `sender = User`, several signals as a list: `#[receiver([post_save, post_delete])]`",
};

/// The keys of `#[task(..)]`.
pub(crate) static TASK: Keys = Keys {
    attribute: "task",
    known: &[QUEUE, PRIORITY, MAX_ATTEMPTS, BACKOFF, TIMEOUT, BLOCKING, SENSITIVE, NAME, ALIASES, CRATE],
    unlisted: &[],
    elsewhere: &[],
    place: "",
    bare: "",
};

/// The keys of `#[scheduled(..)]`.
pub(crate) static SCHEDULED: Keys = Keys {
    attribute: "scheduled",
    known: &[CRON, EVERY, TZ, MISSED, OVERLAP, CRATE],
    unlisted: &[],
    elsewhere: &[],
    place: "",
    bare: "",
};

/// The keys of `#[signal(..)]` on a signal.
pub(crate) static SIGNAL: Keys =
    Keys { attribute: "signal", known: &[CRATE], unlisted: &[], elsewhere: &[], place: "", bare: "" };

/// The keys of `#[primary_key(..)]` on a type of keys.
pub(crate) static KEY_TYPE: Keys =
    Keys { attribute: "primary_key", known: &[CRATE], unlisted: &[], elsewhere: &[], place: "", bare: "" };

/// The keys of `#[credentials(..)]` on the struct.
pub(crate) static CREDENTIALS: Keys =
    Keys { attribute: "credentials", known: &[CRATE], unlisted: &[], elsewhere: &[SHOW], place: "a field", bare: "" };

/// The keys of `#[credentials(..)]` on a field.
pub(crate) static CREDENTIAL: Keys = Keys {
    attribute: "credentials",
    known: &[SHOW],
    unlisted: &[],
    elsewhere: &[CRATE],
    place: "the struct",
    bare: "a field without it is hidden",
};
