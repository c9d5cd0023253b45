//! Finds the files from which a file imports: follows the names in its `use` lines and in its paths to the
//! files that define them.
//!
//! A module's file that declares children and re-exports their names (`mod node; pub use node::Node;`) does
//! not import from them, unless its own code uses the names. A file that imports such a name imports from the
//! child.

use std::collections::{BTreeMap, BTreeSet};

/// A module, by the names of its path.
pub(crate) type Path = Vec<String>;

/// The modules of a crate, each with the text of its file.
pub(crate) struct Sources {
    files: BTreeMap<Path, File>,
}

/// The references of a file to other modules.
struct File {
    /// The names that it imports or re-exports, with their paths.
    uses: Vec<Use>,
    /// The modules whose every name it re-exports.
    globs: Vec<Path>,
    /// The paths in its code.
    paths: Vec<Path>,
    /// The paths that begin with a name, which may be an imported one.
    named: Vec<Path>,
    /// Every word of its code outside of `use` lines.
    words: BTreeSet<String>,
    /// The names of the items that it defines.
    items: BTreeSet<String>,
}

struct Use {
    name: String,
    path: Path,
    is_public: bool,
}

impl Sources {
    pub(crate) fn new(texts: impl IntoIterator<Item = (Path, String)>) -> Self {
        Self { files: texts.into_iter().map(|(path, text)| (path.clone(), File::read(&path, &text))).collect() }
    }

    /// The files that each file imports from.
    pub(crate) fn imports(&self) -> BTreeMap<Path, BTreeSet<Path>> {
        self.files.iter().map(|(path, file)| (path.clone(), self.imports_of(path, file))).collect()
    }

    fn imports_of(&self, own: &Path, file: &File) -> BTreeSet<Path> {
        let is_reexport = |import: &Use| {
            import.is_public && !file.words.contains(&import.name) && absolute(own, &import.path).starts_with(own)
        };
        let used = file.uses.iter().filter(|import| !is_reexport(import)).map(|import| &import.path);
        let mut found: BTreeSet<Path> =
            used.chain(&file.paths).filter_map(|path| self.file_of(&absolute(own, path), 0)).collect();
        // `keys::arrange()` after `use super::keys`.
        found.extend(file.named.iter().filter_map(|path| {
            let import = file.uses.iter().find(|import| import.name == path[0])?;
            let target = [&import.path, &path[1..]].concat();
            self.file_of(&absolute(own, &target), 0)
        }));
        found.remove(own);
        found
    }

    /// The file that defines what an absolute path names, if it is one of ours.
    fn file_of(&self, path: &[String], followed: usize) -> Option<Path> {
        let depth = (0..=path.len()).rev().find(|depth| self.files.contains_key(&path[..*depth]))?;
        let (module, rest) = path.split_at(depth);
        let Some((name, behind)) = rest.split_first() else { return Some(module.to_vec()) };
        let file = &self.files[module];
        let mut globs = file.globs.iter().map(|glob| absolute(module, glob));
        let reexported = file.uses.iter().find(|import| import.name == *name).map(|import| &import.path);
        if let Some(target) = reexported.filter(|_| followed < 9) {
            let mut target = absolute(module, target);
            target.extend(behind.iter().cloned());
            return self.file_of(&target, followed + 1);
        }
        if file.items.contains(name) {
            return Some(module.to_vec());
        }
        globs
            .find(|glob| self.files.get(glob).is_some_and(|file| file.items.contains(name)))
            .or_else(|| (!module.is_empty()).then(|| module.to_vec()))
    }
}

