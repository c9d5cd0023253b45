//! Files with one mistake each: exit code 1, an error with the position, and an empty database.

use serde_json::{Value, json};

use super::{Store, small_store};

/// Returns the small store with one change.
fn with(change: impl FnOnce(&mut Value)) -> Store {
    let mut data = small_store();
    change(&mut data);
    Store::of(&data)
}

/// Returns the small store without one key of an object in it.
fn without(object: impl FnOnce(&mut Value) -> &mut Value, key: &str) -> Store {
    with(|data| {
        object(data).as_object_mut().unwrap().remove(key).unwrap();
    })
}

mod the_file {
    use super::*;

    #[test]
    fn that_is_missing_is_named() {
        Store::without_data().refused(&["cannot read `", "data.json`"]);
    }

    #[test]
    fn that_is_not_json_is_named_with_the_line() {
        Store::of_text("{\n  \"Genre\": oops }").refused(&["data.json` is not JSON", "line 2"]);
    }

    #[test]
    fn that_is_cut_short_is_not_json() {
        let text = small_store().to_string();
        Store::of_text(&text[..text.len() / 2]).refused(&["is not JSON", "EOF"]);
    }

    #[test]
    fn that_is_no_object_is_refused() {
        Store::of_text("[1, 2]").refused(&["data.json` is not a JSON object of tables"]);
    }
}

mod a_table {
    use super::*;

    #[test]
    fn that_is_missing_is_named() {
        without(|data| data, "PlaylistTrack").refused(&["table `PlaylistTrack` is missing"]);
    }

    #[test]
    fn that_is_unknown_is_named() {
        with(|data| data["Review"] = json!([])).refused(&["table `Review` is unknown"]);
    }

    #[test]
    fn that_is_no_list_is_named() {
        with(|data| data["Artist"] = json!({})).refused(&["table `Artist` is not a list of rows"]);
    }
}

mod a_row {
    use super::*;

    #[test]
    fn that_is_no_object_is_named() {
        with(|data| data["Track"][1] = json!("Overdose"))
            .refused(&["table `Track`, row 2: it is not an object with fields"]);
    }

    #[tokio::test]
    async fn whose_key_is_taken_is_named() {
        with(|data| data["Track"][1]["TrackId"] = json!(1))
            .undone(&["table `Track`, row 2 (TrackId 1): field `TrackId` is taken"])
            .await;
    }

    #[tokio::test]
    async fn that_puts_a_track_in_a_playlist_twice_is_missed_in_that_playlist() {
        with(|data| data["PlaylistTrack"][1]["TrackId"] = json!(1))
            .undone(&["tracks of playlist 1 (Music): 2 expected, 1 found"])
            .await;
    }

    #[tokio::test]
    async fn that_references_a_row_that_is_not_there_is_named() {
        with(|data| data["Track"][1]["AlbumId"] = json!(99))
            .undone(&["table `Track`, row 2 (TrackId 2): ", "FOREIGN KEY constraint failed"])
            .await;
    }

    #[tokio::test]
    async fn that_puts_a_track_that_is_not_there_in_a_playlist_is_named() {
        with(|data| data["PlaylistTrack"][1]["TrackId"] = json!(99))
            .undone(&["table `PlaylistTrack`, row 2 (PlaylistId 1, TrackId 99): ", "FOREIGN KEY constraint failed"])
            .await;
    }

    #[tokio::test]
    async fn that_puts_a_track_in_a_playlist_that_is_not_there_is_named() {
        with(|data| data["PlaylistTrack"][2]["PlaylistId"] = json!(99))
            .undone(&["table `PlaylistTrack`, row 3 (PlaylistId 99, TrackId 1): no `Playlist` has the key 99"])
            .await;
    }

    #[test]
    fn without_a_readable_key_is_named_by_its_number() {
        with(|data| data["Genre"][0]["GenreId"] = json!("one"))
            .refused(&["table `Genre`, row 1: field `GenreId` is \"one\", not an integer"]);
    }
}

mod a_field {
    use super::*;

    #[test]
    fn that_is_missing_is_named() {
        without(|data| &mut data["Track"][1], "Milliseconds")
            .refused(&["table `Track`, row 2 (TrackId 2): field `Milliseconds` is missing"]);
    }

