//! The command line, and how the program ends.

use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use program::run;

use super::halfway::Halfway;
use super::site::Site;
use crate::WEB;

#[tokio::test]
async fn ctrl_c_lets_a_request_under_way_come_to_its_end() {
    let site = Site::start();
    site.visitor().sign_up("ann").await.leads_home();
    let request = Halfway::log_in(site.address, None);
    site.interrupt();
    while TcpStream::connect(site.address).is_ok() {
        thread::sleep(Duration::from_millis(5));
    }
    let answer = request.go_on();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    site.ended().printed(&["Every request and every receiver came to its end. Goodbye."]);
}

#[test]
fn clients_that_ask_nothing_are_not_waited_for() {
    let site = Site::start();
    let _clients = [(); 3].map(|()| TcpStream::connect(site.address).unwrap());
    thread::sleep(Duration::from_millis(100));
    site.stop();
}

#[test]
fn a_port_in_use_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    run(WEB, [&port]).failed(1, &[&format!("port {port} is in use; name another one")]);
}

#[test]
fn a_wrong_command_line_exits_2() {
    run(WEB, ["eighty"]).failed(2, &["`eighty` is no port"]);
    run(WEB, ["70000"]).failed(2, &["`70000` is no port"]);
    run(WEB, ["1", "2"]).failed(2, &["more than one port"]);
    run(WEB, ["--prot"]).failed(2, &["unknown option `--prot`"]);
    run(WEB, ["--database"]).failed(2, &["`--database` needs a URL"]);
    run(WEB, ["--database", "x", "--database", "y"]).failed(2, &["given twice"]);
}

#[test]
fn help_is_no_error() {
    run(WEB, ["--help"]).printed(&["usage: web [--database URL] [PORT]"]);
}

#[test]
fn a_database_that_cannot_be_opened_exits_1() {
    run(WEB, ["--database", "oracle://somewhere", "0"]).failed(1, &["`oracle://somewhere` names no backend"]);
}
