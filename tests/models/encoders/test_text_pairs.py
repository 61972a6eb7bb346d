"""CLIP and SigLIP: the text half of a pair of towers, against the model used as its documentation says."""

from __future__ import annotations

import numpy as np
import pytest

from models.encoders.huggingface_text import HuggingFaceText

TEXTS = ["a red cat sleeps", "dog", "a blue dog runs far away home", "zebra " * 50]
TOWER = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
TEXT = TOWER | {"vocab_size": 14, "max_position_embeddings": 24}
VISION = TOWER | {"image_size": 32, "patch_size": 8}


@pytest.fixture(params=["clip", "siglip"])
def pair(request, tmp_path, tiny_bert):
    """A folder with random weights of either kind, and whether its texts are always padded to the longest."""
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import torch
    from transformers import AutoTokenizer, CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

    torch.manual_seed(0)
    folder = tmp_path / f"tiny-{request.param}"
    special = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    if request.param == "clip":
        model = CLIPModel(CLIPConfig(text_config=TEXT | special, vision_config=VISION, projection_dim=12))
    else:
        model = SiglipModel(SiglipConfig(text_config=TEXT | {"projection_size": 16} | special, vision_config=VISION))
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_bert).save_pretrained(folder)
    return folder, request.param == "siglip"


def documented(folder, always_full):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in TEXTS:
        padding = {"padding": "max_length"} if always_full else {}
        inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=24, **padding)
        with torch.no_grad():
            mask = None if always_full else inputs["attention_mask"]
            rows.append(model.get_text_features(input_ids=inputs["input_ids"], attention_mask=mask).pooler_output[0])
    return torch.stack(rows).numpy()


@pytest.mark.parametrize("budget", [1, 60, 4096])
def test_the_text_half_gives_the_projected_features(pair, budget):
    folder, always_full = pair
    encoder = HuggingFaceText(folder, folder.name, "cpu", 1, precision="float32")
    encoder._runner.budget.tokens = budget
    expected = documented(folder, always_full)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)
    assert (encoder.identity.pooling, encoder.dimension) == ("projected", expected.shape[1])
    assert encoder.dimension == (16 if always_full else 12)


def test_in_bfloat16_and_in_windows(pair):
    folder, _ = pair
    exact = HuggingFaceText(folder, folder.name, "cpu", 1, precision="float32").encode(TEXTS)
    rough = HuggingFaceText(folder, folder.name, "cpu", 1, precision="bfloat16").encode(TEXTS)
    cosines = (exact * rough).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(rough, axis=1)
    assert cosines.min() > 0.999
    read = HuggingFaceText(folder, folder.name, "cpu", 1, precision="float32", long_texts="windows").encode(TEXTS)
    np.testing.assert_allclose(read[:3], exact[:3], atol=1e-5)
    np.testing.assert_allclose(read[3], exact[3], atol=1e-4)  # its windows all read zebra, zebra, zebra


def test_another_pooling_is_refused(pair):
    with pytest.raises(ValueError, match="pooling must be one of projected, not 'mean'"):
        HuggingFaceText(pair[0], "pair", "cpu", pooling="mean")
