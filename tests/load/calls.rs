//! The calls of the tasks: every way to write a row or a link with its signals.

use signals::{Db, Error, Model, Result, Tx};

use crate::models::{Line, ORDERS, Order, TAGS, Tag};
use crate::outcome::Outcome;
use crate::random::Random;
use crate::target::{On, on};

/// What a task may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    CreateLine,
    BulkCreate,
    GetOrCreate,
    UpdateOrCreate,
    SaveLine,
    UpdateFields,
    MoveLine,
    BulkUpdate,
    UpdateSet,
    DeleteLine,
    DeleteTwice,
    DeleteStale,
    BulkDelete,
    DeleteSet,
    CreateOrder,
    NoteOrder,
    NoteOrders,
    DeleteOrder,
    DeleteOrders,
    CreateTag,
    ColorTag,
    DeleteTag,
    AddTags,
    AddOrders,
    RemoveTags,
    RemoveOrders,
    SetTags,
    ReplaceTags,
    ClearTags,
    ClearOrders,
    Transaction,
}

impl Call {
    pub const ALL: [Self; 31] = [
        Self::CreateLine,
        Self::BulkCreate,
        Self::GetOrCreate,
        Self::UpdateOrCreate,
        Self::SaveLine,
        Self::UpdateFields,
        Self::MoveLine,
        Self::BulkUpdate,
        Self::UpdateSet,
        Self::DeleteLine,
        Self::DeleteTwice,
        Self::DeleteStale,
        Self::BulkDelete,
        Self::DeleteSet,
        Self::CreateOrder,
        Self::NoteOrder,
        Self::NoteOrders,
        Self::DeleteOrder,
        Self::DeleteOrders,
        Self::CreateTag,
        Self::ColorTag,
        Self::DeleteTag,
        Self::AddTags,
        Self::AddOrders,
        Self::RemoveTags,
        Self::RemoveOrders,
        Self::SetTags,
        Self::ReplaceTags,
        Self::ClearTags,
        Self::ClearOrders,
        Self::Transaction,
    ];

    /// Returns how often it is chosen, so that there are rows to write.
    fn weight(self) -> u64 {
        match self {
            Self::CreateOrder => 15,
            Self::BulkCreate | Self::Transaction => 10,
            Self::CreateLine | Self::CreateTag | Self::AddTags | Self::AddOrders => 6,
            Self::DeleteOrders | Self::DeleteTag | Self::ClearOrders => 1,
            _ => 3,
        }
    }

    /// One of them, by weight.
    pub fn choose(of: &[Self], random: &mut Random) -> Self {
        let mut place = random.below(of.iter().map(|call| call.weight()).sum());
        for call in of {
            match place.checked_sub(call.weight()) {
                Some(rest) => place = rest,
                None => return *call,
            }
        }
        of[0]
    }
}

/// A task's own: its random choices, and instances that it loaded a while ago.
pub struct Worker {
    pub random: Random,
    pub calls: Vec<Call>,
    lines: Vec<Line>,
    orders: Vec<Order>,
    tags: Vec<Tag>,
}

impl Worker {
    pub fn new(random: Random, calls: Vec<Call>) -> Self {
        Self { random, calls, lines: Vec::new(), orders: Vec::new(), tags: Vec::new() }
    }

    /// Makes a call.
    pub async fn call(&mut self, call: Call, db: &Db) -> Result<()> {
        if call == Call::Transaction {
            return Box::pin(self.transaction(db)).await;
        }
        Box::pin(self.simple(call, &On::Db(db.clone()))).await
    }

    /// Some calls in one transaction, some of them in savepoints that are kept or rolled back.
    async fn transaction(&mut self, db: &Db) -> Result<()> {
        if self.random.percent(30) {
            return db.atomic(|tx| async move { self.steps(&tx).await }).await;
        }
        let tx = db.begin().await?;
        self.steps(&tx).await?;
        match self.random.below(10) {
            0..=6 => tx.commit().await,
            7 => tx.rollback().await,
            _ => Ok(()),
        }
    }

    async fn steps(&mut self, tx: &Tx) -> Result<()> {
        for _ in 0..=self.random.below(3) {
            if self.random.percent(60) {
                self.step(tx).await?;
                continue;
            }
            let savepoint = tx.begin().await?;
            self.step(&savepoint).await?;
            match self.random.below(3) {
                0 => savepoint.commit().await?,
                1 => savepoint.rollback().await?,
                _ => drop(savepoint),
            }
        }
        Ok(())
    }

    /// A call whose failure is undone by itself, so that the transaction goes on.
    async fn step(&mut self, tx: &Tx) -> Result<()> {
        let simple: Vec<_> = self.calls.iter().copied().filter(|call| *call != Call::Transaction).collect();
        let simple = if simple.is_empty() { vec![Call::CreateLine, Call::DeleteLine] } else { simple };
        let call = Call::choose(&simple, &mut self.random);
        match Box::pin(self.simple(call, &On::Tx(tx.clone()))).await {
            Err(error) if matches!(Outcome::of(&error), Outcome::Refused | Outcome::Missed) => Ok(()),
            outcome => outcome,
        }
    }

