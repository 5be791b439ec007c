"""Training of both networks on annotated articles.

The concepts that the pair network learns from are half annotated ones, half such as a span
network finds in articles it was not trained on, because that is what it will meet.
Of the found ones it also learns which are right, and of which kind.
"""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cloudhealth_kg.training.examples import PairExample, SpanExample
from cloudhealth_kg.training.networks import PairNetwork, SpanNetwork
from cloudhealth_kg.windows import MARKERS, MASK, RUN_IN_MARKER, Pairs

log = logging.getLogger(__name__)

NEVER = -1e4

LOOK_WEIGHT = 2.0
"""Of the mean loss of a concept, beside the loss of an article's relations."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a training run may vary; the defaults are those of `make train`."""

    epochs: int = 3
    pair_epochs: int = 4
    rate: float = 2e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.8
    masked: float = 0.1
    """Share of word pieces hidden at random in each pass."""
    no_lexicon: float = 0.2
    """Share of lexicon matches hidden at random in each pass."""
    windows_a_step: int = 1
    """Of the span networks. Fitted three passes to 100 articles, F1 on 50 others was 0.608 with
    four, 0.623 with two and 0.635 with one."""
    folds: int = 2
    seed: int = 0


def train_spans(
    examples: Sequence[SpanExample], base: Path, settings: Settings, starts: Sequence[Path] = ()
) -> SpanNetwork:
    """A span network fitted to windows.

    It starts from the mean of the networks in `starts`, where there are any: fitted to parts of
    the same windows, they are half the way there.
    """
    _seed(settings.seed)
    network = SpanNetwork(base)
    if starts:
        network.load_mean(starts)

    def loss(batch: Sequence[SpanExample]) -> Tensor:
        total, positives = torch.zeros(()), 0
        for example in batch:
            window = example.window
            tags = torch.from_numpy(example.kind_tags)
            tags = tags.masked_fill(torch.rand(tags.shape) < settings.no_lexicon, 0)
            logits = network(
                _embed(network, window.pieces, settings.masked),
                tags,
                torch.from_numpy(window.first),
                torch.from_numpy(window.last),
            )
            right = torch.from_numpy(example.right)
            losses = _set_loss(logits.log_softmax(-1), right)
            total = total + losses.masked_fill(torch.from_numpy(example.ignored), 0).sum()
            positives += int(right.any(-1).sum())
        return total / max(8, positives)

    batches = settings.windows_a_step
    _fit(network, list(examples), batches, loss, settings.epochs, settings)
    return network


def train_pairs(
    examples: Sequence[Sequence[PairExample]], base: Path, encoder: Path, settings: Settings
) -> PairNetwork:
    """A pair network fitted to articles, of which each pass reads one version drawn at random.

    It starts from the encoder of a span network, which knows the field already. Fitted to 110
    articles, F1 on the annotated concepts of 50 others was 0.61 so, and 0.56 from `base`.
    """
    _seed(settings.seed)
    network = PairNetwork(base)
    network.load_encoder(encoder)
    usual = float(np.mean([e.right.any(-1).sum() for versions in examples for e in versions]))

    def loss(batch: Sequence[Sequence[PairExample]]) -> Tensor:
        total = torch.zeros(())
        for versions in batch:
            example = random.choice(versions)
            read = [pair_logits(network, pairs, settings.masked) for pairs in example.windows]
            logits = concept_logits([pairs for pairs, _ in read], example)
            none = torch.zeros(len(logits), 1)
            scores = torch.cat([none, logits], 1).log_softmax(-1)
            right = torch.from_numpy(example.right)
            losses = _set_loss(scores, right)
            losses = losses.masked_fill(torch.from_numpy(example.ignored), 0)
            total = total + losses.sum() / max(usual / 2, int(right.any(-1).sum()))
            looks = mean_looks([looks for _, looks in read], example).log_softmax(-1)
            kinds = torch.from_numpy(example.kinds)
            losses = -torch.logsumexp(looks.masked_fill(~kinds, NEVER), -1)[kinds.any(-1)]
            total = total + LOOK_WEIGHT * losses.sum() / len(kinds)
        return total

    _fit(network, list(examples), 1, loss, settings.pair_epochs, settings)
    return network


