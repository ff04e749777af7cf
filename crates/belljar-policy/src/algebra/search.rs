//! A search for a name that one policy treats less strictly than another one.
//!
//! All patterns of both policies read the same name at once, and each state that they can be in together is visited once.
//! Characters that no pattern expects are alike, so that there are few to try. The number of states can grow exponentially
//! with the patterns, which is why the work has a bound.
//!
//! Rules that refuse or ask about paths read the folded name. Most characters are folded each for itself; those that are not
//! ([`folded_beginning`]) are taken to be folded to anything, which finds too many names and never too few.

use std::collections::{BTreeSet, VecDeque};

use crate::glob::Glob;
use crate::glob::walk::{Letter, Positions, Walk};
use crate::policy::Mount;
use crate::rule::Effect;
use crate::text::{folded_beginning, folds_from_itself_only, is_trimmed};

/// Positions that are looked at, by all searches for one comparison: bounds its time (some hundred milliseconds) and its
/// memory (some tens of MiB).
const WORK: u64 = 4_000_000;

/// The work is done and there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// Work that is left.
#[derive(Debug)]
pub(super) struct Work(u64);

impl Work {
    pub(super) fn new() -> Self {
        Work(WORK)
    }

    pub(super) fn take(&mut self, amount: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(amount as u64).ok_or(Exhausted)?;
        Ok(())
    }
}

/// How a pattern reads a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Exact,
    Folded,
}

/// What names there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Any text.
    Any,
    /// Paths without the first `/`, but for the root's.
    Paths,
}

/// What a pattern stands for in its policy.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// A rule about names.
    Rule(Effect),
    /// A folder, by its place among those of the policy, and all in it.
    Folder(usize),
    /// A rule that refuses or asks about a folder, for all that is spelled like it.
    Spelled(Effect, usize),
}

/// A pattern of one of the policies.
#[derive(Debug)]
struct Track {
    layer: usize,
    role: Role,
    view: View,
    walk: Walk,
}

/// A folder, and the effects of the rules that name it.
#[derive(Debug)]
struct Folder<'a> {
    mount: &'a Mount,
    effects: Vec<Effect>,
}

/// The patterns of policies about one action. The first policy is the one that may cover the others; of those all decide,
/// and the strictest holds.
#[derive(Debug)]
pub(super) struct Search<'a> {
    names: Names,
    tracks: Vec<Track>,
    /// For each policy its folders.
    layers: Vec<Vec<Folder<'a>>>,
}

/// Where a pattern is in a name. Patterns that can match no more are left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reading {
    track: usize,
    now: Positions,
    /// Before the dots and spaces that were read last, which count only if something follows: folding takes them off a
    /// name's end. None if there are none, or the name is read exactly.
    before_trimmed: Option<Positions>,
}

impl Reading {
    fn at_end(&self) -> &Positions {
        self.before_trimmed.as_ref().unwrap_or(&self.now)
    }

    fn is_dead(&self) -> bool {
        self.now.is_empty() && self.at_end().is_empty()
    }

    fn size(&self) -> usize {
        1 + self.now.len() + self.before_trimmed.as_ref().map_or(0, Vec::len)
    }
}

/// What was read of a segment, as far as paths are concerned: they have no names that are empty, `.` or `..`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Empty,
    Dot,
    Dots,
    Name,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    segment: Segment,
    /// Whether the last character may be folded to more than was read of it.
    unfinished: bool,
    readings: Vec<Reading>,
}

/// A step in a name: by what patterns that read exactly see of it, and by what the others do.
#[derive(Clone, Copy, Debug)]
struct Step {
    exact: Option<Letter>,
    folded: Option<Letter>,
    unfinished: bool,
}

impl<'a> Search<'a> {
    /// Without patterns.
    pub(super) fn new(names: Names) -> Self {
        Search { names, tracks: Vec::new(), layers: Vec::new() }
    }

    /// A policy, to which rules and folders are then added.
    pub(super) fn add_layer(&mut self) {
        self.layers.push(Vec::new());
    }

