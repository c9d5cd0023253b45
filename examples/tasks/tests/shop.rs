//! The demo, and the shop as a web app and a worker with processes of their own.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};

use program::{Ended, command, output_of};
use tempfile::TempDir;

/// A folder with the database and the mails of a shop.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(env!("CARGO_BIN_EXE_shop"), arguments);
        command.env("SHOP_FOLDER", self.folder.path()).env_remove("DATABASE_URL").env_remove("RUST_LOG");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        output_of(self.command(arguments))
    }

    fn mails(&self) -> String {
        fs::read_to_string(self.folder.path().join("mails.txt")).unwrap_or_default()
    }
}

/// A web app that is killed at the end.
struct WebApp {
    process: Child,
    address: String,
}

impl WebApp {
    fn of(shop: &Shop) -> Self {
        let mut process = shop.command(&["--port", "0"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next()).unwrap().to_owned();
        Self { process, address }
    }

    fn request(&self, start: &str, form: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = form.len();
        write!(
            stream,
            "{start} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: {length}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for WebApp {
    fn drop(&mut self) {
        // SIGKILL: nothing that the process has only in memory survives.
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn the_demo_shows_each_receiver_and_task_at_work() {
    Shop::new().run(&["demo"]).printed(&[
        "calls none of them:\n  0 mail(s)\n",
        "with the order:\n  2 orders\n",
        "  2 mail(s)\n  to ann@example.com: order 1 is confirmed: mug\n",
        "  to bob@example.com: order 2 is confirmed: tea\n",
        "  \"mug of size 5\", written 1 time(s)\n",
        "three days later:\n  shipped: true\n  0 mail(s)\n",
        "  1 mail(s)\n  to ann@example.com: how is your mug of size 5?\n",
        "  1 mail(s)\n  to boss@example.com: 2 orders, 1 paid\n",
    ]);
}

#[test]
fn a_worker_does_the_work_of_a_web_app_that_was_killed() {
    let shop = Shop::new();
    let web = WebApp::of(&shop);
    let answer = web.request("POST /orders", "email=ann%40example.com&item=mug");
    assert!(answer.starts_with("HTTP/1.1 201 ") && answer.contains(r#""id":1,"#), "{answer}");
    assert!(web.request("POST /orders/1/pay", "").contains(r#""paid":true,"shipped":false"#));
    assert!(web.request("POST /orders/7/pay", "").starts_with("HTTP/1.1 404 "));
    drop(web);
    assert_eq!(shop.mails(), "");

    for _ in ["does the work", "finds nothing to do"] {
        let ended = shop.run(&["worker", "--burst", "--loglevel=info", "-Q", "mail,shipping"]);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let mails = shop.mails();
        assert_eq!(mails.lines().count(), 1, "{mails}");
        assert!(mails.ends_with(" to ann@example.com: order 1 is confirmed: mug\n"), "{mails}");
    }

    let web = WebApp::of(&shop);
    let answer = web.request("GET /orders", "");
    assert!(answer.contains(r#""paid":true,"shipped":true"#), "{answer}");
    shop.run(&["tasks", "scheduled", "--queue", "mail"]).printed(&["shop::orders::ask", "in 3 d"]);
}
