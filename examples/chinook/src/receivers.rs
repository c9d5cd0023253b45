//! The receivers: what happens at each save of a row, anywhere in the program. Nothing else in the program
//! names these functions.

use signals::{
    AnyModel, Error, KeySet, M2mAction, Model as _, ModelMeta, Result, Tx, m2m_changed, post_delete, post_save,
    pre_delete, pre_save, receiver,
};

use crate::cents::Cents;
use crate::failure::FieldError;
use crate::models::{AuditEntry, Customer, Employee, Invoice, InvoiceLine, PlaylistTracks};
use crate::tally;

/// Stores the e-mails of customers in one spelling.
#[receiver(pre_save, sender = Customer)]
fn normalize_customer_email(instance: &mut Customer) {
    instance.email = normalized(&instance.email);
}

/// Stores the e-mails of employees in one spelling.
#[receiver(pre_save, sender = Employee)]
fn normalize_employee_email(instance: &mut Employee) {
    instance.email = normalized(&instance.email);
}

fn normalized(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Refuses a line that sells nothing, or more than can be priced. The error undoes the save and its
/// transaction.
#[receiver(pre_save, sender = InvoiceLine)]
fn refuse_line(instance: &InvoiceLine) -> Result<(), FieldError> {
    let quantity = instance.quantity;
    if quantity < 1 {
        return Err(FieldError::new("Quantity", format!("is {quantity}, but a line sells at least one")));
    }
    if instance.unit_price.times(quantity).is_none() {
        return Err(FieldError::new("Quantity", format!("is {quantity}, which is too many to be priced")));
    }
    Ok(())
}

/// Sets an invoice's total to the sum of its lines, in the transaction that changed a line.
///
/// It adds all lines instead of adding the difference, so that it is also correct after a change and a
/// deletion.
#[receiver([post_save, post_delete], sender = InvoiceLine)]
async fn keep_total(instance: &InvoiceLine, tx: &Tx) -> Result<()> {
    let key = instance.invoice_id;
    let mut invoice = Invoice::get(tx, key).await?;
    let lines = InvoiceLine::objects().filter(InvoiceLine::INVOICE_ID.eq(key)).all(tx).await?;
    let total = lines.iter().try_fold(Cents::default(), |sum, line| sum.plus(line.unit_price.times(line.quantity)?));
    invoice.total = total.ok_or_else(|| Error::other(FieldError::new("Total", "is too large")))?;
    invoice.save(tx).update_fields([Invoice::TOTAL]).await
}

/// Sends a receipt to the customer after the commit: one per invoice, however often its total changed.
#[receiver(post_save, sender = Invoice, changed(total), on_commit)]
fn send_receipt(sender: &ModelMeta, signal: &'static str) {
    tally::add(signal, sender.name(), 1);
}

/// Writes an audit row for every row that is saved for the first time, of any model.
#[receiver(post_save)]
async fn audit(instance: &dyn AnyModel, created: bool, tx: &Tx) -> Result<()> {
    if !created {
        return Ok(());
    }
    let model = instance.meta().name().to_owned();
    let key = instance.pk().map_or_else(String::new, |key| key.to_string());
    // The save is quiet, because this receiver is called for every model and would audit the audit endlessly.
    AuditEntry { id: 0, model, key }.save(tx).quiet().await
}

/// Counts links. They are not saved one by one: one signal has all links of a call.
#[receiver(m2m_changed, sender = PlaylistTracks)]
fn count_links(action: M2mAction, keys: Option<&KeySet>, sender: &ModelMeta, signal: &'static str) {
    if action == M2mAction::PostAdd {
        tally::add(signal, sender.name(), keys.map_or(0, KeySet::len));
    }
}

/// Counts deletes. A delete sends signals for each row that it deletes, before and after.
#[receiver([pre_delete, post_delete])]
fn count_deletes(sender: &ModelMeta, signal: &'static str) {
    tally::add(signal, sender.name(), 1);
}
