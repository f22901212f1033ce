//! `cargo xtask test`: sets up what the tests need, runs them, and says at the end what was skipped.

mod apt;
mod postgres;
mod program;
pub(crate) mod python;
mod report;
mod seaweedfs;
mod simulator;

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
pub(crate) use program::run_shown;
use report::Report;

const USAGE: &str = "\
usage: cargo xtask test [PART]... [-- PYTEST_ARG]...

  environment  what the tests need: a Python environment, PostgreSQL, SeaweedFS, iam-simulate
  rust         cargo test of the whole workspace
  blackbox     the Python suite in tests/, against the release binary and real clients
";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Environment,
    Rust,
    Blackbox,
}

/// Programs that the tests use and that are not part of the workspace.
struct Programs {
    /// Folder of `initdb` and `pg_ctl`.
    postgres: Option<std::path::PathBuf>,
    /// The SeaweedFS program.
    seaweedfs: Option<std::path::PathBuf>,
    /// Folder of the npm package of iam-simulate.
    simulator: Option<std::path::PathBuf>,
}

/// A program that a task cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    Postgres,
    Seaweedfs,
}

impl Needed {
    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Seaweedfs => "SeaweedFS",
        }
    }
}

/// Runs the parts that `arguments` name, or all of them; what follows `--` goes to pytest.
///
/// # Errors
/// [`Failure::Program`] if tests fail, [`Failure::Missing`] if a part cannot run at all.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failure> {
    let (parts, pytest_arguments) = parse(arguments)?;
    let mut report = Report::default();
    let outcome = run_parts(root, &parts, pytest_arguments, &mut report);
    report.print(outcome.is_ok());
    outcome
}

fn parse(arguments: &[String]) -> Result<(Vec<Part>, &[String]), Failure> {
    let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let mut parts = Vec::new();
    for argument in &arguments[..end] {
        parts.push(match argument.as_str() {
            "environment" => Part::Environment,
            "rust" => Part::Rust,
            "blackbox" => Part::Blackbox,
            _ => return Err(Failure::Usage(USAGE)),
        });
    }
    if parts.is_empty() {
        parts = vec![Part::Environment, Part::Rust, Part::Blackbox];
    }
    Ok((parts, arguments.get(end + 1..).unwrap_or_default()))
}

fn run_parts(
    root: &Path,
    parts: &[Part],
    pytest_arguments: &[String],
    report: &mut Report,
) -> Result<(), Failure> {
    let wanted = |part| parts.contains(&part);
    let install = wanted(Part::Environment);
    let programs = Programs {
        postgres: report.step("PostgreSQL", |report| postgres::provide(install, report))?,
        seaweedfs: report.step("SeaweedFS", |report| seaweedfs::provide(root, install, report))?,
        simulator: report.step("iam-simulate", |report| simulator::provide(root, install, report))?,
    };
    if install || wanted(Part::Blackbox) {
        report.step("Python environment", |_| python::provide(root))?;
    }
    if wanted(Part::Rust) {
        report.step("Rust tests", |_| rust_tests(root, &programs))?;
    }
    if wanted(Part::Blackbox) {
        report.step("release binary", |_| build_binary(root))?;
        report.step("black-box tests", |_| blackbox_tests(root, &programs, pytest_arguments))?;
    }
    Ok(())
}

fn rust_tests(root: &Path, programs: &Programs) -> Result<(), Failure> {
    let mut command = cargo(root);
    command.args(["test", "--release", "--workspace"]);
    programs.name_in(&mut command);
    run_shown(&mut command)
}

/// Builds the server, with what the tests have built already.
///
/// # Errors
/// [`Failure::Program`] if it does not build.
pub(crate) fn build_binary(root: &Path) -> Result<(), Failure> {
    let mut command = cargo(root);
    // With the same features as the tests, so that what they built is not built again.
    command.args(["build", "--release", "--workspace", "--bins", "--tests"]);
    run_shown(&mut command)
}

fn blackbox_tests(root: &Path, programs: &Programs, pytest_arguments: &[String]) -> Result<(), Failure> {
    let mut command = python_command(root, programs);
    command
        .args(["-m", "pytest", "-p", "no:cacheprovider", "-ra", "--durations=5"])
        .args(["--ignore", "tests/clients", "tests"])
        .args(pytest_arguments);
    run_shown(&mut command)
}

/// Runs a Python module of `tests/` against the release binary, with the environment and the programs of the tests.
///
/// # Errors
/// [`Failure::Missing`] if a program in `needed` cannot be had, [`Failure::Program`] if the module reports failure.
pub(crate) fn run_python_module(
    root: &Path,
    needed: &[Needed],
    module: &str,
    arguments: &[String],
) -> Result<(), Failure> {
    let mut skips = Report::default();
    let mut programs = Programs { postgres: None, seaweedfs: None, simulator: None };
    for program in needed {
        let found = match program {
            Needed::Postgres => {
                programs.postgres = postgres::provide(true, &mut skips)?;
                programs.postgres.is_some()
            }
            Needed::Seaweedfs => {
                programs.seaweedfs = seaweedfs::provide(root, true, &mut skips)?;
                programs.seaweedfs.is_some()
            }
        };
        if !found {
            return Err(Failure::Missing { what: program.name(), remedy: "see above why it is not there" });
        }
    }
    python::provide(root)?;
    build_binary(root)?;
    let mut command = python_command(root, &programs);
    command.args(["-m", module]).args(arguments).env("PYTHONPATH", root.join("tests"));
    run_shown(&mut command)
}

fn python_command(root: &Path, programs: &Programs) -> Command {
    let mut command = Command::new(python::interpreter(root));
    command
        .current_dir(root)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("EBBSTONE_BIN", root.join("target/release/ebbstone"));
    programs.name_in(&mut command);
    command
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

impl Programs {
    /// Tells the tests where the programs are. What was found here must then be used: a test may not skip itself.
    fn name_in(&self, command: &mut Command) {
        if let Some(folder) = &self.postgres {
            command.env("EBBSTONE_REQUIRE_POSTGRES", "1").env("EBBSTONE_POSTGRES_BIN", folder);
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(folder.clone()).chain(std::env::split_paths(&path));
            if let Ok(path) = std::env::join_paths(folders) {
                command.env("PATH", path);
            }
        }
        if let Some(program) = &self.seaweedfs {
            command.env("EBBSTONE_SEAWEEDFS", program).env("EBBSTONE_REQUIRE_S3", "1");
        }
        if let Some(package) = &self.simulator {
            command.env("EBBSTONE_IAM_SIMULATE", package).env("EBBSTONE_REQUIRE_IAM_SIMULATE", "1");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, parse};

    #[test]
    fn no_part_means_all_and_the_rest_goes_to_pytest() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let all = [Part::Environment, Part::Rust, Part::Blackbox];
        for (text, parts, rest) in [
            ("", &all[..], ""),
            ("rust", &all[1..2], ""),
            ("environment blackbox -- -k copy", &[Part::Environment, Part::Blackbox], "-k copy"),
            ("-- -x", &all, "-x"),
        ] {
            let arguments = words(text);
            let (found, passed_on) = parse(&arguments).expect("legal arguments");
            assert!(found == parts, "{text}");
            assert_eq!(passed_on, words(rest), "{text}");
        }
        assert!(parse(&words("everything")).is_err());
    }
}
