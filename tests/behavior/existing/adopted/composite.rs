//! Tables whose keys have several columns.

use signals::Result;

use super::{adopted, assert_printed, name};

#[tokio::test]
async fn keys_of_several_columns_become_fields_of_the_key() -> Result<()> {
    let db = adopted("composite", &format!("composite_{}", name())).await;
    assert_printed(&db, &format!("composite/{}.rs", name())).await
}
