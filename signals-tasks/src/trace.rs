//! The context of the call that enqueued a run, as the run stores it.

use serde_json::{Map, Value};
use signals_core::context::{self, Context};

/// Returns the present context as JSON, or `None` if it is empty. The trace is that of the application's tracing
/// system, if it has one.
pub(crate) fn stored() -> Option<String> {
    let context = context::current();
    let traced = context::traceparent();
    let traceparent = traced.as_deref().or(context.traceparent());
    let values = [("traceparent", traceparent), ("request_id", context.request_id()), ("actor", context.actor())];
    let values = values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    let values: Map<String, Value> = values.collect();
    (!values.is_empty()).then(|| Value::Object(values).to_string())
}

/// Reads a stored context. One that cannot be read is empty, because the run does not depend on it.
pub(crate) fn read(trace: Option<&str>) -> Context {
    let Some(Ok(Value::Object(values))) = trace.map(serde_json::from_str::<Value>) else { return Context::new() };
    let value = |name| values.get(name).and_then(Value::as_str);
    let mut context = Context::new();
    if let Some(id) = value("request_id") {
        context = context.with_request_id(id);
    }
    if let Some(actor) = value("actor") {
        context = context.with_actor(actor);
    }
    context.with_traceparent(value("traceparent").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_as_it_was_stored() {
        assert_eq!(stored(), None);
        assert_eq!(read(None), Context::new());
        assert_eq!(read(Some("not JSON")), Context::new());
        let context = Context::new().with_actor("\0 \"é").with_request_id("7");
        let context = context.with_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let trace = context::enter(context.clone(), stored);
        assert!(trace.as_deref().is_some_and(|trace| !trace.contains('\0')), "{trace:?}");
        assert_eq!(read(trace.as_deref()), context);
    }
}
