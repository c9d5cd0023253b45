//! Custom signals: order, responses, errors, and robust sends.

use std::thread;

use futures_util::FutureExt as _;
use signals::receivers::ConnectOptions;
use signals::{Error, Model, Result, Tx, receiver};
use signals_test_behavior::{Log, Refused, capture, db, refused};

// B27: responses come in the order of the calls, as the type that the signal declares.
#[tokio::test]
async fn a_send_returns_the_responses_in_order() -> Result<()> {
    signals::signal! { price_asked<'a> { item: &'a str } -> u64 }
    #[receiver(price_asked, priority = 2)]
    fn shop(item: &str) -> u64 {
        item.len() as u64
    }
    #[receiver(price_asked, priority = 1)]
    async fn market(item: &str) -> Result<u64, Refused> {
        Ok(100 + item.len() as u64)
    }

    let item = String::from("tea");
    assert_eq!(price_asked.send(PriceAsked { item: &item }).await?, [103, 3]);
    assert_eq!((shop("a"), market("a").await.unwrap()), (1, 101));
    Ok(())
}

// B27
#[tokio::test]
async fn a_send_that_nobody_hears_returns_nothing() -> Result<()> {
    signals::signal! { void_called {} -> u64 }
    assert!(!void_called.has_receivers());
    assert!(void_called.send(VoidCalled {}).await?.is_empty());
    assert!(void_called.send_robust(VoidCalled {}).await.is_empty());
    Ok(())
}

// B28: Django calls in the order of registration and has no priorities. Here the order is by priority and
// path, independent of registration and link order.
#[tokio::test]
async fn receivers_run_by_priority_then_path() -> Result<()> {
    signals::signal! { roll_call {} -> &'static str }
    #[receiver(roll_call)]
    fn zoe() -> &'static str {
        "zoe"
    }
    #[receiver(roll_call)]
    fn adam() -> &'static str {
        "adam"
    }
    #[receiver(roll_call, priority = -10)]
    fn zorro() -> &'static str {
        "zorro"
    }
    #[receiver(roll_call, priority = 10)]
    fn aaron() -> &'static str {
        "aaron"
    }
    roll_call.connect(ConnectOptions::uid("late").priority(11), |_| Ok("late"))?;
    roll_call.connect(ConnectOptions::uid("early").priority(-11), |_| Ok("early"))?;

    let order = ["early", "zorro", "adam", "zoe", "aaron", "late"];
    assert_eq!(roll_call.send(RollCall {}).await?, order);
    Ok(())
}

// B28: connections of one priority also run by their uid, in any order of connecting.
#[tokio::test]
async fn connected_receivers_run_by_uid() -> Result<()> {
    signals::signal! { queue_asked {} -> u8 }
    queue_asked.connect("b", |_| Ok(2))?;
    queue_asked.connect("c", |_| Ok(3))?;
    queue_asked.connect("a", |_| Ok(1))?;
    assert_eq!(queue_asked.send(QueueAsked {}).await?, [1, 2, 3]);
    Ok(())
}

// B29: the list of a send is a snapshot.
#[tokio::test]
async fn what_is_connected_during_a_send_is_heard_from_the_next_one_on() -> Result<()> {
    signals::signal! { door_opened; }
    static LOG: Log = Log::new();
    door_opened.connect("1.opener", |_| {
        LOG.note("opener");
        door_opened.connect("2.guest", |_| LOG.record("guest")).ok();
        Ok(())
    })?;
    door_opened.send(DoorOpened {}).await?;
    assert_eq!(LOG.take(), ["opener"]);
    door_opened.send(DoorOpened {}).await?;
    assert_eq!(LOG.take(), ["opener", "guest"]);
    Ok(())
}

// B29
#[tokio::test]
async fn what_is_disconnected_during_a_send_is_still_called_in_it() -> Result<()> {
    signals::signal! { door_closed; }
    static LOG: Log = Log::new();
    let second = door_closed.connect("2.leaving", |_| LOG.record("leaving"))?;
    door_closed.connect("1.closer", move |_| {
        LOG.note(door_closed.disconnect(second));
        Ok(())
    })?;
    door_closed.send(DoorClosed {}).await?;
    assert_eq!(LOG.take(), ["true", "leaving"]);
    door_closed.send(DoorClosed {}).await?;
    assert_eq!(LOG.take(), ["false"]);
    Ok(())
}

// B30
#[tokio::test]
async fn a_nested_send_ends_before_the_outer_one_goes_on() -> Result<()> {
    signals::signal! { echo { depth: u8 } }
    static LOG: Log = Log::new();
    #[receiver(echo)]
    async fn a_nests(depth: u8) -> Result<()> {
        LOG.note(format!("a{depth}"));
        if depth < 2 {
            echo.send(Echo { depth: depth + 1 }).await?;
        }
        Ok(())
    }
    #[receiver(echo)]
    fn b_follows(depth: u8) {
        LOG.note(format!("b{depth}"));
    }

    echo.send(Echo { depth: 0 }).await?;
    assert_eq!(LOG.take(), ["a0", "a1", "a2", "b2", "b1", "b0"]);
    Ok(())
}

