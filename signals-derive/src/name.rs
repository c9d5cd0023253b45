//! Conversions of names.

use syn::Ident;
use syn::ext::IdentExt;

/// Turns `HTTPServer` into `http_server`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| letters.get(i));
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                // The last capital of `HTTPS` in `HTTPServer` belongs to the next word.
                let next_is_small = letters.get(i + 1).is_some_and(|next| next.is_lowercase());
                *before != '_' && (!before.is_uppercase() || next_is_small)
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Turns `order_shipped` into `OrderShipped`.
///
/// Only ASCII letters change, so the result is still an identifier.
pub(crate) fn upper_camel_case(name: &str) -> String {
    let mut camel = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// Returns the name of the constant of a field's column: `EMAIL` for `email`.
///
/// Only ASCII letters change, so the result is still an identifier.
pub(crate) fn constant(field: &Ident) -> Ident {
    Ident::new(&field.unraw().to_string().to_ascii_uppercase(), field.span())
}

/// Returns whether the name is in the `snake_case` of signals: words of ASCII letters and digits that begin
/// with a letter.
pub(crate) fn is_snake_case(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('_').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_reader_would() {
        for (name, snake) in [
            ("User", "user"),
            ("HTTPServer", "http_server"),
            ("UserID", "user_id"),
            ("BlogPost2", "blog_post2"),
            ("Snake_Case", "snake_case"),
            ("already_snake", "already_snake"),
            ("Type", "type"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn payload_names_are_camel_case() {
        assert_eq!(upper_camel_case("order_shipped"), "OrderShipped");
        assert_eq!(upper_camel_case("step_2_done"), "Step2Done");
        assert!(is_snake_case("step_2_done"));
        for wrong in ["OrderShipped", "_order", "order_", "order__shipped", "2nd", "été"] {
            assert!(!is_snake_case(wrong), "{wrong}");
        }
    }
}
