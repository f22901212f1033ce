//! `cargo xtask kill`: the real server, killed again and again in the midst of imports and copies.

use std::path::Path;

use crate::failure::Failure;
use crate::test::{Needed, run_python_module};

const USAGE: &str = "\
usage: cargo xtask kill [ROUNDS] [--seed N] [--backend CATALOG-STORE]

  ROUNDS     how many times there is load, a kill, a restart and a check (default: 100)
  --seed     decides what is written and which moments are waited for (default: drawn, and printed)
  --backend  sqlite-folder (default), sqlite-s3, postgres-folder or postgres-s3
";
const ROUNDS_DEFAULT: u32 = 100;
const BACKENDS: [(&str, &[Needed]); 4] = [
    ("sqlite-folder", &[]),
    ("sqlite-s3", &[Needed::Seaweedfs]),
    ("postgres-folder", &[Needed::Postgres]),
    ("postgres-s3", &[Needed::Postgres, Needed::Seaweedfs]),
];

#[derive(Debug, PartialEq, Eq)]
struct Order {
    rounds: u32,
    seed: Option<u64>,
    backend: &'static str,
    needed: &'static [Needed],
}

/// Kills the server as often as `arguments` say, and prints figures of what was seen.
///
/// # Errors
/// [`Failure::Program`] if a promise was broken; what is left is then kept in `target/kill`.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failure> {
    let order = parse(arguments)?;
    let folder = root.join("target/kill").join(order.backend);
    let mut words = vec![order.rounds.to_string(), "--backend".to_owned(), order.backend.to_owned()];
    words.extend(["--folder".to_owned(), folder.display().to_string()]);
    if let Some(seed) = order.seed {
        words.extend(["--seed".to_owned(), seed.to_string()]);
    }
    run_python_module(root, order.needed, "kill_loop", &words)
}

fn parse(arguments: &[String]) -> Result<Order, Failure> {
    let wrong = || Failure::Usage(USAGE);
    let [(backend, needed), ..] = BACKENDS;
    let mut order = Order { rounds: ROUNDS_DEFAULT, seed: None, backend, needed };
    let mut rounds = None;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seed" => {
                let seed = words.next().ok_or_else(wrong)?;
                order.seed = Some(seed.parse().map_err(|_| wrong())?);
            }
            "--backend" => {
                let name = words.next().ok_or_else(wrong)?;
                let found = BACKENDS.into_iter().find(|(backend, _)| *backend == name.as_str());
                (order.backend, order.needed) = found.ok_or_else(wrong)?;
            }
            count if rounds.is_none() => {
                let count: u32 = count.parse().map_err(|_| wrong())?;
                rounds = Some(count).filter(|count| *count > 0);
                order.rounds = rounds.ok_or_else(wrong)?;
            }
            _ => return Err(wrong()),
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::test::Needed;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn rounds_seed_and_backend_come_in_any_order() {
        for (text, rounds, seed, backend, needed) in [
            ("", 100, None, "sqlite-folder", &[][..]),
            ("7", 7, None, "sqlite-folder", &[]),
            ("--seed 3 9", 9, Some(3), "sqlite-folder", &[]),
            ("30 --backend postgres-s3", 30, None, "postgres-s3", &[Needed::Postgres, Needed::Seaweedfs]),
        ] {
            let order = parse(&words(text)).expect("legal arguments");
            assert_eq!((order.rounds, order.seed, order.backend), (rounds, seed, backend), "{text}");
            assert_eq!(order.needed, needed, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in ["0", "-1", "x", "1 2", "--seed", "--seed x", "--backend", "--backend tape", "--rounds 1"]
        {
            assert!(parse(&words(text)).is_err(), "{text}");
        }
    }
}
