"""What ruby reads stands beside its base: it is counted with no line, and said in its base's place."""

from __future__ import annotations

import pytest

from schema.plan.estimate import estimate_ms, usual_rate
from schema.vtt import Cue, Document, check_captions
from schema.vtt.runs import with_readings

SCHOOL = "<ruby>東京<rt>とうきょう</rt></ruby>の<ruby>学校<rt>がっこう</rt></ruby>に<ruby>通<rt>かよ</rt></ruby>っていました。"


@pytest.mark.parametrize(
    ("text", "plain", "spoken", "flat"),
    [
        (SCHOOL, "東京の学校に通っていました。", "とうきょうのがっこうにかよっていました。", "東京(とうきょう)の学校(がっこう)に通(かよ)っていました。"),
        ("<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>だ", "漢字だ", "かんじだ", "漢(かん)字(じ)だ"),
        ("<ruby>本気<rt.small>マジ</ruby>で", "本気で", "マジで", "本気(マジ)で"),
        ("<ruby>海<rt> </rt></ruby>を見る", "海を見る", "海を見る", "海を見る"),
        ("<v Ann>Go <i>now</i> &amp; stay", "Go now & stay", "Go now & stay", "Go now & stay"),
    ],
)  # fmt: skip
def test_readings_are_beside_the_text(text: str, plain: str, spoken: str, flat: str) -> None:
    cue = Cue("a", 0, 4000, text)
    assert (cue.plain, cue.spoken, with_readings(text)) == (plain, spoken, flat)


def test_a_line_is_as_long_as_its_bases() -> None:
    found = check_captions(Document.of([Cue("a", 0, 5000, SCHOOL)]), language="ja")
    assert [finding.rule for finding in found] == []


def test_a_description_takes_as_long_as_its_readings() -> None:
    assert estimate_ms(SCHOOL, usual_rate("ja")) == estimate_ms(
        "とうきょうのがっこうにかよっていました。", usual_rate("ja")
    )
