//! What happens whenever a row is saved, wherever that is done. Nothing else in the program names these functions.

use signals::{AnyModel, Error, Model as _, Result, Tx, post_delete, post_save, pre_save, receiver};

use crate::cents::Cents;
use crate::failure::FieldError;
use crate::models::{AuditEntry, Customer, Employee, Invoice, InvoiceLine};

/// Customers are known by one spelling of their e-mail.
#[receiver(pre_save, sender = Customer)]
fn normalize_customer_email(instance: &mut Customer) {
    instance.email = normalized(&instance.email);
}

/// And so are employees.
#[receiver(pre_save, sender = Employee)]
fn normalize_employee_email(instance: &mut Employee) {
    instance.email = normalized(&instance.email);
}

fn normalized(email: &str) -> String {
    email.trim().to_lowercase()
}

/// A line sells something, and no more than can be priced. The error undoes the save, and the transaction it is part of.
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

/// An invoice's total is what its lines add up to, in the transaction that changed a line.
///
/// It adds them up anew instead of adding the difference, so that it is right after a change and a deletion too.
#[receiver([post_save, post_delete], sender = InvoiceLine)]
async fn keep_total(instance: &InvoiceLine, tx: &Tx) -> Result<()> {
    let key = instance.invoice_id;
    let Some(mut invoice) = Invoice::find(tx, key).await? else {
        return Err(Error::other(FieldError::new("InvoiceId", format!("is {key}, and no invoice has this key"))));
    };
    // SQLite sums integers exactly, and fails where the sum overflows; that no product does, `refuse_line` has seen to.
    let total =
        sqlx::query_scalar("SELECT COALESCE(SUM(unit_price * quantity), 0) FROM invoice_line WHERE invoice_id = ?")
            .bind(key)
            .fetch_one(&mut *tx.sqlite().await?)
            .await?;
    invoice.total = Cents(total);
    invoice.save(tx).update_fields([Invoice::TOTAL]).await
}

/// Every row that is created leaves a trace, of whichever model it is.
#[receiver(post_save)]
async fn audit(instance: &dyn AnyModel, created: bool, tx: &Tx) -> Result<()> {
    if !created {
        return Ok(());
    }
    let model = instance.meta().name().to_owned();
    let key = instance.pk().map_or_else(String::new, |key| key.to_string());
    // Quiet, since this receiver hears every model and would audit the audit for ever.
    AuditEntry { id: 0, model, key }.save(tx).quiet().await
}