impl File {
    fn read(own: &Path, text: &str) -> Self {
        let tokens = tokens(text);
        let mut file = Self {
            uses: Vec::new(),
            globs: Vec::new(),
            paths: Vec::new(),
            named: Vec::new(),
            words: BTreeSet::new(),
            items: BTreeSet::new(),
        };
        let mut children = BTreeSet::new();
        // The braces that are open, and how many of them are modules within the file.
        let mut braces: Vec<bool> = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let word = tokens[at].as_str();
            let next = tokens.get(at + 1).map_or("", String::as_str);
            let inline = braces.iter().filter(|is_module| **is_module).count();
            match word {
                "use" if next != "<" => {
                    let is_public = at > 0 && ["pub", ")"].contains(&tokens[at - 1].as_str());
                    at = file.read_use(&tokens, at + 1, &mut Vec::new(), is_public, inline);
                    continue;
                }
                "mod" if tokens.get(at + 2).is_some_and(|token| token == ";") => {
                    children.insert(next.to_owned());
                }
                "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => {
                    braces.push(true);
                    at += 3;
                    continue;
                }
                "struct" | "enum" | "trait" | "type" | "fn" | "const" | "static" | "macro_rules" => {
                    let name = if next == "!" { tokens.get(at + 2) } else { tokens.get(at + 1) };
                    if braces.is_empty() {
                        file.items.extend(name.cloned());
                    }
                }
                "{" => braces.push(false),
                "}" => drop(braces.pop()),
                _ => {}
            }
            let is_scope = at > 0 && tokens[at - 1] == "in";
            let begins = !is_scope && ["crate", "super", "self"].contains(&word) || children.contains(word);
            let is_path = is_word(word) && next == "::" && (at == 0 || !["::", "$"].contains(&tokens[at - 1].as_str()));
            if is_path && !is_scope {
                let mut path = vec![word.to_owned()];
                while tokens.get(at + 1).is_some_and(|token| token == "::")
                    && tokens.get(at + 2).is_some_and(|token| is_word(token))
                {
                    path.push(tokens[at + 2].clone());
                    at += 2;
                }
                if begins {
                    file.paths.extend(outside(path, inline));
                } else {
                    file.words.extend(path.iter().cloned());
                    file.named.extend((inline == 0).then_some(path));
                }
            } else if is_word(word) && tokens.get(at.wrapping_sub(1)).is_none_or(|before| before != "mod") {
                file.words.insert(word.to_owned());
            }
            at += 1;
        }
        // A path that begins with none of these is another crate's, or a child's that was declared before.
        file.uses.retain(|import| {
            let first = import.path.first().map_or("", String::as_str);
            ["crate", "super", "self"].contains(&first) || children.contains(first)
        });
        debug_assert!(braces.is_empty(), "{own:?} is read to its end");
        file
    }

    /// Reads the text after `use`, or a part of it within braces, and returns the index after it.
    fn read_use(
        &mut self,
        tokens: &[String],
        mut at: usize,
        before: &mut Path,
        is_public: bool,
        inline: usize,
    ) -> usize {
        let start = before.len();
        let mut name = None;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "::" => at += 1,
                "as" => {
                    name = Some(tokens[at + 1].clone());
                    at += 2;
                }
                "{" => {
                    at += 1;
                    while tokens[at] != "}" {
                        at = self.read_use(tokens, at, before, is_public, inline);
                        if tokens[at] == "," {
                            at += 1;
                        }
                    }
                    at += 1;
                    before.truncate(start);
                    return at;
                }
                "*" => {
                    self.globs.push(before.clone());
                    before.truncate(start);
                    return at + 1;
                }
                "," | "}" | ";" => break,
                word => {
                    before.push(word.to_owned());
                    at += 1;
                }
            }
        }
        let mut path = before.clone();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if let (Some(last), Some(path)) = (path.last().cloned(), outside(path, inline)) {
            self.uses.push(Use { name: name.unwrap_or(last), path, is_public });
        }
        before.truncate(start);
        at
    }
}

/// The path from the crate's root. A path may begin with the name of a child.
fn absolute(own: &[String], path: &[String]) -> Path {
    let mut module = own.to_vec();
    let mut rest = path;
    match rest.first().map(String::as_str) {
        Some("crate") => {
            module.clear();
            rest = &rest[1..];
        }
        Some("self") => rest = &rest[1..],
        _ => {}
    }
    while rest.first().is_some_and(|word| word == "super") {
        module.pop();
        rest = &rest[1..];
    }
    module.extend(rest.iter().cloned());
    module
}

/// Returns a path as it reads outside of the modules within the file, or `None` if it stays in one of them.
fn outside(mut path: Path, inline: usize) -> Option<Path> {
    if path.first().is_some_and(|word| word == "super") && inline > 0 {
        let supers = path.iter().take_while(|word| *word == "super").count();
        path.drain(..supers.min(inline));
        if supers < inline {
            return None;
        }
        path.insert(0, "self".to_owned());
    }
    Some(path)
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The words and signs of a file, without comments, texts and its unit tests.
fn tokens(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut tokens: Vec<String> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let rest = &text[at..];
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if char == '"' {
            end_of_text(rest)
        } else if char == '\'' {
            end_of_char(rest)
        } else if char.is_alphanumeric() || char == '_' {
            let word: String = rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
            let len = word.len();
            tokens.push(word);
            len
        } else if rest.starts_with("::") {
            tokens.push("::".into());
            2
        } else {
            if !char.is_whitespace() {
                tokens.push(char.into());
            }
            char.len_utf8()
        };
        while chars.peek().is_some_and(|(next, _)| *next < at + skip) {
            chars.next();
        }
    }
    tokens
}

/// The length of a text in quotes.
fn end_of_text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// The length of a character in quotes, or of a lifetime's quote.
fn end_of_char(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => chars.skip(1).find(|(_, char)| *char == '\'').map_or(1, |(at, _)| at + 1),
        Some(_) => chars.next().filter(|(_, char)| *char == '\'').map_or(1, |(at, _)| at + 1),
        None => 1,
    }
}
