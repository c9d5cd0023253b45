use signals::Model;

#[derive(Model)]
struct Cell {
    #[model(primary_key)]
    world: i64,
    #[model(primary_key)]
    layer: i64,
    #[model(primary_key)]
    x: i64,
    #[model(primary_key)]
    y: i64,
    #[model(primary_key)]
    z: i64,
    #[model(primary_key)]
    time: i64,
}

fn main() {}
