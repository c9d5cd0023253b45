use signals::Result;

signals::signal! {
    order_shipped { order_id: i64, carrier: String }
}

async fn ship() -> Result<()> {
    order_shipped.send(OrderShipped { order_id: 7, carrier: String::new() })?;
    Ok(())
}

fn main() {}
