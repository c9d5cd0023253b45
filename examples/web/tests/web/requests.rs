//! The records of requests.

use super::halfway::Halfway;
use super::site::Site;
use super::visitor::rows;

#[tokio::test]
async fn each_request_is_listed_as_it_ended() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    ann.get("/nowhere?secret=1").await.says(404, &["There is no such page"]);
    let row = ann.row(&["GET", "<code>/nowhere</code>", ">404<", "completed", ">ann<"]).await;
    assert!(row.contains(" B<") && (row.contains(" µs<") || row.contains(" ms<")), "{row}");
    let row = ann.row(&["GET", "<code>/</code>", ">200<", "completed", ">ann<"]).await;
    assert!(row.contains("title=\"request "), "{row}");
    site.stop();
}

#[tokio::test]
async fn a_failure_is_listed_with_its_causes_and_hidden_from_the_visitor() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    let answer = ann.get("/crash").await;
    answer.says(500, &["Something went wrong"]);
    assert!(!answer.text.contains("disk"));
    ann.row(&["/crash", ">500<", "completed", "the report cannot be written: the disk is full", ">ann<"]).await;
    site.stop();
}

#[tokio::test]
async fn a_panic_is_listed_and_answered_with_a_page() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    let answer = ann.get("/panic").await;
    answer.says(500, &["Something went wrong"]);
    assert!(!answer.text.contains("panicked"));
    ann.row(&["/panic", ">none<", "panicked", "as this one always does", ">ann<"]).await;
    site.stop();
}

#[tokio::test]
async fn a_client_that_goes_away_is_listed() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    Halfway::log_in(site.address, None).leave();
    ann.row(&["POST", "/log-in", ">none<", "aborted", "guest"]).await;
    site.stop();
}

#[tokio::test]
async fn what_the_pages_are_made_of_is_not_listed() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    let style = ann.get("/style.css").await;
    style.says(200, &["color-scheme"]);
    assert_eq!(style.header("content-type"), "text/css");
    assert_eq!(ann.get("/icon.svg").await.header("content-type"), "image/svg+xml");
    ann.get("/last").await;
    ann.row(&["/last"]).await;
    let page = ann.get("/").await.text;
    assert_eq!(rows(&page).filter(|row| row.contains("style.css") || row.contains("icon.svg")).count(), 0, "{page}");
    site.stop();
}

#[tokio::test]
async fn the_lists_stay_short() {
    let site = Site::start();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    let long = "x".repeat(1000);
    for _ in 0..60 {
        site.visitor().get(&format!("/{long}")).await.says(404, &[]);
    }
    ann.row(&["/xxx"]).await;
    ann.get("/last").await;
    ann.row(&["/last"]).await;
    let page = ann.get("/").await.text;
    let visits = rows(&page).filter(|row| row.contains("class=\"request\"")).count();
    assert_eq!(visits, 50);
    assert!(page.len() < 50_000, "so much of each is kept that the page has {} bytes", page.len());
    site.stop();
}
