//! One guest instance: how its calls reach the core, and how its exports are called.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use belljar_core::abi::{Failure, Moment, Ticket, Writer};
use belljar_core::calls::{self, Import, Reply};
use belljar_core::{Act, Answer, Meter, Question, QuestionId, Receipt, Response, Run, Stop, Waited};
use tokio::sync::mpsc;
use wasmtime::{Caller, Extern, FuncType, Global, Linker, Memory, Result, Trap, TypedFunc, Val};

use crate::ask::Asker;
use crate::cancel::Cancel;
use crate::effects::{files, kv};
use crate::suspend::{Kept, Suspender};

/// Slices of fuel between two moments at which other runs get their turn.
const SLICES_PER_TURN: u32 = 8;

/// The state behind one instance.
pub(crate) struct Guest {
    pub(crate) run: Run,
    pub(crate) meter: Meter,
    pub(crate) instance: Option<Handles>,
    pub(crate) world: World,
    pub(crate) slices: u32,
    /// The last act on keys that was begun.
    kv_before: Option<tokio::task::JoinHandle<()>>,
    sender: mpsc::UnboundedSender<News>,
    news: mpsc::UnboundedReceiver<News>,
}

/// What a run can reach.
pub(crate) struct World {
    pub(crate) base: std::path::PathBuf,
    pub(crate) kv: kv::KvStore,
    pub(crate) namespace: String,
    pub(crate) asker: Arc<dyn Asker>,
    pub(crate) cancel: Cancel,
    pub(crate) on_console: Option<crate::run::ConsoleSink>,
    /// When its time runs out; moved back while a person is awaited.
    pub(crate) deadline: Instant,
    /// Keeps the run while it waits for a person.
    pub(crate) suspender: Option<Suspender>,
    /// Whether it is kept.
    pub(crate) kept: Kept,
    /// What is left of the time of a run that is taken up, until it goes on by itself.
    pub(crate) left: Option<Duration>,
}

