//! What the example prints.

use program::run;

const NOTHING: [&str; 0] = [];

#[test]
fn quickstart_shows_each_receiver_at_work() {
    run(env!("CARGO_BIN_EXE_quickstart"), NOTHING).printed(&[
        "quickstart::normalize_email",
        "quickstart::create_profile",
        "post_save    Profile 1\n  post_save    User 1\n",
        "saved User { id: 1, email: \"alice@example.com\" }",
        "Profile { id: 1, user_id: 1, bio: None }",
        "a mail to alice@example.com",
        "receiver `quickstart::refuse_root`",
        "root is taken",
        "the key is still 0",
        "post_delete  Profile 1",
        "post_delete  User 1",
        "2 rows: {\"Profile\": 1, \"User\": 1}",
    ]);
}
