"""Tiny model folders with random weights, made on the spot in the layouts of Hugging Face and timm."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "blue", "cat", "dog", "runs", "sleeps", "far", "away", "home"]


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory) -> Path:
    """A folder `tiny-bert`: 16-d, 2 layers, 32 positions, tokenizer of WORDS, no declared pooling."""
    import models.encoders._torchvision_cpu

    # isort: split
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "tiny-bert"
    BertModel(
        BertConfig(
            vocab_size=len(WORDS),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=32,
        )
    ).save_pretrained(folder)
    words = Tokenizer(models.WordPiece({word: code for code, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.normalizer, words.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_vit(tmp_path_factory) -> Path:
    """A folder `tiny-vit` in the layout of Hugging Face: 16-d, 32 px. Its pooler was never saved."""
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import torch
    from transformers import ViTConfig, ViTModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "tiny-vit"
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    ViTModel(ViTConfig(image_size=32, patch_size=8, **shape), add_pooling_layer=False).save_pretrained(folder)
    about = {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}}
    (folder / "preprocessor_config.json").write_text(json.dumps(about))
    return folder


@pytest.fixture(scope="session")
def tiny_timm(tmp_path_factory) -> Path:
    """A folder `tiny-timm` in timm's layout: ResNet-10t, 512-d, 64 px."""
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "tiny-timm"
    folder.mkdir()
    model = timm.create_model("resnet10t", num_classes=3)
    save_file(model.state_dict(), folder / "model.safetensors")
    pretrained = {"input_size": [3, 64, 64], "interpolation": "bicubic", "crop_pct": 0.9, "num_classes": 3}
    pretrained |= {"mean": [0.5] * 3, "std": [0.5] * 3, "first_conv": "conv1.0", "classifier": "fc"}
    about = {"architecture": "resnet10t", "num_classes": 3, "pretrained_cfg": pretrained}
    (folder / "config.json").write_text(json.dumps(about))
    return folder


TOWER = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def _save_pair(folder: Path, model, processor: str) -> Path:
    """A pair of towers with WORDS as its vocabulary: what `is_pair`, `is_text` and `is_image` look for."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    model.save_pretrained(folder)
    words = Tokenizer(models.WordLevel({word: code for code, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]", eos_token="[SEP]", model_max_length=16
    ).save_pretrained(folder)
    about = {"image_processor_type": processor, "size": {"height": 32, "width": 32}, "do_center_crop": False}
    (folder / "preprocessor_config.json").write_text(json.dumps(about))
    return folder


@pytest.fixture(scope="session")
def tiny_clip_pair(tmp_path_factory) -> Path:
    """A folder `tiny-clip`: random towers of 16 units and 32 px, projected to 8-d."""
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import torch
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    text = TOWER | {"vocab_size": len(WORDS), "max_position_embeddings": 16, "eos_token_id": 3}
    about = CLIPConfig(text_config=text, vision_config=TOWER | {"image_size": 32, "patch_size": 8}, projection_dim=8)
    return _save_pair(tmp_path_factory.mktemp("weights") / "tiny-clip", CLIPModel(about), "CLIPImageProcessor")


@pytest.fixture(scope="session")
def tiny_siglip_pair(tmp_path_factory) -> Path:
    """A folder `tiny-siglip`: random towers of 16 units and 32 px."""
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import torch
    from transformers import SiglipConfig, SiglipModel

    torch.manual_seed(0)
    text = TOWER | {"vocab_size": len(WORDS), "max_position_embeddings": 16, "projection_size": 16}
    about = SiglipConfig(text_config=text, vision_config=TOWER | {"image_size": 32, "patch_size": 8})
    return _save_pair(tmp_path_factory.mktemp("weights") / "tiny-siglip", SiglipModel(about), "SiglipImageProcessor")


@pytest.fixture
def painted(tmp_path):
    """Writes a picture of one colour with a little noise, and gives its path."""

    def paint(name: str, colour: tuple[int, int, int], size: tuple[int, int] = (60, 90), seed: int = 0) -> Path:
        noise = np.random.default_rng(seed).integers(-20, 21, (size[1], size[0], 3))
        Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(tmp_path / name)
        return tmp_path / name

    return paint
