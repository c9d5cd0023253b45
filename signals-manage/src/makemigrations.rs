//! `makemigrations`.

use std::path::PathBuf;

use clap::Args;
use signals_core::db::Db;
use signals_core::model::ModelMeta;
use signals_schema::migration::{Change, Loss, Options, Plan, Refusal, Rename};
use signals_schema::{Schema, models};
use signals_tasks::tasks;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::migrations::{Folder, FolderArgs, write};

/// The arguments of `makemigrations`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is one option of the command line")]
pub struct MakemigrationsArgs {
    /// The name of the migration; without it, the name of its first change
    #[arg(value_parser = name)]
    name: Option<String>,
    /// Prints the SQL, and writes no file
    #[arg(long)]
    dry_run: bool,
    /// Writes no file, and ends with 1 if a migration is missing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Drops columns, changes types and makes columns NOT NULL even if data may be lost
    #[arg(long)]
    allow_data_loss: bool,
    /// Takes no new table or column for a renamed one, unless `#[model(was = "..")]` says so
    #[arg(long)]
    no_renames: bool,
    /// Drops a table without a model; may be repeated
    #[arg(long, value_name = "TABLE")]
    drop_table: Vec<String>,
    /// Keeps a column without a field; may be repeated
    #[arg(long, value_name = "TABLE.COLUMN", value_parser = column)]
    keep: Vec<(String, String)>,
    /// Creates indexes of PostgreSQL beside other writes, each in its own migration without a transaction
    #[arg(long)]
    concurrently: bool,
    /// How long a statement of PostgreSQL waits for the lock of a table
    #[arg(long, value_name = "TIME", default_value = "5s")]
    lock_timeout: String,
    /// The URL of a database, in place of the one of the program. If there are several, each has its own folder of
    /// migrations, such as `migrations/postgres`
    #[arg(long, value_name = "URL")]
    database: Vec<String>,
    #[command(flatten)]
    folder: FolderArgs,
}

/// Reads the name of a migration, which is a part of the name of a file.
fn name(text: &str) -> Result<String, String> {
    let is_allowed = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    let is_name = !text.is_empty() && text.chars().all(is_allowed);
    if is_name { Ok(text.to_owned()) } else { Err("it has letters, digits, `_` and `-`".to_owned()) }
}

fn column(text: &str) -> Result<(String, String), String> {
    let parts = text.rsplit_once('.').map(|(table, column)| (table.to_owned(), column.to_owned()));
    parts.ok_or_else(|| "it is a table and a column, such as `user.email`".to_owned())
}

impl MakemigrationsArgs {
    pub(crate) async fn run(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        let all = match &self.database[..] {
            [] => vec![self.planned(db, &self.folder.of(db), console).await?],
            [url] => {
                let db = Db::connect(url).await?;
                vec![self.planned(&db, &self.folder.of(&db), console).await?]
            }
            several => {
                let mut all = Vec::new();
                for db in &connected(several).await? {
                    all.push(self.planned(db, &self.folder.own_of(db), console).await?);
                }
                all
            }
        };
        self.finish(&all, console)
    }

    /// Returns the changes of a database, and their files.
    async fn planned(&self, db: &Db, folder: &Folder, console: &mut Console<'_>) -> Result<Planned, Failure> {
        let greatest = greatest_applied(db, folder).await?;
        let plan = self.decided(&Schema::read(db).await?, console)?;
        let changes: Vec<_> = plan.changes().iter().map(ToString::to_string).collect();
        let files = match plan.changes().first() {
            Some(first) if !self.check => {
                let name = self.name.clone().unwrap_or_else(|| name_of(first, changes.len()));
                folder.files(&plan.scripts().map_err(by_hand)?, &name, greatest)
            }
            _ => Vec::new(),
        };
        Ok(Planned { changes, files })
    }

    /// Shows the plans of all databases, and writes their files.
    fn finish(&self, all: &[Planned], console: &mut Console<'_>) -> Result<(), Failure> {
        if !self.check && !self.dry_run {
            let files: Vec<_> = all.iter().flat_map(|planned| &planned.files).collect();
            write(&files)?;
        }
        for planned in all {
            if planned.changes.is_empty() {
                console.print("no changes")?;
            } else if self.check {
                planned.changes.iter().try_for_each(|change| console.print(change))?;
            } else if self.dry_run {
                print_files(&planned.files, console)?;
            } else {
                planned.changes.iter().for_each(|change| console.note(change));
                planned.files.iter().try_for_each(|(path, _)| console.print(&path.display().to_string()))?;
            }
        }
        if self.check && all.iter().any(|planned| !planned.changes.is_empty()) {
            return Err(Failure::Ended(Exit::Problems, "a migration is missing: run `makemigrations`".to_owned()));
        }
        Ok(())
    }