    async fn simple(&mut self, call: Call, on: &On) -> Result<()> {
        match call {
            Call::CreateLine | Call::BulkCreate | Call::GetOrCreate | Call::UpdateOrCreate => {
                self.create_lines(call, on).await
            }
            Call::SaveLine | Call::UpdateFields | Call::MoveLine | Call::BulkUpdate | Call::UpdateSet => {
                self.change_lines(call, on).await
            }
            Call::DeleteLine | Call::DeleteTwice | Call::DeleteStale | Call::BulkDelete | Call::DeleteSet => {
                self.delete_lines(call, on).await
            }
            Call::CreateOrder | Call::NoteOrder | Call::NoteOrders | Call::DeleteOrder | Call::DeleteOrders => {
                self.write_orders(call, on).await
            }
            Call::CreateTag | Call::ColorTag | Call::DeleteTag => self.write_tags(call, on).await,
            _ => self.link(call, on).await,
        }
    }

    fn new_line(&mut self) -> Line {
        Line { id: 0, order_id: self.random.between(1, ORDERS), amount: self.amount(), slot: None }
    }

    fn amount(&mut self) -> i64 {
        self.random.between(1, 999)
    }

    async fn create_lines(&mut self, call: Call, on: &On) -> Result<()> {
        let mut line = self.new_line();
        match call {
            Call::CreateLine => on!(on, |db| line.save(db))?,
            Call::BulkCreate => {
                let mut lines: Vec<_> = (0..self.random.between(2, 5)).map(|_| self.new_line()).collect();
                return on!(on, |db| Line::bulk_create(db, &mut lines)).map(drop);
            }
            _ => {
                let slot = self.random.between(1, 3);
                line.slot = Some(slot);
                let amount = self.amount();
                let found = Line::objects().filter(Line::ORDER_ID.eq(line.order_id).and(Line::SLOT.eq(Some(slot))));
                line = match call {
                    Call::GetOrCreate => on!(on, |db| found.get_or_create(db, || line))?.0,
                    _ => on!(on, |db| found.update_or_create(db, |found| found.amount = amount, || line))?.0,
                };
            }
        }
        self.keep_line(line);
        Ok(())
    }

    async fn change_lines(&mut self, call: Call, on: &On) -> Result<()> {
        if call == Call::UpdateSet {
            let (order, amount) = (self.random.between(1, ORDERS), self.amount());
            let lines = Line::objects().filter(Line::ORDER_ID.eq(order));
            return on!(on, |db| lines.update(db, [Line::AMOUNT.set(amount)])).map(drop);
        }
        if call == Call::BulkUpdate {
            let mut lines = self.some_lines(on).await?;
            for line in &mut lines {
                line.amount = self.amount();
            }
            return on!(on, |db| Line::bulk_update(db, &mut lines, [Line::AMOUNT])).map(drop);
        }
        let Some(mut line) = self.some_line(on).await? else { return Ok(()) };
        match call {
            Call::MoveLine => line.order_id = self.random.between(1, ORDERS),
            _ => line.amount = self.amount(),
        }
        match call {
            Call::UpdateFields => on!(on, |db| line.save(db).update_fields([Line::AMOUNT]))?,
            _ => on!(on, |db| line.save(db))?,
        }
        self.keep_line(line);
        Ok(())
    }

    async fn delete_lines(&mut self, call: Call, on: &On) -> Result<()> {
        if call == Call::DeleteSet {
            let (order, amount) = (self.random.between(1, ORDERS), self.amount());
            let lines = Line::objects().filter(Line::ORDER_ID.eq(order).and(Line::AMOUNT.lt(amount)));
            return on!(on, |db| lines.delete(db)).map(drop);
        }
        if call == Call::BulkDelete {
            let lines = self.some_lines(on).await?;
            return on!(on, |db| Line::bulk_delete(db, &lines)).map(drop);
        }
        let Some(line) = self.some_line(on).await? else { return Ok(()) };
        if call == Call::DeleteStale {
            let mut changed = line.clone();
            changed.amount = self.amount();
            on!(on, |db| changed.save(db))?;
        }
        on!(on, |db| line.delete(db))?;
        if call == Call::DeleteTwice {
            on!(on, |db| line.delete(db))?;
        }
        Ok(())
    }

