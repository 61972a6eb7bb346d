from __future__ import annotations

import json

import pytest
import torch

from models.encoders.pooling import choose_pooling, declared_pooling, pool, pools_prefix

HIDDEN = torch.tensor([[[1.0, 0], [3, 0], [3, 4]], [[0, 2.0], [0, 4], [9, 9]]])


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [("cls", [[1, 0], [0, 2]]), ("mean", [[7 / 3, 4 / 3], [0, 3]]), ("last", [[3, 4], [0, 4]])],
)
def test_known_answers_with_padding_on_either_side(pooling, expected):
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]])
    torch.testing.assert_close(pool(HIDDEN, mask, pooling), torch.tensor(expected).float())
    left = torch.stack([HIDDEN[0], HIDDEN[1].roll(1, 0)])
    torch.testing.assert_close(pool(left, mask.flip(1), pooling), torch.tensor(expected).float())


def test_unit_length_and_no_mask():
    torch.testing.assert_close(pool(HIDDEN, None, "last+l2")[0], torch.tensor([0.6, 0.8]))
    torch.testing.assert_close(pool(HIDDEN, None, "mean"), HIDDEN.mean(1))


def test_bfloat16_is_pooled_in_float32():
    ones = torch.ones(1, 1000, 2, dtype=torch.bfloat16)
    ones[0, :, 1] = 1.0078125  # bfloat16's next number; a sum of a thousand in bfloat16 would stop growing at 256
    torch.testing.assert_close(pool(ones, None, "mean"), torch.tensor([[1.0, 1.0078125]]))


def declare(folder, about, modules):
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(about))
    types = [{"type": f"sentence_transformers.models.{name}"} for name in modules]
    (folder / "modules.json").write_text(json.dumps(types))
    return folder


@pytest.mark.parametrize(
    ("about", "modules", "expected"),
    [
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, ["Pooling", "Normalize"], "mean+l2"),
        ({"pooling_mode_cls_token": True}, ["Pooling"], "cls"),
        ({"pooling_mode_lasttoken": True}, ["Pooling", "Normalize"], "last+l2"),
        ({"pooling_mode": "mean"}, ["Pooling"], "mean"),
        ({"pooling_mode": "lasttoken"}, ["Pooling"], "last"),
    ],
)
def test_a_declared_pooling_is_honoured(tmp_path, about, modules, expected):
    assert declared_pooling(declare(tmp_path, about, modules)) == expected


@pytest.mark.parametrize(
    ("about", "modules"),
    [
        ({"pooling_mode_max_tokens": True}, ["Pooling"]),
        ({"pooling_mode": "weightedmean"}, ["Pooling"]),
        ({"pooling_mode_mean_tokens": True}, ["Pooling", "Dense"]),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}, ["Pooling"]),
    ],
)
def test_a_pooling_that_is_not_built_here_is_refused(tmp_path, about, modules):
    with pytest.raises(ValueError, match="not one that is built"):
        declared_pooling(declare(tmp_path, about, modules))


def test_choices(tmp_path):
    assert choose_pooling(None, tmp_path, True) == "cls"
    assert choose_pooling("last+l2", tmp_path, False) == "last+l2"
    with pytest.raises(ValueError, match=r"do not begin with a \[CLS\]"):
        choose_pooling(None, tmp_path, False)
    with pytest.raises(ValueError, match="must be one of cls, mean, last"):
        choose_pooling("projected", tmp_path, True)
    (tmp_path / "config.json").write_text('{"text_config": {}, "vision_config": {}}')
    assert choose_pooling(None, tmp_path, False) == "projected"
    with pytest.raises(ValueError, match="must be one of projected, not 'mean'"):
        choose_pooling("mean", tmp_path, True)


def test_a_prefix_left_out_of_the_pooling_is_noticed(tmp_path):
    assert pools_prefix(tmp_path)
    assert not pools_prefix(declare(tmp_path, {"pooling_mode_mean_tokens": True, "include_prompt": False}, []))
