"""espeak-ng's sounds (IPA) as the phones of pocketsphinx's dictionary, which are American. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TABLE = """
a͡ɪ AY  a͡ʊ AW  e͡ɪ EY  o͡ʊ OW  ɔ͡ɪ OY  t͡ʃ CH  d͡ʒ JH
aɪ AY  aʊ AW  eɪ EY  oʊ OW  ɔɪ OY  tʃ CH  dʒ JH  ɜː ER  ɚ ER  ɝ ER
iː IY  i IY  ɪ IH  ᵻ IH  ɛ EH  e EY  æ AE  a AA  ɑː AA  ɑ AA  ɒ AA  ɔː AO  ɔ AO  oː AO  o OW
ʊ UH  uː UW  u UW  ʌ AH  ə AH  ɐ AH  ɜ ER
p P  b B  t T  d D  k K  ɡ G  g G  f F  v V  θ TH  ð DH  s S  z Z  ʃ SH  ʒ ZH  h HH  m M  n N  ŋ NG
l L  ɫ L  ɬ L  ɹ R  r R  ɾ T  ʔ T  j Y  w W  x K  ç HH
"""
_OTHERS = """
t͡s T.S  d͡z D.Z  t͡ɕ CH  d͡ʑ JH  t͡ʂ CH  d͡ʐ JH  p͡f P.F  ts T.S  pf P.F
y IY  yː IY  ʏ IH  ø ER  øː ER  œ ER  ɥ Y  ɨ IH  ɯ UH  ɤ AH  ɵ UH  ʉ UW  ɘ AH  ɞ AH  ɶ AE  o OW  a AA  aː AA  eː EY  e EY
ɾ D  r R  ʀ R  ʁ R  ɽ D  ɻ R  x HH  χ HH  ç SH  ɣ G  ʝ Y  ʎ L  ɭ L  ʟ L  ɲ N  ɳ N  ɴ NG  ɱ M  β V  ʋ V  ɸ F  ʂ SH  ɕ SH
ʐ ZH  ʑ ZH  ʈ T  ɖ D  c K  ɟ G  q K  ɢ G  ħ HH  ʕ AA  ɦ HH  h HH  ɓ B  ɗ D  ɠ G  ʍ W  ɰ W
"""
"""Sounds that American English lacks, or that are others in the languages that have them; the nearest phones."""


def _phones(table: str) -> dict[str, tuple[str, ...]]:
    words = table.split()
    return {sound: tuple(phones.split(".")) for sound, phones in zip(words[::2], words[1::2], strict=True)}


def _one_of(sounds: Iterable[str]) -> re.Pattern[str]:
    """The longest that stands there."""
    return re.compile("|".join(sorted(map(re.escape, sounds), key=len, reverse=True)))


_ENGLISH = _phones(_TABLE)
_ANY = _ENGLISH | _phones(_OTHERS)
_ENGLISH_SOUND, _ANY_SOUND = _one_of(_ENGLISH), _one_of(_ANY)
_SYLLABIC = re.compile("([nlmr])\u0329")


def arpabet(ipa: str, *, english: bool = True) -> tuple[str, ...]:
    """The phones of a word; stress, length, tone and what has no phone of its own are left out."""
    table, sound = (_ENGLISH, _ENGLISH_SOUND) if english else (_ANY, _ANY_SOUND)
    found = sound.findall(_SYLLABIC.sub(r"ə\1", ipa))
    return tuple(phone for each in found for phone in table[each])
