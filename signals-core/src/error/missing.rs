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
    /// The crate that its path begins with, if no receiver of that crate is linked. `None` for a name that
    /// does not begin with an identifier and `::`.
    pub unlinked_crate: Option<&'static str>,
    /// The linked receivers that may be meant, the most similar first, at most three.
    pub similar: Vec<String>,
}

impl MissingReceiver {
    /// Returns the crate that a path begins with, or `None` if the name can only be a uid.
    pub(crate) fn crate_name(name: &'static str) -> Option<&'static str> {
        let (crate_name, _) = name.split_once("::")?;
        let mut letters = crate_name.chars();
        let starts = letters.next().is_some_and(|first| first == '_' || first.is_alphabetic());
        (starts && letters.all(|letter| letter == '_' || letter.is_alphanumeric())).then_some(crate_name)
    }

    /// Returns the text for all missing receivers: the name of each, and how to link it.
    pub(super) fn all(missing: &[Self]) -> String {
        let names: Vec<String> = missing.iter().map(Self::with_location).collect();
        let (subject, verb) = if missing.len() == 1 { ("a receiver", "is") } else { ("receivers", "are") };
        let names = names.join(", ");
        let mut text = format!("{subject} that the program expects {verb} not linked: {names}");
        text.extend(
            Self::lines_to_write(missing).map(|lines| {
                format!("; write {lines} beside the expectation: a crate that no code names is not linked")
            }),
        );
        if missing.iter().any(Self::is_unknown) {
            text.push_str("; `signals::registry()` lists the linked ones");
        }
        text
    }

    fn with_location(&self) -> String {
        let Self { name, file, line, similar, .. } = self;
        if similar.is_empty() {
            return format!("`{name}` (expected at {file}:{line})");
        }
        let similar: Vec<String> = similar.iter().map(|name| format!("`{name}`")).collect();
        format!("`{name}` (expected at {file}:{line}; did you mean {}?)", similar.join(" or "))
    }

    /// Returns the lines that link the missing crates, or `None` if no line is missing.
    fn lines_to_write(missing: &[Self]) -> Option<String> {
        let crates: BTreeSet<&str> = missing.iter().filter_map(|receiver| receiver.unlinked_crate).collect();
        let lines: Vec<String> = crates.iter().map(|name| format!("`use {name} as _;`")).collect();
        match (lines.is_empty(), missing.iter().any(Self::is_uid_of_any_crate)) {
            (true, false) => None,
            (true, true) => Some("a line such as `use plugin as _;`, with the name of its crate,".to_owned()),
            (false, true) => Some(format!("{} and such a line for the crate of each uid", lines.join(", "))),
            (false, false) => Some(lines.join(" and ")),
        }
    }

    /// Returns whether the name is a uid without a similar one, so that its crate is not known.
    fn is_uid_of_any_crate(&self) -> bool {
        Self::crate_name(self.name).is_none() && self.similar.is_empty()
    }

    /// Returns whether the crate is linked and has no receiver with a similar name.
    fn is_unknown(&self) -> bool {
        Self::crate_name(self.name).is_some() && self.unlinked_crate.is_none() && self.similar.is_empty()
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
    fn each_missing_receiver_is_named_with_its_location_and_what_links_it() {
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
            MissingReceiver::all(&[audit.clone(), mail.clone()]),
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
            MissingReceiver::all(std::slice::from_ref(&unknown)),
            format!("{one} `app::delete` ({at}); `signals::registry()` lists the linked ones")
        );
        assert_eq!(
            MissingReceiver::all(&[slip.clone(), unknown, mail]),
            format!(
                "{several} `app::cuont` ({at}; did you mean `app::count`?), `app::delete` ({at}), `mail::send` ({at}); \
                 write `use mail as _;` {why}; `signals::registry()` lists the linked ones"
            )
        );
        assert_eq!(MissingReceiver::all(&[slip]), format!("{one} `app::cuont` ({at}; did you mean `app::count`?)"));
    }

    #[test]
    fn a_name_begins_with_a_crate_only_if_it_begins_with_an_identifier() {
        for (name, crate_name) in [
            ("plugin::audit", Some("plugin")),
            ("my_plugin2::mails::send", Some("my_plugin2")),
            ("my-plugin::audit", None),
            ("search.index::all", None),
            ("2nd::audit", None),
            ("search.index", None),
        ] {
            assert_eq!(MissingReceiver::crate_name(name), crate_name, "{name}");
        }
    }
}
