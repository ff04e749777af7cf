//! A search for a name that one policy treats more strictly than others do.
//!
//! All patterns of the policies read the same name at once, and each state that they can be in together is visited once.
//! Characters that no pattern expects are alike, so that there are few to try. The number of states can grow exponentially
//! with the patterns, which is why the work has a bound.
//!
//! Rules that refuse or ask about paths read the folded name, and how a name is folded cannot be said character by
//! character. So there are two passes. The first tries real names, in which each character is folded for itself, and has
//! whoever asks look at what it finds. Where nothing reads folded names it is complete. Otherwise the second one proves that
//! there is nothing to be found: it takes characters whose folding depends on others ([`folded_beginning`]) to be folded
//! to anything, which finds too many names and never too few.

use std::collections::{BTreeSet, VecDeque};

use super::names::{Names, Shape};
use crate::glob::Glob;
use crate::glob::walk::{Letter, Positions, Walk};
use crate::policy::Mount;
use crate::rule::{Effect, Strength};
use crate::text::{fold_inner, folded_beginning, folds_from_itself_only, is_trimmed};

/// Positions in patterns that are looked at, by all searches for one comparison: bounds its time (some hundred
/// milliseconds) and its memory (some tens of MiB).
pub(super) const WORK: u64 = 4_000_000;
/// Names that one search has looked at: beyond, what it finds is not what is looked for.
const NAMES: usize = 64;

/// The work is done and there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// Work that is left.
#[derive(Debug)]
pub(crate) struct Work(u64);

impl Work {
    pub(crate) fn new() -> Self {
        Work(WORK)
    }

    pub(crate) fn take(&mut self, amount: usize) -> Result<(), Exhausted> {
        match self.0.checked_sub(amount as u64) {
            Some(left) => self.0 = left,
            None => {
                // What follows would take as much.
                self.0 = 0;
                return Err(Exhausted);
            }
        }
        Ok(())
    }

    /// Steps that were taken.
    #[cfg(test)]
    pub(super) fn taken(&self) -> u64 {
        WORK - self.0
    }
}

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found<T> {
    /// There is no such name.
    Nothing,
    /// What whoever asked says of a name.
    Real(T),
    /// None was found, and it is not proved that there is none.
    Unsure,
}

/// How a pattern reads a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Exact,
    Folded,
}

/// What a pattern stands for in its policy.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// A rule about names.
    Rule(Strength),
    /// A rule about names that looks at more than the name, by its number, and whether it matters beside a rule of the same
    /// effect that does not.
    More(Strength, usize, bool),
    /// A folder, by its place among those of the policy, and all in it.
    Folder(usize),
    /// A rule that refuses or asks about a folder, for all that is spelled like it.
    Spelled(Strength, usize),
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
    effects: Vec<Strength>,
}

/// The patterns of policies about one action. The first policy is the one that may cover the others; of those all decide,
/// and the strictest holds.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    names: Names,
    tracks: Vec<Track>,
    /// For each policy its folders.
    layers: Vec<Vec<Folder<'a>>>,
}

/// What rules say of a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    /// For each policy the strongest effect of the rules that look at nothing else.
    pub(crate) effects: Vec<Option<Strength>>,
    /// The rules that match it and look at more, by their numbers.
    pub(crate) more: Vec<usize>,
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

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    shape: Shape,
    /// Whether the last character may be folded to more than was read of it.
    unfinished: bool,
    readings: Vec<Reading>,
}

/// A step in a name: by what patterns that read exactly see of it, and by what the others do.
#[derive(Clone, Debug)]
struct Step {
    exact: Option<Letter>,
    folded: Vec<Letter>,
    unfinished: bool,
}

/// How names are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// Real ones, as far as characters are folded each for itself.
    Real,
    /// All, and more.
    Proof,
}

/// Says of the name that ends in a state whether the policies differ, and with what besides the name.
type Differ<'d, M> = dyn FnMut(&State, &mut Work) -> Result<Option<M>, Exhausted> + 'd;

