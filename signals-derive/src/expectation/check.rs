//! What the name of an expected receiver must be.

use syn::LitStr;

use crate::sink::Sink;

/// Checks each name.
pub(super) fn names(names: &[LitStr], sink: &mut Sink) {
    for name in names {
        let text = name.value();
        if text.is_empty() {
            sink.push(name, "the name of a receiver is empty; write its uid, or its path such as `\"plugin::audit\"`");
        } else if ["::", "crate::", "self::", "super::"].iter().any(|start| text.starts_with(start)) {
            let message =
                "the path of a receiver begins with the name of its crate; write it as in `\"plugin::audit\"`";
            sink.push(name, message);
        }
    }
}
