"""Apertium's mode names (`eng-spa`, `spa-eng_US`, `oci@aran-cat`) as pairs of BCP 47 primary codes."""

from __future__ import annotations

_TABLE = """
afr af  ara ar  arg an  bak ba  bel be  ben bn  bos bs  bre br  bul bg  cat ca  ces cs  chv cv  cor kw  cos co
cym cy  dan da  deu de  ell el  eng en  epo eo  est et  eus eu  fao fo  fas fa  fin fi  fra fr  fry fy  gle ga
gla gd  glg gl  glv gv  guj gu  hat ht  hau ha  hbs sh  heb he  hin hi  hrv hr  hun hu  hye hy  ibo ig  ido io
ina ia  ind id  isl is  ita it  jpn ja  kan kn  kat ka  kaz kk  khm km  kin rw  kir ky  kor ko  lao lo  lat la
lav lv  lin ln  lit lt  ltz lb  mal ml  mar mr  mkd mk  mlg mg  mlt mt  mon mn  mri mi  msa ms  mya my  nep ne
nld nl  nno nn  nob nb  nor no  nya ny  oci oc  orm om  pan pa  pol pl  por pt  que qu  roh rm  ron ro  rus ru
san sa  sin si  slk sk  slv sl  sme se  snd sd  som so  spa es  sqi sq  srd sc  srp sr  swa sw  swe sv  tam ta
tat tt  tel te  tgk tg  tgl tl  tha th  tir ti  tuk tk  tur tr  uig ug  ukr uk  urd ur  uzb uz  vie vi  wln wa
wol wo  xho xh  yid yi  yor yo  zho zh  zlm ms  zul zu
"""
_WORDS = _TABLE.split()
_TO_TWO_LETTERS = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
"""ISO 639-3 to 639-1, where there is one: BCP 47 wants the shorter. Others, such as `ast`, are their own."""


def bcp47(code: str) -> str:
    """The primary subtag of one side of a mode: `eng_US` and `en` are both `en`."""
    base = code.split("_")[0].split("@")[0].lower()
    return _TO_TWO_LETTERS.get(base, base)


def modes_by_pair(listing: str) -> dict[tuple[str, str], str]:
    """What `apertium -l` prints, by (source, target). Of a pair's variants the plain one is taken, else the first."""
    found: dict[tuple[str, str], str] = {}
    for mode in sorted(listing.split(), key=lambda name: ("_" in name or "@" in name, name)):
        sides = mode.split("-")
        if len(sides) == 2:
            found.setdefault((bcp47(sides[0]), bcp47(sides[1])), mode)
    return found
