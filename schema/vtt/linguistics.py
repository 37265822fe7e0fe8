"""Where a line may end, by language: words that must not be parted from the next, and words that begin a line well.

Short lists of function words. A language without a list breaks by punctuation and balance alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from schema.vtt.text import written_as


@dataclass(frozen=True, slots=True)
class BreakRules:
    """Lower-case words. `holds` stay with the word after them (articles, determiners, pronouns before a verb,
    auxiliaries, titles); `opens` begin a line well (conjunctions, prepositions)."""

    holds: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()
    stop: str = "."
    """What closes a sentence."""


def _rules(holds: str, opens: str, stop: str = ".") -> BreakRules:
    return BreakRules(frozenset(holds.split()), frozenset(opens.split()), stop)


_RULES = {
    "en": _rules(
        "a an the my your his her its our their this that these those some any no every each "
        "i you he she it we they who is are was were am be been has have had do does did will would shall should "
        "can could may might must not i'm you're he's she's it's we're they're i've you've we've they've "
        "i'll you'll he'll she'll it'll we'll they'll don't doesn't didn't can't won't isn't aren't wasn't "
        "mr mrs ms dr st prof sir very too",
        "and but or nor so yet because although though while when where if unless until since than whether which "
        "of in on at by for with from to into onto over under about after before between through during without "
        "against among across behind beside near toward towards as",
    ),
    "es": _rules(
        "el la los las un una unos unas mi mis tu tus su sus este esta estos estas ese esa al del lo me te se nos le "
        "les yo él ella ellos ellas no muy es son era fue ha han había está están sr sra dr",
        "y e o u pero porque aunque mientras cuando donde si que de en a con por para sin sobre entre hasta desde "
        "hacia como según contra",
    ),
    "fr": _rules(
        "le la les un une des du de l' mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette "
        "ces je tu il elle on nous vous ils elles ne se me te lui est sont était a ont m mme très",
        "et ou mais donc car parce quand lorsque si que qui où dans en à avec par pour sans sur sous entre vers chez "
        "depuis pendant comme après avant contre",
    ),
    "de": _rules(
        "der die das den dem des ein eine einen einem einer eines mein dein sein ihr unser euer kein keine dieser "
        "diese dieses ich du er sie es wir ihr nicht sehr ist sind war hat haben herr frau dr zum zur im am",
        "und oder aber denn weil obwohl während wenn als dass ob damit in an auf mit von zu bei nach aus für ohne "
        "durch gegen um über unter vor hinter zwischen neben seit",
    ),
    "pt": _rules(
        "o a os as um uma uns umas meu minha seu sua este esta esse essa do da dos das no na nos nas ao à eu tu ele "
        "ela nós eles elas não muito é são era foi está estão me te se lhe sr sra dr",
        "e ou mas porque embora enquanto quando onde se que de em a com por para sem sobre entre até desde como "
        "segundo contra",
    ),
    "it": _rules(
        "il lo la i gli le un uno una mio mia tuo tua suo sua questo questa quel quella del della dei delle al alla "
        "nel nella io tu lui lei noi voi loro non molto è sono era ha hanno mi ti si ci sig dott",
        "e o ma perché anche mentre quando dove se che di in a con per da su tra fra senza sopra sotto fino come "
        "secondo contro",
    ),
    **dict.fromkeys(("hi", "bn", "ne", "pa", "as", "or", "mai", "sa"), BreakRules(stop="।")),
    **dict.fromkeys(("ur", "sd", "ks"), BreakRules(stop="۔")),
    **dict.fromkeys(("am", "ti"), BreakRules(stop="።")),
    "hy": BreakRules(stop="։"),
    "my": BreakRules(stop="။"),
    "km": BreakRules(stop="។"),
    "lo": BreakRules(stop=""),
    "ja": BreakRules(stop="。"),
    "zh": BreakRules(stop="。"),
    "th": BreakRules(stop=""),
}

NOT_AT_LINE_START = frozenset(
    "、。，．・：；？！」』）】》〉〕］ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞ…％%,.!?;:)]}»”’"
)
"""Kinsoku: what may not begin a line (JIS X 4051), and closing marks of other scripts."""
NOT_AT_LINE_END = frozenset("「『（【《〈〔［([{«“‘¿¡")


def break_rules(language: str) -> BreakRules:
    return _RULES.get(written_as(language), BreakRules())
