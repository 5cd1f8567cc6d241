//! The roles of a process: which there are, and how each is started.

use anyhow::{Context, Result};
use async_nats::Client;
use auditor::Publication;
use eventlog::{DELIVERIES_PLAN, EventLog, Journal, READS_PLAN};
use service::settings::Server as Address;
use service::token::Keys;
use service::{Common, Process, connect};

use super::Serve;
use crate::access::keys_folder;
use crate::embedded::Server;

/// What a process can do, in the order of starting: those that others ask come first, and stop last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(super) enum Role {
    /// Admits events
    Registrar,
    /// Keeps the read models and answers queries
    Projector,
    /// Signs checkpoints and proves what is recorded
    Auditor,
    /// Tells subscribers
    Notifier,
    /// Serves the HTTP API
    Gateway,
}

impl Role {
    const ALL: [Self; 5] = [Self::Registrar, Self::Projector, Self::Auditor, Self::Notifier, Self::Gateway];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Registrar => "registrar",
            Self::Projector => "projector",
            Self::Auditor => "auditor",
            Self::Notifier => "notifier",
            Self::Gateway => "gateway",
        }
    }
}

/// The settings of every role, whichever are started.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Settings {
    #[command(flatten, next_help_heading = "Registrar")]
    pub(super) registrar: registrar::Settings,
    #[command(flatten)]
    projector: projector::Settings,
    #[command(flatten)]
    auditor: auditor::Settings,
    #[command(flatten)]
    notifier: notifier::Settings,
    #[command(flatten)]
    pub(super) gateway: gateway::Settings,
}

/// The roles that were named, each once; all, if none was.
pub(super) fn in_order(named: &[Role]) -> Vec<Role> {
    let mut roles = if named.is_empty() { Role::ALL.to_vec() } else { named.to_vec() };
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Where a user of the private server connects.
pub(super) fn address(server: &Server, user: &str) -> Result<Address> {
    let url = server.url_for(user).with_context(|| format!("the private server does not know {user}"))?;
    Ok(url.parse()?)
}

/// Starts every role of the process. Under a private server each connects as itself, and finds the streams there.
pub(super) async fn start(process: &mut Process, serve: &Serve, server: Option<&Server>) -> Result<()> {
    let settings = &serve.settings;
    if server.is_some() {
        let replicas = settings.registrar.replicas;
        let log = eventlog::Settings { replicas, ..eventlog::Settings::default() };
        let reads = Journal::open(process.shell().client.clone(), READS_PLAN, &log).await;
        reads.context("the log of reads cannot be set up")?;
        let deliveries = Journal::open(process.shell().client.clone(), DELIVERIES_PLAN, &log).await;
        deliveries.context("the journal of deliveries cannot be set up")?;
        let subscriptions = notifier::Store::open(process.shell().client.clone(), replicas).await;
        subscriptions.context("the bucket of subscriptions cannot be set up")?;
        EventLog::open(process.shell().client.clone(), log).await.context("the log cannot be set up")?;
        let keys = sealing::Keys::open(process.shell().client.clone(), replicas).await;
        keys.context("the bucket of keys cannot be set up")?;
        let checkpoints = Publication::open(process.shell().client.clone()).await;
        checkpoints.context("the stream of checkpoints cannot be set up")?;
    }
    if serve.roles.contains(&Role::Gateway) && settings.gateway.token_key.is_empty() {
        Keys::create_if_absent(&keys_folder(&serve.common.basics.data))?;
    }
    for &role in &serve.roles {
        let client = client_of(role, process, &serve.common, server).await?;
        let name = role.name();
        match role {
            Role::Registrar => {
                process.role_as(name, client, |shell| registrar::run(settings.registrar.clone(), shell));
            }
            Role::Projector => {
                process.role_as(name, client, |shell| projector::run(settings.projector.clone(), shell));
            }
            Role::Auditor => {
                process.role_as(name, client, |shell| auditor::run(settings.auditor.clone(), shell));
            }
            Role::Notifier => {
                process.role_as(name, client, |shell| notifier::run(settings.notifier.clone(), shell));
            }
            Role::Gateway => {
                process.role_as(name, client, |shell| gateway::run(settings.gateway.clone(), shell));
            }
        }
    }
    Ok(())
}

async fn client_of(
    role: Role,
    process: &Process,
    common: &Common,
    server: Option<&Server>,
) -> Result<Client> {
    let Some(server) = server else { return Ok(process.shell().client.clone()) };
    let common = Common { nats: vec![address(server, role.name())?], ..common.clone() };
    let latch = process.shell().readiness.latch(format!("{}.nats", role.name()));
    Ok(connect(&common, role.name(), latch).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_ask_starts_first() {
        assert_eq!(in_order(&[]), Role::ALL);
        let named = [Role::Gateway, Role::Registrar, Role::Gateway];
        assert_eq!(in_order(&named), [Role::Registrar, Role::Gateway]);
    }
}
