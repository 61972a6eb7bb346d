from __future__ import annotations

import platform
import resource

import pytest
import torch

from models.encoders import _compute
from models.encoders._compute import choose_device, device_precision, instructions, keep_freed_memory

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("flags : avx2 avx512_bf16 amx_bf16", "amx_bf16"),
        ("flags : avx512_bf16", "avx512_bf16"),
        ("flags : avx2 avx512f", "none"),
    ],
)
def test_instructions_decide_the_precision(monkeypatch, tmp_path, flags, found):
    (tmp_path / "cpuinfo").write_text(flags)
    monkeypatch.setattr(_compute, "Path", lambda _: tmp_path / "cpuinfo")
    assert instructions(CPU) == found
    assert device_precision(CPU) == ("float32" if found == "none" else "bfloat16")


def test_elsewhere_than_on_linux_it_is_float32(monkeypatch, tmp_path):
    monkeypatch.setattr(_compute, "Path", lambda _: tmp_path / "missing")
    assert (instructions(CPU), device_precision(CPU)) == ("none", "float32")


@pytest.mark.parametrize("native", [True, False])
def test_a_gpu_is_asked_whether_it_has_bfloat16_in_hardware(monkeypatch, native):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: native and not including_emulation)
    assert device_precision(torch.device("cuda")) == ("bfloat16" if native else "float32")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library is left alone")
def test_freed_memory_is_used_again():
    keep_freed_memory()

    def faults():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(20):
            torch.ones(16 << 20, dtype=torch.uint8)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults()
    assert faults() < 4096  # 20 x 16 MiB handed out afresh are 81,920 pages


def test_auto_is_the_cpu_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == CPU
