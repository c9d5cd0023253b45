//! The receivers that keep values of other rows up to date.

use std::sync::atomic::Ordering::SeqCst;

use signals::{
    AnyModel, Error, FieldSet, KeySet, M2mAction, Result, Tx, m2m_changed, post_delete, post_save, pre_delete,
    pre_save, receiver,
};

use crate::journal::{line_state, link_key};
use crate::models::{Line, Order, OrderTags, Tag, account_of};
use crate::sql::lock;
use crate::told::{Event, Heard, NET_LINES, NET_TOTAL, mishap, tell};

/// The row that was deleted.
fn deleted<M>(previous: Option<&M>) -> Result<&M> {
    previous.ok_or_else(|| Error::other("a receiver of `post_delete` was not given the row that was deleted"))
}

/// Adds to what an order and its account keep.
fn add(order: i64, amount: i64, lines: i64) -> [String; 2] {
    let set = format!("SET total = total + ({amount}), line_count = line_count + ({lines})");
    let account = account_of(order);
    [format!("UPDATE load_order {set} WHERE id = {order}"), format!("UPDATE load_account {set} WHERE id = {account}")]
}

/// Returns the row as it was written. A save that is limited to other columns does not change its order, even
/// if the instance has an old one.
fn written(instance: &Line, previous: Option<&Line>, update_fields: Option<&FieldSet>) -> Line {
    let mut line = instance.clone();
    if let (Some(previous), Some(fields)) = (previous, update_fields)
        && !fields.contains(Line::ORDER_ID)
    {
        line.order_id = previous.order_id;
    }
    line
}

/// The order is locked first, since MariaDB would lock it only to read for the reference, and two of these
/// would then wait for each other.
#[receiver(pre_save, sender = Line)]
async fn lock_orders(instance: &Line, previous: Option<&Line>, tx: &Tx) -> Result<()> {
    mishap()?;
    let mut orders = vec![instance.order_id];
    orders.extend(previous.map(|previous| previous.order_id));
    lock(tx, "load_order", &orders).await
}

#[receiver(post_save, sender = Line)]
async fn add_line(
    instance: &Line,
    previous: Option<&Line>,
    created: bool,
    update_fields: Option<&FieldSet>,
    tx: &Tx,
) -> Result<()> {
    mishap()?;
    let instance = &written(instance, previous, update_fields);
    let (old, new) = (previous.map_or(0, line_state), line_state(instance));
    let mut kept = Vec::new();
    match previous {
        Some(previous) if previous.order_id == instance.order_id => {
            kept.extend(add(instance.order_id, instance.amount - previous.amount, 0));
        }
        _ => {
            kept.extend(previous.into_iter().flat_map(|previous| add(previous.order_id, -previous.amount, -1)));
            kept.extend(add(instance.order_id, instance.amount, 1));
        }
    }
    if old == new && !created {
        return Ok(());
    }
    let what = if created { "line+" } else { "line~" };
    tell(tx, Heard::Row, vec![Event::new(what, instance.id, old, new)], kept).await
}

#[receiver(pre_delete, sender = Line)]
async fn lock_order(previous: Option<&Line>, tx: &Tx) -> Result<()> {
    mishap()?;
    let orders: Vec<_> = previous.into_iter().map(|previous| previous.order_id).collect();
    lock(tx, "load_order", &orders).await
}

#[receiver(post_delete, sender = Line)]
async fn take_line(previous: Option<&Line>, tx: &Tx) -> Result<()> {
    mishap()?;
    let line = deleted(previous)?;
    let kept = add(line.order_id, -line.amount, -1).to_vec();
    tell(tx, Heard::Row, vec![Event::new("line-", line.id, line_state(line), 0)], kept).await
}

#[receiver(post_save, sender = Line, set)]
async fn lines_saved(instances: &[Line], created: &[bool], tx: &Tx) -> Result<()> {
    mishap()?;
    let new = instances.iter().zip(created).filter(|(_, created)| **created);
    let events = new.map(|(line, _)| Event::new("line+", line.id, 0, line_state(line))).collect();
    tell(tx, Heard::Set, events, Vec::new()).await
}

#[receiver(post_delete, sender = Line, set)]
async fn lines_deleted(previous: &[Option<&Line>], tx: &Tx) -> Result<()> {
    mishap()?;
    let lines = previous.iter().map(|previous| deleted(*previous)).collect::<Result<Vec<_>>>()?;
    let events = lines.into_iter().map(|line| Event::new("line-", line.id, line_state(line), 0)).collect();
    tell(tx, Heard::Set, events, Vec::new()).await
}

#[receiver(post_save, sender = Line, on_commit)]
fn line_committed(instance: &Line, previous: Option<&Line>, created: bool) {
    NET_LINES.fetch_add(i64::from(created), SeqCst);
    NET_TOTAL.fetch_add(instance.amount - previous.map_or(0, |previous| previous.amount), SeqCst);
}

