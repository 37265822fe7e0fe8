"""Files of terms: what is read, and what is refused in a sentence, with nothing taken."""

from __future__ import annotations

import datetime as dt
import io
import re
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from schema.errors import Invalid, TooLarge
from schema.glossary import Sheet, TermRow, read_terms, write_xlsx
from schema.glossary.reading import MAX_BYTES, MOST_ERRORS
from tests.api.glossary_files import HEAD, ROWS, book, changed, saved, xlsx

WHOLE = [
    TermRow("lighthouse", {"de": "Leuchtturm", "es": "faro"}, "By the sea.", part_of_speech="noun", forms={"de": ("Leuchttürme", "Leuchtturms")}),
    TermRow("keeper", {"de": "Wärter", "es": "farero"}),
    TermRow("keeper", {"de": "Bewacher"}, "Write Wärter.", forbidden=True),
    TermRow("Harbour Studio", {}, case_sensitive=True, do_not_translate=True),
    TermRow("fog horn", {"de": "Nebelhorn", "es": "sirena de niebla"}),
]  # fmt: skip


def read(content: bytes, language: str = "en") -> Sheet:
    return read_terms(io.BytesIO(content), language)


def refused(content: bytes) -> Invalid:
    with pytest.raises(Invalid) as told:
        read(content)
    assert told.value.message.endswith(".")
    assert len(told.value.message) < 400
    return told.value


def places(*rows: Sequence[Any], head: Sequence[Any] = HEAD) -> list[tuple[str, str]]:
    return [(each.field, each.message) for each in refused(xlsx(*rows, head=head)).errors]


def test_openpyxl_reads_xml_that_declares_nothing() -> None:
    assert openpyxl.DEFUSEDXML is True


def test_a_workbook_is_read() -> None:
    assert read(xlsx()).rows == WHOLE
    assert read(xlsx()).languages == ["de", "es"]
    spaced = [(None, None), ("", " "), *ROWS[:2]]
    assert read(xlsx(*spaced)).rows == WHOLE[:2]


def test_csv_is_read_by_what_divides_it() -> None:
    text = 'Source Term;de;Do not translate\nlight;"Licht; hell";no\n\nMara;;x\n'
    wanted = [TermRow("light", {"de": "Licht; hell"}), TermRow("Mara", do_not_translate=True)]
    for coding in ("utf-8", "utf-8-sig", "utf-16"):
        assert read(text.encode(coding)).rows == wanted
    assert read(b"en,pt_br\nlight,luz\n").rows == [TermRow("light", {"pt-BR": "luz"})]
    assert read(b"en\tde\nlight\tLicht\n").rows == [TermRow("light", {"de": "Licht"})]


TBX2 = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE martif SYSTEM "TBXBasiccoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="en"><text><body>
<termEntry id="c1"><descrip type="definition">A tower.</descrip>
 <langSet xml:lang="en"><tig><term>lighthouse</term><termNote type="partOfSpeech">noun</termNote></tig></langSet>
 <langSet xml:lang="de"><ntig><termGrp><term>Leuchtturm</term></termGrp></ntig><tig><term>Leuchtfeuer</term></tig>
  <tig><term>Lichtturm</term><termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></tig></langSet>
