//! An auditor that runs, and questions to it.

use std::path::Path;
use std::time::Duration;

use auditor::Settings;
use contract::{Ask, Audit, Principal, Role, subjects};
use service::{Reply, Shell};
use testkit::{PATIENCE, eventually};
use tokio::task::JoinHandle;
use transparency::checkpoint::{Signed, Trust};

use crate::testing::World;

/// Not set while nothing is signed.
pub(crate) const LATCH: &str = "auditor.checkpoint";

/// Not set while nothing is signed of the log of reads.
pub(crate) const READS_LATCH: &str = "auditor.reads";

pub(crate) struct Auditor {
    pub(crate) shell: Shell,
    run: JoinHandle<anyhow::Result<()>>,
}

impl Auditor {
    pub(crate) async fn start(world: &World, data: &Path) -> Self {
        Self::start_with(world, data, Settings::default()).await
    }

    pub(crate) async fn start_with(world: &World, data: &Path, settings: Settings) -> Self {
        let shell = Shell::new("auditor", world.server.client().await, data);
        // As a process has it: not ready before the role has said what it needs.
        let begun = shell.latch("begun");
        let run = tokio::spawn(auditor::run(settings, shell.clone()));
        eventually("the latches", PATIENCE, async || {
            let missing = shell.readiness.missing();
            (run.is_finished() || missing.iter().any(|name| name == LATCH)).then_some(())
        })
        .await;
        begun.set();
        Self { shell, run }
    }

    pub(crate) async fn ready(world: &World, data: &Path) -> Self {
        Self::ready_with(world, data, Settings::default()).await
    }

    pub(crate) async fn ready_with(world: &World, data: &Path, settings: Settings) -> Self {
        let auditor = Self::start_with(world, data, settings).await;
        tokio::time::timeout(PATIENCE, auditor.shell.readiness.ready()).await.expect("it becomes ready");
        auditor
    }

    /// Waits until it has refused, and answers so.
    pub(crate) async fn refused(&self) {
        eventually("a refusal", PATIENCE, async || {
            let refuses = self.shell.metrics.text().contains("\nchancery_audit_refuses 1");
            let mut missing = self.shell.readiness.missing();
            // What is wrong with a key is wrong for both logs.
            missing.retain(|latch| latch != READS_LATCH);
            (refuses && missing == [LATCH]).then_some(())
        })
        .await;
    }

    /// Why it did not start.
    pub(crate) async fn failed(self) -> String {
        format!("{:#}", self.run.await.unwrap().unwrap_err())
    }

    pub(crate) async fn stop(self) {
        assert!(self.shell.stop(PATIENCE).await, "it drains in time");
        self.run.await.unwrap().unwrap();
    }
}

impl World {
    pub(crate) async fn ask(&self, min_position: u64, query: Audit) -> Reply {
        self.ask_as(Principal::anonymous(), min_position, query).await
    }

    pub(crate) async fn ask_as(&self, principal: Principal, min_position: u64, query: Audit) -> Reply {
        let body = serde_json::to_vec(&Ask { principal, min_position, known_at: None, query }).unwrap();
        let within = Duration::from_secs(20);
        service::ask(&self.client, subjects::AUDIT, body.into(), within, "test").await.unwrap()
    }

    /// A checkpoint that covers everything.
    pub(crate) async fn checkpoint(&self, data: &Path) -> Signed {
        let reply = self.ask(self.messages.len() as u64, Audit::Checkpoint { witnessed: false }).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        let signed = Signed::parse(&reply.body).unwrap();
        signed.open(&trust(data)).unwrap();
        assert_eq!(reply.position, Some(signed.checkpoint().head().size));
        signed
    }

    /// Tiles that are asked for.
    pub(crate) async fn tile(&self, path: String) -> Reply {
        self.ask(0, Audit::Tile { path }).await
    }
}

pub(crate) fn trust(data: &Path) -> Trust {
    let key = std::fs::read_to_string(data.join("keys/checkpoint.vkey")).unwrap();
    Trust::in_log(key.trim_end().parse().unwrap())
}

/// Somebody with a role and a clearance.
pub(crate) fn cleared(role: Role, level: &str) -> Principal {
    Principal { roles: [role].into(), level: level.into(), ..Principal::anonymous() }
}
