"""Translations against their source, and the glossary."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.findings import Finding
from schema.vtt import Cue, Document
from schema.vtt.glossary import Term, Terms, find_terms
from schema.vtt.quality import check_translation, term_accuracy, terms_of_cues
from schema.vtt.quality.language import other_language


def check(
    source: str, target: str, languages: tuple[str, str] = ("en", "es"), terms: list[Term] | None = None
) -> list[str]:
    a, b = (Document.of([Cue("a", 0, 4000, text)]) for text in (source, target))
    return [finding.rule for finding in check_translation(a, b, *languages, terms or [])]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("The light house keeper and the light", "en", ["light house", "light"]),
        ("Lighthouses, lights: no whole word", "en", []),
        ("LIGHT, light!", "en", ["light", "light"]),
        ("It is a WHO report, who knows", "en", ["WHO"]),
        ("灯台守は灯台にいる", "ja", ["灯台守", "灯台"]),
        ("MAIN AI、AIの", "ja", ["AI", "AI"]),
        ("MAIN", "ja", []),
        ("a cafe\u0301 and a café", "en", ["café", "café"]),
        ("C++ or .NET", "en", ["C++", ".NET"]),
        ("IŞIK, ışık; CAFÉ", "tr", ["ışık", "ışık", "café"]),
    ],
)
def test_terms_are_found_longest_first_at_word_boundaries(text: str, language: str, found: list[str]) -> None:
    names = ["light", "light house", "灯台", "灯台守", "AI", "café", "C++", ".NET", "ışık"]
    terms = [Term(name) for name in names] + [Term("WHO", case_sensitive=True)]
    assert [match.term.source for match in find_terms(text, terms, language)] == found


def test_forbidden_terms_are_not_looked_for_in_the_source() -> None:
    assert find_terms("light", [Term("light", forbidden=True)], "en") == []


def test_many_terms_are_looked_for_where_one_may_begin_and_nowhere_else() -> None:
    terms = [Term(f"term {n} of many") for n in range(10_000)]
    ready = Terms(((term.source, term) for term in terms), "en")
    texts = [f"Here stands term {n} of many, and no other." for n in range(50)]

    begin = time.process_time()
    for text in texts:
        assert sum(text.startswith(term.source, 12) for term in terms) >= 1
    once = time.process_time()
    for text in texts:
        assert len(ready.find(text)) == 1
    found = time.process_time()
    assert found - once < 8 * (once - begin), "a look at each of the forty places takes forty times as long"


@given(
    st.text(max_size=40), st.lists(st.text(min_size=1, max_size=6), max_size=6), st.sampled_from(["en", "ja"])
)
def test_matches_are_the_terms_and_never_overlap(text: str, names: list[str], language: str) -> None:
    end = 0
    for match in find_terms(text, [Term(name) for name in names], language):
        assert end <= match.start < match.end
        end = match.end


@pytest.mark.parametrize(
    ("source", "target", "languages", "rules"),
    [
        ("It was built in 1834.", "Se construyó en 1834.", ("en", "es"), []),
        ("It was built in 1834.", "Se construyó en 1843.", ("en", "es"), ["translation_number"]),
        ("It cost 1,000.50 euros.", "Costó 1.000,50 euros.", ("en", "es"), []),
        ("We meet at 10:30.", "Treffen um 10.30 Uhr.", ("en", "de"), []),
        ("We meet at 10:30.", "Treffen um 10.40 Uhr.", ("en", "de"), ["translation_number"]),
        ("We meet at 10:30.", "Rendez-vous à 10\u00a0h\u00a030.", ("en", "fr"), []),
        ("It has 1,000,000.", "Il y en a 1 000 000.", ("en", "fr"), []),
        ("10,000 people came.", "1万人来た。", ("en", "ja"), []),
        ("10,000 people came.", "2万人来た。", ("en", "ja"), ["translation_number"]),
        ("It cost 3.5 million.", "花了350万。", ("en", "zh"), []),
        ("It has 120,012,345 of them.", "1억 2001만 2345개가 있다.", ("en", "ko"), ["translation_number"]),
        ("It has 120,010,000 of them.", "1億2001万ある。", ("en", "ja"), []),
        ("5 million 20 years ago.", "20年前に500万。", ("en", "ja"), []),
        ("It cost 50 million.", "5千万かかった。", ("en", "ja"), []),
        ("1" * 6000 + "万", "1" * 6000, ("ja", "en"), []),
        ("It cost 5 million.", "इसकी कीमत 50 लाख थी।", ("en", "hi"), []),
        ("It was 1834.", "كان ١٨٣٤.", ("en", "ar"), []),
        ("See https://a.example/x.", "Véase https://a.example/x.", ("en", "es"), []),
        ("See https://a.example/x", "Véase https://b.example/x", ("en", "es"), ["translation_url"]),
        ("Write to me@a.example.", "Escriba.", ("en", "es"), ["translation_length", "translation_url"]),
        ("We are going home.", "We are going home.", ("en", "es"), ["untranslated"]),
        ("We are going home.", "We are going home.", ("en-US", "en-GB"), []),
        ("Robert Stevenson!", "Robert Stevenson!", ("en", "es"), []),
        ("“Zoë! José García!”", "“Zoë! José García!”", ("en", "es"), []),
        ("♪ … ♪", "♪ … ♪", ("en", "es"), []),
        ("こんにちは", "こんにちは", ("ja", "en"), ["untranslated"]),
        ("Привет", "Привет", ("ru", "en"), ["untranslated"]),
        ("Анна Павлова!", "Анна Павлова!", ("ru", "uk"), []),
        ("Надо идти домой.", "Надо идти домой.", ("ru", "uk"), ["untranslated"]),
        ("東京", "東京", ("zh", "ja"), ["untranslated"]),
        ("<v Ann>Go <i>now</i>.", "<v Ann>Ve <i>ahora</i>.", ("en", "es"), []),
        ("<ruby>東京<rt>とうきょう</rt></ruby>です", "It is Tokyo.", ("ja", "en"), []),
        ("<v Ann>Go <i>now</i>.", "<v Ana>Ve ahora.", ("en", "es"), ["translation_markup"]),
        ("Go now.", " ", ("en", "es"), ["translation_cue_missing"]),
        ("We are going home now, all of us.", "Vamos.", ("en", "es"), ["translation_length"]),
        ("We are going home now, all of us.", "我们现在都要回家了。", ("en", "zh"), []),
    ],
)
def test_what_a_translator_may_slip_on(
    source: str, target: str, languages: tuple[str, str], rules: list[str]
) -> None:
    assert sorted(check(source, target, languages)) == rules


@pytest.mark.parametrize(
    ("target", "language", "kept"),
    [
        ("詳しくはhttps://a.example/xをご覧ください。", "ja", True),
        ("详情请见https://a.example/x。", "zh", True),
        ("https://a.example/x에서 확인하세요.", "ko", True),
        ("ดูที่https://a.example/xได้เลย", "th", True),
        ("Katso https://a.example/x:ssä.", "fi", True),
        ("Lásd: https://a.example/x-en.", "hu", True),
        ("https://a.example/x’e bakın.", "tr", True),
        ("Voir (https://a.example/x).", "fr", True),
        ("Véase https://a.example/x/es.", "es", False),
        ("Véase https://a.example/xy.", "es", False),
        ("Véase https://a.example.", "es", False),
    ],
)
def test_an_address_may_be_followed_by_what_its_language_writes_with_it(
    target: str, language: str, kept: bool
) -> None:
    found = check("See https://a.example/x.", target, ("en", language))
    assert ("translation_url" not in found) is kept


@pytest.mark.parametrize("target", ["メールはme@a.exampleまで。", "me@a.example으로 보내세요."])
def test_an_electronic_address_ends_where_its_letters_do(target: str) -> None:
    assert check("Write: me@a.example.", target, ("en", "ja" if "は" in target else "ko")) == []
    assert check(target, "Write: me@a.example.", ("ja" if "は" in target else "ko", "en")) == []


def test_cues_are_paired_by_id() -> None:
    source = Document.of([Cue("a", 0, 1000, "One."), Cue("b", 2000, 3000, "Two.")])
    target = Document.of([Cue("b", 2000, 3100, "Dos."), Cue("c", 5000, 6000, "Tres.")])
    found = check_translation(source, target, "en", "es")
    assert [(f.rule, f.severity, f.cue_id) for f in found] == [
        ("translation_timing", "warning", "b"),
        ("translation_cue_extra", "warning", "c"),
        ("translation_cue_missing", "blocking", None),
    ]
    bare = Document.of([Cue("", 0, 1000, "One.")])
    assert [f.rule for f in check_translation(bare, Document(), "en", "es")] == ["translation_cue_missing"]


def test_the_glossary_is_held() -> None:
    terms = [
        Term("lighthouse", "faro"),
        Term("Northern Lights", do_not_translate=True),
        Term("keeper", "guardián", forbidden=True, notes="write farero"),
    ]
    good = "El farero del faro vio las Northern Lights."
    source = "The lighthouse keeper saw the Northern Lights."
    assert check(source, good, terms=terms) == []
    bad = "El guardián de la torre vio la aurora boreal."
    assert check(source, bad, terms=terms) == [
        "glossary_term",
        "glossary_do_not_translate",
        "glossary_forbidden",
    ]
    a, b = Document.of([Cue("a", 0, 1, source)]), Document.of([Cue("a", 0, 1, bad.replace("torre", "faro"))])
    accuracy = term_accuracy(terms_of_cues(a, b, "en", "es", terms))
    assert (accuracy.correct, accuracy.n, accuracy.accuracy) == (1, 2, 0.5)


@pytest.mark.parametrize(
    ("source", "target", "languages", "term", "rules"),
    [
        ("We saw the Northern\nLights.", "Vimos la aurora\nboreal.", ("en", "es"), Term("Northern Lights", do_not_translate=True), ["glossary_do_not_translate"]),
        ("We saw the Northern\nLights.", "Vimos las Northern\nLights.", ("en", "es"), Term("Northern Lights", do_not_translate=True), []),
        ("The aurora.", "La aurora\nboreal.", ("en", "es"), Term("aurora", "aurora boreal", forbidden=True), ["glossary_forbidden"]),
        ("灯台\n守です", "The watchman.", ("ja", "en"), Term("灯台守", "keeper"), ["glossary_term"]),
        ("The keeper.", "灯台\n守です", ("en", "ja"), Term("keeper", "灯台守"), []),
        ("Hi, O'Neil.", "Hola, O’Neil.", ("en", "es"), Term("O'Neil", do_not_translate=True), []),
        ("Hi, O’Neil.", "Hola, Onil.", ("en", "es"), Term("O'Neil", do_not_translate=True), ["glossary_do_not_translate"]),
        ("New\u00a0York!", "¡Nueva York!", ("en", "es"), Term("New York", do_not_translate=True), ["glossary_do_not_translate"]),
        ("The lighthouse.", "Der Leucht\u00adturm.", ("en", "de"), Term("lighthouse", "Leuchtturm"), []),
        ("The hut.", "Die Hüt\u00adte.", ("en", "de"), Term("hut", "Hütte", forbidden=True), ["glossary_forbidden"]),
    ],
)  # fmt: skip
def test_a_term_goes_on_across_lines_and_is_the_same_however_it_is_typed(
    source: str, target: str, languages: tuple[str, str], term: Term, rules: list[str]
) -> None:
    assert check(source, target, languages, [term]) == rules


def test_no_term_in_the_text_is_not_applicable() -> None:
    a = Document.of([Cue("a", 0, 1, "Nothing here.")])
    terms = terms_of_cues(a, a, "en", "es", [Term("lighthouse", "faro")])
    assert (term_accuracy(terms).accuracy, term_accuracy(terms).n) == (None, 0)


@pytest.mark.parametrize(
    ("language", "term", "text", "kept"),
    [
        ("ko", Term("lighthouse", "등대"), "그는 등대에서 살았다.", True),
        ("ko", Term("lighthouse", "등대"), "등대를 지킨다.", True),
        ("ko", Term("lighthouse", "등대"), "오래된 해안등대입니다.", True),
        ("ko", Term("door", "문"), "문이 열린다.", True),
        ("ko", Term("door", "문"), "신문을 읽는다.", False),
        ("ko", Term("WHO", do_not_translate=True), "WHO는 말했다.", True),
        ("de", Term("lighthouse", "Leuchtturm"), "Der Leuchtturmwärter schläft.", True),
        ("de", Term("lighthouse", "Leuchtturm"), "Zwei alte Küstenleuchttürme.", True),
        ("de", Term("lighthouse", "Leuchtturm"), "Die Türme leuchten.", False),
        ("de", Term("egg", "Ei"), "Er bereitet alles vor.", False),
        ("de", Term("foghorn", "Nebelhorn"), "Die Nebelhörner tönen.", True),
        ("de", Term("go", "gehen", forms=("ging", "gegangen")), "Er ging nach Hause.", True),
        ("de", Term("go", "gehen"), "Er ging nach Hause.", False),
        ("fi", Term("lighthouse", "majakka"), "Hän asui majakassa.", True),
        ("fi", Term("Apple", do_not_translate=True), "Applen puhelin.", True),
        ("hu", Term("lighthouse", "világítótorony"), "A világítótoronyban élt.", True),
        ("tr", Term("lighthouse", "fener"), "Fenerler uzakta.", True),
        ("es", Term("lighthouse", "faro"), "Los faros brillan.", True),
        ("es", Term("lighthouse", "faro"), "El farol brilla.", False),
        ("es", Term("youth", "joven"), "Los jóvenes esperan.", True),
        ("es", Term("light", "luz"), "Se ven luces.", True),
        ("es", Term("exam", "examen"), "Dos exámenes.", True),
        ("pt", Term("station", "estação"), "As estações estão fechadas.", True),
        ("pt-BR", Term("newspaper", "jornal"), "Leu os jornais.", True),
        ("pt", Term("paper", "papel"), "Os papéis voam.", True),
        ("pt", Term("journey", "viagem"), "Longas viagens.", True),
        ("pt", Term("sheet", "lençol"), "Lençóis brancos.", True),
        ("pt", Term("station", "estação"), "O estado fechou.", False),
        ("ca", Term("station", "estació"), "Les estacions tanquen.", True),
        ("it", Term("lake", "lago"), "Due laghi.", True),
        ("fr", Term("work", "œuvre"), "Les oeuvres complètes.", True),
        ("fr", Term("roadworks", "travail"), "Des travaux.", True),
        ("fr", Term("active", "actif"), "Elle est active.", True),
        ("fr", Term("water", "eau"), "Elles viennent.", False),
        ("ro", Term("street", "stradă"), "Pe străzi.", True),
        ("pl", Term("book", "książka"), "Dużo książek.", True),
        ("pl", Term("hand", "ręka"), "W ręce.", True),
        ("es", Term("control tower", "torre de control"), "Las torres de control.", True),
        ("es", Term("control tower", "torre de control"), "El control de la torre.", False),
        ("ru", Term("lighthouse", "маяк"), "Они жили у маяка.", True),
        ("pl", Term("lighthouse", "latarnia", forms=("latarni",)), "W latarni.", True),
        ("nl", Term("lighthouse", "vuurtoren"), "De vuurtorenwachter.", True),
        ("es", Term("WHO", "OMS", case_sensitive=True), "La oms dice.", False),
        ("tr", Term("work safety", "iş güvenliği"), "İş güvenliği önemlidir.", True),
        ("tr", Term("light", "ışık"), "IŞIKLAR yandı.", True),
        ("tr", Term("Instagram", do_not_translate=True), "Instagram'da paylaştı.", True),
        ("uk", Term("library", "бібліотека"), "У бібліотеці тихо.", True),
        ("uk", Term("library", "бібліотека"), "У книгарні тихо.", False),
        ("uk", Term("digital library", "цифрова бібліотека"), "Дані цифрової бібліотеки.", True),
        ("sk", Term("library", "knižnica"), "V knižnici je ticho.", True),
        ("bg", Term("library", "библиотека"), "Библиотеката е отворена.", True),
        ("lv", Term("library", "bibliotēka"), "Bibliotēkā ir kluss.", True),
        ("ka", Term("library", "ბიბლიოთეკა"), "ბიბლიოთეკის კარი.", True),
        ("bn", Term("school", "বিদ্যালয়"), "বিদ্যালয়ে শিশুরা আছে।", True),
        ("he", Term("gallery", "גלריה"), "ושבגלריה היא יושבת.", True),
        ("he", Term("school", "בית ספר"), "לבית הספר הם הולכים.", True),
        ("he", Term("gallery", "גלריה"), "המוזיאון פתוח.", False),
        ("ru", Term("Union", "Союз", case_sensitive=True), "Он живёт в Союзе.", True),
        ("ru", Term("Union", "Союз", case_sensitive=True), "В этом союзе.", False),
        ("pl", Term("Facebook", do_not_translate=True), "Jestem na Facebooku.", True),
        ("pl", Term("Cartoon Network", do_not_translate=True), "Na Cartoon Networku.", True),
        ("sr", Term("Toyota", do_not_translate=True), "Vozi Toyotu.", True),
        ("pl", Term("Facebook", do_not_translate=True), "Jestem na Fejsie.", False),
        ("es", Term("Kindle", do_not_translate=True), "Los Kindlets.", False),
        ("vi", Term("life", "sinh"), "Sin lỗi.", False),
        ("vi", Term("peace", "hoà bình"), "Chúng ta muốn hòa bình.", True),
        ("vi", Term("ship", "tàu thủy"), "Tàu thuỷ lớn.", True),
        ("vi", Term("peace", "hoà bình"), "Chúng ta muốn hoa bình.", False),
    ],
)
def test_a_word_is_found_in_the_form_that_its_language_gives_it(
    language: str, term: Term, text: str, kept: bool
) -> None:
    source = Document.of([Cue("a", 0, 4000, f"Here: {term.source}.")])
    (found,) = terms_of_cues(source, Document.of([Cue("a", 0, 4000, text)]), "en", language, [term])
    assert found.kept is kept


def test_a_term_of_korean_is_found_with_its_particles_and_in_no_other_word() -> None:
    terms = [Term("등대", "lighthouse")]
    assert [m.term.source for m in find_terms("등대는 등대를 등대에서도 등대", terms, "ko")] == ["등대"] * 4
    assert find_terms("등대지기가", terms, "ko") == []


def test_of_homonyms_any_translation_will_do() -> None:
    terms = [Term("light", "Licht"), Term("light", "leicht")]
    for text, rules in (("Das ist leicht.", []), ("Das Licht!", []), ("Das ist hell.", ["glossary_term"])):
        assert check("This is light.", text, ("en", "de"), terms) == rules


def test_a_finding_names_its_term_and_what_is_wanted() -> None:
    source, target = (Document.of([Cue("a", 0, 4000, text)]) for text in ("The lighthouse.", "La torre."))
    (found,) = check_translation(source, target, "en", "es", [Term("lighthouse", "faro")])
    assert (found.rule, found.term, found.wanted) == ("glossary_term", "lighthouse", "faro")


def test_many_terms_are_made_ready_once_and_looked_at_where_they_stand() -> None:
    terms = [Term(f"term {n}", f"Wort {n}") for n in range(20_000)]
    source = Document.of([Cue(f"c{n}", n, n + 1, f"Here is term {n}.") for n in range(200)])
    target = Document.of([Cue(f"c{n}", n, n + 1, f"Hier ist Wort {n}.") for n in range(200)])
    begin = time.process_time()
    assert all(term.kept for term in terms_of_cues(source, target, "en", "de", terms))
    assert time.process_time() - begin < 20


ENGLISH = "I think that we are going to the house of my brother, and he is not very happy with this. " * 3
SPANISH = "Creo que nos vamos a la casa de mi hermano, y él no está muy contento con esto, pero se va. " * 3


@pytest.mark.parametrize(
    ("text", "source", "target", "other"),
    [
        (ENGLISH, "en", "es", True),
        (SPANISH, "en", "es", False),
        (ENGLISH, "en", "ru", True),
        (ENGLISH, "en", "ja", True),
        ("私たちは兄の家に行くところですが、彼はこのことをあまり喜んでいません。" * 2, "en", "ja", False),
        ("我们要去我哥哥家，他对此不太高兴。" * 4, "en", "ja", True),
        ("我们要去我哥哥家，他对此不太高兴。" * 4, "en", "zh", False),
        ("Мы едем домой к моему брату, и он этому не очень рад.", "en", "ru", False),
        ("Too short.", "en", "ru", False),
        (ENGLISH, "en", "en-GB", False),
        (ENGLISH, "en", "sw", False),
    ],
)
def test_another_language_is_told_only_beyond_doubt(text: str, source: str, target: str, other: bool) -> None:
    assert (other_language(text, source, target) is not None) is other


def test_a_whole_document_in_the_wrong_language_blocks() -> None:
    document = Document.of([Cue("a", 0, 60_000, ENGLISH)])
    found: list[Finding] = check_translation(document, document, "en", "de")
    assert [(f.rule, f.severity, f.cue_index) for f in found] == [
        ("untranslated", "warning", 0),
        ("wrong_language", "blocking", None),
    ]


@pytest.mark.parametrize(
    ("language", "text", "other"),
    [
        ("sr-Latn", "Ovo je jedna duga rečenica sa mnogo slova i reči u njoj.", False),
        ("sr", "Ovo je jedna duga rečenica sa mnogo slova i reči u njoj.", False),
        ("sr-Cyrl", "Ovo je jedna duga rečenica sa mnogo slova i reči u njoj.", True),
        ("sr", "This is a long sentence with many letters and words in it.", True),
        ("uz", "Бу анча узун гап бўлиб, кимдир инглиз тилида айтади деб ўйлайман.", False),
        ("ka", "This is a long sentence with many letters and words in it.", True),
        ("am", "This is a long sentence with many letters and words in it.", True),
        (
            "ja",
            "これは長い文章で、たくさんの文字と言葉がその中に入っていますから、読むのに時間がかかります。",
            False,
        ),
        (
            "ko",
            "이것은 그 안에 많은 글자와 단어가 들어 있는 긴 문장이라서 읽는 데 시간이 꽤 걸리고 어렵습니다.",
            False,
        ),
    ],
)
def test_every_language_has_its_script(language: str, text: str, other: bool) -> None:
    assert (other_language(text, "en", language) is not None) == other
