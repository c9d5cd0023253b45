//! Connecting, disconnecting, and the list of the registry.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use signals::receivers::{ConnectOptions, ReceiverId};
use signals::{Error, Model, Result, post_delete, post_save, pre_delete, pre_save, receiver, registry};
use signals_test_behavior::{DELETES_OF_ALL, Log, db};

// A2, B27: connecting returns an id. In Django it returns nothing, and disconnecting names the receiver
// again.
#[tokio::test]
async fn what_is_connected_is_heard_until_it_is_disconnected() -> Result<()> {
    signals::signal! { doorbell { floor: u8 } }
    static LOG: Log = Log::new();

    doorbell.send(Doorbell { floor: 1 }).await?;
    let id = doorbell.connect("porter", |event| {
        LOG.note(event.floor);
        Ok(())
    })?;
    doorbell.send(Doorbell { floor: 2 }).await?;
    assert!(doorbell.disconnect(id));
    doorbell.send(Doorbell { floor: 3 }).await?;
    assert_eq!(LOG.take(), ["2"]);
    Ok(())
}

// A3, A5, A11: Django silently ignores the second registration. Here it is an error, and the first stays.
#[tokio::test]
async fn a_second_connection_with_the_same_uid_is_an_error_that_names_both() -> Result<()> {
    signals::signal! { kettle; }
    static LOG: Log = Log::new();

    kettle.connect("tea", |_| LOG.record("first"))?;
    let error = kettle.connect("tea", |_| LOG.record("second")).unwrap_err();
    let Error::DuplicateReceiver { uid, first, second, .. } = &error else { panic!("{error}") };
    assert_eq!((second.signal, uid.as_str()), ("kettle", "tea"));
    assert!(first.file.ends_with("registration.rs") && second.file.ends_with("registration.rs"), "{error}");
    assert_ne!(first, second);

    kettle.send(Kettle {}).await?;
    assert_eq!(LOG.take(), ["first"]);
    Ok(())
}

// A3, A5: also a linked receiver's uid, given or its path, is taken.
#[tokio::test]
async fn a_connection_cannot_take_the_uid_of_a_linked_receiver() -> Result<()> {
    signals::signal! { toaster; }
    #[receiver(toaster)]
    fn by_path() {}
    #[receiver(toaster, uid = "toast.crumbs")]
    fn by_uid() {}

    let path = concat!(module_path!(), "::by_path");
    for taken in [path, "toast.crumbs"] {
        let error = toaster.connect(taken, |_| Ok(())).unwrap_err();
        assert!(matches!(error, Error::DuplicateReceiver { .. }), "{error}");
    }
    // The path of a receiver that was given a uid is free.
    toaster.connect(concat!(module_path!(), "::by_uid"), |_| Ok(()))?;
    by_path();
    by_uid();
    Ok(())
}

// A4, A8, A22, A23: a registration for every sender and one for a sender are two, and both are called.
#[tokio::test]
async fn a_receiver_of_all_and_one_of_a_sender_are_two_registrations() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_two_kinds")]
    struct Parcel {
        id: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    let mut parcel = Parcel { id: 0 };
    parcel.save(&db).await?;

    let _alone = DELETES_OF_ALL.write().await;
    let of_all = post_delete.connect_any("registration.two", |event| {
        if event.instance.meta().is::<Parcel>() {
            LOG.note("all");
        }
        Ok(())
    })?;
    let of_one = post_delete.connect::<Parcel>("registration.two", |_| LOG.record("one"))?;
    parcel.delete(&db).await?;
    let mut heard = LOG.take();
    heard.sort();
    assert_eq!(heard, ["all", "one"]);

    // Each is disconnected by its own id; the other stays.
    assert!(post_delete.disconnect(of_all));
    parcel.save(&db).await?;
    parcel.delete(&db).await?;
    assert_eq!(LOG.take(), ["one"]);
    assert!(post_delete.disconnect(of_one));
    Ok(())
}

