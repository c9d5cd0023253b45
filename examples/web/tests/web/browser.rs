//! The pages in a browser.

use program::skipped;

use super::chromium::Chromium;
use super::site::Site;
use super::visitor::PASSWORD;

const WIDE: (u32, u32) = (1280, 860);
const NARROW: (u32, u32) = (390, 844);

#[tokio::test]
async fn a_user_signs_up_looks_around_and_leaves() {
    let Some(browser) = Chromium::start().await else {
        return skipped("pages in a browser", "install Debian's package chromium-driver");
    };
    let site = Site::start();
    browser.open(&format!("http://{}/", site.address)).await;
    browser.sees("h1", "Every request").await;
    pictures(&browser, "welcome").await;
    browser.click("main a[href='/sign-up']").await;
    browser.sees("h1", "Sign up").await;
    pictures(&browser, "sign-up").await;
    fill(&browser, "ann", PASSWORD).await;
    browser.sees("h1", "Hello, ann").await;
    browser.click("header button").await;
    browser.sees("h1", "Every request").await;

    browser.click("header a[href='/log-in']").await;
    browser.sees("h1", "Log in").await;
    fill(&browser, "ann", "wrong-secret").await;
    browser.sees("[role=alert]", "There is no such user").await;
    pictures(&browser, "refused").await;
    browser.r#type("#password", PASSWORD).await;
    browser.click("main button").await;
    browser.sees("h1", "Hello, ann").await;

    for (path, title) in [("/crash", "went wrong"), ("/panic", "went wrong"), ("/nowhere", "no such page")] {
        browser.click(&format!("a[href='{path}']")).await;
        browser.sees("h1", title).await;
        if path == "/crash" {
            pictures(&browser, "failure").await;
        }
        browser.click(".actions a").await;
        browser.sees("h1", "Hello, ann").await;
    }
    browser.click(".actions a[href='/']").await;
    browser.sees(".visits", "the report cannot be written: the disk is full").await;
    browser.sees(".visits", "a handler panicked").await;
    browser.sees(".visits", "/nowhere").await;
    browser.sees(".log-ins", "password: \"********************\"").await;
    pictures(&browser, "activity").await;

    browser.click("header button").await;
    browser.sees("header", "Log in").await;
    drop(browser);
    site.stop();
}

async fn fill(browser: &Chromium, name: &str, password: &str) {
    browser.r#type("#name", name).await;
    browser.r#type("#password", password).await;
    browser.click("main button").await;
}

/// Takes screenshots of a page. It must fit into each window, and its fields must have labels.
async fn pictures(browser: &Chromium, name: &str) {
    for (size, width) in [(WIDE, "wide"), (NARROW, "narrow")] {
        for scheme in ["light", "dark"] {
            browser.look(size, scheme).await;
            browser.picture(&format!("{name}-{width}-{scheme}")).await;
        }
        let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.run(overflow).await, 0, "{name} is wider than a {width} window");
    }
    let unnamed = "return [...document.querySelectorAll('input')].filter(input => !input.labels.length).length";
    assert_eq!(browser.run(unnamed).await, 0, "{name} has a field without a label");
}