/// The states that were reached, and how.
#[derive(Debug, Default)]
struct Reached {
    seen: BTreeSet<State>,
    /// With their place in the trail.
    waiting: VecDeque<(State, usize)>,
    /// For each state the one before it, and the character between them.
    trail: Vec<(Option<usize>, Option<char>)>,
}

impl Reached {
    fn name(&self, mut at: usize) -> String {
        let mut name = Vec::new();
        while let Some((before, character)) = self.trail.get(at) {
            name.extend(*character);
            let Some(before) = before else { break };
            at = *before;
        }
        name.into_iter().rev().collect()
    }
}

impl<'a> Search<'a> {
    /// Without patterns.
    pub(crate) fn new(names: Names) -> Self {
        Search { names, tracks: Vec::new(), layers: Vec::new() }
    }

    /// A policy, to which rules and folders are then added.
    pub(crate) fn add_layer(&mut self) {
        self.layers.push(Vec::new());
    }

    /// A rule whose pattern is compared exactly.
    pub(crate) fn exact(&mut self, effect: Strength, glob: &Glob, work: &mut Work) -> Result<(), Exhausted> {
        self.track(Role::Rule(effect), View::Exact, glob, work)
    }

    /// A rule whose pattern is compared exactly and that looks at more than the name, for [`Search::find_with`]. It has a
    /// number, and answers if what it gives is not the same as what another rule of its effect gives.
    pub(crate) fn more(
        &mut self,
        (effect, number, answers): (Strength, usize, bool),
        glob: &Glob,
        work: &mut Work,
    ) -> Result<(), Exhausted> {
        self.track(Role::More(effect, number, answers), View::Exact, glob, work)
    }

    /// A rule whose pattern is folded, and compared so.
    pub(crate) fn folded(&mut self, effect: Strength, glob: &Glob, work: &mut Work) -> Result<(), Exhausted> {
        self.track(Role::Rule(effect), View::Folded, glob, work)
    }

    /// A folder, and the effects of the rules that name it.
    pub(crate) fn folder(
        &mut self,
        mount: &'a Mount,
        effects: Vec<Strength>,
        work: &mut Work,
    ) -> Result<(), Exhausted> {
        let Some(folders) = self.layers.last_mut() else { return Ok(()) };
        let at = folders.len();
        let inside = Glob::below(mount.guest.segments());
        let spelled = [Effect::Ask.into(), Strength::DENY].map(|effect| effects.contains(&effect).then_some(effect));
        folders.push(Folder { mount, effects });
        self.track(Role::Folder(at), View::Exact, &inside, work)?;
        for effect in spelled.into_iter().flatten() {
            self.track(Role::Spelled(effect, at), View::Folded, &inside.folded(), work)?;
        }
        Ok(())
    }

    fn track(&mut self, role: Role, view: View, glob: &Glob, work: &mut Work) -> Result<(), Exhausted> {
        let layer = self.layers.len().saturating_sub(1);
        let walk = Walk::new(glob);
        work.take(walk.len())?;
        self.tracks.push(Track { layer, role, view, walk });
        Ok(())
    }

    /// Looks for a name for which the first policy is stricter than the others, or sees another folder than they do where
    /// they do not refuse. `real` says what a name shows, and nothing if it shows no such thing; that takes `cost` steps
    /// besides reading the name.
    pub(crate) fn find<T>(
        &self,
        work: &mut Work,
        cost: usize,
        mut real: impl FnMut(&str) -> Option<T>,
    ) -> Result<Found<T>, Exhausted> {
        let mut differ = |state: &State, _: &mut Work| Ok((!self.holds_at_end(state)).then_some(()));
        let mut real = |name: &str, ()| real(name);
        let found = self.pass(Pass::Real, work, cost, &mut differ, &mut real)?;
        if matches!(found, Found::Real(_)) || !self.tracks.iter().any(|track| track.view == View::Folded) {
            return Ok(found);
        }
        self.pass(Pass::Proof, work, cost, &mut differ, &mut real)
    }

