"""Dense ids of keys against a dictionary."""

from __future__ import annotations

import gc
import subprocess
import weakref
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette._native import isa
from flinkette._native.buffer import Int64Buffer
from flinkette._native.keys import (
    KeyMap,
    encode_key,
    group_range,
    hash_ints,
    hash_keys,
    key_group,
    owners,
)

KEYS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.tuples(st.integers(0, 2), st.text("ab", max_size=1)),
)
BATCHES = st.lists(st.lists(KEYS, max_size=40), max_size=8)


@given(BATCHES)
def test_equal_keys_share_an_id_and_different_keys_do_not(batches: list[list[object]]) -> None:
    key_map, model = KeyMap(128, 0, 127), {}
    for batch in batches:
        for key, key_id in zip(batch, key_map.ids(batch, hash_keys(batch)), strict=True):
            assert model.setdefault(encode_key(key), key_id) == key_id
            assert encode_key(key_map.key(key_id)) == encode_key(key)
    assert len(set(model.values())) == len(model) == len(key_map)
    assert all(key_id < key_map.capacity for key_id in model.values())


@given(BATCHES, st.data())
def test_an_id_is_reused_only_after_a_batch_in_which_nothing_refers_to_it(
    batches: list[list[object]], data: st.DataObject
) -> None:
    key_map = KeyMap(16, 0, 15)
    held: dict[bytes, int] = {}
    for batch in batches:
        ids = dict(zip(map(encode_key, batch), key_map.ids(batch), strict=True))
        assert all(ids[each] == held[each] for each in ids.keys() & held.keys())
        assert len(set(ids.values()) | set(held.values())) == len(ids.keys() | held.keys())
        for encoding in [each for each in ids if data.draw(st.booleans())]:
            if encoding in held:
                assert key_map.release_id(held.pop(encoding))
            else:
                key_map.retain_id(ids[encoding])
                held[encoding] = ids[encoding]
        assert all(key_map.is_live(key_id) for key_id in ids.values())
        generations = {each: key_map.generation(key_id) for each, key_id in ids.items()}
        key_map.release_batch()
        assert len(key_map) == len(held)
        for encoding, key_id in ids.items():
            is_freed = encoding not in held
            assert key_map.is_live(key_id) != is_freed
            assert key_map.generation(key_id) == generations[encoding] + is_freed


def test_an_id_released_and_retained_again_in_one_batch_is_kept() -> None:
    key_map = KeyMap(128, 0, 127)
    (key_id,) = key_map.ids(["key"])
    for _ in range(3):
        key_map.retain_id(key_id)
        assert key_map.release_id(key_id)
    key_map.retain_id(key_id)
    key_map.release_batch()
    assert (key_map.is_live(key_id), key_map.references(key_id)) == (True, 1)
    assert list(key_map.ids(["key"])) == [key_id]


def test_an_id_released_outside_a_batch_is_free_after_the_next_release_batch() -> None:
    key_map = KeyMap(1, 0, 0)
    (key_id,) = key_map.ids(["timer"])
    key_map.retain_id(key_id)
    key_map.release_batch()
    assert key_map.release_id(key_id)
    assert key_map.is_live(key_id)
    assert list(key_map.ids(["other"])) != [key_id]
    key_map.release_batch()
    assert (key_map.is_live(key_id), len(key_map)) == (False, 0)


def test_references_are_taken_and_given_back_for_many_ids_at_once() -> None:
    key_map = KeyMap(128, 0, 127)
    ids = key_map.ids(["a", "b", "a"])
    key_map.retain_all(ids)
    key_map.release_batch()
    assert [key_map.references(each) for each in ids] == [2, 1, 2]
    key_map.release_all(ids)
    key_map.release_batch()
    assert len(key_map) == 0
    with pytest.raises(KeyError, match="is free"):
        key_map.retain_all(ids)


def test_a_reference_that_was_not_taken_cannot_be_given_back() -> None:
    key_map = KeyMap(128, 0, 127)
    ids = key_map.ids(["a"])
    with pytest.raises(ValueError, match="has no reference that could be released"):
        key_map.release_id(ids[0])
    with pytest.raises(ValueError, match="has no reference that could be released"):
        key_map.release_all(ids)


INTS = st.one_of(
    st.integers(-3, 3),
    st.integers(0, 400),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([2**63, 2**63 - 1, -(2**63)]),
)


@settings(max_examples=40)
@given(st.data())
def test_ids_are_the_same_on_every_instruction_set_and_those_of_a_dictionary(
    data: st.DataObject,
) -> None:
    maps = [KeyMap(64, 0, 63, isa=name) for name in isa.available()]
    model: dict[bytes, int] = {}
    held: dict[bytes, int] = {}
    keys = data.draw(st.sampled_from([INTS, KEYS, st.text(max_size=14) | INTS]))
    for _ in range(data.draw(st.integers(1, 5))):
        batch = data.draw(st.lists(keys, max_size=30)) * data.draw(st.sampled_from([1, 1, 7]))
        if data.draw(st.booleans()):
            batch = sorted(batch, key=encode_key)
        ids = list(maps[0].ids(batch))
        assert all(list(each.ids(batch)) == ids for each in maps)
        for encoding, key_id in zip(map(encode_key, batch), ids, strict=True):
            assert model.setdefault(encoding, key_id) == key_id
        assert len(set(model.values())) == len(model)
        for encoding in [each for each in model if data.draw(st.booleans())]:
            for key_map in maps:
                if encoding in held:
                    key_map.release_id(held[encoding])
                else:
                    key_map.retain_id(model[encoding])
            if held.pop(encoding, None) is None:
                held[encoding] = model[encoding]
        for key_map in maps:
            key_map.release_batch()
            assert len(key_map) == len(held)
            assert key_map.block_segments() == maps[0].block_segments()
        model = dict(held)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=100))
