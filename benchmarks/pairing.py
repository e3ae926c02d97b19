"""How well pairing finds the partner: `python -m benchmarks.pairing [PART …] [--scenes N] [--cache DIR]`.

Parts: `virtual` (scenes with known partners: wrong clocks, one of them set in between, a third of the photos without a partner,
look-alikes), `standpoints` (scenes whose photographers stand apart; see `virtual_standpoints`), `signals` (each signal alone on
the same photos, compared with other tools), `real` (photos of real scenes, in the folder `pairs` below LENSTRACE_CORPUS),
`scale` (many photos: time, memory, and whether the time per photo grows). All of them by default.

The quick default has 60 scenes. The targets are for 2,000 (`--scenes 2000`), which takes an hour on two cores the first time and
keeps its photos and features in the cache. Exits with 1 where a target that applies is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import pairing_real, pairing_scale, pairing_signals
from benchmarks.pairing_measures import Judged, automatic, calibration_error, choices, clock_errors, first, judged
from benchmarks.virtual_pairs import VirtualPairs, simultaneous, virtual_pairs, with_gps
from benchmarks.virtual_standpoints import Standpoints
from curate.catalog.clocks import ClockOffset
from curate.demo.plan import CollectionOptions
from curate.pairing.clocks.offsets import estimate_clocks
from curate.pairing.find import PairingResult, Signals, find_pairs
from curate.pairing.search import Memory
from tracer.base.progress import finish

OPTIONS = CollectionOptions(per_side=3, lookalikes=0.3, unpaired=0.3, clock_error_s=43_200.0, clock_resets=1)
SEED = 7
"""The seed of the measured collection; the prior was fitted on others."""

PARTS = ("virtual", "standpoints", "signals", "real", "scale")

APART = CollectionOptions(per_side=2, unpaired=0.3, clock_error_s=43_200.0, clock_resets=1)
FULL = 1000
"""The number of scenes from which the targets apply."""


@dataclass
class Bars:
    """Prints each target with its figure, and collects those missed."""

    apply: bool
    missed: list[str] = field(default_factory=list)

    def hold(self, what: str, figure: float, bar: float, at_most: bool = False) -> None:
        """Check and print one target."""
        kept = figure <= bar if at_most else figure >= bar
        print(
            f"    {what}: {figure:.4f} (target {'at most' if at_most else 'at least'} {bar:g}){'' if kept else '  MISSED'}"
        )
        if self.apply and not kept:
            self.missed.append(what)


def paired(
    truth: VirtualPairs, cache: Path, name: str, *, use_time: bool, use_gps: bool, memory: Memory | None = None
) -> PairingResult:
    """Pair a collection and print the time."""
    started = time.perf_counter()
    workers = os.cpu_count() or 1
    result = finish(find_pairs(truth.photos, cache, Signals(use_time, use_gps), workers=workers, memory=memory))
    print(
        f"  {name}: {result.compared} pairs compared, {2 * result.compared / max(1, len(truth.photos)):.1f} a photo; "
        f"{time.perf_counter() - started:.0f} s",
        flush=True,
    )
    return result


def tell(result: PairingResult, truth: VirtualPairs, bars: Bars, least: float, auto: bool) -> None:
    """Print the figures of one pairing."""
    best = choices(result.candidates)
    phone, other = first(best, truth, "phone"), first(best, truth, "other")
    print(f"    partner first: phone photos {phone}; others {other}")
    bars.hold("partner first, both sides", (phone.right + other.right) / max(1, phone.asked + other.asked), least)
    error, count = calibration_error(judged(result.candidates, truth))
    accepted = automatic(result.candidates, truth)
    print(f"    decide auto 0.98: {accepted}; calibration over {count} best candidates of phone photos")
    if auto:
        bars.hold("precision of auto 0.98", accepted.right / max(1, accepted.accepted), 0.995)
        bars.hold("recall of auto 0.98", accepted.found / max(1, accepted.scenes), 0.80)
        bars.hold("expected calibration error", error, 0.03, at_most=True)
    else:
        print(f"    expected calibration error {error:.4f}")


def clocks(
    offsets: Sequence[ClockOffset], truth: VirtualPairs, bars: Bars, what: str, usual_lag: bool, worst: float
) -> None:
    """Print the errors of clock offsets, and judge them; without any offset the first target is missed.

    Args:
        offsets: the estimated ones.
        truth: the collection.
        bars: the targets.
        what: which shots, for the lines.
        usual_lag: whether the truth includes the usual delay between two cameras.
        worst: seconds.
    """
    found = clock_errors(offsets, truth, usual_lag)
    print(f"    clocks {what}: {found}")
    bars.hold(f"clock errors {what} within the interval told", found.inside / max(1, len(found.errors)), 0.85)
    bars.hold(f"worst clock error {what}, s", float(abs(found.errors).max(initial=0)), worst, at_most=True)
    bars.hold(f"offsets {what} that are never right", found.wrong, 0, at_most=True)


def standpoints(truth: VirtualPairs, cache: Path, bars: Bars, beside: Sequence[Judged]) -> None:
    """Pair photos from different standpoints by pictures only, and with times.

    Args:
        truth: the collection.
        cache: keeps the features.
        bars: the targets.
        beside: best candidates of the part `virtual` by pictures only, then with times; empty where it did not run.
    """
    memory: Memory = {}
    bare = with_gps(truth, 0.0, SEED)
    for use_time, name in ((False, "only pictures"), (True, "time, no GPS")):
        result = paired(bare, cache, name, use_time=use_time, use_gps=use_time, memory=memory)
        best = choices(result.candidates)
        print(f"    partner first: phone photos {first(best, bare, 'phone')}; others {first(best, bare, 'other')}")
        accepted = automatic(result.candidates, bare)
        confident = [c for c in result.candidates if c.score >= 0.98]
        false = sum(bare.scene[c.phone_id] != bare.scene[c.other_id] for c in confident)
        print(f"    decide auto 0.98: {accepted}; candidates from 0.98: {len(confident) - false} right, {false} wrong")
        bars.hold("wrong candidates from 0.98", false, 0, at_most=True)
        own = judged(result.candidates, bare)
        print(f"    expected calibration error of these scenes alone {calibration_error(own)[0]:.4f}")
        if beside:
            error, _ = calibration_error(own, beside[int(use_time)])
            bars.hold("expected calibration error, beside the scenes of `virtual`", error, 0.03, at_most=True)


def virtual(truth: VirtualPairs, cache: Path, bars: Bars, best: list[Judged]) -> Memory:
    """Pair with all signals, without GPS, and with pictures only; return the comparisons made.

    Args:
        truth: the collection.
        cache: keeps the features.
        bars: the targets.
        best: gets the best candidates by pictures only, then those with times.
    """
    memory: Memory = {}  # the pictures are the same in all runs; only their metadata differ
    half = with_gps(truth, 0.5, SEED)
    result = paired(half, cache, "time, and GPS on half the photos", use_time=True, use_gps=True, memory=memory)
    tell(result, half, bars, 0.98, auto=True)
    clocks(result.clock_offsets, half, bars, "with an anchor", usual_lag=False, worst=2.0)

    bare = with_gps(truth, 0.0, SEED)
    result = paired(bare, cache, "time, no GPS", use_time=True, use_gps=True, memory=memory)
    tell(result, bare, bars, 0.98, auto=True)
    best.append(judged(result.candidates, bare))
    clocks(result.clock_offsets, bare, bars, "with the usual delay", usual_lag=True, worst=15.0)
    for offset in result.clock_offsets:
        if offset.source == "content":
            told = offset.to_dict()
            print(
                f"      {offset.camera_a} → {offset.camera_b}: {offset.seconds:.1f} ± {offset.margin:.1f} s, "
                f"support {offset.support}, since {told['since'] or 'ever'}, until {told['until'] or 'the end'}"
            )

    result = paired(bare, cache, "only pictures", use_time=False, use_gps=False, memory=memory)
    tell(result, bare, bars, 0.95, auto=False)
    best.insert(0, judged(result.candidates, bare))
    at_once = simultaneous(bare)
    votes = [(c.phone_id, c.other_id, c.score) for c in result.candidates]
    offsets = estimate_clocks(at_once.photos, votes)
    clocks(offsets, at_once, bars, "of simultaneous shots", usual_lag=False, worst=2.0)
    return memory


def main() -> int:
    """Run the chosen parts; return 1 where a target that applies was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them where left out")
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=float, default=0.6, help="of the virtual cameras' pictures")
    parser.add_argument(
        "--minutes", type=float, help="stop rendering virtual photos after this time, and use those rendered"
    )
    parser.add_argument("--cache", type=Path, help="keeps photos and features between runs")
    parser.add_argument(
        "--photos", type=int, default=1000, help="of each side, for the part `scale`; the target is for 10,000"
    )
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = arguments.cache or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pairing-")))
        return measured(arguments, folder)