</termEntry></body></text></martif>"""
TBX3 = """<tbx style="dct" xmlns="urn:iso:std:iso:30042:ed-2" xmlns:basic="http://www.tbxinfo.net/ns/basic"><text><body>
<conceptEntry id="c1"><basic:definition/><langSec xml:lang="en"><termSec><term>sea</term>
<basic:partOfSpeech>noun</basic:partOfSpeech></termSec></langSec>
<langSec xml:lang="de"><termSec><term>Meer</term></termSec></langSec></conceptEntry></body></text></tbx>"""


SYNONYMS = """<tbx style="dct" xmlns="urn:iso:std:iso:30042:ed-2" xmlns:min="http://www.tbxinfo.net/ns/min"><text><body>
<conceptEntry id="c1"><note>Of ships.</note>
<langSec xml:lang="en">
<termSec><term>lighthouse</term></termSec>
<termSec><term>light station</term><note>In the US.</note></termSec>
<termSec><term>Lighthouse</term></termSec>
<termSec><term>pharos</term><min:administrativeStatus>deprecatedTerm-admn-sts</min:administrativeStatus></termSec>
</langSec>
<langSec xml:lang="es">
<termSec><term>faro</term></termSec>
<termSec><term>linterna</term><min:administrativeStatus>supersededTerm-admn-sts</min:administrativeStatus></termSec>
</langSec></conceptEntry>
%s</body></text></tbx>"""
ANOTHER = """<conceptEntry id="c2"><langSec xml:lang="en"><termSec><term>beacon</term></termSec>
<termSec><term>light station</term></termSec></langSec>
<langSec xml:lang="es"><termSec><term>baliza</term></termSec></langSec></conceptEntry>"""


def test_each_source_term_of_a_concept_is_a_term_of_its_own() -> None:
    used, avoided = {"es": "faro"}, {"es": "linterna"}
    assert read((SYNONYMS % "").encode()).rows == [
        TermRow("lighthouse", used, "Of ships."),
        TermRow("lighthouse", avoided, "Of ships.", forbidden=True),
        TermRow("light station", used, "Of ships.\nIn the US."),
        TermRow("light station", avoided, "Of ships.\nIn the US.", forbidden=True),
    ]
    with pytest.raises(Invalid, match="“light station” stands in concept c1 already"):
        read((SYNONYMS % ANOTHER).encode())


def test_tbx_basic_is_read_in_both_its_versions() -> None:
    assert read(TBX2.encode()).rows == [
        TermRow("lighthouse", {"de": "Leuchtturm"}, "A tower.", part_of_speech="noun", forms={"de": ("Leuchtfeuer",)}),
        TermRow("lighthouse", {"de": "Lichtturm"}, "A tower.", forbidden=True),
    ]  # fmt: skip
    assert read(TBX3.encode()).rows == [TermRow("sea", {"de": "Meer"}, part_of_speech="noun")]
    with pytest.raises(Invalid) as told:
        read(TBX3.encode(), "fr")
    assert [each.field for each in told.value.errors] == ["concept c1"]


@pytest.mark.parametrize(
    ("row", "place", "said"),
    [
        (("lighthouse", "=1+1"), "B2", "formula"),
        (("lighthouse", ArrayFormula("B2", "=SUM(A1:A2)")), "B2", "formula"),
        (("=HYPERLINK(A1)", "x"), "A2", "formula"),
        ((dt.datetime(2024, 1, 2), "x"), "A2", "date"),
        (("x", dt.time(1, 2)), "B2", "time"),
        ((1834, "x"), "A2", "number 1834"),
        (("x", 3.5), "B2", "number 3.5"),
        (("x" * 501, "y"), "A2", "501 characters"),
        (("x", "y", None, "n" * 2001), "D2", "2001 characters"),
        (("x", "y", None, None, "maybe"), "E2", "neither yes nor no"),
        (("x", "a\nb"), "B2", "U+000A"),
        ((None, "y"), "A2", "source term is missing"),
        (("x",), "A2", "says nothing"),
        (("x", "y", None, None, None, "yes"), "A2", "no translation"),
        (("x", None, None, None, None, "yes", "yes"), "A2", "either"),
        (("x", "y", *[None] * 7, "lost"), "J2", "no name"),
        (("x", "y", *[None] * 6, "|".join(f"f{n}" for n in range(51))), "I2", "51 forms"),
    ],
)
def test_a_bad_row_is_named_with_its_cell(row: Sequence[Any], place: str, said: str) -> None:
    (found,) = places(row)
    assert found[0] == place
    assert said in found[1]


def test_the_error_of_a_formula_is_no_term() -> None:
    made = book([("x", "y")])
    made["Terms"]["B2"].value = "#N/A"
    made["Terms"]["B2"].data_type = "e"
    assert "error #N/A" in refused(saved(made)).errors[0].message


def test_the_same_term_twice_is_refused_and_homonyms_are_not() -> None:
    assert places(("light", "Licht"), ("LIGHT", "hell"))[0] == (
        "A3",
        "“LIGHT” stands in A2 already: leave one out",
    )
    rows = [("light", "Licht", *[None] * 5, "noun"), ("light", "hell", *[None] * 5, "adjective")]
    assert len(read(xlsx(*rows)).rows) == 2
    assert len(read(xlsx(("who", "wer"), ("WHO", "WHO", None, None, "yes"))).rows) == 2


@pytest.mark.parametrize(
    ("head", "place", "said"),
    [
        (("de", "es"), "A1", "no column is called “source” or “en”"),
        (("source", "German"), "B1", "no language code"),
        (("source", "de", "DE"), "C1", "same as column B"),
        (("source", "en"), "B1", "same as column A"),
        (("source", "=A1"), "B1", "formula"),
    ],
)
def test_columns_are_known_by_their_names(head: Sequence[str], place: str, said: str) -> None:
    (found,) = places(("x", "y"), head=head)
    assert found[0] == place and said in found[1]


def test_errors_are_listed_up_to_a_limit_and_counted_beyond_it() -> None:
    error = refused(xlsx(*[(f"t{n}",) for n in range(MOST_ERRORS + 7)]))
    assert len(error.errors) == MOST_ERRORS
    assert f"{MOST_ERRORS + 6} more" in error.message


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(TooLarge):
        read(b"a" * (MAX_BYTES + 1))


_SHARED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def _shared(raw: bytes, before: bytes = b"") -> bytes:
    """The package with its texts in a part of their own, as Excel writes them."""
    texts: list[bytes] = []

    def share(name: str, part: bytes) -> bytes:
        def number(found: re.Match[bytes]) -> bytes:
            texts.append(found[2])
            return b'<c r="%s" t="s"><v>%d</v></c>' % (found[1], len(texts) - 1)

        if name == "[Content_Types].xml":
            kind = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SHARED}"/></Types>'
            return part.replace(b"</Types>", kind.encode())
        return re.sub(rb'<c r="(\w+)"[^>]*t="inlineStr"[^>]*><is>(.*?)</is></c>', number, part)

    made = changed(raw, share)
    table = b"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
    table += b"".join(b"<si>%s</si>" % text for text in texts) + b"</sst>"
    return changed(made, lambda _, part: part, **{"xl__sharedStrings.xml": before + table})


def test_texts_that_are_shared_are_read() -> None:
    content = _shared(xlsx())
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert b"lighthouse" in package.read("xl/sharedStrings.xml")
        assert b"lighthouse" not in package.read("xl/worksheets/sheet1.xml")
    assert read(content).rows == WHOLE


def _bomb() -> bytes:
    return changed(
        xlsx(), lambda name, raw: raw, xl__media__bomb_xml=b"", **{"xl__x.xml": b" " * (160 * 2**20)}
    )


def _entities(raw: bytes) -> bytes:
    head, rest = raw.split(b"?>", 1) if raw.startswith(b"<?xml") else (b'<?xml version="1.0"', raw)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    return head + b"?>" + bomb + rest


def _wide() -> bytes:
    made = book()
    made["Terms"].cell(3, 16384, "far away")
    return saved(made)


def _merged() -> bytes:
    made = book()
    made["Terms"].merge_cells("B2:B3")
    return saved(made)


def _hidden() -> bytes:
    made = book()
    made.create_sheet("Secret").sheet_state = "hidden"
    return saved(made)


def _several() -> bytes:
    made = book(title="A")
    made.create_sheet("B")
    return saved(made)


def _deep_row(raw: bytes) -> bytes:
    return raw.replace(b'<row r="2"', b'<row r="999999999"')


HOSTILE = {
    "bomb": (_bomb, "unpacked"),
    "xxe": (lambda: changed(xlsx(), lambda n, raw: _entities(raw) if n.endswith("sheet1.xml") else raw), "document type"),
    "xxe in shared texts": (lambda: _shared(xlsx(), b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"), "document type"),
    "wide": (_wide, "column XFD"),
    "merged": (_merged, "B2:B3 are merged"),
    "hidden": (_hidden, "“Secret” is hidden"),
    "several": (_several, "call the one with the terms"),
    "macros": (lambda: changed(xlsx(), lambda n, raw: raw, xl__vbaProject_bin=b"", **{"xl__vbaProject.bin": b"x"}), "macros"),
    "binary": (lambda: changed(xlsx(), lambda n, raw: raw, **{"xl__workbook.bin": b"x"}), "xlsb"),
    "old": (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old or an encrypted"),
    "far row": (lambda: changed(xlsx(), lambda n, raw: _deep_row(raw) if n.endswith("sheet1.xml") else raw), "."),
    "no zip": (lambda: b"PK\x03\x04" + b"\0" * 600, "cannot be read"),
    "cut off": (lambda: xlsx()[:-200], "cannot be read"),
    "no workbook": (lambda: changed(xlsx(), lambda n, raw: None if n == "xl/workbook.xml" else raw), "cannot be read"),
    "broken sheet": (lambda: changed(xlsx(), lambda n, raw: raw[:-20] if n.endswith("sheet1.xml") else raw), "cannot be read"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no CSV in UTF-8"),
    "empty": (lambda: b"", "no term"),
    "html": (lambda: b"<html><body>hello</body></html>", "no TBX-Basic"),
    "half html": (lambda: b"<html><body>hello", "no XML"),
    "tbx bomb": (lambda: b'<!DOCTYPE x [<!ENTITY a "aa">]><tbx>&a;</tbx>', "entities"),
    "tbx outside": (lambda: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><tbx>&a;</tbx>', "entities"),
    "open quote": (lambda: b'source,de\n"light,Licht\n', "no CSV"),
    "many columns": (lambda: b"source" + b",de" * 300 + b"\nx", "301 columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_stranger_may_send_is_a_sentence(name: str) -> None:
    make, said = HOSTILE[name]
    content = make()
    begin = time.process_time()
    assert said in refused(content).message
    assert time.process_time() - begin < 20


@given(st.binary(max_size=200))
def test_any_bytes_are_terms_or_refused(content: bytes) -> None:
    with suppress(Invalid):
        read(content)


_SHEET = changed(xlsx(), lambda name, raw: raw)


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=30))
def test_a_damaged_workbook_is_read_or_refused(at: int, noise: bytes) -> None:
    def damage(name: str, raw: bytes) -> bytes:
        return (
            raw[: at % len(raw)] + noise + raw[at % len(raw) :] if name.endswith((".xml", ".rels")) else raw
        )

    with suppress(Invalid):
        read(changed(_SHEET, damage))


def test_what_is_written_reads_back_the_same() -> None:
    rows = [*WHOLE, TermRow("=A1", {"de": "@x", "pt-BR": "-1"}, "+1", forms={"": ("a", "b"), "de": ("c",)})]
    assert read(write_xlsx(rows, "en")).rows == rows
    with zipfile.ZipFile(io.BytesIO(write_xlsx(rows, "en"))) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")
