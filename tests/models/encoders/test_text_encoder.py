from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from models.encoders import huggingface_text
from models.encoders.huggingface_text import HuggingFaceText, batches, declared_pooling

TEXTS = ["a red cat sleeps", "dog", "a blue dog runs far away home", "", "cat runs", "zebra " * 50]


def plain(folder, texts, pooling):
    """One text at a time, as the model's own documentation does it."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in texts:
        with torch.no_grad():
            hidden = model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=32)).last_hidden_state[0]
        row = hidden[0] if pooling.startswith("cls") else hidden.mean(0)
        rows.append(torch.nn.functional.normalize(row, dim=0) if pooling.endswith("l2") else row)
    return torch.stack(rows).numpy()


@pytest.mark.parametrize("pooling", ["cls", "mean", "cls+l2", "mean+l2"])
def test_equals_one_text_at_a_time(tiny_bert, pooling):
    encoder = HuggingFaceText(tiny_bert, "tiny-bert", "cpu", 1, pooling, "float32")
    vectors = encoder.encode(TEXTS)
    filled = [0, 1, 2, 4, 5]
    np.testing.assert_allclose(vectors[filled], plain(tiny_bert, [TEXTS[row] for row in filled], pooling), atol=1e-5)
    assert not vectors[3].any()
    assert vectors.dtype == np.float32


@pytest.mark.parametrize("budget", [1, 16, 10_000])
def test_batch_size_and_order_do_not_matter(tiny_bert, monkeypatch, budget):
    encoder = HuggingFaceText(tiny_bert, "tiny-bert", "cpu", 1, "mean", "float32")
    expected = encoder.encode(TEXTS)
    monkeypatch.setitem(huggingface_text.TOKENS_PER_BATCH, "cpu", budget)
    np.testing.assert_allclose(encoder.encode(TEXTS[::-1])[::-1], expected, atol=1e-5)


def test_batches_hold_every_row_once_within_the_budget():
    lengths = [3, 50, 7, 7, 1, 120, 20]
    found = list(batches(lengths, 60))
    assert sorted(row for batch in found for row in batch) == list(range(7))
    assert all(len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= 60 for batch in found)
    assert found[0] == [5]
    assert list(batches([], 60)) == []


def test_the_same_twice_and_the_thread_count_is_put_back(tiny_bert):
    import torch

    before = torch.get_num_threads()
    encoder = HuggingFaceText(tiny_bert, "tiny-bert", "cpu", before + 1)
    told = []
    np.testing.assert_array_equal(encoder.encode(TEXTS, lambda *said: told.append(said)), encoder.encode(TEXTS))
    assert torch.get_num_threads() == before
    assert told[-1] == (5, 5)


def test_an_out_of_memory_batch_is_halved(tiny_bert, monkeypatch):
    import torch

    encoder = HuggingFaceText(tiny_bert, "tiny-bert", "cpu", 1, "cls", "float32")
    expected, model, sizes = encoder.encode(TEXTS), encoder._model, []

    def small_gpu(input_ids, **inputs):
        sizes.append(len(input_ids))
        if len(input_ids) > 2:
            raise torch.cuda.OutOfMemoryError("too much")
        return model(input_ids=input_ids, **inputs)

    encoder._model = small_gpu
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)
    assert max(sizes) == 5


def test_identity_says_what_decides_the_vectors(tiny_bert):
    keys = {
        HuggingFaceText(tiny_bert, "tiny-bert", "cpu", 1, pooling, precision).identity.key()
        for pooling in ("cls", "mean")
        for precision in ("float32", "bfloat16")
    }
    assert len(keys) == 4
    identity = HuggingFaceText(tiny_bert, "tiny-bert", "cpu").identity
    assert (identity.pooling, identity.dimension, identity.classical) == ("cls", 16, False)
    assert identity.preprocessing.startswith("at most 32 tokens")
    assert str(tiny_bert.parent) not in repr(identity)


def test_other_weights_give_another_revision(tiny_bert, tmp_path):
    copy = shutil.copytree(tiny_bert, tmp_path / "tiny-bert")
    same = HuggingFaceText(copy, "tiny-bert", "cpu").identity
    assert same == HuggingFaceText(tiny_bert, "tiny-bert", "cpu").identity
    from safetensors.numpy import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    weights["embeddings.word_embeddings.weight"][5, 0] += 1
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    assert HuggingFaceText(copy, "tiny-bert", "cpu").identity.key() != same.key()


def test_bfloat16_is_close_to_float32(tiny_bert):
    exact = HuggingFaceText(tiny_bert, "tiny-bert", "cpu", 1, "mean+l2", "float32").encode(TEXTS)
    rough = HuggingFaceText(tiny_bert, "tiny-bert", "cpu", 1, "mean+l2", "bfloat16").encode(TEXTS)
    assert (exact * rough).sum(1)[[0, 1, 2, 4, 5]].min() > 0.999
    assert not np.array_equal(exact, rough)


@pytest.mark.parametrize(
    ("about", "modules", "expected"),
    [
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, ["Pooling", "Normalize"], "mean+l2"),
        ({"pooling_mode_cls_token": True}, ["Pooling"], "cls"),
        ({"pooling_mode": "mean"}, ["Pooling"], "mean"),
    ],
)
def test_a_declared_pooling_is_honoured(tmp_path, about, modules, expected):
    declare(tmp_path, about, modules)
    assert declared_pooling(tmp_path) == expected


@pytest.mark.parametrize(
    ("about", "modules"),
    [({"pooling_mode_max_tokens": True}, ["Pooling"]), ({"pooling_mode_mean_tokens": True}, ["Pooling", "Dense"])],
)
def test_a_pooling_that_is_not_built_here_is_refused(tmp_path, about, modules):
    declare(tmp_path, about, modules)
    with pytest.raises(ValueError, match="not one that is built"):
        declared_pooling(tmp_path)


def declare(folder, about, modules):
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(about))
    types = [{"type": f"sentence_transformers.models.{name}"} for name in modules]
    (folder / "modules.json").write_text(json.dumps(types))


def test_missing_weights_are_an_error_and_not_random_numbers(tiny_bert, tmp_path):
    from safetensors.numpy import load_file, save_file

    copy = shutil.copytree(tiny_bert, tmp_path / "holed")
    weights = load_file(copy / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"holed: 1 weights are missing.*encoder\.layer\.1"):
        HuggingFaceText(copy, "holed", "cpu")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pooling": "max"}, "pooling must be one of"),
        ({"precision": "int8"}, "precision must be one of"),
        ({"device": "tpu"}, "device must be auto"),
        ({"device": "cuda:99"}, "'cuda:99' is not there"),
    ],
)
def test_bad_options_are_named(tiny_bert, options, message):
    with pytest.raises(ValueError, match=message):
        HuggingFaceText(tiny_bert, "tiny-bert", **({"device": "cpu"} | options))
