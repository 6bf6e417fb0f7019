# SPDX-License-Identifier: Apache-2.0
"""What script/bench makes of its samples: a figure that is short of its target is never called PASS."""

import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import data  # noqa: E402
import figures  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
import run  # noqa: E402
from load import Sample  # noqa: E402
from works import KEYS, all_works  # noqa: E402


def test_the_median_is_that_of_each_figure_by_itself():
    samples = [Sample(100, 9, 30), Sample(300, 1, 10), Sample(200, 5, 20)]
    assert figures.median(samples) == Sample(200, 5, 20)
    assert figures.median(samples[:2]) == Sample(200, 5, 20)  # between the two


MEDIANS = {"product": Sample(rate=200, p99_ms=4, cpu_us=12), "plain": Sample(rate=300, p99_ms=3, cpu_us=10)}


@pytest.mark.parametrize("target, value, met", [
    (figures.Target("t", "cpu_us", "product", "<=", 1.2, "plain"), 1.2, True),
    (figures.Target("t", "cpu_us", "product", "<=", 1.19, "plain"), 1.2, False),
    (figures.Target("t", "rate", "product", ">=", 0.7, "plain"), 200 / 300, False),
    (figures.Target("t", "rate", "product", ">=", 0.6, "plain"), 200 / 300, True),
    (figures.Target("t", "cpu_us", "product", "<=", 1.5, "plain", minus=True), 2, False),
    (figures.Target("t", "p99_ms", "product", "<", 4), 4, False),
    (figures.Target("t", "p99_ms", "product", "<", 4.1), 4, True),
])
def test_a_target_is_a_figure_a_ratio_or_a_difference(target, value, met):
    verdict = figures.judge(target, MEDIANS)
    assert (verdict.value, verdict.met) == (pytest.approx(value), met)
    assert str(verdict).endswith("PASS" if met else "short")


def test_no_verdict_on_what_was_not_measured():
    assert figures.judge(figures.Target("t", "rate", "product", ">=", 1, "nginx"), MEDIANS) is None
    assert figures.judge(figures.Target("t", "rate", "nginx", ">=", 1), MEDIANS) is None


def test_nothing_is_no_measure():
    idle = {"product": Sample(1, 1, 5), "plain": Sample(1, 1, 0)}  # too short for a tick of the clock
    assert not figures.judge(figures.Target("t", "cpu_us", "product", "<=", 1.2, "plain"), idle).met


def test_a_line_is_told_from_what_grows_faster():
    assert figures.steepening([(11, 20), (50, 59), (100, 109), (300, 309)]) == pytest.approx(1)
    assert figures.steepening([(10, 100), (100, 10_000), (300, 90_000)]) > 3  # by the square
    assert figures.steepening([(11, 20), (50, 59), (100, 109), (300, 90)]) == 0
    assert figures.steepening([(1, 5), (2, 5), (3, 5)]) == 0
    assert figures.steepening([(1, 5), (2, 5), (3, 6)]) > 100  # there was no slope before


def test_bodies_are_compared_but_for_what_is_made_for_each_answer():
    one = b'{"data":{"id":"a1","name":"x"},"meta":{"timestamp":"11","requestId":"22"}}'
    other = b'{"data":{"id":"a1","name":"x"},"meta":{"timestamp":"33","requestId":"44"}}'
    assert peers.comparable(200, one) == peers.comparable(200, other)
    assert peers.comparable(200, one) != peers.comparable(200, other.replace(b'"x"', b'"y"'))
    assert peers.comparable(200, one) != peers.comparable(200, other.replace(b"44", b"444"))
    moved = one.replace(b"a1", b"b2")
    assert peers.comparable(200, one) != peers.comparable(200, moved)
    assert peers.comparable(201, one) == peers.comparable(201, moved)  # a new row has a new id


def test_a_target_names_cases_of_its_own_work():
    works = all_works(1000, "token")
    assert tuple(work.key for work in works) == KEYS
    for work in works:
        names = {case.name for case in work.cases}
        assert len(names) == len(work.cases)
        for target in work.targets:
            assert {target.case, target.other} - {""} <= names, work.key
            assert report.work_lines(work, dict.fromkeys(names, Sample(1, 1, 1)))[-1].endswith(("PASS", "short"))


def test_works_are_chosen_by_name():
    words = re.search(r'^words="(.*) --write "', (ROOT / "script/bench").read_text(), re.M).group(1).split()
    assert words == [*KEYS, *run.OTHERS, "quick"]
    assert run.read_arguments(["list", "get", "--rounds", "2"]).works == ["list", "get"]
    assert "size" not in run.read_arguments([]).works
    quick = run.read_arguments(["quick"])
    assert (quick.rounds, quick.seconds) == (1, 1) and "post" in quick.works
    for wrong in (["lists"], ["--rounds", "0"], ["--seconds", "x"]):
        with pytest.raises(SystemExit):
            run.read_arguments(wrong)


def test_rows_follow_from_their_numbers():
    rows = [data.item(number) for number in range(2000)]
    assert len({row[0] for row in rows}) == 2000
    assert sorted(row[0] for row in rows) == [row[0] for row in rows]  # as a UUIDv7's rows come
    assert rows[7] == data.item(7)
    makers = {data.maker_id(number) for number in range(data.MAKERS)}
    assert {row[10] for row in rows} <= makers
    assert 0.85 < sum(row[8] for row in rows) / 2000 < 0.95
    assert all(identity[14] in "7" for identity in map(data.text_of, (row[0] for row in rows)))
