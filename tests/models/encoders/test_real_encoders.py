from __future__ import annotations

import gzip
import json
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from models.encoders.loading import image_encoder, text_encoder

pytestmark = pytest.mark.real_data
MINILM, VIT, MOBILENET = "all-MiniLM-L6-v2", "vit_tiny_patch16_224-timm", "mobilenet_v2_1.0_224-hf"
TEXTS = [
    "A cowboy doll is profoundly threatened and jealous when a new spaceman figure supplants him as top toy.",
    "Toys come alive.",
    "Two detectives hunt a serial killer. " * 60,
    "A killer is hunted by detectives.",
]


def need(weights, name):
    if not (weights / name).is_dir():
        pytest.skip(f"no {name} among the weights")
    return weights / name


def cosines(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_minilm_equals_one_text_at_a_time(weights):
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = need(weights, MINILM)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        hidden = [
            model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=256)).last_hidden_state[0]
            for text in TEXTS
        ]
    expected = np.stack([(row.mean(0) / row.mean(0).norm()).numpy() for row in hidden])
    encoder = text_encoder(MINILM, weights, "cpu", 1, precision="float32")
    vectors = encoder.encode(TEXTS)
    assert cosines(vectors, expected).min() >= 0.99999
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert (encoder.identity.pooling, encoder.identity.dimension) == ("mean+l2", 384)
    assert vectors[2] @ vectors[3] > 0.5 > vectors[0] @ vectors[3]


def test_minilm_in_bfloat16_on_reviews_keeps_its_direction_whatever_the_batch(weights, raw_data):
    need(weights, MINILM)
    path = raw_data / "imdb" / "aclImdb_train.jsonl.gz"
    if not path.is_file():
        pytest.skip("no film reviews in the raw data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, 0, 4000, 40)]
    exact = text_encoder(MINILM, weights, "cpu", 1, precision="float32").encode(texts)
    encoder = text_encoder(MINILM, weights, "cpu", 1, precision="bfloat16")
    assert cosines(encoder.encode(texts), exact).min() >= 0.9999
    encoder._runner.budget.tokens = 300  # one text a batch
    assert cosines(encoder.encode(texts[:30]), exact[:30]).min() >= 0.9999


def test_a_long_review_is_read_to_its_end_in_windows(weights):
    need(weights, MINILM)
    text = "A dull film about nothing in particular. " * 80 + "The pirate ship sinks and the parrot drowns. " * 20
    about = text_encoder(MINILM, weights, "cpu", 1, precision="float32").encode([text, "pirates, a ship and a parrot"])
    whole = text_encoder(MINILM, weights, "cpu", 1, precision="float32", long_texts="windows")
    read = whole.encode([text])
    assert np.linalg.norm(read[0]) == pytest.approx(1, abs=1e-5)
    assert read[0] @ about[1] > about[0] @ about[1] + 0.05


def test_vit_equals_timm_one_by_one(weights, painted):
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import timm
    import torch

    paths = [painted("a.png", (200, 40, 40), (160, 224)), painted("b.jpg", (40, 40, 200), (300, 90), seed=1)]
    encoder = image_encoder(VIT, weights, "cpu", 1, "float32")
    model = timm.create_model(f"local-dir:{need(weights, VIT)}", pretrained=True, num_classes=0).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
    with torch.no_grad():
        expected = np.stack([model(transform(Image.open(path).convert("RGB"))[None])[0].numpy() for path in paths])
    assert cosines(encoder.encode(paths), expected).min() >= 0.99999
    assert encoder.identity.dimension == 192


def test_mobilenet_tells_red_from_blue(weights, painted):
    need(weights, MOBILENET)
    paths = [painted("a.png", (220, 30, 30)), painted("b.png", (210, 40, 30), seed=1), painted("c.png", (30, 30, 220))]
    encoder = image_encoder(MOBILENET, weights, "cpu", 1)
    red, other_red, blue = encoder.encode(paths)
    assert (encoder.identity.dimension, encoder.identity.precision) == (1280, "float32"), "bfloat16 would ruin it"
    assert cosines(red[None], other_red[None]) > cosines(red[None], blue[None])


def test_without_a_name_the_best_of_the_folder(weights):
    need(weights, MINILM), need(weights, VIT)
    assert text_encoder(None, weights, "cpu").identity.name in (MINILM, "bert-base-uncased")
    assert image_encoder(None, weights, "cpu").identity.name in (VIT, "vit-base-patch16-224")


def test_real_posters_as_timm_sees_them_in_both_precisions(weights, raw_data):
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import timm
    import torch

    from models.encoders.pictures import inspect

    paths = sorted((raw_data / "movielens" / "posters").rglob("*.jpg"))[:24]
    if not paths:
        pytest.skip("no posters in the raw data")
    assert {inspect(path).status for path in paths} == {"found"}
    model = timm.create_model(f"local-dir:{need(weights, VIT)}", pretrained=True, num_classes=0).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
    with torch.no_grad():
        expected = model(torch.stack([transform(Image.open(path).convert("RGB")) for path in paths])).numpy()
    assert cosines(image_encoder(VIT, weights, "cpu", 1, "float32").encode(paths), expected).min() >= 0.99999
    assert cosines(image_encoder(VIT, weights, "cpu", 1, "bfloat16").encode(paths), expected).min() >= 0.999
    assert cosines(image_encoder(VIT, weights, "cpu", 1).encode(paths), expected).min() >= 0.999
