//! Arguments.

use clap::Parser as _;

use super::Cli;

fn exit_code(words: &str) -> i32 {
    match Cli::try_parse_from(std::iter::once("app").chain(words.split(' '))) {
        Ok(_) => 0,
        Err(error) => error.exit_code(),
    }
}

#[tokio::test]
async fn the_words_of_celery_are_understood() {
    for words in [
        "worker --loglevel=info",
        "worker --loglevel=INFO -Q mail,default -c 8",
        "worker -Q mail=3,default,search=1000",
        "worker -l WARNING --queues mail --concurrency 2",
        "worker -l critical --burst --lease 60 --grace 30",
        "worker --check -Q mail",
        "worker -B",
        "worker --beat --loglevel=info -Q mail -c 2",
        "beat",
        "beat --loglevel=info",
        "beat -l DEBUG",
        "tasks purge --state dead,done --yes",
        "tasks retry --all -Q mail --rate 10",
        "tasks dead --json --limit 5 --task shop.charge",
    ] {
        assert_eq!(exit_code(words), 0, "{words}");
    }
}

#[tokio::test]
async fn wrong_arguments_end_with_2() {
    for words in [
        "worker --loglevel=loud",
        "worker -c 0",
        "worker -Q mail=0",
        "worker -Q mail=1001,default",
        "worker -Q mail=many",
        "worker -Q =3",
        "worker --lease 0",
        "worker --check --burst",
        "worker -B --burst",
        "worker -B --check",
        "beat --loglevel=loud",
        "beat -Q mail",
        "tasks",
        "tasks show 7",
        "tasks retry",
        "tasks retry --queue mail 01936f6e-0000-7000-8000-000000000000",
        "tasks retry --all 01936f6e-0000-7000-8000-000000000000",
        "tasks purge --state running",
        "tasks dead --limit 0",
        "tasks dead -n 9223372036854775808",
        "tasks cancel -t shop.charge 01936f6e-0000-7000-8000-000000000000",
        "tasks statsu",
    ] {
        assert_eq!(exit_code(words), 2, "{words}");
    }
}

#[tokio::test]
async fn a_wrong_weight_is_answered_with_the_right_form() {
    let refused = |words: &str| {
        let error = Cli::try_parse_from(std::iter::once("app").chain(words.split(' '))).unwrap_err().to_string();
        error.lines().next().unwrap_or_default().to_owned()
    };
    for (words, expected) in [
        ("worker -Q mail=0", "the weight of `mail` is `0`; write a number from 1 to 1000, as in `mail=3`"),
        ("worker -Q a,mail=x", "the weight of `mail` is `x`; write a number from 1 to 1000, as in `mail=3`"),
        ("worker -Q =3", "a weight follows the name of its queue, as in `mail=3`"),
    ] {
        let error = refused(words);
        assert!(error.ends_with(expected), "{error}");
    }
}

#[tokio::test]
async fn the_help_describes_each_command() {
    let help = Cli::try_parse_from(["app", "--help"]).unwrap_err().to_string();
    assert!(help.contains("Runs tasks until it receives SIGTERM or SIGINT"), "{help}");
    assert!(help.contains("Enqueues scheduled tasks until it receives SIGTERM or SIGINT"), "{help}");
    assert!(help.contains("Shows and changes the runs of tasks"), "{help}");
    let help = Cli::try_parse_from(["app", "tasks", "--help"]).unwrap_err().to_string();
    assert!(help.contains("Tries dead or cancelled runs again"), "{help}");
}

#[test]
fn what_is_no_id_is_answered_with_the_commands_that_list_ids() {
    for words in ["tasks show 99999", "tasks retry 99999", "tasks cancel order-7"] {
        let error = Cli::try_parse_from(std::iter::once("app").chain(words.split(' '))).unwrap_err();
        assert!(error.to_string().contains("`tasks dead` list them"), "{error}");
    }
}