def test_ints_are_hashed_the_same_on_every_instruction_set(numbers: list[int]) -> None:
    wanted = list(hash_keys(numbers))
    for name in isa.available():
        assert list(hash_ints(Int64Buffer.of(numbers), name)) == wanted


def test_an_instruction_set_this_cpu_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'avx9' is not one of this CPU's: scalar"):
        KeyMap(128, 0, 127, isa="avx9")


@pytest.mark.parametrize(("wanted", "used"), [("scalar", "scalar"), ("sse9", "names no instruct")])
def test_the_environment_lowers_the_instruction_set_or_is_refused(
    wanted: str, used: str, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    program = "from flinkette._native import isa, keys; print(isa.in_use())"
    done = run_python("-c", program, check=False, FLK_ISA=wanted)
    assert used in done.stdout + done.stderr
    assert (done.returncode == 0) == (wanted == "scalar")


def test_freed_ids_are_used_again_before_new_blocks() -> None:
    key_map = KeyMap(1, 0, 0)
    for start in range(0, 10_000, 50):
        key_map.ids(list(range(start, start + 50)))
        key_map.release_batch()
    assert (len(key_map), key_map.capacity) == (0, 64)


def test_a_block_of_ids_belongs_to_one_segment_of_key_groups() -> None:
    key_map, keys = KeyMap(512, 100, 399), list(range(20_000))
    hashes = hash_keys(keys)
    mine = [
        key for key, each in zip(keys, hashes, strict=True) if 100 <= key_group(each, 512) <= 399
    ]
    segments = key_map.block_segments
    for key, key_id in zip(mine, key_map.ids(mine), strict=True):
        group = key_group(hash_keys([key])[0], 512)
        assert segments()[key_id // 64] == (group - 100) * 128 // 300


def test_a_key_of_another_subtask_is_refused() -> None:
    group = key_group(hash_keys(["here"])[0], 128)
    with pytest.raises(IndexError, match=f"a key of group {group} came to the subtask of groups"):
        KeyMap(128, (group + 1) % 128, (group + 1) % 128).ids(["here"])


def test_a_buffer_of_ints_has_the_ids_of_the_list() -> None:
    key_map, keys = KeyMap(128, 0, 127), [5, -1, 5, 2**63 - 1, -(2**63), 0] * 100
    column = Int64Buffer.of(keys)
    assert list(hash_keys(column)) == list(hash_keys(keys))
    ids = list(key_map.ids(column))
    assert ids == list(key_map.ids(keys)) == list(key_map.ids(keys, hash_keys(keys)))
    assert [key_map.key(key_id) for key_id in ids] == keys


def test_the_first_seen_object_of_a_key_is_kept_until_its_id_is_free() -> None:
    class Key:
        def __reduce__(self) -> tuple[type, tuple[int]]:
            return (int, (7,))

    key_map, key = KeyMap(128, 0, 127), Key()
    with pytest.warns(UserWarning, match="Key are told apart by their pickle"):
        (key_id,) = key_map.ids([key])
    assert list(key_map.ids([Key()])) == [key_id]
    assert key_map.key(key_id) is key
    alive = weakref.ref(key)
    del key
    key_map.release_batch()
    gc.collect()
    assert alive() is None
    with pytest.raises(KeyError, match="is free"):
        key_map.key(key_id)


def test_an_id_outlives_its_batch_only_if_it_is_retained() -> None:
    key_map = KeyMap(128, 0, 127)
    kept, dropped = key_map.ids(["kept", "dropped"])
    key_map.retain_id(kept)
    key_map.release_batch()
    assert (key_map.is_live(kept), key_map.is_live(dropped)) == (True, False)
    assert list(key_map.ids(["kept"])) == [kept]


@given(st.integers(1, 300), st.data())
def test_every_key_group_has_the_owner_whose_range_it_is_in(
    max_parallelism: int, data: st.DataObject
) -> None:
    parallelism = data.draw(st.integers(1, max_parallelism))
    ranges = [group_range(each, max_parallelism, parallelism) for each in range(parallelism)]
    assert [group for first, last in ranges for group in range(first, last + 1)] == list(
        range(max_parallelism)
    )
    hashes = hash_keys(list(range(50)))
    for each, owner in zip(hashes, owners(hashes, max_parallelism, parallelism), strict=True):
        first, last = ranges[owner]
        assert first <= key_group(each, max_parallelism) <= last


def test_hashes_of_another_batch_are_refused() -> None:
    with pytest.raises(ValueError, match="2 keys have 1 hashes"):
        KeyMap(128, 0, 127).ids([1, 2], hash_keys([1]))


def test_an_impossible_range_of_groups_is_refused() -> None:
    with pytest.raises(ValueError, match=r"key groups 3\.\.8 are no range of the 8 groups 0\.\.7"):
        KeyMap(8, 3, 8)
    with pytest.raises(ValueError, match=r"parallelism 9 is not in 1\.\.8"):
        owners(hash_keys([]), 8, 9)
