"""Training of an extraction model on annotated articles. Needs the `train` extra (torch)."""

from cloudhealth_kg.training.train import Settings, train

__all__ = ["Settings", "train"]
