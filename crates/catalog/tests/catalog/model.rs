//! Every state of the protocol of pins, epochs and marks, for small numbers: a snapshot with a segment, a copy
//! and an upload that each write a segment and may share others', deletions, and a collector that goes twice
//! through its rounds and may stop anywhere. The rules of the catalog hold in all states; without any one of them
//! a state is found in which a live snapshot stands over a condemned segment.

use std::collections::{HashMap, VecDeque};

/// Which rule is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Without {
    Nothing,
    /// A segment is born with a pin.
    BirthPin,
    /// A commit stamps what its session pins with the present epoch.
    Stamp,
    /// Pinned roots are marked from.
    RootPin,
    /// All roots are listed at one moment.
    ListAtOnce,
    /// What an upload wrote stays pinned when the writing session ends.
    UploadPins,
    /// What a lost attempt pinned stays pinned until the next attempt has it.
    AdoptedPins,
    /// No collection begins between a commit's stamp and its row.
    SharedEpoch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum SegmentState {
    Unwritten,
    Sealed,
    Condemned,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Segment {
    state: SegmentState,
    pins: i8,
    touched: u8,
}

/// Segment 0 and snapshot 0 are old; writer w makes segment w + 1 and snapshot w + 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Snapshot {
    live: bool,
    /// A bit for each segment.
    content: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Idle,
    /// Writing: a copy's job, or an upload's session.
    Open,
    /// An upload whose sessions have ended and whose job has not begun.
    Waiting,
    /// The job of an upload.
    Job,
    /// A job between two attempts: the next one takes over what the lost one pinned.
    Lost,
    /// Stamped and released, the row not yet written; only without `SharedEpoch`.
    Stamped,
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Writer {
    phase: Phase,
    root: Option<usize>,
    /// A bit for each segment that it pins.
    pinned: u8,
    /// A bit for each segment that its snapshot will need.
    uses: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Idle,
    Bumped,
    /// Reading the list one snapshot after the other; only without `ListAtOnce`.
    Listing {
        next: usize,
    },
    Condemning {
        next: usize,
    },
    /// Until these writers have ended.
    Holding {
        older: u8,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    epoch: u8,
    segments: [Segment; 3],
    snapshots: [Snapshot; 3],
    writers: [Writer; 2],
    step: Step,
    marks: u8,
    rounds: u8,
}

const UPLOAD: usize = 1;
const ROUNDS: u8 = 2;

const START: State = {
    let unwritten = Segment { state: SegmentState::Unwritten, pins: 0, touched: 0 };
    let none = Snapshot { live: false, content: 0 };
    let writer = Writer { phase: Phase::Idle, root: None, pinned: 0, uses: 0 };
    State {
        epoch: 1,
        segments: [Segment { state: SegmentState::Sealed, ..unwritten }, unwritten, unwritten],
        snapshots: [Snapshot { live: true, content: 1 }, none, none],
        writers: [writer; 2],
        step: Step::Idle,
        marks: 0,
        rounds: 0,
    }
};

fn bits(set: u8) -> impl Iterator<Item = usize> {
    (0..3).filter(move |bit| set & (1 << bit) != 0)
}

impl Writer {
    fn holds(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Waiting | Phase::Job | Phase::Lost)
    }
}

impl State {
    fn release(&mut self, writer: usize) {
        for segment in bits(self.writers[writer].pinned) {
            self.segments[segment].pins -= 1;
        }
        self.writers[writer].pinned = 0;
        self.writers[writer].root = None;
    }

    fn pin_root(&mut self, writer: usize, snapshot: usize) {
        self.writers[writer].root = Some(snapshot);
        self.writers[writer].uses |= self.snapshots[snapshot].content;
    }

    fn is_root(&self, snapshot: usize, without: Without) -> bool {
        let pinned = |writer: &Writer| writer.holds() && writer.root == Some(snapshot);
        self.snapshots[snapshot].live || (without != Without::RootPin && self.writers.iter().any(pinned))
    }

    /// What must not be, if it is.
    fn violation(&self) -> Option<&'static str> {
        let state = |segment: usize| self.segments[segment].state;
        if self.segments.iter().any(|segment| segment.pins < 0) {
            return Some("a segment has fewer pins than none");
        }
        for snapshot in self.snapshots.iter().filter(|snapshot| snapshot.live) {
            if bits(snapshot.content).any(|segment| state(segment) != SegmentState::Sealed) {
                return Some("a live snapshot stands over a condemned segment");
            }
        }
        for writer in self.writers.iter().filter(|writer| writer.holds()) {
            if bits(writer.pinned).any(|segment| state(segment) != SegmentState::Sealed) {
                return Some("a pinned segment is condemned");
            }
            let content = writer.root.map_or(0, |root| self.snapshots[root].content);
            if bits(content).any(|segment| state(segment) == SegmentState::Gone) {
                return Some("a segment under a pinned root is gone");
            }
        }
        None
    }
}

