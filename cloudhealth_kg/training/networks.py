"""The two networks, in torch. A batch is one window; its words and pairs are the parallel rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from cloudhealth_kg.model import KINDS, RELATIONS
from cloudhealth_kg.windows import DISTANCES, KIND_TAGS, LAYOUTS, SENTENCE_STEPS, WIDEST

HIDDEN = 256


def _encoder(base: Path) -> BertModel:
    return BertModel.from_pretrained(
        base,
        add_pooling_layer=False,
        attn_implementation="sdpa",
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )


class _Network(nn.Module):
    """An encoder that reads word-piece embeddings and the kind tag of each piece."""

    def __init__(self, base: Path, dropout: float) -> None:
        super().__init__()
        self.bert = _encoder(base)
        self.words = self.bert.embeddings.word_embeddings
        self.words.weight.requires_grad = False
        self.width = int(self.bert.config.hidden_size)
        self.tags = nn.Embedding(KIND_TAGS, self.width)
        nn.init.normal_(self.tags.weight, std=0.02)
        self.dropout = nn.Dropout(dropout)

    def encode(self, embeddings: Tensor, kind_tags: Tensor) -> Tensor:
        """Pieces x width -> pieces x width."""
        read = self.bert(inputs_embeds=(embeddings + self.tags(kind_tags))[None])
        return cast(Tensor, self.dropout(read.last_hidden_state[0]))

    def load_encoder(self, path: Path) -> None:
        """Go on from where another network's encoder and kind tags got to.

        Args:
            path: the state of any of the networks, as `torch.save` wrote it.
        """
        encoder = ("bert.", "tags.")
        saved = {k: w for k, w in torch.load(path).items() if k.startswith(encoder)}
        self.load_state_dict(self.state_dict() | saved)

    def load_mean(self, paths: Sequence[Path]) -> None:
        """Go on from the mean of the weights of networks like this one.

        Args:
            paths: the state of each, as `torch.save` wrote it; at least one.
        """
        states = [torch.load(path) for path in paths]
        self.load_state_dict(
            {key: torch.stack([state[key] for state in states]).mean(0) for key in states[0]}
        )


class SpanNetwork(_Network):
    """Scores each span of up to `WIDEST` words: no concept, or one of each kind."""

    def __init__(self, base: Path, dropout: float = 0.2) -> None:
        super().__init__(base, dropout)
        self.start = nn.Linear(self.width, HIDDEN)
        self.end = nn.Linear(self.width, HIDDEN)
        self.inside = nn.Linear(self.width, HIDDEN)
        self.before = nn.Linear(self.width, HIDDEN)
        self.length = nn.Embedding(WIDEST, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1 + len(KINDS))
        with torch.no_grad():
            self.out.bias[0] = 5.0

    def forward(self, embeddings: Tensor, kind_tags: Tensor, first: Tensor, last: Tensor) -> Tensor:
        """Logits, words x `WIDEST` x (1 + kinds): row i, column j is the span of words i..i+j."""
        hidden = self.encode(embeddings, kind_tags)
        count = first.shape[0]
        starts, ends = hidden[first], hidden[last]
        inside = self.inside((starts + ends) / 2)
        total = functional.pad(inside.cumsum(0), (0, 0, 1, 0))
        before = functional.pad(self.before(starts), (0, 0, 1, 0))[:-1]
        lengths = torch.arange(WIDEST)
        index = (torch.arange(count)[:, None] + lengths[None, :]).clamp(max=count - 1)
        mean = (total[index + 1] - total[:-1][:, None]) / (lengths + 1)[None, :, None]
        spans = self.start(starts)[:, None] + self.end(ends)[index] + mean
        spans = spans + before[:, None] + self.length.weight[None]
        return cast(Tensor, self.out(self.dropout(functional.gelu(spans))))


class PairNetwork(_Network):
    """Scores each pair of mentions, and looks at each mention again, now that it knows the others.

    For a pair a logit for each relation, against 0 for none; for a mention the logits that it
    names no concept, or one of each kind.
    """

    def __init__(self, base: Path, dropout: float = 0.2) -> None:
        super().__init__(base, dropout)
        self.source = nn.Linear(3 * self.width, HIDDEN)
        self.target = nn.Linear(3 * self.width, HIDDEN)
        self.between = nn.Linear(self.width, HIDDEN)
        self.source_factor = nn.Linear(3 * self.width, HIDDEN)
        self.target_factor = nn.Linear(3 * self.width, HIDDEN)
        self.product = nn.Linear(HIDDEN, HIDDEN)
        sizes = (DISTANCES, len(KINDS) ** 2, LAYOUTS, SENTENCE_STEPS)
        self.look = nn.Sequential(
            nn.Linear(3 * self.width, HIDDEN),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, 1 + len(KINDS)),
        )
        self.features = nn.ModuleList(nn.Embedding(size, HIDDEN) for size in sizes)
        for table in self.features:
            nn.init.normal_(cast(nn.Embedding, table).weight, std=0.05)
        self.out = nn.Sequential(
            nn.LayerNorm(HIDDEN),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, HIDDEN),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, len(RELATIONS)),
        )
        nn.init.constant_(cast(nn.Linear, self.out[-1]).bias, -3.0)

    def forward(
        self,
        embeddings: Tensor,
        kind_tags: Tensor,
        first: Tensor,
        last: Tensor,
        source: Tensor,
        target: Tensor,
        features: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Logits, pairs x relations and mentions x (1 + kinds).

        `source` and `target` number the mentions first..last.
        """
        hidden = self.encode(embeddings, kind_tags)
        total = functional.pad(hidden.cumsum(0), (0, 0, 1, 0))
        inside = (total[last + 1] - total[first]) / (last + 1 - first)[:, None]
        mentions = torch.cat([hidden[first], hidden[last], inside], -1)
        low = torch.minimum(last[source], last[target]) + 1
        length = (torch.maximum(first[source], first[target]) - low).clamp(min=0)
        between = (total[low + length] - total[low]) / length.clamp(min=1)[:, None]
        pairs = (
            self.source(mentions)[source]
            + self.target(mentions)[target]
            + self.between(between)
            + self.product(
                self.source_factor(mentions)[source] * self.target_factor(mentions)[target]
            )
        )
        for column, table in enumerate(self.features):
            pairs = pairs + table(features[:, column])
        return self.out(pairs), self.look(mentions)
