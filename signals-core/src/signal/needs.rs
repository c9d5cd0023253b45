//! The set of a payload's fields that a receiver takes.

/// The fields that a write prepares for its receivers only if a receiver takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs(u8);

impl Needs {
    /// The transaction.
    pub(crate) const TX: Self = Self(1);
    /// The row or the rows as they were in the database.
    pub(crate) const PREVIOUS: Self = Self(1 << 1);
    /// The instance.
    pub(crate) const INSTANCE: Self = Self(1 << 2);
    /// The instances of a set.
    pub(crate) const INSTANCES: Self = Self(1 << 3);
    /// The whole payload.
    const EVENT: Self = Self(1 << 4);

    /// Returns the needs of a receiver that takes these fields.
    pub(crate) fn of(fields: &[&str]) -> Self {
        Self(fields.iter().fold(0, |needs, field| needs | Self::of_field(field).0))
    }

    fn of_field(field: &str) -> Self {
        match field {
            "tx" => Self::TX,
            "previous" => Self::PREVIOUS,
            "instance" => Self::INSTANCE,
            "instances" => Self::INSTANCES,
            "event" => Self::EVENT,
            _ => Self(0),
        }
    }

    /// Returns whether this field is taken by its name. The whole payload does not count.
    #[inline]
    pub(crate) const fn names(self, field: Self) -> bool {
        self.0 & field.0 != 0
    }

    /// Returns whether this field is taken, by its name or with the whole payload.
    #[inline]
    pub(crate) const fn uses(self, field: Self) -> bool {
        self.0 & (field.0 | Self::EVENT.0) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Needs;

    #[test]
    fn the_whole_payload_uses_each_field_and_names_none() {
        let whole = Needs::of(&["event"]);
        assert!(whole.uses(Needs::TX) && whole.uses(Needs::PREVIOUS));
        assert!(!whole.names(Needs::TX) && !whole.names(Needs::PREVIOUS));
    }

    #[test]
    fn a_field_is_used_by_receivers_that_name_it() {
        let some = Needs::of(&["instance", "previous", "created"]);
        assert!(some.names(Needs::PREVIOUS) && some.uses(Needs::INSTANCE));
        assert!(!some.uses(Needs::TX) && !some.uses(Needs::INSTANCES));
    }
}
