from __future__ import annotations

import pytest
import torch

from models.encoders import _attention
from models.encoders._attention import bmm_attention, use_bmm
from models.encoders._compute import inference
from models.encoders._transformers import load_model
from models.encoders.low_precision import freeze

CPU = torch.device("cpu")


def heads(tokens=7, kind=torch.float32):
    generator = torch.Generator().manual_seed(tokens)
    return [torch.randn(2, 3, tokens, 4, generator=generator).to(kind) for _ in range(3)]


@pytest.fixture
def module():
    one = torch.nn.Module()
    one.is_causal = False
    return one


MASK = torch.tensor([1, 1, 1, 1, 1, 0, 0]).bool().expand(2, 1, 7, 7)


@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("scaling", [None, 0.3])
def test_it_is_attention(module, mask, scaling):
    query, key, value = heads()
    found, _ = bmm_attention(module, query, key, value, mask, scaling)
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scaling)
    torch.testing.assert_close(found, expected.transpose(1, 2))


def test_in_bfloat16_it_is_as_exact_as_torchs_own(module):
    exact, _ = bmm_attention(module, *heads(), None)
    query, key, value = heads(kind=torch.bfloat16)
    ours, _ = bmm_attention(module, query, key, value, None)
    theirs = torch.nn.functional.scaled_dot_product_attention(query, key, value).transpose(1, 2)
    assert (ours - exact).abs().max() < 2 * (theirs - exact).abs().max() + 1e-3


def test_what_is_not_plain_goes_to_torch(module, monkeypatch):
    sent = []
    monkeypatch.setattr(_attention, "sdpa_attention_forward", lambda *args, **named: sent.append(named))
    query, key, value = heads()
    bmm_attention(module, query, key, value, None, is_causal=True)
    bmm_attention(module, query, key[:, :1], value[:, :1], None)
    bmm_attention(module, query, key, value, None, position_bias=torch.zeros(1))
    monkeypatch.setattr(_attention, "LONGEST", 6)
    bmm_attention(module, query, key, value, None)
    assert len(sent) == 4


def test_a_model_uses_it_and_gives_the_same(tiny_bert):
    ids = torch.tensor([[2, 5, 7, 3], [2, 6, 3, 0]])
    mask = (ids > 0).long()
    plain, other = load_model(tiny_bert)[0], load_model(tiny_bert)[0]
    assert use_bmm(other) and other.config._attn_implementation == _attention.BMM
    with inference(CPU, "float32", 1):
        one, two = (model(input_ids=ids, attention_mask=mask).last_hidden_state for model in (plain, other))
    torch.testing.assert_close(one[mask.bool()], two[mask.bool()])


def test_a_model_without_torchs_kernel_is_left_alone(tiny_bert):
    model = load_model(tiny_bert)[0]
    model.set_attn_implementation("eager")
    assert not use_bmm(model) and model.config._attn_implementation == "eager"


def test_narrow_weights_give_what_autocast_gives_to_the_last_bit(tiny_bert):
    ids = torch.tensor([[2, 5, 7, 9, 3]])
    wide, narrow = load_model(tiny_bert)[0], load_model(tiny_bert)[0]
    freeze(narrow)
    with inference(CPU, "bfloat16", 1):
        assert torch.equal(wide(input_ids=ids).last_hidden_state, narrow(input_ids=ids).last_hidden_state)
    assert narrow.embeddings.word_embeddings.weight.dtype == torch.float32
