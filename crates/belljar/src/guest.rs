//! One guest instance, and the pump between its session and what is outside.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use belljar_core::abi::{Level, Moment, Ticket};
use belljar_core::effects;
use belljar_core::{Act, CalledTool, Event, Exit, Instruction, Meter, Now, Question, Run, Secrets, Session, Stop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wasmtime::{Extern, Global, Memory};

use crate::ask::Asker;
use crate::calls::{self, Calls, Tools};
use crate::cancel::Cancel;
use crate::effects::line::{self, Line};
use crate::effects::{files, http, kv};
use crate::foresee::Stage;
use crate::suspend::Suspender;
use crate::tool::Identity;

/// The state behind one instance.
pub(crate) struct Guest {
    pub(crate) session: Session,
    pub(crate) meter: Meter,
    pub(crate) instance: Option<Handles>,
    pub(crate) slices: u32,
    world: World,
    on_keys: Line,
    on_files: Line,
    /// Requests under way: they end with the run.
    requests: JoinSet<()>,
    calls: Calls,
    sender: mpsc::UnboundedSender<Event>,
    events: mpsc::UnboundedReceiver<Event>,
    /// Since when its clock runs that nobody sets.
    began: Instant,
    /// When the session is to be woken, by that clock.
    alarm: Option<Duration>,
    /// Somebody was asked who may have the answer ready.
    asked: bool,
}

/// What a run can reach.
pub(crate) struct World {
    pub(crate) base: std::path::PathBuf,
    pub(crate) kv: kv::KvStore,
    /// Whose keys it sees, unless they are its own.
    pub(crate) namespace: Option<String>,
    pub(crate) identity: Identity,
    pub(crate) servers: http::Servers,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) asker: Arc<dyn Asker>,
    pub(crate) cancel: Cancel,
    pub(crate) on_console: Option<crate::run::ConsoleSink>,
    /// Keeps the run while it waits for a person.
    pub(crate) suspender: Option<Suspender>,
    /// What it can call.
    pub(crate) tools: Option<Tools>,
    /// It is rehearsed: nothing outside is changed.
    pub(crate) stage: Option<Arc<Stage>>,
    /// Where the run that called it is told of what changes.
    pub(crate) above: Option<mpsc::UnboundedSender<Event>>,
}

impl World {
    /// A world in which there is nothing.
    pub(crate) fn nothing() -> Self {
        World {
            base: std::path::PathBuf::new(),
            kv: kv::KvStore::in_memory(),
            namespace: Some(String::new()),
            identity: Identity([0; 32]),
            servers: http::Servers::default(),
            secrets: Arc::default(),
            asker: Arc::new(crate::ask::NoOne),
            cancel: Cancel::new(),
            on_console: None,
            suspender: None,
            tools: None,
            stage: None,
            above: None,
        }
    }

    /// The world of a tool that is called: it has its own keys.
    pub(crate) fn below(&self, cancel: Cancel, above: mpsc::UnboundedSender<Event>) -> Self {
        World {
            base: self.base.clone(),
            kv: self.kv.clone(),
            namespace: None,
            identity: Identity([0; 32]),
            servers: self.servers.clone(),
            secrets: self.secrets.clone(),
            asker: self.asker.clone(),
            cancel,
            on_console: self.on_console.clone(),
            suspender: self.suspender.clone(),
            tools: self.tools.clone(),
            stage: self.stage.clone(),
            above: Some(above),
        }
    }
}

/// The instance's exports that calls need.
#[derive(Clone, Copy)]
pub(crate) struct Handles {
    pub(crate) fuel: Global,
    pub(crate) refused: Global,
    pub(crate) memory: Option<Memory>,
    pub(crate) realloc: Option<wasmtime::Func>,
}

