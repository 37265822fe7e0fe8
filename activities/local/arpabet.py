"""espeak-ng's American sounds (IPA) as the phones of pocketsphinx's dictionary. Pure."""

from __future__ import annotations

import re

_TABLE = """
a͡ɪ AY  a͡ʊ AW  e͡ɪ EY  o͡ʊ OW  ɔ͡ɪ OY  t͡ʃ CH  d͡ʒ JH
aɪ AY  aʊ AW  eɪ EY  oʊ OW  ɔɪ OY  tʃ CH  dʒ JH  ɜː ER  ɚ ER  ɝ ER
iː IY  i IY  ɪ IH  ᵻ IH  ɛ EH  e EY  æ AE  a AA  ɑː AA  ɑ AA  ɒ AA  ɔː AO  ɔ AO  oː AO  o OW
ʊ UH  uː UW  u UW  ʌ AH  ə AH  ɐ AH  ɜ ER
p P  b B  t T  d D  k K  ɡ G  g G  f F  v V  θ TH  ð DH  s S  z Z  ʃ SH  ʒ ZH  h HH  m M  n N  ŋ NG
l L  ɫ L  ɬ L  ɹ R  r R  ɾ T  ʔ T  j Y  w W  x K  ç HH
"""
_WORDS = _TABLE.split()
_PHONES = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
_SYLLABIC = re.compile("([nlm])\u0329")
_SOUND = re.compile("|".join(sorted(map(re.escape, _PHONES), key=len, reverse=True)))


def arpabet(ipa: str) -> tuple[str, ...]:
    """The phones of a word; stress and what has no phone of its own are left out."""
    return tuple(_PHONES[sound] for sound in _SOUND.findall(_SYLLABIC.sub(r"ə\1", ipa)))
