//! Fields that change from one value to another: `when(status: Status::Draft => Status::Published)`.

use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{BinOp, Error, Expr, Ident, Result, Token};

use crate::attr;
use crate::keys;

/// A field, and its values before and after.
pub(in crate::receiver) struct Transition {
    pub(in crate::receiver) field: Ident,
    pub(in crate::receiver) before: Side,
    pub(in crate::receiver) after: Side,
}

/// The values of a field on one side.
pub(in crate::receiver) enum Side {
    /// `_`
    Any,
    /// `A | B`
    OneOf(Vec<Expr>),
}

/// Reads the transitions in parentheses, at least one.
pub(super) fn list(input: ParseStream<'_>) -> Result<Vec<Transition>> {
    attr::list(input, |input| {
        if input.is_empty() {
            return Err(needs(input));
        }
        let list = Punctuated::<_, Token![,]>::parse_terminated_with(input, transition)?;
        Ok(list.into_iter().collect())
    })
}

fn transition(input: ParseStream<'_>) -> Result<Transition> {
    let field = input.parse().map_err(|_| needs(input))?;
    let colon: Result<Token![:]> = input.parse();
    colon.map_err(|_| needs(input))?;
    let before = side(input)?;
    let arrow: Result<Token![=>]> = input.parse();
    arrow.map_err(|_| needs(input))?;
    let after = side(input)?;
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("expected `,` before the next field"));
    }
    Ok(Transition { field, before, after })
}

fn side(input: ParseStream<'_>) -> Result<Side> {
    if input.is_empty() || input.peek(Token![,]) || input.peek(Token![=>]) {
        return Err(needs(input));
    }
    match input.parse()? {
        Expr::Infer(_) => Ok(Side::Any),
        values => {
            let mut alternatives = Vec::new();
            split(values, &mut alternatives);
            if let Some(any) = alternatives.iter().find(|value| matches!(value, Expr::Infer(_))) {
                return Err(Error::new_spanned(any, "`_` is every value; leave it out, or the others"));
            }
            match alternatives.iter().find_map(wildcard) {
                Some(any) => {
                    let message = "values are compared and are not patterns; `_` stands alone, for any value";
                    Err(Error::new_spanned(any, message))
                }
                None => Ok(Side::OneOf(alternatives)),
            }
        }
    }
}

/// Splits `A | B`. In parentheses it is an expression like any other.
fn split(value: Expr, alternatives: &mut Vec<Expr>) {
    match value {
        Expr::Binary(either) if matches!(either.op, BinOp::BitOr(_)) => {
            split(*either.left, alternatives);
            split(*either.right, alternatives);
        }
        value => alternatives.push(value),
    }
}

/// Finds a `_` among the parts of a value; only a pattern may have one.
fn wildcard(value: &Expr) -> Option<&Expr> {
    match value {
        Expr::Infer(_) => Some(value),
        Expr::Array(array) => array.elems.iter().find_map(wildcard),
        Expr::Binary(either) => wildcard(&either.left).or_else(|| wildcard(&either.right)),
        Expr::Call(call) => call.args.iter().find_map(wildcard),
        Expr::Group(group) => wildcard(&group.expr),
        Expr::MethodCall(call) => call.args.iter().find_map(wildcard),
        Expr::Paren(paren) => wildcard(&paren.expr),
        Expr::Reference(reference) => wildcard(&reference.expr),
        Expr::Struct(parts) => parts.fields.iter().find_map(|field| wildcard(&field.expr)),
        Expr::Tuple(tuple) => tuple.elems.iter().find_map(wildcard),
        _ => None,
    }
}

fn needs(input: ParseStream<'_>) -> Error {
    attr::needs(keys::WHEN, "a field with the value before and the one after", input.span())
}
