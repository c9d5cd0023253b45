//! The expansion of a receiver: a registration for each of its signals.

mod condition;
mod durable;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Path, Type};

use crate::cfg;
use crate::span;

use super::ir::{Param, Receiver, Shape};
use super::lifetimes;
use super::syntax::ReceiverOptions;

/// Expands the registrations.
pub(super) fn expand(receiver: &Receiver<'_>) -> TokenStream {
    let signals = receiver.options.signals.iter();
    if let Some(durable) = &receiver.options.durable {
        return signals.map(|path| durable::registration(receiver, path, durable)).collect();
    }
    signals.map(|path| registration(receiver, &signal(receiver.options, path))).collect()
}

/// Names the signals of a refused receiver, so that their imports are not reported as unused.
pub(super) fn stub(receiver: &Receiver<'_>) -> TokenStream {
    if receiver.function.sig.receiver().is_some() {
        // A method is inside an `impl`, where a constant would be a mistake.
        return TokenStream::new();
    }
    let conditions = cfg::conditions(&receiver.function.attrs);
    let signals = &receiver.options.signals;
    quote!(#(#conditions const _: ::core::marker::PhantomData<#signals> = ::core::marker::PhantomData;)*)
}

/// Returns the signal that the receiver receives: of one row, of a set, or after the end of the transaction.
fn signal(options: &ReceiverOptions, path: &Path) -> TokenStream {
    let ReceiverOptions { set, on_commit, on_rollback, .. } = options;
    let at = |word: &Option<Ident>, name: &str| word.as_ref().map(|word| Ident::new(name, span::at(word)));
    let moment = at(set, "OfSet").or_else(|| at(on_commit, "OnCommit")).or_else(|| at(on_rollback, "OnRollback"));
    match moment {
        // A signal that is not sent at that moment is refused at the option's word.
        Some(moment) => quote_spanned!(moment.span()=> __signals::#moment<#path>),
        None => path.to_token_stream(),
    }
}

fn registration(receiver: &Receiver<'_>, signal: &TokenStream) -> TokenStream {
    let conditions = cfg::conditions(&receiver.function.attrs);
    let import = receiver.options.crate_path.import();
    let methods = methods(receiver);
    let info = info(receiver, signal);
    let call = call(receiver, signal);
    let (ty, new) = match &receiver.options.sender {
        Some(sender) => {
            let name_of = name_of(receiver.options, signal, sender);
            let when = condition::when(receiver.options, signal, sender);
            // The types of the static do not carry through a method call.
            let types = when.is_some().then(|| quote!(::<#signal, #sender>));
            let new = quote!(__signals::Receiver #types::new(#name_of, #info, #call) #when);
            (quote!(__signals::Receiver<#signal, #sender>), new)
        }
        None => (
            quote!(__signals::Receiver<#signal, __signals::Any<#signal>>),
            quote!(__signals::Receiver::any(#info, #call)),
        ),
    };
    quote! {
        #conditions
        const _: () = {
            #import
            #methods
            static RECEIVER: #ty = #new;
            __signals::inventory::submit! { __signals::Registration(&RECEIVER) }
        };
    }
}

/// Expands the function of the sender's name. It checks that the sender sends the signal. If not, the
/// compiler reports the sender.
fn name_of(options: &ReceiverOptions, signal: &TokenStream, sender: &Type) -> TokenStream {
    let span = span::at(sender);
    if options.is_at_end() {
        // A row is kept until then, so it must be `Clone`.
        return quote_spanned!(span=> __signals::kept_model_name::<#sender>);
    }
    if options.set.is_some() {
        return quote_spanned!(span=> __signals::model_name::<#sender>);
    }
    quote_spanned!(span=> __signals::SendersOf::<#signal>::name_of::<#sender>)
}

/// Expands the facts about the receiver. An option that was not given is omitted.
fn info(receiver: &Receiver<'_>, signal: &TokenStream) -> TokenStream {
    let options = receiver.options;
    let ident = &receiver.function.sig.ident;
    let name = ident.unraw().to_string();
    // With the name's own span, the line is that of the function.
    let place = quote_spanned!(ident.span()=> ::core::file!(), ::core::line!());
    let priority = options.priority.map(|priority| {
        let priority = Literal::i32_unsuffixed(priority.value);
        quote!(.priority(#priority))
    });
    let uid = options.uid.as_ref().map(|uid| quote!(.uid(#uid)));
    let robust = options.robust.as_ref().map(|_| quote!(.robust()));
    let raw = options.raw.as_ref().map(|_| quote!(.raw()));
    let each = options.each.as_ref().map(|_| quote!(.each()));
    let takes = takes(receiver);
    let conditions = condition::fields(options);
    let output = output(receiver);
    quote! {
        __signals::ReceiverInfo::linked(#name, ::core::module_path!(), #place)
            #priority
            #uid
            #robust
            #raw
            #each
            .takes(&[#(#takes),*])
            #conditions
            .fallible(__signals::fallible::<#signal, #output>())
    }
}

/// Lists the fields of the payload that are used, including those used only by the conditions.
fn takes(receiver: &Receiver<'_>) -> Vec<String> {
    let mut takes: Vec<_> = receiver.params.iter().map(|param| param.ident.unraw().to_string()).collect();
    if receiver.options.has_conditions() && !takes.iter().any(|name| name == condition::PREVIOUS) {
        takes.push(condition::PREVIOUS.to_owned());
    }
    takes
}

fn call(receiver: &Receiver<'_>, signal: &TokenStream) -> TokenStream {
    let sig = &receiver.function.sig;
    let span = span::at(&sig.ident);
    let function = &sig.ident;
    let args = receiver.params.iter().map(argument);
    let output = output(receiver);
    let returned = quote_spanned!(span=> #function(#(#args),*));
    if sig.asyncness.is_none() {
        return quote! {
            __signals::Call::Sync(|__event| __signals::respond::<#signal, #output>(#returned))
        };
    }
    let future = quote_spanned! {span=>
        ::std::boxed::Box::pin(async move {
            __signals::respond::<#signal, #output>(#returned.await)
        })
    };
    quote!(__signals::Call::Async(|__event| #future))
}

/// Names the returned type. The tokens are the same each time, so the compiler refuses a wrong type only
/// once.
fn output(receiver: &Receiver<'_>) -> TokenStream {
    receiver.output.map_or_else(|| quote!(()), |ty| lifetimes::erase(ty.to_token_stream()))
}

/// Expands an argument so that a wrong name or type is the compiler's own error at the parameter.
fn argument(param: &Param<'_>) -> TokenStream {
    let span = span::at(param.ident);
    if param.is_event() {
        return match param.shape {
            Shape::Mut | Shape::MutDyn => quote_spanned!(span=> &mut *__event),
            _ => quote_spanned!(span=> &*__event),
        };
    }
    // With its own span, the compiler lists the existing fields.
    let field = param.ident;
    let place = quote_spanned!(span=> __event.#field);
    match param.shape {
        Shape::MutDyn => quote_spanned!(span=> &mut *#place),
        Shape::RefDyn => quote_spanned!(span=> &*#place),
        Shape::Mut => quote_spanned!(span=> (&mut #place).__borrow_mut()),
        Shape::Ref => quote_spanned!(span=> #place.__borrow()),
        Shape::OptionMut => quote_spanned!(span=> #place.as_deref_mut()),
        Shape::OptionRef => quote_spanned!(span=> #place.as_deref()),
        Shape::Value if param.is_instance_by_value() => {
            // With the type named, the compiler refuses an instance by value in our words.
            let ty = lifetimes::erase(param.ty.to_token_stream());
            quote_spanned!(span=> __signals::lent::<_, #ty>(#place))
        }
        Shape::Value => place,
    }
}

/// Imports the methods that lend fields, for a receiver that takes any by reference. Imports those that name
/// a sender, which may not be a model.
fn methods(receiver: &Receiver<'_>) -> Option<TokenStream> {
    let is_lent = |param: &Param<'_>| !param.is_event() && matches!(param.shape, Shape::Ref | Shape::Mut);
    let lends = receiver.params.iter().any(is_lent);
    let options = receiver.options;
    let names = options.sender.is_some() && !options.is_at_end() && options.set.is_none() && options.durable.is_none();
    match (lends, names) {
        (true, true) => Some(quote!(
            use __signals::{borrowing::*, naming::*};
        )),
        (true, false) => Some(quote!(
            use __signals::borrowing::*;
        )),
        (false, true) => Some(quote!(
            use __signals::naming::*;
        )),
        (false, false) => None,
    }
}
