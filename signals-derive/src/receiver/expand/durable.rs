//! The expansion of a durable receiver: a task, and a receiver that enqueues its runs.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Path, Type};

use crate::cfg;
use crate::keys;
use crate::receiver::ir::{Param, Receiver, Shape};
use crate::receiver::syntax::{Durable, ReceiverOptions};
use crate::span;
use crate::task::Given;

use super::{argument, condition, methods};

/// The default of `max_wait`, as a multiple of `debounce`.
const MAX_WAIT: u64 = 10;

/// Expands the task and the registration of its receiver.
pub(super) fn registration(receiver: &Receiver<'_>, signal: &Path, durable: &Durable) -> TokenStream {
    let options = receiver.options;
    let conditions = cfg::conditions(&receiver.function.attrs);
    let (import, import_tasks) = (options.crate_path.import(), options.crate_path.import_tasks());
    let methods = methods(receiver);
    let merges = merges(options, signal);
    let items = match &options.sender {
        Some(sender) => of_rows(receiver, signal, sender, durable),
        None => of_payload(receiver, signal, durable),
    };
    quote! {
        #conditions
        const _: () = {
            #import
            #import_tasks
            #methods
            #merges
            #items
            __tasks::inventory::submit! { __tasks::TaskEntry(&TASK) }
            __signals::inventory::submit! { __signals::Registration(&RECEIVER) }
        };
    }
}

