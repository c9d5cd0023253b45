//! The words of a type.

/// The words that end a type in the definition of a column.
const ENDS: [&str; 16] = [
    "as",
    "auto_increment",
    "autoincrement",
    "charset",
    "check",
    "collate",
    "comment",
    "constraint",
    "default",
    "generated",
    "not",
    "null",
    "on",
    "primary",
    "references",
    "unique",
];

/// A type as it is written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    /// Its words, in lower case unless they are in quotes, with one space between them.
    pub(super) name: String,
    /// Whether it is one word in quotes.
    pub(super) is_quoted: bool,
    /// The texts in its first parentheses.
    pub(super) arguments: Vec<String>,
    pub(super) is_unsigned: bool,
    pub(super) dimensions: usize,
}

/// Reads a type. It reads no text that follows it, such as a default.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '(' => parsed.take_arguments(rest),
            '[' => {
                parsed.dimensions += 1;
                rest.split_once(']').map_or("", |(_, rest)| rest)
            }
            '"' | '`' => parsed.take_quoted(rest, first),
            _ => {
                let end = rest.find(|letter: char| letter.is_whitespace() || "([\"`'".contains(letter));
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                if word.is_empty() || !parsed.take_word(&word.to_lowercase()) {
                    break;
                }
                after
            }
        }
        .trim_start();
    }
    // A type is known by its last name, whatever its schema is.
    if let Some((_, name)) = parsed.name.rsplit_once('.') {
        parsed.name = name.to_owned();
    }
    parsed
}

impl Parsed {
    /// Takes a word, and returns whether the type continues.
    fn take_word(&mut self, word: &str) -> bool {
        let has_name = !self.name.is_empty();
        match word {
            // `CHARACTER SET utf8mb4` follows a type, `CHARACTER VARYING` is one.
            "character" if has_name => return false,
            "unsigned" | "zerofill" => self.is_unsigned = true,
            "signed" | "binary" if has_name => {}
            "array" if has_name => self.dimensions += 1,
            _ if ENDS.contains(&word) => return false,
            _ => self.push(word),
        }
        true
    }

    fn push(&mut self, word: &str) {
        if !self.name.is_empty() && !self.name.ends_with('.') && !word.starts_with('.') {
            self.name.push(' ');
        }
        self.name.push_str(word);
    }

    /// Takes a name in quotes, and returns the text after it.
    fn take_quoted<'a>(&mut self, text: &'a str, quote: char) -> &'a str {
        let (name, rest) = text[1..].split_once(quote).unwrap_or((&text[1..], ""));
        self.is_quoted = self.name.is_empty() || self.name.ends_with('.');
        self.push(name);
        rest
    }

    /// Takes the texts in parentheses, and returns the text after them.
    fn take_arguments<'a>(&mut self, text: &'a str) -> &'a str {
        let (mut depth, mut quoted, mut argument) = (0, false, String::new());
        let mut arguments = Vec::new();
        let mut end = text.len();
        for (i, letter) in text.char_indices() {
            match letter {
                '\'' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                _ => {}
            }
            let is_outer = depth == 1 && !quoted;
            if depth == 0 {
                end = i + 1;
                break;
            } else if letter == ',' && is_outer {
                arguments.push(std::mem::take(&mut argument));
            } else if i > 0 {
                argument.push(letter);
            }
        }
        arguments.push(argument);
        if self.arguments.is_empty() {
            self.arguments = arguments.iter().map(|argument| argument.trim().to_owned()).collect();
        }
        &text[end..]
    }
}
