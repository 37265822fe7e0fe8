"""Who may be named when: a person has a name from where it is first said, or stands on the screen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from activities.ports import SceneSight
from schema.plan.profile import NETFLIX
from schema.vtt import Transcript, format_timestamp
from schema.vtt.linguistics import break_rules
from schema.vtt.sentences import CLOSING_SIGNS, SENTENCE_SIGNS, ends_sentence, split_sentences
from schema.vtt.text import UNSPACED, primary, words_of

_NOUNS_IN_CAPITALS = frozenset({"de", "lb"})
_CALLED = SENTENCE_SIGNS + ",:;" + CLOSING_SIGNS
_STEM = 3
_GERMAN_TITLES = frozenset(
    [
        "herr",
        "herrn",
        "frau",
        "fräulein",
        "doktor",
        "dr",
        "professor",
        "onkel",
        "tante",
        "heiße",
        "heißt",
        "heißen",
        "namens",
    ]
)
"""After one of these stands a name."""
_GERMAN_ARTICLES = re.compile(
    r"d(er|ie|as|en|em|es)|[kmds]?ein\w{0,2}|ihr\w{0,2}|unser\w{0,2}|eu(er|re)\w{0,2}|dies\w{1,2}|jede\w?|welche\w?|"
    r"im|am|zum|zur|beim|vom|ins|ans"
)
"""After one of these stands a thing."""


class Names:
    """What a programme says and shows of names, and since when."""

    def __init__(self, transcript: Transcript, scenes: Sequence[SceneSight], language: str) -> None:
        """`language` is the descriptions'."""
        self._language = primary(language)
        self._capitals = self._language not in _NOUNS_IN_CAPITALS | UNSPACED
        said = [(word.text, word.start_ms) for word in transcript.words]
        self._texts = said + [
            (text, max(0, scene.start_ms - NETFLIX.max_early_ms))  # a plan may tell it so much earlier
            for scene in scenes
            for text in scene.on_screen_text
        ]
        self._since: dict[str, int] = {}
        for text, at_ms in self._texts:
            for bare in map(str.casefold, _bare(text)):
                self._since[bare] = min(at_ms, self._since.get(bare, at_ms))
        seen = [bare for scene in scenes for bare in _bare(scene.description or "")]
        heard = [bare for text, _ in said for bare in _bare(text)]
        if all(bare == bare.lower() for bare in heard):
            heard = []  # a recogniser that writes no capitals
        self._small = {bare for bare in seen + heard if bare == bare.lower()}
        german = primary(transcript.language) in _NOUNS_IN_CAPITALS
        called = _called_in_german(transcript) if german else _called(transcript)
        self._called = {name for name in called if name.casefold() not in self._small}

    def too_early(
        self, description: str, at_ms: int, declared: Iterable[str] = (), seen: str = ""
    ) -> str | None:
        """A name in `description` that nobody knows at `at_ms`. `declared` are those that its author says it has: each
        must be known. Of its other words, those that are names where they are said later, and were not `seen`: a
        place or a holiday can be told by its looks."""
        for name in declared:
            if unknown := self._unknown(name, description, at_ms):
                return unknown
        if self._language in UNSPACED:
            return None
        known = set(_bare(seen))
        for sentence in split_sentences(description, self._language):
            for place, word in enumerate(_bare(sentence)):
                inside = place > 0 and self._tells_names(word)
                if word in known or not (inside or word in self._called):
                    continue
                if self._since.get(word.casefold(), 0) > at_ms:
                    return word
        return None

    def remark(self, description: str, at_ms: int) -> str | None:
        """For the writer, where a word of it may be a name that comes too early."""
        early = self.too_early(description, at_ms)
        if early is None:
            return None
        return f"“{early}” is heard or read not before {format_timestamp(self._since[early.casefold()])}."

    def _unknown(self, name: str, description: str, at_ms: int) -> str | None:
        """The part of a declared `name` that is in the description, and is not known."""
        if self._language in UNSPACED:
            known = "".join(text for text, since in self._texts if since <= at_ms)
            return name if name in description and name not in known else None
        said = set(_bare(description))
        titles = break_rules(self._language).holds
        for part in _bare(name):
            if part in said and part.lower() not in titles:
                since = self._first(part.casefold())
                if since is None or since > at_ms:
                    return part
        return None

    def _tells_names(self, word: str) -> bool:
        """Whether it is written as nothing but names are: German has capitals for every noun."""
        return self._capitals and _is_written_as_name(word) and word.casefold() not in self._small

    def _first(self, word: str) -> int | None:
        """When a name is first known, in languages that inflect it also in another form."""
        if word in self._since or self._language == "en":
            return self._since.get(word)
        stem = word[: max(_STEM, len(word) - 2)]
        forms = [since for known, since in self._since.items() if known.startswith(stem)]
        return min(forms, default=None)


def _called(transcript: Transcript) -> set[str]:
    """Words that are written as names are: in capitals inside a sentence, or called out alone."""
    found: set[str] = set()
    opens = True
    for place, word in enumerate(transcript.words, 1):
        if not opens or word.text[-1:] in _CALLED:
            found |= {bare for bare in _bare(word.text) if _is_written_as_name(bare)}
        after = transcript.words[place].text if place < len(transcript.words) else ""
        opens = ends_sentence(word.text, transcript.language, after)
    return found


def _called_in_german(transcript: Transcript) -> set[str]:
    """Words after a title or `heißt`, or spoken to more than once, that never have an article."""
    named: set[str] = set()
    things: set[str] = set()
    spoken_to: Counter[str] = Counter()
    before, opens = "", True
    for word in transcript.words:
        for bare in filter(_is_written_as_name, _bare(word.text)):
            if before in _GERMAN_TITLES:
                named.add(bare)
            elif _GERMAN_ARTICLES.fullmatch(before):
                things.add(bare)
            elif opens and word.text.endswith(","):
                spoken_to[bare] += 1
        opens = word.text[-1:] in _CALLED
        before = (
            next(_bare(word.text), "").lower() if word.text[-1:] not in _CALLED or word.text == "Dr." else ""
        )
    return named | {name for name, times in spoken_to.items() if times > 1} - things


def _bare(text: str) -> Iterator[str]:
    """Its words; of what an apostrophe joins the name, as in `Anna's`, `d'Anna` and `O'Brien`, or else the first part."""
    for word in words_of(text):
        parts = word.replace("’", "'").split("'")
        yield next((part for part in reversed(parts) if _is_written_as_name(part)), parts[0])


def _is_written_as_name(word: str) -> bool:
    """`Anna`, `McKenzie` and `Jean-Luc` are, `NASA` is not."""
    return len(word) > 1 and word[0].isupper() and any(sign.islower() for sign in word)
