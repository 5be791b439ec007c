"""Trained networks to a model folder: ONNX graphs with eight-bit weights, no torch needed."""

import hashlib
import json
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from cloudhealth_kg.neural import FORMAT
from cloudhealth_kg.training.networks import PairNetwork, SpanNetwork

INTS = torch.zeros(5, dtype=torch.int64)


def write_model(
    spans: SpanNetwork, pairs: PairNetwork, base: Path, folder: Path, config: dict[str, Any]
) -> None:
    """Write a model folder that `neural.load_model` reads.

    The networks share the (frozen) table of word-piece embeddings, which is kept once, as eight
    bits a weight and a scale a row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(base / "tokenizer.json", folder / "tokenizer.json")
    table = spans.words.weight.detach().numpy()
    scales = np.abs(table).max(axis=1, keepdims=True).astype(np.float32) / 127
    scales[scales == 0] = 1
    np.savez_compressed(
        folder / "words.npz", words=np.round(table / scales).astype(np.int8), scales=scales
    )
    embeddings = torch.zeros(5, spans.width)
    _export(
        spans,
        (embeddings, INTS, torch.tensor([1, 2, 3]), torch.tensor([1, 2, 3])),
        {
            "embeddings": ["pieces"],
            "kind_tags": ["pieces"],
            "first": ["words"],
            "last": ["words"],
        },
        folder / "spans.onnx",
    )
    places = torch.tensor([1, 3])
    _export(
        pairs,
        (
            embeddings,
            INTS,
            places,
            places,
            torch.tensor([0, 1]),
            torch.tensor([1, 0]),
            torch.zeros(2, 4, dtype=torch.int64),
        ),
        {
            "embeddings": ["pieces"],
            "kind_tags": ["pieces"],
            "first": ["mentions"],
            "last": ["mentions"],
            "source": ["pairs"],
            "target": ["pairs"],
            "features": ["pairs"],
        },
        folder / "pairs.onnx",
    )
    digest = hashlib.sha256()
    for name in ("words.npz", "spans.onnx", "pairs.onnx"):
        digest.update((folder / name).read_bytes())
    version = f"{folder.name}-{digest.hexdigest()[:12]}"
    record = {"format": FORMAT, "version": version, **config}
    (folder / "config.json").write_text(json.dumps(record, indent=2) + "\n", "utf-8")


def _export(
    network: nn.Module, inputs: tuple[Tensor, ...], axes: dict[str, list[str]], path: Path
) -> None:
    network.eval()
    network.requires_grad_(False)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        full = Path(scratch) / "full.onnx"
        torch.onnx.export(
            network,
            inputs,
            str(full),
            input_names=list(axes),
            output_names=["logits"],
            dynamic_axes={name: dict(enumerate(names)) for name, names in axes.items()},
            opset_version=17,
            dynamo=False,
        )
        onnx.checker.check_model(str(full))
        quantize_dynamic(
            full,
            path,
            op_types_to_quantize=["MatMul", "Gemm"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