    /// The same where some rules look at more than the name. `differ` says of a name whether the policies differ, and with
    /// what besides the name.
    pub(crate) fn find_with<M, T>(
        &self,
        work: &mut Work,
        cost: usize,
        mut differ: impl FnMut(Said, &mut Work) -> Result<Option<M>, Exhausted>,
        mut real: impl FnMut(&str, M) -> Option<T>,
    ) -> Result<Found<T>, Exhausted> {
        let mut differ = |state: &State, work: &mut Work| differ(self.said(state), work);
        self.pass(Pass::Real, work, cost, &mut differ, &mut real)
    }

    fn pass<M, T>(
        &self,
        pass: Pass,
        work: &mut Work,
        cost: usize,
        differ: &mut Differ<'_, M>,
        real: &mut dyn FnMut(&str, M) -> Option<T>,
    ) -> Result<Found<T>, Exhausted> {
        let readings = self.tracks.iter().enumerate().map(|(at, track)| Reading {
            track: at,
            now: track.walk.start(),
            before_trimmed: None,
        });
        let start = State { shape: self.names.start(), unfinished: false, readings: readings.collect() };
        let (mut reached, mut looked_at) = (Reached::default(), 0);
        self.visit(start, (None, None), &mut reached, work)?;
        while let Some((state, at)) = reached.waiting.pop_front() {
            if self.names.may_end(state.shape)
                && let Some(more) = differ(&state, work)?
            {
                if pass == Pass::Proof || looked_at == NAMES {
                    return Ok(Found::Unsure);
                }
                let name = reached.name(at);
                work.take((name.len() + 1).saturating_mul(self.tracks.len()).saturating_add(cost))?;
                if let Some(shown) = real(&name, more) {
                    return Ok(Found::Real(shown));
                }
                looked_at += 1;
            }
            if self.names.may_go_on(state.shape) {
                let next = self.next_segment(&state, work)?;
                self.visit(next, (Some(at), Some('/')), &mut reached, work)?;
            }
            let steps = if pass == Pass::Real { self.real_steps(&state) } else { self.all_steps(&state) };
            for step in steps {
                if let Some(next) = self.read(&state, &step, work)? {
                    let character = match step.exact {
                        Some(Letter::Char(c)) => Some(c),
                        _ => None,
                    };
                    self.visit(next, (Some(at), character), &mut reached, work)?;
                }
            }
        }
        Ok(if looked_at > 0 { Found::Unsure } else { Found::Nothing })
    }