    async fn write_orders(&mut self, call: Call, on: &On) -> Result<()> {
        let (id, note) = (self.random.between(1, ORDERS), self.amount());
        match call {
            Call::CreateOrder => {
                let mut order = Order::new(id, note);
                on!(on, |db| order.save(db).force_insert())
            }
            Call::NoteOrder => {
                let mut order = Order::new(id, note);
                on!(on, |db| order.save(db).update_fields([Order::NOTE]))
            }
            Call::NoteOrders => {
                let orders = Order::objects().filter(Order::ID.in_(self.random.keys(ORDERS)));
                on!(on, |db| orders.update(db, [Order::NOTE.set(note)])).map(drop)
            }
            Call::DeleteOrder => {
                let order = self.some_order(on, id).await?;
                on!(on, |db| order.delete(db)).map(drop)
            }
            _ => {
                let orders = Order::objects().filter(Order::ID.in_(self.random.keys(ORDERS)));
                on!(on, |db| orders.delete(db)).map(drop)
            }
        }
    }

    async fn write_tags(&mut self, call: Call, on: &On) -> Result<()> {
        let (id, color) = (self.random.between(1, TAGS), self.amount());
        let mut tag = Tag::new(id, color);
        match call {
            Call::CreateTag => on!(on, |db| tag.save(db).force_insert()),
            Call::ColorTag => on!(on, |db| tag.save(db).update_fields([Tag::COLOR])),
            _ => {
                let tag = self.some_tag(on, id).await?;
                on!(on, |db| tag.delete(db)).map(drop)
            }
        }
    }

    async fn link(&mut self, call: Call, on: &On) -> Result<()> {
        let order = Order::new(self.random.between(1, ORDERS), 0);
        let tag = Tag::new(self.random.between(1, TAGS), 0);
        let (orders, tags) = (self.random.keys(ORDERS), self.random.keys(TAGS));
        match call {
            Call::AddTags => on!(on, |db| order.tags().add(db, tags)),
            Call::AddOrders => on!(on, |db| tag.orders().add(db, orders)),
            Call::RemoveTags => on!(on, |db| order.tags().remove(db, tags)),
            Call::RemoveOrders => on!(on, |db| tag.orders().remove(db, orders)),
            Call::SetTags => on!(on, |db| order.tags().set(db, tags)),
            Call::ReplaceTags => on!(on, |db| order.tags().set(db, tags).clear()),
            Call::ClearTags => on!(on, |db| order.tags().clear(db)),
            _ => on!(on, |db| tag.orders().clear(db)),
        }
    }

    /// A line: as it is now, or as it was a while ago.
    async fn some_line(&mut self, on: &On) -> Result<Option<Line>> {
        if !self.lines.is_empty() && self.random.percent(50) {
            return Ok(Some(self.kept_line()));
        }
        let (order, place) = (self.random.between(1, ORDERS), self.random.below(6));
        let lines = Line::objects().filter(Line::ORDER_ID.eq(order)).order_by([Line::ID.asc()]).offset(place);
        let line = on!(on, |db| lines.first(db))?;
        line.clone().into_iter().for_each(|line| self.keep_line(line));
        Ok(line)
    }

    /// Some lines of any age, each once.
    async fn some_lines(&mut self, on: &On) -> Result<Vec<Line>> {
        let mut lines: Vec<Line> = Vec::new();
        for _ in 0..self.random.between(2, 4) {
            let line = self.some_line(on).await?;
            lines.extend(line.filter(|line| lines.iter().all(|other| other.id != line.id)));
        }
        Ok(lines)
    }

    async fn some_order(&mut self, on: &On, id: i64) -> Result<Order> {
        if let Some(kept) = self.orders.iter().find(|order| order.id == id).filter(|_| self.random.percent(50)) {
            return Ok(kept.clone());
        }
        let order = on!(on, |db| Order::get(db, id))?;
        self.orders.retain(|other| other.id != id);
        self.orders.push(order.clone());
        Ok(order)
    }

    async fn some_tag(&mut self, on: &On, id: i64) -> Result<Tag> {
        if let Some(kept) = self.tags.iter().find(|tag| tag.id == id).filter(|_| self.random.percent(50)) {
            return Ok(kept.clone());
        }
        let tag = on!(on, |db| Tag::get(db, id))?;
        self.tags.retain(|other| other.id != id);
        self.tags.push(tag.clone());
        Ok(tag)
    }

    fn kept_line(&mut self) -> Line {
        let place = self.random.below(self.lines.len().try_into().unwrap());
        self.lines[usize::try_from(place).unwrap()].clone()
    }

    /// Keeps an instance, which becomes outdated over time.
    fn keep_line(&mut self, line: Line) {
        if self.lines.len() < 20 {
            self.lines.push(line);
        } else {
            let place = usize::try_from(self.random.below(20)).unwrap();
            self.lines[place] = line;
        }
    }
}

/// Returns whether the row or the reference of a call was missing, which others may have caused.
pub fn is_missed(error: &Error) -> bool {
    matches!(error, Error::DoesNotExist { .. } | Error::NotUpdated { .. })
}