    /// Returns the plan, after all questions are answered. Without answers, it fails.
    fn decided(&self, old: &Schema, console: &mut Console<'_>) -> Result<Plan, Failure> {
        let models = managed(old);
        let new = Schema::of_models(models.iter().copied(), old.backend);
        let mut options = self.options().renames_of(models);
        let mut answered: Vec<Rename> = Vec::new();
        loop {
            let plan = Plan::between(old, &new, &options).map_err(by_hand)?;
            if self.check {
                return Ok(plan);
            }
            let mut open = plan.possible_renames();
            open.retain(|rename| !self.no_renames && !answered.contains(rename));
            match open.first() {
                None => {
                    self.refuse_losses(&plan)?;
                    return Ok(plan);
                }
                Some(_) if !console.asks() => {
                    return Err(undecided(&open.iter().map(described).collect::<Vec<_>>(), NO_RENAMES));
                }
                Some(rename) => {
                    if console.ask(&sentence(&rename.to_string()))? {
                        options = options.renames([rename.clone()]);
                    }
                    answered.push(rename.clone());
                }
            }
        }
    }

    fn options(&self) -> Options {
        let mut options = Options::new().lock_timeout(Some(self.lock_timeout.clone()));
        for table in &self.drop_table {
            options = options.drop_table(table);
        }
        for (table, column) in &self.keep {
            options = options.keep_column(table, column);
        }
        if self.concurrently { options.concurrently() } else { options }
    }

    fn refuse_losses(&self, plan: &Plan) -> Result<(), Failure> {
        // A table is dropped only if it was named.
        let losses = plan.losses().into_iter().filter(|loss| !matches!(loss, Loss::Table { .. }));
        let losses: Vec<_> = losses.map(|loss| loss.to_string()).collect();
        if losses.is_empty() || self.allow_data_loss { Ok(()) } else { Err(undecided(&losses, ALLOW_DATA_LOSS)) }
    }
}

/// The changes of a database, and the files of its migrations.
struct Planned {
    changes: Vec<String>,
    files: Vec<(PathBuf, String)>,
}

/// Connects to several databases, which have to be of different kinds.
async fn connected(urls: &[String]) -> Result<Vec<Db>, Failure> {
    let mut databases: Vec<Db> = Vec::new();
    for url in urls {
        let db = Db::connect(url).await?;
        if databases.iter().any(|other| other.backend() == db.backend()) {
            let message = format!("two of the databases are {}: give one of each kind", db.backend());
            return Err(Failure::usage(message));
        }
        databases.push(db);
    }
    Ok(databases)
}

const NO_RENAMES: &str = "or add `--no-renames` if none of them is one";

const ALLOW_DATA_LOSS: &str = "add `--allow-data-loss` to do this, or `--keep TABLE.COLUMN` to keep a column";

/// Returns the greatest version that is applied, or that has a file. All migrations have to be applied.
async fn greatest_applied(db: &Db, folder: &Folder) -> Result<Option<i64>, Failure> {
    let pending = db.pending_migrations(&folder.migrator().await?).await?;
    match pending.plan.first() {
        None => Ok(pending.applied.last().copied()),
        Some(first) => {
            let message = format!("migration {first} is not applied; run `migrate` first");
            Err(Failure::Ended(Exit::Undecided, message))
        }
    }
}

/// Returns the models whose tables are made by migrations. Those of tasks are among them if the program has tasks, or
/// the database has one of their tables.
fn managed(old: &Schema) -> Vec<&'static ModelMeta> {
    let is_of_tasks = |meta: &ModelMeta| meta.path().starts_with("signals_tasks::");
    let has_table = |meta: &&'static ModelMeta| is_of_tasks(meta) && old.table(meta.table()).is_some();
    let has_tasks = !tasks().is_empty() || models().iter().any(has_table);
    models().into_iter().filter(|meta| meta.is_managed() && (has_tasks || !is_of_tasks(meta))).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is the function of map_err")]
fn by_hand(refusal: Refusal) -> Failure {
    Failure::Ended(Exit::Undecided, refusal.to_string())
}

fn undecided(problems: &[String], advice: &str) -> Failure {
    Failure::Ended(Exit::Undecided, format!("no migration was written:\n{}\n{advice}", problems.join("\n")))
}

/// Returns a possible rename with what to write if it is one.
fn described(rename: &Rename) -> String {
    let place = if rename.table.is_some() { "field" } else { "struct" };
    format!("{rename} Then write `#[model(was = \"{}\")]` at its {place}", rename.from)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns the name of a migration, such as `add_the_column_email_to_user`.
fn name_of(first: &Change, changes: usize) -> String {
    let what = match first {
        Change::ChangeColumn { table, to, .. } => format!("change {} of {table}", to.name),
        Change::AddForeignKey { table, .. } | Change::DropForeignKey { table, .. } => format!("references of {table}"),
        other => other.to_string().replace("the ", ""),
    };
    let is_word = |letter: char| letter.is_ascii_alphanumeric();
    let words: Vec<_> = what.split(|letter| !is_word(letter)).filter(|word| !word.is_empty()).collect();
    let mut name = words.join("_").to_lowercase();
    name.truncate(50);
    if changes > 1 { name + "_and_more" } else { name }
}

fn print_files(files: &[(PathBuf, String)], console: &mut Console<'_>) -> Result<(), Failure> {
    for (path, text) in files {
        console.print(&format!("-- {}\n{text}", path.display()))?;
    }
    Ok(())
}
