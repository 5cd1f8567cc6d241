//! `chancery serve`: the whole register in one process, or some of its roles.
//!
//! Without `--nats` there is a private nats-server, started first and stopped last. The roles speak over it as they
//! would over any other, each with a credential of its own.

pub(crate) mod folder;
mod roles;
mod welcome;

use std::path::PathBuf;

use anyhow::Context;
use service::{Common, Process, StartError, telemetry};
use tokio::signal::unix::{SignalKind, signal};

use crate::embedded::{self, Options, SET_UP, Server};
use crate::failure::Failure;

use folder::Folder;
use roles::{Role, Settings};
use welcome::Welcome;

/// Run the register: all of it, or some roles of it
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Serve {
    /// Which roles; none: all
    #[arg(value_enum, value_name = "ROLE")]
    roles: Vec<Role>,

    /// Record the reports in this folder if nothing is recorded yet, and print a token and commands to try
    #[arg(long, value_name = "FOLDER")]
    samples: Option<PathBuf>,

    #[command(flatten)]
    private: Private,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    settings: Settings,
}

/// The server that is started when no other is named.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Private nats-server, where --nats names no other")]
struct Private {
    /// The program [default: the one on the PATH, else where `make tools` puts it]
    #[arg(long, env = "NATS_SERVER", value_name = "FILE")]
    nats_server: Option<PathBuf>,

    /// Its port on the loopback interface [default: a free one]
    #[arg(long, env = "CHANCERY_NATS_PORT", value_name = "PORT")]
    nats_port: Option<u16>,
}

impl Serve {
    /// Runs until a signal.
    ///
    /// # Errors
    /// What could not be started, or failed.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        telemetry::init(&self.common.basics);
        folder::keep_from_others(&self.common.basics.data)?;
        self.roles = roles::in_order(&self.roles);
        if !self.common.nats.is_empty() {
            return Ok(self.over(None).await?);
        }
        if self.settings.registrar.replicas > 1 {
            let more = "--replicas 3 needs the three servers named with --nats: the private one is alone";
            return Err(Failure::Usage(more.to_owned()));
        }
        // For as long as we live: two parents would start each other's server again and again.
        let _held = Folder::hold(&self.common.basics.data)?;
        let server = self.start_server().await?;
        let Some(server) = server else { return Ok(()) };
        let outcome = self.over(Some(&server)).await;
        server.stop().await;
        Ok(outcome?)
    }

    /// Starts the private server; `None` if a signal came first.
    async fn start_server(&self) -> anyhow::Result<Option<Server>> {
        let program = embedded::find(self.private.nats_server.as_deref()).context(
            "there is no nats-server: run `make tools`, or install version 2.15.1 or newer and put it on the PATH, \
             or name it with --nats-server",
        )?;
        let folder = self.common.basics.data.join("nats");
        let options = Options { program, folder, port: self.private.nats_port };
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            // Dropped half-way, it kills what it has started.
            server = Server::start(options) => Ok(Some(server?)),
            _ = interrupt.recv() => Ok(None),
            _ = terminate.recv() => Ok(None),
        }
    }

    async fn over(&self, server: Option<&Server>) -> anyhow::Result<()> {
        let mut common = self.common.clone();
        if let Some(server) = server {
            common.nats = vec![roles::address(server, SET_UP)?];
        }
        let mut process = match Process::start(&common, SET_UP).await {
            Err(StartError::Stopped) => return Ok(()),
            process => process?,
        };
        let started = roles::start(&mut process, self, server).await;
        if started.is_err() {
            process.shell().shutdown.cancel();
            return process.finish().await.and(started);
        }
        let welcome = self.welcome().map(|welcome| tokio::spawn(welcome.run(process.shell().clone())));
        let shutdown = process.shell().shutdown.clone();
        let outcome = process.finish().await;
        shutdown.cancel();
        match welcome {
            Some(welcome) => outcome.and(welcome.await?),
            None => outcome,
        }
    }

    fn welcome(&self) -> Option<Welcome> {
        let bound = self.settings.gateway.bound.clone();
        let serves = self.roles.contains(&Role::Gateway);
        serves.then(|| Welcome {
            data: self.common.basics.data.clone(),
            samples: self.samples.clone(),
            bound,
        })
    }
}