// A6, A22: a uid belongs to its signal and its sender.
#[tokio::test]
async fn the_same_uid_on_two_senders_is_two_registrations() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_same_uid_a")]
    struct Cup {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "registration_same_uid_b")]
    struct Plate {
        id: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;

    let cups = post_save.connect::<Cup>("wash", |_| LOG.record("cup"))?;
    post_save.connect::<Plate>("wash", |_| LOG.record("plate"))?;
    pre_save.connect::<Cup>("wash", |_| LOG.record("before cup"))?;
    Cup { id: 0 }.save(&db).await?;
    Plate { id: 0 }.save(&db).await?;
    assert_eq!(LOG.take(), ["before cup", "cup", "plate"]);

    assert!(post_save.disconnect(cups));
    Cup { id: 0 }.save(&db).await?;
    Plate { id: 0 }.save(&db).await?;
    assert_eq!(LOG.take(), ["before cup", "plate"]);
    Ok(())
}

// A6, A11: a closure has no identity; only the uid distinguishes registrations.
#[tokio::test]
async fn one_function_under_two_uids_runs_twice() -> Result<()> {
    signals::signal! { hammer; }
    static BLOWS: AtomicU32 = AtomicU32::new(0);

    for uid in ["left", "right"] {
        hammer.connect(uid, |_| {
            BLOWS.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })?;
    }
    hammer.send(Hammer {}).await?;
    assert_eq!(BLOWS.load(Ordering::Relaxed), 2);
    Ok(())
}

// A7: Django takes a falsy uid for none, so that two of them both stay. Here it is refused.
#[tokio::test]
async fn an_empty_uid_is_refused() -> Result<()> {
    signals::signal! { nameless; }
    let error = nameless.connect("", |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("empty uid"), "{error}");
    assert!(!nameless.has_receivers());
    Ok(())
}

// A9: a sender is one type, identified by its `TypeId`.
#[tokio::test]
async fn a_receiver_of_one_model_does_not_hear_another() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_identity_heard")]
    struct Heard {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "registration_identity_other")]
    struct Other {
        id: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Heard)]
    fn hear(instance: &Heard) {
        LOG.note(instance.id);
    }

    let db = db().await;
    Other { id: 5 }.save(&db).await?;
    Heard { id: 6 }.save(&db).await?;
    assert_eq!(LOG.take(), ["6"]);
    Ok(())
}

// A12: what is connected may own state.
#[tokio::test]
async fn a_connected_receiver_may_keep_state() -> Result<()> {
    signals::signal! { turnstile { people: u32 } }
    let total = Arc::new(Mutex::new(0));
    let kept = Arc::clone(&total);
    turnstile.connect("count", move |event| {
        *kept.lock().unwrap() += event.people;
        Ok(())
    })?;
    turnstile.send(Turnstile { people: 2 }).await?;
    turnstile.send(Turnstile { people: 3 }).await?;
    assert_eq!(*total.lock().unwrap(), 5);
    Ok(())
}

// A14: Django holds receivers weakly by default, and loses closures at once. Here a registration holds what
// it is given...
#[tokio::test]
async fn a_connection_outlives_the_code_that_made_it() -> Result<()> {
    signals::signal! { beacon; }
    static LOG: Log = Log::new();
    fn install() -> Result<()> {
        let text = String::from("still lit");
        beacon.connect("lamp", move |_| LOG.record(&text)).map(drop)
    }
    install()?;
    beacon.send(Beacon {}).await?;
    assert_eq!(LOG.take(), ["still lit"]);
    Ok(())
}

// A14, A26: ... unless it is connected for the life of a guard.
#[tokio::test]
async fn a_scoped_connection_ends_with_its_guard() -> Result<()> {
    signals::signal! { lantern; }
    static LOG: Log = Log::new();
    let listed = || registry().iter().any(|entry| entry.receiver.path() == "registration.scoped");

    let guard = lantern.connect_scoped("registration.scoped", |_| LOG.record("lit"))?;
    lantern.send(Lantern {}).await?;
    assert!(listed());
    drop(guard);
    lantern.send(Lantern {}).await?;
    assert_eq!(LOG.take(), ["lit"]);
    assert!(!listed() && !lantern.has_receivers());
    // The uid is free again.
    lantern.connect("registration.scoped", |_| Ok(())).map(drop)
}

