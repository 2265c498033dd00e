"""Candidate concentrations: which providers could stop, and which locations open.

Locations outside the region take part throughout where the study says ``alternatives = "all"``;
otherwise only once nobody in the region is left, and the treatment leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from math import comb
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError
from impact.messages import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from impact.study.model import Intervention


def locations_before(intervention: Intervention, outside: Sequence[str]) -> tuple[str, ...]:
    """Locations that demand may be at before the change.

    Parameters
    ----------
    intervention
        Its providers and alternatives.
    outside
        Locations outside the region that demand may go to.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> locations_before(Intervention("x", ("a", "b")), ["c"])
    ('a', 'b')
    """
    return (*intervention.providers, *(outside if intervention.alternatives == "all" else ()))


def locations_joining(
    intervention: Intervention,
    outside: Sequence[str],
    *,
    stopping: int,
    opens: Sequence[str] = (),
) -> tuple[str, ...]:
    """Locations that demand may go to only after the change.

    Parameters
    ----------
    intervention
        Its providers and alternatives.
    outside
        Locations outside the region that demand may go to.
    stopping
        How many providers stop.
    opens
        Locations that open.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> locations_joining(Intervention("x", ("a", "b")), ["c"], stopping=2)
    ('c',)
    >>> locations_joining(Intervention("x", ("a", "b")), ["c"], stopping=1, opens=["d"])
    ('d',)
    """
    leaves = intervention.alternatives != "all" and stopping == len(intervention.providers)
    return (*opens, *(outside if leaves else ()))


MOST_CANDIDATES = 2_000_000
"""More than this is refused: nobody reads it, and memory would not hold it."""


@dataclass(frozen=True)
class StopSets:
    """Sets of providers that stop, in a fixed order, without making them.

    Sets are in the order of their sorted names, a set before those that add to it; `fixed` is left
    out of the comparison.

    Attributes
    ----------
    free
        Providers that may stop or stay, sorted.
    fixed
        Providers that stop in every set.
    least, most
        How many of the free ones stop.
    """

    free: tuple[str, ...]
    fixed: tuple[str, ...]
    least: int
    most: int

    def __len__(self) -> int:
        return self.count

    @property
    def count(self) -> int:
        """How many sets there are: also where that is more than `len` can say."""
        return self._below(0, 0)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        name = self.free.__getitem__
        for places in self._places():
            names = tuple(map(name, places))
            yield tuple(sorted((*self.fixed, *names))) if self.fixed else names

    def first(self, number: int) -> tuple[int, ...]:
        """Places in `free` of those that stop in one set.

        Parameters
        ----------
        number
            Of the set, from zero.

        Returns
        -------
        tuple of int

        Examples
        --------
        >>> sets = StopSets(("a", "b", "c"), (), 0, 2)
        >>> [sets.first(number) for number in range(len(sets))]
        [(), (0,), (0, 1), (0, 2), (1,), (1, 2), (2,)]
        """
        path: list[int] = []
        place = 0
        left = number
        while True:
            if len(path) >= self.least:
                if left == 0:
                    return tuple(path)
                left -= 1
            while (inside := self._below(len(path) + 1, place + 1)) <= left:
                left -= inside
                place += 1
            path.append(place)
            place += 1

    def some(self, start: int, count: int) -> Iterator[tuple[str, ...]]:
        """Give the sets from one number on."""
        return islice(iter(self), start, start + count)

    def _below(self, depth: int, place: int) -> int:
        """Count the sets that begin with `depth` chosen ones before `place`."""
        left = len(self.free) - place
        fewest, most = max(self.least - depth, 0), min(self.most - depth, left)
        return sum(comb(left, more) for more in range(fewest, most + 1))

    def _places(self) -> Iterator[tuple[int, ...]]:
        if self.least == self.most:
            yield from combinations(range(len(self.free)), self.most)
        if self.least >= self.most:
            return
        path: list[int] = []
        while True:
            if len(path) >= self.least:
                yield tuple(path)
            place = path[-1] + 1 if path else 0
            while len(path) >= self.most or place >= len(self.free):
                if not path:
                    return
                place = path.pop() + 1
            path.append(place)


def stops_asked(intervention: Intervention) -> int | None:
    """How many providers stop in a candidate.

    Parameters
    ----------
    intervention
        With `stop_count`, and `all_fail` where all of them fall short.

    Returns
    -------
    int or None
        `stop_count`, but all except one where one takes all; `None` where the study asks for no
        candidates.

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> stops_asked(Intervention("x", ("a", "b"), stop_count=2, all_fail="one_takes_all"))
    1
    """
    stop, total = intervention.stop_count, len(intervention.providers)
    return total - 1 if stop == total and intervention.all_fail == "one_takes_all" else stop


def stop_sets(
    intervention: Intervention, *, every_subset: bool = False, opening: tuple[str, ...] = ()
) -> StopSets:
    """Find the sets of providers that could stop, without making them.

    Parameters
    ----------
    intervention
        k of its n providers stop; those in `must_stop` always, those in `must_stay` never. Where
        all n stop, `all_fail` decides: each in turn takes all, or the treatment leaves the region.
    every_subset
        Any number of providers stops, but not all of them: from nobody to all but one.
    opening
        Locations that each set may be combined with; they only count towards the limit.

    Returns
    -------
    StopSets
        Empty where the intervention has no `stop_count` and not every subset is asked for.

    Raises
    ------
    InputError
        When there are more than `MOST_CANDIDATES`.

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> len(stop_sets(Intervention("x", tuple("abcd")), every_subset=True))
    15
    """
    found = _found(intervention, every_subset=every_subset)
    _check_count(intervention, found, opening, every_subset=every_subset)
    return found


def _found(intervention: Intervention, *, every_subset: bool) -> StopSets:
    stop, total = stops_asked(intervention), len(intervention.providers)
    fixed = tuple(sorted(intervention.must_stop))
    locked = {*fixed, *intervention.must_stay}
    free = tuple(sorted(name for name in intervention.providers if name not in locked))
    if every_subset:
        return StopSets(free, fixed, 0, min(len(free), total - len(fixed) - 1))
    if stop is None:
        return StopSets((), fixed, 0, -1)
    return StopSets(free, fixed, stop - len(fixed), stop - len(fixed))


def _check_count(
    intervention: Intervention, found: StopSets, opening: tuple[str, ...], *, every_subset: bool
) -> None:
    count = found.count * 2 ** len(opening)
    if count <= MOST_CANDIDATES:
        return
    stop, total = intervention.stop_count, len(intervention.providers)
    raise InputError(
        Fault(
            said("intervention {name}", name=intervention.name),
            "",
            "candidates" if every_subset else "stop_count",
            said("every subset of {total}", total=total)
            if every_subset
            else said("{stop} of {total}", stop=stop, total=total),
            said(
                "at most {most:,} candidates; these are {count:,}: lock locations with "
                "must_stay or must_stop, or set another stop_count; impact optimise finds "
                "the best one without trying them all",
                most=MOST_CANDIDATES,
                count=count,
            ),
        )
    )


def count_candidates(intervention: Intervention) -> int:
    """Count the candidates of an intervention without making them.

    Parameters
    ----------
    intervention
        With `stop_count`; zero candidates without.

    Returns
    -------
    int

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> count_candidates(Intervention("x", tuple("abcdefgh"), stop_count=3))
    56
    """
    return _found(intervention, every_subset=False).count


def candidates(intervention: Intervention) -> tuple[tuple[str, ...], ...]:
    """Every set of providers that could stop.

    Parameters
    ----------
    intervention
        See `stop_sets`.

    Returns
    -------
    tuple of tuple of str
        Names sorted inside a set, sets sorted by their names.

    Raises
    ------
    InputError
        When there are more than `MOST_CANDIDATES`.

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> candidates(Intervention("x", ("a", "b", "c"), stop_count=2, must_stay=("b",)))
    (('a', 'c'),)
    """
    return tuple(stop_sets(intervention))


def open_sets(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Every set of locations that open, from none to all.

    Parameters
    ----------
    names
        Those that may.

    Returns
    -------
    tuple of tuple of str
        The smallest first, then by name.

    Examples
    --------
    >>> open_sets(["b", "a"])
    ((), ('a',), ('b',), ('a', 'b'))
    """
    ordered = sorted(names)
    sizes = range(len(ordered) + 1)
    return tuple(some for size in sizes for some in combinations(ordered, size))
