# SPDX-License-Identifier: Apache-2.0
"""What is made of the samples: medians, ratios, verdicts. Nothing here measures."""

import dataclasses
import math
import operator
import statistics

HOW = {"<=": operator.le, "<": operator.lt, ">=": operator.ge}


@dataclasses.dataclass(frozen=True)
class Target:
    """What a figure must be. With `other` it is a ratio (or, with `minus`, a difference) of two cases."""
    text: str
    figure: str  # rate, p99_ms or cpu_us of the medians
    case: str
    how: str
    limit: float
    other: str = ""
    minus: bool = False


@dataclasses.dataclass(frozen=True)
class Verdict:
    text: str
    value: float
    how: str
    limit: float

    @property
    def met(self):
        return HOW[self.how](self.value, self.limit)

    def __str__(self):
        return (f"{self.text}: {self.value:.2f}, target {self.how} {self.limit:g}: "
                f"{'PASS' if self.met else 'short'}")


def median(samples):
    """Of each figure by itself."""
    kind = type(samples[0])
    return kind(**{field.name: statistics.median(getattr(one, field.name) for one in samples)
                   for field in dataclasses.fields(kind)})


def judge(target, medians):
    """The verdict on a target; None where a case was not measured."""
    if target.case not in medians or (target.other and target.other not in medians):
        return None
    value = getattr(medians[target.case], target.figure)
    if target.other:
        against = getattr(medians[target.other], target.figure)
        value = value - against if target.minus else value / against if against else math.inf
    return Verdict(target.text, value, target.how, target.limit)


def slopes(points):
    """What each step costs for each one more, of (count, figure)."""
    return [(high - low) / (more - few) for (few, low), (more, high) in zip(points, points[1:])]


def steepening(points):
    """How many times the last step's slope is that of all before it: 1 is a line, and what falls is none to fear."""
    before = slopes([points[0], points[-2]])[0]
    last = slopes(points[-2:])[0]
    return max(last, 0) / before if before > 0 else float(last > 0) * 1000