    /// A rule whose pattern is compared exactly.
    pub(super) fn exact(&mut self, effect: Effect, glob: &Glob) {
        self.track(Role::Rule(effect), View::Exact, glob);
    }

    /// A rule whose pattern is folded, and compared so.
    pub(super) fn folded(&mut self, effect: Effect, glob: &Glob) {
        self.track(Role::Rule(effect), View::Folded, glob);
    }

    /// A folder, and the effects of the rules that name it.
    pub(super) fn folder(&mut self, mount: &'a Mount, effects: Vec<Effect>) {
        let Some(folders) = self.layers.last_mut() else { return };
        let at = folders.len();
        folders.push(Folder { mount, effects: effects.clone() });
        let inside = Glob::below(mount.guest.segments());
        self.track(Role::Folder(at), View::Exact, &inside);
        for effect in [Effect::Ask, Effect::Deny] {
            if effects.contains(&effect) {
                self.track(Role::Spelled(effect, at), View::Folded, &inside.folded());
            }
        }
    }

    fn track(&mut self, role: Role, view: View, glob: &Glob) {
        let layer = self.layers.len().saturating_sub(1);
        self.tracks.push(Track { layer, role, view, walk: Walk::new(glob) });
    }

    /// Whether for every name the first policy is as mild as the others or milder, and sees it in the same folder unless
    /// they refuse it.
    pub(super) fn covers(&self, work: &mut Work) -> Result<bool, Exhausted> {
        let segment = if self.names == Names::Paths { Segment::Empty } else { Segment::Name };
        let readings = self.tracks.iter().enumerate().map(|(at, track)| Reading {
            track: at,
            now: track.walk.start(),
            before_trimmed: None,
        });
        let start = State { segment, unfinished: false, readings: readings.collect() };
        let (mut seen, mut waiting) = (BTreeSet::new(), VecDeque::new());
        self.visit(start, &mut seen, &mut waiting, work)?;
        while let Some(state) = waiting.pop_front() {
            if state.segment == Segment::Name {
                if !self.holds_at_end(&state) {
                    return Ok(false);
                }
                let next = self.next_segment(&state, work)?;
                self.visit(next, &mut seen, &mut waiting, work)?;
            }
            for step in self.steps(&state) {
                let next = self.read(&state, step, work)?;
                self.visit(next, &mut seen, &mut waiting, work)?;
            }
        }
        Ok(true)
    }

    /// Notes a state, unless all names that begin so are refused by the others, or it was there already.
    fn visit(
        &self,
        mut state: State,
        seen: &mut BTreeSet<State>,
        waiting: &mut VecDeque<State>,
        work: &mut Work,
    ) -> Result<(), Exhausted> {
        work.take(1 + state.readings.iter().map(Reading::size).sum::<usize>())?;
        if self.simplify(&mut state) && !seen.contains(&state) {
            seen.insert(state.clone());
            waiting.push_back(state);
        }
        Ok(())
    }

    /// Leaves out what can no longer matter, so that fewer states differ. False if nothing can.
    fn simplify(&self, state: &mut State) -> bool {
        let mut prospects = vec![Prospect::default(); self.layers.len()];
        for (reading, track) in self.live(state) {
            let Some(prospect) = prospects.get_mut(track.layer) else { continue };
            let always = track.walk.accepts_all(&reading.now) && track.walk.accepts_all(reading.at_end());
            let effects = match track.role {
                Role::Rule(ref effect) | Role::Spelled(ref effect, _) => std::slice::from_ref(effect),
                Role::Folder(at) => self.folder_at(track.layer, at).map_or(&[][..], |folder| &folder.effects),
            };
            prospect.may_grant |= effects.iter().any(|effect| *effect != Effect::Deny);
            prospect.refuses |= always && effects.contains(&Effect::Deny);
            if let (Role::Rule(effect), true) = (track.role, always)
                && prospect.kept.is_none_or(|(strongest, _)| effect > strongest)
            {
                prospect.kept = Some((effect, reading.track));
            }
        }
        // The others refuse all that begins so.
        if prospects.iter().skip(1).any(|prospect| prospect.refuses || !prospect.may_grant) {
            return false;
        }
        state.readings.retain(|reading| {
            let Some(track) = self.tracks.get(reading.track) else { return false };
            let Some(prospect) = prospects.get(track.layer) else { return false };
            match (track.role, prospect.kept) {
                // Without any rule that matches it refuses as well.
                _ if prospect.refuses => false,
                (Role::Rule(effect), Some((strongest, kept))) => effect > strongest || reading.track == kept,
                _ => true,
            }
        });
        state.unfinished &= self.reads_folded(state);
        true
    }