// B31, B42: receivers run one after another, so a failure has no running siblings to cancel. The later ones
// are not called.
#[tokio::test]
async fn the_first_error_stops_a_send_and_names_its_receiver() {
    signals::signal! { relay; }
    static LOG: Log = Log::new();
    #[receiver(relay)]
    fn a_runs() {
        LOG.note("a");
    }
    const LINE: u32 = line!() + 2;
    #[receiver(relay)]
    async fn b_drops_it() -> Result<(), Refused> {
        Err(Refused("baton"))
    }
    #[receiver(relay)]
    fn c_waits() {
        LOG.note("c");
    }

    let error = relay.send(Relay {}).await.unwrap_err();
    assert_eq!(LOG.take(), ["a"]);
    assert_eq!(refused(&error), Some("baton"));
    let Error::Receiver(failure) = error else { panic!("{error}") };
    assert_eq!(failure.step.receiver, concat!(module_path!(), "::b_drops_it"));
    assert_eq!((failure.step.signal, failure.step.file, failure.step.line), ("relay", file!(), LINE));
}

// B32, B35, B36, B43: every receiver runs, and each outcome names its receiver, also that of a closure.
#[tokio::test]
async fn a_robust_send_calls_every_receiver() {
    signals::signal! { survey {} -> u8 }
    #[receiver(survey)]
    fn a_answers() -> u8 {
        1
    }
    #[receiver(survey)]
    async fn b_fails() -> Result<u8, Refused> {
        Err(Refused("no comment"))
    }
    #[receiver(survey)]
    async fn c_answers() -> u8 {
        3
    }
    survey.connect("0.closure", |_| Err(Refused("closed").into())).unwrap();

    let outcomes = survey.send_robust(Survey {}).await;
    let path = |name: &str| format!("{}::{name}", module_path!());
    let names: Vec<_> = outcomes.iter().map(|outcome| outcome.receiver.receiver.clone()).collect();
    assert_eq!(names, ["0.closure".to_owned(), path("a_answers"), path("b_fails"), path("c_answers")]);
    let answers: Vec<_> =
        outcomes.into_iter().map(|outcome| outcome.result.map_err(|e| refused(&e).unwrap())).collect();
    assert_eq!(answers, [Err("closed"), Ok(1), Err("no comment"), Ok(3)]);
}

// B33
#[tokio::test]
async fn a_robust_send_logs_each_failure_with_its_receiver() {
    signals::signal! { flaky; }
    #[receiver(flaky)]
    fn stumbles() -> Result<(), Refused> {
        Err(Refused("stone"))
    }
    #[receiver(flaky)]
    fn walks() {}

    let (log, _guard) = capture();
    flaky.send_robust(Flaky {}).await;
    let logged = log.take();
    let [line] = logged.as_slice() else { panic!("{logged:?}") };
    for part in ["signal=\"flaky\"", "::stumbles", "sending.rs", "refused: stone"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    walks();
}

#[tokio::test]
async fn a_robust_receiver_that_fails_adds_no_response_and_what_it_wrote_stays() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "sending_vote")]
    struct Vote {
        id: i64,
    }
    signals::signal! { vote_asked<'a> { tx: &'a Tx } -> u8 }
    #[receiver(vote_asked, robust)]
    async fn a_fails(tx: &Tx) -> Result<u8> {
        Vote { id: 0 }.create(tx).await?;
        Err("no".into())
    }
    #[receiver(vote_asked)]
    fn b_answers() -> u8 {
        2
    }

    let db = db().await;
    let tx = db.begin().await?;
    assert_eq!(vote_asked.send(VoteAsked { tx: &tx }).await?, [2]);
    assert_eq!(vote_asked.send_robust(VoteAsked { tx: &tx }).await.len(), 2);
    assert_eq!(Vote::objects().count(&tx).await?, 2, "a custom signal has no savepoint");
    tx.rollback().await?;
    assert_eq!(Vote::objects().count(&db).await?, 0);
    Ok(())
}

// B34: a panic is not an outcome. It unwinds through the send, as KeyboardInterrupt does in Django.
#[tokio::test]
async fn a_panic_unwinds_through_a_robust_send() {
    signals::signal! { fragile; }
    static LOG: Log = Log::new();
    #[receiver(fragile)]
    fn a_breaks() {
        panic!("broken");
    }
    #[receiver(fragile)]
    fn b_is_not_called() {
        LOG.note("called");
    }

    let sent = std::panic::AssertUnwindSafe(fragile.send_robust(Fragile {})).catch_unwind().await;
    assert_eq!(*sent.unwrap_err().downcast::<&str>().unwrap(), "broken");
    assert!(LOG.take().is_empty());
}