impl Guest {
    pub(crate) fn new(run: Run, meter: Meter, world: World) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let began = Instant::now();
        // The first run keeps all of them.
        let keeps = world.suspender.is_some() && run.path().is_first();
        let calls = Calls::new(&world.cancel);
        let session = Session::new(run, keeps, Now { wall: wall(), steady: Duration::ZERO });
        Guest {
            session,
            meter,
            instance: None,
            slices: 0,
            world,
            on_keys: Line::default(),
            on_files: Line::default(),
            requests: JoinSet::new(),
            calls,
            sender,
            events,
            began,
            alarm: None,
            asked: false,
        }
    }

    /// The host's clocks.
    pub(crate) fn now(&self) -> Now {
        Now { wall: wall(), steady: self.began.elapsed() }
    }

    /// Shows a line of the console to whoever watches.
    pub(crate) fn show(&self, level: Level, text: &str) {
        if let Some(show) = &self.world.on_console {
            show(level, text);
        }
    }

    /// Whether the guest may go on computing.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.world.cancel.is_cancelled() { Err(Stop::Cancelled) } else { self.session.check(self.now()) }
    }

    /// Carries out what the session says; the ticket that the guest goes on with, if it waited.
    pub(crate) fn pump(&mut self) -> Result<Option<Option<Ticket>>, Stop> {
        while let Some(what) = self.session.next_instruction() {
            match what {
                Instruction::Perform(act) => self.perform(act)?,
                Instruction::Find(ticket, name) => self.find(ticket, name),
                Instruction::Ask(question) => self.ask(*question),
                Instruction::Reject(id, why) => {
                    if let Some(answer) = why.instead() {
                        self.session.on(Event::Answer(id, answer), self.now())?;
                    }
                }
                Instruction::GoOn(ticket) => return Ok(Some(ticket)),
                Instruction::WakeAt(moment) => self.alarm = moment,
                Instruction::Keep { is_kept } => {
                    if let Some(suspender) = &self.world.suspender {
                        let now = self.now();
                        let kept = if is_kept { suspender.leave() } else { suspender.keep(&self.session, now)? };
                        self.session.on(Event::Kept(kept), now)?;
                    }
                }
                Instruction::Stir => {
                    if let Some(above) = &self.world.above {
                        // Nobody listens any more if the run above has ended.
                        let _ = above.send(Event::Stirred);
                    }
                }
                Instruction::Forget => {
                    self.forget()?;
                    self.session.on(Event::Forgotten, self.now())?;
                }
            }
        }
        Ok(None)
    }

    /// What the guest's wait comes to.
    pub(crate) async fn wait(&mut self) -> Result<Option<Ticket>, Stop> {
        self.session.on(Event::Waits, self.now())?;
        loop {
            if let Some(ticket) = self.pump()? {
                return Ok(ticket);
            }
            if std::mem::take(&mut self.asked) {
                tokio::task::yield_now().await;
            }
            if let Ok(event) = self.events.try_recv() {
                self.session.on(event, self.now())?;
                continue;
            }
            self.session.on(Event::Idle, self.now())?;
            if let Some(ticket) = self.pump()? {
                return Ok(ticket);
            }
            if !self.asked {
                let event = self.event().await?;
                self.session.on(event, self.now())?;
            }
        }
    }

    /// What happens next.
    async fn event(&mut self) -> Result<Event, Stop> {
        let wake = self.alarm.and_then(|alarm| self.began.checked_add(alarm));
        let timer = async {
            match wake {
                Some(wake) => tokio::time::sleep_until(wake.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.world.cancel.cancelled() => Err(Stop::Cancelled),
            event = self.calls.next(&self.world, &self.sender) => Ok(event),
            event = self.events.recv() => event.ok_or_else(|| Stop::Host("the run's channel closed".into())),
            () = timer => Ok(Event::Woke),
        }
    }

    /// Performs what is permitted, without holding up the deadline or other runs.
    fn perform(&mut self, act: Act) -> Result<(), Stop> {
        match act {
            Act::Kv(permit) => {
                let name = self.world.namespace.clone().unwrap_or_else(|| self.world.identity.to_string());
                let (keys, stage) = (self.world.kv.namespace(&name), self.world.stage.clone());
                let act = self.on_keys.after(async move {
                    match stage {
                        Some(stage) => effects::kv::perform(permit, &stage.keys(name, keys)).await,
                        None => effects::kv::perform(permit, &keys).await,
                    }
                });
                match effects::at_once(act) {
                    // Not before the results that are there already.
                    Ok((receipt, result)) if self.events.is_empty() => {
                        self.session.on(Event::Result(receipt, result), self.now())
                    }
                    Ok((receipt, result)) => {
                        let _ = self.sender.send(Event::Result(receipt, result));
                        Ok(())
                    }
                    Err(act) => {
                        self.on_keys.begin(act, self.sender.clone());
                        Ok(())
                    }
                }
            }
            Act::Http(permit) if let Some(stage) = &self.world.stage => {
                let (receipt, result) = stage.http(permit);
                let _ = self.sender.send(Event::Result(receipt, result));
                Ok(())
            }
            Act::Http(permit) => {
                let (servers, secrets) = (self.world.servers.clone(), self.world.secrets.clone());
                let sender = self.sender.clone();
                // Those that have ended are forgotten.
                while self.requests.try_join_next().is_some() {}
                self.requests.spawn(async move {
                    let (receipt, result) = effects::http::perform(permit, &servers, &secrets).await;
                    // Nobody listens any more if the run has ended.
                    let _ = sender.send(Event::Result(receipt, result));
                });
                Ok(())
            }
            Act::Tools(permit) => {
                let (_, receipt) = permit.spend();
                let calling = self.session.run_mut().calling(&receipt)?;
                self.calls.push(calling, receipt, &self.world, &self.sender);
                Ok(())
            }
            Act::Files(permit) => {
                if self.world.stage.is_some() && !Stage::reads(&permit) {
                    let (receipt, result) = Stage::files(permit);
                    let _ = self.sender.send(Event::Result(receipt, result));
                    return Ok(());
                }
                // On a thread of its own: a slow disk must not hold up the deadline.
                let base = self.world.base.clone();
                let act = self.on_files.after(async move {
                    let done = tokio::task::spawn_blocking(move || files::perform(permit, &base)).await;
                    line::or_lost(done).await
                });
                self.on_files.begin(act, self.sender.clone());
                Ok(())
            }
        }
    }

    fn find(&self, ticket: Ticket, name: String) {
        let (tools, sender) = (self.world.tools.clone(), self.sender.clone());
        tokio::spawn(async move {
            let found = calls::find(tools, name, None).await;
            let found = found.map(|(tool, policy)| CalledTool::new(&tool.0.contract, &policy));
            // Nobody listens any more if the run has ended.
            let _ = sender.send(Event::Found(ticket, found));
        });
    }

    fn ask(&mut self, question: Question) {
        let (id, sender) = (question.id, self.sender.clone());
        let answer = self.world.asker.ask(question);
        self.asked = true;
        tokio::spawn(async move {
            // Nobody listens any more if the run has ended.
            let _ = sender.send(Event::Answer(id, answer.await));
        });
    }

    /// Removes what was kept.
    fn forget(&self) -> Result<(), Stop> {
        self.world.suspender.as_ref().map_or(Ok(()), Suspender::forget)
    }

    /// The session at the end of the guest, with the way in which it ends.
    pub(crate) async fn close(mut self, exit: Exit) -> (Session, Exit) {
        let now = self.now();
        match &exit {
            Exit::Stopped(Stop::Suspended) => self.calls.leave(),
            _ => self.calls.cancel(&mut self.session, now).await,
        }
        let forgotten = if self.session.must_forget(&exit) { self.forget() } else { Ok(()) };
        (self.session, forgotten.map_or_else(Exit::Stopped, |()| exit))
    }
}

/// The host's time of day, to which answers and questions are held.
pub fn wall() -> Moment {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// The function among an instance's exports.
pub(crate) fn func(export: Option<Extern>) -> Option<wasmtime::Func> {
    export.and_then(Extern::into_func)
}
