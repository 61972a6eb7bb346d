from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from models.encoders import hub
from models.encoders.folders import find_image, find_text, weight_files
from models.encoders.histogram import ColorGradientHistogram
from models.encoders.loading import image_encoder, locate, text_encoder
from models.encoders.tfidf_svd import TfidfSvd


def test_importing_it_is_cheap():
    heavy = "{'torch', 'transformers', 'timm', 'sklearn', 'torchvision'}"
    code = f"import sys, models.encoders.loading; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("name", [None, "", "tfidf-svd"])
def test_without_weights_the_classical_encoders(name, tmp_path):
    assert isinstance(text_encoder(name, None, "cpu"), TfidfSvd)
    assert isinstance(text_encoder(name, tmp_path, "cpu"), TfidfSvd)
    assert isinstance(image_encoder(name and "color-gradient-histogram", tmp_path, "cpu"), ColorGradientHistogram)


def test_a_folder_by_path_or_by_its_name_inside_weights(tiny_bert, tiny_timm, tiny_vit):
    by_path = text_encoder(str(tiny_bert), None, "cpu").identity
    assert by_path == text_encoder("tiny-bert", tiny_bert.parent, "cpu").identity
    assert by_path == text_encoder(None, tiny_bert.parent, "cpu").identity
    assert image_encoder("tiny-timm", tiny_timm.parent, "cpu").identity.name == "tiny-timm"
    assert image_encoder(None, tiny_vit.parent, "cpu", 1, "bfloat16").identity.precision == "bfloat16"


def test_pooling_can_be_chosen_against_the_declared_one(tiny_bert, tmp_path):
    folder = shutil.copytree(tiny_bert, tmp_path / "declared")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    assert text_encoder("declared", tmp_path, "cpu").identity.pooling == "mean"
    assert text_encoder("declared", tmp_path, "cpu", pooling="cls").identity.pooling == "cls"


def folder(weights, name, about, *files):
    made = weights / name
    made.mkdir(parents=True)
    (made / "config.json").write_text(json.dumps(about))
    for file in ("model.safetensors", *files):
        (made / file).write_bytes(b"{}")
    return made


def test_the_papers_own_encoders_come_first_then_transformers(tmp_path):
    folder(tmp_path, "a-cnn", {"architecture": "resnet18"})
    assert find_text(tmp_path) is None
    assert find_image(tmp_path).name == "a-cnn"
    folder(tmp_path, "z-vit", {"architecture": "vit_tiny_patch16_224"})
    assert find_image(tmp_path).name == "z-vit"
    folder(tmp_path, "google/vit-base-patch16-224", {"model_type": "vit"}, "preprocessor_config.json")
    assert find_image(tmp_path).name == "vit-base-patch16-224"
    folder(tmp_path, "all-MiniLM", {"model_type": "bert"}, "vocab.txt")
    assert find_text(tmp_path).name == "all-MiniLM"
    folder(tmp_path, "google-bert/bert-base-uncased", {"model_type": "bert"}, "vocab.txt")
    assert locate("text", None, tmp_path) == (tmp_path / "google-bert/bert-base-uncased", "bert-base-uncased")


def test_a_pair_of_towers_is_taken_unasked_only_where_nothing_else_is_there(tmp_path):
    pair = {"model_type": "clip", "text_config": {}, "vision_config": {}}
    folder(tmp_path, "a-clip", pair, "tokenizer.json", "preprocessor_config.json")
    assert (find_text(tmp_path).name, find_image(tmp_path).name) == ("a-clip", "a-clip")
    folder(tmp_path, "a-cnn", {"architecture": "resnet18"})
    assert find_image(tmp_path).name == "a-clip"
    folder(tmp_path, "z-bert", {"model_type": "bert"}, "vocab.txt")
    folder(tmp_path, "z-vit", {"architecture": "vit_tiny_patch16_224"})
    assert (find_text(tmp_path).name, find_image(tmp_path).name) == ("z-bert", "z-vit")


def test_folders_without_safetensors_are_passed_over_and_refused_by_name(tmp_path):
    made = folder(tmp_path, "pickled", {"model_type": "bert"}, "vocab.txt", "pytorch_model.bin")
    (made / "model.safetensors").unlink()
    assert find_text(tmp_path) is None
    with pytest.raises(ValueError, match=r"holds no model\.safetensors"):
        text_encoder("pickled", tmp_path, "cpu")


def test_sharded_weights_are_found_by_their_index(tmp_path):
    made = folder(tmp_path, "sharded", {"model_type": "bert"}, "vocab.txt", "model-2-of-2.safetensors")
    (made / "model.safetensors").rename(made / "model-1-of-2.safetensors")
    index = {"weight_map": {"b": "model-2-of-2.safetensors", "a": "model-1-of-2.safetensors"}}
    (made / "model.safetensors.index.json").write_text(json.dumps(index))
    assert [path.name for path in weight_files(made)] == ["model-1-of-2.safetensors", "model-2-of-2.safetensors"]


def test_the_wrong_kind_of_folder_is_refused(tiny_bert, tiny_vit):
    with pytest.raises(hub.EncoderUnavailable, match=r"TRIFUSE_TEXT_ENCODER: 'tiny-vit' is not a text encoder"):
        text_encoder(str(tiny_vit), None, "cpu")
    with pytest.raises(hub.EncoderUnavailable, match=r"TRIFUSE_IMAGE_ENCODER: 'tiny-bert' is not an image encoder"):
        image_encoder(str(tiny_bert), None, "cpu")


@pytest.mark.parametrize(
    ("load", "name", "words"),
    [
        (text_encoder, "google-bert/bert-base-uncased", ["TRIFUSE_TEXT_ENCODER", "'tfidf-svd'"]),
        (text_encoder, "google-bert/bert-base-uncased@86b5e09", ["TRIFUSE_TEXT_ENCODER", "@86b5e09"]),
        (image_encoder, "google/vit-base-patch16-224", ["TRIFUSE_IMAGE_ENCODER", "'color-gradient-histogram'"]),
        (text_encoder, "/no/such/folder", ["neither a folder here nor a hub name", "/no/such/folder"]),
    ],
)
def test_an_encoder_that_cannot_be_had_is_one_paragraph(tmp_path, monkeypatch, load, name, words):
    offline(tmp_path, monkeypatch)
    with pytest.raises(hub.EncoderUnavailable) as caught:
        load(name, None, "cpu")
    said = str(caught.value)
    assert all(word in said for word in [name, "TRIFUSE_WEIGHTS", *words])
    assert "\n" not in said


def offline(tmp_path, monkeypatch):
    """No network and an empty cache, whatever this machine has."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))


def test_a_hub_name_is_fetched_pinned_and_without_pickles(tiny_bert, monkeypatch):
    import huggingface_hub

    asked = {}

    def fetch(repository, **options):
        asked.update(options, repository=repository)
        return str(tiny_bert)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    encoder = text_encoder("owner/name@abc123", None, "cpu")
    assert (asked["repository"], asked["revision"]) == ("owner/name", "abc123")
    assert not any(".bin" in pattern or ".py" in pattern for pattern in asked["allow_patterns"])
    assert encoder.identity.name == "owner/name@abc123"


def test_a_bare_timm_name_is_its_hub_repository():
    assert hub.timm_repository("vit_base_patch16_224").startswith("timm/vit_base_patch16_224.")
    assert hub.timm_repository("resnet18.a1_in1k@main") == "timm/resnet18.a1_in1k@main"
    assert hub.timm_repository("google/vit-base-patch16-224") == "google/vit-base-patch16-224"
    assert hub.timm_repository("unheard-of") == "unheard-of"