def pair_logits(network: PairNetwork, pairs: Pairs, masked: float = 0.0) -> tuple[Tensor, Tensor]:
    """Logits for the pairs and for the mentions of one window."""
    mentions, rows = torch.from_numpy(pairs.mentions), torch.from_numpy(pairs.pairs)
    logits: tuple[Tensor, Tensor] = network(
        _embed(network, pairs.window.pieces, masked),
        torch.from_numpy(pairs.kind_tags),
        mentions[:, 0],
        mentions[:, 1],
        rows[:, 0],
        rows[:, 1],
        rows[:, 2:],
    )
    return logits


def concept_logits(logits: Sequence[Tensor], example: PairExample) -> Tensor:
    """Log-sum-exp over the pairs of mentions that speak for a pair of concepts."""
    rows = torch.from_numpy(np.concatenate(example.rows))
    stacked = torch.cat(list(logits))
    count, relations = example.right.shape
    index = rows[:, None].expand(-1, relations)
    highest = torch.full((count, relations), NEVER).scatter_reduce(
        0, index, stacked.detach(), "amax"
    )
    total = torch.zeros(count, relations).index_add(0, rows, (stacked - highest[rows]).exp())
    pooled = highest + total.clamp(min=1e-9).log()
    return pooled.masked_fill(~torch.from_numpy(example.admissible), NEVER)


def mean_looks(looks: Sequence[Tensor], example: PairExample) -> Tensor:
    """The mean of the logits of each concept's mentions, concepts x (1 + kinds)."""
    concepts = torch.from_numpy(np.concatenate([pairs.mentions[:, 2] for pairs in example.windows]))
    count = len(example.kinds)
    mentions = torch.bincount(concepts, minlength=count).clamp(min=1)
    total = torch.zeros(count, looks[0].shape[-1]).index_add(0, concepts, torch.cat(list(looks)))
    return total / mentions[:, None]


def _set_loss(scores: Tensor, right: Tensor) -> Tensor:
    """Minus the log of the probability of all right answers together; of none where none is."""
    some = right.any(-1)
    answered = torch.logsumexp(scores[..., 1:].masked_fill(~right, NEVER), -1)
    return -torch.where(some, answered, scores[..., 0])


def _embed(network: SpanNetwork | PairNetwork, pieces: Any, masked: float = 0.0) -> Tensor:
    ids = torch.from_numpy(pieces)
    if masked:
        special = max(*MARKERS.values(), RUN_IN_MARKER, MASK)
        hidden = (torch.rand(ids.shape) < masked) & (ids > special)
        ids = ids.masked_fill(hidden, MASK)
    embeddings: Tensor = network.words(ids)
    return embeddings


def _fit(
    network: SpanNetwork | PairNetwork,
    examples: list[Any],
    size: int,
    loss: Callable[[Sequence[Any]], Tensor],
    epochs: int,
    settings: Settings,
) -> None:
    """AdamW with a linear warm-up and decay, and lower rates for lower layers."""
    groups = _parameter_groups(network, settings)
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = epochs * -(-len(examples) // size)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(1.0, step / (0.1 * steps), max(0.02, (steps - step) / (0.9 * steps))),
    )
    network.train()
    for epoch in range(epochs):
        random.shuffle(examples)
        total = 0.0
        for at in range(0, len(examples), size):
            value = loss(examples[at : at + size])
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(value.detach())
        mean = total / -(-len(examples) // size)
        log.info("%s: pass %d of %d, loss %.3f", type(network).__name__, epoch + 1, epochs, mean)
    network.eval()


def _parameter_groups(
    network: SpanNetwork | PairNetwork, settings: Settings
) -> list[dict[str, Any]]:
    layers = int(network.bert.config.num_hidden_layers)
    groups = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = settings.head_rate
        if name.startswith("bert.encoder.layer."):
            rate = settings.rate * settings.layer_decay ** (layers - 1 - int(name.split(".")[3]))
        elif name.startswith("bert."):
            rate = settings.rate * settings.layer_decay**layers
        groups.append({"params": [parameter], "lr": rate})
    return groups


def _seed(seed: int) -> None:
    torch.set_num_threads(1)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
