//! The stored rows, read from outside.

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::site::Site;
use super::visitor::PASSWORD;

/// A folder with the database of a site.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.0.path().join("web.db").display())
    }

    fn site(&self) -> Site {
        Site::with(&["--database", &self.url(), "0"])
    }

    /// Returns the first column of every row, as text.
    async fn all(&self, sql: &str) -> Vec<Option<String>> {
        let mut connection = SqliteConnection::connect(&self.url()).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap()
    }
}

#[tokio::test]
async fn a_session_outlives_the_program() {
    let folder = Folder::new();
    let site = folder.site();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    site.stop();
    let site = folder.site();
    let mut again = site.visitor();
    again.cookie = ann.cookie;
    again.get("/").await.says(200, &["Hello, ann"]);
    site.stop();
}

#[tokio::test]
async fn a_session_that_expired_is_none_and_is_cleared_away() {
    let folder = Folder::new();
    let site = folder.site();
    let (mut ann, mut bob) = (site.visitor(), site.visitor());
    ann.sign_up("ann").await.leads_home();
    let id = ann.cookie.clone().unwrap().replace("id=", "");
    assert_eq!(folder.all("SELECT id FROM session").await, [Some(id)]);
    folder.all("UPDATE session SET expiry = '2020-01-01T00:00:00Z'").await;
    ann.get("/").await.says(200, &["Log in"]);
    bob.sign_up("bob").await.leads_home();
    let id = bob.cookie.clone().unwrap().replace("id=", "");
    assert_eq!(folder.all("SELECT id FROM session").await, [Some(id)]);
    site.stop();
}

#[tokio::test]
async fn a_log_in_over_another_ends_that_one() {
    let folder = Folder::new();
    let site = folder.site();
    site.visitor().sign_up("ann").await.leads_home();
    folder.all("DELETE FROM session").await;
    let mut bob = site.visitor();
    bob.sign_up("bob").await.leads_home();
    let mut other = bob.clone();
    bob.log_in("ann", PASSWORD).await.leads_home();
    bob.get("/").await.says(200, &["Hello, ann"]);
    // The planted cookie now belongs to no user, and not to ann.
    other.get("/").await.says(200, &["Log in"]);
    assert_eq!(folder.all("SELECT id FROM session").await.len(), 1);
    bob.row(&["bob", "logged out"]).await;
    site.stop();
}

#[tokio::test]
async fn a_log_in_is_stamped_on_the_user() {
    let folder = Folder::new();
    let site = folder.site();
    let (mut ann, mut bob) = (site.visitor(), site.visitor());
    ann.sign_up("ann").await.leads_home();
    bob.sign_up("bob").await.leads_home();
    folder.all("UPDATE user SET last_login = NULL").await;
    ann.get("/").await.says(200, &["Hello, ann"]);
    assert_eq!(folder.all("SELECT last_login FROM user ORDER BY name").await, [None, None], "by a log-in alone");
    ann.log_in("ann", PASSWORD).await.leads_home();
    let stamped = folder.all("SELECT last_login FROM user ORDER BY name").await;
    assert!(stamped[0].is_some() && stamped[1].is_none(), "{stamped:?}");
    site.stop();
}

#[tokio::test]
async fn of_a_password_only_its_hash_is_kept() {
    let folder = Folder::new();
    let site = folder.site();
    site.visitor().sign_up("ann").await.leads_home();
    site.visitor().log_in("ann", "wrong-secret").await.says(401, &[]);
    site.stop();
    let hash = folder.all("SELECT password FROM user").await.remove(0).unwrap();
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    let file = std::fs::read(folder.0.path().join("web.db")).unwrap();
    for secret in [PASSWORD, "wrong-secret"] {
        assert!(!file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "`{secret}` is in the file");
    }
}

#[tokio::test]
async fn the_list_of_log_ins_stays_short() {
    let folder = Folder::new();
    let site = folder.site();
    let mut ann = site.visitor();
    ann.sign_up("ann").await.leads_home();
    folder.all("INSERT INTO log_in (id, at, name, event) VALUES (50, '2020-01-01T00:00:00Z', 'bob', 'failed')").await;
    ann.log_out().await;
    assert_eq!(folder.all("SELECT CAST(id AS TEXT) FROM log_in ORDER BY id").await, ids(&[50, 51]));
    ann.log_in("ann", PASSWORD).await.leads_home();
    assert_eq!(folder.all("SELECT CAST(id AS TEXT) FROM log_in ORDER BY id").await, ids(&[50, 51, 52]));
    site.stop();
}

fn ids(ids: &[i64]) -> Vec<Option<String>> {
    ids.iter().map(|id| Some(id.to_string())).collect()
}

#[tokio::test]
async fn every_request_before_ctrl_c_is_written_down() {
    let folder = Folder::new();
    let site = folder.site();
    for _ in 0..30 {
        site.visitor().get("/log-in").await.says(200, &[]);
    }
    site.stop();
    assert_eq!(folder.all("SELECT CAST(COUNT(*) AS TEXT) FROM visit").await, ids(&[30]));
}

#[tokio::test]
async fn a_receiver_that_fails_is_logged_and_harms_no_page() {
    let folder = Folder::new();
    let site = folder.site();
    folder.all("DROP TABLE visit").await;
    site.visitor().get("/log-in").await.says(200, &["<form"]);
    let ended = site.stop();
    assert!(ended.stderr.contains("write_visit") && ended.stderr.contains("no such table: visit"), "{ended:#?}");
}