    #[test]
    fn that_may_be_null_may_not_be_missing() {
        without(|data| &mut data["Customer"][0], "Company")
            .refused(&["table `Customer`, row 1 (CustomerId 1): field `Company` is missing"]);
    }

    #[test]
    fn that_is_the_key_and_missing_is_named() {
        without(|data| &mut data["Invoice"][1], "InvoiceId")
            .refused(&["table `Invoice`, row 2: field `InvoiceId` is missing"]);
    }

    #[test]
    fn that_is_unknown_is_named() {
        with(|data| data["Album"][0]["Year"] = json!(1977))
            .refused(&["table `Album`, row 1 (AlbumId 1): field `Year` is unknown"]);
    }

    #[test]
    fn of_another_type_is_named() {
        with(|data| data["InvoiceLine"][2]["Quantity"] = json!("two"))
            .refused(&["table `InvoiceLine`, row 3 (InvoiceLineId 3): field `Quantity` is \"two\", not an integer"]);
    }

    #[test]
    fn that_may_not_be_null_is_named() {
        with(|data| data["Customer"][0]["Email"] = Value::Null)
            .refused(&["table `Customer`, row 1 (CustomerId 1): field `Email` is null, not a string"]);
    }

    #[test]
    fn with_half_a_cent_is_named() {
        with(|data| data["Invoice"][0]["Total"] = json!(2.975))
            .refused(&["table `Invoice`, row 1 (InvoiceId 1): field `Total` is 2.975, not an amount"]);
    }

    #[test]
    fn with_no_date_is_named() {
        with(|data| data["Invoice"][0]["InvoiceDate"] = json!("2021-02-30T00:00:00"))
            .refused(&["row 1 (InvoiceId 1): field `InvoiceDate` is \"2021-02-30T00:00:00\", not a date"]);
    }

    #[test]
    fn with_a_key_of_zero_is_named() {
        with(|data| data["Playlist"][0]["PlaylistId"] = json!(0))
            .refused(&["table `Playlist`, row 1 (PlaylistId 0): field `PlaylistId` is 0, not a key"]);
    }
}

mod a_line {
    use super::*;

    #[tokio::test]
    async fn of_nothing_is_vetoed() {
        with(|data| data["InvoiceLine"][2]["Quantity"] = json!(0))
            .undone(&["table `InvoiceLine`, row 3 (InvoiceLineId 3): field `Quantity` is 0, but a line sells"])
            .await;
    }

    #[tokio::test]
    async fn of_less_than_nothing_is_vetoed() {
        with(|data| data["InvoiceLine"][0]["Quantity"] = json!(-1))
            .undone(&["table `InvoiceLine`, row 1 (InvoiceLineId 1): field `Quantity` is -1, but a line sells"])
            .await;
    }

    #[tokio::test]
    async fn of_an_invoice_that_is_not_there_is_named() {
        with(|data| data["InvoiceLine"][1]["InvoiceId"] = json!(99))
            .undone(&["table `InvoiceLine`, row 2 (InvoiceLineId 2): ", "FOREIGN KEY constraint failed"])
            .await;
    }

    #[tokio::test]
    async fn of_more_than_can_be_priced_is_vetoed() {
        with(|data| data["InvoiceLine"][1]["Quantity"] = json!(i64::MAX))
            .undone(&["row 2 (InvoiceLineId 2): field `Quantity` is 9223372036854775807, which is too many"])
            .await;
    }

    #[tokio::test]
    async fn that_makes_the_total_overflow_is_an_error_and_no_wrong_total() {
        with(|data| data["InvoiceLine"][1]["Quantity"] = json!(i64::MAX / 99))
            .undone(&["table `InvoiceLine`, row 2 (InvoiceLineId 2): ", "field `Total` is too large"])
            .await;
    }
}

#[tokio::test]
async fn a_total_that_its_lines_do_not_add_up_to_is_named() {
    with(|data| data["Invoice"][1]["Total"] = json!(2.0))
        .undone(&["table `Invoice`, row 2 (InvoiceId 2): field `Total` is 2.00, but its lines add up to 1.99"])
        .await;
}