    /// Notes a state, unless all names that begin so are refused by the others, or it was there already.
    fn visit(
        &self,
        mut state: State,
        from: (Option<usize>, Option<char>),
        reached: &mut Reached,
        work: &mut Work,
    ) -> Result<(), Exhausted> {
        work.take(1 + self.layers.len() + state.readings.iter().map(Reading::size).sum::<usize>())?;
        if self.simplify(&mut state) && !reached.seen.contains(&state) {
            reached.seen.insert(state.clone());
            reached.waiting.push_back((state, reached.trail.len()));
            reached.trail.push(from);
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
                Role::Rule(ref effect) | Role::Spelled(ref effect, _) | Role::More(ref effect, ..) => {
                    std::slice::from_ref(effect)
                }
                Role::Folder(at) => self.folder_at(track.layer, at).map_or(&[][..], |folder| &folder.effects),
            };
            prospect.may_grant |= effects.iter().any(|effect| *effect != Strength::DENY);
            // What looks at more than the name refuses some requests for it and not others.
            let always = always && !matches!(track.role, Role::More(..));
            prospect.refuses |= always && effects.contains(&Strength::DENY);
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
                (Role::More(effect, _, answers), Some((strongest, _))) => {
                    effect > strongest || answers && effect.effect == strongest.effect
                }
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
                Role::Rule(effect) | Role::Spelled(effect @ Strength::DENY, _) => verdict.add(effect),
                // Only [`Search::find_with`] has such rules.
                Role::More(..) => {}
                Role::Spelled(_, at) => asked.push((track.layer, at)),
                Role::Folder(at) => {
                    inside.push((track.layer, at));
                    let Some(folder) = self.folder_at(track.layer, at) else { continue };
                    if folder.effects.contains(&Strength::DENY) {
                        verdict.add(Strength::DENY);
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
            verdicts.iter_mut().skip(layer).take(1).for_each(|verdict| verdict.add(Effect::Ask.into()));
        }
        let mut found = verdicts.iter().enumerate().map(|(layer, verdict)| {
            let folder = verdict.innermost.and_then(|at| self.folder_at(layer, at));
            let strongest = folder.and_then(|folder| folder.effects.iter().max().copied()).max(verdict.strongest);
            (strongest.unwrap_or(Strength::DENY), folder.map(|folder| folder.mount))
        });
        let Some((wide, wide_folder)) = found.next() else { return true };
        let others: Vec<(Strength, Option<&Mount>)> = found.collect();
        let Some((_, folder)) = others.first() else { return true };
        let narrow = others.iter().map(|(effect, _)| *effect).max().unwrap_or(Strength::DENY);
        narrow == Strength::DENY
            // Where they see different folders, they refuse together.
            || others.iter().any(|(_, other)| other != folder)
            || wide <= narrow && wide_folder == *folder
    }

    /// What rules say of the name that ends here.
    fn said(&self, state: &State) -> Said {
        let mut said = Said { effects: vec![None; self.layers.len()], more: Vec::new() };
        for (reading, track) in self.live(state).filter(|(reading, track)| track.walk.accepts(reading.at_end())) {
            debug_assert_eq!(track.view, View::Exact, "{reading:?}");
            match (track.role, said.effects.get_mut(track.layer)) {
                (Role::Rule(effect), Some(strongest)) => *strongest = (*strongest).max(Some(effect)),
                (Role::More(_, number, _), _) => said.more.push(number),
                _ => {}
            }
        }
        said
    }

    fn next_segment(&self, state: &State, work: &mut Work) -> Result<State, Exhausted> {
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
        Ok(State { shape: self.names.next(), unfinished: false, readings })
    }

    /// The state after a step; none if no name begins so.
    fn read(&self, state: &State, step: &Step, work: &mut Work) -> Result<Option<State>, Exhausted> {
        let shape = match step.exact {
            None => Some(state.shape),
            Some(Letter::Char(c)) => self.names.read(state.shape, c),
            Some(Letter::Other) => self.names.read(state.shape, OTHER),
        };
        let Some(shape) = shape else { return Ok(None) };
        let mut readings = Vec::new();
        for reading in &state.readings {
            let Some(Track { view, walk, .. }) = self.tracks.get(reading.track) else { continue };
            let letters = if *view == View::Exact { step.exact.as_slice() } else { step.folded.as_slice() };
            work.take(reading.size())?;
            let mut reading = reading.clone();
            for &letter in letters {
                work.take(reading.size())?;
                let now = walk.read(&reading.now, letter);
                let trimmed = *view == View::Folded && matches!(letter, Letter::Char(c) if is_trimmed(c));
                let before_trimmed = trimmed.then(|| reading.at_end().clone()).filter(|before| *before != now);
                reading = Reading { track: reading.track, now, before_trimmed };
            }
            if !reading.is_dead() {
                readings.push(reading);
            }
        }
        Ok(Some(State { shape, unfinished: step.unfinished, readings }))
    }

    fn reads_folded(&self, state: &State) -> bool {
        self.live(state).any(|(_, track)| track.view == View::Folded)
    }

    /// The characters that patterns expect which read exactly, and those that the others expect.
    fn expected(&self, state: &State) -> (BTreeSet<char>, BTreeSet<char>) {
        let (mut exact, mut folded) = (BTreeSet::new(), BTreeSet::new());
        for (reading, track) in self.live(state) {
            let letters = if track.view == View::Exact { &mut exact } else { &mut folded };
            letters.extend(track.walk.expected(&reading.now));
        }
        (exact, folded)
    }

    /// Steps by one real character each, which is folded for itself.
    fn real_steps(&self, state: &State) -> Vec<Step> {
        let (exact, folded) = self.expected(state);
        let reads_folded = self.reads_folded(state);
        let spelled: BTreeSet<char> = match reads_folded {
            // In other letters, so that what is exact to some patterns and not to others is tried; and what is taken off a
            // name's end, expected or not.
            true => folded.iter().flat_map(|c| c.to_uppercase()).chain(['.', ' ']).collect(),
            false => BTreeSet::new(),
        };
        let expected: BTreeSet<char> = exact.union(&folded).copied().collect();
        let others = self.names.unexpected(|c| {
            let alone = |c: char| folded_alone(c).all(|found| found == c);
            expected.contains(&c) || spelled.contains(&c) || reads_folded && !alone(c)
        });
        // The plainest first, for who reads what is found.
        let spelled = spelled.difference(&expected).copied().filter(|c| self.names.has(*c) && !others.contains(c));
        let named = expected.iter().copied().filter(|c| self.names.has(*c));
        let characters = named.chain(others.iter().copied()).chain(spelled);
        let step = |c: char| Step {
            exact: Some(Letter::Char(c)),
            folded: if reads_folded { folded_alone(c).map(Letter::Char).collect() } else { Vec::new() },
            unfinished: false,
        };
        characters.map(step).collect()
    }

    /// The steps that make a difference, and where folding depends on what stands beside a character, more than there are.
    fn all_steps(&self, state: &State) -> Vec<Step> {
        let (exact, mut folded) = self.expected(state);
        let step = |exact: Option<Letter>, folded: Option<Letter>, unfinished: bool| Step {
            exact,
            folded: folded.into_iter().collect(),
            unfinished,
        };
        if !self.reads_folded(state) {
            let letters = exact.into_iter().map(Letter::Char).chain([Letter::Other]);
            return letters.map(|letter| step(Some(letter), None, false)).collect();
        }
        // They are taken off a name's end, expected or not.
        folded.extend(['.', ' ']);
        let letter = |c: char| Some(if folded.contains(&c) { Letter::Char(c) } else { Letter::Other });
        // What a character that is folded to anything may be folded to.
        let any = || {
            let others = folded.iter().filter(|c| !folds_from_itself_only(**c));
            others.map(|c| Letter::Char(*c)).chain([Letter::Other])
        };
        let mut steps = Vec::new();
        for &c in &exact {
            let own = Some(Letter::Char(c));
            match folded_beginning(c) {
                Some((first, alone)) => steps.push(step(own, letter(first), !alone)),
                None => steps.extend(any().map(|folded| step(own, Some(folded), true))),
            }
        }
        for &c in folded.iter().filter(|c| folds_from_itself_only(**c) && !exact.contains(c)) {
            // No exact pattern expects it, so that to them it is any; it is named because it may be a dot.
            let own = Some(Letter::Char(c));
            steps.push(step(own, own, false));
        }
        steps.extend(any().map(|folded| step(Some(Letter::Other), Some(folded), true)));
        if state.unfinished {
            steps.extend(any().map(|folded| step(None, Some(folded), true)));
        }
        steps
    }
}

/// A character that shapes no segment, for those that no pattern expects.
const OTHER: char = 'x';

/// How a character is folded that stands alone.
fn folded_alone(c: char) -> impl Iterator<Item = char> {
    let (ascii, folded) = if c.is_ascii() {
        (Some(c.to_ascii_lowercase()), String::new())
    } else {
        (None, fold_inner(c.encode_utf8(&mut [0; 4])))
    };
    let folded: Vec<char> = folded.chars().collect();
    ascii.into_iter().chain(folded)
}

/// What can still become of a policy, whatever follows.
#[derive(Clone, Copy, Debug, Default)]
struct Prospect {
    may_grant: bool,
    refuses: bool,
    /// The strongest rule that matches in any case, for which weaker ones can be left out.
    kept: Option<(Strength, usize)>,
}

/// What a policy says of a name.
#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    strongest: Option<Strength>,
    innermost: Option<usize>,
}

impl Verdict {
    fn add(&mut self, effect: Strength) {
        self.strongest = self.strongest.max(Some(effect));
    }
}
