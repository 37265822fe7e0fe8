"""Makes `speech.flac` and `speech.json`, the speech that recognisers are held to. Needs Debian's `flite`.

The text is ours (CC0), the voice flite's `slt` (its licence lets anyone use what it says). flite prints when each
phone ends, and how many phones each word has, so the times of the words are known and not measured.

    python tests/activities/contract/make_speech.py
"""

import json
import re
import subprocess
import tempfile
import wave
from pathlib import Path

import av
import numpy as np

TEXT = (
    "Welcome to the garden of the old museum. Every summer the children come here to draw the flowers. "
    "I have been waiting for my brother for nearly an hour."
)
HERE = Path(__file__).parent


def flite(*arguments: str) -> str:
    command = ["flite", "-voice", "slt", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def phones_of(word: str) -> int:
    return sum(phone != "pau" for phone in flite("-t", word, "-ps", "-o", "none").split())


def word_times(wav: str) -> list[dict[str, object]]:
    phones: list[tuple[float, float]] = []
    base = 0.0
    for line in flite("-t", TEXT, "-psdur", "-o", wav).strip().splitlines():
        before = 0.0
        for token in line.split():
            name, end = token.split(":")
            if name != "pau":
                phones.append((base + before, base + float(end)))
            before = float(end)
        base += before
    times: list[dict[str, object]] = []
    at = 0
    for word in re.findall(r"[A-Za-z']+", TEXT):
        count = phones_of(word)
        start, end = phones[at][0], phones[at + count - 1][1]
        times.append({"text": word, "start_ms": round(start * 1000), "end_ms": round(end * 1000)})
        at += count
    if at != len(phones):
        raise SystemExit("A word has another number of phones in the sentence than alone: change the text.")
    return times


def main() -> None:
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        times = word_times(wav.name)
        with wave.open(wav.name) as reader:
            pcm = np.frombuffer(reader.readframes(reader.getnframes()), np.int16)
    with av.open(str(HERE / "speech.flac"), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono", options={"compression_level": "12"})
        frame = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (HERE / "speech.json").write_text(json.dumps(times, indent=0) + "\n")


if __name__ == "__main__":
    main()
