//! Expected receivers as they were written.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Lit, LitStr, Result, Token};

use crate::attr;
use crate::crate_path::CratePath;
use crate::keys;
use crate::sink::Sink;

/// The list of one `expect_receivers!` call.
pub(super) struct Expectations {
    pub(super) crate_path: CratePath,
    pub(super) names: Vec<LitStr>,
}

/// Reads the list; every entry that is not a string is reported.
pub(super) fn read(input: TokenStream, sink: &mut Sink) -> Option<Expectations> {
    let parser = |input: ParseStream<'_>| {
        let crate_path = crate_path(input)?;
        if input.is_empty() {
            let message = "expected the name of a receiver, such as `\"plugin::audit\"`";
            return Err(Error::new(input.span(), message));
        }
        let entries = Punctuated::<Expr, Token![,]>::parse_terminated(input)?;
        let names = entries.into_iter().filter_map(|entry| sink.ok(name(entry))).collect();
        Ok(Expectations { crate_path, names })
    };
    let read = parser.parse2(input);
    sink.ok(read)
}

/// Reads `crate = path,` at the beginning, if it is there.
fn crate_path(input: ParseStream<'_>) -> Result<CratePath> {
    if !(input.peek(Token![crate]) && input.peek2(Token![=])) {
        return Ok(CratePath::default());
    }
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    let path = attr::path(keys::CRATE, input)?;
    input.parse::<Option<Token![,]>>()?;
    Ok(CratePath::at(path))
}

fn name(entry: Expr) -> Result<LitStr> {
    let fix = match entry {
        Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => return Ok(name),
        Expr::Path(ref path) => {
            let segments = path.path.segments.iter().map(|segment| segment.ident.unraw().to_string());
            segments.collect::<Vec<_>>().join("::")
        }
        _ => "plugin::audit".to_owned(),
    };
    Err(Error::new_spanned(entry, format!("a receiver is named by a string; write `\"{fix}\"`")))
}
