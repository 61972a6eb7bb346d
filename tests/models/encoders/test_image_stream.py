from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from models.encoders import _batched_image, low_precision
from models.encoders.histogram import ColorGradientHistogram
from models.encoders.pictures import PictureError, PictureFile, inspect
from models.encoders.timm_image import TimmImage


@pytest.fixture(scope="module")
def network(tiny_timm):
    return TimmImage(tiny_timm, "tiny-timm", "cpu", 2, "float32")


@pytest.fixture(params=["network", "histogram"])
def encoder(request):
    return ColorGradientHistogram() if request.param == "histogram" else request.getfixturevalue("network")


@pytest.fixture
def pictures(painted):
    return [painted(f"{row}.png", (row * 12, 255 - row * 12, 40), seed=row) for row in range(20)]


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("pictures")}


def test_shards_come_back_one_by_one_as_if_encoded_alone(encoder, pictures):
    shards = [pictures[:9], [], pictures[9:10], pictures[10:]]
    advanced = []
    vectors = list(encoder.stream(iter(shards), advanced.append))
    assert [len(part) for part in vectors] == [9, 0, 1, 10]
    assert sum(advanced) == 20
    np.testing.assert_allclose(np.concatenate(vectors), encoder.encode(pictures), rtol=1e-3, atol=1e-4)
    assert all(part.dtype == np.float32 and part.shape[1] == encoder.dimension for part in vectors)
    assert not threads()


def test_shards_are_not_read_long_before_they_are_needed(network, pictures):
    read = []

    def shards():
        for number in range(100):
            read.append(number)
            yield pictures[:8]

    stream = network.stream(shards())
    next(stream)
    assert 1 <= len(read) <= 3 * 2 + 1, "three batches for each of two threads"
    stream.close()


def test_who_stops_early_leaves_no_thread_and_the_number_of_threads_as_it_was(network, pictures):
    before = torch.get_num_threads()
    stream = network.stream([pictures[:8]] * 50)
    next(stream)
    assert threads()
    stream.close()
    assert not threads() and torch.get_num_threads() == before


def test_a_bad_picture_stops_the_stream_and_is_named(encoder, pictures, tmp_path):
    (tmp_path / "page.jpg").write_text("<html>404</html>")
    stream = encoder.stream([pictures[:9], [*pictures[:3], tmp_path / "page.jpg"]])
    assert len(next(stream)) == 9
    with pytest.raises(PictureError, match=r"page\.jpg: not an image") as caught:
        next(stream)
    assert caught.value.status == "corrupt" and not threads()


def test_a_picture_that_changed_since_it_was_inspected_is_refused(encoder, pictures):
    known = [PictureFile(path, inspect(path).sha256) for path in pictures[:3]]
    np.testing.assert_array_equal(encoder.encode(known), encoder.encode(pictures[:3]))
    pictures[1].write_bytes(pictures[2].read_bytes())
    with pytest.raises(PictureError, match=r"1\.png: its content is no longer what was inspected") as caught:
        encoder.encode(known)
    assert caught.value.status == "changed"


def test_the_gpus_pipeline_gives_the_same(network, pictures, monkeypatch):
    """Decoded in threads, put together into batches of any size, run by one thread; here all on the CPU."""
    monkeypatch.setattr(network._batches, "size", 16)
    advanced = []
    with ThreadPoolExecutor(2) as pool:
        jobs = _batched_image._jobs([pictures[:19], [], pictures[19:]])
        vectors = list(network._on_gpu(pool, 2, jobs, advanced.append))
    assert [len(part) for part in vectors] == [19, 0, 1] and advanced == [16, 3, 0, 1]
    np.testing.assert_allclose(np.concatenate(vectors), network.encode(pictures), rtol=1e-3, atol=1e-4)


def test_telemetry_is_plain_and_tells_who_waited_for_whom(tiny_timm, pictures):
    import json

    encoder = TimmImage(tiny_timm, "tiny-timm", "cpu", 2, "float32")
    assert encoder.telemetry["decode_wait_share"] is None
    encoder.encode(pictures)
    told = json.loads(json.dumps(encoder.telemetry))
    assert 0 < told["decode_wait_share"] < 1
    assert (told["device"], told["precision"], told["threads"], told["attention"]) == ("cpu", "float32", 2, "none")
    assert told["self_check_cosine"] is None and told["hub_commit"] is None


@pytest.mark.parametrize(("cosine", "precision"), [(0.9995, "bfloat16"), (0.9985, "float32")])
def test_bfloat16_is_chosen_only_where_the_model_bears_it(tiny_timm, monkeypatch, cosine, precision):
    monkeypatch.setattr(_batched_image, "device_precision", lambda _: "bfloat16")
    monkeypatch.setattr(low_precision, "agreement", lambda *_: cosine)
    encoder = TimmImage(tiny_timm, "tiny-timm", "cpu", 1)
    assert (encoder.identity.precision, encoder.telemetry["self_check_cosine"]) == (precision, cosine)


def test_without_bfloat16_in_hardware_it_is_float32(tiny_timm, monkeypatch):
    monkeypatch.setattr(_batched_image, "device_precision", lambda _: "float32")
    assert TimmImage(tiny_timm, "tiny-timm", "cpu", 1).identity.precision == "float32"


def test_the_self_check_sees_a_model_that_bfloat16_ruins(tiny_timm):
    encoder = TimmImage(tiny_timm, "tiny-timm", "cpu", 1, "float32")

    class Fragile(torch.nn.Module):
        """Two numbers whose difference bfloat16's 8 bits do not hold."""

        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(1, 2, bias=False)
            with torch.no_grad():
                self.linear.weight.copy_(torch.tensor([[1.0], [1.001]]))

        def forward(self, pictures):
            both = self.linear(pictures.mean(dim=(1, 2, 3))[:, None] + 3)
            return torch.stack([both[:, 1] - both[:, 0], torch.full_like(both[:, 0], 0.003)], 1)

    check = low_precision.agreement(Fragile(), encoder._preprocessing, torch.device("cpu"), 1)
    assert check < 0.95
    assert low_precision.agreement(encoder._model, encoder._preprocessing, torch.device("cpu"), 1) > 0.99


def test_frozen_weights_give_the_vectors_that_autocast_gives(tiny_timm, pictures, monkeypatch):
    frozen = TimmImage(tiny_timm, "tiny-timm", "cpu", 1, "bfloat16").encode(pictures)
    monkeypatch.setattr(low_precision, "freeze", lambda _: None)
    np.testing.assert_array_equal(frozen, TimmImage(tiny_timm, "tiny-timm", "cpu", 1, "bfloat16").encode(pictures))