/// Expands a receiver of the rows of a model.
fn of_rows(receiver: &Receiver<'_>, signal: &Path, sender: &Type, durable: &Durable) -> TokenStream {
    let stored = stored(receiver, signal, sender, durable);
    let event = quote!(__tasks::receive::<#signal, #sender>(__run, &STORED).await?);
    let task = task(receiver, &event);
    let info = info(receiver, durable);
    let name_of = quote_spanned!(span::at(sender)=> __signals::model_name::<#sender>);
    let chooses = condition::chooses(receiver.options, signal, sender);
    let chooses = chooses
        .map_or_else(|| quote!(::core::option::Option::None), |chooses| quote!(::core::option::Option::Some(#chooses)));
    quote! {
        const STORED: __tasks::Stored<#sender> = #stored;
        static TASK: __tasks::TaskDefinition = #task;
        static ROWS: __tasks::DurableRows<#signal, #sender> = __tasks::DurableRows::new(&TASK, STORED, #chooses);
        static ATTACHMENT: __tasks::Attachment<__tasks::Sent<#signal>, #sender> = __tasks::attachment::<#signal, #sender>(
            |__on, __key| ROWS.is_attachable(__on, __key),
            |__event, __key| ROWS.attach(__event, __key),
        );
        static RECEIVER: __signals::Receiver<__tasks::Sent<#signal>, #sender> = __signals::Receiver::new(
            #name_of,
            #info,
            __signals::Call::Async(|__event| ROWS.enqueue(__event, __event.tx.clone())),
        )
        .attaching(&ATTACHMENT);
    }
}

/// Expands a receiver of a signal without senders.
fn of_payload(receiver: &Receiver<'_>, signal: &Path, durable: &Durable) -> TokenStream {
    let stored = quote_spanned!(span::at(&durable.word)=> __tasks::payload::<#signal>());
    let task = task(receiver, &quote!(__tasks::receive_event::<#signal>(__run, &STORED)?));
    let info = info(receiver, durable);
    quote! {
        const STORED: __tasks::StoredEvent<#signal> = #stored;
        static TASK: __tasks::TaskDefinition = #task;
        static RECEIVER: __signals::Receiver<#signal, __signals::Any<#signal>> =
            __signals::Receiver::any(#info, __signals::Call::Async(|__event| {
                __tasks::enqueue_event::<#signal>(__event, &TASK, &STORED)
            }));
    }
}

/// Expands how the row is stored. What the model lacks for it is an error at the word.
fn stored(receiver: &Receiver<'_>, signal: &Path, sender: &Type, durable: &Durable) -> TokenStream {
    let stored = if let Some(word) = &durable.snapshot {
        quote_spanned!(span::at(word)=> __tasks::snapshot::<#sender>())
    } else {
        quote_spanned!(span::at(&durable.word)=> __tasks::reread::<#signal, #sender>())
    };
    let is_read = receiver.params.iter().any(|param| param.is("instance"));
    if is_read { stored } else { quote!(#stored.unread()) }
}

/// Expands the check that the runs of the signal may be merged. If not, the compiler reports the option.
fn merges(options: &ReceiverOptions, signal: &Path) -> Option<TokenStream> {
    let words = &options.run.words;
    let word = words.find(keys::DEBOUNCE).or_else(|| words.find(keys::COALESCE))?;
    Some(quote_spanned!(span::at(word)=> const _: () = __tasks::merges::<#signal>();))
}

/// Expands the task. `event` is what a run passes to the receiver.
fn task(receiver: &Receiver<'_>, event: &TokenStream) -> TokenStream {
    let options = receiver.options;
    let ident = &receiver.function.sig.ident;
    let path = ["::", &ident.unraw().to_string()].concat();
    let name =
        options.uid.as_ref().map_or_else(|| quote!(::core::concat!(::core::module_path!(), #path)), |uid| quote!(#uid));
    let place = quote_spanned!(ident.span()=> ::core::file!(), ::core::line!());
    let call = call(receiver, event);
    let run = run(receiver);
    quote!(__tasks::TaskDefinition::new(#name, #place, #call) #run)
}

/// Expands the options of the runs.
fn run(receiver: &Receiver<'_>) -> TokenStream {
    let options = receiver.options;
    let run = &options.run;
    let aliases = (!run.aliases.is_empty()).then_some(&run.aliases).map(|it| quote!(.aliases(&[#(#it),*])));
    let queue = run.queue.as_ref().map(|queue| quote!(.queue(#queue)));
    let priority = options.priority.map(|it| Literal::i32_unsuffixed(it.value)).map(|it| quote!(.priority(#it)));
    let attempts = run.max_attempts.map(|it| Literal::i32_unsuffixed(it.value));
    let attempts = attempts.map(|it| quote!(.max_attempts(#it)));
    let backoff = run.backoff.map(Literal::u64_unsuffixed).map(|it| quote!(.backoff(#it)));
    let timeout = run.timeout.map(Literal::u64_unsuffixed).map(|it| quote!(.timeout(#it)));
    let debounce = run.debounce.map(|debounce| {
        let max_wait = run.max_wait.unwrap_or_else(|| debounce.saturating_mul(MAX_WAIT));
        let (debounce, max_wait) = (Literal::u64_unsuffixed(debounce), Literal::u64_unsuffixed(max_wait));
        quote!(.debounce(#debounce, #max_wait))
    });
    let coalesce = run.words.find(keys::COALESCE).map(|_| quote!(.coalesce()));
    let parallel = run.words.find(keys::PARALLEL).map(|_| quote!(.parallel()));
    let takes_tx = receiver.params.iter().any(|param| Given::by(param.ident) == Some(Given::Tx));
    let takes_tx = takes_tx.then(|| quote!(.takes_tx()));
    quote!(#aliases #queue #priority #attempts #backoff #timeout #debounce #coalesce #parallel #takes_tx)
}

/// Expands the call of the receiver in a run.
fn call(receiver: &Receiver<'_>, event: &TokenStream) -> TokenStream {
    let sig = &receiver.function.sig;
    let function = &sig.ident;
    let is_of_model = receiver.options.sender.is_some();
    let args = receiver.params.iter().map(|param| parameter(param, is_of_model));
    let mutable = receiver.params.iter().any(|it| matches!(it.shape, Shape::Mut | Shape::MutDyn | Shape::OptionMut));
    let mutable = mutable.then(|| quote!(mut));
    let span = span::at(function);
    let wait = sig.asyncness.map(|_| quote_spanned!(span=> .await));
    let returned = quote_spanned!(span=> #function(#(#args),*) #wait);
    let span = receiver.output.map_or_else(Span::call_site, span::at);
    let result = quote_spanned!(span=> __tasks::TaskOutput::into_result(#returned));
    quote! {
        |__run| ::std::boxed::Box::pin(async move {
            let #mutable __event = #event;
            #result
        })
    }
}

/// Expands an argument: from the worker, the row, or another field of the payload.
fn parameter(param: &Param<'_>, is_of_model: bool) -> TokenStream {
    let span = span::at(param.ident);
    match Given::by(param.ident) {
        Some(Given::Ctx) => return quote_spanned!(span=> __run.ctx()),
        Some(Given::Db) => return quote_spanned!(span=> __run.db()),
        Some(Given::Tx) => return quote_spanned!(span=> __run.tx()?),
        None => {}
    }
    if !is_of_model || !param.is("instance") {
        return argument(param);
    }
    match param.shape {
        Shape::Ref | Shape::RefDyn => quote_spanned!(span=> __tasks::present(__event.instance.as_deref())?),
        Shape::Mut | Shape::MutDyn => quote_spanned!(span=> __tasks::present(__event.instance.as_deref_mut())?),
        Shape::OptionRef | Shape::OptionMut | Shape::Value => argument(param),
    }
}

/// Expands the facts about the receiver that enqueues.
fn info(receiver: &Receiver<'_>, durable: &Durable) -> TokenStream {
    let options = receiver.options;
    let ident = &receiver.function.sig.ident;
    let name = ident.unraw().to_string();
    let place = quote_spanned!(ident.span()=> ::core::file!(), ::core::line!());
    let uid = options.uid.as_ref().map(|uid| quote!(.uid(#uid)));
    let raw = options.raw.as_ref().map(|_| quote!(.raw()));
    let takes_previous = receiver.params.iter().any(|param| param.is(condition::PREVIOUS));
    let previous = options.has_conditions() || (durable.snapshot.is_some() && takes_previous);
    let fields = if options.sender.is_some() { &["instances", "tx"][..] } else { &[] };
    let conditions = condition::fields(options);
    let takes = fields.iter().copied().chain(previous.then_some(condition::PREVIOUS));
    quote! {
        __signals::ReceiverInfo::linked(#name, ::core::module_path!(), #place)
            #uid
            #raw
            .durable()
            .takes(&[#(#takes),*])
            #conditions
    }
}
