//! One long-lived PHP that answers with its own functions, byte for byte.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running `php-cli` of version 8.2 or later; its `ksort` is the one that is documented.
pub(crate) struct Php {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Php {
    /// Starts the PHP that `SANSPAY_PHP` names, or `php`. Without one the test is skipped and
    /// says so, unless `SANSPAY_REQUIRE_PHP=1` makes that a failure.
    pub(crate) fn start_or_skip(test: &str) -> Option<Self> {
        let reason = match Self::start() {
            Ok(php) => return Some(php),
            Err(reason) => reason,
        };
        let required = std::env::var("SANSPAY_REQUIRE_PHP").is_ok_and(|value| value == "1");
        assert!(!required, "{test} needs PHP 8.2 or later: {reason}");
        eprintln!("SKIPPED {test}: it needs PHP 8.2 or later: {reason}");
        None
    }

    fn start() -> Result<Self, String> {
        let program = std::env::var("SANSPAY_PHP").unwrap_or_else(|_| "php".to_owned());
        let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/php_oracle.php");
        // `-n`: without the machine's own settings.
        let mut process = Command::new(&program)
            .args(["-n", oracle])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{program} does not start: {e}"))?;
        let questions = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut php = Self {
            process,
            questions,
            answers,
        };
        let version = php.ask("version", &[]).concat();
        let numbers: Vec<u32> = version.split('.').flat_map(str::parse).collect();
        if numbers.as_slice() < [8, 2].as_slice() {
            return Err(format!("{program} is version {version}"));
        }
        Ok(php)
    }

    pub(crate) fn version(&mut self) -> String {
        self.ask("version", &[]).concat()
    }

    /// One question, one answer.
    pub(crate) fn ask(&mut self, operation: &str, fields: &[&[u8]]) -> Vec<String> {
        let mut line = operation.to_owned();
        for field in fields {
            line.push(',');
            line.push_str(&hex::encode(field));
        }
        line.push('\n');
        let questions = self.questions.as_mut().unwrap();
        questions.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer = answer.strip_suffix('\n').expect("PHP ended");
        answer
            .split(',')
            .map(|field| String::from_utf8(hex::decode(field).unwrap()).unwrap())
            .collect()
    }

    /// A question about pairs, after the fields that come first.
    pub(crate) fn ask_pairs(
        &mut self,
        operation: &str,
        first: &str,
        pairs: &[(String, String)],
    ) -> Vec<String> {
        let mut fields = vec![first.as_bytes()];
        fields.extend(
            pairs
                .iter()
                .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]),
        );
        self.ask(operation, &fields)
    }

    /// A question that is answered with pairs.
    pub(crate) fn pairs(&mut self, operation: &str, text: &[u8]) -> Vec<(String, String)> {
        let fields = self.ask(operation, &[text]);
        let pairs = fields.chunks_exact(2);
        pairs
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect()
    }
}

impl Drop for Php {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.questions.take());
        let _ = self.process.wait();
    }
}
