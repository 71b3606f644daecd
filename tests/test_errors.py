from __future__ import annotations

import pickle

import pytest

from sim.errors import AuylsimError, InputError, Problem, RunError, closest


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Problem("bad", "x.yaml", 14, "fund.queue"), "x.yaml:14: fund.queue: bad"),
        (Problem("bad", "x.yaml", 14), "x.yaml:14: bad"),
        (Problem("bad", "x.yaml"), "x.yaml: bad"),
        (Problem("bad", path="fund.queue"), "fund.queue: bad"),
        (Problem("bad", "x.yaml", path="fund.queue"), "x.yaml: fund.queue: bad"),
        (Problem("bad"), "bad"),
    ],
)
def test_problem_is_one_line_without_missing_parts(problem: Problem, line: str) -> None:
    assert str(problem) == line


def test_input_error_shows_all_faults_in_order() -> None:
    error = InputError([Problem("first", "x.yaml", 2), Problem("second", path="years")])
    assert str(error) == "x.yaml:2: first\nyears: second"


def test_input_error_from_text_is_one_problem() -> None:
    error = InputError("no such file")
    assert error.problems == (Problem("no such file"),)
    assert str(error) == "no such file"


def test_input_error_survives_the_way_back_from_a_worker_process() -> None:
    error = InputError([Problem("first", "x.yaml", 2), Problem("second")])
    back = pickle.loads(pickle.dumps(error))
    assert isinstance(back, InputError)
    assert back.problems == error.problems


def test_exit_codes() -> None:
    assert (AuylsimError.exit_code, InputError.exit_code, RunError.exit_code) == (1, 2, 1)


def test_all_errors_are_caught_as_one() -> None:
    assert issubclass(InputError, AuylsimError)
    assert issubclass(RunError, AuylsimError)


@pytest.mark.parametrize(("word", "found"), [("revolvjng", "revolving"), ("years", "years"), ("zzz", None)])
def test_closest(word: str, found: str | None) -> None:
    assert closest(word, iter(["years", "revolving", "queue"])) == found
