"""A real OpenID provider in this process, as Microsoft Entra ID is one: discovery, keys, rotation, tokens that are wrong
in every way."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.google.http import serving


@dataclass
class Entra:
    """`asked` counts requests by path; `broken` makes the next ones fail."""

    address: str = ""
    client_id: str = field(default_factory=lambda: str(uuid4()))
    tenant: str = field(default_factory=lambda: str(uuid4()))
    keys: list[RSAKey] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    broken: Response | None = None
    issuer: str | None = None
    """What discovery says instead of the truth."""

    def rotate(self) -> RSAKey:
        """A new key, the only one that is published from now on."""
        self.keys = [RSAKey.generate_key(2048, {"kid": uuid4().hex, "use": "sig"})]
        return self.keys[0]

    def token(self, *, key: RSAKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Signed with the newest key. A claim that is given as None is left out."""
        signer, now = key or self.keys[-1], int(time.time())
        usual = {
            "iss": f"{self.address}/{self.tenant}/v2.0",
            "aud": self.client_id,
            "sub": uuid4().hex,
            "tid": self.tenant,
            "oid": str(uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "uti": uuid4().hex,
        }
        kept = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": signer.kid, **(header or {})}, kept, signer)


@asynccontextmanager
async def entra() -> AsyncIterator[Entra]:
    provider = Entra()

    async def configuration(request: Request) -> Response:
        return provider.broken or JSONResponse(
            {
                "issuer": provider.issuer or f"{provider.address}/{request.path_params['tenant']}/v2.0",
                "jwks_uri": f"{provider.address}/keys",
            }
        )

    async def keys(request: Request) -> Response:
        return provider.broken or JSONResponse(KeySet(provider.keys).as_dict(private=False))

    async def elsewhere(request: Request) -> Response:
        return RedirectResponse("/keys")

    async def counted(request: Request) -> Response:
        path = request.url.path
        provider.asked[path] = provider.asked.get(path, 0) + 1
        if path == "/keys":
            return await keys(request)
        return (
            await configuration(request)
            if path.endswith("openid-configuration")
            else await elsewhere(request)
        )

    app = Starlette(
        routes=[
            Route("/keys", counted),
            Route("/moved", counted),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", counted),
        ]
    )
    async with serving(app) as address:
        provider.address = address
        provider.rotate()
        yield provider
