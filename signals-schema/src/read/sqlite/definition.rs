//! Reads the parts of CREATE TABLE that the catalog of SQLite does not show.

use crate::description::{CaptureTrigger, Kept, Table};

/// Gives a table what a new definition of it has to repeat. The statement made the table itself, an index or a trigger.
pub(super) fn keep(table: &mut Table, kind: &str, name: &str, sql: String) {
    match kind {
        "table" => table.kept = Kept { triggers: std::mem::take(&mut table.kept.triggers), ..read(&sql) },
        "trigger" if sql.contains("INSERT INTO signals_capture (table_name, ") => {
            table.triggers.push(CaptureTrigger { name: name.to_owned(), statements: vec![sql], signs: Vec::new() });
        }
        "trigger" => table.kept.triggers.push(sql),
        _ => {
            if let Some(index) = table.indexes.iter_mut().find(|index| index.name.as_deref() == Some(name)) {
                index.definition = Some(sql);
            }
        }
    }
}

/// Reads a CREATE TABLE.
fn read(sql: &str) -> Kept {
    let mut kept = Kept::default();
    let words = words(sql);
    let Some(place) = words.iter().position(|word| word.starts_with('(')) else {
        kept.problem = Some("its definition has no list of columns");
        return kept;
    };
    kept.tail = words[place + 1..].join(" ").replace(" ,", ",");
    let body = &words[place];
    for item in self::words(&body[1..body.len().saturating_sub(1)]).split(|word| *word == ",") {
        kept.take(item);
    }
    kept
}

impl Kept {
    /// Takes a column or a constraint.
    fn take(&mut self, item: &[&str]) {
        let after_name = if is(item.first(), "CONSTRAINT") { 2 } else { 0 };
        let start = item.get(after_name);
        if is(start, "CHECK") {
            self.checks.push(item.join(" "));
        } else if is(start, "FOREIGN") {
            let columns = item.get(after_name + 2).map(|group| names(group)).unwrap_or_default();
            let mut rest = Clauses { words: item, place: after_name + 3 };
            rest.place += 1;
            self.defer(columns, rest.reference());
        } else if is(start, "PRIMARY") || is(start, "UNIQUE") {
            self.refuse_conflicts(item);
            self.refuse_words_of_key(item);
        } else if let Some(name) = item.first() {
            self.take_column(unquoted(name), item);
        }
    }

    fn take_column(&mut self, name: String, item: &[&str]) {
        let mut clauses = Clauses { words: item, place: 1 };
        let mut kept = String::new();
        let mut constraint = String::new();
        while let Some(word) = clauses.next() {
            let mut push = |text: String| kept.extend([" ", &*std::mem::take(&mut constraint), &*text]);
            match word.to_ascii_uppercase().as_str() {
                "CONSTRAINT" => {
                    constraint = format!("CONSTRAINT {} ", clauses.next().unwrap_or_default());
                    continue;
                }
                "NOT" | "PRIMARY" => drop(clauses.next()),
                "AUTOINCREMENT" => self.never_reuses_keys = true,
                "DESC" => self.problem = Some("its key is DESC"),
                "DEFAULT" => {
                    if matches!(clauses.next(), Some("+" | "-")) {
                        clauses.next();
                    }
                }
                "CHECK" | "COLLATE" => push(format!("{word} {}", clauses.next().unwrap_or_default())),
                "REFERENCES" => self.defer(vec![name.clone()], clauses.reference()),
                "GENERATED" => {
                    let words = [word, clauses.next().unwrap_or_default(), clauses.next().unwrap_or_default()];
                    push(format!("{} {}", words.join(" "), clauses.computed()));
                }
                "AS" => push(format!("AS {}", clauses.computed())),
                "ON" => self.refuse_conflicts(item),
                _ => {}
            }
            constraint.clear();
        }
        if !kept.is_empty() {
            self.clauses.push((name, kept));
        }
    }

    fn defer(&mut self, columns: Vec<String>, deferral: String) {
        if !deferral.is_empty() {
            self.deferrals.push((columns, deferral));
        }
    }

    /// Refuses what the columns of a key have besides their names. A new definition would not repeat it.
    fn refuse_words_of_key(&mut self, item: &[&str]) {
        let group = item.iter().find(|word| word.starts_with('(')).copied().unwrap_or_default();
        let inner = group.trim_start_matches('(').trim_end_matches(')');
        if words(inner).iter().any(|word| KEY_WORDS.iter().any(|it| is(Some(word), it))) {
            self.problem = Some("a key of it has COLLATE, DESC or AUTOINCREMENT");
        }
    }

    fn refuse_conflicts(&mut self, item: &[&str]) {
        if item.iter().any(|word| is(Some(word), "CONFLICT")) {
            self.problem = Some("a constraint of it has ON CONFLICT");
        }
    }
}

/// The words after a column in a key of the table.
const KEY_WORDS: [&str; 3] = ["COLLATE", "DESC", "AUTOINCREMENT"];

/// The words of DEFERRABLE.
const DEFERRAL: [&str; 4] = ["DEFERRABLE", "INITIALLY", "DEFERRED", "IMMEDIATE"];

/// The words of a column or a constraint, and the place of the next one.
struct Clauses<'a> {
    words: &'a [&'a str],
    place: usize,
}