// A14, A26
#[tokio::test]
async fn a_scoped_connection_of_a_model_signal_ends_with_its_guard() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_scoped_model")]
    struct Tent {
        id: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    {
        let _guard = post_save.connect_scoped::<Tent>("camp", |event| LOG.record(event.created))?;
        Tent { id: 0 }.save(&db).await?;
    }
    Tent { id: 0 }.save(&db).await?;
    assert_eq!(LOG.take(), ["true"]);
    Ok(())
}

// A17: the method that connects a receiver determines its kind.
#[tokio::test]
async fn an_async_connection_is_awaited() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_async")]
    struct Letter {
        id: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    post_save.connect_async::<Letter>("post", |event| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            LOG.note(event.instance.id);
            Ok(())
        })
    })?;
    Letter { id: 0 }.save(&db).await?;
    assert_eq!(LOG.take(), ["1"]);
    Ok(())
}

// A18, B29: no lock is held while receivers run.
#[tokio::test]
async fn a_receiver_may_connect_disconnect_and_send_on_its_own_signal() -> Result<()> {
    signals::signal! { mirror { depth: u8 } }
    static LOG: Log = Log::new();
    static OWN: Mutex<Option<ReceiverId>> = Mutex::new(None);

    let id = mirror.connect_async("look", |event| {
        let depth = event.depth;
        Box::pin(async move {
            LOG.note(format!("look {depth}"));
            if depth == 0 {
                mirror.connect("new", |event| LOG.record(format!("new {}", event.depth)))?;
                assert!(mirror.disconnect(OWN.lock().unwrap().take().unwrap()));
                mirror.send(Mirror { depth: 1 }).await?;
            }
            Ok(())
        })
    })?;
    *OWN.lock().unwrap() = Some(id);
    mirror.send(Mirror { depth: 0 }).await?;
    assert_eq!(LOG.take(), ["look 0", "new 1"]);
    Ok(())
}

// A19: the list that sends read is renewed by each change.
#[tokio::test]
async fn every_change_is_seen_by_the_next_send() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_renewed")]
    struct Page {
        id: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    let mut page = Page { id: 0 };
    page.save(&db).await?;
    for _ in 0..2 {
        let id = post_save.connect::<Page>("read", |_| LOG.record("read"))?;
        page.save(&db).await?;
        assert_eq!(LOG.take(), ["read"]);
        assert!(post_save.disconnect(id));
        page.save(&db).await?;
        assert!(LOG.take().is_empty());
    }
    Ok(())
}

// A21
#[tokio::test]
async fn disconnecting_tells_whether_it_was_connected() -> Result<()> {
    signals::signal! { plug; }
    let id = plug.connect("socket", |_| Ok(()))?;
    assert!(plug.disconnect(id));
    assert!(!plug.disconnect(id));
    // A new connection with the same uid is another one.
    let again = plug.connect("socket", |_| Ok(()))?;
    assert!(!plug.disconnect(id));
    assert!(plug.disconnect(again));
    Ok(())
}

// A23: no other receiver of this binary is connected to pre_delete for every sender, so that "no receivers"
// can be tested.
#[tokio::test]
async fn has_receivers_counts_those_of_every_sender() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_has_receivers")]
    struct Shop {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "registration_has_linked")]
    struct Kiosk {
        id: i64,
    }
    #[receiver(pre_delete, sender = Kiosk)]
    fn close() {}

    assert!(pre_delete.has_receivers::<Kiosk>());
    assert!(!pre_delete.has_receivers::<Shop>());
    let own = pre_delete.connect::<Shop>("shut", |_| Ok(()))?;
    assert!(pre_delete.has_receivers::<Shop>());
    pre_delete.disconnect(own);
    assert!(!pre_delete.has_receivers::<Shop>());
    let _alone = DELETES_OF_ALL.write().await;
    let any = pre_delete.connect_any("registration.has_receivers", |_| Ok(()))?;
    assert!(pre_delete.has_receivers::<Shop>());
    pre_delete.disconnect(any);
    assert!(!pre_delete.has_receivers::<Shop>());
    close();
    Ok(())
}

