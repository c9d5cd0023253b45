//! Writes without signals call no receiver. Receivers of earlier writes get the committed row.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use signals::{Model, Result, Tx, post_delete, post_save, receiver};
use signals_test_behavior::{Log, db};
use tokio::sync::Mutex;

#[derive(Debug, Clone, Model)]
#[model(table = "exact_quiet_team")]
struct Team {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "exact_quiet_player")]
struct Player {
    id: i64,
    name: String,
    #[model(references = Team, on_delete = set_null)]
    team_id: Option<i64>,
    #[model(references = Club, on_delete = cascade)]
    club_id: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "exact_quiet_club")]
struct Club {
    id: i64,
}

static LOG: Log = Log::new();
/// Held by each test, since they share the log.
static ALONE: Mutex<()> = Mutex::const_new(());

#[receiver(post_save, sender = Player)]
async fn number(instance: &Player, created: bool, tx: &Tx) -> Result<()> {
    if created && instance.name == "new" {
        let mut again = instance.clone();
        again.name = "numbered".into();
        again.save(tx).quiet().await?;
    }
    Ok(())
}

#[receiver(post_save, sender = Player, on_commit)]
fn saved(instance: &Player, created: bool, previous: Option<&Player>) {
    let of = |player: &Player| format!("{} of {:?}", player.name, player.team_id);
    LOG.note(format!("{} {created} {:?}", of(instance), previous.map(of)));
}

#[receiver(post_delete, sender = Player, on_commit)]
fn deleted(instance: &Player) {
    LOG.note(format!("deleted {}", instance.name));
}

fn player(name: &str) -> Player {
    Player { id: 0, name: name.into(), team_id: None, club_id: None }
}

#[tokio::test]
async fn the_row_is_shown_as_it_is_committed() -> Result<()> {
    let _alone = ALONE.lock().await;
    let db = db().await;
    player("new").save(&db).await?;
    assert_eq!(LOG.take(), ["numbered of None true None"], "a quiet save in a receiver");

    let mut one = player("one");
    let tx = db.begin().await?;
    one.save(&tx).await?;
    one.name = "two".into();
    one.save(&tx).update_fields([Player::NAME]).quiet().await?;
    let savepoint = tx.begin().await?;
    one.name = "three".into();
    one.save(&savepoint).quiet().await?;
    savepoint.rollback().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["two of None true None"], "one that is limited, and one that is undone");

    let mut team = Team { id: 0 };
    team.save(&db).await?;
    (one.name, one.team_id) = ("in a team".into(), Some(team.id));
    let tx = db.begin().await?;
    one.save(&tx).await?;
    team.delete(&tx).await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["in a team of None false Some(\"two of None\")"], "a column that a delete emptied");
    one = Player::get(&db, one.id).await?;
    assert_eq!(one.team_id, None);

    let tx = db.begin().await?;
    one.save(&tx).await?;
    Player::objects().update(&tx, [Player::NAME.set("all")]).quiet().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["all of None false Some(\"in a team of None\")"], "a quiet update of a set");

    let tx = db.begin().await?;
    one.save(&tx).await?;
    one.name = "bulk".into();
    Player::bulk_update(&tx, std::slice::from_mut(&mut one), [Player::NAME]).quiet().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["bulk of None false Some(\"all of None\")"], "a quiet bulk update");

    let tx = db.begin().await?;
    one.name = "quiet".into();
    one.save(&tx).quiet().await?;
    tx.commit().await?;
    assert!(LOG.take().is_empty(), "a quiet save alone");

    let tx = db.begin().await?;
    one.name = "quiet first".into();
    one.save(&tx).quiet().await?;
    one.name = "then not".into();
    one.save(&tx).await?;
    tx.commit().await?;
    assert_eq!(
        LOG.take(),
        ["then not of None false Some(\"quiet first of None\")"],
        "`previous` is before the first sent"
    );
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_gone_calls_no_receiver() -> Result<()> {
    let _alone = ALONE.lock().await;
    let db = db().await;
    let mut gone = [player("a"), player("b"), player("c"), player("d"), player("e")];
    let mut club = Club { id: 0 };
    club.save(&db).await?;
    gone[4].club_id = Some(club.id);
    let tx = db.begin().await?;
    Player::bulk_create(&tx, &mut gone).await?;
    let [a, b, c, d, _] = &gone;
    a.delete(&tx).quiet().await?;
    Player::bulk_delete(&tx, std::slice::from_ref(b)).quiet().await?;
    Player::objects().filter(Player::ID.eq(c.id)).delete(&tx).quiet().await?;
    club.delete(&tx).quiet().await?;
    // A sent delete after an insert is nothing, as ever.
    d.delete(&tx).await?;
    let mut last = player("last");
    last.save(&tx).await?;
    tx.commit().await?;
    let told = LOG.take();
    assert_eq!(told, ["last of None true None"]);
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "exact_quiet_band", many_to_many(members: Team, related = bands, through = Membership))]
struct Band {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "exact_quiet_member", unique(band_id, team_id))]
struct Membership {
    id: i64,
    #[model(references = Band, on_delete = cascade)]
    band_id: i64,
    #[model(references = Team, on_delete = cascade)]
    team_id: i64,
}

