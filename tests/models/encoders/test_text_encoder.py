from __future__ import annotations

import json
import shutil
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.encoders.huggingface_text import HuggingFaceText

TEXTS = ["a red cat sleeps", "dog", "a blue dog runs far away home", "", "cat runs", "zebra " * 50]
FILLED = [0, 1, 2, 4, 5]
LONG = " ".join(("red cat runs far blue dog sleeps away a home dog dog cat " * 4).split()[:46])
"""Two windows of tiny-bert's 32 tokens, two of which are [CLS] and [SEP]."""


def plain(folder, texts, pooling):
    """One text at a time, as the model's own documentation does it."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in texts:
        with torch.no_grad():
            hidden = model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=32)).last_hidden_state[0]
        row = {"cls": hidden[0], "mean": hidden.mean(0), "last": hidden[-1]}[pooling.removesuffix("+l2")]
        rows.append(torch.nn.functional.normalize(row, dim=0) if pooling.endswith("l2") else row)
    return torch.stack(rows).numpy()


def float32(folder, pooling="mean", **options):
    return HuggingFaceText(folder, folder.name, "cpu", 1, pooling, "float32", **options)


@pytest.mark.parametrize("pooling", ["cls", "mean", "last", "cls+l2", "mean+l2", "last+l2"])
def test_equals_one_text_at_a_time(tiny_bert, pooling):
    vectors = float32(tiny_bert, pooling).encode(TEXTS)
    np.testing.assert_allclose(vectors[FILLED], plain(tiny_bert, [TEXTS[row] for row in FILLED], pooling), atol=1e-5)
    assert not vectors[3].any()
    assert vectors.dtype == np.float32


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(TEXTS))), budget=st.integers(1, 200), precision=st.booleans())
def test_batch_size_and_order_do_not_matter(both, order, budget, precision):
    encoder, expected = both[precision]
    encoder._runner.budget.tokens = budget
    found = encoder.encode([TEXTS[row] for row in order])
    np.testing.assert_allclose(found, expected[list(order)], atol=2e-2 if precision else 1e-5)


@pytest.fixture
def both(tiny_bert):
    """float32 and bfloat16 encoders of tiny-bert, each with its vectors of TEXTS."""
    encoders = [HuggingFaceText(tiny_bert, "t", "cpu", 1, "mean", kind) for kind in ("float32", "bfloat16")]
    return [(encoder, encoder.encode(TEXTS)) for encoder in encoders]


def test_the_same_twice_and_the_thread_count_is_put_back(tiny_bert):
    import torch

    before = torch.get_num_threads()
    encoder = HuggingFaceText(tiny_bert, "tiny-bert", "cpu", before + 1)
    told = []
    np.testing.assert_array_equal(encoder.encode(TEXTS, lambda *said: told.append(said)), encoder.encode(TEXTS))
    assert torch.get_num_threads() == before
    assert told[-1] == (5, 5)


@pytest.mark.parametrize("long_texts", ["cut", "windows"])
def test_stream_equals_encode_and_tells_of_every_text(tiny_bert, long_texts):
    encoder = float32(tiny_bert, "mean+l2", long_texts=long_texts)
    shards = [[*TEXTS, LONG], [], ["", " "], ["cat"]]
    told = []
    found = list(encoder.stream(shards, told.append))
    for shard, vectors in zip(shards, found, strict=True):
        assert vectors.shape == (len(shard), 16)
        np.testing.assert_array_equal(vectors, encoder.encode(shard))
    assert sum(told) == 10


def test_the_next_shard_is_tokenised_meanwhile_and_only_the_next(tiny_bert):
    encoder, asked = float32(tiny_bert), []

    def shards():
        for number in range(5):
            asked.append(number)
            yield TEXTS

    found = encoder.stream(shards())
    next(found)
    assert asked == [0, 1]
    found.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tokens")]


def test_windows_are_encoded_like_texts_and_averaged(tiny_bert):
    first, last = " ".join(LONG.split()[:30]), " ".join(LONG.split()[-30:])
    for pooling in ("mean", "cls+l2"):
        apart = plain(tiny_bert, [first, last], pooling).mean(0)
        expected = apart / np.linalg.norm(apart) if pooling.endswith("l2") else apart
        encoder = float32(tiny_bert, pooling, long_texts="windows")
        found = encoder.encode(["cat", LONG])
        np.testing.assert_allclose(found[1], expected, atol=1e-5)
        np.testing.assert_allclose(found[0], plain(tiny_bert, ["cat"], pooling)[0], atol=1e-5)
        assert encoder.telemetry["windowed_texts"] == 1


def test_cutting_leaves_the_end_unread_and_says_so(tiny_bert):
    encoder = float32(tiny_bert)
    one, other = encoder.encode([LONG, LONG + " red red red"])
    np.testing.assert_array_equal(one, other)
    assert encoder.telemetry["truncated_texts"] == 2


@pytest.mark.parametrize("prefix", ["red dog: ", "red dog:"])
def test_a_prefix_stands_before_every_text_and_every_window(tiny_bert, prefix):
    encoder = float32(tiny_bert, prefix=prefix, long_texts="windows")
    vectors = encoder.encode([*TEXTS, LONG])
    expected = plain(tiny_bert, [prefix + TEXTS[row] for row in (0, 1, 2, 4)], "mean")
    np.testing.assert_allclose(vectors[[0, 1, 2, 4]], expected, atol=1e-5)
    assert not vectors[3].any()
    room = 32 - 2 - 3  # the prefix is three tokens
    windows = [" ".join(LONG.split()[:room]), " ".join(LONG.split()[-room:])]
    apart = plain(tiny_bert, ["red dog: " + window for window in windows], "mean")
    np.testing.assert_allclose(vectors[6], apart.mean(0), atol=1e-5)


def test_a_default_prompt_is_used_unless_a_prefix_is_named(tiny_bert, tmp_path):
    folder = shutil.copytree(tiny_bert, tmp_path / "tiny-bert")
    about = {"prompts": {"query": "red ", "document": "blue "}, "default_prompt_name": "document"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(about))
    for prefix, used in (("", "blue "), ("red ", "red ")):
        encoder = float32(folder, prefix=prefix)
        np.testing.assert_allclose(encoder.encode(["cat"]), plain(tiny_bert, [used + "cat"], "mean"), atol=1e-5)
        assert repr(used) in encoder.identity.preprocessing
        assert ("default prompt 'document'" in encoder.identity.description) == (prefix == "")
    (folder / "config_sentence_transformers.json").write_text(json.dumps(about | {"default_prompt_name": "passage"}))
    with pytest.raises(ValueError, match="no prompt 'passage'"):
        float32(folder)


def test_last_token_of_a_causal_model(tmp_path, tiny_bert):
    """Such models come with their padding on the left; padded on the right they give the same, position by position."""
    from transformers import AutoTokenizer, Qwen2Config, Qwen2Model

    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = Qwen2Config(vocab_size=14, num_key_value_heads=2, max_position_embeddings=32, **shape)
    Qwen2Model(config).save_pretrained(tmp_path / "tiny-qwen")
    AutoTokenizer.from_pretrained(tiny_bert, padding_side="left").save_pretrained(tmp_path / "tiny-qwen")
    texts = [TEXTS[row] for row in FILLED]
    expected = plain(tmp_path / "tiny-qwen", texts, "last+l2")
    np.testing.assert_allclose(float32(tmp_path / "tiny-qwen", "last+l2").encode(texts), expected, atol=1e-5)
    rough = HuggingFaceText(tmp_path / "tiny-qwen", "q", "cpu", 1, "last+l2", "bfloat16").encode(texts)
    assert (rough * expected).sum(1).min() > 0.999


def test_identity_says_what_decides_the_vectors(tiny_bert):
    options = [{}, {"pooling": "mean"}, {"prefix": "red "}, {"long_texts": "windows"}, {"precision": "bfloat16"}]
    default = {"precision": "float32"}
    keys = {HuggingFaceText(tiny_bert, "t", "cpu", 1, **(default | option)).identity.key() for option in options}
    assert len(keys) == len(options)
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


def test_bfloat16_is_close_to_float32(both):
    (_, exact), (encoder, rough) = both
    exact, rough = (v[FILLED] / np.linalg.norm(v[FILLED], axis=1, keepdims=True) for v in (exact, rough))
    assert (exact * rough).sum(1).min() > 0.999
    assert not np.array_equal(exact, rough)
    assert encoder.telemetry["attention"] == "bmm" and both[0][0].telemetry["attention"] == "sdpa"


def test_telemetry_is_plain_and_counts(tiny_bert):
    encoder = float32(tiny_bert)
    encoder.encode(["cat runs", "dog"])
    told = json.loads(json.dumps(encoder.telemetry))
    assert (told["device"], told["precision"], told["threads"], told["gpu_peak_memory_mb"]) == (
        "cpu",
        "float32",
        1,
        None,
    )
    assert told["instructions"] in ("amx_bf16", "avx512_bf16", "none")
    assert told["tokens"] == 7 and told["padding_share"] == pytest.approx(1 / 8)
    assert told["oom_halvings"] == 0 and told["compiled"].startswith("no")


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
        ({"long_texts": "drop"}, "long_texts must be one of cut, windows, not 'drop'"),
        ({"prefix": "cat " * 29}, "leaves no room for the text"),
    ],
)
def test_bad_options_are_named(tiny_bert, options, message):
    with pytest.raises(ValueError, match=message):
        HuggingFaceText(tiny_bert, "tiny-bert", **({"device": "cpu"} | options))
