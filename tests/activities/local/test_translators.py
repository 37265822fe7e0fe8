"""Translation by way of a third language, and by models of somebody's own, which these tests make."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from activities.local.apertium_places import FOLDER
from activities.local.translator import ApertiumTranslator
from activities.local.translators import LocalTranslators, local_translator
from activities.ports import Line, TermHint, Translator
from schema.errors import Misconfigured, ProviderFailed
from tests.activities.contract.support import Kept, Told

_ENGINE = """#!/bin/sh
if [ "$1" != -d ]; then exit 0; fi
for mode; do :; done
exec sh "$2/modes/$mode.mode"
"""


def unpacked(root: Path, **modes: str) -> Path:
    """As set-up leaves it, with a sed script as each mode."""
    programs, data = root / "usr/bin", root / "usr/share/apertium/modes"
    for folder in (programs, data):
        folder.mkdir(parents=True)
    engine = programs / "apertium"
    engine.write_text(_ENGINE)
    engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
    for name, script in modes.items():
        (data / f"{name.replace('_', '-')}.mode").write_text(f"sed '{script}'")
    return root


@pytest.fixture
def apertium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ApertiumTranslator:
    """From English to Spanish and Catalan, and from these to others; the system has none."""
    monkeypatch.setenv("PATH", "/bin:/usr/bin")
    monkeypatch.setattr("activities.local.apertium_places.Place.of_system", lambda: None)
    root = unpacked(
        tmp_path / "made",
        eng_spa="s/dog/perro/;s/house/casa/",
        eng_cat="s/dog/gos/",
        spa_fra="s/perro/chien/",
        cat_fra="s/gos/quisso/",
        cat_oci="s/gos/can/",
    )
    return ApertiumTranslator(unpacked=root)


async def one(translator: Translator, target: str, text: str, *terms: TermHint) -> str:
    (line,) = await translator.translate([Line(id="1", text=text)], "en", target, terms, Kept(), Told())
    return line.text


async def test_what_has_no_direct_pair_goes_by_way_of_spanish_or_catalan(
    apertium: ApertiumTranslator,
) -> None:
    assert apertium.pairs() == {
        *(("en", code) for code in ("es", "ca", "fr", "oc")),
        ("es", "fr"),
        ("ca", "fr"),
        ("ca", "oc"),
    }
    assert await one(apertium, "es", "the dog") == "the perro"
    assert await one(apertium, "fr", "the dog") == "the chien"
    assert await one(apertium, "oc", "the dog") == "the can"


def test_the_draft_says_by_way_of_which_language(apertium: ApertiumTranslator) -> None:
    assert apertium.told("en", "es-MX") == "apertium"
    assert apertium.told("en", "fr") == "apertium by way of Spanish"
    assert apertium.told("en-GB", "oc") == "apertium by way of Catalan"


async def test_a_term_goes_through_both_as_it_is_wanted(apertium: ApertiumTranslator) -> None:
    terms = (TermHint("dog", "clebs"), TermHint("house", "baraque"))
    assert await one(apertium, "fr", "a dog, a dog and a house", *terms) == "a clebs, a clebs and a baraque"


async def test_terms_that_change_places_on_the_way_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.local.apertium_places.Place.of_system", lambda: None)
    swap = r"s/\(xqz[a-z]*\) \(xqz[a-z]*\)/\2 \1/"
    root = unpacked(tmp_path / "made", eng_spa=swap, spa_fra="s/xqz[a-z]*//")
    terms = (TermHint("red", "rouge"), TermHint("house", "maison"))
    # The second leg loses the first term that it is given, so that the rest is asked for in parts.
    assert await one(ApertiumTranslator(unpacked=root), "fr", "see red house", *terms) == "see maison rouge"


VOCABULARY = ("red", "house", "dog", "the", "casa", "roja", "perro", ".", ",", "old")


def made_model(folder: Path) -> Path:
    """A translator of random weights, and a SentencePiece model of a few words: it says something, always the same."""
    pytest.importorskip("ctranslate2", reason="faster-whisper is not installed: make weights")
    sentencepiece = pytest.importorskip(
        "sentencepiece", reason="sentencepiece is not installed: make weights"
    )
    from ctranslate2.specs import TransformerSpec

    folder.mkdir(parents=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(VOCABULARY)] * 50),
        model_prefix=str(folder / "sentencepiece"),
        vocab_size=48,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    (folder / "sentencepiece.vocab").unlink()
    processor = sentencepiece.SentencePieceProcessor(str(folder / "sentencepiece.model"))
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    spec = TransformerSpec.from_config(1, 2)
    random, width = np.random.default_rng(1), 16

    def fill(layer: object, *shape: int) -> None:
        layer.weight = random.standard_normal(shape).astype(np.float32)  # type: ignore[attr-defined]
        if hasattr(layer, "bias"):
            layer.bias = np.zeros(shape[0], np.float32)

    def norm(layer: object) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)  # type: ignore[attr-defined]

    def attend(layer: object, *sizes: int) -> None:
        norm(layer.layer_norm)  # type: ignore[attr-defined]
        for linear, size in zip(layer.linear, sizes, strict=True):  # type: ignore[attr-defined]
            fill(linear, size, width)

    def feed(layer: object) -> None:
        norm(layer.layer_norm)  # type: ignore[attr-defined]
        fill(layer.linear_0, 32, width)  # type: ignore[attr-defined]
        fill(layer.linear_1, width, 32)  # type: ignore[attr-defined]

    for side in (spec.encoder, spec.decoder):
        embeddings = side.embeddings[0] if isinstance(side.embeddings, list) else side.embeddings
        fill(embeddings, len(pieces), width)
        side.scale_embeddings = True
        norm(side.layer_norm)
        for layer in side.layer:
            attend(layer.self_attention, 3 * width, width)
            if side is spec.decoder:
                attend(layer.attention, width, 2 * width, width)
            feed(layer.ffn)
    fill(spec.decoder.projection, len(pieces), width)
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    spec.validate()
    spec.save(str(folder))
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    made_model(folder / "en-es")
    return folder


@pytest.fixture
async def local(models: Path, tmp_path: Path) -> AsyncIterator[LocalTranslators]:
    translator = local_translator(tmp_path / "work", folder=models, weights=tmp_path / "none")
    assert isinstance(translator, LocalTranslators)
    yield translator
    translator.close()


async def test_a_model_of_ones_own_translates_its_pair(local: LocalTranslators) -> None:
    assert ("en", "es") in local.pairs()
    assert local.told("en-GB", "es-MX") == "ctranslate2 (en-es)"
    assert local.engine.startswith("ctranslate2 4.")
    lines = [Line(id="a", text="the red house."), Line(id="b", text="the dog"), Line(id="c", text="…")]
    first = await local.translate(lines, "en", "es", [], Kept(), Told())
    assert [line.id for line in first] == ["a", "b", "c"]
    assert first[2].text == "…", "what has no words is its own translation"
    assert all(line.text for line in first)
    assert first == await local.translate(lines, "en", "es", [], Kept(), Told())


async def test_speakers_are_translated_each_for_themselves(local: LocalTranslators) -> None:
    apart = [await one(local, "es", text) for text in ("- the red house", "- the dog")]
    assert await one(local, "es", "- the red house\n- the dog") == "\n".join(apart)


async def test_a_model_that_loses_a_term_translates_without_it(local: LocalTranslators) -> None:
    """This one loses every term: what it says is random."""
    plain = await one(local, "es", "the red house")
    assert await one(local, "es", "the red house", TermHint("house", "vivienda")) == plain


async def test_no_model_and_no_pair_is_told(local: LocalTranslators) -> None:
    with pytest.raises(ProviderFailed, match="Nothing here translates en-xx"):
        await one(local, "xx", "the dog")


def test_a_folder_without_a_model_is_refused_at_the_start(models: Path, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no folder of a pair"):
        local_translator(tmp_path, folder=tmp_path / "nowhere")
    pair = tmp_path / "models" / "en-es"
    pair.mkdir(parents=True)
    (pair / "model.bin").write_bytes((models / "en-es" / "model.bin").read_bytes())
    with pytest.raises(Misconfigured, match=r"en-es of MT_MODELS lacks source\.spm"):
        local_translator(tmp_path, folder=tmp_path / "models")


async def test_what_is_no_model_is_named(models: Path, tmp_path: Path) -> None:
    pair = tmp_path / "models" / "en-es"
    pair.mkdir(parents=True)
    (pair / "model.bin").write_bytes(b"no model")
    (pair / "sentencepiece.model").write_bytes((models / "en-es" / "sentencepiece.model").read_bytes())
    translator = local_translator(tmp_path, folder=tmp_path / "models", weights=tmp_path / "none")
    with pytest.raises(ProviderFailed, match="en-es of MT_MODELS cannot be loaded") as failed:
        await one(translator, "es", "the dog")
    assert not failed.value.retryable


def test_without_a_folder_apertium_alone_translates(tmp_path: Path) -> None:
    unpacked(tmp_path / FOLDER, eng_spa="s/dog/perro/")
    translator = local_translator(tmp_path / "work", weights=tmp_path)
    assert translator.name == "apertium"
    assert ("en", "es") in translator.pairs()
