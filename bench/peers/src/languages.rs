//! PHP, node and Python: one process each that signs and verifies in a loop, and times itself.

use std::hint::black_box;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use sanspay_core::checkout::Verifier;

use crate::row::Row;
use sanspay_bench::checkout;
use sanspay_bench::measure::Effort;

use crate::inputs;

/// How long one batch runs. Longer than those of a comparison in one process, because code that is
/// compiled while it runs, or that collects garbage, has a longer beat.
const BATCH: Duration = Duration::from_micros(200);

/// Name, program and arguments; the scripts' own comments say what they answer.
const LANGUAGES: [(&str, &str, &[&str]); 3] = [
    // `-n`: without the machine's own settings.
    (
        "PHP",
        "php",
        &[
            "-n",
            concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/loop.php"),
        ],
    ),
    (
        "node",
        "node",
        &[concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/loop.mjs")],
    ),
    (
        "Python",
        "python3",
        &[concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/loop.py")],
    ),
];

const SIGN: &str = "sign 12 parameters, unsorted";
const VERIFY: &str = "verify a notification (598 bytes)";
const SIGN_DIFFERS: &str = "nothing: the same parameters and signature";
const VERIFY_DIFFERS: &str = "theirs: the signature alone; ours: every rule against forging too";

/// Two rows of each language.
pub(crate) fn rows(effort: Effort) -> Vec<Row> {
    LANGUAGES.into_iter().flat_map(|(name, program, arguments)| language_rows(effort, name, program, arguments)).collect()
}

fn language_rows(effort: Effort, name: &str, program: &str, arguments: &[&str]) -> [Row; 2] {
    let pairs = inputs::unsorted_pairs();
    let Some(mut process) = Process::start(program, arguments, &pairs) else {
        let row = |operation, differs| Row::not_installed(operation, name.to_owned(), differs);
        return [row(SIGN, SIGN_DIFFERS), row(VERIFY, VERIFY_DIFFERS)];
    };
    let peer = format!("{name} {}", process.version);
    let key = checkout::key();
    let signature = key.sign(&pairs);
    let sign = || key.sign(black_box(&pairs));
    let signed = in_turns(effort, &mut process, "sign", "", signature.as_str(), sign);

    let (_, form) = checkout::notification();
    let form = String::from_utf8(form).expect("a form");
    let (_, signature) = form.split_once("sign=").expect("a signature");
    let signature = signature.split('&').next().unwrap_or_default();
    let forged = form.replacen("1299.00", "1299.01", 1);
    assert_eq!(process.run("verify", 1, &forged).1, "refused");
    let verifier = Verifier::new([key.clone()]).expect("a verifier");
    let verify = || verifier.notification(black_box(form.as_bytes()));
    let checked = in_turns(effort, &mut process, "verify", &form, signature, verify);
    [
        Row::timed(SIGN, peer.clone(), signed, SIGN_DIFFERS),
        Row::timed(VERIFY, peer, checked, VERIFY_DIFFERS),
    ]
}

/// The least time of one operation of the other process, and of ours, measured in turns. Each of
/// its results is compared with `expected`, the first before anything is timed.
fn in_turns<T>(
    effort: Effort,
    process: &mut Process,
    operation: &str,
    body: &str,
    expected: &str,
    mut ours: impl FnMut() -> T,
) -> (f64, f64) {
    let mut theirs = |times: u32| {
        let (nanos, result) = process.run(operation, times, body);
        assert_eq!(result, expected, "{operation}");
        nanos
    };
    let mut own = |times: u32| {
        let begun = Instant::now();
        for _ in 0..times {
            black_box(ours());
        }
        begun.elapsed().as_secs_f64() * 1e9
    };
    let (their_batch, our_batch) = (batch_size(&mut theirs), batch_size(&mut own));
    let (mut their_nanos, mut our_nanos) = (f64::INFINITY, f64::INFINITY);
    let begun = Instant::now();
    while begun.elapsed() < effort.budget() {
        their_nanos = their_nanos.min(theirs(their_batch) / f64::from(their_batch));
        our_nanos = our_nanos.min(own(our_batch) / f64::from(our_batch));
    }
    (their_nanos, our_nanos)
}

/// How many operations fill a batch.
fn batch_size(run: &mut impl FnMut(u32) -> f64) -> u32 {
    let mut size = 1;
    while run(size) < BATCH.as_secs_f64() * 1e9 {
        size *= 2;
    }
    size
}

/// A language's loop.
struct Process {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    version: String,
}

impl Process {
    /// Starts it, unless it is not installed.
    fn start(program: &str, arguments: &[&str], pairs: &[(String, String)]) -> Option<Self> {
        let started = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => panic!("{program} does not start: {error}"),
        };
        let mut process = Self {
            questions: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().expect("piped")),
            child,
            version: String::new(),
        };
        let input = serde_json::json!({ "secret": checkout::SECRET, "parameters": pairs });
        process.version = process.ask(&input.to_string());
        Some(process)
    }

    /// One line there, one line back.
    fn ask(&mut self, question: &str) -> String {
        let questions = self.questions.as_mut().expect("still open");
        writeln!(questions, "{question}").expect("the script reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        answer.strip_suffix('\n').expect("an answer").to_owned()
    }

    /// So many operations in a row: the nanoseconds that they took, and the last result.
    fn run(&mut self, operation: &str, times: u32, body: &str) -> (f64, String) {
        let answer = self.ask(&format!("{operation} {times} {body}"));
        let (nanos, result) = answer.split_once(' ').expect("a time and a result");
        (nanos.parse().expect("a time"), result.to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}
