//! Generated code calls no macro by a name that a user's macro may have.

#[allow(unused_macros)]
macro_rules! concat {
    ($($any:tt)*) => {
        compile_error!("the user's macro was called")
    };
}
#[allow(unused_macros)]
macro_rules! file {
    ($($any:tt)*) => {
        compile_error!("the user's macro was called")
    };
}
#[allow(unused_macros)]
macro_rules! line {
    ($($any:tt)*) => {
        compile_error!("the user's macro was called")
    };
}
#[allow(unused_macros)]
macro_rules! module_path {
    ($($any:tt)*) => {
        compile_error!("the user's macro was called")
    };
}

#[derive(signals::Model)]
struct User {
    id: i64,
}

#[signals::receiver(signals::post_save, sender = User)]
fn welcome(instance: &User) {
    let _ = instance.id;
}

fn main() {
    assert_eq!(signals::registry().len(), 1);
}
