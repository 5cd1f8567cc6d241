//! Which submissions are sent when, and which together.
//!
//! The server flushes once for each message, but once for a whole batch. A batch costs some milliseconds of
//! staging, so few submissions go each by itself and many as one group. One group is under way at a time; what
//! comes meanwhile forms the next. Submissions of a record that is under way wait for it: only one of them could
//! succeed, and one that fails takes its group with it.

use std::collections::{HashMap, HashSet, VecDeque};

use domain::Subject;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Duration, Instant, sleep_until};

use crate::AppendError;
use crate::settle::{Settler, Submission};

/// From how many waiting submissions on a group costs less than one flush each.
pub(crate) const GROUP_FROM: usize = 16;

/// How many submissions may be under way each by itself.
const ALONE: usize = GROUP_FROM - 1;

/// The most events that the server takes as one atomic batch.
pub(crate) const GROUP_EVENTS: usize = 1000;

/// Keeps one group from filling the connection for long: 8 MiB.
const GROUP_BYTES: usize = 8 << 20;

/// How many submissions may wait here; those beyond wait in the channel.
const WAITING: usize = 4096;

/// Those whom a group has answered come back with their next submission at once or not soon. Waiting for them
/// makes one large group of what would be two that take turns; the staging of the second costs twice this.
const REGROUPING: Duration = Duration::from_millis(2);

/// Takes submissions until nobody can submit any more, then ends when all are answered.
pub(crate) struct Committer {
    settler: Settler,
    submissions: mpsc::Receiver<Submission>,
    waiting: VecDeque<Submission>,
    running: JoinSet<Vec<(Subject, u64)>>,
    under_way: HashMap<Id, UnderWay>,
    busy: HashSet<Subject>,
    regrouping: Option<Regrouping>,
}

/// A group has ended, and the next is made once this many wait or the time is over.
#[derive(Clone, Copy)]
struct Regrouping {
    members: usize,
    until: Instant,
}

/// Waits until the time to regroup is over; for ever if it is not on.
async fn over(regrouping: Option<Regrouping>) {
    match regrouping {
        Some(regrouping) => sleep_until(regrouping.until).await,
        None => std::future::pending().await,
    }
}

/// What a running task is about.
struct UnderWay {
    subjects: Vec<Subject>,
    members: usize,
}

impl UnderWay {
    const fn is_group(&self) -> bool {
        self.members > 1
    }
}

impl Committer {
    pub(crate) fn new(settler: Settler, submissions: mpsc::Receiver<Submission>) -> Self {
        Self {
            settler,
            submissions,
            waiting: VecDeque::new(),
            running: JoinSet::new(),
            under_way: HashMap::new(),
            busy: HashSet::new(),
            regrouping: None,
        }
    }

    pub(crate) async fn run(mut self) {
        let mut is_open = true;
        let mut arrived = Vec::new();
        while is_open || !self.running.is_empty() || !self.waiting.is_empty() {
            let regrouping = self.regrouping;
            tokio::select! {
                () = over(regrouping) => self.regrouping = None,
                Some(done) = self.running.join_next_with_id() => self.done(done),
                count = self.submissions.recv_many(&mut arrived, WAITING), if is_open && self.waiting.len() < WAITING => {
                    is_open = count > 0;
                    self.waiting.extend(arrived.drain(..));
                }
            }
            self.dispatch();
        }
    }

    fn done(&mut self, done: Result<(Id, Vec<(Subject, u64)>), JoinError>) {
        let (id, stored) = match done {
            Ok(done) => done,
            // Its submissions have no answer any more, which is one: nobody knows what became of them.
            Err(error) => (error.id(), Vec::new()),
        };
        if let Some(task) = self.under_way.remove(&id) {
            for subject in &task.subjects {
                self.busy.remove(subject);
            }
            if task.is_group() {
                let members = (task.members + self.waiting.len()) * 3 / 4;
                self.regrouping = Some(Regrouping { members, until: Instant::now() + REGROUPING });
            }
        }
        if !stored.is_empty() {
            self.refuse_stale(&stored.into_iter().collect());
        }
    }

    /// A record only grows: what waits for an older position of it than was just stored can never succeed.
    fn refuse_stale(&mut self, stored: &HashMap<Subject, u64>) {
        let stale = |submission: &Submission| -> Vec<(Subject, u64)> {
            let moved = |(subject, expected)| {
                let last = stored.get(&subject).filter(|last| **last > expected)?;
                Some((subject, *last))
            };
            submission.guards().filter_map(moved).collect()
        };
        for submission in std::mem::take(&mut self.waiting) {
            match stale(&submission) {
                stale if stale.is_empty() => self.waiting.push_back(submission),
                stale => submission.finish(Err(AppendError::Conflict { stale })),
            }
        }
    }

    fn dispatch(&mut self) {
        if self.regrouping.is_some_and(|regrouping| self.waiting.len() >= regrouping.members) {
            self.regrouping = None;
        }
        let is_held = self.regrouping.is_some() || self.under_way.values().any(UnderWay::is_group);
        if self.waiting.is_empty() || is_held {
            return;
        }
        let mut picked = self.pick();
        if picked.len() >= GROUP_FROM {
            self.start(picked);
            return;
        }
        let room = ALONE.saturating_sub(self.under_way.len()).min(picked.len());
        for later in picked.drain(room..).rev() {
            self.waiting.push_front(later);
        }
        for submission in picked {
            self.start(vec![submission]);
        }
    }

    /// The submissions that could be sent together now. No two of them touch the same record, and none overtakes
    /// another of the same record.
    fn pick(&mut self) -> Vec<Submission> {
        let mut taken = self.busy.clone();
        let (mut picked, mut left) = (Vec::new(), VecDeque::new());
        let (mut events, mut bytes) = (0, 0);
        for submission in std::mem::take(&mut self.waiting) {
            let is_free = submission.guards().all(|(subject, _)| !taken.contains(&subject));
            taken.extend(submission.guards().map(|(subject, _)| subject));
            let fits = events + submission.len() <= GROUP_EVENTS && bytes + submission.size() <= GROUP_BYTES;
            if is_free && (fits || picked.is_empty()) {
                events += submission.len();
                bytes += submission.size();
                picked.push(submission);
            } else {
                left.push_back(submission);
            }
        }
        self.waiting = left;
        picked
    }

    fn start(&mut self, members: Vec<Submission>) {
        let subjects = members.iter().flat_map(Submission::guards).map(|(subject, _)| subject);
        let subjects = subjects.collect::<Vec<_>>();
        self.busy.extend(&subjects);
        let under_way = UnderWay { subjects, members: members.len() };
        let settler = self.settler.clone();
        let task = self.running.spawn(async move { settler.settle(members).await });
        self.under_way.insert(task.id(), under_way);
    }
}