type Moves = Vec<(&'static str, State)>;
/// Adds a move: its name and what it changes.
type Go<'moves> = dyn FnMut(&'static str, &dyn Fn(&mut State)) + 'moves;

fn moves(state: &State, without: Without) -> Moves {
    let mut moves = Moves::new();
    for snapshot in (0..3).filter(|snapshot| state.snapshots[*snapshot].live) {
        let mut next = *state;
        next.snapshots[snapshot].live = false;
        moves.push((["delete s0", "delete c1", "delete c2"][snapshot], next));
    }
    for writer in 0..2 {
        writer_moves(state, writer, without, &mut moves);
    }
    collector_moves(state, without, &mut moves);
    moves
}

fn writer_moves(state: &State, writer: usize, without: Without, moves: &mut Moves) {
    let mut go = |name, change: &dyn Fn(&mut State)| {
        let mut next = *state;
        change(&mut next);
        moves.push((name, next));
    };
    let own = writer + 1;
    let me = state.writers[writer];
    let job = if writer == UPLOAD { Phase::Job } else { Phase::Open };
    match me.phase {
        Phase::Idle => {
            go("start", &|next| next.writers[writer].phase = Phase::Open);
            if writer == UPLOAD && state.snapshots[0].live {
                go("start with a parent", &|next| {
                    next.writers[writer].phase = Phase::Open;
                    next.pin_root(writer, 0);
                });
            }
        }
        Phase::Open if state.segments[own].state == SegmentState::Unwritten => go("write", &|next| {
            let pinned = without != Without::BirthPin;
            next.segments[own] = Segment { state: SegmentState::Sealed, pins: i8::from(pinned), touched: 0 };
            next.writers[writer].pinned |= u8::from(pinned) << own;
            next.writers[writer].uses |= 1 << own;
        }),
        Phase::Open if writer == UPLOAD => go("seal the upload", &|next| {
            next.writers[writer].phase = Phase::Waiting;
            if without == Without::UploadPins {
                next.release(writer);
            }
        }),
        Phase::Waiting => go("claim", &|next| next.writers[writer].phase = Phase::Job),
        Phase::Lost => go("claim again", &|next| next.writers[writer].phase = job),
        Phase::Stamped => go("write the row", &|next| {
            next.snapshots[own] = Snapshot { live: true, content: me.uses };
            next.writers[writer].phase = Phase::Ended;
        }),
        _ => {}
    }
    if matches!(me.phase, Phase::Open | Phase::Job) {
        sharing_moves(state, writer, &mut go);
    }
    if me.phase == job {
        go("lose the attempt", &|next| {
            next.writers[writer].phase = Phase::Lost;
            if without == Without::AdoptedPins {
                next.release(writer);
            }
        });
        if me.uses & (1 << own) != 0 {
            go("commit", &|next| commit(next, writer, without));
        }
    }
    if me.holds() {
        go("fence", &|next| {
            next.release(writer);
            next.writers[writer].phase = Phase::Ended;
        });
    }
}

fn sharing_moves(state: &State, writer: usize, go: &mut Go<'_>) {
    let own = writer + 1;
    let me = state.writers[writer];
    for snapshot in (0..3).filter(|snapshot| state.snapshots[*snapshot].live && me.root.is_none()) {
        go(["pin root s0", "pin root c1", "pin root c2"][snapshot], &|next| next.pin_root(writer, snapshot));
    }
    let shares = me.pinned & !(1 << own) != 0;
    for segment in (0..3).filter(|segment| *segment != own && !shares) {
        if state.segments[segment].state == SegmentState::Sealed {
            go(["pin 0", "pin 1", "pin 2"][segment], &|next| {
                next.segments[segment].pins += 1;
                next.writers[writer].pinned |= 1 << segment;
                next.writers[writer].uses |= 1 << segment;
            });
        }
    }
}

fn commit(next: &mut State, writer: usize, without: Without) {
    let own = writer + 1;
    let me = next.writers[writer];
    if without != Without::Stamp {
        // Without its birth pin a segment is still known as written by this session.
        for segment in bits(me.pinned | (u8::from(without == Without::BirthPin) << own)) {
            next.segments[segment].touched = next.epoch;
        }
    }
    next.release(writer);
    if without == Without::SharedEpoch {
        next.writers[writer].phase = Phase::Stamped;
    } else {
        next.snapshots[own] = Snapshot { live: true, content: me.uses };
        next.writers[writer].phase = Phase::Ended;
    }
}