def measured(arguments: argparse.Namespace, folder: Path) -> int:
    """The same, with photos and features in a folder."""
    parts = arguments.parts or PARTS
    bars = Bars(apply=arguments.scenes >= FULL)
    best: list[Judged] = []
    if "virtual" in parts or "signals" in parts:
        place = folder / f"virtual-{arguments.scenes}-{arguments.seed}"
        truth = virtual_pairs(
            place, arguments.scenes, arguments.seed, OPTIONS, minutes=arguments.minutes, scale=arguments.scale
        )
        counts = {side: sum(photo.side == side for photo in truth.photos) for side in ("phone", "other")}
        print(
            f"virtual: {len(set(truth.scene.values()))} of {arguments.scenes} scenes, {counts['phone']} phone photos, "
            f"{counts['other']} others, {len({photo.camera for photo in truth.photos})} cameras, seed {arguments.seed}",
            flush=True,
        )
        memory = virtual(truth, place / "cache", bars, best) if "virtual" in parts else {}
        if "signals" in parts:
            pairing_signals.tell(with_gps(truth, 0.0, SEED), place, memory)
    if "standpoints" in parts:
        place = folder / f"standpoints-{2 * arguments.scenes}-{arguments.seed + 1}"
        apart = virtual_pairs(
            place,
            2 * arguments.scenes,
            arguments.seed + 1,
            APART,
            minutes=arguments.minutes,
            scale=arguments.scale,
            standpoints=Standpoints(),
        )
        print(f"standpoints: {len(set(apart.scene.values()))} scenes, {len(apart.photos)} photos", flush=True)
        standpoints(apart, place / "cache", bars, best)
    if "real" in parts:
        corpus = os.environ.get("LENSTRACE_CORPUS")
        if corpus:
            bars.missed += pairing_real.tell(Path(corpus) / "pairs", folder)
        else:
            print("real: LENSTRACE_CORPUS does not name a folder of real photos")
    if "scale" in parts:
        bars.missed += pairing_scale.tell(folder, arguments.photos)
    if bars.missed:
        print(f"missed: {', '.join(bars.missed)}")
    return int(bool(bars.missed))


if __name__ == "__main__":
    sys.exit(main())
