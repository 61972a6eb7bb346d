from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from models.encoders.loading import image_encoder


@pytest.fixture(params=["tiny_clip_pair", "tiny_siglip_pair"])
def pair(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def pictures(painted):
    return [
        painted("red.png", (220, 30, 30)),
        painted("blue.png", (30, 30, 220), seed=1),
        painted("g.png", (9, 200, 9)),
    ]


def expected(pair, pictures):
    import torch
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(pair, backend="pil")
    model = AutoModel.from_pretrained(pair).eval()
    with torch.no_grad():
        inputs = processor([Image.open(path).convert("RGB") for path in pictures], return_tensors="pt")
        features = model.get_image_features(**inputs)
    return getattr(features, "pooler_output", features).numpy()


def test_the_image_half_gives_the_shared_space(pair, pictures):
    encoder = image_encoder(str(pair), None, "cpu", 1, "float32")
    vectors = encoder.encode(pictures)
    np.testing.assert_allclose(vectors, expected(pair, pictures), atol=1e-5)
    assert encoder.identity.pooling == "projected"
    assert encoder.identity.dimension == vectors.shape[1] == {"tiny-clip": 8, "tiny-siglip": 16}[pair.name]


def test_it_does_so_in_bfloat16_too(pair, pictures):
    vectors, exact = image_encoder(str(pair), None, "cpu", 1, "bfloat16").encode(pictures), expected(pair, pictures)
    cosines = (vectors * exact).sum(1) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(exact, axis=1)
    assert cosines.min() > 0.999