fn collector_moves(state: &State, without: Without, moves: &mut Moves) {
    /// A page holds ids in their order, which says nothing about who descends from whom.
    const LISTED: [usize; 3] = [1, 2, 0];
    let mut next = *state;
    let name = match state.step {
        Step::Idle if state.rounds == ROUNDS => return,
        Step::Idle => {
            next.epoch += 1;
            next.marks = 0;
            next.step = Step::Bumped;
            "raise the epoch"
        }
        Step::Bumped if without == Without::ListAtOnce => {
            next.step = Step::Listing { next: 0 };
            "begin to list"
        }
        Step::Bumped => {
            for snapshot in (0..3).filter(|snapshot| state.is_root(*snapshot, without)) {
                next.marks |= state.snapshots[snapshot].content;
            }
            next.step = Step::Condemning { next: 0 };
            "list"
        }
        Step::Listing { next: 3 } => {
            next.step = Step::Condemning { next: 0 };
            "listed"
        }
        Step::Listing { next: place } => {
            if state.is_root(LISTED[place], without) {
                next.marks |= state.snapshots[LISTED[place]].content;
            }
            next.step = Step::Listing { next: place + 1 };
            ["list c1", "list c2", "list s0"][place]
        }
        Step::Condemning { next: 3 } => {
            let older = (0..2).filter(|writer| state.writers[*writer].holds());
            next.step = Step::Holding { older: older.map(|writer| 1 << writer).sum() };
            "hold"
        }
        Step::Condemning { next: segment } => {
            let it = &mut next.segments[segment];
            let unmarked = state.marks & (1 << segment) == 0;
            if it.state == SegmentState::Sealed && it.pins == 0 && it.touched < state.epoch && unmarked {
                it.state = SegmentState::Condemned;
            }
            next.step = Step::Condemning { next: segment + 1 };
            ["condemn 0?", "condemn 1?", "condemn 2?"][segment]
        }
        Step::Holding { older } => {
            if bits(older).any(|writer| state.writers[writer].holds()) {
                return;
            }
            for segment in &mut next.segments {
                if segment.state == SegmentState::Condemned {
                    segment.state = SegmentState::Gone;
                }
            }
            next.step = Step::Idle;
            next.rounds += 1;
            "delete objects"
        }
    };
    moves.push((name, next));
    if state.step != Step::Idle {
        let stopped = State { step: Step::Idle, marks: 0, rounds: state.rounds + 1, ..*state };
        moves.push(("the collector stops", stopped));
    }
}

struct Explored {
    states: usize,
    /// States in which a segment's object was deleted.
    collected: usize,
    /// The first violation, with the moves that lead to it.
    violation: Option<String>,
}

fn explore(without: Without) -> Explored {
    let mut seen: HashMap<State, Option<(&'static str, State)>> = HashMap::from([(START, None)]);
    let mut queue = VecDeque::from([START]);
    let mut collected = 0;
    while let Some(state) = queue.pop_front() {
        if let Some(violation) = state.violation() {
            let mut names = vec![violation];
            let mut place = state;
            while let Some(Some((name, before))) = seen.get(&place) {
                names.push(name);
                place = *before;
            }
            names.reverse();
            return Explored { states: seen.len(), collected, violation: Some(names.join(" > ")) };
        }
        collected += usize::from(state.segments.iter().any(|it| it.state == SegmentState::Gone));
        for (name, next) in moves(&state, without) {
            seen.entry(next).or_insert_with(|| {
                queue.push_back(next);
                Some((name, state))
            });
        }
    }
    Explored { states: seen.len(), collected, violation: None }
}

#[test]
fn the_protocol_holds_in_every_state() {
    let explored = explore(Without::Nothing);
    println!("{} states, {} of them with a deleted object", explored.states, explored.collected);
    assert_eq!(explored.violation, None);
    assert!(explored.collected > 0, "the collector does collect");
}

#[test]
fn every_rule_is_needed() {
    for without in [
        Without::BirthPin,
        Without::Stamp,
        Without::RootPin,
        Without::ListAtOnce,
        Without::UploadPins,
        Without::AdoptedPins,
        Without::SharedEpoch,
    ] {
        let explored = explore(without);
        let violation = explored.violation;
        println!("without {without:?}: {violation:?} after {} states", explored.states);
        assert!(violation.is_some(), "the model misses nothing without {without:?}");
    }
}