// A24: `#[receiver]` takes a list, stacks, and leaves the function as it is.
#[tokio::test]
async fn one_function_hears_several_signals_and_is_still_a_function() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_several")]
    struct Bird {
        id: i64,
    }
    signals::signal! { bird_call; }
    static LOG: Log = Log::new();
    #[receiver([pre_save, post_save], sender = Bird)]
    #[receiver(post_delete, sender = Bird)]
    #[receiver(bird_call)]
    fn note() {
        LOG.note("heard");
    }

    let db = db().await;
    let mut bird = Bird { id: 0 };
    bird.save(&db).await?;
    assert_eq!(LOG.take().len(), 2);
    bird.delete(&db).await?;
    bird_call.send(BirdCall {}).await?;
    assert_eq!(LOG.take().len(), 2);
    note();
    assert_eq!(LOG.take().len(), 1);
    Ok(())
}

// A25: nothing is connected by hand, and a listing proves what is connected.
#[test]
fn the_registry_lists_linked_and_connected_receivers_with_file_and_line() {
    signals::signal! { listed; }
    const LINE: u32 = line!() + 2;
    #[receiver(listed, priority = 7, uid = "registration.listed", robust, raw)]
    fn linked() {}
    let _guard =
        listed.connect_scoped(ConnectOptions::uid("registration.at_run_time").priority(-3), |_| Ok(())).unwrap();
    let connected_line = line!() - 1;

    let all = registry();
    let mine: Vec<_> = all.iter().filter(|entry| entry.signal == "listed").collect();
    let [first, second] = mine.as_slice() else { panic!("{mine:?}") };
    assert_eq!((first.receiver.priority_value(), first.receiver.line()), (-3, connected_line));
    let info = &second.receiver;
    assert_eq!(info.path(), concat!(module_path!(), "::linked"));
    assert_eq!(info.uid_or_path(), "registration.listed");
    assert_eq!((info.file(), info.line(), info.priority_value()), (file!(), LINE, 7));
    assert!(info.is_robust() && info.is_raw() && !info.is_fallible());
    let shown = second.to_string();
    assert!(shown.contains("listed") && shown.contains(&format!("{}:{LINE}", file!())), "{shown}");
    linked();
}

// A25
#[test]
fn the_registry_is_sorted_and_names_senders() {
    let all = registry();
    let keys: Vec<_> = all.iter().map(|entry| (entry.signal, entry.sender)).collect();
    assert!(keys.is_sorted());
    assert!(all.iter().any(|entry| entry.sender == Some("PluginNote")));
    assert!(all.iter().any(|entry| entry.signal == "post_save" && entry.sender.is_none()));
}

// A25: a crate's receivers are linked if the crate is, here only by `use plugin as _;`.
#[tokio::test]
async fn receivers_of_a_linked_crate_are_heard() -> Result<()> {
    #[derive(Model)]
    #[model(table = "registration_unknown_to_plugin")]
    struct Stranger {
        id: i64,
    }
    let db = db().await;
    let mut note = plugin::PluginNote { id: 0, text: "  tidy me ".into() };
    note.save(&db).await?;
    assert_eq!(plugin::PluginNote::get(&db, note.id).await?.text, "tidy me");

    assert_eq!(plugin::saves_of("registration_unknown_to_plugin"), 0);
    Stranger { id: 0 }.save(&db).await?;
    assert_eq!(plugin::saves_of("registration_unknown_to_plugin"), 1);
    assert!(registry().iter().any(|entry| entry.receiver.path() == "signals_test_plugin::tidy"));
    Ok(())
}
