//! The project's tasks, run as `cargo xtask TASK`. Only the standard library, so that it builds in seconds.

mod bench;
mod clients;
mod failure;
mod files;
mod kill;
mod test;
mod tidy;

use std::process::ExitCode;

use failure::Failure;

const USAGE: &str = "\
usage: cargo xtask TASK

  tidy                             checks the house rules that a program can check
  test [PART]... [-- PYTEST_ARG]...  runs the tests; parts: environment, rust, blackbox (default: all)
  clients                          runs the server against Ansible and coldsnap, which it installs
  bench [GIB]                      measures import, copies and export on a large image
  kill [ROUNDS]                    kills the server in the midst of imports and copies, and checks what it promised
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let root = files::workspace_root()?;
    match arguments.split_first().map(|(task, rest)| (task.as_str(), rest)) {
        Some(("tidy", [])) => tidy::run(&root),
        Some(("test", rest)) => test::run(&root, rest),
        Some(("clients", [])) => clients::run(&root),
        Some(("bench", rest)) => bench::run(&root, rest),
        Some(("kill", rest)) => kill::run(&root, rest),
        _ => Err(Failure::Usage(USAGE)),
    }
}
