//! Receivers that a program expects and that are not linked, and what to do about them.

use std::collections::BTreeSet;

/// A receiver that the program expects and that is not linked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MissingReceiver {
    /// The uid or the path that is expected.
    pub name: &'static str,
    /// The file that expects it.
    pub file: &'static str,
    /// The line of that file.
    pub line: u32,
    /// The crate that its path begins with, if no receiver of that crate is linked.
    pub unlinked_crate: Option<&'static str>,
    /// The linked receivers that may be meant, the most similar first, at most three.
    pub similar: Vec<String>,
}

impl MissingReceiver {
    /// Names all of them, and says how they are linked.
    pub(super) fn all(missing: &[Self]) -> String {
        let names: Vec<String> = missing.iter().map(Self::with_its_place).collect();
        let (subject, verb) = if missing.len() == 1 { ("a receiver", "is") } else { ("receivers", "are") };
        let names = names.join(", ");
        let mut text = format!("{subject} that the program expects {verb} not linked: {names}");
        text.extend(Self::fix(missing).map(|fix| format!("; {fix}")));
        text
    }

    fn with_its_place(&self) -> String {
        let Self { name, file, line, similar, .. } = self;
        if similar.is_empty() {
            return format!("`{name}` (expected at {file}:{line})");
        }
        let similar: Vec<String> = similar.iter().map(|name| format!("`{name}`")).collect();
        format!("`{name}` (expected at {file}:{line}; did you mean {}?)", similar.join(" or "))
    }

    /// The lines that link the crates; none if each receiver has a similar name beside it.
    fn fix(missing: &[Self]) -> Option<String> {
        let crates: BTreeSet<&str> = missing.iter().filter_map(|receiver| receiver.unlinked_crate).collect();
        let lines: Vec<String> = crates.iter().map(|name| format!("`use {name} as _;`")).collect();
        let has_uid = missing.iter().any(|receiver| !receiver.name.contains("::") && receiver.similar.is_empty());
        let lines = match (lines.is_empty(), has_uid) {
            (true, true) => "a line such as `use plugin as _;`, with the name of its crate,".to_owned(),
            (true, false) if missing.iter().all(|receiver| !receiver.similar.is_empty()) => return None,
            (true, false) => return Some("`signals::registry()` lists those that are".to_owned()),
            (false, true) => format!("{} and such a line for the crate of each uid", lines.join(", ")),
            (false, false) => lines.join(" and "),
        };
        Some(format!("write {lines} beside the expectation: a crate that no code names is not linked"))
    }
}

#[cfg(test)]
mod tests {
    use super::MissingReceiver;

    fn missing(name: &'static str, unlinked_crate: Option<&'static str>, similar: &[&str]) -> MissingReceiver {
        let similar = similar.iter().map(|name| (*name).to_owned()).collect();
        MissingReceiver { name, file: "src/main.rs", line: 7, unlinked_crate, similar }
    }

    #[test]
    fn each_missing_receiver_is_named_with_its_place_and_what_links_it() {
        let audit = missing("plugin::audit", Some("plugin"), &[]);
        let mail = missing("mail::send", Some("mail"), &[]);
        let uid = missing("search.index", None, &[]);
        let unknown = missing("app::delete", None, &[]);
        let slip = missing("app::cuont", None, &["app::count"]);
        let why = "beside the expectation: a crate that no code names is not linked";
        let one = "a receiver that the program expects is not linked:";
        let several = "receivers that the program expects are not linked:";
        let at = "expected at src/main.rs:7";
        assert_eq!(
            MissingReceiver::all(std::slice::from_ref(&audit)),
            format!("{one} `plugin::audit` ({at}); write `use plugin as _;` {why}")
        );
        assert_eq!(
            MissingReceiver::all(&[audit.clone(), mail]),
            format!(
                "{several} `plugin::audit` ({at}), `mail::send` ({at}); \
                 write `use mail as _;` and `use plugin as _;` {why}"
            )
        );
        assert_eq!(
            MissingReceiver::all(&[audit, uid.clone()]),
            format!(
                "{several} `plugin::audit` ({at}), `search.index` ({at}); \
                 write `use plugin as _;` and such a line for the crate of each uid {why}"
            )
        );
        assert_eq!(
            MissingReceiver::all(&[uid]),
            format!(
                "{one} `search.index` ({at}); write a line such as `use plugin as _;`, with the name of its crate, {why}"
            )
        );
        assert_eq!(
            MissingReceiver::all(&[unknown]),
            format!("{one} `app::delete` ({at}); `signals::registry()` lists those that are")
        );
        assert_eq!(MissingReceiver::all(&[slip]), format!("{one} `app::cuont` ({at}; did you mean `app::count`?)"));
    }
}
