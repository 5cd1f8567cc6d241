//! Receivers that others wrote: the Standard Webhooks libraries of PyPI and npm.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

/// A receiver in each language, in the folder `receivers`. `make receivers` fetches what they take.
pub struct Receivers([Receiver; 2]);

struct Receiver {
    language: &'static str,
    program: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Receivers {
    /// Starts them.
    ///
    /// # Panics
    /// When a language is not here.
    #[must_use]
    pub fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut python = Command::new("python3");
        python.arg("-B").arg(folder.join("receivers/verify.py"));
        python.env("PYTHONPATH", folder.join("../.tools/receivers"));
        let mut node = Command::new("node");
        node.arg(folder.join("receivers/verify.mjs"));
        Self([Receiver::start("Python", &mut python), Receiver::start("Node", &mut node)])
    }

    /// Which of the keys (`whsec_…`, `whpk_…`) verify a request: all receivers say the same of it.
    ///
    /// # Panics
    /// When they do not, or end.
    pub fn verify(&mut self, headers: &HeaderMap, body: &str, keys: &[&str]) -> Vec<bool> {
        let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            (name.to_string(), Value::from(value.to_str().expect("visible ASCII")))
        };
        let headers = headers.iter().map(text).collect::<Map<_, _>>();
        let request = json!({"keys": keys, "headers": headers, "body": body});
        let [python, node] = &mut self.0;
        let verified = python.ask(&request);
        assert_eq!(node.ask(&request), verified, "Node and Python differ about {request}");
        verified
    }
}

impl Receiver {
    fn start(language: &'static str, command: &mut Command) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut program = started.unwrap_or_else(|error| panic!("{language} does not start: {error}"));
        let input = program.stdin.take().expect("it is piped");
        let output = BufReader::new(program.stdout.take().expect("it is piped"));
        Self { language, program, input, output }
    }

    fn ask(&mut self, request: &Value) -> Vec<bool> {
        let mut answer = String::new();
        let asked = writeln!(self.input, "{request}").and_then(|()| self.output.read_line(&mut answer));
        asked.unwrap_or_else(|error| panic!("{} is gone: {error}", self.language));
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{} says {answer:?}", self.language))
    }
}

/// They end with their input; should one not, it is not waited for.
impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.program.kill().and_then(|()| self.program.wait());
    }
}