    fn live<'s>(&'s self, state: &'s State) -> impl Iterator<Item = (&'s Reading, &'s Track)> {
        state.readings.iter().filter_map(|reading| Some((reading, self.tracks.get(reading.track)?)))
    }

    fn folder_at(&self, layer: usize, at: usize) -> Option<&Folder<'a>> {
        self.layers.get(layer)?.get(at)
    }

    fn holds_at_end(&self, state: &State) -> bool {
        let mut verdicts = vec![Verdict::default(); self.layers.len()];
        let (mut asked, mut inside) = (Vec::new(), Vec::new());
        for (reading, track) in self.live(state) {
            let Some(verdict) = verdicts.get_mut(track.layer) else { continue };
            if !track.walk.accepts(reading.at_end()) {
                continue;
            }
            match track.role {
                Role::Rule(effect) | Role::Spelled(effect @ Effect::Deny, _) => verdict.add(effect),
                Role::Spelled(_, at) => asked.push((track.layer, at)),
                Role::Folder(at) => {
                    inside.push((track.layer, at));
                    let Some(folder) = self.folder_at(track.layer, at) else { continue };
                    if folder.effects.contains(&Effect::Deny) {
                        verdict.add(Effect::Deny);
                    }
                    let length = |folder: &Folder<'_>| folder.mount.guest.as_str().len();
                    let inner = verdict.innermost.and_then(|at| self.folder_at(track.layer, at));
                    if inner.is_none_or(|inner| length(inner) < length(folder)) {
                        verdict.innermost = Some(at);
                    }
                }
            }
        }
        // In a folder itself, rules that ask hold only if it is the innermost one.
        for (layer, _) in asked.into_iter().filter(|folder| !inside.contains(folder)) {
            verdicts.iter_mut().skip(layer).take(1).for_each(|verdict| verdict.add(Effect::Ask));
        }
        let mut found = verdicts.iter().enumerate().map(|(layer, verdict)| {
            let folder = verdict.innermost.and_then(|at| self.folder_at(layer, at));
            let strongest = folder.and_then(|folder| folder.effects.iter().max().copied()).max(verdict.strongest);
            (strongest.unwrap_or(Effect::Deny), folder.map(|folder| folder.mount))
        });
        let Some((wide, wide_folder)) = found.next() else { return true };
        let others: Vec<(Effect, Option<&Mount>)> = found.collect();
        let Some((_, folder)) = others.first() else { return true };
        let narrow = others.iter().map(|(effect, _)| *effect).max().unwrap_or(Effect::Deny);
        narrow == Effect::Deny
            // Where they see different folders, they refuse together.
            || others.iter().any(|(_, other)| other != folder)
            || wide <= narrow && wide_folder == *folder
    }

    fn next_segment(&self, state: &State, work: &mut Work) -> Result<State, Exhausted> {
        let segment = if self.names == Names::Paths { Segment::Empty } else { Segment::Name };
        let mut readings = Vec::new();
        for reading in &state.readings {
            work.take(reading.size())?;
            let Some(Track { walk, .. }) = self.tracks.get(reading.track) else { continue };
            let now = walk.next_segment(reading.at_end());
            let reading = Reading { track: reading.track, now, before_trimmed: None };
            if !reading.is_dead() {
                readings.push(reading);
            }
        }
        Ok(State { segment, unfinished: false, readings })
    }

    fn read(&self, state: &State, step: Step, work: &mut Work) -> Result<State, Exhausted> {
        let mut readings = Vec::new();
        for reading in &state.readings {
            work.take(reading.size())?;
            let Some(Track { view, walk, .. }) = self.tracks.get(reading.track) else { continue };
            let letter = if *view == View::Exact { step.exact } else { step.folded };
            let Some(letter) = letter else {
                readings.push(reading.clone());
                continue;
            };
            let now = walk.read(&reading.now, letter);
            let trimmed = *view == View::Folded && matches!(letter, Letter::Char(c) if is_trimmed(c));
            let before_trimmed = trimmed.then(|| reading.at_end().clone()).filter(|before| *before != now);
            let reading = Reading { track: reading.track, now, before_trimmed };
            if !reading.is_dead() {
                readings.push(reading);
            }
        }
        let segment = match (state.segment, step.exact) {
            (segment, None) => segment,
            (Segment::Empty, Some(Letter::Char('.'))) => Segment::Dot,
            (Segment::Dot, Some(Letter::Char('.'))) => Segment::Dots,
            _ => Segment::Name,
        };
        Ok(State { segment, unfinished: step.unfinished, readings })
    }

    fn reads_folded(&self, state: &State) -> bool {
        self.live(state).any(|(_, track)| track.view == View::Folded)
    }

    /// The steps that make a difference.
    fn steps(&self, state: &State) -> Vec<Step> {
        let (mut exact, mut folded) = (BTreeSet::new(), BTreeSet::new());
        for (reading, track) in self.live(state) {
            let letters = if track.view == View::Exact { &mut exact } else { &mut folded };
            letters.extend(track.walk.expected(&reading.now));
        }
        let mut steps = Vec::new();
        if !self.reads_folded(state) {
            let letters = exact.into_iter().map(Letter::Char).chain([Letter::Other]);
            steps.extend(letters.map(|letter| Step { exact: Some(letter), folded: None, unfinished: false }));
            return steps;
        }
        // They are taken off a name's end, expected or not.
        folded.extend(['.', ' ']);
        let letter = |c: char| Some(if folded.contains(&c) { Letter::Char(c) } else { Letter::Other });
        // What a character that is folded to anything may be folded to.
        let any = || {
            let others = folded.iter().filter(|c| !folds_from_itself_only(**c));
            others.map(|c| Letter::Char(*c)).chain([Letter::Other])
        };
        for &c in &exact {
            let own = Some(Letter::Char(c));
            match folded_beginning(c) {
                Some((first, alone)) => {
                    steps.push(Step { exact: own, folded: letter(first), unfinished: !alone });
                }
                None => {
                    steps.extend(any().map(|folded| Step { exact: own, folded: Some(folded), unfinished: true }));
                }
            }
        }
        for &c in folded.iter().filter(|c| folds_from_itself_only(**c) && !exact.contains(c)) {
            // No exact pattern expects it, so that to them it is any; it is named because it may be a dot.
            let own = Some(Letter::Char(c));
            steps.push(Step { exact: own, folded: own, unfinished: false });
        }
        steps.extend(any().map(|folded| Step { exact: Some(Letter::Other), folded: Some(folded), unfinished: true }));
        if state.unfinished {
            steps.extend(any().map(|folded| Step { exact: None, folded: Some(folded), unfinished: true }));
        }
        steps
    }
}

/// What can still become of a policy, whatever follows.
#[derive(Clone, Copy, Debug, Default)]
struct Prospect {
    may_grant: bool,
    refuses: bool,
    /// The strongest rule that matches in any case, for which weaker ones can be left out.
    kept: Option<(Effect, usize)>,
}

/// What a policy says of a name.
#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    strongest: Option<Effect>,
    innermost: Option<usize>,
}

impl Verdict {
    fn add(&mut self, effect: Effect) {
        self.strongest = self.strongest.max(Some(effect));
    }
}
