//! The measured values, and the table of their medians.

use crate::database::Server;
use crate::figure::{Figure, Peer};

struct Cell {
    figure: Figure,
    peer: Peer,
    database: &'static str,
    values: Vec<f64>,
}

#[derive(Default)]
pub struct Results(Vec<Cell>);

impl Results {
    /// Keeps a value, and prints it for those who wait.
    pub fn add(&mut self, figure: Figure, peer: Peer, server: &Server, value: f64) {
        let database = server.title();
        eprintln!("{database}, {}: {figure:?} {value:.3}", peer.name());
        let found = self.0.iter_mut().find(|all| (all.figure, all.peer, all.database) == (figure, peer, database));
        match found {
            Some(all) => all.values.push(value),
            None => self.0.push(Cell { figure, peer, database, values: vec![value] }),
        }
    }

    /// Prints the medians as a Markdown table.
    pub fn print(&self) {
        let mut columns: Vec<(Peer, &str)> = Vec::new();
        for cell in &self.0 {
            if !columns.contains(&(cell.peer, cell.database)) {
                columns.push((cell.peer, cell.database));
            }
        }
        let titles = columns.iter().map(|(peer, database)| match peer {
            Peer::Celery => format!(" {}, rows in {database} |", peer.title()),
            _ => format!(" {}, {database} |", peer.title()),
        });
        println!("| |{}", titles.collect::<String>());
        println!("|---|{}", "---|".repeat(columns.len()));
        for figure in Figure::ALL.into_iter().filter(|figure| self.0.iter().any(|all| all.figure == *figure)) {
            let cells = columns.iter().map(|column| format!(" {} |", self.cell(figure, *column)));
            println!("| {} |{}", figure.title(), cells.collect::<String>());
        }
    }

    fn cell(&self, figure: Figure, (peer, database): (Peer, &str)) -> String {
        let found = self.0.iter().find(|all| (all.figure, all.peer, all.database) == (figure, peer, database));
        found.map(|all| figure.cell(median(&all.values), peer)).unwrap_or_default()
    }
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Returns the value below which this part of the values lies.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and the length")]
    let place = ((sorted.len() as f64 * part) as usize).min(sorted.len() - 1);
    sorted[place]
}
