use signals::Result;

signals::signal! {
    order_shipped { order_id: i64, carrier: String }
}

signals::signal! {
    order_lost { order_id: i64 }
}

async fn ship() -> Result<()> {
    order_shipped.send(OrderLost { order_id: 7 }).await?;
    Ok(())
}

fn main() {}
