//! The expansion of a task. Each function expands one item; the first lists them in reading order.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Ident};

use crate::cfg;
use crate::name;
use crate::span;

use super::ir::{Given, Param, Task};

/// Expands a task that passed the checks.
pub(super) fn expand(task: &Task<'_>) -> TokenStream {
    let conditions = cfg::conditions(&task.function.attrs);
    let import = task.options.crate_path.import_tasks();
    let unit = unit(task, &conditions);
    let codecs = task.arguments().map(codec);
    let definition = definition(task);
    let enqueue = enqueue(task);
    let is_task = is_task(task);
    quote! {
        #unit
        #conditions
        const _: () = {
            #import
            #(#codecs)*
            #definition
            #is_task
            #enqueue
        };
    }
}

/// Expands a stub of a refused task, so that its calls cause no more errors.
pub(super) fn stub(task: &Task<'_>) -> TokenStream {
    if task.function.sig.receiver().is_some() {
        // A method is in an `impl`, which cannot contain a type.
        return TokenStream::new();
    }
    let conditions = cfg::conditions(&task.function.attrs);
    let import = task.options.crate_path.import_tasks();
    let unit = unit(task, &conditions);
    let ident = &task.function.sig.ident;
    let vis = &task.function.vis;
    let params = task.arguments().map(|Param { ident, .. }| quote!(#ident: impl ::core::marker::Sized));
    let is_task = is_task(task);
    quote! {
        #unit
        #conditions
        const _: () = {
            #import
            static TASK: __tasks::TaskDefinition = __tasks::TaskDefinition::new("", "", 0, |_| loop {});
            #is_task
            #[allow(unused_variables, dead_code, reason = "the task is refused")]
            impl #ident {
                #vis fn enqueue<'a>(on: impl __tasks::IntoHandle<'a>, #(#params),*) -> __tasks::Enqueue<'a> {
                    loop {}
                }
            }
        };
    }
}

