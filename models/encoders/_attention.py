"""Attention in bfloat16 on a CPU: two matrix products and a softmax, which there are faster than torch's fused kernel.

torch's flash kernel for the CPU multiplies bfloat16 in small blocks and converts between them; whole matrices go to
oneDNN, which has the processor's own instructions. Measured with AVX512-BF16, 12 and 16 heads of 32 and 64: 1.2 to 2.5
times as fast at every length from 32 to 2,048 tokens. In float32, and on a GPU, torch's kernel is the faster one.
"""

from __future__ import annotations

from typing import Any

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import torch
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

BMM = "trifuse_bmm"
LONGEST = 2048
"""Tokens past which one text's scores [heads, tokens, tokens] take too much memory (134 MB here, with 16 heads).
torch's kernel never holds them."""
_SPECIAL = ("position_bias", "softcap", "s_aux", "cache")


def use_bmm(model: PreTrainedModel) -> bool:
    """Let the model use it wherever it would use torch's kernel; False, and nothing changed, where it does not."""
    if model.config._attn_implementation != "sdpa":
        return False
    AttentionInterface.register(BMM, bmm_attention)
    AttentionMaskInterface.register(BMM, sdpa_mask)
    model.set_attn_implementation(BMM)
    return model.config._attn_implementation == BMM


def bmm_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    is_causal: bool | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """[n, tokens, heads, d] from queries, keys, values [n, heads, tokens, d]; transformers' attention interface.

    attention_mask: bool [n, 1, tokens, tokens], True where a token may look; None where all may. What is not plain
    attention (shared keys, biases, causal without a mask) goes on to torch's kernel.
    """
    causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
    special = any(others.get(name) is not None for name in _SPECIAL)
    if special or key.shape != query.shape or (causal and attention_mask is None) or query.shape[2] > LONGEST:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, is_causal=is_causal, **others
        )
    with torch.autocast(query.device.type, enabled=False):  # it would take the softmax to float32 and back
        scores = (query * (scaling or query.shape[-1] ** -0.5)) @ key.transpose(2, 3)
        if attention_mask is not None:
            scores.masked_fill_(~attention_mask, torch.finfo(scores.dtype).min)
        torch.softmax(scores, -1, out=scores)  # in place: rounded at the end only, float32 inside
        return (scores @ value).transpose(1, 2).contiguous(), None
