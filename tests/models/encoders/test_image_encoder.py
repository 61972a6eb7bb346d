from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from models.encoders import _batched_image
from models.encoders.huggingface_image import HuggingFaceImage
from models.encoders.pictures import PictureError
from models.encoders.timm_image import TimmImage


@pytest.fixture
def pictures(painted):
    colours = [(220, 30, 30), (30, 30, 220), (30, 220, 30), (200, 200, 40), (128, 128, 128)]
    return [painted(f"{row}.png", colour, seed=row) for row, colour in enumerate(colours)]


@pytest.fixture(params=["tiny_vit", "tiny_timm"])
def encoder(request):
    folder = request.getfixturevalue(request.param)
    kind = {"tiny_vit": HuggingFaceImage, "tiny_timm": TimmImage}[request.param]
    return kind(folder, folder.name, "cpu", 2, "float32")


def test_shape_type_progress_and_determinism(encoder, pictures):
    told = []
    vectors = encoder.encode(pictures, lambda *said: told.append(said))
    assert vectors.shape == (5, encoder.dimension) and vectors.dtype == np.float32
    assert told[-1] == (5, 5)
    np.testing.assert_array_equal(vectors, encoder.encode(pictures))
    assert len(np.unique(vectors.round(5), axis=0)) == 5
    assert encoder.encode([]).shape == (0, encoder.dimension)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_batch_size_and_order_do_not_matter(encoder, pictures, monkeypatch, size):
    expected = encoder.encode(pictures)
    monkeypatch.setattr(_batched_image, "ON_CPU", size)
    encoder._batches.size = size
    np.testing.assert_allclose(encoder.encode(pictures[::-1])[::-1], expected, rtol=1e-4, atol=1e-5)


def test_a_bad_picture_is_named(encoder, pictures, tmp_path):
    (tmp_path / "cut.png").write_bytes(pictures[0].read_bytes()[:200])
    with pytest.raises(PictureError, match=r"cut\.png"):
        encoder.encode([*pictures, tmp_path / "cut.png"])


def test_hugging_face_vit_equals_one_by_one(tiny_vit, pictures):
    import torch
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(tiny_vit, backend="pil")
    model = AutoModel.from_pretrained(tiny_vit).eval()
    with torch.no_grad():
        expected = [
            model(**processor(Image.open(path).convert("RGB"), return_tensors="pt")).last_hidden_state[0, 0].numpy()
            for path in pictures
        ]
    encoder = HuggingFaceImage(tiny_vit, "tiny-vit", "cpu", 1, "float32")
    np.testing.assert_allclose(encoder.encode(pictures), expected, atol=1e-5)
    assert (encoder.identity.pooling, encoder.identity.dimension) == ("cls", 16)


def test_timm_equals_one_by_one(tiny_timm, pictures):
    import timm
    import torch

    model = timm.create_model(f"local-dir:{tiny_timm}", pretrained=True, num_classes=0).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
    with torch.no_grad():
        expected = [model(transform(Image.open(path).convert("RGB"))[None])[0].numpy() for path in pictures]
    vectors = TimmImage(tiny_timm, "t", "cpu", 1, "float32").encode(pictures)
    np.testing.assert_allclose(vectors, expected, rtol=1e-4, atol=1e-5)


def test_identity_follows_weights_and_preprocessing(tiny_timm, tmp_path):
    before = TimmImage(tiny_timm, "tiny-timm", "cpu", 1, "float32").identity
    same = shutil.copytree(tiny_timm, tmp_path / "same")
    assert TimmImage(same, "tiny-timm", "cpu", 1, "float32").identity == before
    changed = shutil.copytree(tiny_timm, tmp_path / "changed")
    text = (changed / "config.json").read_text()
    (changed / "config.json").write_text(text.replace("bicubic", "bilinear"))
    after = TimmImage(changed, "tiny-timm", "cpu", 1, "float32").identity
    assert after.revision == before.revision
    assert after.key() != before.key()
    assert TimmImage(tiny_timm, "tiny-timm", "cpu", 1, "bfloat16").identity.key() != before.key()


def test_weights_that_do_not_fit_are_an_error(tiny_timm, tmp_path):
    wrong = shutil.copytree(tiny_timm, tmp_path / "wrong")
    text = (wrong / "config.json").read_text()
    (wrong / "config.json").write_text(text.replace("resnet10t", "resnet14t"))
    with pytest.raises(ValueError, match="wrong: its weights do not fit"):
        TimmImage(wrong, "wrong", "cpu")
