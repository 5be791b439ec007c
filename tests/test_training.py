"""Training, as far as it can be tested in seconds; needs torch: pip install -e '.[train]'."""

import time
from multiprocessing import active_children
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from cloudhealth_kg.errors import ModelError
from cloudhealth_kg.gold import read_gold
from cloudhealth_kg.ontology import load_ontology
from cloudhealth_kg.training import Settings, default_base, train
from cloudhealth_kg.training.calibration import _fit_curve, _Judged
from cloudhealth_kg.training.networks import PairNetwork, SpanNetwork
from cloudhealth_kg.training.train import _workers

pytestmark = pytest.mark.train
UNSEEN = Path(__file__).resolve().parent.parent / "corpus" / "unseen"


def test_workers_end_at_once_where_training_is_broken_off():
    """Nobody waits for networks that nobody wants any more."""

    def break_off() -> None:
        with _workers() as pool:
            pool.submit(time.sleep, 0).result()
            pool.submit(time.sleep, 600)
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert time.monotonic() - started < 300
    assert not active_children()


def test_too_few_articles_are_an_error_that_says_how_many_it_takes(tmp_path):
    """Three articles cannot be parted into two folds of two."""
    with pytest.raises(ModelError, match="3 annotated articles are too few to train on; give 4"):
        train(
            read_gold(UNSEEN)[:3],
            tmp_path / "model",
            base=default_base(),
            ontology=load_ontology(),
            settings=Settings(),
        )


def test_a_pair_network_goes_on_from_the_encoder_of_a_span_network(tmp_path):
    """Once it has loaded that, it reads a text as the span network does, and did not before."""
    spans, pairs = SpanNetwork(default_base()).eval(), PairNetwork(default_base()).eval()
    with torch.no_grad():
        for weights in (*spans.bert.encoder.parameters(), spans.tags.weight):
            weights.mul_(1.1)
        text = spans.words(torch.tensor([101, 6112, 102])), torch.tensor([0, 7, 0])
        wanted = spans.encode(*text)
        assert not torch.allclose(pairs.encode(*text), wanted)
        torch.save(spans.state_dict(), tmp_path / "spans.pt")
        pairs.load_encoder(tmp_path / "spans.pt")
        assert torch.equal(pairs.encode(*text), wanted)


def test_a_network_goes_on_from_the_mean_of_others(tmp_path):
    """Of every weight, those of the encoder and those above it."""
    paths, networks = [], []
    for number in range(2):
        networks.append(SpanNetwork(default_base()))
        paths.append(tmp_path / f"{number}.pt")
        torch.save(networks[-1].state_dict(), paths[-1])
    assert not torch.equal(networks[0].out.weight, networks[1].out.weight)
    mean = SpanNetwork(default_base())
    mean.load_mean(paths)
    for name, weight in mean.state_dict().items():
        first, second = (network.state_dict()[name] for network in networks)
        assert torch.allclose(weight, (first + second) / 2), name


@pytest.mark.parametrize("right", [[], [True, True], [False]])
def test_findings_that_teach_no_confidence_are_an_error(right):
    """The remedy is named rather than a fault of the library."""
    with pytest.raises(ModelError, match="give more annotated articles or more passes"):
        _fit_curve(_Judged([[0.5]] * len(right), right, 9))
