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

/// The rules of a policy about one action, by their patterns.
#[derive(Debug, Default)]
pub(super) struct Layer<'a> {
    rules: Vec<(Effect, usize)>,
    folders: Vec<Folder<'a>>,
    about_folders: Vec<AboutFolder>,
}

#[derive(Debug)]
struct Folder<'a> {
    mount: &'a Mount,
    track: usize,
}

/// A rule that names a folder: by its place among them, and for what is spelled like it.
#[derive(Debug)]
struct AboutFolder {
    effect: Effect,
    folder: usize,
    spelled: usize,
}

/// Patterns of two sides.
#[derive(Debug)]
pub(super) struct Search<'a> {
    names: Names,
    tracks: Vec<(View, Walk)>,
    wide: Layer<'a>,
    /// All of them decide, the strictest.
    narrow: Vec<Layer<'a>>,
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
    pub(super) fn new(names: Names) -> Self {
        Search { names, tracks: Vec::new(), wide: Layer::default(), narrow: Vec::new() }
    }

    /// A rule whose pattern is compared exactly.
    pub(super) fn exact(&mut self, layer: &mut Layer<'a>, effect: Effect, glob: &Glob) {
        let track = self.track(View::Exact, glob);
        layer.rules.push((effect, track));
    }

    /// A rule whose pattern is folded, and compared so.
    pub(super) fn folded(&mut self, layer: &mut Layer<'a>, effect: Effect, glob: &Glob) {
        let track = self.track(View::Folded, glob);
        layer.rules.push((effect, track));
    }

    /// A folder.
    pub(super) fn folder(&mut self, layer: &mut Layer<'a>, mount: &'a Mount) {
        let track = self.track(View::Exact, &Glob::below(mount.guest.segments()));
        layer.folders.push(Folder { mount, track });
    }

    /// A rule about one of the folders.
    pub(super) fn about_folder(&mut self, layer: &mut Layer<'a>, effect: Effect, mount: &Mount) {
        let Some(folder) = layer.folders.iter().position(|folder| folder.mount == mount) else { return };
        let spelled = self.track(View::Folded, &Glob::below(mount.guest.segments()).folded());
        layer.about_folders.push(AboutFolder { effect, folder, spelled });
    }

    fn track(&mut self, view: View, glob: &Glob) -> usize {
        self.tracks.push((view, Walk::new(glob)));
        self.tracks.len() - 1
    }

    pub(super) fn set_wide(&mut self, layer: Layer<'a>) {
        self.wide = layer;
    }

    pub(super) fn add_narrow(&mut self, layer: Layer<'a>) {
        self.narrow.push(layer);
    }

    /// Whether for every name the wide side is as mild or milder, and sees it in the same folder unless the narrow side
    /// refuses it.
    pub(super) fn covers(&self, work: &mut Work) -> Result<bool, Exhausted> {
        let segment = if self.names == Names::Paths { Segment::Empty } else { Segment::Name };
        let readings = self.tracks.iter().enumerate().map(|(track, (_, walk))| Reading {
            track,
            now: walk.start(),
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

    /// Notes a state, unless all names that begin so are refused by the narrow side, or it was there already.
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
        let mut known = vec![Fate::Never; self.tracks.len()];
        for reading in &state.readings {
            let Some((_, walk)) = self.tracks.get(reading.track) else { continue };
            let always = walk.accepts_all(&reading.now) && walk.accepts_all(reading.at_end());
            if let Some(fate) = known.get_mut(reading.track) {
                *fate = if always { Fate::Always } else { Fate::Open };
            }
        }
        let fate = |track: usize| known.get(track).copied().unwrap_or(Fate::Never);
        let mut left_out = BTreeSet::new();
        for layer in &self.narrow {
            if layer.refuses_always(fate) || !layer.may_grant(fate) {
                return false;
            }
            layer.superfluous(fate, &mut left_out);
        }
        if self.wide.refuses_always(fate) {
            // Then it refuses, whatever else its rules say.
            left_out.extend(self.wide.rules.iter().map(|(_, track)| *track));
            left_out.extend(self.wide.folders.iter().map(|folder| folder.track));
            left_out.extend(self.wide.about_folders.iter().map(|about| about.spelled));
        } else {
            self.wide.superfluous(fate, &mut left_out);
        }
        state.readings.retain(|reading| !left_out.contains(&reading.track));
        state.unfinished &= self.reads_folded(state);
        true
    }

    fn holds_at_end(&self, state: &State) -> bool {
        let mut accepted = vec![false; self.tracks.len()];
        for reading in &state.readings {
            if let (Some((_, walk)), Some(accepted)) =
                (self.tracks.get(reading.track), accepted.get_mut(reading.track))
            {
                *accepted = walk.accepts(reading.at_end());
            }
        }
        let accepted = |track: usize| accepted.get(track).copied().unwrap_or(false);
        let narrow = self.narrow.iter().map(|layer| layer.decide(accepted)).max().unwrap_or(Effect::Deny);
        if narrow == Effect::Deny {
            return true;
        }
        let folder = self.wide.innermost(accepted);
        let mut others = self.narrow.iter().map(|layer| layer.innermost(accepted));
        let Some(first) = others.next() else { return true };
        // Where the policies of the narrow side see different folders, it refuses.
        others.any(|other| other != first) || self.wide.decide(accepted) <= narrow && folder == first
    }

    fn next_segment(&self, state: &State, work: &mut Work) -> Result<State, Exhausted> {
        let segment = if self.names == Names::Paths { Segment::Empty } else { Segment::Name };
        let mut readings = Vec::new();
        for reading in &state.readings {
            work.take(reading.size())?;
            let Some((_, walk)) = self.tracks.get(reading.track) else { continue };
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
            let Some((view, walk)) = self.tracks.get(reading.track) else { continue };
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
        let is_folded = |reading: &Reading| matches!(self.tracks.get(reading.track), Some((View::Folded, _)));
        state.readings.iter().any(is_folded)
    }

    /// The steps that make a difference.
    fn steps(&self, state: &State) -> Vec<Step> {
        let (mut exact, mut folded) = (BTreeSet::new(), BTreeSet::new());
        for reading in &state.readings {
            match self.tracks.get(reading.track) {
                Some((View::Exact, walk)) => exact.extend(walk.expected(&reading.now)),
                Some((View::Folded, walk)) => folded.extend(walk.expected(&reading.now)),
                None => {}
            }
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

/// What becomes of a pattern, whatever follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Never,
    Open,
    Always,
}

impl<'a> Layer<'a> {
    /// The innermost folder that a path is in.
    fn innermost(&self, accepted: impl Fn(usize) -> bool) -> Option<&'a Mount> {
        let around = self.folders.iter().filter(|folder| accepted(folder.track)).map(|folder| folder.mount);
        around.max_by_key(|mount| mount.guest.as_str().len())
    }

    /// What [`Policy::decide`](crate::Policy::decide) says, given the patterns that match.
    fn decide(&self, accepted: impl Fn(usize) -> bool) -> Effect {
        let rules = self.rules.iter().filter(|(_, track)| accepted(*track)).map(|(effect, _)| *effect);
        let innermost = self.innermost(&accepted);
        let about = self.about_folders.iter().filter(|about| {
            let Some(folder) = self.folders.get(about.folder) else { return false };
            let spelled = accepted(about.spelled);
            let outer = match (about.effect, accepted(folder.track)) {
                (Effect::Allow, _) | (Effect::Ask, true) => false,
                (Effect::Deny, true) => true,
                (_, false) => spelled,
            };
            innermost == Some(folder.mount) || outer
        });
        rules.chain(about.map(|about| about.effect)).max().unwrap_or(Effect::Deny)
    }

    fn refuses_always(&self, fate: impl Fn(usize) -> Fate) -> bool {
        let always = |track: usize| fate(track) == Fate::Always;
        self.rules.iter().any(|(effect, track)| *effect == Effect::Deny && always(*track))
            || self.about_folders.iter().any(|about| {
                let folder = self.folders.get(about.folder);
                about.effect == Effect::Deny && (always(about.spelled) || folder.is_some_and(|f| always(f.track)))
            })
    }

    fn may_grant(&self, fate: impl Fn(usize) -> Fate) -> bool {
        let may = |track: usize| fate(track) != Fate::Never;
        self.rules.iter().any(|(effect, track)| *effect != Effect::Deny && may(*track))
            || self.about_folders.iter().any(|about| {
                let folder = self.folders.get(about.folder);
                about.effect != Effect::Deny && (may(about.spelled) || folder.is_some_and(|f| may(f.track)))
            })
    }

    /// The rules that change nothing beside one that holds for all that follows.
    fn superfluous(&self, fate: impl Fn(usize) -> Fate, left_out: &mut BTreeSet<usize>) {
        let holds = |found: Effect| {
            self.rules.iter().find(|(effect, track)| *effect == found && fate(*track) == Fate::Always)
        };
        let Some((strongest, kept)) = holds(Effect::Ask).or_else(|| holds(Effect::Allow)) else { return };
        let weaker = self.rules.iter().filter(|(effect, track)| effect <= strongest && track != kept);
        left_out.extend(weaker.map(|(_, track)| *track));
    }
}