/// Expands the type with the function's name. A function and a braced struct may have the same name.
fn unit(task: &Task<'_>, conditions: &TokenStream) -> TokenStream {
    let docs = task.function.attrs.iter().filter(|attr| is_doc(attr));
    let vis = &task.function.vis;
    let ident = &task.function.sig.ident;
    let doc = format!(" The task [`{}`](fn@{0}), to be enqueued.", ident.unraw());
    // An empty line, so that the task's own docs become the next paragraph.
    let break_ = task.function.attrs.iter().any(is_doc).then(|| quote!(#[doc = ""]));
    quote! {
        #[doc = #doc]
        #break_
        #(#docs)*
        #conditions
        #[allow(non_camel_case_types, dead_code, reason = "a task is a function and a type of one name")]
        #[derive(::core::fmt::Debug)]
        #vis struct #ident {}
    }
}

/// Expands the codec of an argument. A type that cannot be stored causes an error only here, at the type.
fn codec(param: &Param<'_>) -> TokenStream {
    let Param { ident, ty, .. } = param;
    let constant = constant(ident);
    let name = ident.unraw().to_string();
    let span = span::at(ty);
    quote_spanned! {span=>
        const #constant: __tasks::ArgumentCodec<#ty> = __tasks::argument::<#ty>(#name);
    }
}

fn definition(task: &Task<'_>) -> TokenStream {
    let ident = &task.function.sig.ident;
    let path = ["::", &ident.unraw().to_string()].concat();
    let name = task
        .options
        .name
        .as_ref()
        .map_or_else(|| quote!(::core::concat!(::core::module_path!(), #path)), |name| quote!(#name));
    // With the span of the name, the line is that of the function.
    let place = quote_spanned!(ident.span()=> ::core::file!(), ::core::line!());
    let options = options(task);
    let call = call(task);
    quote! {
        static TASK: __tasks::TaskDefinition = __tasks::TaskDefinition::new(#name, #place, #call) #options;
        __tasks::inventory::submit! { __tasks::TaskEntry(&TASK) }
    }
}

/// Expands the given options.
fn options(task: &Task<'_>) -> TokenStream {
    let options = task.options;
    let aliases = &options.aliases;
    let aliases = (!aliases.is_empty()).then(|| quote!(.aliases(&[#(#aliases),*])));
    let queue = options.queue.as_ref().map(|queue| quote!(.queue(#queue)));
    let priority = options.priority.map(|it| Literal::i32_unsuffixed(it.value)).map(|it| quote!(.priority(#it)));
    let attempts = options.max_attempts.map(|it| Literal::i32_unsuffixed(it.value));
    let attempts = attempts.map(|it| quote!(.max_attempts(#it)));
    let backoff = options.backoff.map(Literal::u64_unsuffixed).map(|it| quote!(.backoff(#it)));
    let timeout = options.timeout.map(Literal::u64_unsuffixed).map(|it| quote!(.timeout(#it)));
    let sensitive = options.sensitive.iter().map(|name| name.unraw().to_string());
    let sensitive = (!options.sensitive.is_empty()).then(|| quote!(.sensitive(&[#(#sensitive),*])));
    let takes_tx = task.given(Given::Tx).map(|_| quote!(.takes_tx()));
    quote!(#aliases #queue #priority #attempts #backoff #timeout #sensitive #takes_tx)
}

/// Expands the call of the function with the stored arguments and the values from the worker.
fn call(task: &Task<'_>) -> TokenStream {
    let function = &task.function.sig.ident;
    let args = task.params.iter().map(|param| {
        let span = span::at(param.ident);
        match param.given {
            Some(Given::Ctx) => quote_spanned!(span=> __run.ctx()),
            Some(Given::Db) => quote_spanned!(span=> __run.db()),
            Some(Given::Tx) => quote_spanned!(span=> __run.tx()?),
            None => {
                let constant = constant(param.ident);
                quote!(__run.argument(&#constant)?)
            }
        }
    });
    let span = span::at(function);
    let is_blocking = task.options.blocking.is_some();
    let wait = (!is_blocking).then(|| quote_spanned!(span=> .await));
    let returned = quote_spanned!(span=> #function(#(#args),*) #wait);
    // The error for a wrong type points at the type.
    let span = task.output.map_or_else(Span::call_site, span::at);
    let result = quote_spanned!(span=> __tasks::TaskOutput::into_result(#returned));
    if is_blocking {
        return quote!(|__run| __tasks::blocking(__run, |__run| #result));
    }
    quote!(|__run| ::std::boxed::Box::pin(async move { #result }))
}

/// Expands the impl by which a schedule finds the definition.
fn is_task(task: &Task<'_>) -> TokenStream {
    let ident = &task.function.sig.ident;
    quote! {
        impl __tasks::IsTask for #ident {
            const TASK: &'static __tasks::TaskDefinition = &TASK;
        }
    }
}

fn enqueue(task: &Task<'_>) -> TokenStream {
    let ident = &task.function.sig.ident;
    let vis = &task.function.vis;
    let params = task.arguments().map(|Param { ident, ty, .. }| quote!(#ident: #ty));
    let arguments = task.arguments().map(|Param { ident, .. }| {
        let constant = constant(ident);
        quote!(.argument(&#constant, &#ident))
    });
    quote! {
        impl #ident {
            /// Enqueues a run: nothing is written before it is awaited.
            #[allow(dead_code, clippy::needless_pass_by_value, reason = "a task need not be enqueued, and owns its arguments")]
            #vis fn enqueue<'a>(__on: impl __tasks::IntoHandle<'a>, #(#params),*) -> __tasks::Enqueue<'a> {
                __tasks::Enqueue::new(__on, &TASK) #(#arguments)*
            }
        }
    }
}

/// Returns the name of the constant of an argument.
fn constant(argument: &Ident) -> Ident {
    format_ident!("__{}", name::constant(argument).unraw(), span = Span::call_site())
}

fn is_doc(attr: &Attribute) -> bool {
    attr.path().is_ident("doc")
}
