//! Signing up, logging in and out.

use super::site::Site;
use super::visitor::PASSWORD;

#[tokio::test]
async fn who_signs_up_is_logged_in() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.get("/").await.says(200, &["href=\"/sign-up\"", "href=\"/log-in\""]);
    ann.get("/sign-up").await.says(200, &["<form method=\"post\" action=\"/sign-up\">"]);
    let answer = ann.sign_up(" ann ").await;
    answer.leads_home();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=86400"] {
        assert!(answer.header("set-cookie").contains(part), "{answer:#?}");
    }
    let page = ann.get("/").await;
    page.says(200, &["Hello, ann<", "You logged in at"]);
    assert_eq!(page.header("cache-control"), "no-store", "a page is not shown again after the log-out");
    ann.get("/sign-up").await.leads_home();
    ann.get("/log-in").await.leads_home();
    site.stop();
}

#[tokio::test]
async fn log_ins_and_log_outs_are_listed() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    ann.log_out().await;
    ann.log_in("ann", PASSWORD).await.leads_home();
    ann.row(&["ann", "logged out"]).await;
    ann.row(&["ann", "logged in"]).await;
    // A request belongs to the user who was logged in at its start, or who logged in during it.
    ann.row(&["POST", "/log-out", "303", ">ann<"]).await;
    ann.row(&["POST", "/log-in", "303", ">ann<"]).await;
    ann.row(&["POST", "/sign-up", "303", ">ann<"]).await;
    site.stop();
}

#[tokio::test]
async fn a_log_out_ends_the_session_for_who_kept_the_cookie() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    let mut thief = ann.clone();
    thief.get("/").await.says(200, &["Hello, ann"]);
    ann.log_out().await;
    assert_eq!(ann.cookie, None);
    ann.get("/").await.says(200, &["Log in"]);
    thief.get("/").await.says(200, &["Log in"]);
    site.stop();
}

#[tokio::test]
async fn a_log_in_that_fails_is_listed_without_its_password() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    let mut other = site.visitor();
    other.log_in("ann", "wrong-secret").await.says(401, &["There is no such user", "value=\"ann\"", "role=\"alert\""]);
    other.log_in("bob", "wrong-secret").await.says(401, &["There is no such user", "value=\"bob\""]);
    other.get("/").await.says(200, &["Log in"]);
    let stars = "password: &quot;********************&quot;";
    ann.row(&["failed", "name: &quot;ann&quot;", stars]).await;
    ann.row(&["failed", "name: &quot;bob&quot;", stars]).await;
    ann.row(&["POST", "/log-in", "401", "guest"]).await;
    assert!(!ann.get("/").await.text.contains("wrong-secret"));
    site.stop();
}

#[tokio::test]
async fn a_name_is_given_once() {
    let site = Site::start();
    site.visitor().sign_up("ann").await.leads_home();
    let mut other = site.visitor();
    other.sign_up("ann ").await.says(409, &["This name is taken", "role=\"alert\"", "value=\"ann \""]);
    assert_eq!(other.cookie, None);
    // The first request took the name, so its password counts.
    other.log_in("ann", PASSWORD).await.leads_home();
    site.stop();
}

#[tokio::test]
async fn what_cannot_be_a_name_or_a_password_is_refused() {
    let site = Site::start();
    let long = "x".repeat(201);
    for (name, password, problem) in [
        ("", PASSWORD, "A name is needed"),
        (" \t ", PASSWORD, "A name is needed"),
        (&long[..41], PASSWORD, "The name is too long: 40"),
        ("a\u{7}b", PASSWORD, "cannot be shown"),
        ("ann", "", "The password is too short: 8"),
        ("ann", "ÄÖÜäöüß", "The password is too short: 8"),
        ("ann", &long, "The password is too long: 200"),
    ] {
        let mut visitor = site.visitor();
        let answer = visitor.post("/sign-up", &[("name", name), ("password", password)]).await;
        answer.says(422, &[problem, "role=\"alert\"", "action=\"/sign-up\""]);
        assert_eq!(visitor.cookie, None);
    }
    for (name, password) in [("", PASSWORD), ("ann", "")] {
        site.visitor().log_in(name, password).await.says(422, &["A name and a password are needed"]);
    }
    site.visitor().post("/log-in", &[("name", "ann")]).await.says(422, &[]);
    site.visitor().log_in("ann", &"x".repeat(5000)).await.says(413, &[]);
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    assert!(!ann.get("/").await.text.contains("name: &quot;"), "none of these was a log-in that failed");
    site.stop();
}

#[tokio::test]
async fn what_users_send_is_shown_as_text() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("<b>\"ann\"</b>").await.leads_home();
    ann.get("/").await.says(200, &["Hello, &lt;b&gt;&quot;ann&quot;&lt;/b&gt;"]);
    let answer = site.visitor().log_in("\"><script>", "wrong").await;
    answer.says(401, &["value=\"&quot;&gt;&lt;script&gt;\""]);
    ann.row(&["failed", "&lt;script&gt;"]).await;
    assert!(!ann.get("/").await.text.contains("<script"));
    site.stop();
}
