"""What the providers of tests can do."""

from __future__ import annotations

from schema.contracts.providers import (
    CatalogVoice,
    ProviderCatalog,
    StepCatalog,
    TranslationCatalog,
    VoiceCatalog,
)
from schema.enums import Embedder, Provider, VoiceProvider

ENGINE = "test-model 2"
"""What drafts every text."""
CATALOG = ProviderCatalog(
    transcribe=StepCatalog(
        provider=Provider.LOCAL, languages=("en",), remedy="Set TRANSCRIBE_PROVIDER=google.", engine=ENGINE
    ),
    describe=StepCatalog(
        provider=Provider.LOCAL, languages=("en",), remedy="Set DESCRIBE_PROVIDER=google.", engine=ENGINE
    ),
    translate=TranslationCatalog(
        provider=Provider.LOCAL,
        pairs=(("en", "es"), ("en", "de")),
        remedy="Install the Apertium pair {source}-{target}, or set TRANSLATE_PROVIDER=google.",
        engine=ENGINE,
    ),
    voices=(
        VoiceCatalog(
            provider=VoiceProvider.LOCAL,
            languages=("en", "es", "de"),
            voices=(
                CatalogVoice(id="en-us", name="English", languages=("en",)),
                CatalogVoice(id="es", name="Spanish", languages=("es",)),
            ),
        ),
    ),
    embedder=Embedder.NGRAMS,
)
