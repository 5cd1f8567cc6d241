//! What a start tells people: where the register answers and, for who tries it out, what to paste.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use service::Shell;
use url::Url;

use crate::access::{address_file, keys_folder, mint, stand_in, token_file};
use crate::client::Client;
use crate::failure::Failure;
use crate::out;

/// Announces the register once it is ready.
pub(super) struct Welcome {
    pub(super) data: PathBuf,
    pub(super) samples: Option<PathBuf>,
    pub(super) bound: gateway::Bound,
}

impl Welcome {
    /// Leaves the address in the data folder, waits until the process is ready, and says so; takes the address
    /// away again when the process stops.
    ///
    /// # Errors
    /// What could not be said or recorded; the process then stops.
    pub(super) async fn run(self, shell: Shell) -> Result<()> {
        let file = address_file(&self.data);
        let announced = tokio::select! {
            () = shell.shutdown.cancelled() => Ok(()),
            announced = self.announce(&shell, &file) => announced,
        };
        if announced.is_err() {
            shell.shutdown.cancel();
        }
        shell.shutdown.cancelled().await;
        // Another process may have put its own there meanwhile; then this one is nobody's any more either.
        let _ = fs::remove_file(file);
        announced
    }

    async fn announce(&self, shell: &Shell, file: &Path) -> Result<()> {
        let url = url_of(self.bound.address().await)?;
        fs::write(file, format!("{url}\n"))
            .with_context(|| format!("{} cannot be written", file.display()))?;
        shell.readiness.ready().await;
        say(&format!("Chancery answers at {url}"))?;
        match &self.samples {
            Some(samples) => self.try_out(shell, &url, samples).await,
            None => Ok(()),
        }
    }

    async fn try_out(&self, shell: &Shell, url: &Url, samples: &Path) -> Result<()> {
        let now = shell.clock.now();
        let holder = stand_in().map_err(told)?;
        let token = mint(&keys_folder(&self.data), &holder, now).map_err(told)?;
        let file = token_file(&self.data);
        leave(&file, &token).with_context(|| format!("{} cannot be written", file.display()))?;
        let client = Client::new(url.clone(), &token).map_err(told)?;
        record_samples(&client, samples).await?;
        let end = holder.end(now).strftime("%Y-%m-%d %H:%M UTC").to_string();
        let (data, token_file) = (self.data.display(), file.display());
        let program = std::env::current_exe().unwrap_or_else(|_| "chancery".into());
        let here = std::env::current_dir().unwrap_or_default();
        let program = program.strip_prefix(&here).unwrap_or(&program).display();
        let with = if self.data == Path::new("var") { String::new() } else { format!(" --data {data}") };
        say(&format!(
            "\nA token for {} of {} ({}), valid until {end}, is in {token_file}:\n\n  {token}\n\n\
             Try, in another terminal in this folder:\n\n  \
             curl -H \"Authorization: Bearer $(cat {token_file})\" '{url}v1/timeline?party=PK'\n  \
             {program} show{with} engagement/~us-congress-visit-2025-04\n  \
             {program} brief{with} PK CA\n  \
             {program} record{with} held meeting --on 2025-11-01 --with CA --with 'Tarik Ali Khan' --topic mining\n\n\
             Ctrl-C stops everything.",
            holder.subject, holder.agency, holder.party
        ))
    }
}

/// Records the files of the folder, each as one submission, if nothing is recorded yet.
async fn record_samples(client: &Client, folder: &Path) -> Result<()> {
    let log = client.get("v1/events", &[("limit", "1".to_owned())]).await.map_err(told)?;
    let recorded = log.body["items"].as_array().is_some_and(|items| !items.is_empty());
    if recorded {
        return Ok(());
    }
    let unreadable = || format!("{} cannot be read", folder.display());
    let mut files = fs::read_dir(folder)
        .with_context(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut last = 0;
    for file in files {
        let text = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let events = serde_json::from_slice::<Value>(&text).with_context(|| file.display().to_string())?;
        let answer = client.submit(&events, &[], false).await.map_err(told);
        let answer = answer.with_context(|| format!("{} is refused", file.display()))?;
        let count = answer.body["events"].as_array().map_or(0, Vec::len);
        let events = if count == 1 { "event" } else { "events" };
        say(&format!("Recorded {count} {events} of {}", file.display()))?;
        last = answer.body["position"].as_u64().unwrap_or(last);
    }
    // A courtesy to whoever pastes what is shown next: what is recorded is recorded all the same.
    let _ = client.settled(last).await;
    Ok(())
}

/// Readable by its owner alone.
fn leave(file: &Path, token: &str) -> std::io::Result<()> {
    if file.exists() {
        fs::remove_file(file)?;
    }
    let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(out, "{token}")
}

/// An address that is every interface's is reached on the loopback one.
fn url_of(mut address: SocketAddr) -> Result<Url> {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    Ok(Url::parse(&format!("http://{address}"))?)
}

fn say(text: &str) -> Result<()> {
    match out::say(text) {
        // A service goes on when nobody reads what it says.
        Err(Failure::Unread) => Ok(()),
        said => said.map_err(told),
    }
}

fn told(failure: Failure) -> anyhow::Error {
    anyhow!("{}", failure.text())
}