#[receiver(post_delete, sender = Line, on_commit)]
fn line_gone(previous: Option<&Line>) -> Result<()> {
    NET_LINES.fetch_sub(1, SeqCst);
    NET_TOTAL.fetch_sub(deleted(previous)?.amount, SeqCst);
    Ok(())
}

fn count_order(order: i64, by: i64) -> String {
    let account = account_of(order);
    format!("UPDATE load_account SET order_count = order_count + ({by}) WHERE id = {account}")
}

#[receiver(post_save, sender = Order)]
async fn order_saved(instance: &Order, previous: Option<&Order>, created: bool, tx: &Tx) -> Result<()> {
    mishap()?;
    let (old, new) = (previous.map_or(0, |previous| previous.note), instance.note);
    if created {
        let kept = vec![count_order(instance.id, 1)];
        return tell(tx, Heard::Row, vec![Event::new("order+", instance.id, old, new)], kept).await;
    }
    let changed = (old != new).then(|| Event::new("order~", instance.id, old, new));
    tell(tx, Heard::Row, changed.into_iter().collect(), Vec::new()).await
}

#[receiver(post_delete, sender = Order)]
async fn order_deleted(previous: Option<&Order>, tx: &Tx) -> Result<()> {
    mishap()?;
    let order = deleted(previous)?;
    let kept = vec![count_order(order.id, -1)];
    tell(tx, Heard::Row, vec![Event::new("order-", order.id, order.note, 0)], kept).await
}

#[receiver(post_save, sender = Tag)]
async fn tag_saved(instance: &Tag, previous: Option<&Tag>, created: bool, tx: &Tx) -> Result<()> {
    mishap()?;
    let (old, new) = (previous.map_or(0, |previous| previous.color), instance.color);
    let what = if created { "tag+" } else { "tag~" };
    let events = (created || old != new).then(|| Event::new(what, instance.id, old, new));
    tell(tx, Heard::Row, events.into_iter().collect(), Vec::new()).await
}

#[receiver(post_delete, sender = Tag)]
async fn tag_deleted(previous: Option<&Tag>, tx: &Tx) -> Result<()> {
    mishap()?;
    let tag = deleted(previous)?;
    tell(tx, Heard::Row, vec![Event::new("tag-", tag.id, tag.color, 0)], Vec::new()).await
}

/// The order and the tag of each link that a change is about.
fn links(instance: &dyn AnyModel, keys: Option<&KeySet>) -> Vec<(i64, i64)> {
    let others = keys.and_then(KeySet::as_slice::<i64>).unwrap_or_default().iter();
    if let Some(order) = instance.downcast_ref::<Order>() {
        return others.map(|tag| (order.id, *tag)).collect();
    }
    let tag = instance.downcast_ref::<Tag>().expect("the relation has two sides");
    others.map(|order| (*order, tag.id)).collect()
}

/// Inserted links add to the uses of their tags. Removed links take from them when their own rows are
/// deleted.
#[receiver(m2m_changed, sender = OrderTags)]
async fn links_changed(action: M2mAction, instance: &dyn AnyModel, keys: Option<&KeySet>, tx: &Tx) -> Result<()> {
    mishap()?;
    let links = links(instance, keys);
    match action {
        M2mAction::PreAdd => {
            let tags: Vec<_> = links.iter().map(|(_, tag)| *tag).collect();
            lock(tx, "load_tag", &tags).await
        }
        M2mAction::PostAdd => {
            let events = links.iter().map(|(order, tag)| Event::new("link+", link_key(*order, *tag), 0, 0));
            let kept = links.iter().map(|(_, tag)| use_tag(*tag, 1));
            tell(tx, Heard::Row, events.collect(), kept.collect()).await
        }
        _ => Ok(()),
    }
}

fn use_tag(tag: i64, by: i64) -> String {
    format!("UPDATE load_tag SET uses = uses + ({by}) WHERE id = {tag}")
}

#[receiver(post_delete, sender = OrderTags)]
async fn link_deleted(instance: &OrderTags, tx: &Tx) -> Result<()> {
    mishap()?;
    let event = Event::new("link-", link_key(instance.order_id, instance.tag_id), 0, 0);
    tell(tx, Heard::Row, vec![event], vec![use_tag(instance.tag_id, -1)]).await
}

#[receiver(post_delete, sender = OrderTags, set)]
async fn links_deleted(instances: &[OrderTags], tx: &Tx) -> Result<()> {
    mishap()?;
    let events = instances.iter().map(|link| Event::new("link-", link_key(link.order_id, link.tag_id), 0, 0));
    tell(tx, Heard::Set, events.collect(), Vec::new()).await
}
