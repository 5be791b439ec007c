"""Trained networks to a model folder: ONNX graphs with packed weights, no torch needed.

Weights are packed, arithmetic is not: integer arithmetic on activations is coarser, and what it
rounds differs between processors. Measured on one trained model: F1 of concepts 0.62 with packed
activations on one processor, 0.63 on another, 0.655 without on both.
"""

import hashlib
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from torch import Tensor

from cloudhealth_kg.training.networks import PairNetwork, SpanNetwork
from cloudhealth_kg.versions import MODEL_FORMAT

INTS = torch.zeros(5, dtype=torch.int64)
LARGEST = 64
"""Weights are rounded to integers of this magnitude at most, so that the wheel packs them well."""


def write_table(base: Path, folder: Path) -> None:
    """Write the encoder's tokenizer and embeddings: eight bits a weight and a scale a row."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    table = load_file(base / "model.safetensors")["embeddings.word_embeddings.weight"]
    scales = np.abs(table).max(axis=1, keepdims=True).astype(np.float32) / 127
    scales[scales == 0] = 1
    words = np.round(table / scales).astype(np.int8)
    np.savez_compressed(folder / "words.npz", words=words, scales=scales)


def write_spans(network: SpanNetwork, path: Path) -> None:
    """Write a span network as an ONNX graph."""
    _export(
        network,
        (torch.zeros(5, network.width), INTS, torch.tensor([1, 2, 3]), torch.tensor([1, 2, 3])),
        {"embeddings": "pieces", "kind_tags": "pieces", "first": "words", "last": "words"},
        ["logits"],
        path,
    )


def write_pairs(network: PairNetwork, path: Path) -> None:
    """Write a pair network as an ONNX graph."""
    places, features = torch.tensor([1, 3]), torch.zeros(2, 4, dtype=torch.int64)
    _export(
        network,
        (
            torch.zeros(5, network.width),
            INTS,
            places,
            places,
            torch.tensor([0, 1]),
            torch.tensor([1, 0]),
            features,
        ),
        {
            "embeddings": "pieces",
            "kind_tags": "pieces",
            "first": "mentions",
            "last": "mentions",
            "source": "pairs",
            "target": "pairs",
            "features": "pairs",
        },
        ["pairs", "looks"],
        path,
    )


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Write `config.json`, with a version made of the folder's name and the digest of its files."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
    for name in ("words.npz", "spans.onnx", "pairs.onnx"):
        digest.update((folder / name).read_bytes())
    record = {
        "format": MODEL_FORMAT,
        "version": f"{folder.name}-{digest.hexdigest()[:12]}",
        **config,
    }
    (folder / "config.json").write_text(json.dumps(record, indent=2) + "\n", "utf-8")


def _export(
    network: SpanNetwork | PairNetwork,
    inputs: tuple[Tensor, ...],
    axes: dict[str, str],
    outputs: list[str],
    path: Path,
) -> None:
    network.eval()
    network.requires_grad_(False)
    network.bert.set_attn_implementation("eager")  # plain operators, which any runtime has
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        full = Path(scratch) / "full.onnx"
        torch.onnx.export(
            network,
            inputs,
            str(full),
            input_names=list(axes),
            output_names=outputs,
            dynamic_axes={name: {0: axis} for name, axis in axes.items()},
            opset_version=17,
            dynamo=False,
        )
        onnx.checker.check_model(str(full))
        onnx.save(_packed(onnx.load(str(full))), str(path))


def _packed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph, each matrix of weights held as small integers and a scale a column.

    onnxruntime multiplies them out once, when the graph is loaded.
    """
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    transposed = {
        node.input[1]: any(a.name == "transB" and a.i for a in node.attribute)
        for node in graph.node
        if node.op_type in {"Gemm", "MatMul"} and node.input[1] in weights
    }
    nodes = []
    for name, is_transposed in sorted(transposed.items()):
        matrix = numpy_helper.to_array(weights[name])
        highest = np.abs(matrix).max(axis=1 if is_transposed else 0, keepdims=True)
        scales = highest / np.float32(LARGEST)
        scales[scales == 0] = 1
        packed = np.round(matrix / scales).astype(np.int8)
        graph.initializer.remove(weights[name])
        graph.initializer.append(numpy_helper.from_array(packed, f"{name}_packed"))
        graph.initializer.append(numpy_helper.from_array(scales, f"{name}_scales"))
        nodes += [
            helper.make_node("Cast", [f"{name}_packed"], [f"{name}_cast"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}_cast", f"{name}_scales"], [name]),
        ]
    nodes += list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model