impl<'a> Clauses<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.place).copied();
        self.place += 1;
        word
    }

    fn next_is(&self, word: &str) -> bool {
        is(self.words.get(self.place), word)
    }

    /// Reads a reference after REFERENCES, and returns its DEFERRABLE.
    fn reference(&mut self) -> String {
        self.next();
        if self.words.get(self.place).is_some_and(|word| word.starts_with('(')) {
            self.next();
        }
        let mut deferral = Vec::new();
        loop {
            let is_negated = self.next_is("NOT") && is(self.words.get(self.place + 1), "DEFERRABLE");
            if self.next_is("ON") {
                self.place += 2;
                let is_long = matches!(self.next(), Some(word) if is(Some(&word), "SET") || is(Some(&word), "NO"));
                self.place += usize::from(is_long);
            } else if self.next_is("MATCH") {
                self.place += 2;
            } else if DEFERRAL.iter().any(|word| self.next_is(word)) || is_negated {
                deferral.extend(self.next());
            } else {
                return deferral.join(" ");
            }
        }
    }

    /// Reads the expression of a computed column.
    fn computed(&mut self) -> String {
        let expression = self.next().unwrap_or_default();
        let kind = if self.next_is("STORED") || self.next_is("VIRTUAL") { self.next() } else { None };
        format!("{expression} {}", kind.unwrap_or_default())
    }
}

/// Returns whether a word is this one, without quotes.
fn is(word: Option<&&str>, expected: &str) -> bool {
    word.is_some_and(|word| word.eq_ignore_ascii_case(expected))
}

/// Returns the names in parentheses.
fn names(group: &str) -> Vec<String> {
    words(group.trim_start_matches('(').trim_end_matches(')'))
        .into_iter()
        .filter(|it| *it != ",")
        .map(unquoted)
        .collect()
}

fn unquoted(name: &str) -> String {
    match name.chars().next() {
        Some('[') => name.trim_start_matches('[').trim_end_matches(']').to_owned(),
        Some(quote @ ('"' | '`' | '\'')) => {
            name[1..name.len().saturating_sub(1).max(1)].replace(&format!("{quote}{quote}"), &quote.to_string())
        }
        _ => name.to_owned(),
    }
}

/// Splits SQL into words. A text in quotes and a group in parentheses are one word each; comments are none.
fn words(sql: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = end_of(rest, first);
        if !is_comment(rest) {
            words.push(&rest[..end]);
        }
        rest = rest[end..].trim_start();
    }
    words
}

fn is_comment(text: &str) -> bool {
    text.starts_with("--") || text.starts_with("/*")
}

/// Returns the length of the first word.
fn end_of(text: &str, first: char) -> usize {
    let after = |found: Option<usize>, length: usize| found.map_or(text.len(), |place| place + length);
    match first {
        '-' if text.starts_with("--") => after(text.find('\n'), 1),
        '/' if text.starts_with("/*") => after(text.find("*/"), 2),
        '"' | '`' | '\'' => end_of_quoted(text, first),
        '[' => after(text.find(']'), 1),
        '(' => end_of_group(text),
        letter if letter.is_alphanumeric() || letter == '_' || letter == '.' => {
            let is_end = |letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '.' || letter == '$');
            text.find(is_end).unwrap_or(text.len())
        }
        other => other.len_utf8(),
    }
}

/// Returns the length of a text in quotes. Two quotes in it stand for one.
fn end_of_quoted(text: &str, quote: char) -> usize {
    let mut place = 1;
    while let Some(found) = text[place..].find(quote) {
        place += found + 1;
        if !text[place..].starts_with(quote) {
            return place;
        }
        place += 1;
    }
    text.len()
}

fn end_of_group(text: &str) -> usize {
    let mut place = 1;
    while let Some(first) = text[place..].chars().next() {
        if first == ')' {
            return place + 1;
        }
        place += end_of(&text[place..], first);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_catalog_does_not_show_is_kept() {
        let kept = read(
            "CREATE TABLE \"a (b\" (id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key, (of course\n\
             name TEXT COLLATE NOCASE NOT NULL DEFAULT 'a, (b' CONSTRAINT short CHECK (length(name) < 9),\n\
             [the size] INT DEFAULT -1 REFERENCES other (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED UNIQUE,\n\
             both INT GENERATED ALWAYS AS (id + 1) STORED,\n\
             CONSTRAINT positive CHECK (\"the size\" > 0), FOREIGN KEY (\"name\") REFERENCES x (y) ON UPDATE CASCADE DEFERRABLE) STRICT, WITHOUT ROWID",
        );
        let clauses: Vec<_> = kept.clauses.iter().map(|(name, clause)| format!("{name}:{clause}")).collect();
        assert_eq!(
            clauses,
            [
                "name: COLLATE NOCASE CONSTRAINT short CHECK (length(name) < 9)",
                "both: GENERATED ALWAYS AS (id + 1) STORED"
            ],
        );
        assert_eq!(kept.checks, ["CONSTRAINT positive CHECK (\"the size\" > 0)"]);
        let deferrals: Vec<_> = kept.deferrals.iter().map(|(columns, it)| format!("{columns:?} {it}")).collect();
        assert_eq!(deferrals, ["[\"the size\"] DEFERRABLE INITIALLY DEFERRED", "[\"name\"] DEFERRABLE"]);
        assert_eq!(kept.tail, "STRICT, WITHOUT ROWID");
        assert!(kept.never_reuses_keys);
        assert_eq!(kept.problem, None);
    }

    #[test]
    fn a_definition_that_cannot_be_repeated_is_refused() {
        assert!(read("CREATE TABLE a (id INT UNIQUE ON CONFLICT IGNORE)").problem.is_some());
        assert!(read("CREATE TABLE a (id INTEGER PRIMARY KEY DESC)").problem.is_some());
        assert!(read("CREATE TABLE a (id INTEGER, PRIMARY KEY (id AUTOINCREMENT))").problem.is_some());
        assert!(read("CREATE TABLE a (name TEXT, CONSTRAINT b UNIQUE (name COLLATE NOCASE))").problem.is_some());
        assert!(read("CREATE TABLE a (\"desc\" TEXT, UNIQUE (\"desc\"))").problem.is_none());
    }
}
