//! Collects every row that a delete reaches, before anything is written.

mod collected;
mod order;
mod refusal;

use std::sync::Arc;

use super::calls::Audience;
use super::erased::Erased;
use super::keys::{AnyKeys, CHUNK_SIZE};
use super::relations::{Incoming, incoming};
use super::write_scope::WriteScope;
use crate::error::Result;
use crate::model::{ModelMeta, OnDelete};
use crate::sql::Reset;

pub(super) use collected::{Collected, Group, ReachedRows};

use order::Edge;
use refusal::Refusal;

/// Collects the rows that are deleted together with the rows of these keys.
///
/// # Errors
///
/// [`Error::Protected`](crate::error::Error::Protected) and
/// [`Error::Restricted`](crate::error::Error::Restricted).
pub(super) async fn collect(
    of: &'static dyn Erased,
    keys: Box<dyn AnyKeys>,
    audience: Audience,
    scope: &WriteScope<'_>,
) -> Result<Collected> {
    let mut collector = Collector::new(audience);
    collector.add(of, keys, scope);
    // Depth first: the last reference found is followed first.
    while let Some(reached) = collector.open.pop() {
        collector.follow(reached, scope).await?;
    }
    collector.finish(of.meta(), scope)
}

struct Collector {
    audience: Audience,
    collected: Collected,
    /// The references that are not followed yet.
    open: Vec<ReachedRows>,
    edges: Vec<Edge>,
    protected: Vec<Refusal>,
    restricted: Vec<Refusal>,
}

impl Collector {
    fn new(audience: Audience) -> Self {
        Self {
            audience,
            collected: Collected::default(),
            open: Vec::new(),
            edges: Vec::new(),
            protected: Vec::new(),
            restricted: Vec::new(),
        }
    }

    /// Adds rows to delete, and the references to those that are new.
    fn add(&mut self, of: &'static dyn Erased, mut keys: Box<dyn AnyKeys>, scope: &WriteScope<'_>) {
        keys.arrange();
        let meta = of.meta();
        let fresh = if let Some(group) = self.collected.groups.iter_mut().find(|group| group.of.meta() == meta) {
            group.keys.absorb(keys)
        } else {
            let has_receivers = self.audience.has_receivers(of, scope);
            self.collected.groups.push(Group { of, keys: keys.duplicate(), has_receivers, breaks_references: false });
            keys
        };
        let references = incoming(meta);
        if fresh.len() > 0 && !references.is_empty() {
            let keys: Arc<dyn AnyKeys> = Arc::from(fresh);
            let reached = |by: &Incoming| ReachedRows { by: *by, of, keys: Arc::clone(&keys) };
            self.open.extend(references.iter().rev().map(reached));
        }
    }

    /// Applies `on_delete` of a reference to the rows that reference deleted ones.
    async fn follow(&mut self, mut reached: ReachedRows, scope: &WriteScope<'_>) -> Result<()> {
        let by = reached.by;
        match by.on_delete {
            OnDelete::SetNull => self.collected.resets.push((reached, Reset::Null)),
            OnDelete::SetDefault => self.collected.resets.push((reached, Reset::Default)),
            OnDelete::Cascade if self.audience.may_miss(by.store, scope) => self.collected.unseen.push(reached),
            OnDelete::Cascade => {
                reached.read_values(scope).await?;
                let mut keys = by.store.keys();
                for chunk in reached.chunks() {
                    chunk.lock(scope.handle(), &mut *keys).await?;
                }
                if keys.len() > 0 {
                    self.edges.push(Edge::of(by));
                    self.add(by.store, keys, scope);
                }
            }
            OnDelete::Protect => {
                let keys = read_keys(reached, scope).await?;
                refusal::note(&mut self.protected, by, keys);
            }
            OnDelete::Restrict => {
                let keys = read_keys(reached, scope).await?;
                if keys.len() > 0 {
                    self.edges.push(Edge::of(by));
                    refusal::note(&mut self.restricted, by, keys);
                }
            }
            OnDelete::DoNothing | OnDelete::Database => {}
        }
        Ok(())
    }

    /// Fails if rows are protected or restricted, else puts the models in order.
    fn finish(self, root: &'static ModelMeta, scope: &WriteScope<'_>) -> Result<Collected> {
        let Self { mut collected, edges, protected, restricted, .. } = self;
        refusal::check(root, protected, restricted, &collected.groups)?;
        // A statement deletes all its rows together, unless the database checks references row by row.
        let at_once = if scope.references_can_wait() { CHUNK_SIZE } else { 1 };
        collected.groups = order::arrange(collected.groups, edges, at_once);
        Ok(collected)
    }
}

/// Reads the keys of the reached rows, which are not written.
async fn read_keys(mut reached: ReachedRows, scope: &WriteScope<'_>) -> Result<Box<dyn AnyKeys>> {
    reached.read_values(scope).await?;
    let mut keys = reached.by.store.keys();
    for chunk in reached.chunks() {
        chunk.read_keys(scope.handle(), &mut *keys).await?;
    }
    Ok(keys)
}
