//! The same random cases, decided here and by iam-simulate, a simulator that others wrote.
//!
//! `EBBSTONE_IAM_SIMULATE` names the folder of its npm package; without it the test is skipped loudly, or fails if
//! `EBBSTONE_REQUIRE_IAM_SIMULATE=1`. The simulator runs as a program of its own, and only here. `EBBSTONE_ORACLE_CASES` is how
//! many cases there are. They are the same in each run.

#[path = "policies/cases.rs"]
mod cases;
#[path = "oracle/differences.rs"]
mod differences;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use cases::{Caller, Case, case};
use iam::{Context, Effect, Reason};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

const CASES: usize = 20_000;

fn main() -> ExitCode {
    let Some(package) = std::env::var_os("EBBSTONE_IAM_SIMULATE").filter(|path| !path.is_empty()) else {
        eprintln!("*** NO IAM-SIMULATE ON THIS MACHINE: DECISIONS ARE NOT COMPARED WITH IT ***");
        let required = std::env::var_os("EBBSTONE_REQUIRE_IAM_SIMULATE").is_some_and(|value| value == "1");
        return if required { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    };
    let count = std::env::var("EBBSTONE_ORACLE_CASES").map_or(CASES, |text| text.parse().expect("a number"));
    let cases = draw(count);
    let answers = simulate(Path::new(&package), &cases);
    assert_eq!(answers.len(), cases.len(), "the simulator answers each case");
    compare(&cases, &answers)
}

fn draw(count: usize) -> Vec<Case> {
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, b"policies against iam-simulate, 1");
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    let strategy = case(false);
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a case").current()).collect()
}

/// What the simulator answers: `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied` for each case.
fn simulate(package: &Path, cases: &[Case]) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/simulate.cjs");
    let mut child = Command::new("node")
        .arg(script)
        .arg(package)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs where its package is installed");
    let mut input = child.stdin.take().expect("a pipe");
    let lines: String = cases.iter().map(|case| request(case).to_string() + "\n").collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("the simulator ends");
    writer.join().expect("the writer ends").expect("the simulator reads");
    assert!(output.status.success(), "the simulator fails: {}", output.status);
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

fn request(case: &Case) -> Value {
    // The simulator has no root user that needs no policies.
    let all = json!({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}});
    let identity = if case.caller == Caller::Root { vec![all] } else { case.identity.clone() };
    json!({
        "principal": case.principal().arn,
        "action": case.action,
        "resource": case.resource,
        "owner": case.owner,
        "context": context(&case.full_context()),
        "identity": identity,
        "boundary": case.boundary,
        "session": case.session,
        "resourcePolicy": case.resource_policy,
    })
}

fn context(context: &Context) -> Value {
    let keys = context.iter().map(|(key, values)| {
        let values = if let [value] = values { json!(value) } else { json!(values) };
        (key.to_owned(), values)
    });
    Value::Object(keys.collect())
}

fn compare(cases: &[Case], answers: &[String]) -> ExitCode {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = 0;
    for (case, answer) in cases.iter().zip(answers) {
        let decision = case.decide();
        let ours = match decision.trace.reason {
            Reason::Allowed => "Allowed",
            Reason::NotAllowedBy(_) => "ImplicitlyDenied",
            Reason::ExplicitDeny(_) => "ExplicitlyDenied",
        };
        let outcome = if ours == answer {
            ours
        } else {
            differences::explain(case, &decision).unwrap_or("UNEXPLAINED")
        };
        *counts.entry(outcome).or_default() += 1;
        if outcome == "UNEXPLAINED" {
            unexplained += 1;
            if unexplained <= 5 {
                let matching: Vec<_> =
                    decision.trace.statements.iter().filter(|it| it.effect == Effect::Allow).collect();
                println!(
                    "here {ours}, there {answer}: {}\n  {:?} {matching:?}",
                    request(case),
                    decision.trace.reason
                );
            }
        }
    }
    println!("{} cases compared with iam-simulate:", cases.len());
    for (outcome, count) in &counts {
        println!("{count:8}  {outcome}");
    }
    let agreed = ["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"].map(|name| counts.get(name).copied());
    let each_is_met = agreed.iter().all(|count| count.is_some_and(|count| count > cases.len() / 100));
    if !each_is_met {
        println!("an outcome is hardly ever agreed on: the cases do not tell much");
    }
    if unexplained == 0 && each_is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