// B35: in Django a returned error object cannot be distinguished from a raised one.
#[tokio::test]
async fn an_error_as_the_response_is_not_a_failure() {
    signals::signal! { verdict {} -> Result<u8, String> }
    verdict.connect("a", |_| Ok(Err("guilty".into()))).unwrap();
    verdict.connect("b", |_| Err(Refused("no court").into())).unwrap();

    let outcomes = verdict.send_robust(Verdict {}).await;
    assert_eq!(outcomes[0].result.as_ref().unwrap(), &Err("guilty".to_owned()));
    assert_eq!(outcomes[1].result.as_ref().map_err(refused), Err(Some("no court")));
}

// B37: both sends read the same list, so they call the same receivers.
#[tokio::test]
async fn both_sends_call_the_same_receivers_in_the_same_order() -> Result<()> {
    signals::signal! { both_ways {} -> u8 }
    #[receiver(both_ways, priority = 1)]
    fn last() -> u8 {
        2
    }
    #[receiver(both_ways)]
    async fn first() -> u8 {
        1
    }
    let plain = both_ways.send(BothWays {}).await?;
    let robust = both_ways.send_robust(BothWays {}).await;
    assert_eq!(plain, [1, 2]);
    assert_eq!(robust.into_iter().map(|outcome| outcome.result.unwrap()).collect::<Vec<_>>(), plain);
    Ok(())
}

// B38, B39, B41: Django runs the sync ones first, in a worker thread, and then the async ones concurrently.
// Here both kinds have one order, on the caller's task, and each ends before the next starts.
#[tokio::test]
async fn sync_and_async_receivers_share_one_order_and_one_thread() -> Result<()> {
    signals::signal! { mixed; }
    static LOG: Log = Log::new();
    #[receiver(mixed)]
    async fn a_async() {
        LOG.note("a starts");
        tokio::task::yield_now().await;
        LOG.note("a ends");
    }
    #[receiver(mixed)]
    fn b_sync() {
        LOG.note(format!("b on {:?}", thread::current().id()));
    }
    #[receiver(mixed)]
    async fn c_async() {
        LOG.note("c");
    }

    mixed.send(Mixed {}).await?;
    let here = format!("b on {:?}", thread::current().id());
    assert_eq!(LOG.take(), ["a starts", "a ends", &here, "c"]);
    mixed.send_robust(Mixed {}).await;
    assert_eq!(LOG.take(), ["a starts", "a ends", &here, "c"]);
    Ok(())
}

// B44: receivers run on the caller's task. Data that Django shares through context variables is in the
// payload.
#[tokio::test]
async fn a_receiver_sees_task_locals_and_what_earlier_ones_left_in_the_payload() -> Result<()> {
    tokio::task_local! { static LANGUAGE: &'static str; }
    signals::signal! { greeting { words: Vec<&'static str> } -> usize }
    #[receiver(greeting)]
    async fn a_greets(words: &mut Vec<&'static str>) -> usize {
        tokio::task::yield_now().await;
        words.push(LANGUAGE.get());
        words.len()
    }
    #[receiver(greeting)]
    fn b_counts(words: &[&'static str]) -> usize {
        words.iter().filter(|word| **word == "dansk").count()
    }

    let sent = LANGUAGE.scope("dansk", greeting.send(Greeting { words: vec!["hej"] })).await?;
    assert_eq!(sent, [2, 1]);
    Ok(())
}

// B27: what is not `Clone` can be lent, changed, and read after the send.
#[tokio::test]
async fn a_payload_may_borrow_what_the_sender_keeps() -> Result<()> {
    signals::signal! { basket_packed<'a> { basket: &'a mut Vec<String> } }
    #[receiver(basket_packed)]
    fn add_leaflet(basket: &mut Vec<String>) {
        basket.push("leaflet".into());
    }

    let mut basket = vec!["tea".to_owned()];
    basket_packed.send(BasketPacked { basket: &mut basket }).await?;
    assert_eq!(basket, ["tea", "leaflet"]);
    Ok(())
}

// B30: a signal that is sent by its own receiver ends at the recursion limit, with its chain.
#[tokio::test]
async fn endless_nesting_ends_with_the_chain() {
    signals::signal! { snake; }
    #[receiver(snake)]
    async fn bites_its_tail() -> Result<()> {
        snake.send(Snake {}).await.map(drop)
    }

    let error = snake.send(Snake {}).await.unwrap_err();
    let Error::Recursion(recursion) = &error else { panic!("{error}") };
    assert_eq!(recursion.limit, signals::receivers::DEFAULT_RECURSION_LIMIT);
    assert_eq!(recursion.chain.len(), signals::receivers::DEFAULT_RECURSION_LIMIT as usize);
    assert!(recursion.chain.iter().all(|step| step.receiver.ends_with("::bites_its_tail")));
}
