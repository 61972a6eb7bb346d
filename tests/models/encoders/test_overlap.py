from __future__ import annotations

import threading

import pytest

from models.encoders.overlap import ahead


def workers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_all_of_them_in_order():
    assert list(ahead(range(5), lambda number: number * 10)) == [0, 10, 20, 30, 40]
    assert list(ahead([], str)) == []
    assert list(ahead([7], str)) == ["7"]
    assert not workers()


def test_the_next_is_prepared_meanwhile_and_only_the_next():
    pulled, ready = [], [threading.Event() for _ in range(5)]

    def shards():
        for number in range(5):
            pulled.append((number, threading.current_thread() is threading.main_thread()))
            yield number

    for number in ahead(shards(), lambda number: ready[number].set() or number):
        following = number + 1
        if following < 5:
            assert ready[following].wait(10)  # while this one is in hand
        assert len(pulled) <= following + 1
        assert not any(event.is_set() for event in ready[following + 1 :])
    assert pulled == [(number, True) for number in range(5)]


def test_a_consumer_that_stops_or_fails_leaves_no_thread():
    stopped = ahead(range(5), str)
    assert next(stopped) == "0"
    stopped.close()
    assert not workers()

    with pytest.raises(ValueError, match="consumer"):
        for _ in ahead(range(5), str):
            raise ValueError("consumer")
    assert not workers()


def test_an_error_while_preparing_reaches_the_consumer():
    def prepare(number):
        if number == 1:
            raise ValueError("broken shard")
        return number

    found = ahead(range(5), prepare)
    assert next(found) == 0
    with pytest.raises(ValueError, match="broken shard"):
        next(found)
    assert not workers()