impl World {
    /// A world in which there is nothing.
    pub(crate) fn nothing(deadline: Instant) -> Self {
        World {
            base: std::path::PathBuf::new(),
            kv: kv::KvStore::in_memory(),
            namespace: String::new(),
            asker: Arc::new(crate::ask::NoOne),
            cancel: Cancel::new(),
            on_console: None,
            deadline,
            suspender: None,
            kept: Kept::Not,
            left: None,
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

/// What happens outside while the guest computes or waits.
enum News {
    Result(Receipt, Result<Response, Failure>),
    Answer(QuestionId, Answer),
}

impl Guest {
    pub(crate) fn new(run: Run, meter: Meter, world: World) -> Self {
        let (sender, news) = mpsc::unbounded_channel();
        Guest { run, meter, instance: None, world, slices: 0, kv_before: None, sender, news }
    }

    fn begin(&mut self, act: Act) -> Result<(), Stop> {
        // Before anything is done: it would be done again.
        self.forget()?;
        match act {
            Act::Kv(permit) if self.world.kv.answers_at_once() => {
                let (receipt, result) = kv::perform(permit, &self.world.kv, &self.world.namespace);
                self.run.complete(receipt, result)
            }
            Act::Kv(permit) => {
                // Another process may hold the store: that must not hold up the deadline, nor other runs. Acts of one run
                // keep their order.
                let (store, namespace) = (self.world.kv.clone(), self.world.namespace.clone());
                let (before, sender) = (self.kv_before.take(), self.sender.clone());
                self.kv_before = Some(tokio::spawn(async move {
                    if let Some(before) = before {
                        // If it panicked, its own result is missing, not this one's.
                        let _ = before.await;
                    }
                    let done = tokio::task::spawn_blocking(move || kv::perform(permit, &store, &namespace)).await;
                    if let Ok((receipt, result)) = done {
                        // Nobody listens any more if the run has ended.
                        let _ = sender.send(News::Result(receipt, result));
                    }
                }));
                Ok(())
            }
            Act::Files(permit) => {
                // On a thread of its own: a slow disk must not hold up the deadline.
                let (base, sender) = (self.world.base.clone(), self.sender.clone());
                tokio::task::spawn_blocking(move || {
                    let (receipt, result) = files::perform(permit, &base);
                    // Nobody listens any more if the run has ended.
                    let _ = sender.send(News::Result(receipt, result));
                });
                Ok(())
            }
        }
    }

    fn hear(&mut self, news: News) -> Result<(), Stop> {
        self.forget()?;
        match news {
            News::Result(receipt, result) => self.run.complete(receipt, result),
            News::Answer(question, answer) => match self.run.answer(&question, answer, now())? {
                Ok(Some(act)) => self.begin(act),
                Ok(None) => Ok(()),
                // Whoever was asked through this host answers what was asked.
                Err(not_taken) => Err(Stop::Host(not_taken.to_string())),
            },
        }
    }

    async fn wait(&mut self, tickets: &[Ticket], until: Option<Moment>) -> Result<Option<Ticket>, Stop> {
        loop {
            // As in a page, the guest is told what an answer brings before the next is taken in.
            while !self.run.has_any(tickets)
                && let Ok(news) = self.news.try_recv()
            {
                self.hear(news)?;
            }
            let waited = self.run.wait(tickets, until, now())?;
            // The time of a run that was taken up passes from here.
            if let Some(left) = self.world.left.take_if(|_| !self.run.is_replay()) {
                self.world.deadline = Instant::now() + left;
            }
            // With a result that had come before it was put away, it goes on by itself.
            if self.world.kept == Kept::Before && self.run.is_beyond() {
                self.forget()?;
            }
            let remaining = match waited {
                Waited::Ready(ticket) => return Ok(ticket),
                Waited::Pending(remaining) => remaining,
            };
            for question in self.run.reopened() {
                self.ask(question);
            }
            let person = self.run.awaits_person();
            if person && self.world.suspender.is_some() && self.world.kept != Kept::Now {
                // Who has an answer ready gives it before the run is put away.
                tokio::task::yield_now().await;
                if let Ok(news) = self.news.try_recv() {
                    self.hear(news)?;
                    continue;
                }
                self.keep()?;
            }
            let began = Instant::now();
            let wake = remaining.map(|remaining| began + remaining);
            let timer = async {
                match wake {
                    Some(wake) => tokio::time::sleep_until(wake.into()).await,
                    None => std::future::pending().await,
                }
            };
            let deadline = async {
                if person {
                    std::future::pending().await
                } else {
                    tokio::time::sleep_until(self.world.deadline.into()).await
                }
            };
            tokio::select! {
                biased;
                () = self.world.cancel.cancelled() => return Err(Stop::Cancelled),
                () = deadline => return Err(Stop::Time),
                news = self.news.recv() => {
                    if person {
                        self.world.deadline += began.elapsed();
                    }
                    match news {
                        Some(news) => self.hear(news)?,
                        None => return Err(Stop::Host("the run's channel closed".into())),
                    }
                }
                () = timer => {
                    if person {
                        self.world.deadline += began.elapsed();
                    }
                    self.forget()?;
                    if let Some(until) = until {
                        self.run.elapsed(until, now())?;
                    }
                    return Ok(None);
                }
            }
        }
    }

    fn ask(&self, question: Question) {
        let (id, sender) = (question.id, self.sender.clone());
        let answer = self.world.asker.ask(question);
        tokio::spawn(async move {
            // Nobody listens any more if the run has ended.
            let _ = sender.send(News::Answer(id, answer.await));
        });
    }

    /// Keeps a run that waits for a person, if somebody wants that.
    fn keep(&mut self) -> Result<(), Stop> {
        if let Some(suspender) = &self.world.suspender {
            // It has not gone on: then it would have been forgotten.
            if self.world.kept == Kept::Before {
                return suspender.leave();
            }
            let left = self.world.deadline.saturating_duration_since(Instant::now());
            if suspender.keep(&self.run, u64::try_from(left.as_millis()).unwrap_or(u64::MAX))? {
                self.world.kept = Kept::Now;
            }
        }
        Ok(())
    }

    /// The run goes on, so what was kept must not be taken up.
    pub(crate) fn forget(&mut self) -> Result<(), Stop> {
        match &self.world.suspender {
            Some(suspender) if std::mem::take(&mut self.world.kept) != Kept::Not => suspender.forget(),
            _ => Ok(()),
        }
    }

    fn check(&self) -> Result<(), Stop> {
        if self.world.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        if Instant::now() >= self.world.deadline {
            return Err(Stop::Time);
        }
        Ok(())
    }
}

/// The host's clock.
pub(crate) fn now() -> Moment {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

fn raw(values: &[Val]) -> [u64; 16] {
    let mut raw = [0; 16];
    for (slot, value) in raw.iter_mut().zip(values) {
        *slot = match value {
            Val::I32(v) => u64::from(v.cast_unsigned()),
            Val::I64(v) => v.cast_unsigned(),
            _ => 0,
        };
    }
    raw
}

/// Asks the core what a call means and takes its price off the guest's counter.
fn call(caller: &mut Caller<'_, Guest>, import: Import, arguments: &[Val]) -> Result<Reply> {
    let Some(handles) = caller.data().instance else {
        return Err(Stop::Host("the guest called before it was set up".into()).into());
    };
    // A call can make the host work: each is a moment to end at, not only the end of a slice.
    caller.data().check()?;
    let left = match handles.fuel.get(&mut *caller) {
        Val::I64(counter) => caller.data().meter.left(counter),
        _ => 0,
    };
    let arguments = &raw(arguments)[..arguments.len().min(16)];
    let called = match handles.memory {
        Some(memory) => {
            let (bytes, guest) = memory.data_and_store_mut(&mut *caller);
            calls::call(&mut guest.run, import, arguments, bytes, left)?
        }
        None => calls::call(&mut caller.data_mut().run, import, arguments, &[], left)?,
    };
    if let Val::I64(fuel) = handles.fuel.get(&mut *caller) {
        handles.fuel.set(&mut *caller, Val::I64(fuel.saturating_sub(called.fuel)))?;
    }
    Ok(called.reply)
}

/// Carries out what needs no waiting.
fn carry_out(caller: &mut Caller<'_, Guest>, reply: Reply, results: &mut [Val]) -> Result<()> {
    let value = match reply {
        Reply::Nothing | Reply::Store(..) | Reply::Wait { .. } => return Ok(()),
        Reply::Console(level, text) => {
            if let Some(show) = &caller.data().world.on_console {
                show(level, &text);
            }
            return Ok(());
        }
        Reply::Value(value) => value,
        Reply::Begin(ticket, act) => {
            caller.data_mut().begin(act)?;
            ticket.into()
        }
        Reply::Ask(ticket, question) => {
            caller.data().ask(question);
            ticket.into()
        }
    };
    if let Some(slot) = results.first_mut() {
        *slot = match slot {
            Val::I64(_) => Val::I64(value.cast_signed()),
            _ => Val::I32((value as u32).cast_signed()),
        };
    }
    Ok(())
}

/// Lets the guest allocate what a value needs, then writes it.
async fn store(caller: &mut Caller<'_, Guest>, head: u32, plan: Writer) -> Result<()> {
    let Some(Handles { memory: Some(memory), realloc, .. }) = caller.data().instance else {
        return Err(Stop::Abi(belljar_core::abi::Fault::Realloc).into());
    };
    let mut bases = Vec::new();
    for (align, size) in plan.allocations() {
        let realloc = realloc.ok_or(Stop::Abi(belljar_core::abi::Fault::Realloc))?;
        let realloc: TypedFunc<(u32, u32, u32, u32), u32> = realloc.typed(&mut *caller)?;
        bases.push(realloc.call_async(&mut *caller, (0, 0, align, size)).await?);
    }
    plan.write(memory.data_mut(&mut *caller), head, &bases).map_err(Stop::Abi)?;
    Ok(())
}

/// Binds one import to the core.
pub(crate) fn bind(linker: &mut Linker<Guest>, module: &str, name: &str, ty: FuncType, import: Import) -> Result<()> {
    match import {
        Import::Start(_) | Import::ConsoleWrite | Import::ClockNow => {
            // `ClockNow` returns a 64-bit value; the slot's type tells.
            let wide = matches!(import, Import::ClockNow);
            linker.func_new(module, name, ty, move |mut caller, arguments, results| {
                if wide && let Some(slot) = results.first_mut() {
                    *slot = Val::I64(0);
                }
                let reply = call(&mut caller, import, arguments)?;
                carry_out(&mut caller, reply, results)
            })?;
        }
        Import::Wait | Import::Take(_) | Import::RandomBytes | Import::ArtifactsWrite => {
            linker.func_new_async(module, name, ty, move |mut caller, arguments, _| {
                Box::new(async move {
                    match call(&mut caller, import, arguments)? {
                        Reply::Store(head, plan) => store(&mut caller, head, plan).await,
                        Reply::Wait { tickets, until, head } => {
                            let ticket = caller.data_mut().wait(&tickets, until).await?;
                            store(&mut caller, head, calls::waited(ticket)).await
                        }
                        _ => Err(Stop::Host("an unexpected reply of the core".into()).into()),
                    }
                })
            })?;
        }
    }
    Ok(())
}

/// Binds the meter: hands out the next slice of fuel or ends the run.
pub(crate) fn bind_meter(linker: &mut Linker<Guest>) -> Result<()> {
    linker.func_wrap_async("belljar:meter", "refill", |mut caller: Caller<'_, Guest>, (counter,): (i64,)| {
        Box::new(async move {
            let next = caller.data_mut().meter.refill(counter)?;
            // The guest does the same; if the run ends here, this is what was used.
            if let Some(handles) = caller.data().instance {
                handles.fuel.set(&mut caller, Val::I64(next))?;
            }
            let guest = caller.data_mut();
            guest.check()?;
            guest.run.checkpoint(guest.meter.used(next))?;
            guest.slices += 1;
            if guest.slices.is_multiple_of(SLICES_PER_TURN) {
                tokio::task::yield_now().await;
            }
            Ok(next)
        })
    })?;
    Ok(())
}

/// Why a call into the guest ended it.
pub(crate) enum Death {
    Stop(Stop),
    Trap(belljar_core::Trap),
}

/// Reads the reason out of wasmtime's error.
pub(crate) fn death(error: &wasmtime::Error) -> Death {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return Death::Stop(stop.clone());
    }
    let Some(trap) = error.downcast_ref::<Trap>() else {
        return Death::Stop(Stop::Host(format!("{error:#}")));
    };
    Death::Trap(match trap {
        Trap::StackOverflow => return Death::Stop(Stop::Stack),
        Trap::UnreachableCodeReached => belljar_core::Trap::Unreachable,
        Trap::MemoryOutOfBounds => belljar_core::Trap::Memory,
        Trap::TableOutOfBounds => belljar_core::Trap::Table,
        Trap::IndirectCallToNull | Trap::BadSignature => belljar_core::Trap::Indirect,
        Trap::IntegerOverflow => belljar_core::Trap::Overflow,
        Trap::IntegerDivisionByZero => belljar_core::Trap::DivisionByZero,
        Trap::BadConversionToInteger => belljar_core::Trap::Conversion,
        _ => belljar_core::Trap::Other,
    })
}

/// The exports of a fresh instance that calls need.
pub(crate) fn func(export: Option<Extern>) -> Option<wasmtime::Func> {
    export.and_then(Extern::into_func)
}

/// The time of a run that has no limit (a year): moments further away cannot be computed everywhere.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// How long until a deadline, for tests of time.
pub(crate) fn deadline(time: Duration) -> Instant {
    Instant::now() + time
}
