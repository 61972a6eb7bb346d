from __future__ import annotations

import pytest

from models.encoders.compiling import faster


class Watch:
    now = 0.0

    def taking(self, seconds):
        def forward(*_inputs):
            self.now += seconds

        return forward


@pytest.mark.parametrize(("seconds", "pays"), [(1.0, True), (1.95, False), (3.0, False)])
def test_the_faster_one_is_kept(seconds, pays):
    watch = Watch()
    eager, compiled = watch.taking(2.0), watch.taking(seconds)
    chosen, said = faster(eager, compiled, (1, 2), lambda: None, lambda: watch.now)
    assert chosen is (compiled if pays else eager)
    assert said.startswith("yes" if pays else "no") and f"{1000 * seconds:.1f} ms a batch compiled" in said


def test_a_compiler_that_fails_is_an_answer():
    def broken(*_inputs):
        raise RuntimeError("no C++ compiler\nand a long trace")

    eager = Watch().taking(1.0)
    chosen, said = faster(eager, broken, (), lambda: None)
    assert (chosen, said) == (eager, "no: RuntimeError: no C++ compiler")


def test_an_error_of_ours_is_not_hidden():
    def wrong(*_inputs):
        raise TypeError("wrong arguments")

    with pytest.raises(TypeError):
        faster(wrong, wrong, (), lambda: None)