static LINKS: Log = Log::new();

#[receiver(post_save, sender = Membership, on_commit)]
fn linked(instance: &Membership) {
    LINKS.note(format!("{}", instance.team_id));
}

#[tokio::test]
async fn a_link_that_was_removed_quietly_calls_no_receiver() -> Result<()> {
    let db = db().await;
    let mut band = Band { id: 0 };
    band.save(&db).await?;
    let mut teams = [Team { id: 0 }, Team { id: 0 }];
    Team::bulk_create(&db, &mut teams).await?;
    let [one, two] = teams.each_ref().map(|team| team.id);
    for change in 0..4 {
        let tx = db.begin().await?;
        for team_id in [one, two] {
            Membership { id: 0, band_id: band.id, team_id }.save(&tx).await?;
        }
        match change {
            0 => band.members().remove(&tx, [one]).quiet().await?,
            1 => band.members().set(&tx, [two]).quiet().await?,
            2 => teams[0].bands().clear(&tx).quiet().await?,
            // Without receivers of deletes, the statement is as bare as a quiet one.
            _ => band.members().remove(&tx, [one]).await?,
        }
        tx.commit().await?;
        assert_eq!((LINKS.take(), band.members().keys(&db).await?), (vec![two.to_string()], vec![two]), "{change}");
        band.members().clear(&db).quiet().await?;
    }
    Ok(())
}

static COPIES: AtomicUsize = AtomicUsize::new(0);
static DROPS: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug, Model)]
#[model(table = "exact_quiet_counted")]
struct Counted {
    id: i64,
    n: i64,
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        COPIES.fetch_add(1, SeqCst);
        Self { ..*self }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        DROPS.fetch_add(1, SeqCst);
    }
}

static WAITING: Log = Log::new();

#[receiver(post_save, sender = Counted, on_commit)]
fn wait(instance: &Counted) {
    WAITING.note(instance.n.to_string());
}

#[tokio::test]
async fn rows_are_copied_only_for_a_receiver_that_waits_and_kept_once() -> Result<()> {
    const ROWS: usize = 600;
    const ROUNDS: i64 = 12;
    let db = db().await;
    let mut one = Counted { id: 0, n: 0 };
    one.save(&db).quiet().await?;
    one.save(&db).quiet().await?;
    let tx = db.begin().await?;
    one.save(&tx).quiet().await?;
    one.delete(&tx).quiet().await?;
    tx.commit().await?;
    assert_eq!(COPIES.load(SeqCst), 0, "nobody waits for a quiet write");

    let mut many: Vec<_> = (0..ROWS).map(|_| Counted { id: 0, n: 0 }).collect();
    let tx = db.begin().await?;
    Counted::bulk_create(&tx, &mut many).await?;
    let (copies, drops) = (COPIES.load(SeqCst), DROPS.load(SeqCst));
    for round in 1..=ROUNDS {
        Counted::objects().update(&tx, [Counted::N.set(round)]).quiet().await?;
    }
    assert_eq!(COPIES.load(SeqCst), copies, "a row that is read again is not copied");
    let dropped = DROPS.load(SeqCst) - drops;
    assert!(dropped >= ROWS * 10, "earlier readings are not kept: {dropped}");
    // One that was undone leaves the reading before it.
    let savepoint = tx.begin().await?;
    Counted::objects().update(&savepoint, [Counted::N.set(-1)]).quiet().await?;
    Counted::objects().update(&savepoint, [Counted::N.set(-2)]).quiet().await?;
    savepoint.rollback().await?;
    tx.commit().await?;
    assert_eq!(WAITING.take(), vec![ROUNDS.to_string(); ROWS]);
    Ok(())
}
